"""A simulated meter's tariff calendar: day, week and season profiles, special days (manual 6.3.83 to 6.3.90)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.vendors.g13.meter.cosem_date import CosemDate, DstRule
from app.vendors.g13.meter.tariff_calendar import (
    DateReply,
    SeasonProfileReply,
    SeasonProfilesReply,
    SpecialDayReply,
    SpecialDaysReply,
    WeekProfileReply,
    WeekProfilesReply,
)
from app.vendors.g13.meter.tariff_models import MAX_SPECIAL_DAYS, SwitchPoint, TariffCalendar
from app.vendors.g13.meter.tariff_year import Resolved
from app.vendors.g13.simulator.calls import Answer, Reply, Resource, of_meter, resource, to_meter
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal, invalid
from app.vendors.g13.simulator.settings import Changeover
from app.vendors.g13.simulator.tariff_bodies import (
    Actions,
    read_day,
    read_seasons,
    read_special_day,
    read_weeks,
)

_DAYS: dict[int, Actions] = {
    1: ((2, "00:00"), (1, "06:00"), (2, "22:00")),
    2: ((2, "00:00"),),
    3: (
        (2, "00:00"),
        (1, "06:00"),
        (3, "07:00"),
        (1, "11:00"),
        (3, "17:00"),
        (5, "17:00"),
        (1, "20:00"),
        (6, "20:00"),
        (2, "22:00"),
    ),
    4: ((2, "00:00"), (1, "09:00"), (2, "20:00")),
}
_WEEKS = (
    WeekProfileReply("Summer week", (1, 1, 1, 1, 1, 2, 2)),
    WeekProfileReply("Winter week", (3, 3, 3, 3, 3, 4, 4)),
)
_SEASONS = (
    SeasonProfileReply("Summer", 4, 1, "Summer week"),
    SeasonProfileReply("Winter", 10, 254, "Winter week"),
)
_SPECIAL_DAYS = (
    SpecialDayReply(1, 4, DateReply(month=1, day=1)),
    SpecialDayReply(2, 2, DateReply(month=5, day=1)),
    SpecialDayReply(3, 4, DateReply(month=12, day=24)),
    SpecialDayReply(4, 4, DateReply(month=12, day=25)),
    SpecialDayReply(5, 4, DateReply(month=12, day=26)),
    SpecialDayReply(6, 2, DateReply(month=8, day=254, week=1)),
)


class Calendar:
    """A meter's calendar as it stands, and which tariff, day profile and season a moment belongs to.

    `gives_up_after` makes the next list break off after so many of its entries, as when the bus fails in the middle.
    """

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self.days: dict[int, Actions] = dict(_DAYS)
        self.weeks: tuple[WeekProfileReply, ...] = _WEEKS
        self.seasons: tuple[SeasonProfileReply, ...] = _SEASONS
        self.special_days: tuple[SpecialDayReply, ...] = _SPECIAL_DAYS
        self.gives_up_after: int | None = None
        self._resolved: tuple[object, Resolved] | None = None

    def tariff_at(self, moment: datetime) -> int:
        """The tariff, 1 to 4, that the calendar makes active at a moment of the meter's clock; 1 where none is set."""
        return self._worked_out().tariff(moment)[0] or 1

    def day_and_season(self, moment: datetime) -> tuple[int, int]:
        """Day profile and number of the season, from 1, of a moment of the meter's clock; 0 where none holds."""
        result = self._worked_out().day(moment.date())
        return result.profile or 0, result.season_number

    def set_day(self, day: tuple[int, Actions]) -> None:
        """Replace or add one day profile."""
        self._meter.require("configure TARIFF_CALENDAR_CONFIG")
        self.days = dict(sorted({**self.days, day[0]: day[1]}.items()))

    def set_weeks(self, weeks: tuple[WeekProfileReply, ...]) -> None:
        """Replace all weeks; each day must exist, and every season must find its week among them."""
        self._meter.require("configure TARIFF_CALENDAR_CONFIG")
        if any(number not in self.days for week in weeks for number in week.dayid):
            raise invalid("dayid")
        if not {season.weekprofile for season in self.seasons} <= {week.profile for week in weeks}:
            raise invalid("weekprofiles")
        done = self._got_through(len(weeks))
        self.weeks = weeks if done is None else (*weeks[:done], *self.weeks[done:])
        if done is not None:
            raise Refusal(500, f"Aborted at weekprofile {done + 1}.")

    def set_seasons(self, seasons: tuple[SeasonProfileReply, ...]) -> None:
        """Replace all seasons; each week must exist."""
        self._meter.require("configure TARIFF_CALENDAR_CONFIG")
        if not {season.weekprofile for season in seasons} <= {week.profile for week in self.weeks}:
            raise invalid("weekprofile")
        done = self._got_through(len(seasons))
        self.seasons = seasons if done is None else (*seasons[:done], *self.seasons[done:])
        if done is not None:
            raise Refusal(500, f"Aborted at seasonprofile {done + 1}.")

    def set_special_day(self, day: SpecialDayReply) -> None:
        """The special day of that date gets the day profile; where none has that date, a new one is added."""
        self._meter.require("configure TARIFF_SPECIAL_DAYS_CONFIG")
        if day.dayprofile not in self.days:
            raise invalid("dayprofile")
        kept = list(self.special_days)
        place = next((i for i, known in enumerate(kept) if known.date == day.date), None)
        if place is not None:
            kept[place] = SpecialDayReply(kept[place].profile, day.dayprofile, day.date)
        elif len(kept) >= MAX_SPECIAL_DAYS:
            raise invalid("profile")
        else:
            kept.append(SpecialDayReply(len(kept) + 1, day.dayprofile, day.date))
        self.special_days = tuple(kept)

    def shown_days(self) -> dict[str, Any]:
        """Manual 6.3.83."""
        self._meter.require("read TARIFF_CALENDAR_CONFIG")
        days = [{"actions": [list(a) for a in actions], "profile": number} for number, actions in self.days.items()]
        return {"dayprofiles": days}

    def shown_weeks(self) -> dict[str, Any]:
        """Manual 6.3.85."""
        self._meter.require("read TARIFF_CALENDAR_CONFIG")
        return {"weekprofiles": [{"dayid": list(week.dayid), "profile": week.profile} for week in self.weeks]}

    def shown_seasons(self) -> dict[str, Any]:
        """Manual 6.3.87."""
        self._meter.require("read TARIFF_CALENDAR_CONFIG")
        return {
            "seasonprofiles": [
                {"day": s.day, "month": s.month, "profile": s.profile, "weekprofile": s.weekprofile}
                for s in self.seasons
            ]
        }

    def shown_special_days(self) -> dict[str, Any]:
        """Manual 6.3.89."""
        self._meter.require("read TARIFF_SPECIAL_DAYS_CONFIG")
        return {
            "specialdayprofiles": [
                {
                    "date": {"day": d.date.day, "month": d.date.month, "week": d.date.week, "year": d.date.year},
                    "dayprofile": d.dayprofile,
                    "profile": d.profile,
                }
                for d in self.special_days
            ]
        }

    def _got_through(self, entries: int) -> int | None:
        """After how many entries the writing breaks off; None when it goes through."""
        done, self.gives_up_after = self.gives_up_after, None
        return done if done is not None and done < entries else None

    def _worked_out(self) -> Resolved:
        dst = _dst_rule(self._meter)
        state = (tuple(self.days.items()), self.weeks, self.seasons, self.special_days, dst)
        if self._resolved is None or self._resolved[0] != state:
            self._resolved = (state, Resolved(self._whole(), dst))
        return self._resolved[1]

    def _whole(self) -> TariffCalendar:
        points = (SwitchPoint(number, start, action) for number, all_ in self.days.items() for action, start in all_)
        return TariffCalendar(
            tuple(points),
            WeekProfilesReply(self.weeks).weeks(),
            SeasonProfilesReply(self.seasons).seasons(),
            SpecialDaysReply(self.special_days).days(),
        )


def _dst_rule(meter: SimulatedMeter) -> DstRule | None:
    if meter.dst is None:
        return None
    return DstRule(_changeover(meter.dst["dststart"]), _changeover(meter.dst["dstend"]))


def _changeover(change: Changeover) -> CosemDate:
    return CosemDate(month=change["month"], day=change["day"], weekday=change["week"])


def _of(shown: Callable[[Calendar], Reply]) -> Answer:
    """One of the calendar's four lists."""

    return of_meter(lambda meter: shown(meter.part(Calendar)))


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/tariff/dayprofiles", _of(Calendar.shown_days)),
    resource(
        "POST",
        "/meters/{serial}/tariff/dayprofiles",
        to_meter(read_day, lambda meter, day: meter.part(Calendar).set_day(day)),
    ),
    resource("GET", "/meters/{serial}/tariff/weekprofiles", _of(Calendar.shown_weeks)),
    resource(
        "POST",
        "/meters/{serial}/tariff/weekprofiles",
        to_meter(read_weeks, lambda meter, weeks: meter.part(Calendar).set_weeks(weeks)),
    ),
    resource("GET", "/meters/{serial}/tariff/seasonprofiles", _of(Calendar.shown_seasons)),
    resource(
        "POST",
        "/meters/{serial}/tariff/seasonprofiles",
        to_meter(read_seasons, lambda meter, seasons: meter.part(Calendar).set_seasons(seasons)),
    ),
    resource("GET", "/meters/{serial}/tariff/specialdayprofiles", _of(Calendar.shown_special_days)),
    resource(
        "POST",
        "/meters/{serial}/tariff/specialdayprofiles",
        to_meter(read_special_day, lambda meter, day: meter.part(Calendar).set_special_day(day)),
    ),
)
