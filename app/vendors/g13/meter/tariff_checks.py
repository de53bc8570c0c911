"""What is wrong with a tariff calendar before it is sent: limits, dangling names, gaps, days that never come.

What the gateway cannot delete must not stop a sending because it came wrong from the meter: such things are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from app.model.section import Problem
from app.vendors.g13.meter.cosem_date import DST_MONTHS, EVERY, EVERY_YEAR, CosemDate, covers, dates_in, fault, words
from app.vendors.g13.meter.tariff_models import (
    ACTION_NUMBERS,
    DAY_NAMES,
    FIRST_PROFILE,
    MAX_POINTS,
    MAX_PROFILES,
    MAX_SPECIAL_DAYS,
    NO_ACTION,
    SwitchPoint,
    TariffCalendar,
    lane_of,
    minutes_of,
    profiles_of,
    tariff_of,
)
from app.vendors.g13.meter.tariff_plan import plan, too_long

_ORDINARY_YEAR = 2027


def problems(calendar: TariffCalendar) -> list[Problem]:
    """Everything that is wrong with the calendar as it stands."""
    known = set(profiles_of(calendar.switch_points))
    return [
        *_point_problems(calendar.switch_points),
        *_profile_problems(calendar.switch_points),
        *_week_problems(calendar, known),
        *_season_problems(calendar),
        *_special_problems(calendar, known),
    ]


def change_problems(before: TariffCalendar, after: TariffCalendar) -> list[Problem]:
    """What the gateway cannot do from here: it deletes neither day profiles nor special days."""
    found = [*_lost_profiles(before, after), *_lost_special_days(before, after), *_new_special_days(before, after)]
    if not found:
        found += [Problem(field, words) for field, words in too_long(plan(before, after, "meter"))]
    return found


def _point_problems(points: tuple[SwitchPoint, ...]) -> Iterator[Problem]:
    seen: dict[tuple[int, str, int], int] = {}
    for index, point in enumerate(points):
        where = f"switch_points[{index}]"
        if point.action == NO_ACTION and not point.start:
            yield Problem(where, f"Day profile {point.profile} has no switch points: it changes nothing.", True)
            continue
        if minutes_of(point.start) is None:
            yield Problem(f"{where}.start", f"Start: '{point.start}' is no time of day, 00:00 to 23:59.")
        if point.action not in ACTION_NUMBERS:
            yield Problem(f"{where}.action", f"Action: {point.action} is none of the twelve; choose one.")
        lane = lane_of(point.action)
        key = (point.profile, point.start, lane)
        if lane >= 0 and key in seen:
            what = "tariffs" if lane == 0 else f"commands for output {lane}"
            yield Problem(f"{where}.start", f"Day profile {point.profile} has two {what} at {point.start}.")
        seen[key] = index


def _profile_problems(points: tuple[SwitchPoint, ...]) -> Iterator[Problem]:
    profiles = profiles_of(points)
    if len(profiles) > MAX_PROFILES:
        yield Problem("switch_points", f"{len(profiles)} day profiles, at most {MAX_PROFILES} are allowed.")
    first = {point.profile: index for index, point in reversed(list(enumerate(points)))}
    for number, own in profiles.items():
        where = f"switch_points[{first[number]}].start"
        if len(own) > MAX_POINTS:
            yield Problem(
                where, f"Day profile {number} has {len(own)} switch points, at most {MAX_POINTS} are allowed."
            )
        tariffs = [point.start for point in own if tariff_of(point.action)]
        if own and not tariffs:
            yield Problem(where, f"Day profile {number} sets no tariff: that of the day before goes on.", True)
        elif tariffs and minutes_of(tariffs[0]) != 0:
            yield Problem(
                where,
                f"Day profile {number} sets no tariff before {tariffs[0]}: until then that of the day before goes on.",
                True,
            )


def _week_problems(calendar: TariffCalendar, known: set[int]) -> Iterator[Problem]:
    names: set[str] = set()
    used = {season.week for season in calendar.seasons}
    for index, week in enumerate(calendar.weeks):
        where = f"weeks[{index}]"
        if not week.name.strip():
            yield Problem(f"{where}.name", f"Week profile {index + 1} needs a name: seasons call it by that.")
        elif week.name in names:
            yield Problem(f"{where}.name", f"Two week profiles are called '{week.name}'.")
        elif week.name not in used:
            yield Problem(f"{where}.name", f"No season uses the week profile '{week.name}'.", True)
        names.add(week.name)
        for column, number in zip(DAY_NAMES, week.days, strict=True):
            if number not in known:
                yield Problem(
                    f"{where}.{column}",
                    f"Week '{week.name}', {column.capitalize()}: there is no day profile {number}.",
                )


def _season_problems(calendar: TariffCalendar) -> Iterator[Problem]:
    if not calendar.seasons:
        yield Problem("seasons", "Without a season no week profile ever holds; only special days do.", True)
    weeks = {week.name for week in calendar.weeks}
    names: set[str] = set()
    starts: dict[date | int, str] = {}
    for index, season in enumerate(calendar.seasons):
        where = f"seasons[{index}]"
        if not season.name.strip():
            yield Problem(f"{where}.name", f"Season {index + 1} needs a name.")
        elif season.name in names:
            yield Problem(f"{where}.name", f"Two seasons are called '{season.name}'.")
        names.add(season.name)
        if season.week not in weeks:
            yield Problem(f"{where}.week", f"Season '{season.name}': there is no week profile '{season.week}'.")
        wrong = _season_fault(season.date)
        if wrong:
            yield Problem(f"{where}.day", f"Season '{season.name}' never begins: {wrong}.")
            continue
        start = _start(season.date)
        if start in starts:
            yield Problem(f"{where}.day", f"Two seasons on one day: '{starts[start]}' and '{season.name}'.")
        elif season.month == 2 and season.day == 29:
            yield Problem(f"{where}.day", f"Season '{season.name}' begins in leap years only.", True)
        starts[start] = season.name


def _season_fault(begins: CosemDate) -> str:
    if begins.month == EVERY:
        return "a season needs a month"
    if begins.month not in DST_MONTHS and begins.day == EVERY:
        return "choose a day of the month"
    return fault(begins)


def _start(begins: CosemDate) -> date | int:
    """What makes two beginnings the same: the day in an ordinary year, or the change of daylight saving."""
    if begins.month in DST_MONTHS:
        return begins.month
    days = dates_in(begins, _ORDINARY_YEAR)
    return days[0] if days else begins.day


def _special_problems(calendar: TariffCalendar, known: set[int]) -> Iterator[Problem]:
    this_year = datetime.now().astimezone().year
    for index, day in enumerate(calendar.special_days):
        where = f"special_days[{index}]"
        named = f"Special day {day.number or index + 1}, {words(day.date)}"
        if day.day_profile not in known:
            yield Problem(f"{where}.day_profile", f"{named}: there is no day profile {day.day_profile}.")
        wrong = fault(day.date)
        if wrong:
            yield Problem(f"{where}.day", f"{named}, never comes: {wrong}.", True)
        elif day.year != EVERY_YEAR and day.year < this_year:
            yield Problem(f"{where}.year", f"{named}, is over and comes no more.", True)
        earlier = next((e for e in calendar.special_days[:index] if covers(e.date, day.date)), None)
        if earlier is not None:
            yield Problem(f"{where}.day", f"{named}, is never reached: special day {earlier.number} comes first.", True)


def _lost_profiles(before: TariffCalendar, after: TariffCalendar) -> Iterator[Problem]:
    there, wanted = profiles_of(before.switch_points), profiles_of(after.switch_points)
    for number in there:
        if number not in wanted:
            yield Problem(
                "switch_points",
                f"Day profile {number} is on the meter and cannot be deleted there. Keep it: where no week and no "
                "special day names it, it does nothing.",
            )
    for number, points in wanted.items():
        first = next(i for i, point in enumerate(after.switch_points) if point.profile == number)
        if points == there.get(number):
            continue
        if not points and number in wanted and there.get(number) != ():
            yield Problem(
                f"switch_points[{first}]",
                f"Day profile {number} cannot be emptied: give it one switch point at least.",
            )
        elif number < FIRST_PROFILE:
            yield Problem(
                f"switch_points[{first}].profile",
                f"Day profile {number} can only be read: the gateway writes {FIRST_PROFILE} to {MAX_PROFILES}. "
                "Copy it to another number.",
            )


def _lost_special_days(before: TariffCalendar, after: TariffCalendar) -> Iterator[Problem]:
    kept = {day.date for day in after.special_days}
    places = {day.number: index for index, day in enumerate(after.special_days)}
    for day in before.special_days:
        if day.date not in kept:
            index = places.get(day.number)
            done = "deleted" if index is None else "moved to another date"
            yield Problem(
                "special_days" if index is None else f"special_days[{index}].day",
                f"Special day {day.number}, {words(day.date)}, cannot be {done}: the meter keeps it. Give it the day "
                "profile that this day has anyway" + ("." if index is None else ", and add the new date as a new row."),
            )


def _new_special_days(before: TariffCalendar, after: TariffCalendar) -> Iterator[Problem]:
    there = {day.date for day in before.special_days}
    seen: set[CosemDate] = set()
    for index, day in enumerate(after.special_days):
        where = f"special_days[{index}].day"
        if day.date in seen and not _twice(before, day.date):
            yield Problem(where, f"Two special days on {words(day.date)}: the meter would keep the last one only.")
        elif day.date not in there and fault(day.date):
            yield Problem(where, f"This special day would never come: {fault(day.date)}.")
        seen.add(day.date)
    total = len(there | {day.date for day in after.special_days})
    if total > MAX_SPECIAL_DAYS:
        yield Problem(
            "special_days", f"{total} special days with those on the meter, at most {MAX_SPECIAL_DAYS} are allowed."
        )


def _twice(before: TariffCalendar, when: CosemDate) -> bool:
    """Does the meter itself have a date twice?"""
    return sum(day.date == when for day in before.special_days) > 1
