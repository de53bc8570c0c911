"""A load profile of 40000 items through a session, against downloading it and `json.loads`; and what the loop feels."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.commission.session import DeviceSession
from app.model.archive import Query
from app.model.device import Address
from app.net.tls import context
from app.site.sitefile import SiteFile
from tests.gateways import MAIN, PASSWORD

from . import simulators
from .effort import Effort
from .raw import RawClient
from .section import USER, opened
from .table import Row, of_turns

ITEMS = 40_000
ARCHIVE = "g13.stored_profiles"
PATH = f"/meters/{MAIN}/loadprofiles/1"
GOAL = 2.0
GOAL_STALL_MS = 50.0
TICK_S = 0.005
WARM = 1


def measure(effort: Effort) -> list[Row]:
    """A row for the time until the records are there, and one for the longest stall of the loop meanwhile."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with await simulators.start(f"g13:{ITEMS}") as devices:
        times, stalls = await compare(simulators.addresses(devices)[0], effort.profiles)
    source = f"{effort.profiles} profiles each"
    return [
        of_turns(f"G13 load profile, {ITEMS} items", times, "ms", goal_ratio=GOAL, source=source),
        of_turns("longest stall of the loop meanwhile", stalls, "ms", goal=GOAL_STALL_MS, source=source),
    ]


async def compare(address: Address, turns: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Milliseconds of (session, raw client and `json.loads`) in turns: until all is there, and the longest stall."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-") as folder:
        site = SiteFile.open(Path(folder) / "bench.wattwright")
        try:
            session = await opened(site, address)
            try:
                return await _in_turns(session, turns)
            finally:
                await session.aclose()
        finally:
            site.close()


async def _in_turns(session: DeviceSession, turns: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    archive = session.vendor.archive(ARCHIVE)
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    async def through_session() -> int:
        return (await session.records(archive, MAIN, Query())).count

    async def by_hand() -> int:
        # A new connection each time would cost a handshake: but an idle one is gone after a second.
        raw = await RawClient.open(session.address, tls=context(session.client.profile), authorization=f"Basic {login}")
        try:
            return len(json.loads(await raw.request("GET", PATH))["items"])
        finally:
            raw.close()

    times, stalls = [], []
    for _ in range(turns + WARM):
        ours, baseline = await _watched(through_session), await _watched(by_hand)
        times.append((ours[0], baseline[0]))
        stalls.append((ours[1], baseline[1]))
    return times[WARM:], stalls[WARM:]


async def _watched(work: Callable[[], Awaitable[int]]) -> tuple[float, float]:
    """Milliseconds that it took, and by how many a ticker of 5 ms was late at worst."""
    ticker = Ticker()
    watching = asyncio.create_task(ticker.run())
    await asyncio.sleep(0)
    started = time.perf_counter()
    count = await work()
    taken_ms = (time.perf_counter() - started) * 1000
    # One tick more: a stall at the very end is felt by it.
    await asyncio.sleep(2 * TICK_S)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    if count != ITEMS:
        raise RuntimeError(f"{count} items came instead of {ITEMS}")
    return taken_ms, ticker.worst_ms


class Ticker:
    """Wakes every 5 ms, and notes how late it ever was."""

    def __init__(self) -> None:
        self.worst_ms = 0.0

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            due = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self.worst_ms = max(self.worst_ms, (time.perf_counter() - due) * 1000)
