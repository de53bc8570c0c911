"""Quantities that no device measures: sums across devices, such as all sub-meters against the main meter.

Pure: readings go in with their times, sums come out. Who listens to what is the caller's affair.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

import msgspec

from app.model.quantity import Feed, Phase, Quantity, Reading, Unit

SILENT_INTERVALS = 5.0
LEAST_SILENCE_S = 15.0
"""A stream that stops for a moment shall not tear a hole into a sum."""
UNKNOWN_INTERVAL_S = 60.0
"""How often a source tells is not known before its second reading: it is taken for one of the slowest."""
LEAST_INTERVAL_S = 1.0
PACE_OF = 15
CLOCK_STEP_S = 1.0
LONGEST_NAME = 60
MOST_PARTS = 100


class Point(msgspec.Struct, frozen=True):
    """One quantity of one device, or of a meter behind it. `device` is the key under which the site keeps it."""

    device: str
    meter: str
    feed: str
    quantity: str


class Term(msgspec.Struct, frozen=True):
    """A quantity that is added (`sign` 1) or subtracted (-1)."""

    point: Point
    sign: int = 1


class Derived(msgspec.Struct, frozen=True):
    """A named sum of terms of one unit."""

    name: str
    terms: tuple[Term, ...]


class SubMetering(msgspec.Struct, frozen=True):
    """The main meter against the sum of its sub-meters, all in `unit`. What is kept in the site."""

    name: str
    unit: Unit
    main: Point
    parts: tuple[Term, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        """Everything that must be heard: the main meter, then its parts."""
        return tuple(dict.fromkeys((self.main, *(term.point for term in self.parts))))

    @property
    def derived(self) -> tuple[Derived, Derived, Derived]:
        """The main meter, the sum of the parts, and what is left of the main meter without them."""
        main = Term(self.main)
        less = tuple(Term(term.point, -term.sign) for term in self.parts)
        return Derived("main", (main,)), Derived("sum", self.parts), Derived("difference", (main, *less))


def objection(wanted: SubMetering, taken: Iterable[str]) -> str:
    """Why it cannot be kept, in words; empty when it can. `taken` are the names of the others."""
    if not wanted.name.strip():
        return "Give the sum a name."
    if len(wanted.name) > LONGEST_NAME:
        return f"The name has more than {LONGEST_NAME} characters."
    if wanted.name.strip().casefold() in {name.strip().casefold() for name in taken}:
        return "Another sum has this name."
    if not wanted.parts:
        return "Tick at least one sub-meter."
    if len(wanted.parts) > MOST_PARTS:
        return f"A sum has at most {MOST_PARTS} parts."
    if any(term.point == wanted.main for term in wanted.parts):
        return "The main meter cannot be a part of its own sum."
    return ""


def total_of(feed: Feed) -> Quantity | None:
    """What a feed says first of all: its total active power, else its first total; None without any quantity."""
    offered = [q for q in feed.quantities if q.key in feed.plotted] or list(feed.quantities)
    totals = [q for q in offered if q.phase is Phase.TOTAL] or offered
    powers = [q for q in totals if q.unit is Unit.WATT] or totals
    plain = [q for q in powers if q.title == q.unit.quantity] or powers
    return plain[0] if plain else None


def counterpart(wanted: Quantity, feed: Feed) -> Quantity | None:
    """The quantity of another feed that means the same: families name the same thing by different keys.

    Only one of the same unit and conductor will do. Of several: that of the same key, of the same title, the one
    that is called as its unit's quantity is, the first that is plotted, the first.
    """
    same = [q for q in feed.quantities if q.unit is wanted.unit and q.phase is wanted.phase]
    plain = f"{wanted.unit.quantity} {wanted.phase.value}".strip()
    for likely in (
        [q for q in same if q.key == wanted.key],
        [q for q in same if q.title == wanted.title],
        [q for q in same if q.title == plain],
        [q for q in same if q.key in feed.plotted],
        same,
    ):
        if likely:
            return likely[0]
    return None


@dataclass(eq=False)
class _Told:
    """What one point has told last. `fresh`: since the sum was reckoned last."""

    value: float = math.nan
    time_s: float = math.nan
    fresh: bool = False
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=PACE_OF))

    def take(self, time_s: float, value: float) -> None:
        if time_s > self.time_s:
            self.gaps.append(time_s - self.time_s)
        self.value, self.time_s, self.fresh = value, time_s, True

    @property
    def silence_s(self) -> float:
        interval = max(LEAST_INTERVAL_S, median(self.gaps)) if self.gaps else UNKNOWN_INTERVAL_S
        return max(LEAST_SILENCE_S, SILENT_INTERVALS * interval)

    def missing(self, now_s: float) -> bool:
        """Was it never heard, or not for too long? A value that the device itself has not got is no silence."""
        return not now_s - self.time_s <= self.silence_s


class Evaluation:
    """Reckons derived quantities out of what their points tell.

    A value comes when every point has told anew: at the pace of the slowest. So no value is counted twice, and a
    difference does not move because one side tells more often than the other; each value is at most one interval of
    its own source old. When one point is silent for five of its intervals (15 s at least), or has no value, the sums
    that need it are NaN.
    """

    def __init__(self, derived: Sequence[Derived]) -> None:
        self._derived = tuple(derived)
        points = dict.fromkeys(term.point for one in self._derived for term in one.terms)
        self._told = {point: _Told() for point in points}
        self._last_s = -math.inf
        """The latest time that was told."""
        self._broken = True
        """Nothing was reckoned yet, or the last that was told is a gap."""

    @property
    def points(self) -> tuple[Point, ...]:
        """What has to be heard."""
        return tuple(self._told)

    def heard(self, point: Point, time_s: float, value: float) -> Reading | None:
        """Take what a point tells (seconds since 1970); the sums, when every point has told since the last ones.

        Raises:
            KeyError: the point belongs to no sum.
        """
        if point in self._told and time_s < self._last_s - CLOCK_STEP_S:
            self._set_back()
        self._told[point].take(time_s, value)
        self._last_s = max(self._last_s, time_s)
        if all(each.fresh for each in self._told.values()):
            return self._reckoned(time_s)
        return self.overdue(time_s)

    def overdue(self, now_s: float) -> Reading | None:
        """A gap, once, when a point has been silent for too long."""
        if self._broken or not any(told.missing(now_s) for told in self._told.values()):
            return None
        return self._reckoned(now_s)

    def lost(self, point: Point, now_s: float) -> Reading | None:
        """That point tells nothing any more, its device is gone: a gap at once."""
        self._told[point] = _Told()
        return self.overdue(now_s)

    def silent(self, now_s: float) -> tuple[Point, ...]:
        """The points that keep the sums from being reckoned."""
        return tuple(point for point, told in self._told.items() if told.missing(now_s))

    def _set_back(self) -> None:
        """This computer's clock was set back: what was told before is of no known age."""
        self._told = {point: _Told() for point in self._told}
        self._last_s, self._broken = -math.inf, True

    def _reckoned(self, now_s: float) -> Reading:
        gone = {point for point, told in self._told.items() if told.missing(now_s)}
        for told in self._told.values():
            told.fresh = False
        self._broken = bool(gone)
        return Reading(now_s, tuple(self._sum(one, gone) for one in self._derived))

    def _sum(self, one: Derived, gone: set[Point]) -> float:
        if any(term.point in gone for term in one.terms):
            return math.nan
        try:
            found = math.fsum(term.sign * self._told[term.point].value for term in one.terms)
        except (OverflowError, ValueError):
            # Beyond what a float holds, or infinite in both directions: nothing that was measured.
            return math.nan
        return found if math.isfinite(found) else math.nan
