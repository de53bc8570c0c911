"""What the simulated gateway tells of itself and of all its meters: its event log, one quantity of several meters."""

from __future__ import annotations

from app.vendors.g13.simulator import comparison
from app.vendors.g13.simulator.calls import Call, Reply, Resource, done, nothing, resource
from app.vendors.g13.simulator.event_log import (
    EVENT,
    INFORMATION,
    USER_ADDED,
    USER_DELETED,
    USERS_FULL,
    WARNING,
    EventLog,
)

__all__ = [
    "EVENT",
    "INFORMATION",
    "RESOURCES",
    "USERS_FULL",
    "USER_ADDED",
    "USER_DELETED",
    "WARNING",
    "EventLog",
]


def _events(call: Call) -> Reply:
    return {"events": list(reversed(call.gateway.part(EventLog).entries))}


def _clear(call: Call) -> None:
    nothing(call.body)
    call.gateway.part(EventLog).clear()


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/gateway/events", _events),
    resource("DELETE", "/gateway/events", done(_clear), of_admin=True),
    *comparison.RESOURCES,
)
