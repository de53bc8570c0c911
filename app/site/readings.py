"""The readings of a site: what was measured and when, packed so that months of it stay small.

A reading is one row: its time in milliseconds, a bit for each quantity that has a value, and those values as 64-bit
floats. A meter that tells ten of forty quantities costs some 100 bytes a reading.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.commission.records import KeptFeed
from app.model.quantity import Reading

from .database import Database, damaged
from .stored import as_json, from_json

_LATEST = 32_503_680_000_000
"""The year 3000, in milliseconds: what is later was not measured, whoever wrote it there."""
PIECE = 2000
"""Rows that are read at a time."""
_PACKED = struct.Struct("<d")


def pack(values: Sequence[float]) -> bytes:
    """The values as they are kept; what is no finite number is left out."""
    told = 0
    kept = []
    for index, value in enumerate(values):
        if math.isfinite(value):
            told |= 1 << index
            kept.append(value)
    return told.to_bytes((len(values) + 7) // 8, "little") + struct.pack(f"<{len(kept)}d", *kept)


def unpack(blob: bytes, count: int) -> tuple[float, ...]:
    """What `pack` made of so many values; NaN for those that were left out.

    Raises:
        ValueError: it is something else.
    """
    head = (count + 7) // 8
    told = int.from_bytes(blob[:head], "little")
    if told >> count or len(blob) != head + told.bit_count() * _PACKED.size:
        raise ValueError("the length is wrong")
    values = iter(struct.unpack_from(f"<{told.bit_count()}d", blob, head))
    return tuple(next(values) if told >> index & 1 else math.nan for index in range(count))


class SiteReadings:
    """A `ReadingStore` in a site file. Keeping one takes well under a millisecond, a thousand at once some ten."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[tuple[str, str, str, tuple[str, ...]], int] = {}

    def add(self, device: str, target: str, feed: str, keys: Sequence[str], readings: Sequence[Reading]) -> None:
        """Keep readings in one transaction. A moment that is kept already stays as it is."""
        if not readings:
            return
        name = (device, target, feed, tuple(keys))
        with self._database.transaction():
            number = self._numbers.get(name) or self._number(*name)
            for reading in readings:
                self._database.execute(
                    "INSERT OR IGNORE INTO reading (series, time, vals) VALUES (?, ?, ?)",
                    number,
                    round(reading.time_s * 1000),
                    pack(reading.values),
                )
        # Not before the transaction is done: until then it may still be undone.
        self._numbers[name] = number

    def read(
        self,
        device: str,
        target: str,
        feed: str,
        keys: Sequence[str],
        *,
        begin_s: float | None = None,
        end_s: float | None = None,
        limit: int = 0,
    ) -> tuple[Reading, ...]:
        """The readings of a period, both ends within, the oldest first; of more than `limit` the last ones.

        Fifty thousand take a third of a second: call it in a thread.
        """
        first = 0 if begin_s is None else max(0, math.ceil(begin_s * 1000))
        last = _LATEST if end_s is None else min(_LATEST, math.floor(end_s * 1000))
        found: list[Reading] = []
        for number, kept in self._series(device, target, feed):
            found.extend(self._readings(self._newest(number, first, last, limit or sys.maxsize), kept, keys))
        found.sort(key=lambda reading: reading.time_s)
        return tuple(found[-limit:] if limit else found)

    def feeds(self) -> tuple[KeptFeed, ...]:
        """Everything of which readings are kept."""
        rows = self._database.rows(
            "SELECT device, target, feed, count(*), min(time), max(time) FROM series "
            "JOIN reading ON series = number GROUP BY device, target, feed ORDER BY device, target, feed"
        )
        return tuple(
            KeptFeed(device, target, feed, count, first / 1000, last / 1000)
            for device, target, feed, count, first, last in rows
        )

    def prune(self, device: str, target: str, feed: str, *, keep: int) -> int:
        """Forget all but the last `keep` readings; tells how many were forgotten. The file reuses their room."""
        of_feed = "series IN (SELECT number FROM series WHERE device = ? AND target = ? AND feed = ?)"
        edge = self._database.rows(
            f"SELECT time FROM reading WHERE {of_feed} ORDER BY time DESC LIMIT 1 OFFSET ?", device, target, feed, keep
        )
        if not edge:
            return 0
        within = f"{of_feed} AND time <= ?"
        count = self._database.rows(f"SELECT count(*) FROM reading WHERE {within}", device, target, feed, edge[0][0])
        self._database.write(f"DELETE FROM reading WHERE {within}", device, target, feed, edge[0][0])
        return int(count[0][0])

    def forget(self, device: str) -> None:
        """Forget a device, within a transaction."""
        self._database.execute(
            "DELETE FROM reading WHERE series IN (SELECT number FROM series WHERE device = ?)", device
        )
        self._database.execute("DELETE FROM series WHERE device = ?", device)
        self._numbers.clear()

    def _number(self, device: str, target: str, feed: str, keys: tuple[str, ...]) -> int:
        """The number of a series, made where there is none; within a transaction."""
        facts = (device, target, feed, as_json(keys))
        self._database.execute("INSERT OR IGNORE INTO series (device, target, feed, keys) VALUES (?, ?, ?, ?)", *facts)
        rows = self._database.rows(
            "SELECT number FROM series WHERE device = ? AND target = ? AND feed = ? AND keys = ?", *facts
        )
        return int(rows[0][0])

    def _newest(self, number: int, first: int, last: int, left: int) -> Iterator[tuple[Any, ...]]:
        """The rows of a period, the newest first, asked for in pieces: a write of the window waits for one at most."""
        while left > 0:
            rows = self._database.rows_beside(
                "SELECT time, vals FROM reading WHERE series = ? AND time BETWEEN ? AND ? ORDER BY time DESC LIMIT ?",
                number,
                first,
                last,
                min(left, PIECE),
            )
            yield from rows
            if len(rows) < PIECE:
                return
            left -= len(rows)
            last = rows[-1][0] - 1

    def _series(self, device: str, target: str, feed: str) -> list[tuple[int, list[str]]]:
        rows = self._database.rows_beside(
            "SELECT number, keys FROM series WHERE device = ? AND target = ? AND feed = ?", device, target, feed
        )
        return [(int(number), from_json(self._database.path, keys, list[str])) for number, keys in rows]

    def _readings(self, rows: Iterable[tuple[Any, ...]], kept: Sequence[str], keys: Sequence[str]) -> Iterable[Reading]:
        places = [kept.index(key) if key in kept else -1 for key in keys]
        as_kept = list(keys) == list(kept)
        for time_ms, blob in rows:
            if not isinstance(time_ms, int) or not isinstance(blob, bytes):
                raise damaged(self._database.path, "a reading is of another kind")
            try:
                values = unpack(blob, len(kept))
            except ValueError as error:
                raise damaged(self._database.path, f"a reading makes no sense ({error})") from error
            if not as_kept:
                values = tuple(values[place] if place >= 0 else math.nan for place in places)
            yield Reading(time_ms / 1000, values)
