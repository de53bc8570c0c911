"""What is right and wrong about the addresses of the device's two network ports (manual 5.4, 5.7)."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Protocol

from app.model.field import Field
from app.model.section import Guide, Problem
from app.net.subnet import advice, is_mask

NO_ADDRESS = "0.0.0.0"  # noqa: S104 -- nothing is bound to it: the device writes "none" so
PATIENCE_S = 150.0
_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"({_OCTET}\.){{3}}{_OCTET}"
IPV4_HELP = "four numbers 0 to 255 with dots between them"

STATIC_IP = Field("Static address", help="Otherwise a DHCP server gives one.", manual="5.4, 5.7")
_OF_STATIC = Field("", pattern=IPV4, pattern_help=IPV4_HELP, only_with="static_ip", manual="5.4, 5.7")
IP = replace(_OF_STATIC, label="IP address", help="Nobody else may have it.")
NETMASK = replace(_OF_STATIC, label="Subnet mask")
GATEWAY = replace(_OF_STATIC, label="Gateway", help="The router's address.")
DNS = replace(_OF_STATIC, label="DNS server", help="Often the router, too.")


class Port(Protocol):
    """What the two ports have in common."""

    @property
    def enable(self) -> bool | None: ...
    @property
    def static_ip(self) -> bool | None: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def netmask(self) -> str | None: ...
    @property
    def gateway(self) -> str | None: ...
    @property
    def dns(self) -> str | None: ...


def address_problems(port: Port) -> list[Problem]:
    """A static address needs mask, gateway and DNS server, none of them zero (manual 5.4, 5.7)."""
    if not port.static_ip:
        return []
    ip = _address(port.ip)
    if ip is None or not _is_host(ip):
        return [Problem("ip", f"IP address: a static address is needed; {_shown(port.ip)} is none of a device.")]
    if not is_mask(port.netmask or ""):
        text = "a static address needs one, such as 255.255.255.0" if not _given(port.netmask) else "is no subnet mask"
        return [Problem("netmask", f"Subnet mask: {_shown(port.netmask)}: {text}.")]
    network = ipaddress.IPv4Network((str(ip), str(port.netmask)), strict=False)
    if ip in (network.network_address, network.broadcast_address):
        return [Problem("ip", f"IP address: {ip} stands for the whole subnet {network}, not for a device.")]
    problems = _gateway_problems(port, network)
    dns = _address(port.dns)
    if dns is None or not _is_host(dns):
        problems.append(
            Problem("dns", f"DNS server: {_shown(port.dns)}: a static address needs one; the gateway often is one.")
        )
    return problems


def _gateway_problems(port: Port, network: ipaddress.IPv4Network) -> list[Problem]:
    gateway = _address(port.gateway)
    if gateway is None or not _is_host(gateway):
        return [Problem("gateway", f"Gateway: {_shown(port.gateway)}: a static address needs the router's address.")]
    if port.gateway == port.ip:
        return [Problem("gateway", "Gateway: that is the device's own address.")]
    if gateway not in network:
        return [Problem("gateway", f"Gateway: {gateway} is not in the subnet {network}: it cannot be reached.", True)]
    return []


def moving_guide(port: Port, network: str, lost: str) -> Guide:
    """What happens when a port gets other settings; `network` says in words which network it is then in."""
    again = "It is looked for by its identifier, and the session goes on where it is found."
    if port.static_ip and port.ip and port.netmask:
        return Guide(
            f"The device goes to {port.ip}, mask {port.netmask}, in {network}. {again}",
            host=port.ip,
            mask=port.netmask,
            patience_s=PATIENCE_S,
            lost=f"{lost} {advice(port.ip, port.netmask, taken=(port.gateway or '', port.dns or ''))}",
        )
    return Guide(
        f"The device asks a DHCP server in {network} for an address, which may be another one. {again}",
        patience_s=PATIENCE_S,
        lost=lost,
    )


def switched_off_guide(other: str) -> Guide:
    """What happens when a port is switched off."""
    return Guide(
        f"The device leaves this network. It can then be reached by {other} only, if that is set up.",
        patience_s=60.0,
        lost=f"Connect by {other} and search for it with 'Find devices'. If there is no way to it any more, reset it "
        "with the button on the device.",
    )


def _given(text: str | None) -> bool:
    return bool(text) and text != NO_ADDRESS


def _shown(text: str | None) -> str:
    return text or "nothing"


def _address(text: str | None) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text or "")
    except ValueError:
        return None


def _is_host(address: ipaddress.IPv4Address) -> bool:
    return 0 < int(address) >> 24 < 224
