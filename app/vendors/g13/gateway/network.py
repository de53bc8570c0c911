"""The gateway's own addresses (manual 4.2, 6.3.4, 6.3.5); a change is followed to where the gateway then is.

Decided here, the manual being silent: 0.0.0.0 stands for 'none'; an empty address is read as that. With DHCP the
addresses come from its server and are not set here, though all seven tags are sent with every change.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import YES_NO, Field
from app.model.section import AnySection, Guide, Problem, Section, Step
from app.net.subnet import advice, is_mask
from app.vendors.g13.client import G13Client
from app.vendors.g13.tables import NO_ADDRESS

from .bus_timing import EQBUS, MBUS, MBUS_IR
from .configuration import read_configuration

PATIENCE_S = 120.0
_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"({_OCTET}\.){{3}}{_OCTET}"
_FORM = "four numbers 0 to 255 with dots between them"
_MAC = re.compile(r"\d{1,3}(\.\d{1,3}){5}")


class Network(msgspec.Struct, frozen=True):
    """Where the gateway is in the network."""

    dhcp: Annotated[
        bool,
        Field(
            "Address from DHCP",
            help="A DHCP server gives address, mask and gateway; then they are not set here.",
            manual="6.3.5",
        ),
    ]
    ip: Annotated[str, Field("IP address", pattern=_IPV4, pattern_help=_FORM, manual="6.3.5")]
    mask: Annotated[
        str, Field("Subnet mask", pattern=_IPV4, pattern_help=_FORM, help="For example 255.255.255.0.", manual="6.3.5")
    ]
    gateway: Annotated[
        str,
        Field(
            "Router",
            pattern=_IPV4,
            pattern_help=_FORM,
            help="The manual's 'gateway address': the way to other subnets. 0.0.0.0 is none.",
            manual="6.3.5",
        ),
    ]
    dns1: Annotated[
        str,
        Field(
            "First DNS server",
            pattern=_IPV4,
            pattern_help=_FORM,
            help="0.0.0.0 is none. The gateway takes DNS servers only as fixed addresses, also with DHCP.",
            manual="6.3.5",
        ),
    ]
    dns2: Annotated[
        str,
        Field("Second DNS server", pattern=_IPV4, pattern_help=_FORM, help="0.0.0.0 is none.", manual="6.3.5"),
    ]
    dns_from_dhcp: Annotated[
        bool,
        Field(
            "DNS servers from DHCP",
            choices=YES_NO,
            read_only=True,
            help="Cannot be switched on: the gateway supports fixed DNS servers only.",
            manual="6.3.5",
        ),
    ] = False
    mac: Annotated[str, Field("MAC address", read_only=True, manual="6.3.4")] = ""


def mac_text(decimals: str) -> str:
    """A MAC address out of six dotted decimals; anything else is shown as it came."""
    numbers = [int(part) for part in decimals.split(".")] if _MAC.fullmatch(decimals) else []
    if not numbers or max(numbers) > 255:
        return decimals
    return ":".join(f"{number:02X}" for number in numbers)


async def _read(client: G13Client, _: str) -> Network:
    found = (await read_configuration(client)).ip
    return Network(
        dhcp=found.dhcp,
        ip=found.ip or NO_ADDRESS,
        mask=found.subnet or NO_ADDRESS,
        gateway=found.gateway or NO_ADDRESS,
        dns1=found.pdns or NO_ADDRESS,
        dns2=found.sdns or NO_ADDRESS,
        dns_from_dhcp=found.dns,
        mac=mac_text(found.mac),
    )


def _plan(before: Network, after: Network, _: str) -> list[Step]:
    changed = tuple(name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name))
    body: dict[str, object] = {
        "ip": after.ip,
        "dhcp": after.dhcp,
        "dns": False,
        "gateway": after.gateway,
        "subnet": after.mask,
        "pdns": after.dns1,
        "sdns": after.dns2,
    }
    return [Step("Set the gateway's addresses", "POST", "/configuration/ip", body, changed)]


def _problems(value: Network) -> list[Problem]:
    problems = []
    if not value.dhcp:
        problems += _own_address_problems(value) or _router_problems(value)
    for field, label in (("dns1", "First DNS server"), ("dns2", "Second DNS server")):
        address = _address(getattr(value, field))
        if address is None or not (address.is_unspecified or _is_host(address)):
            problems.append(Problem(field, f"{label}: {getattr(value, field)} is no address of a host."))
    return problems


def _own_address_problems(value: Network) -> list[Problem]:
    ip = _address(value.ip)
    if ip is None or not _is_host(ip):
        return [Problem("ip", f"IP address: {value.ip} is no address that a device can have.")]
    if not is_mask(value.mask):
        return [
            Problem(
                "mask",
                f"Subnet mask: {value.mask} is none; it begins with ones in binary and ends with 2 to 30 zeros, "
                "such as 255.255.255.0.",
            )
        ]
    network = ipaddress.IPv4Network((value.ip, value.mask), strict=False)
    if ip in (network.network_address, network.broadcast_address):
        return [Problem("ip", f"IP address: {ip} stands for the whole subnet {network}, not for a device.")]
    if ip.is_loopback:
        return [Problem("ip", f"IP address: {ip} is this computer itself; only a simulator is found there.", True)]
    return []


def _router_problems(value: Network) -> list[Problem]:
    router = _address(value.gateway)
    if router is None or not (router.is_unspecified or _is_host(router)):
        return [Problem("gateway", f"Router: {value.gateway} is no address of a router; 0.0.0.0 is none.")]
    network = ipaddress.IPv4Network((value.ip, value.mask), strict=False)
    if router.is_unspecified:
        return []
    if str(router) == value.ip:
        return [Problem("gateway", "Router: that is the gateway's own address; 0.0.0.0 is none.")]
    if router not in network:
        return [Problem("gateway", f"Router: {router} is not in the subnet {network}: it cannot be reached.", True)]
    return []


def _address(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def _is_host(address: ipaddress.IPv4Address) -> bool:
    return 0 < int(address) >> 24 < 224


def _change_problems(before: Network, after: Network) -> list[Problem]:
    """With DHCP an address that is sent means nothing, and a read-back would never show it."""
    if not after.dhcp:
        return []
    return [
        Problem(field, f"{label}: comes from DHCP. Switch that off to set it, or leave it as it is.")
        for field, label in (("ip", "IP address"), ("mask", "Subnet mask"), ("gateway", "Router"))
        if getattr(before, field) != getattr(after, field)
    ]


def _guide(before: Network, after: Network) -> Guide | None:
    """What happens when the gateway moves, and how to reach it again."""
    whereabouts = [(value.dhcp, value.ip, value.mask, value.gateway) for value in (before, after)]
    if whereabouts[0] == whereabouts[1]:
        return None
    if after.dhcp:
        return Guide(
            "The gateway asks a DHCP server for an address. It is looked for at the old address, then in the laptop's "
            "own subnets, by its certificate and serial number; the session goes on where it is found.",
            patience_s=PATIENCE_S,
            lost="Look up the gateway's new address in the DHCP server (the router's list of devices"
            + (f", MAC {before.mac}" if before.mac else "")
            + "), or search the subnet with 'Find devices'. Without a DHCP server, connect one: there is no address.",
        )
    there = advice(after.ip, after.mask, taken=(after.gateway, after.dns1, after.dns2))
    if after.ip == before.ip and not before.dhcp:
        return Guide(
            f"The gateway stays at {after.ip} but takes mask {after.mask} and router {after.gateway}; it may be "
            "gone for a moment.",
            patience_s=PATIENCE_S,
            lost=f"The gateway should be at {after.ip}. {there}",
        )
    return Guide(
        f"The gateway moves from {before.ip} to {after.ip}, mask {after.mask}. It is looked for there by its "
        "certificate and serial number, and the session goes on at the new address.",
        host=after.ip,
        mask=after.mask,
        patience_s=PATIENCE_S,
        lost=f"{there} Then connect to {after.ip}.",
    )


IP = Section(
    key="g13.ip",
    title="IP and DNS",
    model=Network,
    read=_read,
    plan=_plan,
    problems=_problems,
    change_problems=_change_problems,
    guide=_guide,
    tags={"subnet": "mask", "pdns": "dns1", "sdns": "dns2"},
    group="Gateway",
    icon="network",
    help="Where the gateway is in the network. A new address is followed. Needs a gateway administrator.",
    manual="4.2, 6.3.4, 6.3.5",
    resources=("GET /configuration", "POST /configuration/ip"),
)

SECTIONS: tuple[AnySection, ...] = (IP, EQBUS, MBUS, MBUS_IR)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
