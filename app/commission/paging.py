"""Archives that are read page by page: pages put together, and an archive read to its very beginning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from app.model.archive import AnyArchive, ColumnKind, Period, Query, Records

from .session import DeviceSession

MOST_PAGES = 1000
"""A device that always names an earlier page is not followed for ever."""


def before(older: Records, newer: Records) -> Records:
    """An older page in front of what is shown. Rows that both pages have are kept once."""
    if older.columns != newer.columns:
        return older
    twice = _shared(older, newer)
    if older.count and twice == older.count:
        # Nothing new: the device has no page before this one.
        return msgspec.structs.replace(newer, earlier=None)
    kept = older.count - twice
    data = tuple([*old[:kept], *new] for old, new in zip(older.data, newer.data, strict=True))
    notes = tuple(dict.fromkeys((*older.notes, *newer.notes)))
    return Records(newer.columns, data, notes, older.earlier if older.count else None)


def _shared(older: Records, newer: Records) -> int:
    """How many rows at the end of one page are those at the beginning of the next."""
    if not newer.count:
        return 0
    for length in range(min(older.count, newer.count), 0, -1):
        if _row(older, older.count - length) == _row(newer, 0) and all(
            _row(older, older.count - length + i) == _row(newer, i) for i in range(length)
        ):
            return length
    return 0


def _row(records: Records, row: int) -> tuple[Any, ...]:
    """A row that can be compared: 'not available' equals itself."""
    return tuple(str(data[row]) if column.kind is ColumnKind.NUMBER else data[row] for column, data in _pairs(records))


def _pairs(records: Records) -> Sequence[tuple[Any, Sequence[Any]]]:
    return tuple(zip(records.columns, records.data, strict=True))


async def read_all(session: DeviceSession, archive: AnyArchive, meter: str, parameters: msgspec.Struct) -> Records:
    """Everything that an archive keeps under these parameters.

    Raises:
        AppError: it cannot be read.
    """
    query = Query(count=archive.longest, parameters=parameters)
    records = await session.records(archive, meter, query)
    if archive.period is not Period.UNTIL:
        return records
    for _ in range(MOST_PAGES):
        if records.earlier is None:
            break
        asked = records.earlier
        records = before(await session.records(archive, meter, msgspec.structs.replace(query, end=asked)), records)
        if records.earlier == asked:
            break
    return records
