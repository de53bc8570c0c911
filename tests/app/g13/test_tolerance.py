"""What a device may leave out, or have that we would not write, does not stand in the way of the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome
from app.model.errors import InvalidValue
from app.model.scan import ScanRequest, parse_bus
from app.model.support import Capabilities
from app.net.lenient import convert
from app.vendors.g13.capability_bits import CAPABILITY_BITS, capabilities_from_bits
from app.vendors.g13.client import G13Client
from app.vendors.g13.feeds import QUANTITIES, reading
from app.vendors.g13.gateway.users import USERS
from app.vendors.g13.meter.alarms import ALARMS
from app.vendors.g13.meter.conversion import CONVERSION
from app.vendors.g13.meter.events import EVENTS
from app.vendors.g13.meter.flags import FLAGS
from app.vendors.g13.meter.io_actions import RESET_INPUTS
from app.vendors.g13.meter.load_profile_decode import read_profile
from app.vendors.g13.meter.previous_values_stored import records
from app.vendors.g13.meter.pulses import PULSES
from app.vendors.g13.meter.ratios import RATIOS
from app.vendors.g13.meter.snapshots import snapshots
from app.vendors.g13.models import AssociationObjects, MeterInfo
from app.vendors.g13.scan import BUSES, scan
from app.vendors.g13.simulator.calls import Call, resource
from app.vendors.g13.simulator.inputs_outputs import InputsOutputs
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.resources import RESOURCES
from app.vendors.g13.vendor import G13
from tests.app.g13.wiring import ManualTime, answer, at_work, meter_of, put, read, wired
from tests.conftest import Run
from tests.gateways import MAIN, Gateway

READ_ALL_THE_SAME: list[tuple[Any, float | None]] = [
    ([1.123, "kg/kWh"], 1.123),
    (["1.123", None], 1.123),
    ([1.123], 1.123),
    (1.123, 1.123),
    ("n/a", None),
    ([], None),
    (None, None),
]
NEEDS = [
    pytest.param(need, id=f"{known.key}: {need[:40]}")
    for known in (*G13.sections, *G13.archives, *G13.actions)
    for needs in (getattr(known, "needs_read", ()), getattr(known, "needs_write", ()))
    for need in needs
]


@pytest.fixture
def device() -> Iterator[Gateway]:
    with wired(ManualTime()) as running:
        yield running


def answering(monkeypatch: pytest.MonkeyPatch, path: str, reply: Any, method: str = "GET") -> None:
    """Let the simulator answer so to a path."""
    other = resource(method, path, reply)
    monkeypatch.setattr("app.vendors.g13.simulator.device.RESOURCES", (other, *RESOURCES))


@pytest.mark.parametrize("bits", [[1, 0, 1], ["1", "0", "1"], [True, False, True], "101", "1, 0, 1"])
def test_capability_bits_are_read_however_they_are_written(bits: Any) -> None:
    read_bits = convert({"associationobjects": bits}, AssociationObjects).bits
    assert read_bits == (1, 0, 1)
    assert capabilities_from_bits(read_bits) == {CAPABILITY_BITS[1], CAPABILITY_BITS[3]}


@pytest.mark.parametrize("reply", [{"role": "View Only"}, {"associationobjects": [], "role": " view only "}])
def test_a_meter_that_tells_nothing_of_its_functions_is_not_one_without_functions(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch, reply: dict[str, Any]
) -> None:
    answering(monkeypatch, "/meters/{serial}/associationobjects", lambda _: reply)

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            support = await opened.support(ALARMS, MAIN)
            assert (support.readable, support.writable) == (True, False)
            assert "View Only" in support.reason or "view only" in support.reason

    run(work())


def test_a_gateway_that_does_not_know_the_question_for_functions_offers_them_all(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: Call) -> Any:
        raise Refusal(404, "URI not found.")

    answering(monkeypatch, "/meters/{serial}/associationobjects", unknown)

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            support = await opened.support(ALARMS, MAIN)
            assert (support.readable, support.writable) == (True, True)

    run(work())


@pytest.mark.parametrize(("written", "meant"), READ_ALL_THE_SAME)
def test_an_odd_factor_does_not_hide_what_else_a_meter_says(written: Any, meant: float | None) -> None:
    reply = {"manufacturing": {"label": "A44 412-100"}, "conversionfactor": {"co2": written}}
    info = convert(reply, MeterInfo)
    assert (info.manufacturing.label, info.conversionfactor.co2_value) == ("A44 412-100", meant)


@pytest.mark.parametrize("need", NEEDS)
def test_every_need_is_a_capability_that_a_bit_stands_for(need: str) -> None:
    assert set(need.split(" | ")) <= set(CAPABILITY_BITS.values())


@pytest.mark.parametrize(
    ("declared", "capability"),
    [
        # The tariff inputs are ports 3 and 4: a meter may have inputs there and nowhere else.
        (RESET_INPUTS, "reset IO_INPUT_CUMULATION_4"),
        (RESET_INPUTS, "reset IO_STORED_INPUT_STATE_3"),
        (CONVERSION, "configure NRG_CONVERSION_FACTOR_CURR"),
        (EVENTS, "read LOG_SYSTEM"),
        (FLAGS, "read SYSTEM_STATUS_WARNING"),
    ],
)
def test_a_part_of_a_function_is_enough_to_offer_it(declared: Any, capability: str) -> None:
    readable = "read NRG_CONVERSION_FACTOR_CURR"
    offered = declared.support(Capabilities(frozenset({capability, readable})))
    assert offered.readable
    assert offered.writable is not capability.startswith("read")
    without = declared.support(Capabilities(frozenset({"read CLOCK"})))
    assert not without.writable
    assert without.readable is (declared is RESET_INPUTS)


def test_a_pulse_output_that_is_off_and_has_zeros_does_not_stop_the_others(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    inside = meter_of(device).part(InputsOutputs)
    inside.pulses[3] = {"port": 255, "length": 0, "frequency": 0, "energytype": 4}

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, PULSES)).outputs
            first = msgspec.structs.replace(rows[0], length_ms=50)
            assert (await put(opened, PULSES, outputs=(first, *rows[1:]))).outcome is Outcome.VERIFIED
            wrong = msgspec.structs.replace(rows[3], port=1)
            with pytest.raises(InvalidValue, match="0 ms is not allowed; 10 to 990 ms"):
                await put(opened, PULSES, outputs=(first, *rows[1:3], wrong))

    run(work())
    assert (inside.pulses[0]["length"], inside.pulses[3]["length"]) == (50, 0)


def test_an_alarm_with_a_number_of_its_own_is_shown_and_does_not_stop_the_others(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = next(r for r in RESOURCES if r.method == "GET" and r.path.fullmatch("/meters/x/alarms/configuration"))

    def from_zero(call: Call) -> Any:
        shown = known.answer(call) or {}
        return {"alarmconfig": [{"id": 0}, *shown["alarmconfig"][:-1]]}

    answering(monkeypatch, "/meters/{serial}/alarms/configuration", from_zero)

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            await read(opened, ALARMS)
            draft = opened.draft(ALARMS, MAIN)
            assert draft is not None
            rows = draft.value.alarms
            assert rows[0].id == 0
            assert not any(problem.field.endswith(".id") for problem in draft.problems())
            changed = msgspec.structs.replace(rows[0], active=True, quantity=69, on=250, off=240)
            draft.set("alarms", (changed, *rows[1:]))
            assert "1 to 25" in next(p.message for p in draft.problems() if p.field == "alarms[0].id")

    run(work())


def test_a_refusal_that_names_two_tags_is_shown_at_the_first(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Call) -> Any:
        raise Refusal(400, "missing name and key tag in JSON .")

    answering(monkeypatch, "/meters/{serial}/x", refuse, "POST")

    async def work() -> str:
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, "x", {})

    assert run(work()) == "invalid name"


def test_a_quantity_without_a_unit_may_have_null_in_its_place() -> None:
    body = b'{"mapping":["power_factor_l1",null],"items":[[1,"2026-09-21T14:00:00",0.9]]}'
    profile = read_profile(body)
    assert (profile.quantity, profile.unit, profile.values) == ("Power factor L1", "", [0.9])
    nested = read_profile(body.replace(b'["power_factor_l1",null]', b'[["power_factor_l1",null]]'))
    assert (nested.quantity, nested.unit) == ("Power factor L1", "")
    rows = snapshots(
        b'{"mapping":[["io_input_cumulation_1",null]],"items":[[["1","7"],{"time":"2026-09-21T00:00:00"}]]}'
    )
    shown = records(rows)
    assert (shown.columns[1].title, shown.columns[1].unit, shown.data[1]) == ("Input counter 1", "", [7.0])


def test_live_values_with_a_prefix_are_not_a_thousand_times_too_small() -> None:
    power: Any = {"active": {"total": ("1.5", "kW"), "l1": ("500", "W"), "l2": ("x", "W")}}
    instrument: Any = {"frequency": {"frequency": ("50.1", "Hz")}, "l1": {"current": ("250", "mA")}}
    found = dict(zip((q.key for q in QUANTITIES), reading(instrument, power, 0.0).values, strict=True))
    assert (found["power.total"], found["power.l1"]) == (1500.0, 500.0)
    assert (found["current.l1"], found["frequency"]) == (0.25, 50.1)
    assert math.isnan(found["power.l2"])


def test_a_scan_is_watched_through_a_failure_of_the_gateway(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = next(r for r in RESOURCES if r.method == "GET" and r.path.fullmatch("/meters/scanned"))
    fails = [True, True]
    time = device.simulator.gateway.now
    assert isinstance(time, ManualTime)

    def sometimes(call: Call) -> Any:
        if fails:
            fails.pop()
            time.now_s += 60
            raise Refusal(500, "received invalid response from COSEM.")
        return known.answer(call)

    answering(monkeypatch, "/meters/scanned", sometimes)
    monkeypatch.setattr("app.vendors.g13.scan.SETTLING_S", 0.0)

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert isinstance(opened.connection, G13Client)
            request = ScanRequest((parse_bus(BUSES[0], "17-18"),))
            states = [state async for state in scan(opened.connection, request, poll_s=0.0)]
            assert [state.complete for state in states] == [True]

    run(work())
    assert fails == []


def test_a_refused_ratio_is_named_among_several_that_were_changed(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Call) -> Any:
        raise Refusal(400, "invalid vtnum in JSON .")

    answering(monkeypatch, "/meters/{serial}/transformersettings", refuse, "POST")

    async def work() -> str:
        async with at_work(device, tmp_path) as opened:
            return (await put(opened, RATIOS, ct_numerator=50, vt_numerator=20)).field

    assert run(work()) == "vt_numerator"


def test_administrators_are_known_also_where_the_list_of_meters_lacks_the_gateways_serial(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = next(r for r in RESOURCES if r.method == "GET" and r.path.fullmatch("/meters"))
    answering(monkeypatch, "/meters", lambda call: {"locations": (known.answer(call) or {})["locations"]})

    async def work() -> None:
        async with at_work(device, tmp_path) as opened:
            assert isinstance(opened.connection, G13Client)
            value = await read(opened, USERS, "")
            assert [user.name for user in value.users if user.gateway_admin] == ["admin"]
            assert value.gateway == device.simulator.gateway.serial

    run(work())
