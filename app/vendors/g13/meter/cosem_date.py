"""Dates as meters write them: any part may be a wildcard, the last day of a month, or the change of daylight saving.

They are COSEM dates (manual 6.3.89). Where the manual only lists numbers, this is how they are understood:
a day with a weekday is the first such weekday on or after that day, so that 1 and Sunday is the first Sunday of the
month and 22 and Sunday the fourth; `LAST_DAY` with a weekday is the last such weekday. A month of `DST_BEGINS` or
`DST_ENDS` is the very day on which the clock changes; day and weekday then mean nothing.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import msgspec

from app.vendors.g13.tables import WEEKDAYS

EVERY_YEAR = 65535
EVERY = 255
DST_BEGINS = 254
DST_ENDS = 253
LAST_DAY = 254
SECOND_LAST_DAY = 253
DST_MONTHS = (DST_BEGINS, DST_ENDS)
FROM_THE_END = {LAST_DAY: 0, SECOND_LAST_DAY: 1}
YEARS = (2000, 2099)
"""The years that a meter's clock can show."""

MONTHS = tuple(calendar.month_name)[1:]
"""January to December, in English: the words of the program, not of the system's language."""

_DAY_NAMES = dict(WEEKDAYS)
_ENDS = {LAST_DAY: "last", SECOND_LAST_DAY: "second last"}
_CHANGES = {DST_BEGINS: "the day daylight saving begins", DST_ENDS: "the day daylight saving ends"}
_LEAP_YEAR = 2028
_ORDINALS = {1: "first", 8: "second", 15: "third", 22: "fourth"}


class CosemDate(msgspec.Struct, frozen=True):
    """A date or a pattern of dates. The default is every day."""

    year: int = EVERY_YEAR
    month: int = EVERY
    day: int = EVERY
    weekday: int = EVERY


class DstRule(msgspec.Struct, frozen=True):
    """When daylight saving begins and ends, each year."""

    begins: CosemDate
    ends: CosemDate


EUROPEAN = DstRule(CosemDate(month=3, day=LAST_DAY, weekday=7), CosemDate(month=10, day=LAST_DAY, weekday=7))
"""Last Sunday of March to last Sunday of October."""


def matches(pattern: CosemDate, on: date, dst: DstRule | None = None) -> bool:
    """Is `on` one of the pattern's days? Without a rule of daylight saving its changes never come."""
    if pattern.month in DST_MONTHS:
        if pattern.year not in (EVERY_YEAR, on.year) or dst is None:
            return False
        change = dst.begins if pattern.month == DST_BEGINS else dst.ends
        return change.month not in DST_MONTHS and matches(change, on)
    if pattern.weekday == EVERY:
        return _is_day(pattern, on)
    if on.isoweekday() != pattern.weekday:
        return False
    if pattern.day == EVERY:
        return _is_day(pattern, on)
    if pattern.day in FROM_THE_END:
        return _in_month(pattern, on) and _weeks_left(on) == FROM_THE_END[pattern.day]
    # Within the seven days from the named one there is exactly one such weekday.
    reach = (on - timedelta(days=back) for back in range(min(7, on.toordinal())))
    return any(_is_day(pattern, start) for start in reach)


def dates_in(pattern: CosemDate, year: int, dst: DstRule | None = None) -> tuple[date, ...]:
    """The pattern's days in a year, in order."""
    first = date(year, 1, 1).toordinal()
    length = 366 if calendar.isleap(year) else 365
    days = (date.fromordinal(first + offset) for offset in range(length))
    return tuple(day for day in days if matches(pattern, day, dst))


def words(pattern: CosemDate) -> str:
    """The pattern as a person says it: 'last Sunday of March, every year', '24 December 2026'."""
    day = _day_words(pattern)
    if pattern.year != EVERY_YEAR:
        exact = pattern.month in range(1, 13) and pattern.day in range(1, 32) and pattern.weekday == EVERY
        return f"{day} {pattern.year}" if exact else f"{day}, {pattern.year}"
    return day if day in ("every day", f"every {_weekday(pattern)}") else f"{day}, every year"


def fault(pattern: CosemDate) -> str:
    """Why no day can ever be meant, in words; empty for a date that comes."""
    year, month, day, weekday = pattern.year, pattern.month, pattern.day, pattern.weekday
    if year != EVERY_YEAR and not YEARS[0] <= year <= YEARS[1]:
        return f"the year {year} is not {YEARS[0]} to {YEARS[1]}"
    if month not in (EVERY, *DST_MONTHS) and not 1 <= month <= 12:
        return f"there is no month {month}"
    if day not in (EVERY, *FROM_THE_END) and not 1 <= day <= 31:
        return f"there is no day {day} of a month"
    if weekday != EVERY and not 1 <= weekday <= 7:
        return f"there is no weekday {weekday}"
    if 1 <= month <= 12 and 1 <= day <= 31:
        longest = calendar.monthrange(year if year != EVERY_YEAR else _LEAP_YEAR, month)[1]
        if day > longest:
            return f"{MONTHS[month - 1]} has no day {day}" + ("" if year == EVERY_YEAR else f" in {year}")
    return ""


def covers(wide: CosemDate, narrow: CosemDate) -> bool:
    """Is every day of `narrow` plainly a day of `wide` too?"""
    if wide.month in DST_MONTHS or narrow.month in DST_MONTHS:
        return wide == narrow or wide == CosemDate()
    if wide.weekday != EVERY and (wide.weekday != narrow.weekday or wide.day != narrow.day):
        return wide == CosemDate(weekday=narrow.weekday)
    if wide.weekday == EVERY and narrow.weekday != EVERY and wide.day != EVERY:
        return False
    rolls_over = narrow.weekday != EVERY and narrow.day in range(1, 32)
    if rolls_over and wide.weekday == EVERY and (wide.month != EVERY or wide.year != EVERY_YEAR):
        return False
    pairs = ((wide.year, narrow.year, EVERY_YEAR), (wide.month, narrow.month, EVERY), (wide.day, narrow.day, EVERY))
    return all(theirs in (mine, any_) or theirs == mine for theirs, mine, any_ in pairs)


def _is_day(pattern: CosemDate, on: date) -> bool:
    """By year, month and day alone."""
    if not _in_month(pattern, on):
        return False
    if pattern.day in FROM_THE_END:
        return on.day == calendar.monthrange(on.year, on.month)[1] - FROM_THE_END[pattern.day]
    return pattern.day in (EVERY, on.day)


def _in_month(pattern: CosemDate, on: date) -> bool:
    return pattern.year in (EVERY_YEAR, on.year) and pattern.month in (EVERY, on.month)


def _weeks_left(on: date) -> int:
    """How many days of the same weekday follow in the month."""
    return (calendar.monthrange(on.year, on.month)[1] - on.day) // 7


def _weekday(pattern: CosemDate) -> str:
    return _DAY_NAMES.get(pattern.weekday, f"weekday {pattern.weekday}")


def _day_words(pattern: CosemDate) -> str:
    if pattern.month in _CHANGES:
        return _CHANGES[pattern.month]
    day, month = pattern.day, pattern.month
    known = MONTHS[month - 1] if 1 <= month <= 12 else f"month {month}"
    where = "each month" if month == EVERY else known
    if pattern.weekday != EVERY:
        name = _weekday(pattern)
        if day == EVERY:
            return f"every {name}" if month == EVERY else f"every {name} in {where}"
        if day in _ENDS:
            return f"{_ENDS[day]} {name} of {where}"
        if day in _ORDINALS:
            return f"{_ORDINALS[day]} {name} of {where}"
        return f"first {name} from day {day} of {where}" if month == EVERY else f"first {name} from {day} {where}"
    if day == EVERY:
        return "every day" if month == EVERY else f"every day of {where}"
    if day in _ENDS:
        return f"{_ENDS[day]} day of {where}"
    return f"day {day} of {where}" if month == EVERY else f"{day} {where}"
