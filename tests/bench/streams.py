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
    sent, heard = spread.sent + at_once.sent, spread.heard + at_once.heard
    return [
        timer_row(f"{what} spread", spread, GOAL_MS),
        timer_row(f"{what} all at once", at_once, GOAL_MS),
        busy_row(f"{what}, {CURVES} curves", spread),
        Row(
            f"events sent, against readings received, {what}",
            *(float(sent), float(heard), "", 1.0),
            source=f"{sent - heard} lost",
        ),
    ]
