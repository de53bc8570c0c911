"""The tariff calendar over HTTPS: read, checked, sent part by part without a dangling reference, verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome, Receipt
from app.model.errors import AccessDenied, DeviceFailed, DeviceRefused
from app.model.section import Problem
from app.net.lenient import JsonReader, convert
from app.vendors.g13.client import encode, meter_path
from app.vendors.g13.meter.cosem_date import EVERY_YEAR
from app.vendors.g13.meter.tariff_calendar import (
    CALENDAR,
    DayProfilesReply,
    SeasonProfilesReply,
    SpecialDaysReply,
    WeekProfilesReply,
)
from app.vendors.g13.meter.tariff_checks import change_problems, problems
from app.vendors.g13.meter.tariff_models import (
    Season,
    SpecialDay,
    SwitchPoint,
    TariffCalendar,
    Week,
    numbered,
    profiles_of,
    tidy,
)
from app.vendors.g13.meter.tariff_plan import plan, season_body, special_day_body, too_long, week_body
from app.vendors.g13.simulator.calls import resource
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.resources import RESOURCES
from app.vendors.g13.simulator.tariff_bodies import read_day, read_seasons, read_special_day, read_weeks
from app.vendors.g13.simulator.tariff_calendar import Calendar
from app.vendors.g13.simulator.users import Role
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
STEEL = "ABB01EM000014505"


@dataclass
class Site:
    """A gateway, and its main meter's calendar inside."""

    device: Gateway
    run: Run[Any]
    folder: Path

    @property
    def inside(self) -> Calendar:
        return self.device.simulator.gateway.wired(MAIN).part(Calendar)

    def read(self) -> TariffCalendar:
        async def reading() -> TariffCalendar:
            async with session(self.device, self.folder) as opened:
                await opened.open()
                return (await opened.read(CALENDAR, MAIN)).value

        return self.run(reading())

    def send(self, **changes: Any) -> Receipt:
        async def sending() -> Receipt:
            async with session(self.device, self.folder) as opened:
                await opened.open()
                await opened.read(CALENDAR, MAIN)
                draft = opened.draft(CALENDAR, MAIN)
                for name, value in changes.items():
                    draft.set(name, value)
                assert not [p for p in draft.problems() if not p.warning]
                return await opened.send(CALENDAR, MAIN)

        return self.run(sending())

    def ask(self, method: str, path: str, body: Any = None, *, user: str = "admin") -> None:
        """One request past all checks of ours."""

        async def asking() -> None:
            async with session(self.device, self.folder, user=user) as opened:
                await opened.open()
                if method == "GET":
                    await opened.connection.get(path, dict[str, Any])
                else:
                    await opened.connection.update(method, path, body)

        self.run(asking())


@pytest.fixture
def site(run: Run[Any], tmp_path: Path) -> Iterator[Site]:
    with gateway() as device:
        yield Site(device, run, tmp_path)


def fixture(name: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / f"{name}.json").read_bytes())


def paths(site: Site) -> list[str]:
    return [request.rpartition("/")[2] for request in site.device.writes()]


# The manual's own examples.


def test_the_manuals_day_profiles_are_read() -> None:
    points = convert(fixture("6.3.83-reply"), DayProfilesReply).points()
    profiles = profiles_of(points)
    assert list(profiles) == list(range(10))
    assert profiles[0] == (SwitchPoint(0, "00:00", 1), SwitchPoint(0, "12:00", 2))
    assert profiles[2] == (SwitchPoint(2, "02:00", 9),)
    assert profiles[9] == (SwitchPoint(9, "09:00", 1),)


def test_the_manuals_weeks_seasons_and_special_days_are_read() -> None:
    weeks = convert(fixture("6.3.85-reply"), WeekProfilesReply).weeks()
    assert [week.name for week in weeks] == ["Week1", "Week2", "Week3", "Week4"]
    assert weeks[3] == Week("Week4", 3, 4, 7, 8, 11, 12, 14)
    seasons = convert(fixture("6.3.87-reply"), SeasonProfilesReply).seasons()
    assert seasons[0] == Season("Winter", 10, 254, "Week1")
    days = convert(fixture("6.3.89-reply"), SpecialDaysReply).days()
    assert [day.in_words for day in days] == [
        "last day of November, every year",
        "day 1 of each month, 2011",
        "1 September, every year",
    ]
    assert [day.day_profile for day in days] == [1, 2, 14]


def test_the_manuals_requests_are_what_we_send_and_what_the_simulator_takes() -> None:
    (step,) = plan(
        TariffCalendar((), (), (), ()),
        TariffCalendar((SwitchPoint(1, "12:00", 1), SwitchPoint(1, "15:00", 2)), (), (), ()),
        MAIN,
    )
    assert step.body == fixture("6.3.84-request")
    assert read_day(step.body) == (1, ((1, "12:00"), (2, "15:00")))
    weeks = convert(fixture("6.3.86-request"), WeekProfilesReply).weeks()
    assert week_body(weeks) == fixture("6.3.86-request")
    assert len(read_weeks(fixture("6.3.86-request"))) == 4
    seasons = convert(fixture("6.3.88-request"), SeasonProfilesReply).seasons()
    assert season_body(seasons) == fixture("6.3.88-request")
    assert [season.month for season in read_seasons(fixture("6.3.88-request"))] == [10, 5, 9]
    day = SpecialDay(number=1, year=1989, month=11, day=254, weekday=4, day_profile=2)
    assert special_day_body(day) == fixture("6.3.90-request")
    assert read_special_day(fixture("6.3.90-request")).date.year == 1989


def test_what_comes_crooked_is_read_all_the_same() -> None:
    days = convert({"dayprofiles": [{"profile": "3", "actions": [["1", "6:00"], [77, "x"]]}, {}]}, DayProfilesReply)
    assert days.points() == (SwitchPoint(3, "06:00", 1), SwitchPoint(3, "x", 77), SwitchPoint(0, "", 0))
    weeks = convert({"weekprofiles": [{"profile": "W", "dayid": [1, 2]}]}, WeekProfilesReply).weeks()
    assert weeks == (Week("W", 1, 2, 0, 0, 0, 0, 0),)
    assert convert({"specialdayprofiles": [{}]}, SpecialDaysReply).days()[0].year == EVERY_YEAR


# Over HTTPS.


def test_the_calendar_is_read_in_four_requests_and_has_nothing_to_mend(site: Site) -> None:
    calendar = site.read()
    gets = [request for request in site.device.requests if "/tariff/" in request]
    assert [get.rpartition("/")[2] for get in gets] == [
        "dayprofiles",
        "weekprofiles",
        "seasonprofiles",
        "specialdayprofiles",
    ]
    assert list(profiles_of(calendar.switch_points)) == [1, 2, 3, 4]
    assert [week.name for week in calendar.weeks] == ["Summer week", "Winter week"]
    assert [season.name for season in calendar.seasons] == ["Summer", "Winter"]
    assert len(calendar.special_days) == 6
    assert problems(calendar) == []


def test_all_four_parts_are_sent_in_the_order_of_their_references_with_a_receipt_each(site: Site) -> None:
    before = site.read()
    receipt = site.send(
        switch_points=(*before.switch_points, SwitchPoint(5, "00:00", 4), SwitchPoint(5, "06:30", 1)),
        weeks=(*before.weeks, Week("Holidays", 5, 5, 5, 5, 5, 5, 5)),
        seasons=(*before.seasons, Season("August", 8, 1, "Holidays"), Season("Autumn", 9, 1, "Summer week")),
        special_days=(*before.special_days, SpecialDay(year=2031, month=6, day=6, day_profile=5)),
    )
    assert receipt.outcome is Outcome.VERIFIED
    assert [part.field for part in receipt.parts] == ["switch_points", "weeks", "seasons", "special_days"]
    assert {part.outcome for part in receipt.parts} == {Outcome.VERIFIED}
    assert paths(site) == ["dayprofiles", "weekprofiles", "seasonprofiles", "specialdayprofiles"]
    assert site.inside.days[5] == ((4, "00:00"), (1, "06:30"))
    assert site.inside.special_days[-1].profile == 7


def test_only_the_changed_profile_and_the_changed_special_day_are_sent(site: Site) -> None:
    before = site.read()
    points = tuple(
        msgspec.structs.replace(p, start="07:15") if (p.profile, p.start) == (1, "06:00") else p
        for p in before.switch_points
    )
    days = (*before.special_days[:-1], msgspec.structs.replace(before.special_days[-1], day_profile=1))
    assert site.send(switch_points=points, special_days=days).outcome is Outcome.VERIFIED
    assert paths(site) == ["dayprofiles", "specialdayprofiles"]
    assert site.inside.days[1] == ((2, "00:00"), (1, "07:15"), (2, "22:00"))
    assert [day.dayprofile for day in site.inside.special_days] == [4, 2, 4, 4, 4, 1]


def test_the_order_in_which_points_are_given_means_nothing(site: Site) -> None:
    before = site.read()
    receipt = site.send(switch_points=tuple(reversed(before.switch_points)))
    assert receipt.outcome is Outcome.UNCHANGED
    assert not site.device.writes()


@pytest.mark.parametrize(
    ("weeks", "seasons", "posts"),
    [
        # A week more: weeks first, then the season that uses it.
        (("Summer week", "Winter week", "C"), {"Summer": "C"}, "WS"),
        # A week less: the seasons leave it first.
        (("Summer week",), {"Winter": "Summer week"}, "SW"),
        # Both renamed: the old ones stay beside the new ones for a moment.
        (("A", "B"), {"Summer": "A", "Winter": "B"}, "WSW"),
        # Four weeks of which one old one stays: the seasons share it for a moment.
        (("Summer week", "A", "B", "C"), {"Summer": "A", "Winter": "C"}, "SWS"),
        # Nothing stays, and all four do not fit beside an old one.
        (("A", "B", "C", "D"), {"Summer": "C", "Winter": "D"}, "SWSWS"),
    ],
)
def test_renaming_weeks_never_leaves_a_season_without_its_week(
    site: Site, weeks: tuple[str, ...], seasons: dict[str, str], posts: str
) -> None:
    before = site.read()
    known = {week.name: week for week in before.weeks}
    after_weeks = tuple(known.get(name, Week(name, 1, 2, 3, 4, 1, 2, 3)) for name in weeks)
    after_seasons = tuple(
        msgspec.structs.replace(season, week=seasons.get(season.name, season.week)) for season in before.seasons
    )
    receipt = site.send(weeks=after_weeks, seasons=after_seasons)
    # The simulator refuses every list that leaves a reference dangling.
    assert receipt.outcome is Outcome.VERIFIED
    assert "".join({"weekprofiles": "W", "seasonprofiles": "S"}[path] for path in paths(site)) == posts


def test_a_list_that_breaks_off_half_way_is_read_back_and_told_part_by_part(site: Site) -> None:
    before = site.read()
    site.inside.gives_up_after = 1
    days = tuple(msgspec.structs.replace(week, sat=1, sun=1) for week in before.weeks)
    points = tuple(p for p in before.switch_points if p != SwitchPoint(1, "22:00", 2))
    receipt = site.send(switch_points=points, weeks=days)
    assert receipt.outcome is Outcome.DIFFERS
    assert "Aborted at weekprofile 2" in receipt.message
    assert {part.field: part.outcome for part in receipt.parts} == {
        "switch_points": Outcome.VERIFIED,
        "weeks": Outcome.DIFFERS,
    }
    assert site.read().weeks == (days[0], before.weeks[1])


def test_a_refusal_is_shown_beside_the_part_that_it_names(site: Site) -> None:
    before = site.read()
    assert set(CALENDAR.tags.values()) == {field.name for field in CALENDAR.fields}
    with pytest.raises(DeviceRefused) as refused:
        site.ask("POST", meter_path(MAIN, "tariff/seasonprofiles"), season_body((Season("X", 1, 1, "gone"),)))
    assert CALENDAR.tags[refused.value.field] == "seasons"
    assert site.read() == before


def test_a_gateway_that_knows_seasons_by_their_other_path_is_understood(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [r for r in RESOURCES if r.method == "GET" and r.path.fullmatch("/meters/x/tariff/seasonprofiles")]
    others = [r for r in RESOURCES if r not in known]
    moved = resource("GET", "/meters/{serial}/tariff/seasons", known[0].answer)
    monkeypatch.setattr("app.vendors.g13.simulator.device.RESOURCES", (*others, moved))
    assert [season.name for season in site.read().seasons] == ["Summer", "Winter"]


@pytest.mark.parametrize("name", ["dayprofiles", "weekprofiles", "seasonprofiles", "specialdayprofiles"])
def test_a_silent_meter_and_one_without_tariffs_say_so(site: Site, name: str) -> None:
    site.device.simulator.gateway.wired(MAIN).powered = False
    with pytest.raises(DeviceFailed):
        site.ask("GET", meter_path(MAIN, f"tariff/{name}"))
    meter = site.device.simulator.gateway.wired(MAIN)
    meter.powered = True
    meter.capabilities = frozenset()
    with pytest.raises(AccessDenied, match="READ_WRITE_DENIED"):
        site.ask("GET", meter_path(MAIN, f"tariff/{name}"))


BODIES = {
    "dayprofiles": {"profile": 1, "actions": [[1, "00:00"]]},
    "weekprofiles": {
        "weekprofiles": [
            {"profile": "Summer week", "dayid": [1] * 7},
            {"profile": "Winter week", "dayid": [2] * 7},
        ]
    },
    "seasonprofiles": {"seasonprofiles": [{"day": 1, "month": 1, "profile": "S", "weekprofile": "Winter week"}]},
    "specialdayprofiles": {
        "profile": 1,
        "dayprofile": 1,
        "date": {"year": EVERY_YEAR, "month": 1, "week": 255, "day": 1},
    },
}


@pytest.mark.parametrize("name", BODIES)
def test_who_may_only_look_and_what_the_meter_cannot_are_denied_writing(site: Site, name: str) -> None:
    simulated = site.device.simulator.gateway
    site.ask("POST", meter_path(MAIN, f"tariff/{name}"), BODIES[name])
    simulated.users.add("viewer", "cabinet 7", {MAIN: Role.VIEW})
    with pytest.raises(AccessDenied, match="READ_WRITE_DENIED"):
        site.ask("POST", meter_path(MAIN, f"tariff/{name}"), BODIES[name], user="viewer")
    meter = simulated.wired(MAIN)
    meter.capabilities = frozenset(c for c in meter.capabilities if not c.startswith("configure TARIFF"))
    with pytest.raises(AccessDenied, match="READ_WRITE_DENIED"):
        site.ask("POST", meter_path(MAIN, f"tariff/{name}"), BODIES[name])


def test_a_steel_meter_has_no_tariff_calendar(site: Site) -> None:
    meter = site.device.simulator.gateway.wired(STEEL)
    assert not {need for need in CALENDAR.needs_read if need in meter.capabilities}


def test_a_special_day_of_a_known_date_is_updated_and_another_one_added_with_the_next_number(site: Site) -> None:
    path = meter_path(MAIN, "tariff/specialdayprofiles")
    christmas = {"year": EVERY_YEAR, "month": 12, "week": 255, "day": 25}
    site.ask("POST", path, {"profile": 4, "dayprofile": 1, "date": christmas})
    site.ask("POST", path, {"profile": 1, "dayprofile": 2, "date": {**christmas, "day": 27}})
    shown = site.inside.special_days
    assert [(d.profile, d.dayprofile, d.date.day) for d in shown[3:]] == [
        (4, 1, 25),
        (5, 4, 26),
        (6, 2, 254),
        (7, 2, 27),
    ]


def test_at_most_fifty_special_days_are_kept(site: Site) -> None:
    inside = site.inside
    last = inside.special_days[-1]
    inside.special_days = tuple(
        msgspec.structs.replace(last, profile=n + 1, date=msgspec.structs.replace(last.date, year=2020 + n))
        for n in range(50)
    )
    body = {"profile": 50, "dayprofile": 1, "date": {"year": 2090, "month": 1, "week": 255, "day": 1}}
    with pytest.raises(DeviceRefused, match="invalid profile"):
        site.ask("POST", meter_path(MAIN, "tariff/specialdayprofiles"), body)


def test_the_simulated_calendar_makes_the_tariff(site: Site) -> None:
    inside = site.inside
    assert inside.tariff_at(datetime(2026, 1, 5, 8, 0)) == 3
    assert inside.tariff_at(datetime(2026, 7, 6, 23, 0)) == 2
    assert inside.day_and_season(datetime(2026, 1, 5)) == (3, 2)
    assert inside.day_and_season(datetime(2026, 12, 25)) == (4, 0)
    inside.set_day((3, ((4, "00:00"),)))
    assert inside.tariff_at(datetime(2026, 1, 5, 8, 0)) == 4


# What the device refuses.


@pytest.mark.parametrize(
    ("read", "body", "tag"),
    [
        (read_day, {"actions": [[1, "00:00"]], "profile": 0}, "invalid profile"),
        (read_day, {"actions": [[1, "00:00"]], "profile": 17}, "invalid profile"),
        (read_day, {"actions": [], "profile": 1}, "invalid actions"),
        (read_day, {"actions": [[1, f"{h:02d}:{m:02d}"] for h in range(16) for m in (0, 30)], "profile": 1}, "actions"),
        (read_day, {"actions": [[13, "00:00"]], "profile": 1}, "invalid actions"),
        (read_day, {"actions": [[1, "24:00"]], "profile": 1}, "invalid actions"),
        (read_day, {"actions": [[1, "7:00"]], "profile": 1}, "invalid actions"),
        (read_day, {"actions": [[1]], "profile": 1}, "invalid actions"),
        (read_day, {"profile": 1}, "missing actions"),
        (read_day, {"actions": [[1, "00:00"]], "profile": 1, "name": "x"}, "unknown name"),
        (read_weeks, {"weekprofiles": [{"profile": "W", "dayid": [1] * 6}]}, "invalid dayid"),
        (read_weeks, {"weekprofiles": [{"profile": "W", "dayid": [17] * 7}]}, "invalid dayid"),
        (read_weeks, {"weekprofiles": [{"profile": "W" * 31, "dayid": [1] * 7}]}, "invalid profile"),
        (read_weeks, {"weekprofiles": [{"profile": str(n), "dayid": [1] * 7} for n in range(5)]}, "weekprofiles"),
        (read_weeks, {"weekprofiles": [{"profile": "W", "dayid": [1] * 7}] * 2}, "invalid profile"),
        (read_seasons, {"seasonprofiles": 3}, "invalid seasonprofiles"),
        (read_seasons, {"seasonprofiles": [{"day": 1, "month": 255, "profile": "", "weekprofile": ""}]}, "month"),
        (read_seasons, {"seasonprofiles": [{"day": 255, "month": 1, "profile": "", "weekprofile": ""}]}, "day"),
        (read_seasons, {"seasonprofiles": [{"day": 31, "month": 2, "profile": "", "weekprofile": ""}]}, "day"),
        (
            read_seasons,
            {"seasonprofiles": [{"day": 1, "month": 2, "profile": n, "weekprofile": ""} for n in "ab"]},
            "invalid day",
        ),
        (read_special_day, {"profile": 51, "dayprofile": 1, "date": {}}, "invalid profile"),
        (read_special_day, {"profile": 1, "dayprofile": 17, "date": {}}, "invalid dayprofile"),
        (read_special_day, {"profile": 1, "dayprofile": 1, "date": 3}, "invalid date"),
        (read_special_day, {"profile": 1, "dayprofile": 1, "date": {"year": 2026}}, "missing month"),
        *(
            (read_special_day, {"profile": 1, "dayprofile": 1, "date": wrong}, "invalid date")
            for wrong in (
                {"year": 1800, "month": 1, "week": 255, "day": 1},
                {"year": 2026, "month": 13, "week": 255, "day": 1},
                {"year": 2026, "month": 1, "week": 8, "day": 1},
                {"year": 2026, "month": 1, "week": 255, "day": 32},
                {"year": 2026, "month": 4, "week": 255, "day": 31},
            )
        ),
    ],
)
def test_the_simulator_refuses_what_the_manual_does_not_allow(read: Any, body: Any, tag: str) -> None:
    with pytest.raises(Refusal, match=tag) as refused:
        read(body)
    assert refused.value.status == 400


# What is refused before anything is sent.

POINTS = (SwitchPoint(1, "00:00", 1), SwitchPoint(1, "06:00", 2), SwitchPoint(2, "00:00", 3))
GOOD = TariffCalendar(
    POINTS,
    (Week("W", 1, 1, 1, 1, 1, 2, 2),),
    (Season("S", 1, 1, "W"),),
    (SpecialDay(number=1, month=12, day=25, day_profile=2),),
)


def told(found: list[Problem], *, warning: bool = False) -> str:
    return "\n".join(f"{p.field}: {p.message}" for p in found if p.warning is warning)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"switch_points": (*POINTS, SwitchPoint(1, "25:00", 1))}, "switch_points[3].start: Start: '25:00' is no time"),
        ({"switch_points": (*POINTS, SwitchPoint(1, "08:00", 13))}, "13 is none of the twelve"),
        ({"switch_points": (*POINTS, SwitchPoint(1, "06:00", 3))}, "Day profile 1 has two tariffs at 06:00"),
        (
            {"switch_points": (*POINTS, SwitchPoint(1, "06:00", 5), SwitchPoint(1, "06:00", 6))},
            "two commands for output 1 at 06:00",
        ),
        (
            {"switch_points": tuple(SwitchPoint(1, f"00:{m:02d}", 1 + m % 2) for m in range(31)) + POINTS[2:]},
            "Day profile 1 has 31 switch points, at most 30",
        ),
        ({"weeks": (Week("W", 1, 1, 9, 1, 1, 2, 2),)}, "weeks[0].wed: Week 'W', Wed: there is no day profile 9"),
        ({"weeks": (*GOOD.weeks, Week(" ", 1, 1, 1, 1, 1, 1, 1))}, "weeks[1].name: Week profile 2 needs a name"),
        ({"weeks": GOOD.weeks * 2}, "Two week profiles are called 'W'"),
        ({"seasons": (Season("S", 1, 1, "gone"),)}, "seasons[0].week: Season 'S': there is no week profile 'gone'"),
        ({"seasons": (*GOOD.seasons, Season("T", 1, 1, "W"))}, "Two seasons on one day: 'S' and 'T'"),
        ({"seasons": (Season("S", 1, 31, "W"), Season("T", 1, 254, "W"))}, "Two seasons on one day: 'S' and 'T'"),
        ({"seasons": (*GOOD.seasons, Season("S", 2, 1, "W"))}, "Two seasons are called 'S'"),
        ({"seasons": (Season("S", 2, 31, "W"),)}, "Season 'S' never begins: February has no day 31"),
        ({"seasons": (Season("S", 255, 1, "W"),)}, "a season needs a month"),
        ({"seasons": (Season("S", 3, 255, "W"),)}, "choose a day of the month"),
        (
            {"special_days": (SpecialDay(number=1, month=12, day=25, day_profile=9),)},
            "special_days[0].day_profile: Special day 1, 25 December, every year: there is no day profile 9",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    assert told(problems(GOOD)) == ""
    assert said in told(problems(msgspec.structs.replace(GOOD, **changes)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"switch_points": (POINTS[1], POINTS[2])}, "Day profile 1 sets no tariff before 06:00"),
        ({"switch_points": (*POINTS, SwitchPoint(3, "00:00", 5))}, "Day profile 3 sets no tariff: that of the day"),
        ({"switch_points": (*POINTS, SwitchPoint(3, "", 0))}, "Day profile 3 has no switch points"),
        ({"weeks": (*GOOD.weeks, Week("X", 1, 1, 1, 1, 1, 1, 1))}, "No season uses the week profile 'X'"),
        ({"seasons": ()}, "Without a season no week profile ever holds"),
        ({"seasons": (Season("S", 2, 29, "W"),)}, "begins in leap years only"),
        ({"special_days": (SpecialDay(number=1, year=2019, day_profile=2),)}, "is over and comes no more"),
        ({"special_days": (SpecialDay(number=1, month=2, day=31, day_profile=2),)}, "never comes: February"),
        (
            {"special_days": (*GOOD.special_days, SpecialDay(number=2, year=2030, month=12, day=25, day_profile=1))},
            "Special day 2, 25 December 2030, is never reached: special day 1 comes first",
        ),
    ],
)
def test_what_is_only_odd_is_a_warning(changes: dict[str, Any], said: str) -> None:
    found = problems(msgspec.structs.replace(GOOD, **changes))
    assert said in told(found, warning=True)
    assert told(found) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"switch_points": POINTS[:2]}, "Day profile 2 is on the meter and cannot be deleted"),
        ({"switch_points": (*POINTS[:2], SwitchPoint(2, "", 0))}, "Day profile 2 cannot be emptied"),
        ({"switch_points": (*POINTS, SwitchPoint(0, "00:00", 1))}, "Day profile 0 can only be read"),
        ({"special_days": ()}, "special_days: Special day 1, 25 December, every year, cannot be deleted"),
        (
            {"special_days": (SpecialDay(number=1, month=12, day=26, day_profile=2),)},
            "special_days[0].day: Special day 1, 25 December, every year, cannot be moved to another date",
        ),
        (
            {"special_days": (*GOOD.special_days, SpecialDay(month=12, day=25, day_profile=1))},
            "Two special days on 25 December, every year",
        ),
        (
            {"special_days": (*GOOD.special_days, SpecialDay(month=2, day=31))},
            "This special day would never come: February has no day 31",
        ),
        ({"weeks": (Week("€" * 30, *(1,) * 7), *(Week("€" * 29 + n, *(16,) * 7) for n in "abc"))}, "the gateway reads"),
    ],
)
def test_what_the_gateway_cannot_do_from_here_says_what_to_do_instead(changes: dict[str, Any], said: str) -> None:
    assert told(change_problems(GOOD, GOOD)) == ""
    assert said in told(change_problems(GOOD, msgspec.structs.replace(GOOD, **changes)))


def test_a_full_day_profile_fits_into_one_request() -> None:
    points = tuple(SwitchPoint(16, f"{10 + m // 60:02d}:{m % 60:02d}", 12) for m in range(30))
    (step,) = plan(TariffCalendar((), (), (), ()), TariffCalendar(points, (), (), ()), MAIN)
    assert len(encode(step.body or {})) <= 512
    assert list(too_long([step])) == []


def test_new_special_days_get_the_next_numbers_whatever_their_rows_say() -> None:
    days = (SpecialDay(number=3, day=3), SpecialDay(), SpecialDay(number=3, day=4), SpecialDay(number=1))
    assert [(day.number, day.day) for day in numbered(days)] == [(1, 1), (3, 3), (4, 1), (5, 4)]
    calendar = tidy(msgspec.structs.replace(GOOD, switch_points=(SwitchPoint(1, "6:00", 1), SwitchPoint(1, "0:00", 2))))
    assert [point.start for point in calendar.switch_points] == ["00:00", "06:00"]


def test_the_draft_survives_as_json() -> None:
    plain = json.loads(msgspec.json.encode(GOOD))
    assert msgspec.convert(plain, TariffCalendar) == GOOD
