"""A sunny day of a house with a workshop: sun on the roof, a battery, a car charger and the grid for the rest.

A pure function of time: whoever asks for the same second is told the same, so several simulated devices of one site
agree. Powers are in W; those of the day before decide how full the battery is in the morning.
"""

from __future__ import annotations

import functools
import math

import msgspec

DAY_S = 86_400
STEP_S = 180
PV_PEAK_W = 9000.0
SUNRISE_H, SUNSET_H = 6.5, 20.5
BATTERY_WH = 11_000.0
BATTERY_W = 2400.0
WORK_W = 1500.0
LEAST_SOC, MOST_SOC = 5.0, 95.0
FULL_AT_H = 17.0
"""On such days the battery is full by then, so that no day depends on more than the one before."""
TAPER_SOC = 4.0
"""Near its limits the battery takes and gives less."""
CAR_W = 3600.0


class Moment(msgspec.Struct, frozen=True):
    """One moment. `grid` is above zero for import; `battery` is above zero while it gives; `soc` in %."""

    pv: float
    loads: float
    critical: float
    car: float
    battery: float
    grid: float
    soc: float

    @property
    def charging(self) -> float:
        """Power into the battery."""
        return max(-self.battery, 0.0)

    @property
    def discharging(self) -> float:
        """Power out of the battery."""
        return max(self.battery, 0.0)


def sunny_day(time_s: float) -> Moment:
    """The plant at so many seconds since some midnight; days go on, each with clouds of its own."""
    soc = _soc(time_s)
    pv, (loads, critical, car) = sun(time_s), use(time_s)
    battery = _battery(pv - loads - car + _missed(time_s), soc)
    return Moment(pv, loads, critical, car, battery, loads + car - pv - battery, soc)


def sun(time_s: float) -> float:
    """What the panels give: a bell over the day, with clouds that pass."""
    hour = time_s % DAY_S / 3600
    if not SUNRISE_H < hour < SUNSET_H:
        return 0.0
    bell = math.pow(math.sin(math.pi * (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)), 1.6)
    day = time_s // DAY_S
    passing = _wave(time_s, 1300, day) + 0.7 * _wave(time_s, 510, 2 * day) + 0.5 * _wave(time_s, 173, 3 * day)
    cloud = 1 / (1 + math.exp(6 * (1.1 - passing)))
    return PV_PEAK_W * bell * (1 - 0.65 * cloud) * (1 + 0.01 * _wave(time_s, 17, day))


def use(time_s: float) -> tuple[float, float, float]:
    """What is drawn: all loads, the critical ones among them, and the car."""
    hour = time_s % DAY_S / 3600
    critical = 140 + 25 * _wave(time_s, 740, 1) + (90 if time_s % 1500 < 500 else 0)
    people = 420 * _bump(hour, 7.5, 0.9) + 520 * _bump(hour, 12.3, 0.8) + 2200 * _bump(hour, 19.4, 1.8)
    cooking = 1900 * (_bump(hour, 12.1, 0.25) + _bump(hour, 19.0, 0.35)) * (0.6 + 0.4 * _wave(time_s, 95, 2))
    work = (WORK_W + 350 * _wave(time_s, 210, 4) + 150 * _wave(time_s, 47, 5)) * (
        _edge(hour, 7.2, 0.1) * _edge(-hour, -17.0, 0.1)
    )
    loads = critical + 240 + people + max(cooking, 0.0) + work + 30 * _wave(time_s, 61, 3)
    car = CAR_W * _edge(hour, 14.6, 0.02) * _edge(-hour, -16.1, 0.02)
    return loads, critical, car if car > 30 else 0.0


def _battery(surplus: float, soc: float) -> float:
    """What the battery gives: it takes the surplus and fills the lack, as far as it can."""
    if surplus >= 0:
        return -min(surplus, BATTERY_W * min(1.0, max(0.0, (MOST_SOC - soc) / TAPER_SOC)))
    return min(-surplus, BATTERY_W * min(1.0, max(0.0, (soc - LEAST_SOC) / TAPER_SOC)))


def _missed(time_s: float) -> float:
    """By how much the battery misses what it aims at: nothing at the grid connection."""
    return 18 * _wave(time_s, 13, 1) + 12 * _wave(time_s, 37, 2)


def _soc(time_s: float) -> float:
    track = _track(int(time_s // DAY_S))
    place, rest = divmod(time_s % DAY_S, STEP_S)
    here, there = track[int(place)], track[int(place) + 1]
    return here + (there - here) * rest / STEP_S


@functools.lru_cache(maxsize=64)
def _track(day: int) -> tuple[float, ...]:
    """How full the battery is at every step of a day, both midnights included."""
    soc = _follow(_last_evening(day), day * DAY_S)
    found = [soc]
    for step in range(DAY_S // STEP_S):
        soc = _next(soc, day * DAY_S + step * STEP_S)
        found.append(soc)
    return tuple(found)


def _last_evening(day: int) -> float:
    """When the battery was full the day before, in seconds."""
    return (day - 1) * DAY_S + FULL_AT_H * 3600


def _follow(begin_s: float, end_s: float) -> float:
    soc = MOST_SOC - 0.2
    for step in range(int((end_s - begin_s) // STEP_S)):
        soc = _next(soc, begin_s + step * STEP_S)
    return soc


def _next(soc: float, time_s: float) -> float:
    pv, (loads, _, car) = sun(time_s), use(time_s)
    given_wh = _battery(pv - loads - car, soc) * STEP_S / 3600
    return min(max(soc - 100 * given_wh / BATTERY_WH, LEAST_SOC), MOST_SOC)


def _wave(time_s: float, period_s: float, turn: float) -> float:
    return math.sin(2 * math.pi * time_s / period_s + 1.7 * turn)


def _bump(hour: float, at: float, width: float) -> float:
    return math.exp(-(((hour - at) / width) ** 2))


def _edge(hour: float, at: float, width: float) -> float:
    """Rises from 0 to 1 about an hour of the day."""
    return 1 / (1 + math.exp(max(min((at - hour) / width, 60.0), -60.0)))
