"""The time of a simulated site: where its day begins, and how fast it goes by."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

MIDNIGHT = datetime(1970, 1, 1)
"""The scenario counts its seconds from here, in the site's local time."""
NOON = 12 * 3600.0
FASTEST = 600.0


class SiteClock:
    """A site's clock: it shows `begin` (local time) when it is made and goes `speed` times as fast as the wall's.

    `run_s` counts the wall's seconds since then; a device's pace goes by these. `time_s` is the site's time, by
    which the sun shines and energy is counted. `epoch_s` is for clocks that people set: at the beginning it is the
    computer's own time, and it goes as fast as the site.

    Raises:
        ValueError: the speed is not between 1 and 600.
    """

    def __init__(
        self,
        begin: datetime,
        speed: float = 1.0,
        *,
        tick: Callable[[], float] = time.monotonic,
        epoch: Callable[[], float] = time.time,
    ) -> None:
        if not 1.0 <= speed <= FASTEST:
            raise ValueError(f"a site's time runs 1 to {FASTEST:g} times as fast as the wall's")
        self.speed = speed
        self.begin_s = (begin - MIDNIGHT).total_seconds()
        self._tick = tick
        self._started = tick()
        self._epoch = epoch()

    @classmethod
    def today(cls, seconds: float = NOON, speed: float = 1.0) -> Self:
        """A clock that shows so many seconds after today's midnight."""
        midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(midnight + timedelta(seconds=seconds), speed)

    def run_s(self) -> float:
        """Seconds on the wall since the clock was made."""
        return self._tick() - self._started

    def at_run(self, run_s: float) -> float:
        """The site's time after so many seconds on the wall."""
        return self.begin_s + run_s * self.speed

    def time_s(self) -> float:
        """The site's time, in seconds since `MIDNIGHT`."""
        return self.at_run(self.run_s())

    def now(self) -> datetime:
        """The site's local time."""
        return moment(self.time_s())

    def epoch_s(self) -> float:
        """What a clock shows that somebody set by this computer's when the site began, in seconds since 1970."""
        return self._epoch + self.run_s() * self.speed

    def at_epoch(self, epoch_s: float) -> float:
        """The site's time when `epoch_s` was this."""
        return self.begin_s + epoch_s - self._epoch


def moment(time_s: float) -> datetime:
    """The site's time as a local date and time."""
    return MIDNIGHT + timedelta(seconds=time_s)
