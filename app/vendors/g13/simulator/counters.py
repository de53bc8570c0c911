"""The energy counters of a simulated meter: every line, tariff and the total, both directions, from its power."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum

from app.vendors.g13.simulator.load import PhaseValues, Totals, total

LINES = ("l1", "l2", "l3")
TARIFFS = ("t1", "t2", "t3", "t4")
TOTAL = "total"
_STEP_S = 10.0
_MAX_STEPS = 500
_REACTIVE_SHARE = 0.35
_TARIFF_SHARES = {"t1": 0.7, "t2": 0.3}


class Kind(Enum):
    """What is counted, as the API names it."""

    ACTIVE = "active"
    REACTIVE = "reactive"
    APPARENT = "apparent"


class Direction(Enum):
    """Which way it flowed, as the API names it."""

    IMPORT = "import"
    EXPORT = "export"


_FIRST_SHARES = {
    Kind.ACTIVE: 1.0,
    Kind.REACTIVE: _REACTIVE_SHARE,
    Kind.APPARENT: math.hypot(1.0, _REACTIVE_SHARE),
}

PhasesAt = Callable[[float], tuple[PhaseValues, ...]]
TariffAt = Callable[[float], int]


class EnergyCounters:
    """Counts in watt-hours (or var- and voltampere-hours) from power.

    It begins with what the meter has counted before, spread evenly over the lines. Reactive energy goes by its own
    sign, apparent energy by that of active power; the total goes by the sign of the sums, as a meter does it.
    """

    def __init__(self, imported_wh: float, exported_wh: float, lines: int, counted_s: float) -> None:
        self._lines = LINES[:lines]
        self._counted_s = counted_s
        self._wh: dict[tuple[Kind, Direction, str], float] = {}
        for direction, first in ((Direction.IMPORT, imported_wh), (Direction.EXPORT, exported_wh)):
            shares = dict.fromkeys(self._lines, 1.0 / lines) | _TARIFF_SHARES | {TOTAL: 1.0}
            for kind, of_active in _FIRST_SHARES.items():
                for place, share in shares.items():
                    self._wh[kind, direction, place] = first * of_active * share

    def of(self, kind: Kind, direction: Direction, place: str = TOTAL) -> float:
        """One counter; 0 where nothing was ever counted."""
        return self._wh.get((kind, direction, place), 0.0)

    def count(self, until_s: float, phases_at: PhasesAt, tariff_at: TariffAt) -> None:
        """Add what flowed since the last count, in steps of at least 10 s, each under its tariff (1 to 4)."""
        elapsed = until_s - self._counted_s
        if elapsed <= 0:
            return
        steps = min(_MAX_STEPS, math.ceil(elapsed / _STEP_S))
        hours = elapsed / steps / 3600.0
        for step in range(steps):
            middle_s = self._counted_s + (step + 0.5) * elapsed / steps
            phases = phases_at(middle_s)
            for line, phase in zip(self._lines, phases, strict=True):
                self._add(line, phase, hours)
            sums = total(phases)
            self._add(TOTAL, sums, hours)
            self._add(f"t{tariff_at(middle_s)}", sums, hours)
        self._counted_s = until_s

    def _add(self, place: str, values: PhaseValues | Totals, hours: float) -> None:
        active, reactive = values.active_w, values.reactive_var
        for kind, power, sign in (
            (Kind.ACTIVE, abs(active), active),
            (Kind.REACTIVE, abs(reactive), reactive),
            (Kind.APPARENT, values.apparent_va, active),
        ):
            where = (kind, Direction.IMPORT if sign >= 0 else Direction.EXPORT, place)
            self._wh[where] = self._wh.get(where, 0.0) + power * hours
