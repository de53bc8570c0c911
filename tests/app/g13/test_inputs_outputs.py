"""Inputs and outputs over HTTPS: what they are for, how they stand, switched, reset, and their pulses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome
from app.model.errors import AccessDenied, DeviceRefused, InvalidValue, UsageError
from app.model.section import Step
from app.vendors.g13.client import encode, meter_path
from app.vendors.g13.meter.inputs_outputs import IO_STATE, IO_USE, PortUse
from app.vendors.g13.meter.io_actions import RESET_INPUTS, SET_OUTPUT, InputReset, Output
from app.vendors.g13.meter.io_wire import (
    ALARM,
    ALWAYS_ON,
    COMMUNICATION,
    INPUT,
    PULSE,
    TARIFF,
    PortStates,
    PortUses,
    Pulses,
    energy_name,
    use_name,
)
from app.vendors.g13.meter.pulses import PULSES, PulseOutput, PulseOutputs
from app.vendors.g13.simulator import inputs_outputs as simulated
from app.vendors.g13.simulator.inputs_outputs import InputsOutputs
from tests.app.g13.wiring import (
    STEEL,
    VIEWER,
    ManualTime,
    answer,
    at_work,
    do,
    meter_of,
    printed,
    printed_body,
    put,
    read,
    wired,
)
from tests.conftest import Run
from tests.gateways import MAIN, Gateway


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def device(time: ManualTime) -> Iterator[Gateway]:
    with wired(time) as running:
        yield running


def use_for_the_manual(device: Gateway) -> InputsOutputs:
    """The uses that the manual's example of switching and resetting needs: outputs 1 and 4, inputs 2 and 3."""
    ports = meter_of(device).part(InputsOutputs)
    ports.uses = [simulated.COMMUNICATION, simulated.INPUT, simulated.INPUT, simulated.COMMUNICATION]
    return ports


def test_the_four_ports_are_shown_with_use_state_and_counter(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> Any:
        async with at_work(device, tmp_path) as opened:
            return await read(opened, IO_STATE)

    ports = run(look()).ports
    assert [port.use for port in ports] == ["Alarm output", "Communication output", "Input", "Input"]
    assert [port.counter is not None for port in ports] == [False, False, True, True]
    assert [port.stored for port in ports] == [None, None, True, True]
    assert [port.on for port in ports[:2]] == [False, False]


def test_an_input_moves_and_counts_each_time_that_it_comes_on(device: Gateway, time: ManualTime) -> None:
    ports = meter_of(device).part(InputsOutputs)
    before = ports.counter(3)
    seen = []
    for _ in range(400):
        time.now_s += 1.0
        seen.append(ports.is_on(3))
    came_on = sum(now and not was for was, now in pairwise(seen))
    assert came_on > 5
    assert ports.counter(3) - before in (came_on, came_on + 1)


def test_an_output_is_switched_and_proven_by_reading_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def switch() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await do(opened, SET_OUTPUT, Output(2, True))).outcome is Outcome.VERIFIED
            assert (await read(opened, IO_STATE)).ports[1].on is True
            assert (await do(opened, SET_OUTPUT, Output(2, False))).outcome is Outcome.VERIFIED
            assert (await read(opened, IO_STATE)).ports[1].on is False

    run(switch())
    assert device.writes() == [f"POST /meters/{MAIN}/io"] * 2


def test_a_port_that_is_no_communication_output_is_not_switched(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def switch() -> None:
        async with at_work(device, tmp_path) as opened:
            with pytest.raises(UsageError, match="Port 1 is set to 'Alarm output', not to 'Communication output'"):
                await do(opened, SET_OUTPUT, Output(1, True))

    run(switch())
    assert device.writes() == []


def test_the_device_itself_refuses_to_switch_such_a_port(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def switch() -> None:
        async with at_work(device, tmp_path) as opened:
            body: dict[str, object] = {"iostatus": [{"port": 1, "currentstate": 1}]}
            with pytest.raises(DeviceRefused, match="currentstate"):
                await opened.connection.perform(Step("Switch", "POST", meter_path(MAIN, "io"), body))

    run(switch())


def test_without_any_communication_output_nothing_is_sent(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter_of(device).part(InputsOutputs).uses = [simulated.INPUT] * 4

    async def switch() -> None:
        async with at_work(device, tmp_path) as opened:
            with pytest.raises(UsageError, match="Port 1 is set to 'Input'"):
                await do(opened, SET_OUTPUT, Output(1, True))

    run(switch())
    assert device.writes() == []


def test_what_proves_a_switching_says_in_words_what_is_wrong(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> Any:
        async with at_work(device, tmp_path) as opened:
            return await read(opened, IO_STATE)

    ports = run(look())
    assert SET_OUTPUT.proven(ports, ports, Output(2, True)) == "Port 2 is off."
    assert "only a communication output can be switched" in SET_OUTPUT.proven(ports, ports, Output(3, True))
    few = msgspec.structs.replace(ports, ports=ports.ports[:2])
    assert SET_OUTPUT.proven(few, few, Output(4, True)) == "The meter has no port 4."


def test_inputs_begin_again_at_zero(run: Run, tmp_path: Path, device: Gateway, time: ManualTime) -> None:
    ports = meter_of(device).part(InputsOutputs)
    # A moment at which both inputs are off: a stored state comes back at once otherwise.
    while ports.is_on(3) or ports.is_on(4):
        time.now_s += 1.0

    async def reset() -> None:
        async with at_work(device, tmp_path) as opened:
            assert (await read(opened, IO_STATE)).ports[2].counter > 100
            wanted = InputReset(False, False, True, True, counters=True, stored_states=True)
            assert RESET_INPUTS.erases(wanted) == ("counters and stored states of ports 3, 4",)
            assert (await do(opened, RESET_INPUTS, wanted)).outcome is Outcome.VERIFIED
            third = (await read(opened, IO_STATE)).ports[2]
            assert (third.counter, third.stored) == (0, False)
            time.now_s += 600
            third = (await read(opened, IO_STATE)).ports[2]
            assert third.counter > 5
            assert third.stored is True

    run(reset())


def test_a_reset_that_did_nothing_is_not_proven(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> Any:
        async with at_work(device, tmp_path) as opened:
            return await read(opened, IO_STATE)

    ports = run(look())
    counters = InputReset(False, False, True, False, counters=True, stored_states=False)
    assert RESET_INPUTS.proven(ports, ports, counters) == f"The counter of port 3 is still {ports.ports[2].counter}."
    output = InputReset(True, False, False, False, counters=True, stored_states=False)
    assert "only an input can be reset" in RESET_INPUTS.proven(ports, ports, output)


def test_a_reset_of_nothing_is_refused_before_sending(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def reset() -> None:
        async with at_work(device, tmp_path) as opened:
            with pytest.raises(InvalidValue, match="at least one input"):
                await do(opened, RESET_INPUTS, InputReset(False, False, False, False, True, True))
            with pytest.raises(InvalidValue, match="counters, stored states or both"):
                await do(opened, RESET_INPUTS, InputReset(True, False, False, False, False, False))

    run(reset())
    assert device.writes() == []


def test_only_the_port_that_changes_is_written_and_by_its_number(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def use() -> None:
        async with at_work(device, tmp_path) as opened:
            assert await read(opened, IO_USE) == PortUse(ALARM, COMMUNICATION, INPUT, INPUT)
            await opened.read(IO_USE, MAIN)
            opened.draft(IO_USE, MAIN).set("port_2", PULSE)  # type: ignore[union-attr]
            (step,) = opened.preview(IO_USE, MAIN).steps
            assert step.body == {"ioconfig": [255, 3, 255, 255]}
            assert (await opened.send(IO_USE, MAIN)).outcome is Outcome.VERIFIED

    run(use())
    assert meter_of(device).part(InputsOutputs).uses[1] == simulated.PULSE


def test_every_use_is_told_back_as_it_was_written(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def use() -> None:
        async with at_work(device, tmp_path) as opened:
            uses = {"port_1": TARIFF, "port_2": PULSE, "port_3": ALWAYS_ON, "port_4": "always_off"}
            assert (await put(opened, IO_USE, **uses)).outcome is Outcome.VERIFIED
            ports = (await read(opened, IO_STATE)).ports
            assert (ports[2].on, ports[3].on) == (True, False)
            others = {"port_1": COMMUNICATION, "port_2": ALARM, "port_3": INPUT, "port_4": INPUT}
            assert (await put(opened, IO_USE, **others)).outcome is Outcome.VERIFIED

    run(use())


def test_what_a_change_of_use_means_is_said() -> None:
    before = PortUse(ALARM, PULSE, COMMUNICATION, TARIFF)
    told = [problem.message for problem in IO_USE.change_problems(before, PortUse(INPUT, ALARM, PULSE, INPUT))]
    assert any("Port 1 is no alarm output any more: alarms" in words for words in told)
    assert any("Port 2 is no pulse output any more" in words for words in told)
    assert any("Port 2 becomes alarm output: choose it as output in the alarms" in words for words in told)
    assert any("Port 4 is no tariff output any more" in words for words in told)
    assert any("Port 4 chooses the tariff" in words for words in told)
    assert all(problem.warning for problem in IO_USE.change_problems(before, PortUse(INPUT, ALARM, PULSE, INPUT)))


def test_an_unknown_use_is_shown_and_kept_but_not_written() -> None:
    odd = PortUse(ALARM, "warp_out", INPUT, None)
    changed = msgspec.structs.replace(odd, port_1=INPUT)
    (step,) = IO_USE.plan(odd, changed, MAIN)  # type: ignore[misc]
    assert step.body == {"ioconfig": [0, 255, 255]}
    (wrong,) = IO_USE.change_problems(odd, msgspec.structs.replace(odd, port_3="warp_out"))[:1]
    assert (wrong.field, wrong.warning) == ("port_3", False)
    assert "no such port" in IO_USE.change_problems(odd, msgspec.structs.replace(odd, port_4=INPUT))[0].message


def test_both_spellings_and_numbers_of_a_use_are_read() -> None:
    assert [use_name(read) for read in ("communiation_out", "communication_out", 1, "1", " Alarm_Out ", 9)] == [
        COMMUNICATION,
        COMMUNICATION,
        COMMUNICATION,
        COMMUNICATION,
        ALARM,
        "code 9",
    ]
    assert [energy_name(read) for read in (2, "reactive_import", 255)] == ["reactive_import"] * 2 + ["code 255"]


def test_a_pulse_output_is_set_by_numbers_and_told_back_by_name(run: Run, tmp_path: Path, device: Gateway) -> None:
    wanted = PulseOutput(3, 2, 50, 1000, "reactive_export")

    async def pulses() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, PULSES)).outputs
            assert [row.output for row in rows] == [1, 2, 3, 4]
            opened.draft(PULSES, MAIN).set("outputs", (rows[0], rows[1], wanted, rows[3]))  # type: ignore[union-attr]
            (step,) = opened.preview(PULSES, MAIN).steps
            assert step.body == {"pulse": [{"id": 3, "port": 2, "length": 50, "frequency": 1000, "energytype": 3}]}
            assert (await opened.send(PULSES, MAIN)).outcome is Outcome.VERIFIED
            assert (await read(opened, PULSES)).outputs[2] == wanted

    run(pulses())


def test_two_pulse_outputs_that_change_places_are_both_sent(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter_of(device).part(InputsOutputs).pulses[0] |= {"length": 20}

    async def pulses() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, PULSES)).outputs
            swapped = (msgspec.structs.replace(rows[1], output=1), msgspec.structs.replace(rows[0], output=2))
            assert (await put(opened, PULSES, outputs=(*swapped, *rows[2:]))).outcome is Outcome.VERIFIED

    run(pulses())
    assert [pulse["length"] for pulse in meter_of(device).part(InputsOutputs).pulses] == [100, 20, 100, 100]


def test_a_pulse_output_beats_with_the_energy(device: Gateway, time: ManualTime) -> None:
    ports = meter_of(device).part(InputsOutputs)
    ports.uses[0] = simulated.PULSE
    ports.pulses[0] |= {"port": 1, "frequency": 1000}
    seen = set()
    for _ in range(60):
        time.now_s += 1.0
        seen.add(ports.is_on(1))
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (PulseOutput(1, 1, 9, 1000, "active_import"), "10 to 990 ms"),
        (PulseOutput(1, 1, 991, 1000, "active_import"), "10 to 990 ms"),
        (PulseOutput(1, 1, 100, 0, "active_import"), "1 to 999999 imp/kWh"),
        (PulseOutput(1, 1, 100, 1_000_000, "active_import"), "1 to 999999 imp/kWh"),
        (PulseOutput(1, 5, 100, 1000, "active_import"), "none of 1 to 4 and off"),
        (PulseOutput(1, 1, 100, 1000, "heat"), "'heat' is none of Active import"),
    ],
)
def test_pulses_beyond_a_limit_are_refused_before_sending(
    run: Run, tmp_path: Path, device: Gateway, row: PulseOutput, said: str
) -> None:
    async def pulses() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, PULSES)).outputs
            with pytest.raises(InvalidValue, match=said):
                await put(opened, PULSES, outputs=(row, *rows[1:]))

    run(pulses())
    assert device.writes() == []


def test_pulses_on_a_port_of_another_use_or_of_another_output_are_warned_of() -> None:
    first = PulseOutput(1, 1, 100, 1000, "active_import")
    second = PulseOutput(2, 1, 100, 1000, "active_export")
    off = PulseOutput(3, 255, 100, 1000, "active_export")
    told = PULSES.problems(PulseOutputs((first, second, off), "2, 3"))
    assert [problem.field for problem in told] == ["outputs[0].port", "outputs[1].port", "outputs[1].port"]
    assert "port 1 is no pulse output" in told[0].message
    assert "already that of output 1" in told[2].message
    assert all(problem.warning for problem in told)
    assert PULSES.problems(PulseOutputs((first, off), "1")) == []
    assert PULSES.problems(PulseOutputs((first, off), "not known")) == []


def test_pulse_outputs_cannot_be_added(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def pulses() -> None:
        async with at_work(device, tmp_path) as opened:
            rows = (await read(opened, PULSES)).outputs
            with pytest.raises(InvalidValue, match="not added or taken away"):
                await put(opened, PULSES, outputs=rows[:3])

    run(pulses())


def test_the_summary_says_at_which_power_pulses_merge() -> None:
    row = PulseOutput(1, 1, 100, 1000, "active_import")
    assert PULSES.summary is not None
    assert PULSES.summary(PulseOutputs((row,), "1")) == "Output 1: pulses merge above 18 kW"


# The manual's own examples


def test_the_manuals_replies_are_read() -> None:
    states = printed("6.3.63-reply.json", PortStates).iostatus
    assert [state.currentstate for state in states] == [0, 0, 1, 0]
    assert [(state.storedstate, state.counter) for state in states[1:3]] == [(0, 292939), (1, 48448)]
    assert states[0].counter is None
    assert printed("6.3.64-reply.json", PortUses).ioconfig == (PULSE, ALWAYS_ON, ALARM, INPUT)
    pulses = printed("6.3.65-reply.json", Pulses).pulse
    assert [pulse.port for pulse in pulses] == [0, 1, 255, 255]
    assert [pulse.energytype for pulse in pulses][::3] == ["active_import", "reactive_export"]
    assert {(pulse.length, pulse.frequency) for pulse in pulses} == {(100, 10000)}


def test_the_manuals_requests_are_taken(run: Run, tmp_path: Path, device: Gateway, time: ManualTime) -> None:
    ports = use_for_the_manual(device)
    ports.switched[1] = True

    async def send() -> None:
        async with at_work(device, tmp_path) as opened:
            assert await answer(opened, "io", printed_body("6.3.66-request.json")) == "success"
            assert (ports.is_on(1), ports.counter(2), ports.counter(3)) == (False, 0, 0)
            assert await answer(opened, "io/configuration", printed_body("6.3.67-request.json")) == "success"
            assert ports.uses == [3, 5, 4, 2]
            assert await answer(opened, "io/pulse", printed_body("6.3.68-request.json")) == "success"
            assert [pulse["port"] for pulse in ports.pulses] == [2, 1, 4, 255]

    run(send())


def test_what_is_planned_is_what_the_manual_prints() -> None:
    rows = tuple(
        PulseOutput(*row)
        for row in (
            (1, 2, 100, 10000, "reactive_import"),
            (2, 1, 100, 10000, "reactive_import"),
            (3, 4, 100, 10000, "active_import"),
            (4, 255, 100, 10000, "reactive_export"),
        )
    )
    other = tuple(msgspec.structs.replace(row, length_ms=20) for row in rows)
    (step,) = PULSES.plan(PulseOutputs(other, "none"), PulseOutputs(rows, "none"), MAIN)  # type: ignore[misc]
    assert step.body == printed_body("6.3.68-request.json")
    assert len(encode(step.body)) < 512  # type: ignore[arg-type]
    before, after = PortUse(INPUT, INPUT, INPUT, INPUT), PortUse(PULSE, ALWAYS_ON, TARIFF, ALARM)
    (step,) = IO_USE.plan(before, after, MAIN)  # type: ignore[misc]
    assert step.body == printed_body("6.3.67-request.json")


# What the simulated meter refuses


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("io", {}, "invalid iostatus"),
        ("io", {"iostatus": []}, "invalid iostatus"),
        ("io", {"iostatus": [{"port": 2, "currentstate": 1}], "x": 1}, "invalid x"),
        ("io", {"iostatus": [{"port": 2, "currentstate": 1}] * 5}, "invalid iostatus"),
        ("io", {"iostatus": [{"port": 2, "currentstate": 1}] * 2}, "invalid port"),
        ("io", {"iostatus": [{"port": 5, "currentstate": 1}]}, "invalid port"),
        ("io", {"iostatus": [{"port": 2}]}, "invalid iostatus"),
        ("io", {"iostatus": [{"port": 2, "currentstate": 1, "reset": ["counter"]}]}, "invalid iostatus"),
        ("io", {"iostatus": [{"port": 2, "currentstate": True}]}, "invalid currentstate"),
        ("io", {"iostatus": [{"port": 2, "currentstate": 2}]}, "invalid currentstate"),
        ("io", {"iostatus": [{"port": 3, "currentstate": 1}]}, "invalid currentstate"),
        ("io", {"iostatus": [{"port": 2, "reset": ["counter"]}]}, "invalid reset"),
        ("io", {"iostatus": [{"port": 3, "reset": []}]}, "invalid reset"),
        ("io", {"iostatus": [{"port": 3, "reset": ["all"]}]}, "invalid reset"),
        ("io/configuration", {"ioconfig": [7]}, "invalid ioconfig"),
        ("io/configuration", {"ioconfig": []}, "invalid ioconfig"),
        ("io/configuration", {"ioconfig": [0] * 5}, "invalid ioconfig"),
        ("io/configuration", {"ioconfig": ["input"]}, "invalid ioconfig"),
        ("io/configuration", {"ioconfig": [True]}, "invalid ioconfig"),
        ("io/pulse", {"pulse": [{"id": 1, "port": 1, "length": 100, "frequency": 10}]}, "invalid energytype"),
    ],
)
def test_the_meter_refuses_ports_that_are_wrong(
    run: Run, tmp_path: Path, device: Gateway, path: str, body: dict[str, Any], said: str
) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, path, body)

    assert run(send()) == said


@pytest.mark.parametrize(
    ("tag", "value"),
    [("id", 0), ("id", 5), ("port", 0), ("port", 5), ("length", 9), ("length", 991), ("frequency", 0),
     ("frequency", 1_000_000), ("energytype", 5), ("energytype", "active_import"), ("length", 10.5)],
)  # fmt: skip
def test_the_meter_refuses_pulses_beyond_a_limit(
    run: Run, tmp_path: Path, device: Gateway, tag: str, value: object
) -> None:
    async def send() -> str:
        row = {"id": 1, "port": 1, "length": 100, "frequency": 1000, "energytype": 0} | {tag: value}
        async with at_work(device, tmp_path) as opened:
            return await answer(opened, "io/pulse", {"pulse": [row]})

    assert run(send()) == f"invalid {tag}"


def test_a_wrong_port_leaves_the_others_as_they_were(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def send() -> str:
        async with at_work(device, tmp_path) as opened:
            entries = [{"port": 2, "currentstate": 1}, {"port": 1, "currentstate": 1}]
            return await answer(opened, "io", {"iostatus": entries})

    assert run(send()) == "invalid currentstate"
    assert not meter_of(device).part(InputsOutputs).is_on(2)


BODIES = {
    "io": {"iostatus": [{"port": 2, "currentstate": 1}]},
    "io/configuration": {"ioconfig": [255, 3]},
    "io/pulse": {"pulse": [{"id": 1, "port": 1, "length": 100, "frequency": 1000, "energytype": 0}]},
}


@pytest.mark.parametrize("path", BODIES)
def test_role_capability_and_silence_are_answered_as_the_manual_says(
    run: Run, tmp_path: Path, device: Gateway, path: str
) -> None:
    async def send() -> None:
        async with at_work(device, tmp_path, *VIEWER) as opened:
            assert await answer(opened, path, BODIES[path]) == "denied"
            assert await answer(opened, path) == "success"
        async with at_work(device, tmp_path) as opened:
            assert await answer(opened, path, BODIES[path], meter=STEEL) == "denied"
            assert await answer(opened, path, meter=STEEL) == "denied"
            meter_of(device).powered = False
            assert await answer(opened, path, BODIES[path]) == "failed 500"
            assert await answer(opened, path) == "failed 500"

    run(send())
    assert meter_of(device).part(InputsOutputs).uses[1] == simulated.COMMUNICATION


def test_a_meter_without_ports_and_a_viewer_are_told_so(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> None:
        async with at_work(device, tmp_path) as opened:
            for section in (IO_STATE, IO_USE, PULSES):
                assert not (await opened.support(section, STEEL)).readable
            assert (await opened.support(SET_OUTPUT, MAIN)).writable
            assert (await opened.support(RESET_INPUTS, MAIN)).writable
            with pytest.raises(AccessDenied):
                await opened.read(IO_STATE, STEEL)
        async with at_work(device, tmp_path, *VIEWER) as opened:
            for declared in (IO_USE, PULSES, SET_OUTPUT, RESET_INPUTS):
                assert not (await opened.support(declared, MAIN)).writable

    run(look())
