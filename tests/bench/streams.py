"""250 event streams, 50 of them ten times a second: how late the window is, and whether every event is a reading."""

from __future__ import annotations

from .effort import Effort
from .lateness import CURVES, busy_row, timer_row, watch
from .table import Row

GOAL_MS = 33.0


def measure(effort: Effort) -> list[Row]:
    """Rows for the timer, the processor time, and what came of all that was sent."""
    slow, fast = effort.many_streams
    spread = watch(effort, slow, fast, spread=True)
    at_once = watch(effort, slow, fast, spread=False)
    what = f"{slow + fast} streams"
    return [
        timer_row(f"{what} spread", spread, GOAL_MS),
        timer_row(f"{what} all at once", at_once, GOAL_MS),
        busy_row(f"{what}, {CURVES} curves", spread),
        events_row(what, spread.sent + at_once.sent, spread.heard + at_once.heard),
    ]


def events_row(what: str, sent: int, heard: int) -> Row:
    """What the devices say that they sent, and what became a reading."""
    source = f"{sent - heard} lost"
    return Row(f"events sent, against readings, {what}", float(sent), float(heard), "", goal_ratio=1.0, source=source)
