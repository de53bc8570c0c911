"""The EMS's samples, read tolerantly: their times in order, a clock that was set back, and a day's energies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from app.model.errors import BadReply
from app.net.lenient import text_of
from app.vendors.ingecon.tables import ENERGY_VALUES, SAMPLE_VALUES, by_name, plain
from app.vendors.ingecon.wire import ALL_PHASES, NAN, number

INTERVAL = timedelta(minutes=3)
GAP = INTERVAL * 1.5
"""A longer time between two samples is a gap."""
_CLOCK_CHANGE = (timedelta(minutes=30), timedelta(minutes=60))
"""By so much the time falls from one sample to the next when summer time ends."""
_UNDATED = datetime(1, 1, 1)
"""Where rows before the first that has a date are put."""
PER_DAY = timedelta(days=1) // INTERVAL

_DOCUMENTED = by_name(SAMPLE_VALUES)


class Sample(msgspec.Struct, frozen=True):
    """One sample of one phase. `fields` are by our keys where we know the name, else by the device's."""

    time: datetime | str
    phase: int
    fields: Mapping[str, object]

    def number(self, key: str) -> float:
        """A value; NaN where there is none."""
        return number(self.fields.get(key))


def samples(document: object, day: date) -> list[Sample]:
    """The samples of one day's answer, oldest first; rows that are none are left out.

    Raises:
        BadReply: the answer is no list.
    """
    if document is None:
        return []
    if not isinstance(document, list):
        raise BadReply(f"The EMS's answer for {day:%Y-%m-%d} is no list of samples.")
    return in_order([_sample(row) for row in document if isinstance(row, dict)])


def _sample(row: Mapping[str, object]) -> Sample:
    fields: dict[str, object] = {}
    for name, value in row.items():
        if name not in ("Date", "Phase"):
            documented = _DOCUMENTED.get(plain(name))
            fields.setdefault(documented.key if documented else name, value)
    phase = number(row.get("Phase"))
    return Sample(_moment(row.get("Date")), int(phase) if 0 < phase < 100 else 0, fields)


def _moment(value: object) -> datetime | str:
    """The device's local time; what is no date stays as it came."""
    text = text_of(value).strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return text


def set_back(rows: Sequence[Sample]) -> int | None:
    """Where the device's clock was set back by summer time's end: the row that the earlier time begins with again."""
    falls = []
    last: datetime | None = None
    for place, row in enumerate(rows):
        if isinstance(row.time, datetime):
            if last is not None and row.time < last:
                falls.append((place, last - row.time))
            last = row.time
    if len(falls) == 1 and _CLOCK_CHANGE[0] <= falls[0][1] <= _CLOCK_CHANGE[1]:
        return falls[0][0]
    return None


def in_order(rows: list[Sample]) -> list[Sample]:
    """Oldest first. The order of a day on which the clock was set back is the device's own: it is the true one.

    A row whose time is no date stays behind its predecessor.
    """
    if set_back(rows) is not None:
        return rows
    keys: list[datetime] = []
    last = _UNDATED
    for row in rows:
        last = row.time if isinstance(row.time, datetime) else last
        keys.append(last)
    return [rows[place] for place in sorted(range(len(rows)), key=keys.__getitem__)]


class Day(msgspec.Struct, frozen=True):
    """A day's energies in kWh. `covered` is the share of the day that samples stand for, 0 to 1."""

    day: date
    samples: int
    covered: float
    imported: float
    exported: float
    energies: Mapping[str, float]


def integrate(rows: Sequence[Sample], day: date) -> Day:
    """A day's energies: every sample counts until the next one, for one and a half intervals at most.

    The plant's power is that of the row for all phases, else the sum of the phases of one moment. A gap counts for
    nothing. A time that falls is the end of summer time: then a sample counts for its usual three minutes.
    """
    moments = _moments(rows)
    sums: dict[str, float] = {}
    imported = exported = 0.0
    known_grid = False
    covered_h = 0.0
    for place, (time, powers) in enumerate(moments):
        hours = _lasted(time, moments[place + 1][0] if place + 1 < len(moments) else None) / timedelta(hours=1)
        covered_h += hours
        grid = powers.get("w", NAN)
        if not math.isnan(grid):
            known_grid = True
            imported += max(grid, 0.0) * hours / 1000
            exported += max(-grid, 0.0) * hours / 1000
        for value in ENERGY_VALUES:
            power = powers.get(value.key, NAN)
            if not math.isnan(power):
                sums[value.key] = sums.get(value.key, 0.0) + power * hours / 1000
    return Day(
        day=day,
        samples=len(moments),
        covered=min(covered_h / 24, 1.0),
        imported=imported if known_grid else NAN,
        exported=exported if known_grid else NAN,
        energies=sums,
    )


def _lasted(time: datetime, until: datetime | None) -> timedelta:
    if until is None or until < time:
        return INTERVAL
    step = until - time
    return step if step <= GAP else INTERVAL


def _moments(rows: Sequence[Sample]) -> list[tuple[datetime, dict[str, float]]]:
    """The plant's powers of each moment, in order."""
    grouped: list[tuple[datetime, list[Sample]]] = []
    for row in rows:
        if not isinstance(row.time, datetime):
            continue
        if grouped and grouped[-1][0] == row.time:
            grouped[-1][1].append(row)
        else:
            grouped.append((row.time, [row]))
    return [(time, _plant(group)) for time, group in grouped]


def _plant(group: Sequence[Sample]) -> dict[str, float]:
    whole = [row for row in group if row.phase == ALL_PHASES] or list({row.phase: row for row in group}.values())
    found = {}
    for key in ("w", *(value.key for value in ENERGY_VALUES)):
        known = [power for row in whole if not math.isnan(power := row.number(key))]
        if known:
            found[key] = sum(known)
    return found
