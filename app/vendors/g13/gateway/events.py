"""The gateway's own event log (manual 4.1, 6.3.13, 6.3.14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from app.model.action import NOTHING, Action, AnyAction
from app.model.archive import AnyArchive, Archive, Column, ColumnKind, NoParameters, Period, Query, Records
from app.model.section import AnySection, Step
from app.vendors.g13.client import G13Client
from app.vendors.g13.gateway.basics import MOMENT
from app.vendors.g13.models import Whole

EVENTS_RESET = 12
"""The event that a cleared log begins with."""

# The list of 6.3.13 calls a warning 3; the categories are bits, and its own example has warnings with 4.
CATEGORIES: Mapping[int, str] = {1: "Exception", 2: "Error", 3: "Warning", 4: "Warning", 8: "Information"}

TYPES: Mapping[int, str] = {
    0: "Empty",
    1: "System",
    2: "Event",
    3: "Audit",
    4: "Quality",
    5: "Communication",
    6: "Transformer ratio",
}

EVENTS: Mapping[int, str] = {
    0: "Watchdog started",
    1: "Watchdog stopped",
    2: "Date and time set",
    3: "No room for another user",
    4: "User added",
    5: "User deleted",
    6: "Device added",
    7: "Device deleted",
    8: "Too many connections",
    9: "Meter does not answer",
    10: "Restart asked for",
    11: "Gateway started",
    EVENTS_RESET: "Event log cleared",
    13: "IP address changed",
    14: "Name changed",
    15: "Firmware image received",
    16: "Firmware image not received",
    17: "Gateway firmware: renewing begun",
    18: "Gateway firmware: renewed",
    19: "Gateway firmware: renewing failed",
    20: "Meter firmware: renewing begun",
    21: "Meter firmware: renewed",
    22: "Meter firmware: renewing failed",
}

COLUMNS = (
    Column("time", "Time", ColumnKind.MOMENT, width=20),
    Column("category", "Category", filtered=True, width=12),
    Column("event", "Event", filtered=True, width=36),
    Column("type", "Type", filtered=True, width=16),
    Column("index", "No.", ColumnKind.NUMBER, decimals=0, width=6),
)


class Event(msgspec.Struct, frozen=True):
    """One event; `index` counts from the last clearing (manual 6.3.13)."""

    id: Whole | str = ""
    index: Whole = 0
    timestamp: str = ""
    category: Whole | str = ""
    type: Whole | str = ""


class Events(msgspec.Struct, frozen=True):
    """GET /gateway/events (manual 6.3.13), in the device's order."""

    events: tuple[Event, ...] = ()


async def _events(client: G13Client, _: str = "") -> tuple[Event, ...]:
    """All events, oldest first. By their numbers: the clock may have been set in between."""
    return tuple(sorted((await client.get("/gateway/events", Events)).events, key=lambda event: event.index))


async def _read_events(client: G13Client, _: str, __: Query) -> Records:
    found = await _events(client)
    return Records(
        COLUMNS,
        (
            [_moment(event.timestamp) for event in found],
            [_words(CATEGORIES, event.category, "Category") for event in found],
            [_words(EVENTS, event.id, "Event") for event in found],
            [_words(TYPES, event.type, "Type") for event in found],
            [float(event.index) for event in found],
        ),
    )


def _moment(text: str) -> datetime | str:
    """The gateway's local time; what is no date stays as it came."""
    try:
        return datetime.strptime(text.strip().replace(" ", "T"), MOMENT)
    except ValueError:
        return text


def _words(table: Mapping[int, str], code: int | str, what: str) -> str:
    number = int(code) if isinstance(code, str) and code.strip().isdecimal() else code
    if isinstance(number, int) and number in table:
        return table[number]
    return f"{what} {number}" if number != "" else ""


def _clear(_: NoParameters, __: str) -> list[Step]:
    return [Step("Clear the gateway's event log", "DELETE", "/gateway/events")]


def _cleared(before: tuple[Event, ...], after: tuple[Event, ...], _: NoParameters) -> str:
    """A cleared log begins with its clearing; nothing that stood in it before may still be there."""
    kept = [event for event in after if event in before and event.id != EVENTS_RESET]
    older = next((place for place, event in enumerate(after) if event.id == EVENTS_RESET), 0)
    left = max(len(kept), older)
    return f"{left} of {len(before)} events still stand in the log." if left else ""


EVENTS_ARCHIVE = Archive(
    key="g13.gateway_events",
    title="Gateway events",
    read=_read_events,
    period=Period.NONE,
    group="Gateway",
    icon="journal",
    help="What the gateway has noted since its log was last cleared; times are those of its own clock.",
    manual="4.1, 6.3.13",
    resources=("GET /gateway/events",),
)

CLEAR = Action(
    key="g13.clear_events",
    title="Clear the event log",
    verb="Clear log…",
    steps=_clear,
    proven=_cleared,
    look=_events,
    parameters=NoParameters,
    first=lambda: NOTHING,
    erases=lambda _: ("all events that the gateway has noted",),
    archive="g13.gateway_events",
    beside="g13.gateway_events",
    group="Gateway",
    icon="remove",
    help="Throws all events away; the log then begins with a note of it. Needs a gateway administrator.",
    manual="4.1, 6.3.14",
    resources=("DELETE /gateway/events", "GET /gateway/events"),
)

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = (EVENTS_ARCHIVE,)
ACTIONS: tuple[AnyAction, ...] = (CLEAR,)
