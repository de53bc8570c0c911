"""What a tariff calendar consists of: switch points, weeks, seasons, special days (manual 5.1.5, 6.3.83 to 6.3.90)."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from app.model.field import Choice, Field
from app.vendors.g13.meter.cosem_date import (
    DST_BEGINS,
    DST_ENDS,
    EVERY,
    EVERY_YEAR,
    LAST_DAY,
    MONTHS,
    SECOND_LAST_DAY,
    CosemDate,
    words,
)
from app.vendors.g13.tables import WEEKDAYS

MAX_PROFILES = 16
MAX_POINTS = 30
MAX_WEEKS = 4
MAX_SPECIAL_DAYS = 50
MAX_NAME = 30
FIRST_PROFILE = 1
"""The manual numbers day profiles from 1; its own example, and so some meters, from 0."""

NO_ACTION = 0
"""The action of the row that stands for a day profile without any switch point."""

TARIFFS = (1, 2, 3, 4)
OUTPUTS = (1, 2, 3, 4)
_FIRST_OUTPUT_ACTION = 5
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")

_ACTIONS = tuple(Choice(number, f"Tariff {number}") for number in TARIFFS) + tuple(
    Choice(_FIRST_OUTPUT_ACTION + 2 * (output - 1) + off, f"Output {output} {'off' if off else 'on'}")
    for output in OUTPUTS
    for off in (0, 1)
)
ACTION_NUMBERS = frozenset(choice.value for choice in _ACTIONS)
_MONTHS = tuple(Choice(number, name) for number, name in enumerate(MONTHS, start=1))
_CHANGES = (Choice(DST_BEGINS, "DST begins"), Choice(DST_ENDS, "DST ends"))
_DAYS = tuple(Choice(day, str(day)) for day in range(1, 32))
_ENDS = (Choice(LAST_DAY, "last"), Choice(SECOND_LAST_DAY, "second last"))
_YEARS = (Choice(EVERY_YEAR, "every year"),)
_EVERY_MONTH = (Choice(EVERY, "every month"),)
_EVERY_DAY = (Choice(EVERY, "every day"),)
_WEEKDAYS = (Choice(EVERY, "any"), *(Choice(number, name) for number, name in WEEKDAYS))
_SEASON_MONTHS = _MONTHS + _CHANGES
_SEASON_DAYS = _DAYS + _ENDS + (Choice(EVERY, "–"),)
_SPECIAL_MONTHS = _EVERY_MONTH + _MONTHS + _CHANGES
_SPECIAL_DAYS = _EVERY_DAY + _DAYS + _ENDS


class SwitchPoint(msgspec.Struct, frozen=True):
    """From `start` on, on days of this profile: another tariff, or an output on or off."""

    profile: Annotated[int, Field("Day profile", minimum=0, maximum=MAX_PROFILES, manual="6.3.84")]
    start: Annotated[str, Field("Start", help="Hours and minutes, 00:00 to 23:59.", manual="6.3.84")]
    action: Annotated[int, Field("Action", choices=_ACTIONS, suggestions=True, manual="6.3.84")]


_DAY_PROFILE = Field("Day profile", minimum=0, maximum=MAX_PROFILES, manual="6.3.86")


class Week(msgspec.Struct, frozen=True):
    """Which day profile each weekday follows."""

    name: Annotated[str, Field("Name", max_length=MAX_NAME, manual="6.3.86")]
    mon: Annotated[int, Field("Mon", minimum=0, maximum=MAX_PROFILES, help="Day profile of Mondays.", manual="6.3.86")]
    tue: Annotated[int, Field("Tue", minimum=0, maximum=MAX_PROFILES, help="Day profile of Tuesdays.", manual="6.3.86")]
    wed: Annotated[
        int, Field("Wed", minimum=0, maximum=MAX_PROFILES, help="Day profile of Wednesdays.", manual="6.3.86")
    ]
    thu: Annotated[
        int, Field("Thu", minimum=0, maximum=MAX_PROFILES, help="Day profile of Thursdays.", manual="6.3.86")
    ]
    fri: Annotated[int, Field("Fri", minimum=0, maximum=MAX_PROFILES, help="Day profile of Fridays.", manual="6.3.86")]
    sat: Annotated[
        int, Field("Sat", minimum=0, maximum=MAX_PROFILES, help="Day profile of Saturdays.", manual="6.3.86")
    ]
    sun: Annotated[int, Field("Sun", minimum=0, maximum=MAX_PROFILES, help="Day profile of Sundays.", manual="6.3.86")]

    @property
    def days(self) -> tuple[int, ...]:
        """The seven day profiles, Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


DAY_NAMES = tuple(field.name for field in msgspec.structs.fields(Week))[1:]
"""mon to sun, the columns of a week."""


class Season(msgspec.Struct, frozen=True):
    """From this date on, each year, a week profile; until the next season begins."""

    name: Annotated[str, Field("Name", max_length=MAX_NAME, manual="6.3.88")]
    month: Annotated[
        int,
        Field(
            "Begins in",
            choices=_SEASON_MONTHS,
            suggestions=True,
            help="A month, or the day on which daylight saving begins or ends.",
            manual="6.3.88",
        ),
    ]
    day: Annotated[
        int,
        Field(
            "On day",
            choices=_SEASON_DAYS,
            suggestions=True,
            help="Of the month; the day of a change of daylight saving needs none.",
            manual="6.3.88",
        ),
    ]
    week: Annotated[str, Field("Week profile", max_length=MAX_NAME, manual="6.3.88")]

    @property
    def date(self) -> CosemDate:
        """When it begins."""
        return CosemDate(month=self.month, day=self.day)


class SpecialDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day, or a pattern of days, with a day profile of its own, whatever season it is."""

    number: Annotated[int, Field("No.", read_only=True, help="Given by the meter.", manual="6.3.89")] = 0
    year: Annotated[int, Field("Year", choices=_YEARS, suggestions=True, manual="6.3.90")] = EVERY_YEAR
    month: Annotated[int, Field("Month", choices=_SPECIAL_MONTHS, suggestions=True, manual="6.3.90")] = 1
    day: Annotated[int, Field("Day", choices=_SPECIAL_DAYS, suggestions=True, manual="6.3.90")] = 1
    weekday: Annotated[
        int,
        Field(
            "Weekday",
            choices=_WEEKDAYS,
            suggestions=True,
            help="With a day: the first such weekday from that day on, or the last one of the month.",
            manual="6.3.90",
        ),
    ] = EVERY
    day_profile: Annotated[int, _DAY_PROFILE] = FIRST_PROFILE

    @property
    def date(self) -> CosemDate:
        """When it is."""
        return CosemDate(self.year, self.month, self.day, self.weekday)

    @property
    def in_words(self) -> str:
        """When it is, as a person says it."""
        return words(self.date)


class TariffCalendar(msgspec.Struct, frozen=True):
    """The whole calendar, flat: profiles are the switch points of one number, names bind seasons to weeks."""

    switch_points: Annotated[
        tuple[SwitchPoint, ...],
        Field(
            "Day profiles",
            max_rows=(MAX_PROFILES + 1) * MAX_POINTS,
            help="What happens at which time of a day. At most 16 profiles of 30 switch points.",
            manual="5.1.5, 6.3.84",
        ),
    ]
    weeks: Annotated[
        tuple[Week, ...],
        Field(
            "Week profiles",
            max_rows=MAX_WEEKS,
            row_key="name",
            help="Which day profile each weekday follows.",
            manual="5.1.5, 6.3.86",
        ),
    ]
    seasons: Annotated[
        tuple[Season, ...],
        Field(
            "Seasons",
            row_key="name",
            help="Which week profile holds from which date on. The length of one request limits their number.",
            manual="5.1.5, 6.3.88",
        ),
    ]
    special_days: Annotated[
        tuple[SpecialDay, ...],
        Field(
            "Special days",
            max_rows=MAX_SPECIAL_DAYS,
            row_key="number",
            help="Days with a day profile of their own; they win over the season. The first that fits decides.",
            manual="5.1.5, 6.3.90",
        ),
    ]


def minutes_of(start: str) -> int | None:
    """Minutes since midnight of 'HH:MM'; None when it is no time of day."""
    found = _TIME.fullmatch(start)
    return int(found[1]) * 60 + int(found[2]) if found else None


def time_text(minutes: int) -> str:
    """'HH:MM' of minutes since midnight."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def tidy_time(start: str) -> str:
    """'6:00' as '06:00'; what is no time stays as it came."""
    minutes = minutes_of(start.strip())
    return start if minutes is None else time_text(minutes)


def tariff_of(action: int) -> int | None:
    """The tariff that an action switches on, if it is one of those."""
    return action if action in TARIFFS else None


def output_of(action: int) -> tuple[int, bool] | None:
    """The output that an action switches, and whether on; None for other actions."""
    step = action - _FIRST_OUTPUT_ACTION
    return (step // 2 + 1, step % 2 == 0) if 0 <= step < 2 * len(OUTPUTS) else None


def output_action(output: int, on: bool) -> int:
    """The action that switches an output."""
    return _FIRST_OUTPUT_ACTION + 2 * (output - 1) + (not on)


def lane_of(action: int) -> int:
    """What an action is about: 0 the tariff, 1 to 4 that output, −1 neither."""
    output = output_of(action)
    if output is not None:
        return output[0]
    return 0 if action in TARIFFS else -1


def action_words(action: int) -> str:
    """An action in words; an unknown one as it came."""
    return next((choice.label for choice in _ACTIONS if choice.value == action), f"action {action}")


def profiles_of(points: tuple[SwitchPoint, ...]) -> dict[int, tuple[SwitchPoint, ...]]:
    """The switch points by day profile, in order; a profile without any has none."""
    found: dict[int, list[SwitchPoint]] = {}
    for point in points:
        profile = found.setdefault(point.profile, [])
        if point.action != NO_ACTION:
            profile.append(point)
    return {number: tuple(sorted(found[number], key=in_order)) for number in sorted(found)}


def in_order(point: SwitchPoint) -> tuple[int, str, int]:
    """By profile, then time, then action."""
    return (point.profile, point.start, point.action)


def tidy(calendar: TariffCalendar) -> TariffCalendar:
    """The same calendar with its rows in order, times in one form, and new special days numbered."""
    points = tuple(msgspec.structs.replace(point, start=tidy_time(point.start)) for point in calendar.switch_points)
    return TariffCalendar(
        switch_points=tuple(sorted(points, key=in_order)),
        weeks=calendar.weeks,
        seasons=calendar.seasons,
        special_days=numbered(calendar.special_days),
    )


def numbered(days: tuple[SpecialDay, ...]) -> tuple[SpecialDay, ...]:
    """The special days in the meter's order; those without a number of their own get the next ones."""
    taken: set[int] = set()
    known: list[SpecialDay] = []
    new: list[SpecialDay] = []
    for day in days:
        (new if day.number < 1 or day.number in taken else known).append(day)
        taken.add(day.number)
    following = max((day.number for day in known), default=0) + 1
    known.sort(key=lambda day: day.number)
    return (*known, *(msgspec.structs.replace(day, number=following + i) for i, day in enumerate(new)))
