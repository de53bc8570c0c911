"""The requests that turn one tariff calendar into another, in an order that never leaves a dangling reference.

Day profiles go one by one and first, then weeks and seasons, each list as a whole, then special days one by one.
When week profiles are renamed or replaced, weeks and seasons pass through lists in between that fit each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import msgspec

from app.model.section import Step
from app.vendors.g13.client import encode, meter_path
from app.vendors.g13.meter.tariff_models import (
    MAX_WEEKS,
    Season,
    SpecialDay,
    TariffCalendar,
    Week,
    numbered,
    profiles_of,
)
from app.vendors.g13.tables import MAX_UPDATE_BYTES

Weeks = tuple[Week, ...]
Seasons = tuple[Season, ...]

_MEANWHILE = "meanwhile, so that no season loses its week"


def plan(before: TariffCalendar, after: TariffCalendar, serial: str) -> list[Step]:
    """The smallest set of requests from `before` to `after` (manual 6.3.84 to 6.3.90)."""
    return [
        *_day_steps(before, after, serial),
        *_week_and_season_steps(before, after, serial),
        *_special_day_steps(before, after, serial),
    ]


def too_long(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """Field and words for every step whose body the gateway would not read whole."""
    for step in steps:
        length = len(encode(cast("dict[str, object]", step.body)))
        if length > MAX_UPDATE_BYTES:
            yield (
                step.fields[0],
                f"{step.title}: {length} bytes, the gateway reads {MAX_UPDATE_BYTES}. Use shorter names, or fewer.",
            )


def _day_steps(before: TariffCalendar, after: TariffCalendar, serial: str) -> Iterator[Step]:
    there = profiles_of(before.switch_points)
    path = meter_path(serial, "tariff/dayprofiles")
    for number, points in profiles_of(after.switch_points).items():
        if points and points != there.get(number):
            body = {"actions": [[point.action, point.start] for point in points], "profile": number}
            yield Step(f"Set day profile {number}", "POST", path, body, ("switch_points",))


def _week_and_season_steps(before: TariffCalendar, after: TariffCalendar, serial: str) -> Iterator[Step]:
    now: tuple[Weeks, Seasons] = (before.weeks, before.seasons)
    end = (after.weeks, after.seasons)
    for then in _way(now, end):
        if set(then[0]) != set(now[0]):
            title = "Set the week profiles" if then[0] == end[0] else f"Set week profiles {_MEANWHILE}"
            yield Step(title, "POST", meter_path(serial, "tariff/weekprofiles"), week_body(then[0]), ("weeks",))
        if set(then[1]) != set(now[1]):
            title = "Set the seasons" if then[1] == end[1] else f"Set seasons {_MEANWHILE}"
            path = meter_path(serial, "tariff/seasonprofiles")
            yield Step(title, "POST", path, season_body(then[1]), ("seasons",))
        now = then


def _way(now: tuple[Weeks, Seasons], end: tuple[Weeks, Seasons]) -> list[tuple[Weeks, Seasons]]:
    """The states to pass through, each one list away from the one before."""
    (old_weeks, old_seasons), (weeks, seasons) = now, end
    if _bound(weeks, old_seasons):
        return [(weeks, old_seasons), end]
    if _bound(old_weeks, seasons):
        return [(old_weeks, seasons), end]
    names = {week.name for week in weeks}
    needed = {season.week for season in old_seasons}
    both = (*weeks, *(week for week in old_weeks if week.name in needed - names))
    if len(both) <= MAX_WEEKS and len(encode(week_body(both))) <= MAX_UPDATE_BYTES:
        return [(both, old_seasons), (both, seasons), end]
    return _way_over_a_bridge(now, end)


def _way_over_a_bridge(now: tuple[Weeks, Seasons], end: tuple[Weeks, Seasons]) -> list[tuple[Weeks, Seasons]]:
    """Old and new weeks do not fit side by side: for a moment the seasons share one week that stays."""
    (old_weeks, _), (weeks, seasons) = now, end
    names = {week.name for week in weeks}
    kept = [week for week in old_weeks if week.name in names]
    bridge = min(kept or old_weeks, key=lambda week: len(week.name.encode()))
    staying = {week.name for week in kept} | {bridge.name}
    on_bridge = _moved(seasons, staying, bridge.name)
    if kept:
        return [(old_weeks, on_bridge), (weeks, on_bridge), end]
    some = (bridge, *weeks[: MAX_WEEKS - 1])
    on_new = _moved(seasons, {week.name for week in some[1:]}, weeks[0].name)
    return [(old_weeks, on_bridge), (some, on_bridge), (some, on_new), (weeks, on_new), end]


def _bound(weeks: Weeks, seasons: Seasons) -> bool:
    """Does every season find its week?"""
    return {season.week for season in seasons} <= {week.name for week in weeks}


def _moved(seasons: Seasons, staying: set[str], other: str) -> Seasons:
    return tuple(s if s.week in staying else msgspec.structs.replace(s, week=other) for s in seasons)


def week_body(weeks: Weeks) -> dict[str, object]:
    """All week profiles, as manual 6.3.86 wants them."""
    return {"weekprofiles": [{"profile": week.name, "dayid": list(week.days)} for week in weeks]}


def season_body(seasons: Seasons) -> dict[str, object]:
    """All seasons, as manual 6.3.88 wants them."""
    return {
        "seasonprofiles": [
            {"day": season.day, "month": season.month, "profile": season.name, "weekprofile": season.week}
            for season in seasons
        ]
    }


def special_day_body(day: SpecialDay) -> dict[str, object]:
    """One special day, as manual 6.3.90 wants it."""
    return {
        "profile": day.number,
        "dayprofile": day.day_profile,
        "date": {"year": day.year, "month": day.month, "week": day.weekday, "day": day.day},
    }


def _special_day_steps(before: TariffCalendar, after: TariffCalendar, serial: str) -> Iterator[Step]:
    there = {day.date: day for day in before.special_days}
    path = meter_path(serial, "tariff/specialdayprofiles")
    following = max((day.number for day in before.special_days), default=0) + 1
    for day in numbered(after.special_days):
        known = there.get(day.date)
        if known is not None and known.day_profile == day.day_profile:
            continue
        number = following if known is None else known.number
        following += known is None
        named = msgspec.structs.replace(day, number=number)
        title = f"Add special day {number}" if known is None else f"Set special day {number}"
        yield Step(title, "POST", path, special_day_body(named), ("special_days",))
