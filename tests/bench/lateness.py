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
GOAL_BUSY = 25.0
PER_TURN_S = 10.0
"""Besides the watching itself: waiting for first readings."""
PER_STREAM_S = 0.2
"""To connect it."""
CURVES = 12


def measure(effort: Effort) -> list[Row]:
    """Rows with devices that report one after the other, as meters do, and one with all in the same instant."""
    spread = watch(effort, effort.streams, spread=True)
    at_once = watch(effort, effort.streams, spread=False)
    what = f"{effort.streams} streams"
    return [
        timer_row(f"{what} spread", spread, GOAL_MS),
        timer_row(f"{what} all at once", at_once, GOAL_MS),
        busy_row(f"{what}, {CURVES} curves", spread, GOAL_BUSY),
    ]


def watch(effort: Effort, streams: int, fast: int = 0, *, spread: bool) -> Punctual:
    """What was seen of a window in a process of its own. `fast` streams more bring ten readings a second."""
    options = ("--streams", f"{streams}", "--fast", f"{fast}", "--turns", f"{effort.watch_turns}")
    watching_s = effort.watch_turns * (2 * effort.watch_s + PER_TURN_S)
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        said = answer(
            "tests.bench.watched",
            "punctuality",
            *options,
            *("--seconds", f"{effort.watch_s:g}"),
            *(["--spread"] if spread else []),
            home=Path(folder),
            timeout_s=START_S + (streams + fast) * PER_STREAM_S + watching_s,
        )
    return msgspec.json.decode(said, type=Punctual)


def timer_row(what: str, found: Punctual, goal_ms: float) -> Row:
    """The lateness."""
    seen = f"{found.readings} readings, {found.paintings} paintings, worst {found.worst_ms:.0f} ms"
    return of_turns(f"10 ms timer, p99 lateness, {what}", found.late_ms, "ms", goal=goal_ms, source=seen)


def busy_row(what: str, found: Punctual, goal: float | None = None) -> Row:
    """The processor time."""
    source = f"{len(found.busy)} turns"
    return of_turns(f"processor time, {what}", found.busy, "% of a core", goal=goal, source=source)
