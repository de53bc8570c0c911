"""The readings of one feed, kept for as long as plots look back, in columns that plots can slice."""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np
from numpy.typing import NDArray

from app.model.quantity import Reading

Column = NDArray[np.float64]

LONGEST = 86_400
"""A day at one reading a second."""
FIRST_ROOM = 1024
SLACK = 4
"""A full store has room for a quarter more: it is moved once for every quarter of its length, not with each reading."""
GAP_INTERVALS = 3.0
LEAST_INTERVAL_S = 1.0
"""Ten readings a second with one late by half a second are no gap that anybody wants to see."""
CLOCK_STEP_S = 1.0
PACE_OF = 15
"""How many of the last intervals tell the pace; their median does not mind a single late one."""


class Ring:
    """Times and values of one feed, oldest first; the oldest go when `longest` rows are there.

    A pause of more than three intervals is kept as a row of NaN right after the last reading, so that a line breaks
    there. When this computer's clock is set back, what was recorded moves with it: 'ten seconds ago' stays true.
    """

    def __init__(self, width: int, *, longest: int = LONGEST) -> None:
        if width < 1 or longest < 1:
            raise ValueError("a ring needs at least one column and one row")
        self._longest = longest
        room = min(FIRST_ROOM, longest + longest // SLACK + 1)
        self._times: Column = np.empty(room)
        self._values: Column = np.empty((width, room))
        self._first = 0
        self._end = 0
        self._pace: deque[float] = deque(maxlen=PACE_OF)
        self.readings = 0
        """How many readings ever came, gaps not counted: tells whether something is new."""
        self.rewritten = 0
        """How often the times of what was kept have changed, since this computer's clock was set back."""

    def __len__(self) -> int:
        return self._end - self._first

    @property
    def width(self) -> int:
        """How many columns there are."""
        return int(self._values.shape[0])

    @property
    def interval_s(self) -> float:
        """The usual time between two readings, at least a second; a second until two have come."""
        return max(LEAST_INTERVAL_S, median(self._pace)) if self._pace else LEAST_INTERVAL_S

    @property
    def last_s(self) -> float | None:
        """When the last reading came (seconds since 1970), or None."""
        return float(self._times[self._end - 1]) if len(self) else None

    def last(self, index: int) -> float:
        """The last value of one quantity; NaN when there is none."""
        return float(self._values[index, self._end - 1]) if len(self) else float("nan")

    def times(self) -> Column:
        """When the readings came, never falling. A view: it is good until the next `append`."""
        return self._times[self._first : self._end]

    def column(self, index: int) -> Column:
        """The values of one quantity. A view: it is good until the next `append`."""
        return self._values[index, self._first : self._end]

    def knows(self, index: int) -> bool:
        """Has a quantity any value among what is kept?"""
        return bool(np.isfinite(self.column(index)).any())

    def widen(self, columns: int) -> None:
        """Keep so many quantities more from now on; what was before is unknown of them."""
        more = np.full((columns, self._values.shape[1]), np.nan)
        self._values = np.vstack((self._values, more))

    def append(self, reading: Reading) -> None:
        """Keep a reading.

        Raises:
            ValueError: it has another number of values than the ring has columns.
        """
        if len(reading.values) != self.width:
            raise ValueError(f"{len(reading.values)} values, {self.width} expected")
        time_s = reading.time_s
        if len(self):
            time_s = self._continued(time_s)
        self._put(time_s, reading.values)
        self.readings += 1

    def _continued(self, time_s: float) -> float:
        last = float(self._times[self._end - 1])
        passed = time_s - last
        if passed < -CLOCK_STEP_S:
            self._times[self._first : self._end] += passed - self.interval_s
            self.rewritten += 1
            return time_s
        if passed > GAP_INTERVALS * self.interval_s and self._pace:
            self._put(last + self.interval_s, (np.nan,) * self.width)
        self._pace.append(max(passed, 0.0))
        return max(time_s, last)

    def _put(self, time_s: float, values: tuple[float, ...]) -> None:
        if self._end == self._times.shape[0]:
            self._make_room()
        self._times[self._end] = time_s
        self._values[:, self._end] = values
        self._end += 1
        self._first = max(self._first, self._end - self._longest)

    def _make_room(self) -> None:
        """Grow by doubling up to the full length; after that, move what is kept to the front."""
        kept = len(self)
        full = self._longest + self._longest // SLACK + 1
        room = min(2 * self._times.shape[0], full)
        times, values = self._times, self._values
        if room > times.shape[0]:
            self._times, self._values = np.empty(room), np.empty((self.width, room))
        self._times[:kept] = times[self._first : self._end]
        # Column by column: moved all at once, a day of many quantities would be held twice meanwhile.
        for column, before in zip(self._values, values, strict=True):
            column[:kept] = before[self._first : self._end]
        self._first, self._end = 0, kept
