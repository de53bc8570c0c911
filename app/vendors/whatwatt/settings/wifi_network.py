"""The wireless network that the device joins (manual 5.4): which one, with which password, at which address.

Decided here, the manual being silent: the radio's power is sent as `max_tx_power`, as the example has it and not the
table. A network that is chosen anew takes its password along, none for an open one: the device would otherwise
try the password of the network before.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec

from app.model.action import NOTHING, Action
from app.model.archive import NoParameters
from app.model.errors import BadReply, DeviceFailed, DeviceUnreachable
from app.model.field import Discreet, Field
from app.model.job import Progress
from app.model.section import AnySection, Guide, Problem, Section, Step
from app.vendors.whatwatt.client import SYSTEM, WhatwattClient
from app.vendors.whatwatt.models import Wifi
from app.vendors.whatwatt.places import At, changed, fill
from app.vendors.whatwatt.settings.addresses import (
    IPV4,
    IPV4_HELP,
    NO_ADDRESS,
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

JOINING_S = 90.0
SILENT_S = 12.0
"""A device that has not answered for so long is looked for elsewhere."""
POLL_S = 2.0
LOOK_S = 4.0
OPEN = frozenset({"open", "none"})
"""What a network says that asks for no password (manual 5.5)."""
OWE = "owe"
"""Encrypts without a password."""

StaticIp = Annotated[bool, Field("Static address", help="Otherwise a DHCP server gives one.", manual="5.4")]
Ip = Annotated[
    str, Field("IP address", pattern=IPV4, pattern_help=IPV4_HELP, help="Nobody else may have it.", manual="5.4")
]
Netmask = Annotated[str, Field("Subnet mask", pattern=IPV4, pattern_help=IPV4_HELP, manual="5.4")]
Gateway = Annotated[
    str, Field("Gateway", pattern=IPV4, pattern_help=IPV4_HELP, help="The router's address.", manual="5.4")
]
Dns = Annotated[
    str, Field("DNS server", pattern=IPV4, pattern_help=IPV4_HELP, help="Often the router, too.", manual="5.4")
]


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
    static_ip: Annotated[
        bool | None,
        Field("Static address", help="Otherwise a DHCP server gives one.", manual="5.4"),
        At("static_ip"),
    ] = None
    ip: Annotated[
        str | None,
        Field("IP address", pattern=IPV4, pattern_help=IPV4_HELP, help="Nobody else may have it.", manual="5.4"),
        At("ip"),
    ] = None
    netmask: Annotated[
        str | None, Field("Subnet mask", pattern=IPV4, pattern_help=IPV4_HELP, manual="5.4"), At("netmask")
    ] = None
    gateway: Annotated[
        str | None,
        Field("Gateway", pattern=IPV4, pattern_help=IPV4_HELP, help="The router's address.", manual="5.4"),
        At("gateway"),
    ] = None
    dns: Annotated[
        str | None,
        Field("DNS server", pattern=IPV4, pattern_help=IPV4_HELP, help="Often the router, too.", manual="5.4"),
        At("dns"),
    ] = None
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
    return _moving(after) if after.enable else switched_off_guide("Ethernet")


def _moving(after: WifiNetwork) -> Guide:
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


class Joining(msgspec.Struct, frozen=True):
    """What shall be joined, and what the device says of it."""

    wanted: str
    ssid: str
    status: str


class NetworkChoice(msgspec.Struct, frozen=True):
    """A network, its password, and the address there; `repr` does not show the password."""

    network: Annotated[
        str,
        Field(
            "Network", help="Its SSID, capitals and spaces as they are. One that hides itself is typed.", manual="5.4"
        ),
    ] = ""
    password: Annotated[
        str,
        Field(
            "Password",
            secret=True,
            max_length=64,
            help="8 to 63 characters, or 64 hexadecimal digits. Empty for an open network.",
            manual="5.4",
        ),
    ] = ""
    static_ip: StaticIp = False
    ip: Ip = NO_ADDRESS
    netmask: Netmask = NO_ADDRESS
    gateway: Gateway = NO_ADDRESS
    dns: Dns = NO_ADDRESS

    def __repr__(self) -> str:
        return f"NetworkChoice({self.network!r}, …)"


class OpenChoice(msgspec.Struct, frozen=True):
    """An open network, and the address there."""

    network: Annotated[str, Field("Network", help="It is open: everybody near can read along.", manual="5.4")] = ""
    static_ip: StaticIp = False
    ip: Ip = NO_ADDRESS
    netmask: Netmask = NO_ADDRESS
    gateway: Gateway = NO_ADDRESS
    dns: Dns = NO_ADDRESS


Choice = NetworkChoice | OpenChoice


def asks_for_no_password(security: str) -> bool:
    """Is that, of the words that a scan gives, one of a network without a password?"""
    return security.strip().casefold() in OPEN | {OWE}


def _settings_of(choice: Choice) -> WifiNetwork:
    # A static address of the network before would be wrong in this one.
    static = choice.static_ip
    return WifiNetwork(
        enable=True,
        name=choice.network,
        password=choice.password if isinstance(choice, NetworkChoice) else "",
        static_ip=static,
        ip=choice.ip if static else NO_ADDRESS,
        netmask=choice.netmask if static else NO_ADDRESS,
        gateway=choice.gateway if static else NO_ADDRESS,
        dns=choice.dns if static else NO_ADDRESS,
    )


def _choice_problems(choice: Choice) -> list[Problem]:
    settings = _settings_of(choice)
    problems = address_problems(settings)
    if wrong := ssid_problem(choice.network):
        problems.append(Problem("network", f"Network: {wrong}"))
    if wrong := password_problem(settings.password):
        problems.append(Problem("password", f"Password: {wrong}"))
    if isinstance(choice, NetworkChoice) and choice.network and not choice.password:
        text = f"Without a password '{choice.network}' is taken for an open network."
        problems.append(Problem("password", text, warning=True))
    return problems


def _choice_steps(choice: Choice, _target: str) -> list[Step]:
    names = ("enable", "name", "password", "static_ip", "ip", "netmask", "gateway", "dns")
    return [put(f"Join the network '{choice.network}'", PATH, _settings_of(choice), names)]


def _choice_guide(choice: Choice) -> Guide | None:
    return _moving(_settings_of(choice))


async def _joining(client: WhatwattClient, _target: str) -> Joining:
    settings = fill(WifiNetwork, await client.document(PATH, fresh=True))
    now = fill(Wifi, await client.system(fresh=True))
    return Joining(settings.name or "", now.ssid or "", now.status or "")


async def _follow_joining(client: WhatwattClient, _target: str) -> AsyncGenerator[Progress, None]:
    """Wait until the device is in the network.

    Raises:
        DeviceFailed: it says that it cannot get in.
        DeviceUnreachable: it is not seen any more from here.
    """
    clock = asyncio.get_running_loop().time
    begun = heard = clock()
    while (waited_s := clock() - begun) < JOINING_S:
        yield Progress(int(waited_s), int(JOINING_S), "The device joins the network", cancellable=False)
        await asyncio.sleep(POLL_S)
        try:
            async with asyncio.timeout(LOOK_S):
                seen = await _joining(client, "")
        except (TimeoutError, DeviceUnreachable, BadReply, DeviceFailed) as error:
            await client.http.aclose()
            if clock() - heard >= SILENT_S:
                raise DeviceUnreachable(
                    f"The device does not answer at {client.http.address} any more.",
                    hint="It may be in the other network: bring the laptop there and use 'Find devices'.",
                ) from error
            continue
        heard = clock()
        if seen.ssid == seen.wanted and seen.status.upper() == "OK":
            return
    raise DeviceFailed(
        "The device has not got into the network.", hint="Check the password, and whether the network is in reach."
    )


def _joined(_before: Joining, after: Joining, choice: Choice) -> str:
    if after.ssid == choice.network and after.status.upper() == "OK":
        return ""
    return f"The device is not in '{choice.network}': it says {after.status or 'nothing'} of '{after.ssid}'."


_JOIN: dict[str, Any] = {
    "key": "whatwatt.join",
    "title": "Join a network",
    "verb": "Join…",
    "steps": _choice_steps,
    "proven": _joined,
    "look": _joining,
    "follow": _follow_joining,
    "parameters": NetworkChoice,
    "first": NetworkChoice,
    "problems": _choice_problems,
    "guide": _choice_guide,
    "beside": "whatwatt.wifi_scan",
    "group": "Network",
    "icon": "wifi",
    "help": "The device leaves its network and joins another one, once.",
    "manual": "5.4",
    "resources": (f"PUT {PATH}", f"GET {PATH}", f"GET {SYSTEM}"),
}
JOIN: Action[Any, WhatwattClient] = Action(**_JOIN)


def joining(network: str, security: str) -> Action[Any, WhatwattClient]:
    """The action of joining a network that was picked, `security` being what the scan says of it.

    Without a password where the network asks for none; where it asks for one, none is no possibility.
    """
    if asks_for_no_password(security):
        return Action(**(_JOIN | {"parameters": OpenChoice, "first": lambda: OpenChoice(network)}))

    def problems(choice: NetworkChoice) -> list[Problem]:
        missing = Problem("password", f"Password: {security or 'this network'} asks for one.")
        return [*_choice_problems(choice), *([] if choice.password else [missing])]

    return Action(**(_JOIN | {"first": lambda: NetworkChoice(network), "problems": problems}))


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
ACTIONS = (JOIN, FORGET)
