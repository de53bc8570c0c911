"""Energy at a point of the site: what its power adds up to, the same for every meter that counts there.

The day is cut into steps at fixed moments, each with the power of its middle: how often a meter is asked does not
change what it has counted.
"""

from __future__ import annotations

import msgspec

from app.scenario.site import PHASES, Line, Point, Site, day_tariff

STEP_S = 10.0
MOST_STEPS = 8640
"""A day of steps. After a longer pause the steps are longer, so that one question never takes seconds."""


class Tally(msgspec.Struct):
    """What was counted at a point, in Wh and varh: each phase by itself, and the sum of the phases by tariff.

    `imported` and `exported` are those of the sum in the day and the night tariff; it goes by the sign of the sum.
    """

    imported_lines: list[float] = msgspec.field(default_factory=lambda: [0.0] * PHASES)
    exported_lines: list[float] = msgspec.field(default_factory=lambda: [0.0] * PHASES)
    imported: list[float] = msgspec.field(default_factory=lambda: [0.0, 0.0])
    exported: list[float] = msgspec.field(default_factory=lambda: [0.0, 0.0])
    reactive_imported: float = 0.0
    reactive_exported: float = 0.0

    def plus(self, lines: tuple[Line, ...], hours: float, *, by_day: bool) -> Tally:
        """With what flowed in so many hours."""
        row = 0 if by_day else 1
        more = Tally(
            list(self.imported_lines),
            list(self.exported_lines),
            list(self.imported),
            list(self.exported),
            self.reactive_imported,
            self.reactive_exported,
        )
        for phase, line in enumerate(lines):
            more.imported_lines[phase] += max(line.watts, 0.0) * hours
            more.exported_lines[phase] += max(-line.watts, 0.0) * hours
        watts, reactive = sum(line.watts for line in lines), sum(line.vars for line in lines)
        more.imported[row] += max(watts, 0.0) * hours
        more.exported[row] += max(-watts, 0.0) * hours
        more.reactive_imported += max(reactive, 0.0) * hours
        more.reactive_exported += max(-reactive, 0.0) * hours
        return more


class EnergyMeter:
    """Counts at one point from the beginning of the site, or from `begin_s` of its time, on."""

    def __init__(self, site: Site, point: Point, begin_s: float | None = None) -> None:
        self._site = site
        self._point = point
        self._node_s = site.clock.begin_s if begin_s is None else begin_s
        self._tally = Tally()

    def until(self, time_s: float) -> Tally:
        """What it has counted at this moment of the site; never less than at an earlier question but for a step."""
        step_s = STEP_S * max(1, -(-int(time_s - self._node_s) // int(STEP_S * MOST_STEPS)))
        while self._node_s + step_s <= time_s:
            self._tally = self._with(self._node_s, step_s)
            self._node_s += step_s
        return self._with(self._node_s, max(time_s - self._node_s, 0.0))

    def _with(self, begin_s: float, seconds: float) -> Tally:
        middle_s = begin_s + seconds / 2
        lines = self._site.lines(self._point, middle_s)
        return self._tally.plus(lines, seconds / 3600, by_day=day_tariff(middle_s))
