"""What a calendar comes to: the day profile of every day with the rule that decides, and the tariff at any moment."""

from __future__ import annotations

from datetime import date, datetime

from app.vendors.g13.meter.cosem_date import DST_BEGINS, LAST_DAY
from app.vendors.g13.meter.tariff_models import Season, SpecialDay, SwitchPoint, TariffCalendar, Week
from app.vendors.g13.meter.tariff_year import Resolved, Rule, Stretch, stretches

POINTS = (
    SwitchPoint(1, "00:00", 2),
    SwitchPoint(1, "06:00", 1),
    SwitchPoint(1, "22:00", 2),
    SwitchPoint(2, "12:00", 3),
    SwitchPoint(3, "08:00", 5),
    SwitchPoint(3, "20:00", 6),
    SwitchPoint(4, "00:00", 2),
)
CALENDAR = TariffCalendar(
    POINTS,
    (Week("W", 1, 1, 1, 1, 1, 2, 2), Week("S", 4, 4, 4, 4, 4, 3, 3)),
    (Season("Summer", 4, 1, "S"), Season("Winter", 10, LAST_DAY, "W")),
    (
        SpecialDay(number=1, month=12, day=31, day_profile=2),
        SpecialDay(number=3, month=12, day=24, day_profile=4),
        SpecialDay(number=4, month=12, day=255, weekday=4, day_profile=1),
    ),
)


def test_every_day_of_a_year_has_its_result() -> None:
    year = Resolved(CALENDAR).year(2026)
    assert len(year) == 365
    assert len(Resolved(CALENDAR).year(2028)) == 366
    assert [result.date for result in year if result.begins] == [date(2026, 4, 1), date(2026, 10, 31)]
    assert {result.season for result in year if result.rule is Rule.SEASON} == {"Summer", "Winter"}


def test_a_season_lasts_over_the_turn_of_the_year_until_the_next_begins() -> None:
    resolved = Resolved(CALENDAR)
    assert resolved.day(date(2026, 1, 2)).season == "Winter"
    assert resolved.day(date(2026, 3, 31)).season == "Winter"
    assert (resolved.day(date(2026, 4, 1)).season, resolved.day(date(2026, 4, 1)).season_number) == ("Summer", 1)
    assert resolved.day(date(2026, 10, 30)).season == "Summer"
    assert resolved.day(date(2026, 10, 31)).season == "Winter"


def test_a_season_may_begin_with_daylight_saving() -> None:
    calendar = TariffCalendar(POINTS, CALENDAR.weeks, (*CALENDAR.seasons, Season("Dst", DST_BEGINS, 255, "W")), ())
    assert next(r.date for r in Resolved(calendar).year(2026) if r.begins) == date(2026, 3, 29)
    assert not [r for r in Resolved(calendar, None).year(2026) if r.season == "Dst"]


def test_special_days_win_over_seasons_and_the_first_that_fits_decides() -> None:
    resolved = Resolved(CALENDAR)
    # 24 December 2026 is a Thursday: both special days 3 and 4 fit.
    assert resolved.day(date(2026, 12, 24)).special_day == 3
    assert resolved.day(date(2026, 12, 17)).special_day == 4
    assert resolved.day(date(2026, 12, 18)).rule is Rule.SEASON


def test_the_probe_names_tariff_rule_and_profile() -> None:
    resolved = Resolved(CALENDAR)
    assert (
        resolved.sentence(datetime(2026, 12, 24, 18, 30))
        == "On 24 December 2026 at 18:30: tariff 2, by special day 3 (day profile 4)"
    )
    assert (
        resolved.sentence(datetime(2026, 1, 5, 6, 0))
        == "On 5 January 2026 at 06:00: tariff 1, by season Winter, week W (day profile 1)"
    )


def test_before_the_first_switch_point_the_tariff_of_the_day_before_goes_on() -> None:
    resolved = Resolved(CALENDAR)
    # Saturday follows profile 2, whose first point is at noon; Friday ended with tariff 2.
    saturday = datetime(2026, 1, 10, 11, 59)
    assert resolved.tariff(saturday) == (2, True)
    assert "tariff 2 still, from an earlier day" in resolved.sentence(saturday)
    assert resolved.tariff(saturday.replace(hour=12)) == (3, False)
    # Sunday begins with Saturday's tariff; in summer the weekend sets none at all.
    assert resolved.tariff(datetime(2026, 1, 11, 0, 0)) == (3, True)
    assert resolved.tariff(datetime(2026, 7, 5, 23, 0)) == (2, True)


def test_outputs_are_followed_too() -> None:
    resolved = Resolved(CALENDAR)
    assert resolved.output(1, datetime(2026, 7, 4, 9, 0)) is True
    assert resolved.output(1, datetime(2026, 7, 6, 9, 0)) is False
    assert resolved.output(2, datetime(2026, 7, 6, 9, 0)) is None


def test_nothing_decides_where_there_is_no_season_and_names_may_lead_nowhere() -> None:
    empty = Resolved(TariffCalendar(POINTS, (), (), ()))
    assert empty.tariff(datetime(2026, 5, 5)) == (None, False)
    assert empty.sentence(datetime(2026, 5, 5)).endswith("no tariff is set, no special day and no season decides")
    dangling = Resolved(TariffCalendar(POINTS, (), (Season("Lost", 1, 1, "gone"),), ()))
    assert dangling.day(date(2026, 5, 5)).reason() == "by season Lost, week gone (no day profile)"


def test_a_day_is_cut_into_stretches() -> None:
    assert stretches(POINTS[:3]) == (Stretch(0, 360, 2), Stretch(360, 1320, 1), Stretch(1320, 1440, 2))
    assert stretches(POINTS[3:4]) == (Stretch(0, 720, None), Stretch(720, 1440, 3))
    assert stretches(POINTS[4:6], 1) == (Stretch(0, 480, None), Stretch(480, 1200, 1), Stretch(1200, 1440, 0))
    assert stretches(()) == (Stretch(0, 1440, None),)
