"""Which addresses this computer has itself, and which one it needs to reach a device in another subnet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

import msgspec

_USUAL = 100
"""The host number that is offered first: routers and devices mostly stand at the ends of a subnet."""
_LONGEST_PREFIX = 30
"""A longer one leaves no room for a laptop beside the device."""


class OwnAddress(msgspec.Struct, frozen=True):
    """One IPv4 address of this computer, with the length of its subnet's prefix in bits."""

    ip: str
    prefix: int
    adapter: str = ""

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The subnet behind it."""
        return ipaddress.IPv4Network((self.ip, self.prefix), strict=False)


def own_addresses() -> tuple[OwnAddress, ...]:
    """The IPv4 addresses that this computer has at this moment, loopback included; none if the system does not tell."""
    import ifaddr

    try:
        adapters = list(ifaddr.get_adapters())
    except OSError:
        return ()
    return tuple(
        OwnAddress(address.ip, address.network_prefix, adapter.nice_name)
        for adapter in adapters
        for address in adapter.ips
        if isinstance(address.ip, str)
    )


def reaches(ip: str, own: Iterable[OwnAddress]) -> bool:
    """Is the address in a subnet of this computer, so that no router is needed? False for what is no IPv4 address."""
    try:
        wanted = ipaddress.IPv4Address(ip)
    except ValueError:
        return False
    return any(wanted in address.network for address in own)


def is_mask(mask: str) -> bool:
    """Is it a subnet mask: ones in binary, then 2 to 30 zeros?"""
    try:
        zeros = 0xFFFFFFFF ^ int(ipaddress.IPv4Address(mask))
    except ValueError:
        return False
    return zeros & (zeros + 1) == 0 and 2 <= zeros.bit_length() <= _LONGEST_PREFIX


def laptop_address(ip: str, mask: str, taken: Sequence[str] = ()) -> str:
    """An address for the laptop beside the device: neither its own nor one of `taken`, and no whole subnet.

    The ends of the subnet, where routers mostly are, come last. Empty when there is no room.
    """
    try:
        network = ipaddress.IPv4Network((ip, mask), strict=False)
    except ValueError:
        return ""
    used = {ip, *taken}
    return next((str(host) for host in _hosts(network, len(used)) if str(host) not in used), "")


def _hosts(network: ipaddress.IPv4Network, used: int) -> Iterator[ipaddress.IPv4Address]:
    """As many hosts of a subnet as it takes to find a free one, the likeliest first."""
    first, last = int(network.network_address) + 1, int(network.broadcast_address) - 1
    middle, enough = range(first + 1, last), used + 1
    usual = min(_USUAL - 2, len(middle))
    for number in (*middle[usual : usual + enough], *middle[:enough]):
        yield ipaddress.IPv4Address(number)
    for number in (last, first):
        if first <= number <= last:
            yield ipaddress.IPv4Address(number)


def advice(ip: str, mask: str, *, taken: Sequence[str] = ()) -> str:
    """How the laptop reaches a device at `ip` with subnet mask `mask`, in words; `taken` are addresses in use there."""
    laptop = laptop_address(ip, mask, taken)
    if not laptop:
        return f"The subnet of {ip} with mask {mask} has no free address for the laptop: choose a larger subnet."
    return (
        f"Give the laptop {laptop}, mask {mask} (no gateway), on the adapter that is connected to the same network "
        "as the device."
    )
