"""Alarms over HTTPS: set, turned off, watched, told on an output, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome
from app.model.errors import InvalidValue
from app.vendors.g13.meter.alarms import ALARMS, Alarm, AlarmConfiguration, Alarms
from app.vendors.g13.meter.inputs_outputs import IO_STATE
from app.vendors.g13.simulator import alarms as simulated
from app.vendors.g13.simulator.inputs_outputs import InputsOutputs
from app.vendors.g13.simulator.load import total
from app.vendors.g13.simulator.watched import watched
from app.vendors.g13.tables import STORABLE
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

POWER = 96
"""Total active power; that of the meter under test is some hundred watts to two kilowatts."""
PATH = "alarms/configuration"
SETTINGS = {
    "id": 4, "quantity": POWER, "onthreshold": 10, "offthreshold": 5, "ondelay": 0, "offdelay": 0,
    "log": True, "output": 0,
}  # fmt: skip


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def device(time: ManualTime) -> Iterator[Gateway]:
    with wired(time) as running:
        yield running


def with_row(rows: tuple[Alarm, ...], row: Alarm) -> tuple[Alarm, ...]:
    return tuple(row if there.id == row.id else there for there in rows)


def power(**settings: int) -> dict[str, Any]:
    return SETTINGS | settings


def test_all_25_alarms_are_shown_and_none_is_active_at_first(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> Alarms:
        async with at_work(device, tmp_path) as opened:
            return await read(opened, ALARMS)

    found = run(look())
    assert [row.id for row in found.alarms] == list(range(1, 26))
    assert not any(row.active for row in found.alarms)
    assert found.alarm_outputs == "1"
    assert ALARMS.summary is not None
    assert ALARMS.summary(found) == "0 of 25 alarms active; alarm outputs: 1"


def test_each_changed_alarm_is_one_request_and_is_read_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    over = Alarm(3, True, 75, 250, 245, on_delay_s=30, off_delay_s=60, log=True, output=1)
    under = Alarm(7, True, POWER, -5000, -4000)

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            opened.draft(ALARMS, MAIN).set("alarms", with_row(with_row(rows, over), under))  # type: ignore[union-attr]
            first, second = opened.preview(ALARMS, MAIN).steps
            assert first.title == "Set alarm 3"
            assert second.body == {
                "alarmconfig": {
                    "id": 7, "quantity": 96, "onthreshold": -5000, "offthreshold": -4000,
                    "ondelay": 0, "offdelay": 0, "log": False, "output": 0,
                }
            }  # fmt: skip
            assert (await opened.send(ALARMS, MAIN)).outcome is Outcome.VERIFIED
            there = (await read(opened, ALARMS)).alarms
            assert there[2] == msgspec.structs.replace(over, unit="V")
            assert there[6] == msgspec.structs.replace(under, unit="W")

    run(work())
    assert device.writes() == [f"POST /meters/{MAIN}/{PATH}"] * 2


def test_an_alarm_is_turned_off_by_its_id_alone(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter_of(device).part(simulated.Alarms).set(dict(SETTINGS))

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            assert rows[3].active
            quiet = msgspec.structs.replace(rows[3], active=False)
            opened.draft(ALARMS, MAIN).set("alarms", with_row(rows, quiet))  # type: ignore[union-attr]
            (step,) = opened.preview(ALARMS, MAIN).steps
            assert (step.title, step.body) == ("Turn alarm 4 off", {"alarmconfig": {"id": 4}})
            assert (await opened.send(ALARMS, MAIN)).outcome is Outcome.VERIFIED

    run(work())
    assert meter_of(device).part(simulated.Alarms).channels == {}


def test_what_is_edited_in_an_alarm_that_is_off_changes_nothing(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            receipt = await put(opened, ALARMS, alarms=with_row(rows, Alarm(5, False, POWER, 100, 50)))
            assert receipt.outcome is Outcome.UNCHANGED

    run(work())
    assert device.writes() == []


def test_an_output_must_be_an_alarm_output_and_the_form_says_so(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            with pytest.raises(InvalidValue, match=r"port 2 is no alarm output \(alarm outputs: 1\)") as refused:
                await put(opened, ALARMS, alarms=with_row(rows, Alarm(2, True, POWER, 10, 5, output=2)))
            assert refused.value.field == "alarms[1].output"

    run(work())
    assert device.writes() == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Alarm(2, True, POWER, 2**31, 5), "On at: 2147483648 is not allowed"),
        (Alarm(2, True, POWER, 10, -(2**31)), "Off at: -2147483648 is not allowed"),
        (Alarm(2, True, POWER, 10, 5, on_delay_s=65_536), "On after: 65536 s is not allowed; 0 to 65535 s"),
        (Alarm(2, True, POWER, 10, 5, off_delay_s=-1), "Off after: -1 s is not allowed"),
        (Alarm(2, True, POWER, 10, 5, output=5), "'5' is not one of None, Port 1"),
        (Alarm(2, True, 1, 10, 5), "Active energy import, total cannot be watched"),
        (Alarm(2, True), "Alarm 2: choose a quantity"),
    ],
)
def test_alarms_beyond_a_limit_are_refused_before_sending(
    run: Run, tmp_path: Path, device: Gateway, row: Alarm, said: str
) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            with pytest.raises(InvalidValue, match=said):
                await put(opened, ALARMS, alarms=with_row(rows, row))
            with pytest.raises(InvalidValue, match="not added or taken away"):
                await put(opened, ALARMS, alarms=rows[1:])

    run(work())
    assert device.writes() == []


def test_settings_that_move_from_one_alarm_to_another_are_sent(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter_of(device).part(simulated.Alarms).set(dict(SETTINGS))

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            moved = msgspec.structs.replace(rows[3], id=5)
            receipt = await put(opened, ALARMS, alarms=with_row(with_row(rows, Alarm(4)), moved))
            assert receipt.outcome is Outcome.VERIFIED

    run(work())
    assert list(meter_of(device).part(simulated.Alarms).channels) == [5]


def test_no_hysteresis_and_a_repeated_alarm_are_warned_of() -> None:
    rows = (Alarm(1, True, POWER, 10, 10), Alarm(2, True, 75, 250, 245), Alarm(3, True, 75, 250, 245), Alarm(4))
    told = ALARMS.problems(Alarms(rows, "none"))
    assert [problem.field for problem in told] == ["alarms[0].off", "alarms[2].quantity"]
    assert "Alarm 3 watches the same as alarm 2" in told[1].message
    assert all(problem.warning for problem in told)


def test_the_longest_alarm_fits_into_one_request() -> None:
    before = Alarms((Alarm(25),), "4")
    longest = Alarm(25, True, 104, -(2**31) + 1, -(2**31) + 1, on_delay_s=65535, off_delay_s=65535, output=4)
    (step,) = ALARMS.plan(before, Alarms((longest,), "4"), MAIN)  # type: ignore[misc]
    assert len(msgspec.json.encode(step.body)) < 200


# What an alarm does


def test_an_alarm_comes_and_goes_with_the_power_and_drives_its_output(
    run: Run, tmp_path: Path, device: Gateway, time: ManualTime
) -> None:
    meter = meter_of(device)
    past = [total(meter.load.at(time() + s)).active_w for s in range(900)]
    middle = int((max(past) + min(past)) / 2)
    rows = (Alarm(9, True, POWER, middle, middle - 20, output=1),)

    async def work() -> None:
        seen = set()
        async with at_work(device, tmp_path) as opened:
            assert (await put(opened, ALARMS, alarms=with_row((await read(opened, ALARMS)).alarms, *rows))).changes
            for _ in range(15):
                time.now_s += 60
                port = (await read(opened, IO_STATE)).ports[0]
                assert port.on is (9 in meter.part(simulated.Alarms).active())
                value = watched(meter, POWER, time())
                assert value is not None
                if value >= middle:
                    assert port.on
                elif value <= middle - 20:
                    assert not port.on
                seen.add(port.on)
        assert seen == {True, False}

    run(work())


def test_an_alarm_waits_for_its_delays(device: Gateway, time: ManualTime) -> None:
    alarms = meter_of(device).part(simulated.Alarms)
    alarms.set(power(ondelay=30))
    time.now_s += 29
    assert alarms.active() == ()
    time.now_s += 1
    assert alarms.active() == (4,)
    alarms.channels[4].settings |= {"onthreshold": 10**9, "offthreshold": 10**8, "offdelay": 20}
    time.now_s += 20
    assert alarms.active() == (4,)
    time.now_s += 2
    assert alarms.active() == ()


def test_with_the_on_threshold_below_an_alarm_comes_when_the_value_falls(device: Gateway) -> None:
    alarms = meter_of(device).part(simulated.Alarms)
    alarms.set(power(onthreshold=10**6, offthreshold=2 * 10**6))
    assert alarms.active() == (4,)
    alarms.set(power(onthreshold=-(10**6), offthreshold=10**6))
    assert alarms.active() == ()


def test_a_short_excess_between_two_looks_counts(device: Gateway, time: ManualTime) -> None:
    meter = meter_of(device)
    past = [(total(meter.load.at(time() + s)).active_w, s) for s in range(600)]
    peak, at = max(past)
    alarms = meter.part(simulated.Alarms)
    # Comes at the peak and never goes again.
    alarms.set(power(onthreshold=int(peak) - 2, offthreshold=-(10**6)))
    time.now_s += at + 30
    assert total(meter.phases()).active_w < peak - 2
    assert alarms.active() == (4,)


def test_every_quantity_but_harmonics_has_a_value_in_its_own_unit(device: Gateway, time: ManualTime) -> None:
    meter = meter_of(device)
    values = {quantity: watched(meter, quantity, time()) for quantity in STORABLE["ac"]}
    assert [quantity for quantity, value in values.items() if value is None] == list(range(59, 69))
    voltage, line_voltage, factor = values[69], values[78], values[82]
    assert voltage is not None
    assert line_voltage is not None
    assert factor is not None
    assert 220 < voltage < 240
    assert line_voltage == pytest.approx(voltage * 3**0.5, rel=0.03)
    assert 0 < factor <= 1


# The manual's own examples


def test_the_manuals_reply_is_read() -> None:
    entries = printed("6.3.52-reply.json", AlarmConfiguration).alarmconfig
    assert [entry.id for entry in entries] == [1, 2, 20, 25]
    assert (entries[0].quantity, entries[0].onthreshold, entries[0].ondelay) == (75, 310, 240)
    assert entries[2].quantity is None


def test_the_manuals_alarms_are_shown_in_words(run: Run, tmp_path: Path, device: Gateway) -> None:
    class Printed:
        """Answers with the manual's example."""

        async def get(self, path: str, kind: type[Any]) -> Any:
            if path.endswith(PATH):
                return printed("6.3.52-reply.json", kind)
            return printed("6.3.64-reply.json", kind)

    found: Alarms = run(ALARMS.read(Printed(), MAIN))
    first, second, unnamed, last = (found.alarms[id - 1] for id in (1, 2, 20, 25))
    assert (first.unit, first.on, first.log, first.output) == ("V", 310, True, 0)
    assert (second.unit, second.on, second.log, second.output) == ("A", -1, True, 0)
    assert (unnamed.active, last.active, found.alarms[10].active) == (False, True, False)
    assert found.alarm_outputs == "3"


def test_the_manuals_requests_are_what_is_planned_and_are_taken(run: Run, tmp_path: Path, device: Gateway) -> None:
    on = Alarm(25, True, 70, 0, 0, log=True, output=1)
    (step,) = ALARMS.plan(Alarms((Alarm(25),), "1"), Alarms((on,), "1"), MAIN)  # type: ignore[misc]
    assert step.body == printed_body("6.3.53-request.json")
    (step,) = ALARMS.plan(Alarms((on,), "1"), Alarms((Alarm(25),), "1"), MAIN)  # type: ignore[misc]
    assert step.body == printed_body("6.3.53-off-request.json")

    async def send() -> None:
        async with at_work(device, tmp_path) as opened:
            assert await answer(opened, PATH, printed_body("6.3.53-request.json")) == "success"
            assert list(meter_of(device).part(simulated.Alarms).channels) == [25]
            assert await answer(opened, PATH, printed_body("6.3.53-off-request.json")) == "success"
            assert list(meter_of(device).part(simulated.Alarms).channels) == []

    run(send())


# What the simulated meter refuses


@pytest.mark.parametrize(
    ("tag", "value"),
    [("id", 0), ("id", 26), ("quantity", 1), ("quantity", 300), ("onthreshold", 1.5), ("offthreshold", 2**31),
     ("ondelay", -1), ("offdelay", 65_536), ("log", 1), ("output", 5), ("output", 2), ("output", -1), ("x", 1)],
)  # fmt: skip
def test_the_meter_refuses_an_alarm_that_is_wrong(
    run: Run, tmp_path: Path, device: Gateway, tag: str, value: object
) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, PATH, {"alarmconfig": SETTINGS | {tag: value}})

    assert run(send()) == f"invalid {tag}"


def test_the_meter_wants_all_tags_or_the_id_alone(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def send() -> None:
        async with at_work(device, tmp_path) as opened:
            for tag in set(SETTINGS) - {"id"}:
                some = {name: value for name, value in SETTINGS.items() if name != tag}
                assert await answer(opened, PATH, {"alarmconfig": some}) == f"invalid {tag}"
            assert await answer(opened, PATH, {"alarmconfig": {}}) == "invalid id"
            assert await answer(opened, PATH, {"alarmconfig": [SETTINGS]}) == "invalid"

    run(send())


def test_role_capability_and_silence_are_answered_as_the_manual_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    run(insists_on_rights_and_power(device, tmp_path, ALARMS, PATH, {"alarmconfig": SETTINGS}))
    assert meter_of(device).part(simulated.Alarms).channels == {}


def test_a_refusal_of_the_device_is_shown_beside_the_alarms(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, ALARMS)).alarms
            opened.draft(ALARMS, MAIN).set("alarms", with_row(rows, Alarm(1, True, POWER, 9, 5, output=1)))  # type: ignore[union-attr]
            meter_of(device).capabilities -= {"read ACTIVE_POWER_TOTAL"}
            receipt = await opened.send(ALARMS, MAIN)
            assert (receipt.outcome, receipt.field) == (Outcome.REFUSED, "alarms")

    run(work())
    assert meter_of(device).part(InputsOutputs).is_on(1) is False
