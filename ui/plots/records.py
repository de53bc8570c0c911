"""Stored records as a plot wants them: times and numbers in arrays, gaps where nothing was kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from app.model.archive import Column as Declared
from app.model.archive import ColumnKind, Records
from app.model.quantity import Phase

from .curve import Curve
from .ring import Column

EPOCH = datetime(1970, 1, 1)
SLICE = 4000
"""Rows that are turned into numbers at once: the window's thread gets its turn in between."""
GAP_INTERVALS = 2.5
REGULAR = 0.6
"""Where that part of the rows has one and the same distance, a longer one is a gap."""
DAY_S = 86_400.0
_PHASE = re.compile(r"\b(L[123]|N|neutral)\b", re.IGNORECASE)
_PHASES = {"L1": Phase.L1, "L2": Phase.L2, "L3": Phase.L3, "N": Phase.NEUTRAL, "NEUTRAL": Phase.NEUTRAL}


class StoredColumns:
    """The numbers of some records by the device's own time, which counts as if it were UTC (seconds since 1970)."""

    def __init__(self, times: Column, values: Sequence[Column], interval_s: float) -> None:
        self._times, self._values = times, tuple(values)
        self._interval_s = interval_s
        self.readings = len(times)
        self.rewritten = 0

    @property
    def interval_s(self) -> float:
        """The usual time between two rows."""
        return self._interval_s

    def times(self) -> Column:
        """When, never falling."""
        return self._times

    def column(self, index: int) -> Column:
        """The values of one curve; NaN is a gap."""
        return self._values[index]


def time_column(records: Records) -> int | None:
    """The column that a plot counts its time by."""
    kinds = [column.kind for column in records.columns]
    return kinds.index(ColumnKind.MOMENT) if ColumnKind.MOMENT in kinds else None


def curves_of(records: Records, chosen: Sequence[int], *, gaps: bool) -> tuple[Curve, ...]:
    """A curve for each chosen column. Takes a while for many rows: call it in a thread.

    With `gaps` the line is broken where rows are missing. Rows whose time is no date are left out.
    """
    at = time_column(records)
    if at is None or not chosen or not records.count:
        return ()
    times = _seconds(records.data[at])
    known = np.isfinite(times)
    columns = [_numbers(records.data[index])[known] for index in chosen]
    times = times[known]
    if len(times) > 1 and bool((np.diff(times) < 0).any()):
        # The device's clock was set back meanwhile.
        order = np.argsort(times, kind="stable")
        times, columns = times[order], [column[order] for column in columns]
    interval_s = _interval(times)
    if gaps:
        times, columns = _broken(times, columns, interval_s)
    stored = StoredColumns(times, columns, interval_s)
    declared = [records.columns[index] for index in chosen]
    return tuple(
        Curve(stored, place, name, column.unit, phase_of(column.title))
        for place, (column, name) in enumerate(zip(declared, names_of(declared), strict=True))
    )


def phase_of(title: str) -> Phase:
    """The conductor that a column's title names."""
    found = _PHASE.findall(title)
    return _PHASES[found[0].upper()] if len(found) == 1 else Phase.TOTAL


def titles_of(columns: Sequence[Declared]) -> dict[str, str]:
    """What a plot is called, by its unit: what the titles of its columns begin with."""
    shared: dict[str, str] = {}
    for column in columns:
        words = f"{column.title} "
        shared[column.unit] = _common(shared[column.unit], words) if column.unit in shared else words
    return {unit: words.strip(" ,:") or "Values" for unit, words in shared.items()}


def names_of(columns: Sequence[Declared]) -> list[str]:
    """Short names of the curves of each unit: without what the plot is called by. A lone one needs no name."""
    titles = titles_of(columns)
    alone = {unit for unit in titles if sum(column.unit == unit for column in columns) == 1}
    return [
        "" if column.unit in alone else column.title.removeprefix(titles[column.unit]).strip(" ,:") or "Total"
        for column in columns
    ]


def _common(left: str, right: str) -> str:
    """What both begin with, whole words."""
    length = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return left[: left[:length].rfind(" ") + 1]


def _slices(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), SLICE):
        yield rows[start : start + SLICE]


def _seconds(rows: Sequence[Any]) -> Column:
    nan = float("nan")
    parts = [[(x - EPOCH).total_seconds() if isinstance(x, datetime) else nan for x in part] for part in _slices(rows)]
    return np.concatenate([np.array(part, dtype=np.float64) for part in parts])


def _numbers(rows: Sequence[Any]) -> Column:
    return np.concatenate([np.array(part, dtype=np.float64) for part in _slices(rows)])


def _interval(times: Column) -> float:
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else DAY_S


def _broken(times: Column, columns: list[Column], interval_s: float) -> tuple[Column, list[Column]]:
    steps = np.diff(times)
    if not len(steps) or np.isclose(steps, interval_s, rtol=0.05).mean() < REGULAR:
        return times, columns
    at = np.flatnonzero(steps > GAP_INTERVALS * interval_s)
    ends = times[at] + interval_s
    return np.insert(times, at + 1, ends), [np.insert(column, at + 1, np.nan) for column in columns]
