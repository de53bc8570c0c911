"""Ask every address of a range: for devices that do not announce themselves, such as the G13 gateway."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence

import msgspec

from app.discovery import LOCAL_NETWORKS
from app.discovery.identify import PROBE_S, Found, candidates, identify
from app.model.device import DEFAULT_PORTS
from app.model.errors import AppError, UsageError
from app.model.job import Progress
from app.model.vendor import Vendor

MAX_ADDRESSES = 4096
MAX_PORTS = 16
MAX_AT_ONCE = 64
CONNECT_S = 1.0
_EXAMPLES = "Examples: 192.168.1.0/24, 192.168.1.10-50, 192.168.1.12"


class SweepPlan(msgspec.Struct, frozen=True):
    """What a sweep will ask: every port of every address, the ports of one address in turn."""

    text: str
    addresses: tuple[str, ...]
    ports: tuple[int, ...]


def plan_sweep(cidr_or_range: str, ports: Iterable[int]) -> SweepPlan:
    """Read '192.168.1.0/24', '192.168.1.10-50', '192.168.1.10-192.168.2.9' or one address.

    At most 4096 addresses, all private, link-local or loopback; at most 16 ports, each 1 to 65535.

    Raises:
        UsageError: it is no such range, or one that is not swept; names the limit.
    """
    text = cidr_or_range.strip()
    first, last = _ends(text)
    if not any(first in network and last in network for network in LOCAL_NETWORKS):
        raise UsageError(
            f"{text} is not swept: only private (10/8, 172.16/12, 192.168/16), link-local (169.254/16) and loopback "
            "(127/8) addresses are.",
            hint="A device at a public address can be added by its address.",
        )
    count = int(last) - int(first) + 1
    if count > MAX_ADDRESSES:
        raise UsageError(
            f"{text} has {count} addresses: a sweep takes at most {MAX_ADDRESSES}.",
            hint=f"Sweep one subnet at a time, for example {first}/24.",
        )
    hosts: Iterable[ipaddress.IPv4Address]
    if "/" in text:
        hosts = ipaddress.IPv4Network(text, strict=False).hosts()
    else:
        hosts = (ipaddress.IPv4Address(number) for number in range(int(first), int(last) + 1))
    return SweepPlan(text, tuple(str(host) for host in hosts), _ports(ports))


def _ends(text: str) -> tuple[ipaddress.IPv4Address, ipaddress.IPv4Address]:
    try:
        if "/" in text:
            network = ipaddress.IPv4Network(text, strict=False)
            return network.network_address, network.broadcast_address
        start, dash, end = (part.strip() for part in text.partition("-"))
        first = ipaddress.IPv4Address(start)
        if dash and "." not in end:
            end = f"{start.rpartition('.')[0]}.{end}"
        last = ipaddress.IPv4Address(end) if dash else first
    except ValueError as error:
        raise UsageError(f"'{text}' is no range of IPv4 addresses: {error}.", hint=_EXAMPLES) from error
    if last < first:
        raise UsageError(f"'{text}' ends before it begins.", hint=_EXAMPLES)
    return first, last


def _ports(ports: Iterable[int]) -> tuple[int, ...]:
    # HTTPS first: a device that offers both is to be known by the address that protects its password.
    wanted = tuple(sorted(dict.fromkeys(ports), key=lambda port: port != DEFAULT_PORTS["https"]))
    for port in wanted:
        if not 0 < port < 65536:
            raise UsageError(f"{port} is no port: ports are 1 to 65535.")
    if not 0 < len(wanted) <= MAX_PORTS:
        raise UsageError(f"A sweep asks 1 to {MAX_PORTS} ports of each address, not {len(wanted)}.")
    return wanted


def usual_ports(vendors: Iterable[Vendor]) -> tuple[int, ...]:
    """The ports at which the families are found as delivered."""
    return tuple(dict.fromkeys(vendor.port for vendor in vendors))


async def sweep(
    plan: SweepPlan,
    vendors: Sequence[Vendor],
    *,
    connect_timeout_s: float = CONNECT_S,
    probe_timeout_s: float = PROBE_S,
) -> AsyncGenerator[Progress | Found, None]:
    """Ask all addresses, 64 at once, one connection to each at a time; what is found comes as it is found.

    Close it (`contextlib.aclosing`) or cancel who iterates to stop at once; nothing is left running. `Progress`
    counts addresses. What answers and is no known device is passed over.
    """
    total = len(plan.addresses)
    todo = iter(plan.addresses)
    events: asyncio.Queue[Found | str | asyncio.Task[None]] = asyncio.Queue()

    async def ask_in_turn(hosts: Iterator[str]) -> None:
        for host in hosts:
            seen: set[Found] = set()
            for port in plan.ports:
                try:
                    found = await identify(
                        candidates(host, port),
                        vendors,
                        connect_timeout_s=connect_timeout_s,
                        probe_timeout_s=probe_timeout_s,
                    )
                except AppError:
                    continue
                if not any(_same_device(found, other) for other in seen):
                    seen.add(found)
                    events.put_nowait(found)
            events.put_nowait(host)

    workers = [asyncio.create_task(ask_in_turn(todo), name="sweep") for _ in range(min(MAX_AT_ONCE, total))]
    for worker in workers:
        worker.add_done_callback(events.put_nowait)
    done = devices = 0
    try:
        yield Progress(0, total, f"Asking {plan.text}")
        while done < total:
            event = await events.get()
            if isinstance(event, Found):
                devices += 1
                yield event
            elif isinstance(event, str):
                done += 1
                yield Progress(done, total, f"{event} asked, {devices} found")
            else:
                event.result()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _same_device(one: Found, other: Found) -> bool:
    """A device that answers on both usual ports is one device; on ports of their own they are several."""
    usual = set(DEFAULT_PORTS.values())
    return one.vendor == other.vendor and (
        one.address == other.address or {one.address.port, other.address.port} == usual
    )
