"""What of a day's readings is worth painting: the lowest and highest value of each pixel column; and axis ranges."""

from __future__ import annotations

import math

import numpy as np

from .ring import Column

LEAST_SPAN = 0.01
"""The least height of an axis, as a part of the values on it: noise in the last digit shall not look like an event."""
LEAST_SIZE = 10.0
"""… of values around zero: in W, V or A."""
ROOM = 0.06
"""Free space above and below the curves, as a part of their span."""
TOO_EMPTY = 0.4
"""An axis of which the curves use less than this part is drawn in."""


def decimate(times: Column, values: Column, start: float, end: float, count: int) -> tuple[Column, Column]:
    """The curve between two times in at most `count` bins, each with its lowest and highest value.

    Bins stand on multiples of their width, so a curve that wanders on keeps its shape. Few points are given as they
    are. One point beyond either end is kept, so that the line leaves the picture. NaN breaks the line, also
    where a bin ends in a gap.
    """
    low = max(int(np.searchsorted(times, start)) - 1, 0)
    high = min(int(np.searchsorted(times, end, side="right")) + 1, len(times))
    times, values = times[low:high], values[low:high]
    if len(times) <= 2 * count or end <= start:
        return times, values
    width = (end - start) / count
    first = math.floor(times[0] / width) * width
    edges = np.arange(first, times[-1], width)
    starts = np.unique(np.searchsorted(times, edges))
    starts = starts[starts < len(times)]
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    xs = np.repeat(times[starts], 2)
    ys = np.empty(2 * len(starts))
    # Low to high, then high to low: the line goes on from where it is, instead of crossing the bin once more.
    ys[0::4], ys[1::4] = lowest[0::2], highest[0::2]
    ys[2::4], ys[3::4] = highest[1::2], lowest[1::2]
    lasts = np.append(starts[1:], len(times)) - 1
    broken = np.flatnonzero(np.isnan(values[lasts]) & np.isfinite(lowest))
    if len(broken):
        after = 2 * (broken + 1)
        xs, ys = np.insert(xs, after, times[lasts[broken]]), np.insert(ys, after, np.nan)
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
    span *= 1 + 2 * ROOM
    step = _round_step(span / 4)
    bottom, top = math.floor((middle - span / 2) / step) * step, math.ceil((middle + span / 2) / step) * step
    # What never is negative stands on its zero line, not above it.
    return (0.0 if bottom < 0 <= low else bottom), (0.0 if low < high <= 0 < top else top)


def _round_step(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten at or above `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
