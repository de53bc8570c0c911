"""A recording as a table for other programs: the same file from the window and from the command line."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from app.model.errors import StorageFailed
from app.model.quantity import Quantity, Reading

from .export import harmless
from .recorded import RecordedChannel, Recording, RecordingStore

WHOSE = ("time", "device", "meter", "serial", "feed", "mark")


def save_recording(path: Path, store: RecordingStore, recording: Recording) -> int:
    """Write a recording as a file; returns how many readings are in it. Blocks: call it in a thread.

    One row a reading, all devices in the order in which they came: local time with its offset (ISO 8601), whose it
    is, then the quantities in their units; one that several devices have is one column. A mark is a row of its own.
    Commas between, points in numbers, UTF-8 with a mark that spreadsheets look for, empty where there was no value.
    The file appears when it is complete.

    Raises:
        StorageFailed: it cannot be written, or the site cannot be read.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            count = write_recording(file, store, recording)
        part.replace(path)
    except OSError as error:
        raise StorageFailed(f"{path.name} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def write_recording(file: TextIO, store: RecordingStore, recording: Recording) -> int:
    """The same to an open text file whose line ends are left alone (`newline=""`)."""
    rows = csv.writer(file)
    count = -1 - len(recording.marks)
    for row in _rows(recording, store):
        rows.writerow(row)
        count += 1
    return count


def _rows(recording: Recording, store: RecordingStore) -> Iterator[Sequence[str]]:
    heads = list(dict.fromkeys(head for channel in recording.channels for head in map(_head, channel.quantities)))
    yield [*WHOSE, *heads]
    sources = [
        _readings(channel, store.readings(recording.id, place), heads)
        for place, channel in enumerate(recording.channels)
    ]
    for _, row in heapq.merge(*sources, _marks(recording, len(heads)), key=lambda each: each[0]):
        yield row


def _marks(recording: Recording, width: int) -> Iterator[tuple[float, list[str]]]:
    blank = [""] * (len(WHOSE) - 2)
    for mark in sorted(recording.marks, key=lambda mark: mark.time_s):
        yield mark.time_s, [_moment(mark.time_s), *blank, harmless(mark.name), *[""] * width]


def _readings(
    channel: RecordedChannel, readings: Iterable[Reading], heads: Sequence[str]
) -> Iterator[tuple[float, list[str]]]:
    own = [_head(quantity) for quantity in channel.quantities]
    places = [own.index(head) if head in own else -1 for head in heads]
    words = (channel.device_title, channel.title, channel.meter, channel.feed_title)
    whose = [*map(harmless, words), ""]
    for reading in readings:
        cells = [*("" if value != value else repr(value) for value in reading.values), ""]
        yield reading.time_s, [_moment(reading.time_s), *whose, *(cells[at] for at in places)]


def _head(quantity: Quantity) -> str:
    return f"{quantity.title} [{quantity.unit.value or '1'}]"


def _moment(time_s: float) -> str:
    return datetime.fromtimestamp(time_s).astimezone().isoformat(timespec="milliseconds")
