"""A whole meter, every section and archive setting of it, against its number of requests times the device's latency."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from app.commission.session import DeviceSession
from app.model.device import Address
from app.net.recorder import Recorder
from app.site.sitefile import SiteFile
from tests.gateways import MAIN

from . import simulators
from .effort import Effort
from .section import opened
from .table import Row, of_turns

LATENCY_MS = 30.0
GOAL = 1.15
KEPT = 1000
"""More requests than any meter has."""


def measure(effort: Effort) -> list[Row]:
    """One row: the whole reading, and what the wire alone would take."""
    return asyncio.run(_measure(effort.meters))


async def _measure(turns: int) -> list[Row]:
    async with await simulators.start("g13", latency_ms=LATENCY_MS) as devices:
        pairs, requests = await compare(simulators.addresses(devices)[0], turns, LATENCY_MS)
    what = f"whole G13 meter read, {requests} requests at {LATENCY_MS:g} ms"
    return [of_turns(what, pairs, "ms", goal_ratio=GOAL, source=f"{turns} times")]


async def compare(address: Address, turns: int, latency_ms: float) -> tuple[list[tuple[float, float]], int]:
    """Milliseconds of (reading every section, requests × latency), and how many requests that is."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-") as folder:
        site = SiteFile.open(Path(folder) / "bench.wattwright")
        try:
            session = await opened(site, address)
            try:
                await _read_all(session)
                pairs, requests = [], 0
                for _ in range(turns):
                    session.client.recorder = Recorder(keep=KEPT)
                    started = time.perf_counter()
                    await _read_all(session)
                    took_ms = (time.perf_counter() - started) * 1000
                    requests = len(session.client.recorder.exchanges())
                    pairs.append((took_ms, requests * latency_ms))
                return pairs, requests
            finally:
                await session.aclose()
        finally:
            site.close()


async def _read_all(session: DeviceSession) -> None:
    for section in session.sections(MAIN):
        if (await session.support(section, MAIN)).readable:
            await session.read(section, MAIN)
