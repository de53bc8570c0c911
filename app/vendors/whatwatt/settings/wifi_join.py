"""To join a wireless network, picked or typed, with its password and perhaps a static address (manual 5.4).

Decided here: a network that was picked and asks for a password is not tried without one; of one that is typed nothing
is known, so that without a password it is taken for an open one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec

from app.model.action import Action
from app.model.errors import BadReply, DeviceFailed, DeviceRefused, DeviceUnreachable
from app.model.field import Discreet, Field
from app.model.job import Progress
from app.model.section import Guide, Problem, Step
from app.vendors.whatwatt.client import SYSTEM, WhatwattClient
from app.vendors.whatwatt.models import Wifi
from app.vendors.whatwatt.places import fill
from app.vendors.whatwatt.settings.addresses import DNS, GATEWAY, IP, NETMASK, NO_ADDRESS, STATIC_IP, address_problems
from app.vendors.whatwatt.settings.editing import put
from app.vendors.whatwatt.settings.wifi_network import (
    PATH,
    WifiNetwork,
    joining_guide,
    password_problem,
    ssid_problem,
)

JOINING_S = 90.0
SILENT_S = 12.0
"""A device that has not answered for so long is looked for elsewhere."""
POLL_S = 2.0
LOOK_S = 4.0
OPEN = frozenset({"open", "none"})
"""What a network says that asks for no password (manual 5.5)."""
OWE = "owe"
"""Encrypts without a password."""


class Joining(msgspec.Struct, frozen=True):
    """What shall be joined, and what the device says of it."""

    wanted: str
    ssid: str
    status: str


class NetworkChoice(Discreet, frozen=True):
    """A network, its password, and the address there."""

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
    static_ip: Annotated[bool, STATIC_IP] = False
    ip: Annotated[str, IP] = NO_ADDRESS
    netmask: Annotated[str, NETMASK] = NO_ADDRESS
    gateway: Annotated[str, GATEWAY] = NO_ADDRESS
    dns: Annotated[str, DNS] = NO_ADDRESS


class OpenChoice(msgspec.Struct, frozen=True):
    """An open network, and the address there."""

    network: Annotated[str, Field("Network", help="It is open: everybody near can read along.", manual="5.4")] = ""
    static_ip: Annotated[bool, STATIC_IP] = False
    ip: Annotated[str, IP] = NO_ADDRESS
    netmask: Annotated[str, NETMASK] = NO_ADDRESS
    gateway: Annotated[str, GATEWAY] = NO_ADDRESS
    dns: Annotated[str, DNS] = NO_ADDRESS


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
    return joining_guide(_settings_of(choice))


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
        except (TimeoutError, DeviceUnreachable, BadReply, DeviceRefused) as error:
            # What refuses may be another device, which has got the address since.
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
        found = [problem for problem in _choice_problems(choice) if not problem.warning]
        return found if choice.password else [*found, missing]

    return Action(**(_JOIN | {"first": lambda: NetworkChoice(network), "problems": problems}))


ACTIONS = (JOIN,)
