"""A meter's clock and daylight saving over HTTPS: set from the computer, the rule in words, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome
from app.model.errors import BadReply, InvalidValue
from app.vendors.g13.gateway.basics import CLOCK
from app.vendors.g13.meter.clock import METER_CLOCK, MeterClock, MeterTime, read_time
from app.vendors.g13.meter.dst_rule import USUAL, Changeover, Rule
from tests.app.g13.wiring import (
    ManualTime,
    answer,
    at_work,
    insists_on_rights_and_power,
    meter_of,
    printed,
    printed_body,
    put,
    read,
    wired,
)
from tests.conftest import Run
from tests.gateways import MAIN, Gateway

PATH = "datetime"
EUROPE = {
    "dststart": {"month": 3, "day": 254, "week": 7, "hour": 2},
    "dstend": {"month": 10, "day": 254, "week": 7, "hour": 3},
}
AT_NOON = {"datetime": "2026-07-01T12:00:00"}


@pytest.fixture
def time() -> ManualTime:
    return ManualTime(datetime.now(UTC).timestamp())


@pytest.fixture
def device(time: ManualTime) -> Iterator[Gateway]:
    with wired(time) as running:
        yield running


def clock(moment: datetime = datetime(2026, 9, 1, 12), **values: Any) -> MeterClock:
    start, end = USUAL.start, USUAL.end
    plain = MeterClock(
        moment, "Tuesday", "set", 41, False, True,
        start.day, start.week, start.month, start.hour, end.day, end.week, end.month, end.hour,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **values)


def summary(value: MeterClock) -> str:
    assert METER_CLOCK.summary is not None
    return METER_CLOCK.summary(value)


def planned(before: MeterClock, after: MeterClock) -> dict[str, Any]:
    assert METER_CLOCK.plan is not None
    (step,) = METER_CLOCK.plan(before, after, MAIN)
    assert step.body is not None
    return step.body


# The rule in words


@pytest.mark.parametrize(
    ("rule", "words", "in_2026"),
    [
        (Changeover(3, 254, 7, 2), "last Sunday of March at 02:00", datetime(2026, 3, 29, 2)),
        (Changeover(10, 253, 7, 3), "second last Sunday of October at 03:00", datetime(2026, 10, 18, 3)),
        (Changeover(6, 1, 1, 2), "first Monday of June at 02:00", datetime(2026, 6, 1, 2)),
        (Changeover(3, 8, 7, 2), "second Sunday of March at 02:00", datetime(2026, 3, 8, 2)),
        (Changeover(4, 9, 5, 0), "first Friday on or after 9 April at 00:00", datetime(2026, 4, 10)),
        (Changeover(2, 254, 255, 23), "last day of February at 23:00", datetime(2026, 2, 28, 23)),
        (Changeover(2, 253, 255, 23), "second last day of February at 23:00", datetime(2026, 2, 27, 23)),
        (Changeover(3, 28, 255, 1), "28 March at 01:00", datetime(2026, 3, 28, 1)),
    ],
)
def test_a_rule_is_said_in_words_and_found_in_the_year(rule: Changeover, words: str, in_2026: datetime) -> None:
    assert rule.meant()
    assert rule.words() == words
    assert rule.in_year(2026) == in_2026


@pytest.mark.parametrize(
    "rule",
    [Changeover(0, 1, 1, 1), Changeover(13, 1, 1, 1), Changeover(3, 0, 7, 2), Changeover(3, 255, 7, 2),
     Changeover(3, 254, 8, 2), Changeover(3, 254, 0, 2), Changeover(3, 254, 7, 24), Changeover(2, 31, 255, 2)],
)  # fmt: skip
def test_numbers_that_name_no_day_are_shown_as_they_came(rule: Changeover) -> None:
    assert not rule.meant()
    assert rule.words() == f"month {rule.month}, day {rule.day}, week {rule.week}, hour {rule.hour}"
    with pytest.raises(ValueError, match="month"):
        rule.in_year(2026)


def test_the_next_change_is_found_over_the_new_year_and_in_the_south() -> None:
    assert USUAL.next_change(datetime(2026, 3, 29, 1, 59)) == (datetime(2026, 3, 29, 2), True)
    assert USUAL.next_change(datetime(2026, 3, 29, 2)) == (datetime(2026, 10, 25, 3), False)
    assert USUAL.next_change(datetime(2026, 12, 1)) == (datetime(2027, 3, 28, 2), True)
    south = Rule(USUAL.end, USUAL.start)
    assert [south.holds(datetime(2026, month, 15)) for month in (1, 3, 4, 7, 11)] == [True, True, False, False, True]
    assert [USUAL.holds(datetime(2026, month, 15)) for month in (1, 4, 7, 11)] == [False, True, True, False]


def test_the_summary_tells_drift_rule_and_next_change() -> None:
    assert summary(clock(datetime(2026, 12, 1))) == (
        "Clock: 41 s ahead of this computer. "
        "Daylight saving from the last Sunday of March at 02:00 to the last Sunday of October at 03:00. "
        "Next change: Sunday 2027-03-28 02:00, forward."
    )
    assert summary(clock(dst_enabled=False, drift_s=-7)) == "Clock: 7 s behind this computer. No daylight saving."
    assert "from month 3, day 99, week 7, hour 2 to" in summary(clock(start_day=99))


# Over HTTPS


def test_the_clock_is_read_with_weekday_and_drift(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> None:
        async with at_work(device, tmp_path) as opened:
            found = await read(opened, METER_CLOCK)
            assert 35 <= found.drift_s <= 42
            assert found.weekday == f"{found.time:%A}"
            assert (found.status, found.dst_enabled, found.dst_active) == ("set", False, False)
            gateway = await read(opened, CLOCK, "")
            assert -101 <= gateway.drift_s <= -94
            assert CLOCK.summary is not None
            assert CLOCK.summary(gateway) == f"Clock: {-gateway.drift_s} s behind this computer."

    run(look())


def test_the_clock_alone_is_sent_alone_and_from_this_computer(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            await opened.read(METER_CLOCK, MAIN)
            draft = opened.draft(METER_CLOCK, MAIN)
            assert draft is not None
            draft.take_now()
            (step,) = opened.preview(METER_CLOCK, MAIN).steps
            assert list(step.body or {}) == ["datetime"]
            receipt = await opened.send(METER_CLOCK, MAIN)
            assert receipt.outcome is Outcome.VERIFIED
            assert abs((await read(opened, METER_CLOCK)).drift_s) <= 3

    run(work())


def test_a_rule_goes_with_the_time_of_this_computer(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await put(opened, METER_CLOCK, dst_enabled=True)).outcome is Outcome.VERIFIED
            found = await read(opened, METER_CLOCK)
            assert found.rule() == USUAL
            assert abs(found.drift_s) <= 3
            changed = {"start_day": 1, "start_weekday": 7, "start_month": 4, "end_month": 9, "end_hour": 1}
            assert (await put(opened, METER_CLOCK, **changed)).outcome is Outcome.VERIFIED
            assert (await read(opened, METER_CLOCK)).rule().start.words() == "first Sunday of April at 02:00"
            assert (await put(opened, METER_CLOCK, dst_enabled=False)).outcome is Outcome.VERIFIED

    run(work())
    assert meter_of(device).dst is None
    assert device.writes() == [f"POST /meters/{MAIN}/{PATH}"] * 3


def test_that_the_time_is_sent_with_the_rule_is_said_before() -> None:
    (told,) = METER_CLOCK.change_problems(clock(), clock(start_month=4))
    assert told.warning
    assert "clock is set from this computer" in told.message
    both = clock(datetime(2026, 9, 1, 13), start_month=4)
    assert METER_CLOCK.change_problems(clock(), both) == []
    assert planned(clock(), both)["datetime"] == "2026-09-01T13:00:00"
    sent = datetime.fromisoformat(planned(clock(), clock(start_month=4))["datetime"])
    assert abs(sent - datetime.now()) < timedelta(seconds=5)


def test_daylight_saving_is_turned_off_without_a_rule() -> None:
    body = planned(clock(), clock(datetime(2026, 9, 1, 13), dst_enabled=False))
    assert body == {"datetime": "2026-09-01T13:00:00", "dstenable": False}


def test_a_rule_of_a_clock_without_daylight_saving_changes_nothing(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await put(opened, METER_CLOCK, start_month=5)).outcome is Outcome.UNCHANGED

    run(work())
    assert device.writes() == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"time": datetime(1999, 12, 31)}, "the year 1999 is not possible; 2000 to 2099"),
        ({"time": datetime(2100, 1, 1)}, "2000 to 2099"),
        ({"time": datetime(2026, 1, 1, tzinfo=UTC)}, "without a time zone"),
        ({"dst_enabled": True, "start_day": 255}, "Begins: month 3, day 255"),
        ({"dst_enabled": True, "end_month": 13}, "Ends: month 13"),
        ({"dst_enabled": True, "start_month": 2, "start_day": 30, "start_weekday": 255}, "is no day of every year"),
        ({"dst_enabled": True, "end_month": 3}, "begins and ends on the same day"),
    ],
)
def test_impossible_times_and_rules_are_refused_before_sending(
    run: Run, tmp_path: Path, device: Gateway, values: dict[str, Any], said: str
) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            with pytest.raises(InvalidValue, match=said):
                await put(opened, METER_CLOCK, **values)

    run(work())
    assert device.writes() == []


def test_what_is_no_time_is_said_to_be_none() -> None:
    assert read_time("2012-08-05 01:11:31") == datetime(2012, 8, 5, 1, 11, 31)
    for text in ("12:31:2327 17:3:9", "2012-13-01T00:00:00", ""):
        with pytest.raises(BadReply, match="no date and time"):
            read_time(text)


# The manual's own examples


def test_the_manuals_reply_is_read(run: Run) -> None:
    class Printed:
        """Answers with the manual's example."""

        async def get(self, _: str, kind: type[Any]) -> Any:
            return printed("6.3.41-reply.json", kind)

    assert printed("6.3.41-reply.json", MeterTime).dstend == Changeover(10, 1, 1, 1)
    found: MeterClock = run(METER_CLOCK.read(Printed(), MAIN))
    assert found.time == datetime(2012, 8, 5, 1, 11, 31)
    assert (found.weekday, found.dst_active, found.dst_enabled) == ("Sunday", True, True)
    assert found.rule().start.words() == "first Monday of June at 02:00"
    assert found.rule().end.words() == "first Monday of October at 01:00"
    assert found.rule().holds(found.time)


def test_the_manuals_request_is_what_is_planned_and_is_taken(run: Run, tmp_path: Path, device: Gateway) -> None:
    before = clock(dst_enabled=False)
    after = clock(
        datetime(2012, 8, 5, 1, 11, 31), start_day=1, start_weekday=1, start_month=6, start_hour=2,
        end_day=1, end_weekday=1, end_month=10, end_hour=1,
    )  # fmt: skip
    example = printed_body("6.3.42-request.json")
    assert planned(before, after) == example

    async def send() -> None:
        async with at_work(device, tmp_path) as opened:
            assert await answer(opened, PATH, example) == "success"
            found = await read(opened, METER_CLOCK)
            assert (found.time, found.dst_active) == (datetime(2012, 8, 5, 1, 11, 31), True)

    run(send())


# What the simulated meter refuses


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"dstenable": False}, "invalid datetime"),
        ({"datetime": "2026-07-01"}, "invalid datetime"),
        ({"datetime": "2026-02-30T00:00:00"}, "invalid datetime"),
        (AT_NOON | {"dstenable": 1}, "invalid dstenable"),
        (AT_NOON | {"dstenable": True}, "invalid dststart"),
        (AT_NOON | {"zone": 1}, "invalid zone"),
        (AT_NOON | EUROPE | {"dstenable": True, "dststart": "March"}, "invalid dststart"),
        (AT_NOON | EUROPE | {"dstenable": True, "dstend": EUROPE["dstend"] | {"month": 13}}, "invalid dstend"),
        (AT_NOON | EUROPE | {"dstenable": True, "dstend": EUROPE["dstend"] | {"day": 32}}, "invalid dstend"),
        (AT_NOON | EUROPE | {"dstenable": True, "dstend": EUROPE["dstend"] | {"day": 255}}, "invalid dstend"),
        (AT_NOON | EUROPE | {"dstenable": True, "dststart": EUROPE["dststart"] | {"week": 8}}, "invalid dststart"),
        (AT_NOON | EUROPE | {"dstenable": True, "dststart": EUROPE["dststart"] | {"hour": 24}}, "invalid dststart"),
    ],
)
def test_the_meter_refuses_times_and_rules_that_are_wrong(
    run: Run, tmp_path: Path, device: Gateway, body: dict[str, Any], said: str
) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, PATH, body)

    assert run(send()) == said


def test_role_capability_and_silence_are_answered_as_the_manual_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    run(insists_on_rights_and_power(device, tmp_path, METER_CLOCK, PATH, AT_NOON))
