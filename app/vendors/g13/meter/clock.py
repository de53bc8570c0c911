"""A meter's clock and its rule of daylight saving (manual 6.3.41, 6.3.42).

The meter takes a rule only together with a time. Where only the rule is changed, the time of this computer goes with
it; the form says so. How the rule's numbers are read stands in `dst_rule.py`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.errors import BadReply
from app.model.field import YES_NO, Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.gateway.basics import CLOCK_TOLERANCE, MOMENT, drift_words
from app.vendors.g13.meter.dst_rule import ANY_WEEKDAY, LAST, SECOND_LAST, USUAL, Changeover, Rule
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import WEEKDAYS

_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTHS = tuple(Choice(number, name) for number, name in enumerate(_MONTH_NAMES, start=1))
_OCCURRENCES = {
    1: "first, from the 1st",
    8: "second, from the 8th",
    15: "third, from the 15th",
    22: "fourth, from the 22nd",
}
_DAYS = (
    Choice(LAST, "last"),
    Choice(SECOND_LAST, "second last"),
    *(Choice(day, _OCCURRENCES.get(day, f"from day {day}")) for day in range(1, 32)),
)
_WEEKDAYS = (*(Choice(number, name) for number, name in WEEKDAYS), Choice(ANY_WEEKDAY, "that very day"))
_HOURS = tuple(Choice(hour, f"{hour:02}:00") for hour in range(24))
_NAMES = dict(WEEKDAYS)

RULE_FIELDS = (
    "dst_enabled",
    "start_day", "start_weekday", "start_month", "start_hour",
    "end_day", "end_weekday", "end_month", "end_hour",
)  # fmt: skip
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ] *(\d\d): *(\d\d): *(\d\d)")
_MANUAL = "6.3.41, 6.3.42"
_DAY_HELP = "With a weekday: which of the month's. 'From day 9': the first such weekday on or after the 9th."


class MeterTime(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/datetime (manual 6.3.41); `dst` is 1 while summer time holds."""

    datetime: str
    dayofweek: Whole = 0
    dst: Whole | bool = 0
    dstenable: bool = False
    dststart: Changeover | None = None
    dstend: Changeover | None = None
    status: str = ""


class MeterClock(msgspec.Struct, frozen=True):
    """The meter's clock, in the site's local time, and when it is moved by an hour."""

    time: Annotated[
        datetime,
        Field(
            "Date and time",
            tolerance=CLOCK_TOLERANCE,
            help="Local time of the site. The meter knows no time zone.",
            manual=_MANUAL,
        ),
    ]
    weekday: Annotated[str, Field("Day of the week", read_only=True, manual="6.3.41")]
    status: Annotated[str, Field("Clock status", read_only=True, help="Not set: lost its time.", manual="6.3.41")]
    drift_s: Annotated[
        int,
        Field(
            "Ahead of this computer",
            unit="s",
            read_only=True,
            help="When it was read; negative: behind.",
            manual=_MANUAL,
        ),
    ]
    dst_active: Annotated[bool, Field("Summer time now", choices=YES_NO, read_only=True, manual="6.3.41")]
    dst_enabled: Annotated[
        bool,
        Field("Daylight saving", help="On: the meter moves its clock by the rule below.", manual="6.3.42"),
    ]
    start_day: Annotated[int, Field("Begins on the", choices=_DAYS, suggestions=True, help=_DAY_HELP, manual="6.3.42")]
    start_weekday: Annotated[int, Field("Begins on weekday", choices=_WEEKDAYS, suggestions=True, manual="6.3.42")]
    start_month: Annotated[int, Field("Begins in", choices=_MONTHS, suggestions=True, manual="6.3.42")]
    start_hour: Annotated[
        int,
        Field("Begins at", choices=_HOURS, suggestions=True, help="By the clock, before it is moved.", manual="6.3.42"),
    ]
    end_day: Annotated[int, Field("Ends on the", choices=_DAYS, suggestions=True, help=_DAY_HELP, manual="6.3.42")]
    end_weekday: Annotated[int, Field("Ends on weekday", choices=_WEEKDAYS, suggestions=True, manual="6.3.42")]
    end_month: Annotated[int, Field("Ends in", choices=_MONTHS, suggestions=True, manual="6.3.42")]
    end_hour: Annotated[
        int,
        Field("Ends at", choices=_HOURS, suggestions=True, help="By the clock, before it is moved.", manual="6.3.42"),
    ]

    def rule(self) -> Rule:
        """The rule of daylight saving, as the meter writes it."""
        return Rule(
            Changeover(self.start_month, self.start_day, self.start_weekday, self.start_hour),
            Changeover(self.end_month, self.end_day, self.end_weekday, self.end_hour),
        )


async def _read(client: G13Client, serial: str) -> MeterClock:
    found = await client.get(meter_path(serial, "datetime"), MeterTime)
    moment = read_time(found.datetime)
    rule = Rule(found.dststart or USUAL.start, found.dstend or USUAL.end) if found.dstenable else USUAL
    start, end = rule.start, rule.end
    return MeterClock(
        time=moment,
        weekday=_NAMES.get(found.dayofweek, f"day {found.dayofweek}"),
        status=found.status,
        drift_s=round((moment - datetime.now()).total_seconds()),
        dst_active=bool(found.dst),
        dst_enabled=found.dstenable,
        start_day=start.day,
        start_weekday=start.week,
        start_month=start.month,
        start_hour=start.hour,
        end_day=end.day,
        end_weekday=end.week,
        end_month=end.month,
        end_hour=end.hour,
    )


def read_time(text: str) -> datetime:
    """A meter's date and time; white space in it is overlooked, as the manual's own example has some.

    Raises:
        BadReply: it is no date and time.
    """
    found = _TIME.fullmatch(text.strip())
    try:
        return datetime.strptime(f"{found[1]}T{found[2]}:{found[3]}:{found[4]}" if found else text, MOMENT)
    except ValueError as error:
        raise BadReply(f"The meter's clock says '{text[:40]}', which is no date and time.") from error


def _normalised(value: MeterClock) -> MeterClock:
    """Without daylight saving the meter keeps no rule."""
    if value.dst_enabled:
        return value
    start, end = USUAL.start, USUAL.end
    return msgspec.structs.replace(
        value,
        start_day=start.day,
        start_weekday=start.week,
        start_month=start.month,
        start_hour=start.hour,
        end_day=end.day,
        end_weekday=end.week,
        end_month=end.month,
        end_hour=end.hour,
    )


def _rule_changes(before: MeterClock, after: MeterClock) -> tuple[str, ...]:
    return tuple(name for name in RULE_FIELDS if getattr(before, name) != getattr(after, name))


def _plan(before: MeterClock, after: MeterClock, serial: str) -> list[Step]:
    path = meter_path(serial, "datetime")
    changed = _rule_changes(before, after)
    if not changed:
        return [Step("Set the meter's clock", "POST", path, {"datetime": after.time.strftime(MOMENT)}, ("time",))]
    moment = after.time if after.time != before.time else datetime.now()
    body: dict[str, object] = {"datetime": moment.strftime(MOMENT), "dstenable": after.dst_enabled}
    if after.dst_enabled:
        rule = after.rule()
        body |= {"dststart": msgspec.to_builtins(rule.start), "dstend": msgspec.to_builtins(rule.end)}
    return [Step("Set the meter's clock and daylight saving", "POST", path, body, ("time", *changed))]


def _problems(clock: MeterClock) -> list[Problem]:
    if clock.time.tzinfo is not None:
        return [Problem("time", "Date and time: give the local time of the site, without a time zone.")]
    if not 2000 <= clock.time.year <= 2099:
        return [Problem("time", f"Date and time: the year {clock.time.year} is not possible; 2000 to 2099.")]
    return []


def _change_problems(before: MeterClock, after: MeterClock) -> list[Problem]:
    changed = _rule_changes(before, after)
    if not changed:
        return []
    problems = []
    if after.time == before.time:
        words = "The meter takes the rule only with a time: its clock is set from this computer as well."
        problems.append(Problem(changed[0], words, warning=True))
    if after.dst_enabled:
        rule = after.rule()
        for end, words, at in (("start_day", "Begins", rule.start), ("end_day", "Ends", rule.end)):
            if not at.meant():
                problems.append(Problem(end, f"{words}: {at.words()} is no day of every year."))
        if rule.meant() and rule.start.in_year(2024).date() == rule.end.in_year(2024).date():
            problems.append(Problem("end_day", "Daylight saving begins and ends on the same day."))
    return problems


def _now(clock: MeterClock) -> MeterClock:
    return msgspec.structs.replace(clock, time=datetime.now().replace(microsecond=0))


def _summary(clock: MeterClock) -> str:
    told = [f"Clock: {drift_words(clock.drift_s)}"]
    rule = clock.rule()
    if not clock.dst_enabled:
        told.append("No daylight saving")
    elif rule.meant() and clock.time.tzinfo is None and clock.time.year < 9999:
        moment, forward = rule.next_change(clock.time)
        told.append(f"Daylight saving from the {rule.start.words()} to the {rule.end.words()}")
        told.append(f"Next change: {moment:%A %Y-%m-%d %H:%M}, {'forward' if forward else 'back'}")
    else:
        told.append(f"Daylight saving from {rule.start.words()} to {rule.end.words()}")
    return ". ".join(told) + "."


METER_CLOCK = Section(
    key="g13.meter_clock",
    title="Meter clock",
    model=MeterClock,
    read=_read,
    plan=_plan,
    problems=_problems,
    change_problems=_change_problems,
    normalise=_normalised,
    tags={"datetime": "time", "dstenable": "dst_enabled", "dststart": "start_day", "dstend": "end_day"},
    now=_now,
    now_label="Set from this computer",
    summary=_summary,
    scope=Scope.METER,
    group="Settings",
    icon="clock",
    help="Stored values, tariffs and events go by this clock. Daylight saving moves it twice a year.",
    manual=_MANUAL,
    needs_read=("read CLOCK",),
    needs_write=("configure CLOCK",),
    resources=("GET /meters/<serial>/datetime", "POST /meters/<serial>/datetime"),
)

SECTIONS: tuple[AnySection, ...] = (METER_CLOCK,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
