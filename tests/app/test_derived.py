"""Sums across devices: at the pace of the slowest, and honest about what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from app.commission.derived import (
    Derived,
    Evaluation,
    Point,
    SubMetering,
    Term,
    counterpart,
    objection,
    total_of,
)
from app.model.quantity import Feed, Reading, Unit
from app.registry import VENDORS

MAIN = Point("g13:GW", "M1", "instrument", "power.total")
KITCHEN = Point("whatwatt:A", "", "live", "power.total")
SUN = Point("ingecon:B", "", "play1", "pac")
HOUSE = SubMetering("House", Unit.WATT, MAIN, (Term(KITCHEN), Term(SUN, -1)))


def feed(vendor: str, key: str) -> Feed:
    return next(f for v in VENDORS if v.key == vendor for f in v.feeds if f.key == key)


def told(of: Evaluation, *news: tuple[Point, float, float]) -> list[tuple[float, ...]]:
    """What comes of these readings, in their order."""
    found: Sequence[Reading | None] = [of.heard(*one) for one in news]
    return [reading.values for reading in found if reading is not None]


def test_main_sum_and_difference_are_of_one_moment() -> None:
    of = Evaluation(HOUSE.derived)
    assert told(of, (MAIN, 100.0, 5000.0), (KITCHEN, 100.2, 3000.0), (SUN, 100.4, 1000.0)) == [(5000.0, 2000.0, 3000.0)]


def test_it_keeps_the_pace_of_the_slowest() -> None:
    of = Evaluation(HOUSE.derived)
    values = []
    for second in range(121):
        values += told(of, (MAIN, 100.0 + second, 5000.0 + second))
        if second % 3 == 0:
            values += told(of, (KITCHEN, 100.1 + second, 3000.0))
        if second % 60 == 0:
            values += told(of, (SUN, 100.2 + second, 0.0))
    assert [main for main, _, _ in values] == [5000.0, 5060.0, 5120.0]


def test_nothing_comes_before_every_term_has_told() -> None:
    of = Evaluation(HOUSE.derived)
    assert told(of, (MAIN, 100.0, 1.0), (KITCHEN, 100.0, 1.0), (MAIN, 400.0, 1.0)) == []
    assert of.silent(101.0) == (SUN,)


def test_a_term_that_falls_silent_makes_one_gap_and_comes_back() -> None:
    of = Evaluation(HOUSE.derived)
    for second in range(4):
        told(of, (MAIN, 100.0 + second, 5000.0), (KITCHEN, 100.0 + second, 3000.0), (SUN, 100.0 + second, 0.0))
    gaps = []
    for second in range(4, 60):
        gaps += told(of, (MAIN, 100.0 + second, 5000.0), (SUN, 100.0 + second, 0.0))
    assert len(gaps) == 1
    assert gaps[0][0] == 5000.0
    assert all(map(math.isnan, gaps[0][1:]))
    assert of.silent(159.0) == (KITCHEN,)
    assert told(of, (KITCHEN, 160.0, 4000.0)) == [(5000.0, 4000.0, 1000.0)]


def test_a_slow_term_is_waited_for_five_of_its_intervals() -> None:
    of = Evaluation([Derived("both", (Term(MAIN), Term(KITCHEN)))])
    for minute in range(4):
        told(of, (MAIN, 60.0 * minute, 1.0), (KITCHEN, 60.0 * minute, 1.0))
    assert of.overdue(180.0 + 299.0) is None
    late = of.overdue(180.0 + 301.0)
    assert late is not None
    assert math.isnan(late.values[0])
    assert of.overdue(180.0 + 400.0) is None


def test_a_quick_term_may_be_late_by_fifteen_seconds() -> None:
    of = Evaluation([Derived("both", (Term(MAIN), Term(KITCHEN)))])
    for second in range(5):
        told(of, (MAIN, float(second), 1.0), (KITCHEN, float(second), 1.0))
    assert told(of, (MAIN, 18.0, 1.0)) == []
    assert len(told(of, (MAIN, 20.0, 1.0))) == 1


def test_how_slow_a_term_is_becomes_known_with_its_second_reading() -> None:
    of = Evaluation([Derived("both", (Term(MAIN), Term(KITCHEN)))])
    assert told(of, (MAIN, 0.0, 1.0), (KITCHEN, 0.0, 2.0)) == [(3.0,)]
    assert told(of, *((MAIN, float(second), 1.0) for second in range(1, 60))) == []
    assert told(of, (KITCHEN, 60.0, 4.0)) == [(5.0,)]


def test_a_value_that_a_device_has_not_got_is_missing_in_the_sum() -> None:
    of = Evaluation(HOUSE.derived)
    values = told(of, (MAIN, 1.0, 10.0), (KITCHEN, 1.0, math.nan), (SUN, 1.0, 3.0))
    assert values[0][0] == 10.0
    assert all(map(math.isnan, values[0][1:]))


def test_a_device_that_is_gone_is_a_gap_at_once() -> None:
    of = Evaluation(HOUSE.derived)
    told(of, (MAIN, 1.0, 10.0), (KITCHEN, 1.0, 2.0), (SUN, 1.0, 3.0))
    gap = of.lost(SUN, 2.0)
    assert gap is not None
    assert gap.values[0] == 10.0
    assert math.isnan(gap.values[2])
    assert of.lost(SUN, 3.0) is None


def test_a_clock_that_is_set_back_begins_anew() -> None:
    of = Evaluation(HOUSE.derived)
    told(of, (MAIN, 5000.0, 10.0), (KITCHEN, 5000.0, 2.0), (SUN, 5000.0, 3.0))
    assert told(of, (MAIN, 1400.0, 10.0), (KITCHEN, 1400.0, 2.0)) == []
    assert told(of, (SUN, 1400.0, 3.0)) == [(10.0, -1.0, 11.0)]


def test_a_point_of_no_sum_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Evaluation([Derived("a", (Term(MAIN),))]).heard(SUN, 0.0, 0.0)


@pytest.mark.parametrize(
    ("vendor", "key", "wanted"),
    [
        ("g13", "instrument", "power.total"),
        ("whatwatt", "report", "power.total"),
        ("smartmac", "values", "power.total"),
        ("ingecon", "storage", "w"),
        ("ingecon", "play3", "pac"),
        ("ingecon", "storage1", "pac"),
    ],
)
def test_the_total_active_power_of_each_family_is_found(vendor: str, key: str, wanted: str) -> None:
    of = feed(vendor, key)
    total = total_of(of)
    assert total is not None
    assert total.key == wanted
    main = next(q for q in feed("g13", "instrument").quantities if q.key == "power.total")
    same = counterpart(main, of)
    assert same is not None
    assert same.key == wanted


def test_a_counterpart_is_of_the_same_unit_and_conductor() -> None:
    volts = next(q for q in feed("g13", "instrument").quantities if q.key == "voltage.l2")
    same = counterpart(volts, feed("smartmac", "values"))
    assert same is not None
    assert (same.key, same.unit) == ("voltage.l2", Unit.VOLT)
    temperature = next(q for q in feed("smartmac", "values").quantities if q.unit is Unit.CELSIUS)
    assert counterpart(temperature, feed("g13", "instrument")) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "60"),
        ({"name": " garage"}, "Another"),
        ({"parts": ()}, "at least one"),
        ({"parts": (Term(MAIN),)}, "its own sum"),
    ],
)
def test_what_cannot_be_a_sum_is_said(changed: dict[str, object], words: str) -> None:
    facts: dict[str, object] = {"name": "House", "unit": Unit.WATT, "main": MAIN, "parts": (Term(SUN),)}
    assert words in objection(SubMetering(**(facts | changed)), ["Garage"])  # type: ignore[arg-type]
    assert objection(SubMetering(**facts), ["Garage"]) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [(1.7e308, 1.7e308), (math.inf, -math.inf), (math.inf, 1.0)])
def test_a_sum_that_no_number_can_hold_is_a_gap_and_no_crash(values: tuple[float, float]) -> None:
    of = Evaluation([Derived("sum", (Term(MAIN), Term(KITCHEN)))])
    ((found,),) = told(of, (MAIN, 100.0, values[0]), (KITCHEN, 100.1, values[1]))
    assert math.isnan(found)
    assert told(of, (MAIN, 101.0, 1.0), (KITCHEN, 101.1, 2.0)) == [(3.0,)]
