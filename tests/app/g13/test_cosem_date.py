"""Dates with wildcards mean the days that a person would name, and are told in a person's words."""

from __future__ import annotations

from datetime import date

import pytest

from app.vendors.g13.meter.cosem_date import (
    DST_BEGINS,
    DST_ENDS,
    EUROPEAN,
    LAST_DAY,
    SECOND_LAST_DAY,
    CosemDate,
    covers,
    dates_in,
    fault,
    matches,
    words,
)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (CosemDate(), "every day"),
        (CosemDate(month=10, day=LAST_DAY), "last day of October, every year"),
        (CosemDate(month=10, day=SECOND_LAST_DAY), "second last day of October, every year"),
        (CosemDate(month=3, day=LAST_DAY, weekday=7), "last Sunday of March, every year"),
        (CosemDate(month=3, day=22, weekday=7), "fourth Sunday of March, every year"),
        (CosemDate(month=5, day=2, weekday=1), "first Monday from 2 May, every year"),
        (CosemDate(2026, 12, 24), "24 December 2026"),
        (CosemDate(2026, 12), "every day of December, 2026"),
        (CosemDate(month=12, day=24), "24 December, every year"),
        (CosemDate(day=1), "day 1 of each month, every year"),
        (CosemDate(weekday=7), "every Sunday"),
        (CosemDate(month=7, weekday=7), "every Sunday in July, every year"),
        (CosemDate(month=DST_BEGINS), "the day daylight saving begins, every year"),
        (CosemDate(2027, DST_ENDS), "the day daylight saving ends, 2027"),
        (CosemDate(month=77, day=1), "1 month 77, every year"),
        (CosemDate(1989, 11, LAST_DAY, 4), "last Thursday of November, 1989"),
    ],
)
def test_a_date_is_told_in_words(pattern: CosemDate, said: str) -> None:
    assert words(pattern) == said


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        (CosemDate(2026, 12, 24), [date(2026, 12, 24)]),
        (CosemDate(2025, 12, 24), []),
        (CosemDate(month=2, day=LAST_DAY), [date(2026, 2, 28)]),
        (CosemDate(month=2, day=SECOND_LAST_DAY), [date(2026, 2, 27)]),
        (CosemDate(month=2, day=29), []),
        (CosemDate(month=3, day=LAST_DAY, weekday=7), [date(2026, 3, 29)]),
        (CosemDate(month=3, day=SECOND_LAST_DAY, weekday=7), [date(2026, 3, 22)]),
        (CosemDate(month=3, day=1, weekday=7), [date(2026, 3, 1)]),
        (CosemDate(month=3, day=22, weekday=7), [date(2026, 3, 22)]),
        # From 30 April the next Monday is in May.
        (CosemDate(month=4, day=30, weekday=1), [date(2026, 5, 4)]),
        (CosemDate(month=2, weekday=7), [date(2026, 2, d) for d in (1, 8, 15, 22)]),
        (CosemDate(month=DST_BEGINS), [date(2026, 3, 29)]),
        (CosemDate(month=DST_ENDS), [date(2026, 10, 25)]),
        (CosemDate(day=1), [date(2026, month, 1) for month in range(1, 13)]),
    ],
)
def test_a_date_means_these_days_of_2026(pattern: CosemDate, days: list[date]) -> None:
    assert list(dates_in(pattern, 2026, EUROPEAN)) == days


def test_every_day_is_every_day_of_a_leap_year_too() -> None:
    assert len(dates_in(CosemDate(), 2028)) == 366
    assert date(2028, 2, 29) in dates_in(CosemDate(month=2, day=LAST_DAY), 2028)


def test_without_a_rule_of_daylight_saving_its_days_never_come() -> None:
    assert not matches(CosemDate(month=DST_BEGINS), date(2026, 3, 29))
    assert not matches(CosemDate(2025, DST_BEGINS), date(2026, 3, 29), EUROPEAN)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (CosemDate(month=2, day=31), "February has no day 31"),
        (CosemDate(2026, 2, 29), "February has no day 29 in 2026"),
        (CosemDate(1989, 11, 3), "the year 1989 is not 2000 to 2099"),
        (CosemDate(month=13, day=1), "there is no month 13"),
        (CosemDate(month=1, day=99), "there is no day 99 of a month"),
        (CosemDate(weekday=8), "there is no weekday 8"),
        (CosemDate(month=2, day=29), ""),
        (CosemDate(month=DST_BEGINS), ""),
    ],
)
def test_a_date_that_never_comes_says_why(pattern: CosemDate, why: str) -> None:
    assert fault(pattern) == why


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (CosemDate(month=12, day=24), CosemDate(2026, 12, 24), True),
        (CosemDate(2026, 12, 24), CosemDate(month=12, day=24), False),
        (CosemDate(month=12), CosemDate(month=12, day=24, weekday=255), True),
        (CosemDate(weekday=7), CosemDate(month=3, day=LAST_DAY, weekday=7), True),
        (CosemDate(month=4), CosemDate(month=4, day=30, weekday=1), False),
        (CosemDate(month=3, day=1), CosemDate(month=3, day=1, weekday=7), False),
        (CosemDate(), CosemDate(month=DST_BEGINS), True),
        (CosemDate(month=3), CosemDate(month=DST_BEGINS), False),
    ],
)
def test_one_date_covers_another(wide: CosemDate, narrow: CosemDate, covered: bool) -> None:
    assert covers(wide, narrow) is covered
    if covered:
        for year in (2026, 2027, 2028):
            assert set(dates_in(narrow, year, EUROPEAN)) <= set(dates_in(wide, year, EUROPEAN))
