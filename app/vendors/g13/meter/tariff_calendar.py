"""The tariff calendar: days, weeks, seasons, special days (manual 5.1.5, 6.3.83 to 6.3.90)."""

from __future__ import annotations

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.section import AnySection, Scope, Section
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.cosem_date import EVERY, EVERY_YEAR
from app.vendors.g13.meter.tariff_checks import change_problems, problems
from app.vendors.g13.meter.tariff_models import (
    MAX_PROFILES,
    MAX_SPECIAL_DAYS,
    MAX_WEEKS,
    NO_ACTION,
    Season,
    SpecialDay,
    SwitchPoint,
    TariffCalendar,
    Week,
    numbered,
    profiles_of,
    tidy,
    tidy_time,
)
from app.vendors.g13.meter.tariff_plan import plan
from app.vendors.g13.models import Whole

_DAYS_OF_A_WEEK = 7


class DayProfileReply(msgspec.Struct, frozen=True):
    """One day profile: pairs of action and time."""

    profile: Whole = 0
    actions: tuple[tuple[Whole, str], ...] = ()


class DayProfilesReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/tariff/dayprofiles (manual 6.3.83)."""

    dayprofiles: tuple[DayProfileReply, ...] = ()

    def points(self) -> tuple[SwitchPoint, ...]:
        """All switch points; a profile without any is a row that does nothing."""
        return tuple(
            SwitchPoint(day.profile, tidy_time(start), action)
            for day in self.dayprofiles
            for action, start in (day.actions or ((NO_ACTION, ""),))
        )


class WeekProfileReply(msgspec.Struct, frozen=True):
    """One week profile: seven day profiles, Monday first."""

    profile: str = ""
    dayid: tuple[Whole, ...] = ()


class WeekProfilesReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/tariff/weekprofiles (manual 6.3.85)."""

    weekprofiles: tuple[WeekProfileReply, ...] = ()

    def weeks(self) -> tuple[Week, ...]:
        """The weeks; a day that is missing has profile 0."""
        missing = (0,) * _DAYS_OF_A_WEEK
        return tuple(Week(week.profile, *(*week.dayid, *missing)[:_DAYS_OF_A_WEEK]) for week in self.weekprofiles)


class SeasonProfileReply(msgspec.Struct, frozen=True):
    """One season."""

    profile: str = ""
    month: Whole = EVERY
    day: Whole = EVERY
    weekprofile: str = ""


class SeasonProfilesReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/tariff/seasonprofiles (manual 6.3.87)."""

    seasonprofiles: tuple[SeasonProfileReply, ...] = ()

    def seasons(self) -> tuple[Season, ...]:
        """The seasons in the meter's order."""
        return tuple(Season(s.profile, s.month, s.day, s.weekprofile) for s in self.seasonprofiles)


class DateReply(msgspec.Struct, frozen=True):
    """A COSEM date; `week` is the day of the week."""

    year: Whole = EVERY_YEAR
    month: Whole = EVERY
    day: Whole = EVERY
    week: Whole = EVERY


class SpecialDayReply(msgspec.Struct, frozen=True):
    """One special day."""

    profile: Whole = 0
    dayprofile: Whole = 0
    date: DateReply = DateReply()


class SpecialDaysReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/tariff/specialdayprofiles (manual 6.3.89)."""

    specialdayprofiles: tuple[SpecialDayReply, ...] = ()

    def days(self) -> tuple[SpecialDay, ...]:
        """The special days in the order of their numbers."""
        return numbered(
            tuple(
                SpecialDay(
                    number=day.profile,
                    year=day.date.year,
                    month=day.date.month,
                    day=day.date.day,
                    weekday=day.date.week,
                    day_profile=day.dayprofile,
                )
                for day in self.specialdayprofiles
            )
        )


async def _read(client: G13Client, serial: str) -> TariffCalendar:
    days = await client.get(meter_path(serial, "tariff/dayprofiles"), DayProfilesReply)
    weeks = await client.get(meter_path(serial, "tariff/weekprofiles"), WeekProfilesReply)
    seasons = await client.get(meter_path(serial, "tariff/seasonprofiles"), SeasonProfilesReply)
    special = await client.get(meter_path(serial, "tariff/specialdayprofiles"), SpecialDaysReply)
    return tidy(TariffCalendar(days.points(), weeks.weeks(), seasons.seasons(), special.days()))


def _summary(calendar: TariffCalendar) -> str:
    seasons = len(calendar.seasons)
    return (
        f"{len(profiles_of(calendar.switch_points))} of {MAX_PROFILES} day profiles, "
        f"{len(calendar.weeks)} of {MAX_WEEKS} weeks, {seasons} {'season' if seasons == 1 else 'seasons'}, "
        f"{len(calendar.special_days)} of {MAX_SPECIAL_DAYS} special days"
    )


_TAGS = {
    "actions": "switch_points",
    "dayprofiles": "switch_points",
    "weekprofiles": "weeks",
    "dayid": "weeks",
    "seasonprofiles": "seasons",
    "weekprofile": "seasons",
    "month": "seasons",
    "day": "seasons",
    "specialdayprofiles": "special_days",
    "dayprofile": "special_days",
    "date": "special_days",
}

CALENDAR = Section(
    key="g13.calendar",
    title="Tariff calendar",
    model=TariffCalendar,
    read=_read,
    plan=plan,
    problems=problems,
    change_problems=change_problems,
    normalise=tidy,
    summary=_summary,
    tags=_TAGS,
    scope=Scope.METER,
    group="Settings",
    icon="calendar",
    help="Which tariff holds when. It decides while the tariff source is the meter's clock.",
    manual="5.1.5, 6.3.83 to 6.3.90",
    needs_read=("read TARIFF_CALENDAR_CONFIG", "read TARIFF_SPECIAL_DAYS_CONFIG"),
    needs_write=("configure TARIFF_CALENDAR_CONFIG", "configure TARIFF_SPECIAL_DAYS_CONFIG"),
    resources=(
        "GET /meters/<serial>/tariff/dayprofiles",
        "POST /meters/<serial>/tariff/dayprofiles",
        "GET /meters/<serial>/tariff/weekprofiles",
        "POST /meters/<serial>/tariff/weekprofiles",
        "GET /meters/<serial>/tariff/seasonprofiles",
        "POST /meters/<serial>/tariff/seasonprofiles",
        "GET /meters/<serial>/tariff/specialdayprofiles",
        "POST /meters/<serial>/tariff/specialdayprofiles",
    ),
)

SECTIONS: tuple[AnySection, ...] = (CALENDAR,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
