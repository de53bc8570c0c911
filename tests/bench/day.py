"""Twelve curves with a day of readings each, painted ten times a second; against the same plots with five minutes."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import msgspec

from .children import START_S, answer
from .effort import Effort
from .repainted import CURVES, Day
from .table import Row, of_turns

GOAL_BUSY = 60.0
GOAL_GROWTH = 1.05
PER_TURN_S = 30.0
"""Besides the watching itself: the pictures that are taken one by one."""


def measure(effort: Effort) -> list[Row]:
    """A row for one picture of all curves, one for ten a second, one for the memory where the system tells it."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        said = answer(
            "tests.bench.repainted",
            *("--turns", f"{effort.watch_turns}", "--seconds", f"{effort.watch_s:g}"),
            home=Path(folder),
            timeout_s=START_S + effort.watch_turns * (2 * effort.watch_s + PER_TURN_S),
        )
    found = msgspec.json.decode(said, type=Day)
    what = f"{CURVES} curves of a day"
    turns = f"{effort.watch_turns} turns"
    rows = [
        of_turns(f"{what}, one picture of all", found.picture_ms, "ms", source=f"{turns} of {found.pictures} pictures"),
        of_turns(
            f"{what}, ten pictures a second",
            found.busy,
            "% of a core",
            goal=GOAL_BUSY,
            source=f"{found.paintings} paintings of {found.columns} columns",
        ),
        of_turns(f"{what}, 10 ms timer meanwhile, p99 lateness", found.late_ms, "ms", source=turns),
    ]
    if not math.isnan(found.full_mb):
        source = f"{found.kept_mb:.0f} MB of it readings"
        rows.append(
            Row(
                f"{what}, memory another day later",
                *(found.later_mb, found.full_mb, "MB", GOAL_GROWTH),
                source=source,
            )
        )
    return rows
