"""Switching a communication output, and resetting what inputs have stored and counted (manual 6.3.66)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import Action
from app.model.field import Choice, Field
from app.model.section import Problem, Scope, Step
from app.vendors.g13.client import meter_path
from app.vendors.g13.meter.io_wire import COMMUNICATION, INPUT, PORTS, USE_LABELS
from app.vendors.g13.meter.ports import Port, Ports, read_ports

_PORTS = tuple(Choice(port, f"Port {port}") for port in PORTS)
_STATES = (Choice(True, "On"), Choice(False, "Off"))
_ANY_RESET = " | ".join(
    f"reset {what}_{port}" for what in ("IO_INPUT_CUMULATION", "IO_STORED_INPUT_STATE") for port in PORTS
)
"""Which of a meter's ports are inputs differs from type to type: one that can be reset is enough."""
_MEANWHILE = 100
"""So many pulses an input may have counted between its reset and the look at it."""


class Output(msgspec.Struct, frozen=True):
    """An output and the state that it shall have."""

    port: Annotated[
        int,
        Field("Port", choices=_PORTS, help="Only a port whose use is communication output.", manual="6.3.66"),
    ]
    on: Annotated[bool, Field("Switch", choices=_STATES, manual="6.3.66")]


def _switch(wanted: Output, serial: str) -> list[Step]:
    body: dict[str, object] = {"iostatus": [{"port": wanted.port, "currentstate": int(wanted.on)}]}
    return [Step(f"Switch port {wanted.port} {_word(wanted.on)}", "POST", meter_path(serial, "io"), body, ("port",))]


def _cannot_switch(ports: Ports, wanted: Output) -> str:
    return _otherwise_used(ports, (wanted.port,), COMMUNICATION)


def _cannot_reset(ports: Ports, wanted: InputReset) -> str:
    return _otherwise_used(ports, wanted.ports(), INPUT)


def _otherwise_used(ports: Ports, numbers: tuple[int, ...], use: str) -> str:
    """Which of these ports the meter lacks or uses for something else, in words."""
    label, told = USE_LABELS[use], []
    for number in numbers:
        port = ports.at(number)
        if port is None:
            told.append(f"The meter has no port {number}.")
        elif port.use != label:
            told.append(f"Port {number} is set to '{port.use}', not to '{label}': change its use first.")
    return " ".join(told)


def _switched(_: Ports, after: Ports, wanted: Output) -> str:
    port = after.at(wanted.port)
    if port is None:
        return f"The meter has no port {wanted.port}."
    if port.use != USE_LABELS[COMMUNICATION]:
        return f"Port {wanted.port} is set to '{port.use}': only a communication output can be switched."
    if port.on is not wanted.on:
        return f"Port {wanted.port} is {'not known' if port.on is None else _word(port.on)}."
    return ""


def _word(on: bool) -> str:
    return "on" if on else "off"


SET_OUTPUT = Action(
    key="g13.set_output",
    title="Switch an output",
    verb="Switch",
    parameters=Output,
    first=lambda: Output(1, True),
    steps=_switch,
    look=read_ports,
    objection=_cannot_switch,
    proven=_switched,
    beside="g13.io_state",
    scope=Scope.METER,
    group="I/O",
    icon="power",
    help="Switches a port that is a communication output. The other outputs follow alarms, pulses or the tariff.",
    manual="6.3.66",
    needs_write=("configure IO_CURRENT_OUTPUT_STATE",),
    resources=(
        "POST /meters/<serial>/io",
        "GET /meters/<serial>/io",
        "GET /meters/<serial>/io/configuration",
    ),
)


class InputReset(msgspec.Struct, frozen=True):
    """Which inputs are reset, and what of them."""

    input_1: Annotated[bool, Field("Port 1", manual="6.3.66")]
    input_2: Annotated[bool, Field("Port 2", manual="6.3.66")]
    input_3: Annotated[bool, Field("Port 3", manual="6.3.66")]
    input_4: Annotated[bool, Field("Port 4", manual="6.3.66")]
    counters: Annotated[bool, Field("Counters", help="Begin again at 0.", manual="6.3.66")]
    stored_states: Annotated[bool, Field("Stored states", help="Off until the input is on again.", manual="6.3.66")]

    def ports(self) -> tuple[int, ...]:
        """The chosen ports."""
        chosen = (self.input_1, self.input_2, self.input_3, self.input_4)
        return tuple(port for port, wanted in zip(PORTS, chosen, strict=True) if wanted)


def _reset(wanted: InputReset, serial: str) -> list[Step]:
    what = ["storedstate"] * wanted.stored_states + ["counter"] * wanted.counters
    body: dict[str, object] = {"iostatus": [{"port": port, "reset": what} for port in wanted.ports()]}
    return [Step(f"Reset {_named_ports(wanted)}", "POST", meter_path(serial, "io"), body)]


def _named_ports(wanted: InputReset) -> str:
    ports = wanted.ports()
    return f"port{'s' * (len(ports) > 1)} {', '.join(map(str, ports))}"


def _nothing_chosen(wanted: InputReset) -> list[Problem]:
    problems = []
    if not wanted.ports():
        problems.append(Problem("input_1", "Choose at least one input."))
    if not (wanted.counters or wanted.stored_states):
        problems.append(Problem("counters", "Choose counters, stored states or both."))
    return problems


def _was_reset(before: Ports, after: Ports, wanted: InputReset) -> str:
    told = (_not_reset(before.at(number), after.at(number), number, wanted) for number in wanted.ports())
    return " ".join(words for words in told if words)


def _not_reset(before: Port | None, after: Port | None, number: int, wanted: InputReset) -> str:
    if before is None or after is None:
        return f"The meter has no port {number}."
    if after.use != USE_LABELS[INPUT]:
        return f"Port {number} is set to '{after.use}': only an input can be reset."
    if wanted.counters and not _begun_again(before.counter, after.counter):
        return f"The counter of port {number} is still {after.counter}."
    if wanted.stored_states and after.stored and not after.on:
        return f"The stored state of port {number} is still on."
    return ""


def _begun_again(before: int | None, after: int | None) -> bool:
    """The input goes on counting: a reset shows in a lower number, or in one that is still low."""
    return after is not None and (after <= _MEANWHILE or (before is not None and after < before))


def _reset_erases(wanted: InputReset) -> tuple[str, ...]:
    lost = [word for word, chosen in (("counters", wanted.counters), ("stored states", wanted.stored_states)) if chosen]
    return (f"{' and '.join(lost)} of {_named_ports(wanted)}",) if lost and wanted.ports() else ()


RESET_INPUTS = Action(
    key="g13.reset_inputs",
    title="Reset inputs",
    verb="Reset",
    parameters=InputReset,
    first=lambda: InputReset(False, False, False, False, counters=True, stored_states=False),
    problems=_nothing_chosen,
    steps=_reset,
    look=read_ports,
    objection=_cannot_reset,
    proven=_was_reset,
    erases=_reset_erases,
    beside="g13.io_state",
    scope=Scope.METER,
    group="I/O",
    icon="undo",
    help="Sets counters and stored states of inputs back. Only ports whose use is input have them.",
    manual="6.3.66",
    needs_write=(_ANY_RESET,),
    resources=(
        "POST /meters/<serial>/io",
        "GET /meters/<serial>/io",
        "GET /meters/<serial>/io/configuration",
    ),
)
