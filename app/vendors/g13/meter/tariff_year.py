"""What a tariff calendar comes to: which day profile a date follows and why, and the tariff at any moment.

Where the manual is silent: the first special day that fits wins over the season; a season lasts from its date until
the next begins, over the turn of the year too; before the first switch point of a day everything stays as it was on
the day before, because a switch point is an action and no state.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from app.vendors.g13.meter.cosem_date import EUROPEAN, MONTHS, DstRule, dates_in
from app.vendors.g13.meter.tariff_models import (
    Season,
    SwitchPoint,
    TariffCalendar,
    lane_of,
    minutes_of,
    output_of,
    profiles_of,
    tariff_of,
)

_FARTHEST_DAYS = 366
"""How far back the last switching is looked for."""


class Rule(Enum):
    """What decides which day profile a date follows."""

    SPECIAL_DAY = "special day"
    SEASON = "season"
    NONE = "nothing"


@dataclass(frozen=True)
class DayResult:
    """The day profile of a date, None where nothing names one, and what decides: special day n, or season and week."""

    date: date
    rule: Rule
    profile: int | None = None
    special_day: int = 0
    season: str = ""
    week: str = ""
    season_number: int = 0
    begins: bool = False
    """A season begins on this day."""

    def reason(self) -> str:
        """'by special day 3 (day profile 4)'."""
        profile = "no day profile" if self.profile is None else f"day profile {self.profile}"
        if self.rule is Rule.SPECIAL_DAY:
            return f"by special day {self.special_day} ({profile})"
        if self.rule is Rule.SEASON:
            return f"by season {self.season}, week {self.week} ({profile})"
        return "no special day and no season decides"


@dataclass(frozen=True)
class Stretch:
    """From minute to minute of a day the same; `value` None is: as it was on the day before."""

    start: int
    end: int
    value: int | None


class Resolved:
    """A calendar worked out. `dst` is the meter's rule of daylight saving, for dates that follow it."""

    def __init__(self, tariffs: TariffCalendar, dst: DstRule | None = EUROPEAN) -> None:
        self._calendar = tariffs
        self._dst = dst
        self._weeks = {week.name: week for week in tariffs.weeks}
        self._years: dict[int, tuple[DayResult, ...]] = {}
        self._starts: dict[int, list[tuple[date, int, Season]]] = {}
        self.profiles = profiles_of(tariffs.switch_points)

    def year(self, year: int) -> tuple[DayResult, ...]:
        """Every day of a year, in order."""
        if year not in self._years:
            self._years[year] = self._worked_out(year)
        return self._years[year]

    def day(self, on: date) -> DayResult:
        """Which day profile a date follows, and why."""
        return self.year(on.year)[on.timetuple().tm_yday - 1]

    def tariff(self, moment: datetime) -> tuple[int | None, bool]:
        """The tariff at a moment, and whether it is still that of an earlier day; None where none was ever set."""
        return self._lane(0, moment)

    def output(self, output: int, moment: datetime) -> bool | None:
        """Whether the calendar has an output on at a moment; None where it never switches it."""
        value, _ = self._lane(output, moment)
        return None if value is None else bool(value)

    def sentence(self, moment: datetime) -> str:
        """'On 24 December 2026 at 18:30: tariff 2, by special day 3 (day profile 4)'."""
        on = f"On {moment.day} {MONTHS[moment.month - 1]} {moment.year} at {moment:%H:%M}"
        return f"{on}: {self.verdict(moment)}"

    def verdict(self, moment: datetime) -> str:
        """'tariff 2, by special day 3 (day profile 4)'."""
        tariff, carried = self.tariff(moment)
        said = "no tariff is set" if tariff is None else f"tariff {tariff}"
        if tariff is not None and carried:
            said += " still, from an earlier day"
        return f"{said}, {self.day(moment.date()).reason()}"

    def _lane(self, lane: int, moment: datetime) -> tuple[int | None, bool]:
        minute = moment.hour * 60 + moment.minute
        for back in range(_FARTHEST_DAYS + 1):
            result = self.day(moment.date() - timedelta(days=back))
            points = self.profiles.get(result.profile, ()) if result.profile is not None else ()
            done = [p for p in points if lane_of(p.action) == lane and (minutes_of(p.start) or 0) <= minute]
            if done:
                return _value(done[-1]), back > 0
            minute = 24 * 60
        return None, False

    def _worked_out(self, year: int) -> tuple[DayResult, ...]:
        special: dict[date, tuple[int, int]] = {}
        for day in self._calendar.special_days:
            for on in dates_in(day.date, year, self._dst):
                special.setdefault(on, (day.number, day.day_profile))
        begun: tuple[int, Season] | None = None
        for start in self._season_starts(year - 1):
            begun = start[1:]
        starts = {start[0]: start[1:] for start in self._season_starts(year)}
        results = []
        first = date(year, 1, 1)
        for offset in range(366 if calendar.isleap(year) else 365):
            on = first + timedelta(days=offset)
            begun = starts.get(on, begun)
            results.append(self._result(on, special.get(on), begun, begins=on in starts))
        return tuple(results)

    def _result(
        self, on: date, special: tuple[int, int] | None, season: tuple[int, Season] | None, *, begins: bool
    ) -> DayResult:
        if special is not None:
            return DayResult(on, Rule.SPECIAL_DAY, special[1], special[0], begins=begins)
        if season is None:
            return DayResult(on, Rule.NONE)
        number, named = season
        week = self._weeks.get(named.week)
        profile = None if week is None else week.days[on.weekday()]
        return DayResult(
            on, Rule.SEASON, profile, season=named.name, week=named.week, season_number=number, begins=begins
        )

    def _season_starts(self, year: int) -> list[tuple[date, int, Season]]:
        """The dates on which seasons begin, in order."""
        if year not in self._starts:
            found = [
                (on, number, season)
                for number, season in enumerate(self._calendar.seasons, start=1)
                for on in dates_in(season.date, year, self._dst)
            ]
            self._starts[year] = sorted(found, key=lambda start: start[:2])
        return self._starts[year]


def stretches(points: tuple[SwitchPoint, ...], lane: int = 0) -> tuple[Stretch, ...]:
    """A day profile's tariffs (lane 0), or the states of an output (1 to 4), from midnight to midnight."""
    timed = [(minutes_of(p.start), _value(p)) for p in points if lane_of(p.action) == lane]
    marks = sorted((minute, value) for minute, value in timed if minute is not None)
    found: list[Stretch] = []
    at, value = 0, None
    for minute, then in marks:
        if minute > at:
            found.append(Stretch(at, minute, value))
        at, value = minute, then
    found.append(Stretch(at, 24 * 60, value))
    return tuple(found)


def _value(point: SwitchPoint) -> int:
    output = output_of(point.action)
    return int(output[1]) if output is not None else tariff_of(point.action) or 0
