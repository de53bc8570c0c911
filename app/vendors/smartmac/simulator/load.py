"""What the simulated meter measures: loads that come and go, a small photovoltaic plant on L1, energy that adds up.

The same seed gives the same moment, whatever the clock on the wall says.
"""

from __future__ import annotations

import math
import random

import msgspec

from app.scenario.energy import EnergyMeter
from app.scenario.site import LINE_OF, Point, Site

STEP_S = 10.0
LONGEST_CATCH_UP_S = 24 * 3600.0


class Line(msgspec.Struct, frozen=True):
    """One line at one moment: W (import positive), V, A, power factor."""

    watts: float
    volts: float
    amps: float
    factor: float


class Load:
    """The lines of one meter. `energy` and `reverse` count Wh since it was made."""

    def __init__(self, seed: int, lines: int) -> None:
        self._seed = seed
        self._t = 0.0
        self.energy, self.reverse = _counted_before(seed, lines)

    def advance(self, t: float) -> tuple[Line, ...]:
        """Go on to second `t` of its time, counting what flows meanwhile; the lines as they are then."""
        if t - self._t > LONGEST_CATCH_UP_S:
            self._t = t - LONGEST_CATCH_UP_S
        while self._t < t:
            step = min(STEP_S, t - self._t)
            for line in range(len(self.energy)):
                watt_hours = self._line(line, self._t).watts * step / 3600
                self.energy[line] += max(watt_hours, 0.0)
                self.reverse[line] += max(-watt_hours, 0.0)
            self._t += step
        return tuple(self._line(line, t) for line in range(len(self.energy)))

    def _line(self, line: int, t: float) -> Line:
        noise = random.Random(f"{self._seed}/{line}/{t:.1f}")
        t += 53.0 * self._seed + 17.0 * line
        watts = (220.0, 110.0, 60.0)[line] * (1.2 + 0.4 * math.sin(t / 41)) + noise.gauss(0, 2)
        if t % 900 < (300, 180, 120)[line]:
            watts += (1800.0, 900.0, 450.0)[line]
        if line == 0:
            watts -= 900 * max(0.0, math.sin(t / 240))
        factor = 0.94 if abs(watts) > 500 else 0.60
        volts = 220 + 3 * math.sin(t / 97) - 0.0008 * watts + noise.gauss(0, 0.05)
        return Line(watts, volts, abs(watts) / factor / volts, factor)


class SiteLoad(Load):
    """The lines of a meter in a circuit of a site: of a single-phase meter that in which something flows."""

    def __init__(self, seed: int, lines: int, site: Site, point: Point) -> None:
        super().__init__(seed, lines)
        self._site, self._point = site, point
        self._meter = EnergyMeter(site, point)
        first = LINE_OF.get(point, 0) if lines == 1 else 0
        self._measured = range(first, first + lines)

    def advance(self, t: float) -> tuple[Line, ...]:
        """The lines now, and what was counted until now; the site's own clock goes, not `t`."""
        time_s = self._site.clock.time_s()
        tally, flowing = self._meter.until(time_s), self._site.lines(self._point, time_s)
        energy, reverse = _counted_before(self._seed, len(self._measured))
        for place, line in enumerate(self._measured):
            self.energy[place] = energy[place] + tally.imported_lines[line]
            self.reverse[place] = reverse[place] + tally.exported_lines[line]
        return tuple(
            Line(flowing[line].watts, flowing[line].volts, flowing[line].amps, flowing[line].factor)
            for line in self._measured
        )


def _counted_before(seed: int, lines: int) -> tuple[list[float], list[float]]:
    energy = [33_549_075.0 / (1 + 4 * line) + 1000 * seed for line in range(lines)]
    return energy, [41_250.0 if line == 0 else 0.0 for line in range(lines)]
