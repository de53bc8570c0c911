"""Daylight saving as a rule in words: 'last Sunday of March at 02:00' instead of month 3, day 254, week 7, hour 2.

The manual gives four numbers and no meaning; they are read as COSEM dates are. Month is 1 to 12. Day is 1 to 31, 254
for the last day of the month, 253 for the second last. Week is the day of the week, 1 Monday to 7 Sunday, or 255 for
any. With a day of the week, day 254 is the last such day of the month, 253 the second last, and any other day the first
such day on or after it: day 1 is the first Sunday, day 8 the second. Hour is the clock's own hour at which it is moved;
the clock goes forward an hour at the start and back an hour at the end.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta

import msgspec

from app.vendors.g13.models import Whole

LAST = 254
SECOND_LAST = 253
ANY_WEEKDAY = 255

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = tuple(calendar.month_name[1:])
_WHICH = {1: "first", 8: "second", 15: "third", 22: "fourth", LAST: "last", SECOND_LAST: "second last"}


class Changeover(msgspec.Struct, frozen=True):
    """When the clock is moved, each year: one end of the rule (manual 6.3.41)."""

    month: Whole = 0
    day: Whole = 0
    week: Whole = 0
    hour: Whole = 0

    def meant(self) -> bool:
        """Do the four numbers name a day of every year?"""
        return (
            1 <= self.month <= 12
            and (1 <= self.day <= 31 or self.day in (LAST, SECOND_LAST))
            and (1 <= self.week <= 7 or self.week == ANY_WEEKDAY)
            and 0 <= self.hour <= 23
            and (self.day in (LAST, SECOND_LAST) or self.day <= calendar.monthrange(2023, self.month)[1])
        )

    def words(self) -> str:
        """The rule as one says it; numbers without a meaning as they came."""
        if not self.meant():
            return f"month {self.month}, day {self.day}, week {self.week}, hour {self.hour}"
        return f"{self._day()} at {self.hour:02}:00"

    def _day(self) -> str:
        month = _MONTHS[self.month - 1]
        if self.week == ANY_WEEKDAY:
            which = _WHICH.get(self.day) if self.day in (LAST, SECOND_LAST) else None
            return f"{which} day of {month}" if which else f"{self.day} {month}"
        weekday = _WEEKDAYS[self.week - 1]
        if self.day in _WHICH:
            return f"{_WHICH[self.day]} {weekday} of {month}"
        return f"first {weekday} on or after {self.day} {month}"

    def in_year(self, year: int) -> datetime:
        """The moment in that year, by the clock's own time just before it.

        Raises:
            ValueError: the numbers name no day.
        """
        if not self.meant():
            raise ValueError(self.words())
        return datetime.combine(self._date(year), time(self.hour))

    def _date(self, year: int) -> date:
        if self.day not in (LAST, SECOND_LAST):
            begin = date(year, self.month, self.day)
            ahead = 0 if self.week == ANY_WEEKDAY else (self.week - begin.isoweekday()) % 7
            return begin + timedelta(days=ahead)
        end = date(year, self.month, calendar.monthrange(year, self.month)[1])
        if self.week == ANY_WEEKDAY:
            return end - timedelta(days=LAST - self.day)
        return end - timedelta(days=(end.isoweekday() - self.week) % 7 + 7 * (LAST - self.day))


class Rule(msgspec.Struct, frozen=True):
    """From when to when daylight saving holds. Where summer is around new year, the end comes before the start."""

    start: Changeover
    end: Changeover

    def meant(self) -> bool:
        """Do both ends name a day?"""
        return self.start.meant() and self.end.meant()

    def next_change(self, now: datetime) -> tuple[datetime, bool]:
        """The next moment at which the clock is moved, and whether forward.

        Raises:
            ValueError: an end of the rule names no day.
        """
        ahead = [
            (moment, forward)
            for year in (now.year, now.year + 1)
            for moment, forward in ((self.start.in_year(year), True), (self.end.in_year(year), False))
            if moment > now
        ]
        return min(ahead)

    def holds(self, now: datetime) -> bool:
        """Is it summer time at this moment of the clock?

        Raises:
            ValueError: an end of the rule names no day.
        """
        start, end = self.start.in_year(now.year), self.end.in_year(now.year)
        return start <= now < end if start <= end else not end <= now < start


USUAL = Rule(Changeover(3, LAST, 7, 2), Changeover(10, LAST, 7, 3))
"""Central Europe's: what the form proposes while a meter has no rule."""
