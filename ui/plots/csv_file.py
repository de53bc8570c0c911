"""Readings as a table for other programs."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from app.model.errors import StorageFailed
from app.model.quantity import Quantity

from .ring import Column, Ring


def snapshot(ring: Ring) -> tuple[Column, Column]:
    """Times and values (one row a reading) as they are now; what stands in for gaps is left out. Copies."""
    times = ring.times()
    values = np.stack([ring.column(index) for index in range(ring.width)], axis=1)
    real = ~np.isnan(values).all(axis=1)
    return times[real], values[real]


@dataclass(frozen=True)
class Part:
    """The readings of one device among several."""

    title: str
    serial: str
    quantities: Sequence[Quantity]
    times: Column
    values: Column


def write_csv(path: Path, quantities: Sequence[Quantity], times: Column, values: Column) -> None:
    """Write one row a reading: local time with its offset (ISO 8601), then the quantities in their units.

    Commas between, points in numbers, UTF-8, empty where there was no value. May be called in a thread. The file
    appears when it is complete.

    Raises:
        StorageFailed: it cannot be written.
    """
    rows = ([_moment(time_s), *_cells(row)] for time_s, row in zip(times.tolist(), values.tolist(), strict=True))
    _write(path, ["time", *_heads(quantities)], rows)


def write_csv_of_many(path: Path, parts: Sequence[Part]) -> None:
    """Like `write_csv`, the readings of all in the order in which they came, each with whose it is.

    A quantity that several have is one column.

    Raises:
        StorageFailed: it cannot be written.
    """
    heads = list(dict.fromkeys(head for part in parts for head in _heads(part.quantities)))
    _write(path, ["time", "meter", "serial", *heads], _merged(parts, heads))


def _merged(parts: Sequence[Part], heads: Sequence[str]) -> Iterator[list[str]]:
    def rows(part: Part) -> Iterator[tuple[float, list[str]]]:
        own = [_heads(part.quantities).index(head) if head in _heads(part.quantities) else -1 for head in heads]
        whose = [_harmless(part.title), _harmless(part.serial)]
        for time_s, row in zip(part.times.tolist(), part.values.tolist(), strict=True):
            cells = [*_cells(row), ""]
            yield time_s, [_moment(time_s), *whose, *(cells[at] for at in own)]

    for _, row in heapq.merge(*(rows(part) for part in parts), key=lambda each: each[0]):
        yield row


def _heads(quantities: Sequence[Quantity]) -> list[str]:
    return [f"{quantity.title} [{quantity.unit.value or '1'}]" for quantity in quantities]


def _cells(row: Sequence[float]) -> list[str]:
    return ["" if value != value else repr(value) for value in row]


def _harmless(text: str) -> str:
    """A device's words, which must not become a formula in somebody's spreadsheet."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _moment(time_s: float) -> str:
    return datetime.fromtimestamp(time_s).astimezone().isoformat(timespec="milliseconds")


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(head)
            table.writerows(rows)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFailed(f"{path.name} cannot be written: {error.strerror or error}.") from error
