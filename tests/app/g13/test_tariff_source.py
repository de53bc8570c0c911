"""Who decides the tariff, over HTTPS: clock, communication or inputs, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome
from app.model.errors import InvalidValue
from app.vendors.g13.meter.tariff_source import CLOCK, COMMUNICATION, INPUT, TARIFF, Tariff, TariffState
from app.vendors.g13.simulator import tariffs as simulated
from app.vendors.g13.simulator.counters import Direction, Kind
from app.vendors.g13.simulator.inputs_outputs import InputsOutputs
from app.vendors.g13.simulator.tariff_calendar import Calendar
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

PATH = "tariff"
TABLE = {"inputs_off_off": 4, "inputs_off_on": 3, "inputs_on_off": 2, "inputs_on_on": 1}


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def device(time: ManualTime) -> Iterator[Gateway]:
    with wired(time) as running:
        yield running


def state_of(device: Gateway) -> simulated.TariffState:
    return meter_of(device).part(simulated.TariffState)


def bodies(before: Tariff, after: Tariff) -> list[dict[str, Any] | None]:
    assert TARIFF.plan is not None
    return [step.body for step in TARIFF.plan(before, after, MAIN)]


def summary(value: Tariff) -> str:
    assert TARIFF.summary is not None
    return TARIFF.summary(value)


def test_the_clock_decides_by_the_calendar(run: Run, tmp_path: Path, device: Gateway, time: ManualTime) -> None:
    meter = meter_of(device)

    async def look() -> None:
        async with at_work(device, tmp_path) as opened:
            seen = set()
            for _ in range(24):
                time.now_s += 3600
                found = await read(opened, TARIFF)
                moment = meter.clock.read()
                assert (found.source, found.inputs()) == (CLOCK, (None,) * 4)
                assert found.tariff == meter.part(Calendar).tariff_at(moment)
                assert (found.day_type, found.season) == meter.part(Calendar).day_and_season(moment)
                seen.add(found.tariff)
            assert len(seen) > 1

    run(look())


def test_source_goes_before_the_tariff_and_both_are_read_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            tariff = (await read(opened, TARIFF)).tariff % 4 + 1
            receipt = await put(opened, TARIFF, source=COMMUNICATION, tariff=tariff)
            assert receipt.outcome is Outcome.VERIFIED
            assert [step.title for step in receipt.steps] == ["Set the tariff source", "Set the active tariff"]
            found = await read(opened, TARIFF)
            assert (found.source, found.tariff, found.day_type) == (COMMUNICATION, tariff, None)
            assert (await put(opened, TARIFF, tariff=tariff % 4 + 1)).outcome is Outcome.VERIFIED
            assert (await put(opened, TARIFF, source=CLOCK)).outcome is Outcome.VERIFIED

    run(work())
    assert len(device.writes()) == 4


def test_when_communication_takes_over_the_tariff_stays(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            before = (await read(opened, TARIFF)).tariff
            assert (await put(opened, TARIFF, source=COMMUNICATION)).outcome is Outcome.VERIFIED
            assert (await read(opened, TARIFF)).tariff == before

    run(work())


def test_inputs_decide_by_their_table(run: Run, tmp_path: Path, device: Gateway, time: ManualTime) -> None:
    ports = meter_of(device).part(InputsOutputs)

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await put(opened, TARIFF, source=INPUT, **TABLE)).outcome is Outcome.VERIFIED
            seen = set()
            for _ in range(60):
                time.now_s += 7
                found = await read(opened, TARIFF)
                assert found.tariff == (4, 3, 2, 1)[2 * ports.is_on(4) + ports.is_on(3)]
                seen.add(found.tariff)
            assert seen == {1, 2, 3, 4}
            assert (await put(opened, TARIFF, inputs_on_on=4)).outcome is Outcome.VERIFIED
            assert (await read(opened, TARIFF)).inputs() == (4, 3, 2, 4)
            assert (await put(opened, TARIFF, source=CLOCK)).outcome is Outcome.VERIFIED

    run(work())
    assert state_of(device).source == CLOCK


def test_only_what_changes_is_sent() -> None:
    clock, table = Tariff(CLOCK, 1), (1, 2, 3, 4)
    by_input = Tariff(INPUT, 1, *table)
    assert bodies(clock, Tariff(COMMUNICATION, 1)) == [{"source": 1}]
    assert bodies(clock, Tariff(COMMUNICATION, 3)) == [{"source": 1}, {"tariff": 3}]
    assert bodies(Tariff(COMMUNICATION, 1), Tariff(COMMUNICATION, 2)) == [{"tariff": 2}]
    assert bodies(clock, Tariff(INPUT, 1)) == [{"source": 2}]
    assert bodies(clock, by_input) == [{"source": 2, "inputconfig": [1, 2, 3, 4]}]
    assert bodies(by_input, Tariff(INPUT, 1, 1, 2, 3, 3)) == [{"source": 2, "inputconfig": [1, 2, 3, 3]}]
    assert TARIFF.normalise is not None
    assert bodies(by_input, TARIFF.normalise(msgspec.structs.replace(by_input, source=CLOCK))) == [{"source": 0}]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tariff": 4}, "only when the tariff source is Communication"),
        ({"source": COMMUNICATION, "tariff": 5}, "Active tariff: 5 is not allowed; 1 to 4"),
        ({"source": 3}, "'3' is none of Clock, Communication, Input"),
        ({"source": INPUT, "inputs_off_off": 5}, "'5' is not one of –, Tariff 1"),
        ({"source": INPUT, "inputs_off_off": 1, "inputs_on_on": 2}, "has a gap"),
    ],
)
def test_what_is_not_allowed_is_refused_before_sending(
    run: Run, tmp_path: Path, device: Gateway, values: dict[str, Any], said: str
) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            with pytest.raises(InvalidValue, match=said):
                await put(opened, TARIFF, **values)

    run(work())
    assert device.writes() == []


def test_an_input_table_without_inputs_as_source_is_not_sent_and_that_is_said() -> None:
    (told,) = TARIFF.problems(Tariff(CLOCK, 1, inputs_off_on=2))
    assert (told.field, told.warning) == ("inputs_off_on", True)
    emptied = TARIFF.change_problems(Tariff(INPUT, 1, 1, 2, 3, 4), Tariff(INPUT, 1, 1, 2, 3, None))
    assert [problem.field for problem in emptied] == ["inputs_on_on"]


def test_an_undefined_source_is_shown_as_it_came(run: Run) -> None:
    class Odd:
        """A meter whose tariff source is none of the three."""

        def __init__(self, source: object) -> None:
            self.source = source

        async def get(self, _: str, kind: type[Any]) -> Any:
            return msgspec.convert({"source": self.source, "tariff": "2"}, kind, strict=False)

    for given, shown in ((3, 3), ("undefined", "undefined"), ("1", COMMUNICATION)):
        found: Tariff = run(TARIFF.read(Odd(given), MAIN))
        assert (found.source, found.tariff) == (shown, 2)
    assert summary(Tariff(3, 2)) == "Tariff 2 is active; source 3."


def test_the_summary_says_who_decides() -> None:
    assert summary(Tariff(CLOCK, 2, day_type=4, season=1)) == (
        "Tariff 2 is active; the tariff calendar decides (day profile 4, season 1)."
    )
    assert summary(Tariff(COMMUNICATION, 3)) == "Tariff 3 is active; set by communication."
    assert summary(Tariff(INPUT, 1)) == "Tariff 1 is active; inputs 3 and 4 decide."


def test_energy_is_counted_in_the_tariff_that_was_in_force(
    run: Run, tmp_path: Path, device: Gateway, time: ManualTime
) -> None:
    meter = meter_of(device)

    def counted() -> list[float]:
        return [meter.energies().of(Kind.ACTIVE, Direction.IMPORT, place) for place in ("t2", "t3")]

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            await put(opened, TARIFF, source=COMMUNICATION, tariff=2)
            before = counted()
            time.now_s += 3600
            await put(opened, TARIFF, tariff=3)
            middle = counted()
            assert middle[0] > before[0]
            assert middle[1] == before[1]
            time.now_s += 3600
            after = counted()
            assert after[0] == middle[0]
            assert after[1] > middle[1]

    run(work())


# The manual's own examples


def test_the_manuals_replies_are_read() -> None:
    clock = printed("6.3.81-reply.json", TariffState)
    assert (clock.daytype, clock.season, clock.tariff, clock.source, clock.inputconfig) == (2, 1, 1, 1, ())
    inputs = printed("6.3.81-input-reply.json", TariffState)
    assert (inputs.source, inputs.tariff, inputs.inputconfig, inputs.season) == (2, 1, (1, 2, 3, 4), None)


def test_the_manuals_requests_are_what_is_planned_and_are_taken(run: Run, tmp_path: Path, device: Gateway) -> None:
    tariff, table = printed_body("6.3.82-request.json"), printed_body("6.3.82-input-request.json")
    assert bodies(Tariff(COMMUNICATION, 1), Tariff(COMMUNICATION, 2)) == [tariff]
    assert bodies(Tariff(COMMUNICATION, 1), Tariff(INPUT, 1, 1, 2, 3, 4)) == [table]

    async def send() -> None:
        async with at_work(device, tmp_path) as opened:
            # With another source than communication the tariff cannot be set.
            assert await answer(opened, PATH, tariff) == "invalid tariff"
            assert await answer(opened, PATH, {"source": COMMUNICATION}) == "success"
            assert await answer(opened, PATH, tariff) == "success"
            assert state_of(device).active == 2
            assert await answer(opened, PATH, table) == "success"
            assert state_of(device).source == INPUT

    run(send())


# What the simulated meter refuses


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "invalid source"),
        ({"source": 3}, "invalid source"),
        ({"source": True}, "invalid source"),
        ({"source": 1, "tariff": 0}, "invalid tariff"),
        ({"source": 1, "tariff": 5}, "invalid tariff"),
        ({"source": 0, "tariff": 1}, "invalid tariff"),
        ({"source": 1, "inputconfig": [1, 2, 3, 4]}, "invalid inputconfig"),
        ({"inputconfig": [1, 2, 3, 4]}, "invalid inputconfig"),
        ({"source": 2, "inputconfig": [1, 2, 3]}, "invalid inputconfig"),
        ({"source": 2, "inputconfig": [1, 2, 3, 5]}, "invalid inputconfig"),
        ({"source": 2, "inputconfig": "1234"}, "invalid inputconfig"),
        ({"tariffsource": 1}, "invalid tariffsource"),
    ],
)
def test_the_meter_refuses_tariffs_that_are_wrong(
    run: Run, tmp_path: Path, device: Gateway, body: dict[str, Any], said: str
) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, PATH, body)

    assert run(send()) == said
    assert state_of(device).source == CLOCK


def test_role_capability_and_silence_are_answered_as_the_manual_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    run(insists_on_rights_and_power(device, tmp_path, TARIFF, PATH, {"source": COMMUNICATION, "tariff": 2}))
    assert state_of(device).source == CLOCK


def test_without_the_capability_to_switch_the_tariff_stays(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            meter_of(device).capabilities -= {"configure TARIFF_ACTIVE"}
            return await answer(opened, PATH, {"source": COMMUNICATION, "tariff": 2})

    assert run(send()) == "denied"
    assert state_of(device).source == CLOCK
