"""How late a 10 ms timer is in the running window with live streams, against the same timer in the empty window."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from .children import START_S, answer
from .effort import Effort
from .table import Row, of_turns
from .watched import Punctual

GOAL_MS = 16.0
PER_TURN_S = 10.0
"""Besides the watching itself: connecting, waiting for first readings."""


def measure(effort: Effort) -> list[Row]:
    """A row with devices that report one after the other, as meters do, and one with all in the same instant."""
    return [watch(effort, spread=True), watch(effort, spread=False)]


def watch(effort: Effort, *, spread: bool) -> Row:
    """The row of one of the two, watched in a process of its own."""
    options = f"--streams {effort.streams} --turns {effort.watch_turns} --seconds {effort.watch_s:g}".split()
    patience_s = START_S + effort.watch_turns * (2 * effort.watch_s + PER_TURN_S)
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        said = answer(
            "tests.bench.watched",
            "punctuality",
            *options,
            *(["--spread"] if spread else []),
            home=Path(folder),
            timeout_s=patience_s,
        )
    found = msgspec.json.decode(said, type=Punctual)
    how = "spread" if spread else "all at once"
    return of_turns(
        f"10 ms timer, p99 lateness, {effort.streams} streams {how}",
        found.pairs,
        "ms",
        goal=GOAL_MS,
        source=f"{found.readings} readings, {found.paintings} paintings, worst {found.worst_ms:.0f} ms",
    )
