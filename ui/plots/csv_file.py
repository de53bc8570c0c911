"""Readings as a table for other programs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
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


def write_csv(path: Path, quantities: Sequence[Quantity], times: Column, values: Column) -> None:
    """Write one row a reading: local time with its offset (ISO 8601), then the quantities in their units.

    Commas between, points in numbers, UTF-8, empty where there was no value. May be called in a thread. The file
    appears when it is complete.

    Raises:
        StorageFailed: it cannot be written.
    """
    head = ["time", *(f"{quantity.title} [{quantity.unit.value or '1'}]" for quantity in quantities)]
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(head)
            for time_s, row in zip(times.tolist(), values.tolist(), strict=True):
                moment = datetime.fromtimestamp(time_s).astimezone().isoformat(timespec="milliseconds")
                rows.writerow([moment, *("" if value != value else repr(value) for value in row)])
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFailed(f"{path.name} cannot be written: {error.strerror or error}.") from error
