"""The recordings of a site. A reading is one row: its time in milliseconds and its values as 64-bit floats.

Unlike kept readings, where most values may be missing, all chosen values of a recording usually are there: they are
kept at fixed places, so that a day is loaded without looking at each. Missing ones are NaN.
"""

from __future__ import annotations

import struct
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from app.commission.recorded import Batch, Mark, RecordedChannel, Recording, Track
from app.model.quantity import Reading

from .database import Database, damaged
from .stored import as_json, from_json

PIECE = 2000
"""Rows that are read or deleted at a time: a write of the window waits for no more than these."""
GIVE_WAY_S = 0.0005
ROW_BYTES = 28
"""What a row takes in the file beside its values, as measured: channel, time, lengths, room left in pages."""
CUT_OFF = "The program ended while it was recorded."
_COLUMNS = "id, title, begun, last, ended, trouble, readings, size"


class SiteRecordings:
    """A `RecordingStore` in a site file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running = 0
        self._channels: list[int] = []

    def begin(self, title: str, begun_s: float, channels: Sequence[RecordedChannel]) -> int:
        """Begin a recording; returns its id."""
        begun = _ms(begun_s)
        with self._database.transaction():
            self._database.execute("INSERT INTO recording (title, begun, last) VALUES (?, ?, ?)", title, begun, begun)
            number = int(self._database.rows("SELECT last_insert_rowid()")[0][0])
            numbers = []
            for place, channel in enumerate(channels):
                self._database.execute(
                    "INSERT INTO recording_channel (recording, place, facts) VALUES (?, ?, ?)",
                    number,
                    place,
                    as_json(channel),
                )
                numbers.append(int(self._database.rows("SELECT last_insert_rowid()")[0][0]))
        self._running, self._channels = number, numbers
        return number

    def write(self, recording: int, batch: Batch) -> int:
        """Keep readings of the recording that is running, all or none. Returns the bytes they take."""
        size, last = 0, 0
        rows: list[tuple[int, int, bytes]] = []
        for place, readings in batch.readings.items():
            channel = self._channels[place]
            packed = struct.Struct(f"<{len(readings[0].values)}d") if readings else struct.Struct("<")
            rows.extend((channel, _ms(reading.time_s), packed.pack(*reading.values)) for reading in readings)
            size += len(readings) * (packed.size + ROW_BYTES)
        last = max((time_ms for _, time_ms, _ in rows), default=0)
        with self._database.transaction():
            self._database.execute_many("INSERT INTO recorded (channel, time, vals) VALUES (?, ?, ?)", rows)
            self._database.execute(
                "UPDATE recording SET readings = readings + ?, size = size + ?, last = max(last, ?) WHERE id = ?",
                len(rows),
                size,
                last,
                recording,
            )
        return size

    def mark(self, recording: int, mark: Mark) -> None:
        """Keep a mark."""
        self._database.write(
            "INSERT INTO recording_mark (recording, time, name) VALUES (?, ?, ?)",
            recording,
            _ms(mark.time_s),
            mark.name,
        )

    def end(self, recording: int, ended_s: float, trouble: str = "") -> None:
        """Nothing more will come."""
        if recording == self._running:
            self._running, self._channels = 0, []
        self._database.write(
            "UPDATE recording SET ended = max(last, ?), trouble = ? WHERE id = ?", _ms(ended_s), trouble, recording
        )

    def settle(self) -> tuple[Recording, ...]:
        """End what an earlier run of the program left unfinished, each with its last reading; tells which."""
        left = tuple(recording for recording in self.all() if recording.interrupted)
        with self._database.transaction():
            for recording in left:
                self._database.execute(
                    "UPDATE recording SET ended = last, trouble = ? WHERE id = ?", CUT_OFF, recording.id
                )
        return left

    def all(self) -> tuple[Recording, ...]:
        """Every recording, the newest first."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM recording ORDER BY begun DESC, id DESC")
        return tuple(self._recording(row) for row in rows)

    def get(self, recording: int) -> Recording | None:
        """One recording, or None."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM recording WHERE id = ?", recording)
        return self._recording(rows[0]) if rows else None

    def rename(self, recording: int, title: str) -> None:
        """Give it another title."""
        self._database.write("UPDATE recording SET title = ? WHERE id = ?", title, recording)

    def delete(self, recording: int) -> None:
        """Forget a recording. Its readings go piece by piece; it is gone from the list when all of them are."""
        of_channel = "SELECT channel, time FROM recorded WHERE channel = ? LIMIT ?"
        for number in self._numbers(recording):
            sql = f"DELETE FROM recorded WHERE (channel, time) IN ({of_channel})"
            while self._database.write_beside(sql, number, PIECE):
                time.sleep(GIVE_WAY_S)
        for table in ("recording_mark", "recording_channel"):
            self._database.write_beside(f"DELETE FROM {table} WHERE recording = ?", recording)
        self._database.write_beside("DELETE FROM recording WHERE id = ?", recording)

    def track(self, recording: int, place: int, every: int = 1) -> Track:
        """The readings of one channel, by its place in the recording: all, or one of so many."""
        number, width = self._channel(recording, place)
        times, values = array("d"), array("d")
        passed = 0
        for rows in self._pieces(number, width):
            kept = rows[-passed % every :: every]
            passed += len(rows)
            times.extend(at / 1000 for at, _ in kept)
            values.frombytes(b"".join(blob for _, blob in kept))
        if sys.byteorder == "big":
            values.byteswap()
        return Track(times, values, width)

    def readings(self, recording: int, place: int) -> Iterator[Reading]:
        """The readings of one channel, one after the other."""
        number, width = self._channel(recording, place)
        packed = struct.Struct(f"<{width}d")
        for rows in self._pieces(number, width):
            for at, blob in rows:
                yield Reading(at / 1000, packed.unpack(blob))

    def _channel(self, recording: int, place: int) -> tuple[int, int]:
        """The number of a channel, and how many values a reading of it has."""
        number, facts = self._database.rows_beside(
            "SELECT number, facts FROM recording_channel WHERE recording = ? AND place = ?", recording, place
        )[0]
        return int(number), len(from_json(self._database.path, facts, RecordedChannel).quantities)

    def _pieces(self, number: int, width: int) -> Iterator[list[tuple[int, bytes]]]:
        after = -1
        while rows := self._database.rows_beside(
            "SELECT time, vals FROM recorded WHERE channel = ? AND time > ? ORDER BY time LIMIT ?", number, after, PIECE
        ):
            if any(type(at) is not int or type(blob) is not bytes or len(blob) != 8 * width for at, blob in rows):
                raise damaged(self._database.path, "a recorded reading makes no sense")
            yield rows
            if len(rows) < PIECE:
                return
            after = rows[-1][0]
            time.sleep(GIVE_WAY_S)

    def _numbers(self, recording: int) -> list[int]:
        rows = self._database.rows_beside("SELECT number FROM recording_channel WHERE recording = ?", recording)
        return [int(number) for (number,) in rows]

    def _recording(self, row: tuple[Any, ...]) -> Recording:
        number, title, begun, last, ended, trouble, readings, size = row
        channels = self._database.rows("SELECT facts FROM recording_channel WHERE recording = ? ORDER BY place", number)
        marks = self._database.rows("SELECT time, name FROM recording_mark WHERE recording = ? ORDER BY time", number)
        running = number == self._running
        if not all(isinstance(fact, int) for fact in (begun, last, readings, size, *(at for at, _ in marks))):
            raise damaged(self._database.path, "a recording makes no sense")
        return Recording(
            int(number),
            str(title),
            begun / 1000,
            (last if ended is None else int(ended)) / 1000,
            tuple(from_json(self._database.path, facts, RecordedChannel) for (facts,) in channels),
            tuple(Mark(at / 1000, str(name)) for at, name in marks),
            int(readings),
            int(size),
            interrupted=ended is None and not running,
            trouble=str(trouble),
            running=running,
        )


def _ms(time_s: float) -> int:
    return round(time_s * 1000)
