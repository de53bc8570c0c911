"""A load profile of 40000 items on its page, against downloading it and `json.loads`; and what the loop feels."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import msgspec

from .children import START_S, answer
from .connected import ITEMS, Painted
from .effort import Effort
from .table import Row, of_turns

GOAL = 2.0
GOAL_STALL_MS = 50.0
PER_TURN_S = 5.0


def measure(effort: Effort) -> list[Row]:
    """A row for the time until table and plot are painted, and one for the longest stall of the loop meanwhile."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        said = answer(
            "tests.bench.connected",
            "profile",
            *("--turns", str(effort.profiles)),
            home=Path(folder),
            timeout_s=START_S + effort.profiles * PER_TURN_S,
        )
    found = msgspec.json.decode(said, type=Painted)
    source = f"{effort.profiles} profiles of {found.kilobytes:.0f} KB each"
    return [
        of_turns(f"G13 load profile painted, {ITEMS} items", found.pairs, "ms", goal_ratio=GOAL, source=source),
        _longest(found.stalls),
    ]


def _longest(stalls: list[tuple[float, float]]) -> Row:
    """The worst of all turns: one that is felt is one too many."""
    during, idle = (max(side) for side in zip(*stalls, strict=True))
    typical = median(stall for stall, _ in stalls)
    what = "longest stall of the loop meanwhile"
    return Row(what, during, idle, "ms", goal=GOAL_STALL_MS, source=f"worst of all; median {typical:.0f} ms")
