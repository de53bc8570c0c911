"""The simulated gateway's event log (manual 6.3.13): what happened, numbered from the last reset."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.vendors.g13.simulator.gateway import Gateway

ERROR = 2
WARNING = 4
INFORMATION = 8
"""Categories are single bits: the manual's list says 3 for a warning, its example shows 4."""
SYSTEM = 1
EVENT = 2

CLOCK_SET = 2
USERS_FULL = 3
USER_ADDED = 4
USER_DELETED = 5
DEVICE_ADDED = 6
DEVICE_DELETED = 7
CONNECTION_LIMIT = 8
METER_LOST = 9
REBOOT = 10
STARTED = 11
EVENTS_RESET = 12
ALIAS_CHANGED = 14

MOST_EVENTS = 200
"""Our own decision: then the oldest give way."""

_HISTORY: tuple[tuple[float, int, int, int], ...] = (
    (41.20, EVENTS_RESET, INFORMATION, EVENT),
    (41.19, STARTED, INFORMATION, SYSTEM),
    (41.18, CLOCK_SET, INFORMATION, EVENT),
    (41.15, DEVICE_ADDED, INFORMATION, EVENT),
    (41.14, DEVICE_ADDED, INFORMATION, EVENT),
    (41.14, ALIAS_CHANGED, INFORMATION, EVENT),
    (23.61, METER_LOST, WARNING, EVENT),
    (11.37, REBOOT, INFORMATION, SYSTEM),
    (11.36, STARTED, INFORMATION, SYSTEM),
    (6.80, CONNECTION_LIMIT, WARNING, EVENT),
    (2.43, METER_LOST, WARNING, EVENT),
)
"""Days ago, event, category, type: a gateway that was put into service six weeks ago."""


class EventLog:
    """Events with a number each, counted from the last reset; the newest is told first."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._count = 0
        self.entries: list[dict[str, int | str]] = []
        now = gateway.clock.read()
        for days, event, category, kind in _HISTORY:
            self._append((now - timedelta(days=days)).replace(microsecond=0).isoformat(), event, category, kind)

    def add(self, event: int, category: int = INFORMATION, kind: int = EVENT) -> None:
        """Note an event of manual 6.3.13 by its id."""
        self._append(self._gateway.clock.text(), event, category, kind)

    def clear(self) -> None:
        """Forget everything, and note that (manual 6.3.14)."""
        self.entries.clear()
        self._count = 0
        self.add(EVENTS_RESET)

    def _append(self, timestamp: str, event: int, category: int, kind: int) -> None:
        self._count += 1
        self.entries.append(
            {"category": category, "index": self._count, "id": event, "timestamp": timestamp, "type": kind}
        )
        del self.entries[:-MOST_EVENTS]
