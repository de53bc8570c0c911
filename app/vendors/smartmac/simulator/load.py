"""What the simulated meter measures: loads that come and go, a small photovoltaic plant on L1, energy that adds up.

The same seed gives the same moment, whatever the clock on the wall says.
"""

from __future__ import annotations

import math
import random

import msgspec

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
        self.energy = [33_549_075.0 / (1 + 4 * line) + 1000 * seed for line in range(lines)]
        self.reverse = [41_250.0 if line == 0 else 0.0 for line in range(lines)]

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
