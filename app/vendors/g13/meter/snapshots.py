"""Rows that a meter stores at the end of periods, several channels at once, as previous and demand values come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.model.archive import Column, ColumnKind
from app.net.lenient import convert, decode
from app.vendors.g13.meter.stored import DATA_ERROR, NOT_AVAILABLE, OK, in_order, moment, number, snapshot_status

Entry = list[float | str | None]
"""One channel's part of a row: status, value and what else there is."""


class Snapshots(msgspec.Struct, frozen=True):
    """The reply with rows (manual 6.3.69, 6.3.77): each row has an entry for each channel and an object with its time.

    `mapping` names the channels' quantities, each [name, unit].
    """

    mapping: tuple[tuple[str | None, ...], ...] = ()
    interval: str = ""
    items: tuple[tuple[Entry | dict[str, str], ...], ...] = ()


class Row(msgspec.Struct, frozen=True):
    """One row taken apart."""

    time: datetime | str
    entries: tuple[Entry, ...]

    def entry(self, channel: int) -> Entry:
        """A channel's entry; empty where the row is shorter than the others."""
        return self.entries[channel] if channel < len(self.entries) else []


def snapshots(body: bytes) -> Snapshots:
    """The reply's rows.

    Raises:
        BadReply: it cannot be read.
    """
    return convert(decode(body), Snapshots)


TIME = Column("time", "End of period", ColumnKind.MOMENT)
STATUS = Column("status", "Status", filtered=True)


def rows_of(found: Snapshots) -> list[Row]:
    """The rows, sorted by time: devices send them in any order."""
    rows = [_row(item) for item in found.items]
    order = in_order([row.time for row in rows])
    return rows if order is None else [rows[index] for index in order]


def _row(item: tuple[Entry | dict[str, str], ...]) -> Row:
    time = next((part.get("time", "") for part in item if isinstance(part, dict)), "")
    return Row(moment(time), tuple(part for part in item if isinstance(part, list)))


def beside(parts: Sequence[Snapshots]) -> Snapshots:
    """Replies of one channel each as one reply of all. Where a channel lacks a row, its entry is empty."""
    rows: dict[str, list[Entry]] = {}
    for channel, part in enumerate(parts):
        for item in part.items:
            time = next((entry.get("time", "") for entry in item if isinstance(entry, dict)), "")
            entries = rows.setdefault(time, [[] for _ in parts])
            entries[channel] = next((entry for entry in item if isinstance(entry, list)), [])
    return Snapshots(
        mapping=tuple(part.mapping[0] if part.mapping else () for part in parts),
        items=tuple((*entries, {"time": time}) for time, entries in rows.items()),
    )


def channels_of(found: Snapshots) -> int:
    """How many channels there are."""
    return max((len(found.mapping), *(len(_row(item).entries) for item in found.items[:1])))


def values_of(rows: Iterable[Row], channel: int) -> list[float]:
    """A channel's values. What the status calls wrong or missing is not available, whatever number stands there."""
    return [_value(row.entry(channel)) for row in rows]


def _value(entry: Entry) -> float:
    if len(entry) < 2 or snapshot_status(entry[0]) in (DATA_ERROR, NOT_AVAILABLE):
        return math.nan
    return number(entry[1])


def status_of(row: Row, channels: int) -> str:
    """A row's status in words; where its channels differ, each word is followed by its channels."""
    found: dict[str, list[int]] = {}
    for channel in range(channels):
        entry = row.entry(channel)
        found.setdefault(snapshot_status(entry[0]) if entry else NOT_AVAILABLE, []).append(channel + 1)
    if len(found) <= 1:
        return next(iter(found), OK)
    return "; ".join(
        f"{words} (channel {', '.join(map(str, numbers))})" for words, numbers in found.items() if words != OK
    )


def kept(rows: list[Row], count: int) -> list[Row]:
    """The newest `count` rows; 0 keeps all."""
    return rows[-count:] if count else rows


def missing(columns: Sequence[Sequence[Any]]) -> int:
    """How many numbers are not available."""
    return sum(1 for column in columns for value in column if isinstance(value, float) and math.isnan(value))
