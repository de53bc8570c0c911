"""One site, electrically: what flows in each phase at its grid connection and in every circuit behind it.

A pure function of time and seed: whoever measures the same point at the same second measures the same, and at every
second the circuits, the inverters and what nobody meters add up to what crosses the grid connection.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec

from app.scenario.clock import SiteClock
from app.scenario.sunny_day import DAY_S, Moment, sunny_day

PHASES = 3
HYBRID_SHARE = 0.4
"""Of the sun's power so much comes in at the hybrid inverter on L1, the rest at the three-phase PV inverter."""
DAY_TARIFF_H = (7.0, 21.0)
_DAYS_APART = 1000
"""Sites of another seed live in other years: their clouds and loads are others."""


class Point(Enum):
    """Where somebody may measure."""

    GRID = "grid connection"
    VENTILATION = "ventilation"
    HEATING = "heating"
    KITCHEN = "kitchen"
    LIGHTING = "lighting"
    WORKSHOP = "workshop"
    UNMETERED = "what has no meter of its own"
    CRITICAL = "critical loads"
    CAR = "car charger"
    PV = "PV inverter"
    HYBRID = "hybrid inverter with battery"
    SOLAR = "both inverters"


class Line(msgspec.Struct, frozen=True):
    """One phase at one point and moment: W (above zero: drawn, below: fed back), var (above zero: inductive), V."""

    watts: float
    vars: float
    volts: float

    @property
    def amps(self) -> float:
        """I = S / U."""
        return math.hypot(self.watts, self.vars) / self.volts

    @property
    def factor(self) -> float:
        """|P| / S, 1 without load."""
        apparent = math.hypot(self.watts, self.vars)
        return abs(self.watts) / apparent if apparent else 1.0


Lines = tuple[Line, Line, Line]
_Spread = tuple[float, float, float]


class _Circuit(msgspec.Struct, frozen=True):
    """A part of the ordinary loads: which part on average, over which phases, how inductive, how it swings."""

    share: float
    spread: _Spread
    factor: float
    period_s: float


_CIRCUITS: Mapping[Point, _Circuit] = {
    Point.VENTILATION: _Circuit(0.24, (0.34, 0.33, 0.33), 0.84, 410.0),
    Point.HEATING: _Circuit(0.26, (0.33, 0.34, 0.33), 0.97, 290.0),
    Point.KITCHEN: _Circuit(0.18, (0.2, 0.5, 0.3), 0.98, 170.0),
    Point.LIGHTING: _Circuit(0.08, (0.4, 0.25, 0.35), 0.93, 700.0),
    Point.WORKSHOP: _Circuit(0.16, (0.3, 0.3, 0.4), 0.86, 97.0),
    Point.UNMETERED: _Circuit(0.08, (0.3, 0.4, 0.3), 0.95, 230.0),
}
_SWING = 0.3
LINE_OF = {Point.CRITICAL: 0, Point.CAR: 1, Point.HYBRID: 0}
"""Points of a single phase: which it is."""
_FACTOR_OF = {Point.CRITICAL: 0.96, Point.CAR: 0.99}


class Site:
    """One site with its clock. `seed` tells sites apart that begin at the same time."""

    def __init__(self, clock: SiteClock | None = None, *, seed: int = 0) -> None:
        self.clock = clock or SiteClock.today()
        self._shift_s = float(seed * _DAYS_APART * DAY_S)
        self._lines_at = functools.lru_cache(maxsize=512)(self._work_out)

    def plant(self, time_s: float) -> Moment:
        """Sun, loads, battery and grid as a whole, at the site's time."""
        return sunny_day(time_s + self._shift_s)

    def lines(self, point: Point, time_s: float) -> Lines:
        """The three phases at a point."""
        return self._lines_at(time_s)[point]

    def power(self, point: Point, time_s: float) -> float:
        """The sum of the phases in W."""
        return sum(line.watts for line in self.lines(point, time_s))

    def frequency_hz(self, time_s: float) -> float:
        """The mains frequency."""
        return 50.0 + 0.02 * math.sin(time_s / 23.0) + 0.01 * math.sin(time_s / 5.0)

    def _work_out(self, time_s: float) -> Mapping[Point, Lines]:
        now, time_s = self.plant(time_s), time_s + self._shift_s
        watts: dict[Point, _Spread] = {}
        reactive: dict[Point, _Spread] = {}
        weights = {
            point: circuit.share * (1 + _SWING * math.sin(math.tau * time_s / circuit.period_s + circuit.share * 40))
            for point, circuit in _CIRCUITS.items()
        }
        ordinary = (now.loads - now.critical) / sum(weights.values())
        for point, circuit in _CIRCUITS.items():
            drawn = weights[point] * ordinary
            watts[point] = _times(circuit.spread, drawn)
            reactive[point] = _times(circuit.spread, drawn * _tangent(circuit.factor))
        for point, drawn in ((Point.CRITICAL, now.critical), (Point.CAR, now.car)):
            watts[point] = _on(LINE_OF[point], drawn)
            reactive[point] = _on(LINE_OF[point], drawn * _tangent(_FACTOR_OF[point]))
        watts[Point.PV] = _times((1 / 3, 1 / 3, 1 / 3), -now.pv * (1 - HYBRID_SHARE))
        watts[Point.HYBRID] = _on(LINE_OF[Point.HYBRID], -now.pv * HYBRID_SHARE - now.battery)
        reactive[Point.PV] = reactive[Point.HYBRID] = (0.0, 0.0, 0.0)
        watts[Point.GRID], reactive[Point.GRID] = _sum(watts.values()), _sum(reactive.values())
        watts[Point.SOLAR] = _sum((watts[Point.PV], watts[Point.HYBRID]))
        reactive[Point.SOLAR] = (0.0, 0.0, 0.0)
        volts = tuple(
            231.0 + 1.5 * math.sin(math.tau * (time_s + 29 * phase) / 97) - 0.0008 * watts[Point.GRID][phase]
            for phase in range(PHASES)
        )
        return {point: _lines(flowing, reactive[point], volts) for point, flowing in watts.items()}


def day_tariff(time_s: float) -> bool:
    """Is it the time of the dearer tariff?"""
    return DAY_TARIFF_H[0] <= time_s % DAY_S / 3600 < DAY_TARIFF_H[1]


def _lines(watts: _Spread, reactive: _Spread, volts: tuple[float, ...]) -> Lines:
    first, second, third = (Line(*values) for values in zip(watts, reactive, volts, strict=True))
    return first, second, third


def _tangent(factor: float) -> float:
    return math.sqrt(1 - factor * factor) / factor


def _times(spread: _Spread, value: float) -> _Spread:
    return spread[0] * value, spread[1] * value, spread[2] * value


def _on(phase: int, value: float) -> _Spread:
    return value * (phase == 0), value * (phase == 1), value * (phase == 2)


def _sum(parts: Iterable[_Spread]) -> _Spread:
    first = second = third = 0.0
    for a, b, c in parts:
        first, second, third = first + a, second + b, third + c
    return first, second, third
