"""What mDNS hears, made harmless: strangers choose these names, texts and addresses.

Names and TXT are cleaned and capped; addresses must be ones that can exist behind the interface they were heard on.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

import msgspec

from app.discovery import is_local, plain_text

MAX_TXT = 32
MAX_ADDRESSES = 8
NAME_LENGTH = 80
VALUE_LENGTH = 255


class Interface(msgspec.Struct, frozen=True):
    """One IPv4 address of this computer. `index` tells a replugged adapter from the one before."""

    ip: str
    prefix: int
    name: str = ""
    index: int = 0

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The subnet behind the interface."""
        return ipaddress.IPv4Network((self.ip, self.prefix), strict=False)

    @property
    def is_loopback(self) -> bool:
        """Is it this computer talking to itself?"""
        return ipaddress.IPv4Address(self.ip).is_loopback

    def reaches(self, address: ipaddress.IPv4Address) -> bool:
        """Can a device with this address have been heard here?

        A private address of another subnet is believed: a device with a wrong static address is just what an
        installer looks for. Public addresses and, from the network, loopback ones are not.
        """
        if self.is_loopback or address.is_loopback:
            return self.is_loopback and address.is_loopback
        if address.is_multicast or address.is_unspecified or address.is_reserved:
            return False
        return address in self.network or is_local(address)


class Sighting(msgspec.Struct, frozen=True):
    """One announced service as it is now. All texts are plain and short, all addresses are literal IPv4.

    `service` is the full DNS name in lower case: with `interface` it says which sighting this one replaces.
    """

    service: str
    service_type: str
    name: str
    host: str
    port: int
    addresses: tuple[str, ...]
    txt: dict[str, str]
    interface: str
    gone: bool = False


def interfaces_now() -> tuple[Interface, ...]:
    """The IPv4 addresses that this computer has at this moment, loopback included.

    Raises:
        OSError: the system does not tell.
    """
    import ifaddr

    found: dict[str, Interface] = {}
    for adapter in ifaddr.get_adapters():
        for address in adapter.ips:
            if isinstance(address.ip, str):
                found.setdefault(
                    address.ip, Interface(address.ip, address.network_prefix, adapter.nice_name, adapter.index or 0)
                )
    return tuple(found.values())


def sighting(
    interface: Interface,
    service_type: str,
    full_name: str,
    *,
    host: str,
    port: int | None,
    addresses: Iterable[bytes],
    txt: Mapping[bytes, bytes | None],
) -> Sighting | None:
    """What was announced, made harmless; None when no device can be reached by it."""
    if port is None or not 0 < port < 65536:
        return None
    possible = [ipaddress.IPv4Address(packed) for packed in addresses]
    usable = [address for address in dict.fromkeys(possible) if interface.reaches(address)]
    if not usable:
        return None
    usable.sort(key=lambda address: address not in interface.network)
    return Sighting(
        service=full_name.lower(),
        service_type=service_type,
        name=plain_text(full_name[: -len(service_type) - 1], NAME_LENGTH),
        host=plain_text(host.rstrip("."), NAME_LENGTH),
        port=port,
        addresses=tuple(str(address) for address in usable[:MAX_ADDRESSES]),
        txt=dict(_entry(key, value) for key, value in list(txt.items())[:MAX_TXT]),
        interface=interface.ip,
    )


def _entry(key: bytes, value: bytes | None) -> tuple[str, str]:
    decoded = (value or b"").decode("utf-8", "replace")
    return plain_text(key.decode("utf-8", "replace"), NAME_LENGTH), plain_text(decoded, VALUE_LENGTH)
