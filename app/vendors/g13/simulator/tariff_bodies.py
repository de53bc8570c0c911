"""Reads what is sent to a simulated meter's tariff calendar, as strictly as the device does: tags, types and ranges."""

from __future__ import annotations

import re

from app.vendors.g13.meter.cosem_date import DST_MONTHS, EVERY, EVERY_YEAR, FROM_THE_END, YEARS, CosemDate, fault
from app.vendors.g13.meter.tariff_calendar import DateReply, SeasonProfileReply, SpecialDayReply, WeekProfileReply
from app.vendors.g13.meter.tariff_models import MAX_NAME, MAX_POINTS, MAX_PROFILES, MAX_SPECIAL_DAYS, MAX_WEEKS
from app.vendors.g13.simulator.refusal import check_tags, invalid, text_of, whole_number

Actions = tuple[tuple[int, str], ...]
"""Pairs of action and time."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LAST_ACTION = 12
_DAYS_OF_A_WEEK = 7
_OLDEST_YEAR = 1900


def read_day(body: object) -> tuple[int, Actions]:
    """A day profile 1 to 16 with up to 30 actions 1 to 12 at times HH:MM (manual 6.3.84)."""
    sent = check_tags(body, ("actions", "profile"))
    number = whole_number(sent["profile"], 1, MAX_PROFILES, "profile")
    actions = sent["actions"]
    if not isinstance(actions, list) or not 1 <= len(actions) <= MAX_POINTS:
        raise invalid("actions")
    return number, tuple(sorted((_action(action) for action in actions), key=lambda pair: (pair[1], pair[0])))


def _action(value: object) -> tuple[int, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise invalid("actions")
    action, start = value
    if not isinstance(start, str) or not _TIME.fullmatch(start):
        raise invalid("actions")
    return whole_number(action, 1, _LAST_ACTION, "actions"), start


def read_weeks(body: object) -> tuple[WeekProfileReply, ...]:
    """Up to 4 week profiles of seven day profiles each (manual 6.3.86)."""
    weeks = tuple(_week(week) for week in _entries(body, "weekprofiles", MAX_WEEKS))
    if len({week.profile for week in weeks}) < len(weeks):
        raise invalid("profile")
    return weeks


def _week(value: object) -> WeekProfileReply:
    sent = check_tags(value, ("profile", "dayid"))
    days = sent["dayid"]
    if not isinstance(days, list) or len(days) != _DAYS_OF_A_WEEK:
        raise invalid("dayid")
    return WeekProfileReply(
        text_of(sent, "profile", MAX_NAME), tuple(whole_number(day, 0, MAX_PROFILES, "dayid") for day in days)
    )


def read_seasons(body: object) -> tuple[SeasonProfileReply, ...]:
    """All seasons, each with a date of its own (manual 6.3.88)."""
    seasons = tuple(_season(season) for season in _entries(body, "seasonprofiles", None))
    if len({(season.month, season.day) for season in seasons}) < len(seasons):
        raise invalid("day")
    if len({season.profile for season in seasons}) < len(seasons):
        raise invalid("profile")
    return seasons


def _season(value: object) -> SeasonProfileReply:
    sent = check_tags(value, ("day", "month", "profile", "weekprofile"))
    month, day = _part(sent["month"], "month", 12, DST_MONTHS), _part(sent["day"], "day", 31, (*FROM_THE_END, EVERY))
    if (day == EVERY and month not in DST_MONTHS) or fault(CosemDate(month=month, day=day)):
        raise invalid("day")
    return SeasonProfileReply(text_of(sent, "profile", MAX_NAME), month, day, text_of(sent, "weekprofile", MAX_NAME))


def read_special_day(body: object) -> SpecialDayReply:
    """One special day (manual 6.3.90)."""
    sent = check_tags(body, ("profile", "dayprofile", "date"))
    number = whole_number(sent["profile"], 1, MAX_SPECIAL_DAYS, "profile")
    profile = whole_number(sent["dayprofile"], 0, MAX_PROFILES, "dayprofile")
    if not isinstance(sent["date"], dict):
        raise invalid("date")
    parts = check_tags(sent["date"], ("year", "month", "week", "day"))
    year = parts["year"]
    if year != EVERY_YEAR:
        whole_number(year, _OLDEST_YEAR, YEARS[1], "date")
    when = DateReply(
        year,
        _part(parts["month"], "date", 12, (EVERY, *DST_MONTHS)),
        _part(parts["day"], "date", 31, (EVERY, *FROM_THE_END)),
        _part(parts["week"], "date", 7, (EVERY,)),
    )
    if fault(CosemDate(month=when.month, day=when.day)):
        raise invalid("date")
    return SpecialDayReply(number, profile, when)


def _part(value: object, tag: str, last: int, also: tuple[int, ...]) -> int:
    """A part of a date: 1 to `last`, or one of the numbers with a meaning of their own."""
    number = whole_number(value, 1, 255, tag)
    if number > last and number not in also:
        raise invalid(tag)
    return number


def _entries(body: object, tag: str, most: int | None) -> list[object]:
    entries = check_tags(body, (tag,))[tag]
    if not isinstance(entries, list) or (most is not None and len(entries) > most):
        raise invalid(tag)
    return entries
