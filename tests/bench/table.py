"""The figures: one row for each comparison, its goal, and whether it was met."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HEAD = ("what", "measured", "baseline", "ratio", "goal", "verdict", "from")
LEFT = {0, 4, 5, 6}
"""Columns of words; the others are numbers and stand right."""


@dataclass(frozen=True)
class Row:
    """`measured` and `baseline` in `unit`. A goal is a limit of their ratio, or of `measured` itself."""

    what: str
    measured: float
    baseline: float
    unit: str
    goal_ratio: float | None = None
    goal: float | None = None
    source: str = ""
    """How many turns, readings or paintings stand behind it."""

    @property
    def ratio(self) -> float:
        """How many times the baseline; NaN without one."""
        return self.measured / self.baseline if self.baseline else math.nan

    @property
    def verdict(self) -> str:
        """'pass' or 'FALLS SHORT'; nothing where no goal is set."""
        if self.goal_ratio is not None:
            return "pass" if self.ratio <= self.goal_ratio else "FALLS SHORT"
        if self.goal is not None:
            return "pass" if self.measured <= self.goal else "FALLS SHORT"
        return ""

    def cells(self) -> tuple[str, ...]:
        """The row in words."""
        goal = ""
        if self.goal_ratio is not None:
            goal = f"≤ {self.goal_ratio:g} ×"
        elif self.goal is not None:
            goal = f"≤ {self.goal:g} {self.unit}"
        return (
            self.what,
            f"{_short(self.measured)} {self.unit}".rstrip(),
            f"{_short(self.baseline)} {self.unit}".rstrip(),
            f"{self.ratio:.2f}",
            goal,
            self.verdict,
            self.source,
        )


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def of_turns(
    what: str,
    pairs: Sequence[tuple[float, float]],
    unit: str,
    *,
    goal_ratio: float | None = None,
    goal: float | None = None,
    source: str = "",
) -> Row:
    """The row of medians over turns of (measured, baseline)."""
    measured, baseline = zip(*pairs, strict=True)
    return Row(what, median(measured), median(baseline), unit, goal_ratio, goal, source)


def text(rows: Sequence[Row]) -> str:
    """The rows as a table of plain text, which is a table of Markdown too."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = tuple("-" * width if column in LEFT else "-" * (width - 1) + ":" for column, width in enumerate(widths))
    return "\n".join(_line(line, widths) for line in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = (
        cell.ljust(width) if column in LEFT else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join(placed)} |"
