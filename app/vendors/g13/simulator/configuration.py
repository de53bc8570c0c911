"""The simulated gateway's addresses and bus timing, and how strictly it reads new ones (manual 6.3.4 to 6.3.8).

Decided here, the manual being silent: every tag of an example is required and no other is taken; `dns: true` is
refused; a mask must have its ones in front; changed addresses take effect a moment after the answer. A DHCP server
gives `lease`; without one the gateway keeps the address that it had.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from app.vendors.g13.simulator.refusal import Body, check_tags, invalid, whole_number
from app.vendors.g13.tables import EQBUS_BAUD_RATES, NO_ADDRESS

if TYPE_CHECKING:
    from app.vendors.g13.simulator.gateway import Gateway

MOVING_S = 0.3
RESTARTING_S = 2.0

_IP_TAGS = ("ip", "dhcp", "dns", "gateway", "subnet", "pdns", "sdns")
_OCTETS_MS = (20, 6000)

_TIMES_MS = {
    "ack": (200, 2000),
    "delay_after_telegram": (50, 60000),
    "delay_before_requd2": (50, 1000),
    "get_request": (10, 75000),
    "meter_contact": (10, 25000),
    "response_timeout": (300, 15000),
    "response_timeout_base": (100, 10000),
}
_DELIVERED_MS = {
    "ack": 1000,
    "delay_after_telegram": 1000,
    "delay_before_requd2": 200,
    "get_request": 0,
    "meter_contact": 0,
    "response_timeout": 0,
    "response_timeout_base": 800,
}


class Configuration:
    """What GET /configuration shows. `moving_s` and `restarting_s` are how long the gateway is away."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.moving_s = MOVING_S
        self.restarting_s = RESTARTING_S
        self.lease = ""
        self.ip: dict[str, Any] = {
            "dhcp": False,
            "dns": False,
            "gateway": "192.168.1.1",
            "ip": "192.168.1.12",
            "mac": "0.12.98.0.0.62",
            "pdns": NO_ADDRESS,
            "sdns": NO_ADDRESS,
            "subnet": "255.255.255.0",
        }
        self.octet_ms = 40
        self.mbus = dict(_DELIVERED_MS)
        self.mbus_ir = dict(_DELIVERED_MS)

    def reply(self) -> dict[str, Any]:
        """Manual 6.3.4."""
        return {
            "ip": dict(self.ip),
            "eqbus": {"baudrate": self._gateway.eqbus_baud_rate, "interoctettimeout": self.octet_ms},
            "mbus-wired": dict(self.mbus),
            "mbus-ir": dict(self.mbus_ir),
        }

    def set_ip(self, body: object) -> str:
        """Take new addresses (manual 6.3.5). Returns where the gateway is then, or nothing when it stays."""
        sent = check_tags(body, _IP_TAGS)
        for tag in ("dhcp", "dns"):
            if not isinstance(sent[tag], bool):
                raise invalid(tag)
        if sent["dns"]:
            raise invalid("dns")
        addresses = {tag: _address(sent, tag) for tag in ("ip", "gateway", "subnet", "pdns", "sdns")}
        if not sent["dhcp"]:
            _check_static(addresses)
        before = self.ip
        own = self.lease or before["ip"] if sent["dhcp"] else str(addresses["ip"])
        mask = before["subnet"] if sent["dhcp"] else str(addresses["subnet"])
        router = before["gateway"] if sent["dhcp"] else str(addresses["gateway"])
        self.ip = {
            **before,
            "dhcp": sent["dhcp"],
            "ip": own,
            "subnet": mask,
            "gateway": router,
            "pdns": str(addresses["pdns"]),
            "sdns": str(addresses["sdns"]),
        }
        return own if own != before["ip"] else ""

    def set_eqbus(self, body: object) -> None:
        """Set baud rate and inter-octet time-out (manual 6.3.6); the meters keep theirs."""
        sent = check_tags(body, ("baudrate", "interoctettimeout"))
        baud = whole_number(sent["baudrate"], EQBUS_BAUD_RATES[0], EQBUS_BAUD_RATES[-1], "baudrate")
        if baud not in EQBUS_BAUD_RATES:
            raise invalid("baudrate")
        octet_ms = whole_number(sent["interoctettimeout"], *_OCTETS_MS, "interoctettimeout")
        self._gateway.eqbus_baud_rate, self.octet_ms = baud, octet_ms

    def set_mbus(self, body: object) -> None:
        """Set the times of wired M-Bus (manual 6.3.7)."""
        sent = check_tags(body, tuple(_TIMES_MS))
        self.mbus = {tag: whole_number(sent[tag], low, high, tag) for tag, (low, high) in _TIMES_MS.items()}

    def set_mbus_ir(self, body: object) -> None:
        """Set the times of infrared M-Bus (manual 6.3.8), one of which is called otherwise than when it is read."""
        names = {tag: "delay_before_reqd2" if tag == "delay_before_requd2" else tag for tag in _TIMES_MS}
        sent = check_tags(body, tuple(names.values()))
        self.mbus_ir = {
            tag: whole_number(sent[names[tag]], low, high, names[tag]) for tag, (low, high) in _TIMES_MS.items()
        }


def _address(sent: Body, tag: str) -> ipaddress.IPv4Address:
    text = sent[tag]
    try:
        if isinstance(text, str):
            return ipaddress.IPv4Address(text)
    except ValueError:
        pass
    raise invalid(tag)


def _check_static(addresses: dict[str, ipaddress.IPv4Address]) -> None:
    zeros = 0xFFFFFFFF ^ int(addresses["subnet"])
    if zeros & (zeros + 1) or not 2 <= zeros.bit_length() <= 30:
        raise invalid("subnet")
    if not 0 < int(addresses["ip"]) >> 24 < 224 or int(addresses["ip"]) & zeros in (0, zeros):
        raise invalid("ip")
