"""The EMS's datalogger: samples of three minutes, day by day, and each day's energies (manual 7.4 to 7.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from app.model.archive import AnyArchive, Archive, Column, ColumnKind, Period, Query, Records, Told
from app.model.errors import InvalidValue
from app.model.job import Progress
from app.net.lenient import text_of
from app.vendors.ingecon.client import EMS, IngeconClient
from app.vendors.ingecon.samples import GAP, PER_DAY, Day, Sample, integrate, samples, set_back
from app.vendors.ingecon.tables import ENERGY_VALUES, SAMPLE_VALUES
from app.vendors.ingecon.wire import NAN, number

MOST_DAYS = 31
RESOURCE = "POST /ems/datalogger/samples/<date>/3"
GROUP = "Datalogger"

_PHASES = {1: "L1 (R)", 2: "L2 (S)", 3: "L3 (T)", 4: "all"}
_PLOTTED = frozenset({"w", "pv", "cons", "soc"})
_KNOWN = frozenset(value.key for value in SAMPLE_VALUES)
_MOST_FURTHER = 40
"""Columns for names that the manual does not know; a hostile answer could have thousands."""


def days_of(query: Query, today: date) -> tuple[date, ...]:
    """The days that a query asks for; where it says nothing, the last 31 up to today.

    Midnight as an end is the end of the day before, unless the period would be empty.

    Raises:
        InvalidValue: the end lies before the beginning, or there are more than 31 days.
    """
    if query.begin is None and query.end is None:
        return tuple(today - timedelta(days=number) for number in reversed(range(MOST_DAYS)))
    begin = query.begin.date() if query.begin else None
    end = query.end.date() if query.end else None
    if query.begin and query.end and query.end < query.begin:
        raise InvalidValue("end", "The end of the period lies before its beginning.")
    if end is not None and query.end is not None and query.end.time() == time() and begin is not None and begin < end:
        end -= timedelta(days=1)
    first = begin or end or today
    last = end or max(today, first)
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise InvalidValue(
            "begin", f"{count} days at once are too many: {MOST_DAYS} are possible, each is a request of its own."
        )
    return tuple(first + timedelta(days=number) for number in range(count))


def _untold(_: Progress) -> None:
    """Where nobody watches the reading."""


async def _read_days(client: IngeconClient, query: Query, told: Told) -> list[tuple[date, list[Sample]]]:
    """The samples of each day, one request after the other; of the newest so many, no more days than that takes."""
    found: list[tuple[date, list[Sample]]] = []
    count = 0
    days = days_of(query, datetime.now().date())
    for read, day in enumerate(reversed(days)):
        told(Progress(read, len(days), f"{day:%Y-%m-%d}, {read} of {len(days)} days read"))
        document = await client.samples(day)
        # In a thread, as all that is done with many samples: the window goes on meanwhile.
        rows = await asyncio.to_thread(samples, document, day)
        found.append((day, rows))
        count += sum(_within(row, query) for row in rows)
        if query.count and count >= query.count:
            break
    return found[::-1]


async def read_samples(client: IngeconClient, _: str, query: Query, told: Told = _untold) -> Records:
    """The samples of a period, days joined; gaps stay gaps."""
    if query.count < 0:
        raise InvalidValue("count", f"{query.count} samples are not possible.")
    days = await _read_days(client, query, told)
    return await asyncio.to_thread(_joined, days, query)


def _joined(days: Sequence[tuple[date, list[Sample]]], query: Query) -> Records:
    rows = [row for _, found in days for row in found if _within(row, query)]
    rows = rows[-query.count :] if query.count else rows
    return table(rows, notes(days))


def _within(row: Sample, query: Query) -> bool:
    if not isinstance(row.time, datetime) or query.begin == query.end:
        return True
    return (query.begin is None or row.time >= query.begin) and (query.end is None or row.time <= query.end)


def notes(days: Sequence[tuple[date, list[Sample]]]) -> tuple[str, ...]:
    """What the installer should know of these days."""
    found = []
    empty = [f"{day:%Y-%m-%d}" for day, rows in days if not rows]
    if empty:
        found.append(f"No samples of {_listed(empty)}.")
    gaps = _gaps(days)
    if gaps:
        longest = max(gaps)
        found.append(
            f"{len(gaps)} {'gap' if len(gaps) == 1 else 'gaps'} in the samples, the longest of "
            f"{longest // timedelta(minutes=1)} minutes."
        )
    for day, rows in days:
        if set_back(rows) is not None:
            found.append(f"On {day:%Y-%m-%d} the device's clock was set back: an hour stands there twice.")
    raw = sum(1 for _, rows in days for row in rows if not isinstance(row.time, datetime))
    if raw:
        found.append(f"{raw} {'sample has a time that is' if raw == 1 else 'samples have times that are'} no date.")
    return tuple(found)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{names[0]} and {len(names) - 1} other days"


def _gaps(days: Iterable[tuple[date, list[Sample]]]) -> list[timedelta]:
    """The times without samples, also over midnight; a whole day without any is named by itself."""
    found: list[timedelta] = []
    last: tuple[date, datetime] | None = None
    for day, rows in days:
        times = [row.time for row in rows if isinstance(row.time, datetime)]
        if last is not None and times and day - last[0] == timedelta(days=1):
            times.insert(0, last[1])
        found += [later - earlier for earlier, later in pairwise(times) if later - earlier > GAP]
        if times:
            last = day, times[-1]
    return found


def table(rows: Sequence[Sample], remarks: tuple[str, ...] = ()) -> Records:
    """The samples in columns: time and phase, what is documented with its unit, then what else there is."""
    present = dict.fromkeys(name for row in rows for name in row.fields)
    documented = [value for value in SAMPLE_VALUES if value.key in present or value.key in _PLOTTED]
    further = [name for name in present if name not in _KNOWN]
    if len(further) > _MOST_FURTHER:
        remarks = (*remarks, f"{len(further) - _MOST_FURTHER} further columns are left out.")
        further = further[:_MOST_FURTHER]
    columns = [
        Column("time", "Time", ColumnKind.MOMENT, width=19),
        Column("phase", "Phase", filtered=True, width=8),
        *(Column(v.key, v.label, ColumnKind.NUMBER, v.unit, v.decimals, plotted=v.key in _PLOTTED) for v in documented),
    ]
    data: list[list[Any]] = [
        [row.time for row in rows],
        [_PHASES.get(row.phase, f"phase {row.phase}" if row.phase else "") for row in rows],
        *([row.number(value.key) for row in rows] for value in documented),
    ]
    for name in further:
        kind, cells = _further([row.fields.get(name) for row in rows])
        columns.append(Column(name, name, kind))
        data.append(cells)
    return Records(tuple(columns), tuple(data), remarks)


def _further(cells: Sequence[object]) -> tuple[ColumnKind, list[Any]]:
    """A column that the manual does not explain: of numbers if all of them are, else of texts."""
    numbers = [number(cell) for cell in cells]
    if all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells):
        return ColumnKind.NUMBER, numbers
    return ColumnKind.TEXT, [text_of(cell) for cell in cells]


async def read_daily(client: IngeconClient, _: str, query: Query, told: Told = _untold) -> Records:
    """The energies of each day of a period."""
    days = await _read_days(client, msgspec.structs.replace(query, count=0), told)
    return await asyncio.to_thread(_integrated, days, query)


def _integrated(days: Sequence[tuple[date, list[Sample]]], query: Query) -> Records:
    found = tuple(integrate(rows, day) for day, rows in days if rows)
    return daily(found[-query.count :] if query.count > 0 else found, notes(days))


def daily(days: Sequence[Day], remarks: tuple[str, ...] = ()) -> Records:
    """The energies in columns. A flow that was never told has no column."""
    told = [value for value in ENERGY_VALUES if any(value.key in day.energies for day in days)]
    columns = [
        Column("day", "Day", ColumnKind.MOMENT, width=10, whole_days=True),
        Column("covered", "Covered by samples", ColumnKind.NUMBER, "%", 1),
        Column("imported", "Imported", ColumnKind.NUMBER, "kWh", 2, plotted=True),
        Column("exported", "Exported", ColumnKind.NUMBER, "kWh", 2, plotted=True),
        *(Column(v.key, v.label, ColumnKind.NUMBER, "kWh", 2, plotted=v.key in _PLOTTED) for v in told),
        Column("samples", "Samples", ColumnKind.NUMBER, decimals=0),
    ]
    data: list[list[Any]] = [
        [datetime.combine(day.day, time()) for day in days],
        [100 * day.covered for day in days],
        [day.imported for day in days],
        [day.exported for day in days],
        *([day.energies.get(value.key, NAN) for day in days] for value in told),
        [float(day.samples) for day in days],
    ]
    words = "Each sample counts until the next; times without samples count for nothing, see Covered."
    return Records(tuple(columns), tuple(data), (words, *remarks))


ARCHIVES: tuple[AnyArchive, ...] = (
    Archive(
        key="ingecon.datalogger",
        title="Samples",
        read=read_samples,
        read_told=read_samples,
        period=Period.DAYS,
        most_days=MOST_DAYS,
        longest=MOST_DAYS * PER_DAY * 4,
        group=GROUP,
        icon="chart",
        help="Samples of three minutes in the device's local time. Grid power above zero is import, below zero export.",
        manual="7.4",
        needs_read=(EMS,),
        resources=(RESOURCE,),
    ),
    Archive(
        key="ingecon.daily",
        title="Daily energies",
        read=read_daily,
        read_told=read_daily,
        period=Period.DAYS,
        most_days=MOST_DAYS,
        shape="bars",
        group=GROUP,
        icon="demand",
        help="What flowed on each day, added up from the samples: powers over the time that they stand for.",
        manual="7.4",
        needs_read=(EMS,),
        resources=(RESOURCE,),
    ),
)
