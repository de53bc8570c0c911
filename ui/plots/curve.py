"""What a plot draws: one column of what was heard or read, with its name. Curves of any feeds may be mixed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.model.quantity import Phase, Unit
from ui.theme import Theme

from .ring import Column

TINT = 0.35
"""How much of a device's own colour is in that of its conductors."""
REACH = 1.5
"""A reading is shown under the crosshair when it is at most that many intervals (or columns) away."""


class Kept(Protocol):
    """Values by time in columns, as a `Ring` keeps those of a feed."""

    readings: int
    """Tells whether something is new."""
    rewritten: int
    """Tells whether times or values were changed that had been there before: then what was made of them is wrong."""

    @property
    def interval_s(self) -> float:
        """The usual time between two readings."""

    def times(self) -> Column:
        """When (seconds since 1970), never falling."""

    def column(self, index: int) -> Column:
        """The values of one column; NaN is a gap."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One line of a plot. `name` tells it apart from the other lines of its unit.

    `of` says whose it is where several devices share a plot: then conductors are told apart by device, too.
    """

    ring: Kept
    column: int
    name: str
    unit: Unit | str
    phase: Phase = Phase.TOTAL
    of: str = ""
    shade: int = -1
    """Which device's colour it has in every plot: 0 is the first. -1: by the device's place in this plot."""

    short: str = ""
    """What stands at the end of the line, where that is not to be the conductor and whose it is."""

    @property
    def mark(self) -> str:
        """What stands at the end of the line, where there is little room."""
        if self.short:
            return self.short
        return f"{self.phase.value} {self.of}".strip() if self.of else self.name

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


def by_unit(curves: Iterable[Curve]) -> dict[Unit | str, list[Curve]]:
    """Curves that share an axis, the units in the order in which they first come."""
    groups: dict[Unit | str, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(curve.unit, []).append(curve)
    return groups


def colours(curves: Iterable[Curve], theme: Theme) -> list[str]:
    """A colour for each curve of one plot: conductors in theirs, everything else in colours of no conductor.

    Of several devices the first keeps these colours. Each further one has a colour of its own, and its conductors
    are theirs tinted with it.
    """
    devices: dict[tuple[str, int], int] = {}
    used: set[tuple[str, int, Phase]] = set()
    found: list[str] = []
    more: list[int] = []
    for place, curve in enumerate(curves):
        whose = (curve.of, curve.shade)
        devices.setdefault(whose, curve.shade if curve.shade >= 0 else len(devices))
        tint = theme.series[(devices[whose] - 1) % len(theme.series)]
        if (*whose, curve.phase) in used:
            more.append(place)
            found.append("")
        elif not devices[whose]:
            found.append(theme.phase(curve.phase))
        else:
            found.append(tint if curve.phase is Phase.TOTAL else _mixed(theme.phase(curve.phase), tint, TINT))
        used.add((*whose, curve.phase))
    for place in more:
        # One that no curve has yet, as long as there is one.
        found[place] = min(theme.series, key=found.count)
    return found


def _mixed(colour: str, other: str, part: float) -> str:
    """Two colours as #rrggbb; `part` of the other (0 to 1)."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)
