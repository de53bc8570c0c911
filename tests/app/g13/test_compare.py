"""One quantity of up to five meters, as the gateway reads it in one request."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.commission.session import DeviceSession
from app.model.archive import Query, Records
from app.model.errors import AccessDenied, AppError, DeviceFailed, DeviceRefused, InvalidValue
from app.net.lenient import JsonReader, convert
from app.vendors.g13.client import G13Client
from app.vendors.g13.gateway.compare import COMPARE, Comparison, Values, request
from app.vendors.g13.gateway.obis import BY_KEY, QUANTITIES
from app.vendors.g13.simulator.gateway import Registration
from app.vendors.g13.simulator.users import Role
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
OTHER = "ABB01EM000014502"
STEEL = "ABB01EM000014505"
"""A single-phase meter of the lowest level, which is not registered at first."""


@pytest.fixture
def device() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


def register(device: Gateway, *serials: str) -> None:
    site = device.simulator.gateway
    for serial in serials:
        site.registered[serial] = Registration(site.wired(serial), f"Meter {serial[-1]}", "Here", 0.0)


def fixture(name: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / name).read_bytes())


async def compared(opened: DeviceSession, quantity: str, *serials: str) -> Records:
    return await opened.records(COMPARE, "", Query(parameters=Comparison(quantity, ", ".join(serials))))


async def energy(opened: DeviceSession, kind: str) -> Any:
    return await opened.connection.get(f"/meters/{MAIN}/energy/{kind}", dict)


def test_values_and_units_come_with_the_names_of_the_meters(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            before = len(device.writes())
            found = await compared(opened, "voltage_l1", OTHER, MAIN)
            names, serials, values, units = found.data
            assert list(names) == ["Ventilation", "Main incomer"]
            assert list(serials) == [OTHER, MAIN]
            assert all(200 < value < 260 for value in values)
            assert list(units) == ["V", "V"]
            assert found.columns[2].title == "Voltage L1"
            assert device.writes()[before:] == ["POST /gateway/execute"]
            assert not found.notes

    run(read())


def test_what_is_compared_is_what_the_meter_itself_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            meter = device.simulator.gateway.wired(MAIN)
            fixed = meter.now()
            meter.now = lambda: fixed
            for key, said in (
                ("current_l2", meter.instrument()["l2"]["current"]),
                ("power_factor_total", meter.instrument()["total"]["powerfactor"]),
                ("phase_angle_power_l3", meter.instrument()["l3"]["phaseanglepower"]),
                ("frequency", meter.instrument()["frequency"]["frequency"]),
                ("active_power_total", meter.power()["active"]["total"]),
                ("reactive_power_l1", meter.power()["reactive"]["l1"]),
                ("active_energy_import_l2", (await energy(opened, "active"))["importenergy"]["l2"]),
                ("active_energy_net_total", (await energy(opened, "active"))["netenergy"]["total"]),
                ("active_energy_import_tariff3", (await energy(opened, "active"))["importenergy"]["t3"]),
                ("reactive_energy_export_total", (await energy(opened, "reactive"))["exportenergy"]["total"]),
                ("apparent_energy_import_l1", (await energy(opened, "apparent"))["importenergy"]["l1"]),
            ):
                found = await compared(opened, key, MAIN)
                assert found.data[2][0] == float(said[0]), key

    run(read())


def test_units_that_the_device_confuses_are_put_right(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            assert device.simulator.gateway.wired(MAIN).power()["reactive"]["l1"][1] == "W"
            for key, unit in (("reactive_power_l1", "var"), ("apparent_power_l1", "VA"), ("active_power_l1", "W")):
                assert (await compared(opened, key, MAIN)).data[3] == [unit]
            assert (await compared(opened, "power_factor_l1", MAIN)).data[3] == [""]
            assert (await compared(opened, "phase_angle_voltage_l2", MAIN)).data[3] == ["°"]

    run(read())


def test_without_a_choice_the_first_five_are_read_and_the_rest_is_mentioned(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    register(device, *(f"ABB01EM00001450{number}" for number in (3, 4, 5, 6)))

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            found = await compared(opened, "voltage_l1")
            assert found.count == 5
            assert "first 5 of 6" in found.notes[0]

    run(read())


@pytest.mark.parametrize(
    ("quantity", "meters", "field", "words"),
    [
        ("warmth", "", "quantity", "'warmth'"),
        ("voltage_l1", "ABB9", "meters", "ABB9 is not registered"),
        ("voltage_l1", "all", "meters", "at most 5"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path, device: Gateway, quantity: str, meters: str, field: str, words: str
) -> None:
    register(device, *(f"ABB01EM00001450{number}" for number in (3, 4, 5, 6)))
    serials = list(device.simulator.gateway.registered) if meters == "all" else [meters]

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            with pytest.raises(InvalidValue) as refused:
                await compared(opened, quantity, *serials)
            assert refused.value.field == field
            assert words in refused.value.message

    run(read())
    assert not device.writes()


def test_a_silent_meter_hides_none_of_the_others(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.simulator.gateway.wired(OTHER).powered = False

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            found = await compared(opened, "voltage_l1", MAIN, OTHER)
            assert found.data[2][0] > 200
            assert math.isnan(found.data[2][1])
            assert found.data[3] == ["V", ""]
            assert found.notes == (f"Meter {OTHER} does not answer.",)
            with pytest.raises(DeviceFailed):
                await compared(opened, "voltage_l1", OTHER)

    run(read())


def test_a_meter_without_the_quantity_is_named(run: Run, tmp_path: Path, device: Gateway) -> None:
    register(device, STEEL)

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            found = await compared(opened, "voltage_l3", MAIN, STEEL)
            assert math.isnan(found.data[2][1])
            assert found.notes == (f"Meter {STEEL} has no Voltage L3, or this account may not look at it.",)
            with pytest.raises(AccessDenied):
                await compared(opened, "voltage_l3", STEEL)

    run(read())


# -- the manual's examples --


def test_the_requests_are_those_of_the_manual() -> None:
    for key, name in (
        ("voltage_l1", "6.3.16-request.json"),
        ("power_factor_l1", "6.3.16-request-power-factor.json"),
    ):
        assert request(BY_KEY[key], ["ABB01", "ABB02"]) == fixture(name)


def test_the_replies_of_the_manual_are_read_with_their_brace_too_many() -> None:
    voltages = convert(fixture("6.3.16-reply.json"), Values)
    assert voltages == {"ABB01": ("200.0", "V"), "ABB02": ("200.0", "V")}
    factors = convert(fixture("6.3.16-reply-power-factor.json"), Values)
    assert factors == {"ABB01": ("0.9",), "ABB02": ("1.0",)}


def test_every_quantity_has_a_code_of_its_own() -> None:
    assert len({quantity.obis for quantity in QUANTITIES}) == len(QUANTITIES)
    assert all(quantity.obis[:2] == (1, 0) and quantity.obis[5] == 255 for quantity in QUANTITIES)


# -- the simulator --


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"devices": []}, "invalid devices"),
        ({"devices": [MAIN] * 2}, "invalid devices"),
        ({"devices": [MAIN, OTHER, "a", "b", "c", "d"]}, "invalid devices"),
        ({"devices": ["ABB9"]}, "invalid devices"),
        ({"devices": [["x"]]}, "invalid devices"),
        ({"obis": [1, 0, 32, 7, 0]}, "invalid obis"),
        ({"obis": [1, 0, 199, 7, 0, 255]}, "invalid obis"),
        ({"obis": [2, 0, 32, 7, 0, 255]}, "invalid obis"),
        ({"obis": "1.0.32.7.zero.255"}, "invalid obis"),
        ({"obis": "1" * 24}, "invalid obis"),
        ({"classid": 4}, "invalid classid"),
        ({"attributes": []}, "invalid attributes"),
        ({"attributes": [4]}, "invalid attributes"),
        ({"more": 1}, "unknown more"),
    ],
)
def test_the_simulator_refuses_what_the_manual_does_not_allow(
    run: Run, tmp_path: Path, device: Gateway, change: dict[str, object], error: str
) -> None:
    body = {**request(BY_KEY["voltage_l1"], [MAIN]), **change}
    refusal = run(executed(device, tmp_path, body))
    assert isinstance(refusal, DeviceRefused)
    assert error in refusal.message


async def executed(device: Gateway, folder: Path, body: dict[str, object], **login: str) -> AppError | Values:
    async with session(device, folder, **login) as opened:
        await opened.open()
        assert isinstance(opened.connection, G13Client)
        try:
            return await opened.connection.ask("/gateway/execute", body, Values)
        except AppError as error:
            return error


def test_a_code_may_be_text(run: Run, tmp_path: Path, device: Gateway) -> None:
    body = {**request(BY_KEY["voltage_l1"], [MAIN]), "obis": "1.0.32.7.0.255"}
    assert run(executed(device, tmp_path, body))[MAIN][1] == "V"


def test_a_meter_that_the_account_may_not_see_is_not_read(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.simulator.gateway.users.add("anna", "anna 1", {MAIN: Role.VIEW})
    body = request(BY_KEY["voltage_l1"], [OTHER])
    assert isinstance(run(executed(device, tmp_path, body, user="anna", password="anna 1")), AccessDenied)
    seen = run(executed(device, tmp_path, request(BY_KEY["voltage_l1"], [MAIN]), user="anna", password="anna 1"))
    assert isinstance(seen, dict)
