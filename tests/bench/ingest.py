"""What an event costs from the socket to a reading, against a raw parse of the same stream: processor time.

The two sides listen to two devices with the same house, so the same numbers come. Events come one at a time, as they
do from meters: in a burst both sides would look better than they ever are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

from app.model.device import Address
from app.model.quantity import Reading
from app.net.client import DeviceClient
from app.net.pins import Pins
from app.registry import vendor
from app.vendors.whatwatt.client import LIVE

from . import simulators
from .effort import Effort
from .raw import RawClient
from .table import Row, of_turns

SPEED = 250.0
"""Readings a second of each device."""
WARM = 10


def measure(effort: Effort) -> list[Row]:
    """One row."""
    return asyncio.run(_measure(effort))


async def _measure(effort: Effort) -> list[Row]:
    async with await simulators.start("whatwatt", "whatwatt", speed=SPEED) as devices:
        ours, other = simulators.addresses(devices)
        pairs = await compare(ours, other, turns=effort.event_turns, events=effort.events)
    source = f"{effort.event_turns} × {effort.events} events each"
    return [of_turns("event to reading, processor time", pairs, "µs", source=source)]


async def compare(ours: Address, other: Address, *, turns: int, events: int) -> list[tuple[float, float]]:
    """Microseconds an event of (feed, raw parse), in turns."""
    return [(await _feed(ours, events), await _raw(other, events)) for _ in range(turns)]


async def _feed(address: Address, events: int) -> float:
    family = vendor("whatwatt")
    connection = family.connect(DeviceClient(address, pins=Pins.in_memory()))
    feed = next(feed for feed in family.feeds if feed.key == "live")
    try:
        async with aclosing(feed.open(connection, "")) as readings:
            return await _us_each(readings, events)
    finally:
        await connection.aclose()


async def _raw(address: Address, events: int) -> float:
    client = await RawClient.open(address)
    try:
        return await _us_each(client.events(LIVE), events)
    finally:
        client.close()


async def _us_each(source: AsyncIterator[Reading | object], events: int) -> float:
    for _ in range(WARM):
        await anext(source)
    started = time.process_time()
    for _ in range(events):
        await anext(source)
    return (time.process_time() - started) / events * 1e6
