"""A meter's three event logs, page by page back in time (manual 6.3.51)."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive, Archive, Column, ColumnKind, Period, Query, Records
from app.model.errors import InvalidValue
from app.model.section import AnySection, Scope
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.conditions import BY_NUMBER, CATEGORIES
from app.vendors.g13.meter.measured import number, whole
from app.vendors.g13.models import Whole

MAX_EVENTS = 100
_OPEN_END = datetime(2099, 12, 31, 23, 59, 59)
"""A meter's clock may be wrong by years: without an end, nothing that it has logged lies behind this one."""

_UNDATED = datetime(1, 1, 1)
"""Where lines whose time is no date are put: before all others."""

COLUMNS = (
    Column("time", "Time", ColumnKind.MOMENT, width=19),
    Column("log", "Log", filtered=True, width=8),
    Column("category", "Category", filtered=True, width=12),
    Column("event", "Event", filtered=True, width=36),
    Column("duration", "Duration", ColumnKind.NUMBER, unit="s", decimals=0, width=10),
)


class LoggedEvent(msgspec.Struct, frozen=True):
    """One line of a log: how long it lasted in seconds, its category and its id."""

    datetime: str = ""
    duration: float | str | None = None
    category: Whole | str = ""
    logid: Whole | str = ""


class EventLogs(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/events/<datetime>/<count> (manual 6.3.51): newest first; a meter may lack a log."""

    system: tuple[LoggedEvent, ...] = ()
    quality: tuple[LoggedEvent, ...] = ()
    event: tuple[LoggedEvent, ...] = ()


class _Row(msgspec.Struct, frozen=True):
    moment: datetime | None
    cells: tuple[datetime | str, str, str, str, float]


def _moment(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if read.tzinfo else read


def category_words(code: int | str) -> str:
    """A category; an unknown one is shown as it came."""
    known = whole(code)
    return CATEGORIES.get(-1 if known is None else known, f"category {code}")


def event_words(code: int | str) -> str:
    """An event; an unknown one is shown by its id."""
    known = BY_NUMBER.get(whole(code) or 0)
    return known.words if known else f"event {code}"


def _row(log: str, event: LoggedEvent) -> _Row:
    moment = _moment(event.datetime)
    lasted = number(event.duration)
    cells = (
        moment or event.datetime,
        log,
        category_words(event.category),
        event_words(event.logid),
        float("nan") if lasted is None else lasted,
    )
    return _Row(moment, cells)


def page(logs: EventLogs, until: datetime, count: int) -> Records:
    """One page of all three logs together, oldest first.

    Whether `count` counts for each log or for all is not said: a page is full in either case. Of the logs that were
    not cut off, what is older than the oldest line of one that was belongs to the next page, so that no page has
    gaps. The next page is asked for until the oldest moment of this one, included:
    what happened in that very second may stand on both.
    """
    by_log = {name.capitalize(): [_row(name.capitalize(), e) for e in getattr(logs, name)] for name in _LOGS}
    rows = [row for found in by_log.values() for row in found]
    moments = {log: [row.moment for row in found if row.moment] for log, found in by_log.items()}
    cut_off = [min(moments[log]) for log, found in by_log.items() if len(found) >= count and moments[log]]
    if not cut_off and len(rows) == count and any(moments.values()):
        cut_off = [min(moment for found in moments.values() for moment in found)]
    earlier: datetime | None = None
    notes: tuple[str, ...] = ()
    if cut_off:
        earlier = max(cut_off)
        rows = [row for row in rows if row.moment is None or row.moment >= earlier]
        notes = (f"There may be events before {earlier:%Y-%m-%d %H:%M:%S}.",)
        if earlier >= until:
            # A whole page within one second: go on before it, or the same page comes for ever.
            earlier = until - timedelta(seconds=1)
    rows.sort(key=lambda row: row.moment or _UNDATED)
    columns = tuple(zip(*(row.cells for row in rows), strict=True)) or ((),) * len(COLUMNS)
    return Records(COLUMNS, columns, notes, earlier)


_LOGS = ("system", "quality", "event")


async def _read_events(client: G13Client, serial: str, query: Query) -> Records:
    count = query.count or MAX_EVENTS
    if not 1 <= count <= MAX_EVENTS:
        raise InvalidValue("count", f"{count} events at once are not possible; 1 to {MAX_EVENTS} are.")
    until = (query.end or _OPEN_END).replace(microsecond=0, tzinfo=None)
    logs = await client.get(meter_path(serial, f"events/{until.isoformat()}/{count}"), EventLogs)
    return page(logs, until, count)


EVENTS = Archive(
    key="g13.meter_events",
    title="Event logs",
    read=_read_events,
    period=Period.UNTIL,
    longest=MAX_EVENTS,
    scope=Scope.METER,
    group="Status",
    icon="journal",
    help="What the meter noted of itself (System), of the supply (Quality) and of its use (Event).",
    manual="6.3.51",
    needs_read=("read LOG_SYSTEM | read LOG_EVENT | read LOG_QUALITY",),
    resources=("GET /meters/<serial>/events/<datetime>/<count>",),
)

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = (EVENTS,)
ACTIONS: tuple[AnyAction, ...] = ()
