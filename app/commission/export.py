"""Records as a table for other programs: the same file from the window and from the command line."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from app.model.archive import Column, ColumnKind, Records
from app.model.errors import StorageFailed

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_rows(records: Records) -> Iterator[list[str]]:
    """The head, then one list of cells for each row: ISO 8601 times, points in numbers, empty where nothing is."""
    yield [f"{column.title} [{column.unit}]" if column.unit else column.title for column in records.columns]
    for row in zip(*records.data, strict=True):
        yield [_cell(column, value) for column, value in zip(records.columns, row, strict=True)]


def _cell(column: Column, value: Any) -> str:
    if column.kind is ColumnKind.NUMBER:
        if not math.isfinite(value):
            return ""
        return f"{value:.{column.decimals}f}" if column.decimals is not None else f"{value:.15g}"
    if isinstance(value, datetime):
        if column.whole_days:
            return value.date().isoformat()
        return value.isoformat(timespec="seconds")
    return harmless(str(value))


def harmless(text: str) -> str:
    """A device's words, which must not become a formula in somebody's spreadsheet; a number may have its sign."""
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def write_records(file: TextIO, records: Records) -> None:
    """Write the table to an open text file whose line ends are left alone (`newline=""`)."""
    csv.writer(file).writerows(csv_rows(records))


def save_records(path: Path, records: Records) -> None:
    """Write the table as a file: commas between, UTF-8 with a mark that spreadsheets look for.

    The file appears when it is complete. May be called in a thread.

    Raises:
        StorageFailed: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            write_records(file, records)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFailed(f"{path.name} cannot be written: {error.strerror or error}.") from error
