"""A section of the G13 read through a session, against the same requests by a raw client: one warm connection each."""

from __future__ import annotations

import asyncio
import base64
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from app.commission.session import DeviceSession
from app.model.device import Address, Credentials
from app.net.pins import Pins
from app.net.recorder import Recorder
from app.net.tls import context, handshake
from app.registry import vendor
from app.site.sitefile import SiteFile
from tests.gateways import MAIN, PASSWORD

from . import simulators
from .effort import Effort
from .raw import RawClient
from .table import Row, of_turns

SECTION = "g13.demand"
"""The largest: fifty channels."""
USER = "admin"
GOAL_AT_30_MS = 1.15
WARM = 3


def measure(effort: Effort) -> list[Row]:
    """A row without latency, where every microsecond of ours shows, and one with the 30 ms of a real gateway."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    rows = []
    for latency_ms, reads, goal in ((0.0, effort.fast_reads, None), (30.0, effort.slow_reads, GOAL_AT_30_MS)):
        async with await simulators.start("g13", latency_ms=latency_ms) as devices:
            pairs = await compare(simulators.addresses(devices)[0], reads)
        what = f"G13 section read, device at {latency_ms:g} ms"
        rows.append(of_turns(what, pairs, "ms", goal_ratio=goal, source=f"{reads} reads each"))
    return rows


async def compare(address: Address, reads: int) -> list[tuple[float, float]]:
    """Milliseconds of (session, raw client), in turns."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-") as folder:
        site = SiteFile.open(Path(folder) / "bench.wattwright")
        try:
            session = await opened(site, address)
            try:
                return await _in_turns(session, reads)
            finally:
                await session.aclose()
        finally:
            site.close()


async def opened(site: SiteFile, address: Address) -> DeviceSession:
    """A session on a gateway, its certificate accepted."""
    pins = Pins.in_memory()
    shown, profile = await handshake(address.host, address.port)
    pins.accept(address.netloc, shown.fingerprint, profile)
    session = DeviceSession(
        vendor("g13"),
        address,
        pins=pins,
        journal=site.journal,
        drafts=site.drafts,
        credentials=Credentials(USER, PASSWORD),
    )
    await session.open()
    return session


async def _in_turns(session: DeviceSession, reads: int) -> list[tuple[float, float]]:
    section = session.vendor.section(SECTION)
    session.client.recorder = Recorder()
    await session.read(section, MAIN)
    asked = [(seen.method, urlsplit(seen.url).path) for seen in session.client.recorder.exchanges()]
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    raw = await RawClient.open(session.address, tls=context(session.client.profile), authorization=f"Basic {login}")

    async def through_session() -> None:
        await session.read(section, MAIN)

    async def by_hand() -> None:
        for method, path in asked:
            await raw.request(method, path)

    try:
        pairs = [(await _ms(through_session), await _ms(by_hand)) for _ in range(reads + WARM)]
    finally:
        raw.close()
    return pairs[WARM:]


async def _ms(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1000
