"""A ticker on the loop: how long it was ever kept from its turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TICK_S = 0.005


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


@asynccontextmanager
async def ticking() -> AsyncIterator[Ticker]:
    """Let one tick meanwhile, and two ticks more: a stall at the very end is felt by it."""
    ticker = Ticker()
    watching = asyncio.create_task(ticker.run())
    await asyncio.sleep(0)
    try:
        yield ticker
        await asyncio.sleep(2 * TICK_S)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
