"""Energy registers and resettable ones over HTTPS: units, what a type lacks, and a reset that is proven."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from app.commission.receipt import Outcome, Receipt
from app.model.errors import AccessDenied, DeviceFailed, DeviceRefused, InvalidValue
from app.net.lenient import convert
from app.vendors.g13.client import meter_path
from app.vendors.g13.meter.energy import ENERGY, ConvertedReply, EnergyReply, registers
from app.vendors.g13.meter.measured import measured, number, whole
from app.vendors.g13.meter.resettable import (
    RESET,
    RESETTABLE,
    ChosenRegisters,
    ResetCounterReply,
    Resettable,
    ResettableRegister,
    ResettableReply,
)
from app.vendors.g13.simulator.registers import ResettableRegisters
from tests.app.g13.bench import LABELS, SINGLE_STEEL, example, guest, wire
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


async def read(device: Gateway, folder: Path, section: Any, serial: str = MAIN) -> Any:
    async with session(device, folder) as opened:
        await opened.open()
        return (await opened.read(section, serial)).value


async def reset(device: Gateway, folder: Path, chosen: ChosenRegisters, serial: str = MAIN, **login: str) -> Receipt:
    async with session(device, folder, **login) as opened:
        await opened.open()
        return [event async for event in opened.act(RESET, serial, chosen)][-1]


def test_the_manuals_energy_is_understood() -> None:
    imported, exported, net = registers(convert(example("54"), EnergyReply), "active")
    assert (imported.direction, imported.l1, imported.t1, imported.total) == ("Import", 1758307.29, 0.16, 1271.31)
    assert (exported.direction, exported.t4, exported.total) == ("Export", 2.36, 12718.36)
    assert (net.l2, net.l3, net.t1, net.unit) == (-12443117.40, -77580916.94, None, "kWh")


def test_the_manuals_converted_and_resettable_energy_is_understood() -> None:
    assert convert(example("55"), ConvertedReply).importenergy == {"total": ("0.00", "KG")}
    values = convert(example("56"), ResettableReply).resettableenergy
    assert measured(values["activeimport"], "kWh") == pytest.approx(1758.397363)
    assert whole(convert(example("58"), ResetCounterReply).resetcounter["activeexport"]) == 0


def test_resetting_all_four_is_the_manuals_request() -> None:
    (step,) = RESET.steps(ChosenRegisters(True, True, True, True), "ABB_8")
    assert (step.method, step.path) == ("POST", "/meters/ABB_8/energy/resettable")
    assert step.body == example("57", "request")


@pytest.mark.parametrize(
    ("pair", "unit", "value"),
    [
        (("1.5", "kWh"), "kWh", 1.5),
        (("1500", "Wh"), "kWh", 1.5),
        (("1.5", "MWh"), "kWh", 1500.0),
        ((2, "KWH"), "kWh", 2.0),
        (("3", "W"), "var", 3.0),
        (("3", "kW"), "VA", 3000.0),
        (("7", "mA"), "A", 0.007),
        (("5", "KG"), "kg", 5.0),
        (("4", None), "V", 4.0),
        (("-", "kWh"), "kWh", None),
        (("nan", "kWh"), "kWh", None),
        ((None, "kWh"), "kWh", None),
        (None, "kWh", None),
    ],
)
def test_values_are_read_in_the_unit_that_is_shown(pair: Any, unit: str, value: float | None) -> None:
    assert measured(pair, unit) == (value if value is None else pytest.approx(value))


def test_booleans_and_lists_are_no_numbers() -> None:
    assert (number(True), number([1]), whole("2.00")) == (None, None, 2)


def test_a_platinum_meter_has_every_register(run: Run, tmp_path: Path, device: Gateway) -> None:
    energy = run(read(device, tmp_path, ENERGY))
    for kind, unit in (("Active", "kWh"), ("Reactive", "kvarh"), ("Apparent", "kVAh")):
        table = [row for row in energy.registers if row.kind == kind]
        assert [row.direction for row in table] == ["Import", "Export", "Net"]
        assert {row.unit for row in table} == {unit}
        imported, exported, net = table
        assert imported.total == pytest.approx(imported.l1 + imported.l2 + imported.l3, abs=0.05)
        tariffs = (imported.t1, imported.t2, imported.t3, imported.t4)
        if unit == "kVAh":
            assert tariffs == (None,) * 4, "no meter counts apparent energy by tariff"
        else:
            assert imported.total == pytest.approx(sum(tariffs), abs=0.05)
        assert net.total == pytest.approx(imported.total - exported.total, abs=0.02)
    assert energy.co2 == pytest.approx(energy.registers[0].total * 0.412, rel=1e-3)
    assert energy.currency == pytest.approx(energy.registers[0].total * 0.285, rel=1e-3)
    assert energy.missing == "nothing"


def test_what_a_type_lacks_is_not_asked_for_but_told(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, SINGLE_STEEL)
    energy = run(read(device, tmp_path, ENERGY, meter.serial))
    assert energy.missing == "reactive energy, apparent energy, CO₂, money"
    assert {row.kind for row in energy.registers} == {"Active"}
    assert (energy.co2, energy.currency) == (None, None)
    assert (energy.registers[0].l2, energy.registers[0].t1) == (None, None)
    asked = [request for request in device.requests if "/energy/" in request]
    assert asked == [f"GET /meters/{meter.serial}/energy/active"]


def test_an_iron_meter_counts_import_alone(run: Run, tmp_path: Path, device: Gateway) -> None:
    energy = run(read(device, tmp_path, ENERGY, wire(device, LABELS["Iron"]).serial))
    assert [row.direction for row in energy.registers] == ["Import"]


@pytest.mark.parametrize("path", ["reactive", "apparent", "active/co2", "active/currency"])
def test_the_device_refuses_what_a_type_lacks(run: Run, tmp_path: Path, device: Gateway, path: str) -> None:
    meter = wire(device, LABELS["Steel"])

    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.connection.get(meter_path(meter.serial, f"energy/{path}"), EnergyReply)

    with pytest.raises(AccessDenied, match="READ_WRITE_DENIED"):
        run(ask())


@pytest.mark.parametrize("section", [ENERGY, RESETTABLE])
def test_a_silent_meter_is_500(run: Run, tmp_path: Path, device: Gateway, section: Any) -> None:
    with pytest.raises(DeviceFailed):
        run(read(device, tmp_path, section, wire(device, LABELS["Gold"], powered=False).serial))


def test_resettable_registers_are_those_of_the_type(run: Run, tmp_path: Path, device: Gateway) -> None:
    steel = run(read(device, tmp_path, RESETTABLE, wire(device, LABELS["Steel"]).serial)).registers
    gold = run(read(device, tmp_path, RESETTABLE, wire(device, LABELS["Gold"]).serial)).registers
    assert [(row.register, row.unit, row.resets) for row in steel] == [
        ("Active import", "kWh", 2),
        ("Active export", "kWh", 2),
    ]
    assert [row.unit for row in gold] == ["kWh", "kWh", "kvarh", "kvarh"]
    assert steel[0].value == pytest.approx(1500.0, abs=0.1)


def test_a_reset_is_proven_by_counter_and_value(run: Run, tmp_path: Path, device: Gateway) -> None:
    receipt = run(reset(device, tmp_path, ChosenRegisters(active_import=True, reactive_export=True)))
    assert receipt.outcome is Outcome.VERIFIED
    assert receipt.erases == (
        "the register active import since its last reset",
        "the register reactive export since its last reset",
    )
    after = {row.register: row for row in run(read(device, tmp_path, RESETTABLE)).registers}
    assert (after["Active import"].resets, after["Active export"].resets, after["Reactive export"].resets) == (3, 2, 3)
    assert after["Active import"].value < 0.1
    assert after["Reactive import"].value > 1
    assert device.writes() == [f"POST /meters/{MAIN}/energy/resettable"]


def test_the_registers_of_the_meter_itself_go_on(run: Run, tmp_path: Path, device: Gateway) -> None:
    before = run(read(device, tmp_path, ENERGY)).registers[0].total
    run(reset(device, tmp_path, ChosenRegisters(active_import=True)))
    assert run(read(device, tmp_path, ENERGY)).registers[0].total >= before > 1


def test_choosing_nothing_sends_nothing(run: Run, tmp_path: Path, device: Gateway) -> None:
    with pytest.raises(InvalidValue, match="at least one register"):
        run(reset(device, tmp_path, ChosenRegisters()))
    assert device.writes() == []


def test_a_register_that_the_type_lacks_is_refused_and_nothing_is_reset(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    meter = wire(device, LABELS["Steel"])
    receipt = run(reset(device, tmp_path, ChosenRegisters(active_import=True, reactive_import=True), meter.serial))
    assert receipt.outcome is Outcome.REFUSED
    assert run(read(device, tmp_path, RESETTABLE, meter.serial)).registers[0].resets == 2


def test_who_may_only_look_resets_nothing(run: Run, tmp_path: Path, device: Gateway) -> None:
    user, password = guest(device)

    async def support() -> str:
        async with session(device, tmp_path, user=user, password=password) as opened:
            await opened.open()
            return (await opened.support(RESET, MAIN)).reason

    assert "View Only" in run(support())
    receipt = run(reset(device, tmp_path, ChosenRegisters(active_import=True), user=user, password=password))
    assert receipt.outcome is Outcome.REFUSED
    assert "READ_WRITE_DENIED" in receipt.message


def test_an_iron_meter_offers_no_reset(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Iron"])

    async def support() -> tuple[bool, bool]:
        async with session(device, tmp_path) as opened:
            await opened.open()
            values, action = [await opened.support(one, meter.serial) for one in (RESETTABLE, RESET)]
            return values.readable, action.writable

    assert run(support()) == (False, False)


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        ({}, "resettableenergy"),
        ({"resettableenergy": {}}, "resettableenergy"),
        ({"resettableenergy": []}, "resettableenergy"),
        ({"resettableenergy": {"activeimport": False}}, "resettableenergy"),
        ({"resettableenergy": {"activeimport": 1}}, "activeimport"),
        ({"resettableenergy": {"water": True}}, "water"),
        ({"resettableenergy": {"activeimport": True}, "more": 1}, "more"),
    ],
)
def test_the_device_refuses_other_bodies(
    run: Run, tmp_path: Path, device: Gateway, body: dict[str, Any], tag: str
) -> None:
    async def send() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.connection.update("POST", meter_path(MAIN, "energy/resettable"), body)

    with pytest.raises(DeviceRefused) as refused:
        run(send())
    assert (refused.value.status, refused.value.field) == (400, tag)
    meter = device.simulator.gateway.wired(MAIN)
    assert (
        device.host.call(lambda: meter.part(ResettableRegisters).counters())["resetcounter"]["activeimport"] == "2.00"
    )


def held(value: float | None, resets: int | None) -> Resettable:
    return Resettable((ResettableRegister("Active import", value, "kWh", resets),))


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        (held(120.0, 2), held(0.2, 3), ""),
        (held(0.1, 2), held(0.3, 3), ""),
        (held(120.0, None), held(0.0, None), ""),
        (held(120.0, 2), held(120.1, 2), "The counter of resets of active import still shows 2."),
        (held(120.0, 2), held(120.1, 3), "Active import still shows 120.1 kwh."),
        (held(120.0, None), held(120.1, None), "Active import still shows 120.1 kwh."),
        (held(120.0, 2), Resettable(()), "The meter has no register active import."),
    ],
)
def test_a_reset_that_did_not_happen_is_noticed(before: Resettable, after: Resettable, wrong: str) -> None:
    assert RESET.proven(before, after, ChosenRegisters(active_import=True)) == wrong.replace("kwh", "kWh")


def test_energy_grows_while_it_is_looked_at(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Silver"])
    before = run(read(device, tmp_path, ENERGY, meter.serial)).registers[0]
    device.host.call(lambda: setattr(meter, "now", lambda: time.time() + 7200))
    after = run(read(device, tmp_path, ENERGY, meter.serial)).registers[0]
    grown = {name: getattr(after, name) - getattr(before, name) for name in ("l1", "l2", "l3", "total", "t1")}
    assert all(grown[line] > 0.1 for line in ("l1", "l2", "l3"))
    assert grown["total"] == pytest.approx(grown["l1"] + grown["l2"] + grown["l3"], abs=0.05)
