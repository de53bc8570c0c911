"""A change that may cut the device off: afterwards it is looked for, and known again by certificate and identity.

Nobody is believed for standing at the right address: over TLS a candidate must first show the pinned certificate,
before anything is sent to it; then it must say the same serial number, MAC or maker's id as before.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from app.discovery import is_local
from app.discovery.identify import Found
from app.discovery.sweep import plan_sweep, sweep
from app.model.device import Address
from app.model.errors import AppError, BadReply, DeviceRefused, DeviceUnreachable
from app.model.job import Progress
from app.model.section import Guide
from app.model.vendor import Vendor
from app.net.client import DeviceClient
from app.net.pins import Pins
from app.net.subnet import OwnAddress, advice, own_addresses, reaches
from app.net.tls import handshake

from .announced import announcements

MAX_SUBNETS = 4
"""So many of the laptop's own subnets are swept."""
MAX_SWEEPS = 3
MAX_ANNOUNCED = 4
"""So many announced addresses, the last ones, are asked in each round."""
_WIDEST = 24
"""Of a larger subnet only the part around the laptop is swept."""


@dataclass(frozen=True)
class Patience:
    """How the search goes about it. Times in seconds; tests and training are quicker and look elsewhere.

    The old address is asked from `settling_s` on: right after the answer the device may still be there, about to leave.
    Where the new address is unknown, the laptop's `own` subnets are swept once the old one was silent for `silent_s`.
    `longest_s` shortens the patience that a guide has. Announcements by mDNS are listened for at `interfaces`, own IPv4
    addresses of this computer; None is all of them, empty is nowhere. A device on this very computer is heard there.
    """

    own: Callable[[], Sequence[OwnAddress]] = own_addresses
    settling_s: float = 3.0
    silent_s: float = 15.0
    pause_s: float = 1.0
    look_s: float = 3.0
    longest_s: float = 600.0
    interfaces: Sequence[str] | None = None


@dataclass(frozen=True)
class Wanted:
    """The device that is looked for: how to talk with it, and by which id it is known. No id: by certificate alone."""

    vendor: Vendor
    client: DeviceClient
    id: str

    async def is_at(self, address: Address, look_s: float) -> bool:
        """Does it answer there, itself?

        Raises:
            AppError: it is there, and does not let us in.
        """
        if not await self._shows_its_certificate(address, look_s):
            return False
        probe = DeviceClient(
            address,
            credentials=self.client.credentials,
            pins=self._pinned_at(address),
            policy=self.client.policy,
            recorder=self.client.recorder,
        )
        try:
            async with asyncio.timeout(look_s):
                identity = await self.vendor.connect(probe).identity()
        except (TimeoutError, DeviceUnreachable, BadReply, DeviceRefused):
            # Still starting: it listens before it can answer.
            return False
        finally:
            # Hung up, not logged out: the login on the device is that of the session, which goes on.
            await probe.aclose()
        return not self.id or identity.id == self.id

    async def _shows_its_certificate(self, address: Address, look_s: float) -> bool:
        """Does it show the pinned certificate there? Without TLS nothing can be shown."""
        pin = self.client.pins.get(self.client.address.netloc)
        if pin is None:
            return address.scheme != "https"
        try:
            shown, _ = await handshake(address.host, address.port, timeout_s=look_s)
        except (OSError, ssl.SSLError, TimeoutError):
            return False
        return shown.fingerprint == pin.fingerprint

    def _pinned_at(self, address: Address) -> Pins:
        """The device's pin at another address, for the time of the question only."""
        only = Pins.in_memory()
        pin = self.client.pins.get(self.client.address.netloc)
        if pin is not None:
            only.accept(address.netloc, pin.fingerprint, pin.profile)
        return only


async def find_again(wanted: Wanted, guide: Guide, patience: Patience) -> AsyncGenerator[Progress | Address, None]:
    """Look for a device that was sent elsewhere: what goes on meanwhile, and at last where it is.

    A guide without patience announces something else than a move: nothing is looked for then. Cancelling is safe at
    any moment: nothing is sent but questions.

    Raises:
        DeviceUnreachable: not found in time; the hint says how to get it back.
        AppError: it is there, and does not let us in.
    """
    total_s = min(guide.patience_s, patience.longest_s)
    if total_s <= 0:
        return
    old = wanted.client.address
    new = Address(guide.host, old.port, old.scheme) if guide.host not in ("", old.host) else None
    clock = asyncio.get_running_loop().time
    begun, sweeps = clock(), 0
    # The device has few sockets: the one of before would keep the questions out.
    await wanted.client.aclose()
    ears = ("127.0.0.1",) if patience.interfaces is None and _is_here(old) else patience.interfaces
    async with announcements(wanted.vendor, wanted.id, old.scheme, ears) as announced:
        while True:
            waited_s = clock() - begun
            yield Progress(int(waited_s), int(total_s), f"Looking for the device at {new or old}")
            if new is not None and await wanted.is_at(new, patience.look_s):
                yield new
                return
            for place in tuple(dict.fromkeys(announced))[-MAX_ANNOUNCED:]:
                # At its old address it may have announced itself before it left: that one has its own turn.
                if place not in (old, new) and await wanted.is_at(place, patience.look_s):
                    yield place
                    return
            old_s = patience.silent_s if new else patience.settling_s
            if waited_s >= old_s and await wanted.is_at(old, patience.look_s):
                yield old
                return
            if new is None and waited_s >= patience.silent_s and sweeps < MAX_SWEEPS:
                sweeps += 1
                async with aclosing(_swept(wanted, patience, begun + total_s)) as sweeping:
                    async for event in sweeping:
                        yield event
                        if isinstance(event, Address):
                            return
            if clock() - begun >= total_s:
                raise _not_found(old, new, guide, total_s)
            await asyncio.sleep(patience.pause_s)


async def _swept(wanted: Wanted, patience: Patience, until_s: float) -> AsyncGenerator[Progress | Address, None]:
    """Ask the laptop's own subnets, until the device is found or the time is over."""
    old = wanted.client.address
    clock = asyncio.get_running_loop().time
    for subnet in _subnets(patience.own(), old):
        plan = plan_sweep(subnet, (old.port,))
        async with aclosing(sweep(plan, (wanted.vendor,), probe_timeout_s=patience.look_s)) as events:
            async for event in events:
                if clock() >= until_s:
                    return
                if not isinstance(event, Found):
                    yield event
                elif event.address.scheme == old.scheme and await wanted.is_at(event.address, patience.look_s):
                    yield event.address
                    return


def _subnets(own: Iterable[OwnAddress], old: Address) -> list[str]:
    """What is swept: subnets of the laptop, each at most a /24. A device on this very computer is looked for there."""
    here = _is_here(old)
    found: dict[str, None] = {}
    for address in own:
        ip = ipaddress.IPv4Address(address.ip)
        if ip.is_loopback is here and is_local(ip):
            network = ipaddress.IPv4Network((address.ip, max(address.prefix, _WIDEST)), strict=False)
            found[str(network)] = None
    return list(found)[:MAX_SUBNETS]


def _is_here(address: Address) -> bool:
    return address.host.startswith("127.")


def _not_found(old: Address, new: Address | None, guide: Guide, total_s: float) -> AppError:
    places = f"neither at {new} nor at {old}" if new else f"not at {old}"
    there = advice(guide.host, guide.mask) if guide.host and guide.mask else ""
    return DeviceUnreachable(
        f"The device was {places} again within {total_s:g} s; whether it took the change is not known.",
        hint=guide.lost or there,
    )


def advice_before(guide: Guide, own: Iterable[OwnAddress]) -> str:
    """What the laptop lacks to reach the device afterwards, before anything is sent; empty when it lacks nothing."""
    if not guide.host or not guide.mask or reaches(guide.host, own):
        return ""
    network = ipaddress.IPv4Network((guide.host, guide.mask), strict=False)
    return (
        f"This laptop has no address in {network}, where the device will be; without a router between the two it "
        f"cannot be reached. {guide.lost or advice(guide.host, guide.mask)}"
    )
