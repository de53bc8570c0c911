"""What the tests of recordings share: feeds that give what a test puts into them, and a store with its site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from app.commission.hearing import Wanted
from app.commission.live import FeedHub
from app.model.device import Identity
from app.model.errors import AppError
from app.model.quantity import Feed, Phase, Quantity, Reading, Unit

POWER = Quantity("power.total", "Active power", Unit.WATT)
VOLTAGE = Quantity("voltage.l1", "Voltage L1", Unit.VOLT, Phase.L1)
FREQUENCY = Quantity("frequency", "Frequency", Unit.HERTZ)
ALL = (POWER, VOLTAGE, FREQUENCY)


@dataclass(eq=False)
class Meter:
    """A device whose one feed gives what is put into it."""

    key: str
    name: str
    queue: asyncio.Queue[Reading | AppError] = field(default_factory=asyncio.Queue)
    opened: int = 0

    def __post_init__(self) -> None:
        self.feed = Feed(key="live", title="Live", quantities=ALL, open=self._open, plotted=(POWER.key,))
        self.session = self.connected()

    def connected(self) -> Any:
        """A new session on it."""
        return SimpleNamespace(
            key=self.key,
            feeds=FeedHub(None),
            meters=(),
            identity=Identity(vendor="test", id=self.key.partition(":")[2], name=self.name),
            vendor=SimpleNamespace(key="test", title="Test", feeds=(self.feed,)),
        )

    async def _open(self, _connection: object, _meter: str) -> AsyncGenerator[Reading, None]:
        self.opened += 1
        while True:
            come = await self.queue.get()
            if isinstance(come, AppError):
                raise come
            yield come

    def tells(self, time_s: float, power: float = 100.0, voltage: float = 230.0) -> None:
        """The device has measured."""
        self.queue.put_nowait(Reading(time_s, (power, voltage, 50.0)))

    def wanted(self, *keys: str) -> Wanted:
        """To record these of it, by default power and voltage."""
        return Wanted(self.session, self.feed, "", self.name, keys or (POWER.key, VOLTAGE.key))


class Clock:
    """A computer's clock that a test sets: what the wall says, and how much time really passed."""

    def __init__(self, wall_s: float) -> None:
        self.wall_s, self.steady_s = wall_s, 0.0

    def pass_by(self, seconds: float) -> None:
        self.wall_s += seconds
        self.steady_s += seconds
