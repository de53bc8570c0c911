"""Bins kept from picture to picture are what one would find by looking at every reading anew; full rings stay so."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from app.model.quantity import Reading
from ui.plots.bins import Decimated, decimate
from ui.plots.ring import Column, Ring

START = 1_700_000_000.0
DAY_S = 86_400.0


def by_hand(times: Column, values: Column, start: float, end: float, width: float) -> dict[int, tuple[float, float]]:
    """Lowest and highest value of each bin, one reading after the other; one reading beyond either end."""
    inside = [at for at, time_s in enumerate(times) if start <= time_s <= end]
    first, last = (inside[0], inside[-1]) if inside else (0, -1)
    found: dict[int, tuple[float, float]] = {}
    for at in range(max(first - 1, 0), min(last + 2, len(times))):
        number, value = math.floor(times[at] / width), float(values[at])
        low, high = found.get(number, (math.nan, math.nan))
        found[number] = (np.fmin(low, value), np.fmax(high, value))
    return {number: ends for number, ends in found.items() if not math.isnan(ends[0])}


def as_bins(xs: Column, ys: Column, width: float) -> dict[int, tuple[float, float]]:
    found: dict[int, list[float]] = {}
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        if not math.isnan(y):
            found.setdefault(math.floor(x / width), []).append(y)
    return {number: (min(several), max(several)) for number, several in found.items()}


def readings(seed: int, count: int) -> Iterator[Reading]:
    """One a second, some late, some missing, some without a value; two values each."""
    random = np.random.default_rng(seed)
    time_s = START
    for _ in range(count):
        time_s += random.choice([0.0, 1.0, 1.0, 1.0, 1.2, 2.0, 40.0], p=[0.01, 0.3, 0.3, 0.3, 0.05, 0.03, 0.01])
        value = math.nan if random.random() < 0.02 else float(random.normal(230, 5))
        yield Reading(time_s, (value, -value))


def same(kept: Decimated, ring: Ring, start: float, end: float, width: float) -> None:
    """What is kept from before must give the same picture as looking at everything."""
    xs, ys = kept.points(start, end, width)
    wanted_xs, wanted_ys = decimate(ring.times(), ring.column(1), start, end, width)
    np.testing.assert_array_equal(xs, wanted_xs)
    np.testing.assert_array_equal(ys, wanted_ys)


@pytest.mark.parametrize("seed", range(5))
def test_bins_hold_the_lowest_and_highest_reading_of_their_time(seed: int) -> None:
    ring = Ring(2)
    for reading in readings(seed, 4000):
        ring.append(reading)
    times, values = ring.times(), ring.column(0)
    for width in (17.0, 20.0, 33.25):
        start, end = START + 500.5, float(times[-1]) - 300.25
        xs, ys = decimate(times, values, start, end, width)
        assert len(xs) < len(times)
        assert as_bins(xs, ys, width) == by_hand(times, values, start, end, width)
        assert (np.diff(xs) >= 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_kept_bins_follow_a_ring_that_fills_and_turns_over(seed: int) -> None:
    ring = Ring(2, longest=3000)
    kept = Decimated(ring, 1)
    for number, reading in enumerate(readings(seed, 12_000)):
        ring.append(reading)
        if number % 97 == 0:
            now = reading.time_s + 0.5
            same(kept, ring, now - 2400.0, now, 4.0 * 15)
    assert kept.bins <= 3000 * 2 / 60


def test_kept_bins_follow_the_eye_through_the_past() -> None:
    """Panning to either side and back, zooming in and out again, with readings going on meanwhile."""
    ring = Ring(2)
    kept = Decimated(ring, 1)
    random = np.random.default_rng(7)
    stream = readings(7, 20_000)
    for _ in range(12_000):
        ring.append(next(stream))
    for _ in range(300):
        for _ in range(20):
            ring.append(next(stream))
        length = float(random.choice([1500.0, 6000.0]))
        end = float(ring.times()[-1]) - float(random.uniform(-600, 9000))
        same(kept, ring, end - length, end, length / 100)


def test_a_clock_set_back_moves_the_kept_bins_too() -> None:
    ring = Ring(2)
    kept = Decimated(ring, 1)
    back = 0.0
    for number, reading in enumerate(readings(3, 9000)):
        # By whole bins: what was kept would look as if it were still right.
        back += 3600.0 if number in (4000, 7000) else 0.0
        ring.append(Reading(reading.time_s - back, reading.values))
        if number % 50 == 0:
            now = reading.time_s - back
            same(kept, ring, now - 3000.0, now, 30.0)
    assert ring.rewritten == 2


def test_an_empty_and_a_nearly_empty_ring_have_their_points() -> None:
    ring = Ring(2)
    kept = Decimated(ring, 1)
    assert [len(part) for part in kept.points(START, START + 60, 1.0)] == [0, 0]
    ring.append(Reading(START, (1.0, 2.0)))
    assert [part.tolist() for part in kept.points(START, START + 60, 1.0)] == [[START], [2.0]]


def test_a_day_is_not_looked_at_again_for_the_next_second() -> None:
    """Seen by what is asked of the column: a picture a second later touches the ends, not the day between them."""
    seconds = int(DAY_S)
    times, values = START + np.arange(seconds + 1.0), np.random.default_rng(5).normal(230, 1, seconds + 1)
    looked: list[int] = []

    class Watched(np.ndarray):  # type: ignore[type-arg]
        def __array_ufunc__(self, function: np.ufunc, method: str, *parts: object, **more: object) -> object:
            plain = [np.asarray(part) if isinstance(part, Watched) else part for part in parts]
            looked.append(len(plain[0]) if method == "reduceat" else 0)
            return getattr(function, method)(*plain, **more)

    class Day:
        readings, rewritten, interval_s, shown = 0, 0, 1.0, seconds

        def times(self) -> Column:
            return times[: self.shown]

        def column(self, _index: int) -> Column:
            return values[: self.shown].view(Watched)

    day = Day()
    kept = Decimated(day, 0)
    kept.points(START, START + DAY_S, DAY_S / 600)
    assert max(looked) > 80_000
    looked.clear()
    day.shown += 1
    kept.points(START + 1, START + 1 + DAY_S, DAY_S / 600)
    assert 0 < sum(looked) < 2000


def test_a_full_ring_needs_no_more_memory_however_long_it_runs() -> None:
    ring = Ring(12, longest=2000)
    kept = Decimated(ring, 3)
    numbers = tuple(float(number) for number in range(12))

    def live(first: int, count: int) -> None:
        for second in range(first, first + count):
            ring.append(Reading(START + second, numbers))
            if second % 10 == 0:
                kept.points(START + second - 1900, START + second, 10.0)

    live(0, 6000)
    room = ring.times().base.nbytes
    tracemalloc.start()
    try:
        live(6000, 3000)
        before = tracemalloc.get_traced_memory()[0]
        live(9000, 9000)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert ring.times().base.nbytes == room
    assert len(ring) == 2000
    # Less than one more reading of twelve values each ten minutes would be.
    assert after - before < 2000
