"""Conversion factors over HTTPS: numbers out, value and unit back, one or both, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.commission.receipt import Outcome, StepState
from app.model.errors import InvalidValue
from app.simulators.faults import Fault
from app.vendors.g13.meter.conversion import CONVERSION, Conversion, ConversionFactors
from app.vendors.g13.simulator import conversion as simulated
from app.vendors.g13.simulator import resources as known
from app.vendors.g13.simulator.calls import resource
from app.vendors.g13.simulator.conversion import Factors
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

PATH = "energy/conversionfactor"
BOTH = {"conversionfactor": {"co2": 1.5, "currency": 2}}


@pytest.fixture
def device() -> Iterator[Gateway]:
    with wired(ManualTime()) as running:
        yield running


def planned(before: Conversion, after: Conversion) -> dict[str, Any]:
    assert CONVERSION.plan is not None
    (step,) = CONVERSION.plan(before, after, MAIN)
    assert step.body is not None
    return step.body


def test_both_factors_are_set_in_one_request_and_read_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert await read(opened, CONVERSION) == Conversion(0.412, 0.285)
            assert (await put(opened, CONVERSION, co2=0.5, currency=999998.999)).outcome is Outcome.VERIFIED
            assert await read(opened, CONVERSION) == Conversion(0.5, 999998.999)

    run(work())
    assert device.writes() == [f"POST /meters/{MAIN}/{PATH}"]


def test_only_the_factor_that_changes_is_sent(run: Run, tmp_path: Path, device: Gateway) -> None:
    assert planned(Conversion(0.4, 0.2), Conversion(0.4, 0.3)) == {"conversionfactor": {"currency": 0.3}}
    assert planned(Conversion(0.4, 0.2), Conversion(0.0, 0.2)) == {"conversionfactor": {"co2": 0.0}}

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await put(opened, CONVERSION, currency=0.311)).outcome is Outcome.VERIFIED

    run(work())
    factors = meter_of(device).part(Factors)
    assert (factors.co2, factors.currency) == (0.412, 0.311)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"co2": 9.999}, "CO₂: 9.999 is not allowed; less than 9.999"),
        ({"co2": 10.0}, "0 to 9.999 kg/kWh"),
        ({"co2": -0.1}, "0 to 9.999 kg/kWh"),
        ({"co2": 0.4125}, "CO₂: 0.4125 has more than three decimals"),
        ({"currency": 999_999.0}, "less than 999999"),
        ({"currency": 1e6}, "Currency"),
        ({"currency": None}, "cannot be taken away"),
    ],
)
def test_factors_beyond_a_limit_are_refused_before_sending(
    run: Run, tmp_path: Path, device: Gateway, values: dict[str, Any], said: str
) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            with pytest.raises(InvalidValue, match=said):
                await put(opened, CONVERSION, **values)

    run(work())
    assert device.writes() == []


def test_a_meter_without_one_of_the_factors_cannot_get_it() -> None:
    (wrong,) = CONVERSION.change_problems(Conversion(0.4, None), Conversion(0.4, 0.3))
    assert (wrong.field, wrong.message) == ("currency", "Currency: this meter has no such factor.")


def test_the_other_way_to_write_the_path_is_tried_and_remembered(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = tuple(
        resource(there.method, "/meters/{serial}/conversionfactor", there.answer) for there in simulated.RESOURCES
    )
    others = tuple(there for there in known.RESOURCES if there not in simulated.RESOURCES)
    monkeypatch.setattr("app.vendors.g13.simulator.device.RESOURCES", (*short, *others))

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await put(opened, CONVERSION, co2=0.7)).outcome is Outcome.VERIFIED

    run(work())
    assert meter_of(device).part(Factors).co2 == 0.7
    asked = [request for request in device.requests if request.endswith("conversionfactor")]
    assert asked[:2] == [f"GET /meters/{MAIN}/energy/conversionfactor", f"GET /meters/{MAIN}/conversionfactor"]
    assert all("/energy/" not in request for request in asked[2:])
    assert f"POST /meters/{MAIN}/conversionfactor" in asked


def test_the_manuals_examples_are_read_planned_and_taken(run: Run, tmp_path: Path, device: Gateway) -> None:
    found = printed("6.3.44-reply.json", ConversionFactors).conversionfactor
    assert (found.co2, found.currency) == ((1.123, "kg/kWh"), (100.789, "curr/kWh"))
    example = printed_body("6.3.45-request.json")
    assert planned(Conversion(0.4, 0.2), Conversion(1.123, 100.789)) == example

    async def send() -> None:
        async with at_work(device, tmp_path) as opened:
            assert await answer(opened, PATH, example) == "success"
            assert await read(opened, CONVERSION) == Conversion(1.123, 100.789)

    run(send())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "invalid conversionfactor"),
        ({"conversionfactor": 1}, "invalid"),
        ({"conversionfactor": {}}, "invalid co2"),
        ({"conversionfactor": {"co2": 9.999}}, "invalid co2"),
        ({"conversionfactor": {"co2": -1}}, "invalid co2"),
        ({"conversionfactor": {"co2": "1"}}, "invalid co2"),
        ({"conversionfactor": {"co2": True}}, "invalid co2"),
        ({"conversionfactor": {"currency": 999_999}}, "invalid currency"),
        ({"conversionfactor": {"currency": [1.0, "curr/kWh"]}}, "invalid currency"),
        ({"conversionfactor": {"nox": 1}}, "invalid nox"),
    ],
)
def test_the_meter_refuses_factors_that_are_wrong(
    run: Run, tmp_path: Path, device: Gateway, body: dict[str, Any], said: str
) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, PATH, body)

    assert run(send()) == said
    assert meter_of(device).part(Factors).co2 == 0.412


def test_a_write_that_is_cut_off_is_read_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            device.faults.add(Fault.DROP_AFTER, method="POST")
            receipt = await put(opened, CONVERSION, co2=0.9)
            assert receipt.outcome is Outcome.VERIFIED
            assert [step.state for step in receipt.steps] == [StepState.UNKNOWN]

    run(work())


def test_role_capability_and_silence_are_answered_as_the_manual_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    run(insists_on_rights_and_power(device, tmp_path, CONVERSION, PATH, BOTH))
