"""What of a day's readings is worth painting: the lowest and highest value of each pixel column; and axis ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .curve import Kept
from .ring import Column

LEAST_SPAN = 0.01
"""The least height of an axis, as a part of the values on it: noise in the last digit shall not look like an event."""
LEAST_SIZE = 10.0
"""… of values around zero: in W, V or A."""
STEPS = 8
"""The ends of an axis are rounded to steps of which the curves take at most so many: 5 to 96 % stand on 0 to 100."""
TOO_EMPTY = 0.4
"""An axis of which the curves use less than this part is drawn in."""


def decimate(times: Column, values: Column, start: float, end: float, width: float) -> tuple[Column, Column]:
    """The curve between two times in bins of `width` seconds, each with its lowest and highest value.

    Bins stand on multiples of their width, so a curve that wanders on keeps its shape. Few points are given as they
    are. One point beyond either end is kept, so that the line leaves the picture. NaN breaks the line, also
    where a bin ends in a gap.
    """
    low, high = _shown(times, start, end)
    times, values = times[low:high], values[low:high]
    if _few(len(times), start, end, width):
        return times, values
    return _line(_binned(times, values, _bin_at(times[0], width), _bin_at(times[-1], width) + 1, width))


class Decimated:
    """One column in bins as `decimate` makes them, kept from picture to picture.

    Readings that come later never change a bin that is behind them. So of a day only the two bins at the ends of the
    picture are made anew each time, and those that were not asked for before.
    """

    def __init__(self, kept: Kept, column: int) -> None:
        self._kept = kept
        self._column = column
        self._forget(0.0)

    def _forget(self, width: float) -> None:
        self._width, self._rewritten = width, self._kept.rewritten
        self._from, self._to = 0, 0
        self._bins = _NO_BINS

    @property
    def bins(self) -> int:
        """How many bins are kept."""
        return len(self._bins.numbers)

    def points(self, start: float, end: float, width: float) -> tuple[Column, Column]:
        """The same as `decimate`."""
        times, values = self._kept.times(), self._kept.column(self._column)
        low, high = _shown(times, start, end)
        times, values = times[low:high], values[low:high]
        if _few(len(times), start, end, width):
            return times, values
        first, last = _bin_at(times[0], width), _bin_at(times[-1], width)
        if last - first < 2:
            return _line(_binned(times, values, first, last + 1, width))
        self._keep(times, values, first + 1, last, width)
        at, behind = np.searchsorted(self._bins.numbers, (first + 1, last))
        return _line(
            Bins.joined(
                _binned(times, values, first, first + 1, width),
                self._bins[at:behind],
                _binned(times, values, last, last + 1, width),
            )
        )

    def _keep(self, times: Column, values: Column, first: int, behind: int, width: float) -> None:
        """See that the bins from `first` up to `behind` are kept. All of their readings are among those given."""
        if width != self._width or self._rewritten != self._kept.rewritten:
            self._forget(width)
        if behind < self._from or self._to < first or self._from == self._to:
            self._from, self._to, self._bins = first, first, _NO_BINS
        if first < self._from:
            self._bins = Bins.joined(_binned(times, values, first, self._from, width), self._bins)
        elif first > self._from:
            # What has left the picture at its old end: a day later it would be another day of bins.
            self._bins = self._bins[int(np.searchsorted(self._bins.numbers, first)) :]
        self._from = first
        if behind > self._to:
            self._bins = Bins.joined(self._bins, _binned(times, values, self._to, behind, width))
            self._to = behind


@dataclass(frozen=True)
class Bins:
    """Bins in the order of time; those without a reading are left out.

    `firsts` and `lasts` are the times of their first and last reading; `broken` tells that the last one is a gap.
    """

    numbers: NDArray[np.int64]
    firsts: Column
    lasts: Column
    lowest: Column
    highest: Column
    broken: NDArray[np.bool_]

    def __getitem__(self, part: slice) -> Bins:
        return Bins(*(getattr(self, field.name)[part] for field in fields(self)))

    @staticmethod
    def joined(*parts: Bins) -> Bins:
        """All of them, one after the other."""
        return Bins(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Bins)))


_NO_TIMES = np.empty(0)
_NO_BINS = Bins(np.empty(0, np.int64), _NO_TIMES, _NO_TIMES, _NO_TIMES, _NO_TIMES, np.empty(0, np.bool_))


def _shown(times: Column, start: float, end: float) -> tuple[int, int]:
    """The rows between two times, and one beyond either end."""
    low, high = int(np.searchsorted(times, start)), int(np.searchsorted(times, end, side="right"))
    return max(low - 1, 0), min(high + 1, len(times))


def _few(rows: int, start: float, end: float, width: float) -> bool:
    """Are there so few that bins would not be fewer?"""
    return rows <= 2 or end <= start or rows <= 2 * (end - start) / width


def _bin_at(time_s: float, width: float) -> int:
    """The number of the bin that a time is in: bin n reaches from n × width to before (n + 1) × width."""
    number = math.floor(time_s / width)
    # A quotient is rounded: at a border it may say the neighbour.
    return number - 1 if number * width > time_s else number + 1 if (number + 1) * width <= time_s else number


def _binned(times: Column, values: Column, first: int, behind: int, width: float) -> Bins:
    """The bins from number `first` up to `behind`."""
    rows = np.searchsorted(times, np.arange(first, behind + 1) * width)
    filled = np.flatnonzero(np.diff(rows))
    if not len(filled):
        return _NO_BINS
    starts, lasts = rows[filled], rows[filled + 1] - 1
    inside, begins = values[rows[0] : rows[-1]], starts - rows[0]
    return Bins(
        filled + first,
        times[starts],
        times[lasts],
        np.fmin.reduceat(inside, begins),
        np.fmax.reduceat(inside, begins),
        np.isnan(values[lasts]),
    )


def _line(bins: Bins) -> tuple[Column, Column]:
    """Low to high in one bin, high to low in the next: the line goes on from where it is instead of crossing again."""
    odd = bins.numbers % 2 == 1
    xs, ys = np.repeat(bins.firsts, 2), np.empty(2 * len(bins.numbers))
    ys[0::2], ys[1::2] = np.where(odd, bins.highest, bins.lowest), np.where(odd, bins.lowest, bins.highest)
    broken = np.flatnonzero(bins.broken & np.isfinite(bins.lowest))
    if len(broken):
        after = 2 * (broken + 1)
        xs, ys = np.insert(xs, after, bins.lasts[broken]), np.insert(ys, after, np.nan)
    return xs, ys


def axis_range(low: float, high: float, now: tuple[float, float] | None) -> tuple[float, float]:
    """The range of a value axis for curves from `low` to `high`; `now` is kept while it fits.

    An axis that follows every reading costs more to paint than the curves, and cannot be read.
    """
    span = max(high - low, LEAST_SPAN * max(abs(low), abs(high), LEAST_SIZE))
    if now is not None:
        height = now[1] - now[0]
        if now[0] <= low and high <= now[1] and span >= TOO_EMPTY * height:
            return now
    middle = (low + high) / 2
    step = _round_step(span / STEPS)
    bottom, top = math.floor((middle - span / 2) / step) * step, math.ceil((middle + span / 2) / step) * step
    # What never is negative stands on its zero line, not above it.
    return (0.0 if bottom < 0 <= low else bottom), (0.0 if low < high <= 0 < top else top)


def _round_step(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten at or above `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
