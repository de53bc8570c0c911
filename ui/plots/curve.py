"""What a plot draws: one column of one ring, with its name and colour. Curves of any feeds and devices may be mixed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.model.quantity import Phase, Unit
from ui.theme import Theme

from .ring import Ring

REACH = 1.5
"""A reading is shown under the crosshair when it is at most that many intervals (or columns) away."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One line of a plot. `name` tells it apart from the other lines of its unit."""

    ring: Ring
    column: int
    name: str
    unit: Unit
    phase: Phase = Phase.TOTAL

    def near(self, time_s: float, column_s: float) -> float:
        """The reading that is nearest to a time; NaN in a gap or when none is near. `column_s`: a pixel column."""
        times = self.ring.times()
        if not len(times):
            return float("nan")
        after = int(np.searchsorted(times, time_s))
        index = min(after, len(times) - 1)
        if after and abs(times[after - 1] - time_s) <= abs(times[index] - time_s):
            index = after - 1
        if abs(times[index] - time_s) > REACH * max(self.ring.interval_s, column_s):
            return float("nan")
        return float(self.ring.column(self.column)[index])


def by_unit(curves: Iterable[Curve]) -> dict[Unit, list[Curve]]:
    """Curves that share an axis, the units in the order in which they first come."""
    groups: dict[Unit, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(curve.unit, []).append(curve)
    return groups


def colours(curves: Iterable[Curve], theme: Theme) -> list[str]:
    """A colour for each curve of one plot: conductors in theirs, everything else in colours of no conductor."""
    used: set[Phase] = set()
    others = iter(theme.series * 8)
    found = []
    for curve in curves:
        if curve.phase in used:
            found.append(next(others))
        else:
            used.add(curve.phase)
            found.append(theme.phase(curve.phase))
    return found
