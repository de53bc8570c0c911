"""A house with a roof full of photovoltaics, second by second: what the simulated meter measures.

The same seed gives the same house at the same second, whatever the clock on the wall says.
"""

from __future__ import annotations

import math
import random
from datetime import datetime

import msgspec

from app.scenario.clock import moment
from app.scenario.energy import EnergyMeter
from app.scenario.site import Line, Point, Site, day_tariff

BLOCK_S = 900.0
TARIFF_S = 3600.0
LONGEST_CATCH_UP = 3600
"""Readings that are worked out one by one; after a longer pause the time between is taken as a whole."""


class Measured(msgspec.Struct, frozen=True):
    """One moment, per phase: W (import positive), var, V and A. As a meter counts: whole watts."""

    watts: tuple[int, int, int]
    vars: tuple[int, int, int]
    volts: tuple[float, float, float]
    amps: tuple[float, float, float]

    @property
    def power(self) -> int:
        """The balance of the three phases in W."""
        return sum(self.watts)

    @property
    def factor(self) -> float:
        """The power factor of the whole, 0 to 1."""
        apparent = math.hypot(self.power, sum(self.vars))
        return round(abs(self.power) / apparent, 2) if apparent else 1.0


class Registers(msgspec.Struct):
    """What the meter has counted: Wh and varh by tariff, and the highest quarter of an hour in W."""

    imported: list[float]
    exported: list[float]
    reactive_imported: float
    reactive_exported: float
    demand: list[float]


class Household:
    """The house and its meter, which reports every `interval_s` seconds."""

    def __init__(self, seed: int, interval_s: float) -> None:
        self.interval_s = interval_s
        self.number = 0
        self.registers = _counted_before(seed)
        self._seed = seed
        self._block = 0.0
        self.now = self._measure(0.0)

    @property
    def tariff(self) -> int:
        """1 or 2, in turns of an hour."""
        return 1 + int(self.number * self.interval_s // TARIFF_S) % 2

    def yesterday(self, _midnight: datetime, step_s: float) -> Household:
        """The same kind of house, a day before, for its log with a line every `step_s`."""
        return Household(1, step_s)

    def advance(self, number: int) -> None:
        """Go on to the reading of that number."""
        if number - self.number > LONGEST_CATCH_UP:
            self._count((number - self.number - LONGEST_CATCH_UP) * self.interval_s)
            self.number = number - LONGEST_CATCH_UP
        while self.number < number:
            self.number += 1
            self.now = self._measure(self.number * self.interval_s)
            self._count(self.interval_s)

    def _count(self, seconds: float) -> None:
        hours, registers, row = seconds / 3600, self.registers, self.tariff - 1
        registers.imported[row] += max(self.now.power, 0) * hours
        registers.exported[row] += max(-self.now.power, 0) * hours
        reactive = sum(self.now.vars)
        registers.reactive_imported += max(reactive, 0) * hours
        registers.reactive_exported += max(-reactive, 0) * hours
        self._block += max(self.now.power, 0) * min(seconds, BLOCK_S)
        if (self.number * self.interval_s) % BLOCK_S < self.interval_s:
            registers.demand[row] = max(registers.demand[row], round(self._block / BLOCK_S))
            self._block = 0.0

    def _measure(self, t: float) -> Measured:
        noise = random.Random(f"{self._seed}/{t:.3f}")
        t += 37.0 * self._seed
        sun = 2100 * (0.55 + 0.45 * _wave(t, 240)) * (0.9 + 0.1 * _wave(t, 31))
        loads = (
            180 + (120 if t % 900 < 400 else 0) + (2050 if 60 < t % 600 < 150 else 0),
            310 + 150 * _wave(t, 180) + (1800 if 200 < t % 420 < 280 else 0),
            90 + 1150 * (0.5 + 0.5 * _wave(t, 300)),
        )
        rows = []
        for phase, load in enumerate(loads):
            drawn = load + noise.gauss(0, 8)
            watts, reactive = round(drawn - sun), round(0.16 * drawn - 60)
            volts = round(231 + 1.5 * _wave(t + 29 * phase, 97) - 0.0008 * watts + noise.gauss(0, 0.05), 1)
            rows.append((watts, reactive, volts, round(math.hypot(watts, reactive) / volts, 2)))
        first, second, third = rows
        return Measured(
            (first[0], second[0], third[0]),
            (first[1], second[1], third[1]),
            (first[2], second[2], third[2]),
            (first[3], second[3], third[3]),
        )


class SiteHousehold(Household):
    """What a meter measures at a point of a site, from `begin_s` of the site's time on.

    It reports every `interval_s` seconds of the wall, however fast the site's time goes by.
    """

    def __init__(self, seed: int, interval_s: float, site: Site, point: Point, begin_s: float | None = None) -> None:
        self._site, self._point = site, point
        self._begin_s = site.clock.begin_s if begin_s is None else begin_s
        self._meter = EnergyMeter(site, point, self._begin_s)
        self._rate = site.clock.speed if begin_s is None else 1.0
        super().__init__(seed, interval_s)

    @property
    def tariff(self) -> int:
        """1 by day, 2 by night."""
        return 1 if day_tariff(self._time_s(self.number * self.interval_s)) else 2

    def at(self, elapsed_s: float) -> datetime:
        """The site's local time so many seconds after the beginning."""
        return moment(self._time_s(elapsed_s))

    def yesterday(self, midnight: datetime, step_s: float) -> Household:
        """The same point a day before."""
        begin_s = self._begin_s - (self.at(0.0) - midnight.replace(tzinfo=None)).total_seconds()
        return SiteHousehold(self._seed, step_s, self._site, self._point, begin_s)

    def _time_s(self, elapsed_s: float) -> float:
        return self._begin_s + elapsed_s * self._rate

    def _count(self, seconds: float) -> None:
        time_s, before, registers = (
            self._time_s(self.number * self.interval_s),
            _counted_before(self._seed),
            self.registers,
        )
        tally, seconds = self._meter.until(time_s), seconds * self._rate
        for row in range(2):
            registers.imported[row] = before.imported[row] + tally.imported[row]
            registers.exported[row] = before.exported[row] + tally.exported[row]
        registers.reactive_imported = before.reactive_imported + tally.reactive_imported
        registers.reactive_exported = before.reactive_exported + tally.reactive_exported
        self._block += max(self.now.power, 0) * min(seconds, BLOCK_S)
        if time_s % BLOCK_S < seconds:
            row = self.tariff - 1
            registers.demand[row] = max(registers.demand[row], round(self._block / BLOCK_S))
            self._block = 0.0

    def _measure(self, t: float) -> Measured:
        first, second, third = (_whole(line) for line in self._site.lines(self._point, self._time_s(t)))
        return Measured(*zip(first, second, third, strict=True))  # type: ignore[arg-type]


def _whole(line: Line) -> tuple[int, int, float, float]:
    return round(line.watts), round(line.vars), round(line.volts, 1), round(line.amps, 2)


def _counted_before(seed: int) -> Registers:
    return Registers(
        [8_039_276.0 + 1000 * seed, 2_486_751.0], [1_211_400.0, 97_003.0], 283_967.0, 949_486.0, [6210.0, 3480.0]
    )


def _wave(t: float, period_s: float) -> float:
    return math.sin(2 * math.pi * t / period_s)
