"""The wireless network that the device joins (manual 5.4): which one, with which password, at which address.

Decided here, the manual being silent: the radio's power is sent as `max_tx_power`, as the example has it and not the
table. A network that is chosen anew takes its password along, none for an open one: the device would otherwise
try the password of the network before.
"""

from __future__ import annotations

import re
from typing import Annotated

from app.model.action import NOTHING, Action
from app.model.archive import NoParameters
from app.model.field import Discreet, Field
from app.model.section import AnySection, Guide, Problem, Section, Step
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.places import At, changed
from app.vendors.whatwatt.settings.addresses import (
    DNS,
    GATEWAY,
    IP,
    NETMASK,
    STATIC_IP,
    address_problems,
    moving_guide,
    switched_off_guide,
)
from app.vendors.whatwatt.settings.editing import put, read_page, sendable

PATH = "/api/v1/wifi/sta/settings"
LONGEST_SSID = 32
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 63
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_WHERE = frozenset({"enable", "name", "password", "static_ip", "ip", "netmask", "gateway", "dns"})


class WifiNetwork(Discreet, frozen=True):
    """The network to join, and the address there."""

    enable: Annotated[bool | None, Field("Wi-Fi", manual="5.4"), At("enable")] = None
    name: Annotated[
        str | None,
        Field("Network", help="Its SSID, capitals and spaces as they are. See 'Networks in reach'.", manual="5.4"),
        At("name"),
    ] = None
    password: Annotated[
        str,
        Field(
            "Password",
            secret=True,
            max_length=64,
            help="8 to 63 characters, or 64 hexadecimal digits. Empty: the one it has stays; for another network: "
            "an open one.",
            manual="5.4",
        ),
        At("password"),
    ] = ""
    static_ip: Annotated[bool | None, STATIC_IP, At("static_ip")] = None
    ip: Annotated[str | None, IP, At("ip")] = None
    netmask: Annotated[str | None, NETMASK, At("netmask")] = None
    gateway: Annotated[str | None, GATEWAY, At("gateway")] = None
    dns: Annotated[str | None, DNS, At("dns")] = None
    power_dbm: Annotated[
        float | None,
        Field(
            "Radio power",
            unit="dBm",
            minimum=0,
            maximum=21,
            decimals=1,
            help="In steps of 0.5. More reaches farther and costs power, which a device fed by the meter may lack.",
            manual="5.4",
        ),
        At("max_tx_power", ("max_power",)),
    ] = None


def password_problem(password: str) -> str:
    """Why this is no Wi-Fi password (manual 5.4); empty when it is one, or none."""
    if not password or _HEX_KEY.fullmatch(password):
        return ""
    if not SHORTEST_PASSWORD <= len(password.encode()) <= LONGEST_PASSWORD:
        return (
            f"{len(password)} characters; {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} are needed, or 64 hexadecimal "
            "digits."
        )
    return ""


def ssid_problem(name: str) -> str:
    """Why no network can be called so (manual 5.5); empty when one can."""
    if not name:
        return "the name of a network is needed."
    if len(name.encode()) > LONGEST_SSID:
        return f"{len(name.encode())} bytes; the name of a network has {LONGEST_SSID} at most."
    return ""


def _problems(value: WifiNetwork) -> list[Problem]:
    problems = address_problems(value)
    if value.enable and (wrong := ssid_problem(value.name or "")):
        problems.append(Problem("name", f"Network: {wrong}"))
    if wrong := password_problem(value.password):
        problems.append(Problem("password", f"Password: {wrong}"))
    if value.power_dbm is not None and value.power_dbm * 2 % 1:
        problems.append(Problem("power_dbm", f"Radio power: {value.power_dbm:g} dBm is no step of 0.5 dBm."))
    return problems


def _change_problems(before: WifiNetwork, after: WifiNetwork) -> list[Problem]:
    if before.name == after.name or after.password or not after.name:
        return []
    return [Problem("password", f"Without a password '{after.name}' is taken for an open network.", warning=True)]


def _plan(before: WifiNetwork, after: WifiNetwork, _target: str) -> list[Step]:
    names = changed(before, after)
    chosen = sendable(after, names)
    if "name" in names and "password" not in chosen:
        chosen = (*chosen, "password")
    return [put("Set the Wi-Fi network", PATH, after, chosen)] if chosen else []


def _guide(before: WifiNetwork, after: WifiNetwork) -> Guide | None:
    differing = set(changed(before, after))
    if not differing & _WHERE or not (before.enable or after.enable):
        return None
    return joining_guide(after) if after.enable else switched_off_guide("Ethernet")


def joining_guide(after: WifiNetwork) -> Guide:
    """What happens when the device goes into that network."""
    lost = (
        f"Bring the laptop into the network '{after.name}' and use 'Find devices'. If the device is not there, name or "
        "password are wrong: press the button on the device for its own access point or WPS, and set it up there."
    )
    return moving_guide(after, f"the network '{after.name}'", lost)


WIFI_NETWORK = Section(
    key="whatwatt.wifi_network",
    icon="wifi",
    title="Wi-Fi network",
    model=WifiNetwork,
    read=read_page(WifiNetwork, PATH),
    plan=_plan,
    problems=_problems,
    change_problems=_change_problems,
    guide=_guide,
    tags={"max_tx_power": "power_dbm", "max_power": "power_dbm"},
    group="Network",
    help="Which network the device joins. A wrong password cuts it off unless it has Ethernet, too.",
    manual="5.4",
    resources=(f"GET {PATH}", f"PUT {PATH}"),
)


async def _configured(client: WhatwattClient, _target: str) -> WifiNetwork:
    return await WIFI_NETWORK.read(client, "")


def _forgotten(_before: WifiNetwork, after: WifiNetwork, _parameters: NoParameters) -> str:
    return "" if not after.enable and not after.name else f"The network '{after.name}' is still set."


FORGET = Action(
    key="whatwatt.forget_wifi",
    title="Forget the Wi-Fi network",
    verb="Forget…",
    steps=lambda _parameters, _target: [Step("Forget the Wi-Fi network", "DELETE", PATH)],
    proven=_forgotten,
    look=_configured,
    parameters=NoParameters,
    first=lambda: NOTHING,
    guide=lambda _parameters: switched_off_guide("Ethernet"),
    erases=lambda _parameters: ("the Wi-Fi network, its password and its addresses",),
    beside="whatwatt.wifi_network",
    group="Network",
    icon="remove",
    help="Wi-Fi is switched off and back to defaults. Without Ethernet the device is then gone from the network, and "
    "nothing can be read back: use the button on the device to bring it in again.",
    manual="5.4",
    resources=(f"DELETE {PATH}", f"GET {PATH}"),
)

SECTIONS: tuple[AnySection, ...] = (WIFI_NETWORK,)
ACTIONS = (FORGET,)
