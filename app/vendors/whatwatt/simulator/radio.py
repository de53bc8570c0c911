"""The simulated device's ways into the network: which Wi-Fi it is in, whether it has Ethernet, and how it moves."""

from __future__ import annotations

from typing import Any

import msgspec

from app.vendors.whatwatt.settings.addresses import NO_ADDRESS
from app.vendors.whatwatt.simulator.settings import ETHERNET, WIFI, Page, static_needs_all, wifi_needs_name

LOST = "nowhere"
"""An address that nobody reaches."""


class AccessPoint(msgspec.Struct, frozen=True):
    """A wireless network in reach. `password` empty is open."""

    ssid: str
    password: str
    rssi: int
    channel: int
    bssid: str
    auth_mode: str = "WPA2-WPA3"
    wps: bool = False


SITE = AccessPoint("Building site", "concrete mixer", -58, 13, "DC15C84FBAB6")
NETWORKS = (
    SITE,
    AccessPoint("Office", "paper & pencil", -67, 6, "DC15C84FBB01", "WPA2", wps=True),
    AccessPoint("Guests", "", -74, 11, "DC15C84FBB02", "open"),
    AccessPoint("1234", "farawaynetwork", -88, 1, "112233445566", "WPA"),
)
_WHERE = ("enable", "name", "password", "static_ip", "ip", "netmask", "gateway", "dns")


class Radio:
    """Wi-Fi and Ethernet. `wired`: a cable is plugged in, so the device stays when it leaves Wi-Fi.

    `pressed`: the network whose WPS button is pressed; None, nobody presses one.
    """

    def __init__(self, identifier: str) -> None:
        self.networks = list(NETWORKS)
        self.wired = False
        self.wifi = Page(WIFI, wifi_needs_name)
        self.ethernet = Page(ETHERNET, static_needs_all)
        self.wifi.values |= {"enable": True, "name": SITE.ssid, "password": SITE.password}
        self.lease = ""
        """Where DHCP puts the device when it has moved; empty: where it was."""
        self.pressed: AccessPoint | None = NETWORKS[1]
        self._mac = identifier

    @property
    def joined(self) -> AccessPoint | None:
        """The network that the device is in."""
        values = self.wifi.values
        if not values["enable"]:
            return None
        return next(
            (one for one in self.networks if (one.ssid, one.password) == (values["name"], values["password"])), None
        )

    @property
    def reachable(self) -> bool:
        """Is it in any network?"""
        return self.joined is not None or (self.wired and self.ethernet.values["enable"])

    def change_wifi(self, method: str, given: object) -> str | None:
        """Take new Wi-Fi settings. Returns where the device is then; None when it stays as it is.

        Raises:
            Refused: nothing was taken.
        """
        before = dict(self.wifi.values)
        if method == "DELETE":
            self.wifi.reset()
        else:
            sent = dict(given) if isinstance(given, dict) else given
            if isinstance(sent, dict) and "max_power" in sent:
                sent["max_tx_power"] = sent.pop("max_power")
            (self.wifi.put if method == "PUT" else self.wifi.post)(sent)
        after = self.wifi.values
        if all(before[name] == after[name] for name in _WHERE):
            return None
        return self._place(after)

    def change_ethernet(self, method: str, given: object) -> str | None:
        """Take new Ethernet settings; as `change_wifi`. Without a cable nothing moves."""
        before = dict(self.ethernet.values)
        (self.ethernet.put if method == "PUT" else self.ethernet.post)(given)
        if not self.wired or before == self.ethernet.values:
            return None
        return self._place(self.ethernet.values)

    def _place(self, values: dict[str, Any]) -> str:
        if not self.reachable:
            return LOST
        if values["enable"] and values["static_ip"]:
            return str(values["ip"])
        return self.lease

    def pair(self) -> bool:
        """Somebody has pressed the button of a router, or nobody has."""
        if self.pressed is None:
            return False
        self.wifi.reset()
        self.wifi.values |= {"enable": True, "name": self.pressed.ssid, "password": self.pressed.password}
        return True

    def reset(self) -> None:
        """As delivered: no network is known."""
        self.wifi.reset()
        self.ethernet.reset()

    def scan(self) -> list[dict[str, Any]]:
        """Manual 5.5."""
        return [
            {
                "ssid": one.ssid,
                "bssid": one.bssid,
                "channel": one.channel,
                "ht": "20",
                "rssi": one.rssi,
                "signal": signal(one.rssi),
                "auth_mode": one.auth_mode,
                "pairwise_cipher": "CCMP" if one.password else "none",
                "group_cipher": "CCMP" if one.password else "none",
                "phy": "bgn",
                "wps": "true" if one.wps else "false",
                "country": "CH",
            }
            for one in self.networks
        ]

    def wifi_page(self) -> dict[str, Any]:
        """The wireless part of the system page (manual 2.3)."""
        joined, values = self.joined, self.wifi.values
        if joined is None:
            return {"mac": self._mac, "status": "Disconnected" if values["enable"] else "Disabled", "mode": "STA"}
        static = values["static_ip"]
        return {
            "ssid": joined.ssid,
            "bssid": joined.bssid,
            "channel": joined.channel,
            "ht": "20",
            "rssi": joined.rssi,
            "signal": signal(joined.rssi),
            "auth_mode": joined.auth_mode,
            "pairwise_cipher": "CCMP" if joined.password else "none",
            "group_cipher": "CCMP" if joined.password else "none",
            "phy": "bgn",
            "wps": joined.wps,
            "country": "CH",
            "mac": self._mac,
            "ip": values["ip"] if static else "192.168.99.176",
            "mask": values["netmask"] if static else "255.255.255.0",
            "gateway": values["gateway"] if static else "192.168.99.1",
            "dns": values["dns"] if static else "192.168.99.1",
            "status": "OK",
            "mode": "STA",
        }

    def ethernet_page(self) -> dict[str, Any]:
        """The wired part of the system page (manual 2.3)."""
        values, mac = self.ethernet.values, f"{int(self._mac, 16) + 3:012X}"
        if not (self.wired and values["enable"]):
            return {"mac": mac, "status": "Down", "ip": NO_ADDRESS, "mask": NO_ADDRESS}
        static = values["static_ip"]
        return {
            "mac": mac,
            "status": "Up",
            "ip": values["ip"] if static else "192.168.99.40",
            "mask": values["netmask"] if static else "255.255.255.0",
            "gateway": values["gateway"] if static else "192.168.99.1",
            "dns": values["dns"] if static else "192.168.99.1",
        }


def signal(rssi: int) -> int:
    """A level in dBm as percent, 0 to 100."""
    return max(0, min(100, 2 * (rssi + 100)))
