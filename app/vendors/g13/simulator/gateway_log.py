"""The simulated gateway's event log, and its reading of one quantity of several meters."""

from __future__ import annotations

from app.vendors.g13.simulator.calls import Resource
from app.vendors.g13.simulator.gateway import Gateway

INFORMATION = 8
EVENT = 2


class EventLog:
    """Events with a number each, counted from the last reset; the newest is told first."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.entries: list[dict[str, int | str]] = []

    def add(self, event: int, category: int = INFORMATION, kind: int = EVENT) -> None:
        """Note an event of manual 6.3.13 by its id."""
        self.entries.append(
            {
                "category": category,
                "index": len(self.entries) + 1,
                "id": event,
                "timestamp": self._gateway.clock.text(),
                "type": kind,
            }
        )


RESOURCES: tuple[Resource, ...] = ()
