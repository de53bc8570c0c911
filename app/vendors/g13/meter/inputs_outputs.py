"""A meter's four ports: what each is used for, how it stands, switched and reset (manual 4.1, 5.1.6)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.io_actions import RESET_INPUTS, SET_OUTPUT
from app.vendors.g13.meter.io_wire import (
    ALARM,
    COMMUNICATION,
    DONT_CHANGE,
    INPUT,
    PORTS,
    PULSE,
    TARIFF,
    USE_CODES,
    USE_LABELS,
    read_uses,
    use_words,
)
from app.vendors.g13.meter.ports import Ports, read_ports
from app.vendors.g13.meter.pulses import PULSES

IO_STATE = Section(
    key="g13.io_state",
    title="Inputs and outputs",
    model=Ports,
    read=read_ports,
    scope=Scope.METER,
    group="I/O",
    icon="io",
    help="How the four ports stand now. Stored state and counter belong to inputs.",
    manual="4.1, 6.3.63",
    needs_read=("read IO_SETTING",),
    resources=("GET /meters/<serial>/io", "GET /meters/<serial>/io/configuration"),
)

_USES = tuple(Choice(use, USE_LABELS[use]) for use in USE_CODES)
_MANUAL = "5.1.6, 6.3.64, 6.3.67"


class PortUse(msgspec.Struct, frozen=True):
    """What each port is used for. A port that the meter does not have is empty."""

    port_1: Annotated[str | None, Field("Port 1", choices=_USES, suggestions=True, manual=_MANUAL)]
    port_2: Annotated[str | None, Field("Port 2", choices=_USES, suggestions=True, manual=_MANUAL)]
    port_3: Annotated[str | None, Field("Port 3", choices=_USES, suggestions=True, manual=_MANUAL)]
    port_4: Annotated[str | None, Field("Port 4", choices=_USES, suggestions=True, manual=_MANUAL)]


async def _read_use(client: G13Client, serial: str) -> PortUse:
    uses: list[str | None] = list(await read_uses(client, serial))
    return PortUse(*(uses + [None] * len(PORTS))[: len(PORTS)])


def _changed(before: PortUse, after: PortUse) -> tuple[str, ...]:
    return tuple(name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name))


def _plan_use(before: PortUse, after: PortUse, serial: str) -> list[Step]:
    changed = _changed(before, after)
    there = [name for name in before.__struct_fields__ if getattr(before, name) is not None]
    # A port that stays is left out by its own number: its use may be one that cannot be written.
    codes = [USE_CODES[getattr(after, name)] if name in changed else DONT_CHANGE for name in there]
    path = meter_path(serial, "io/configuration")
    return [Step("Set the use of inputs and outputs", "POST", path, {"ioconfig": codes}, changed)]


_NO_MORE = {
    ALARM: "alarms that were given to it switch nothing any more.",
    PULSE: "pulse outputs that were given to it send nothing any more.",
    TARIFF: "it no longer shows the tariff.",
    COMMUNICATION: "it can no longer be switched from here.",
    INPUT: "its counter and stored state are no longer shown.",
}
_FROM_NOW = {
    ALARM: "choose it as output in the alarms.",
    PULSE: "give it a pulse output.",
    COMMUNICATION: "it is switched under Inputs and outputs.",
}


def _use_problems(before: PortUse, after: PortUse) -> list[Problem]:
    problems: list[Problem] = []
    for name in _changed(before, after):
        port, was, wanted = name[-1], getattr(before, name), getattr(after, name)
        if was is None:
            problems.append(Problem(name, f"Port {port}: this meter has no such port."))
        elif wanted not in USE_CODES:
            offered = ", ".join(USE_LABELS.values())
            problems.append(Problem(name, f"Port {port}: '{wanted}' is none of {offered}."))
        else:
            problems.extend(_consequences(name, port, was, wanted))
    return problems


def _consequences(name: str, port: str, was: str, wanted: str) -> list[Problem]:
    told = []
    if was in _NO_MORE:
        told.append(f"Port {port} is no {use_words(was).lower()} any more: {_NO_MORE[was]}")
    if wanted in _FROM_NOW:
        told.append(f"Port {port} becomes {use_words(wanted).lower()}: {_FROM_NOW[wanted]}")
    if INPUT in (was, wanted) and port in "34":
        told.append(f"Port {port} chooses the tariff when the tariff's source is the inputs.")
    return [Problem(name, words, warning=True) for words in told]


IO_USE = Section(
    key="g13.io_use",
    title="I/O configuration",
    model=PortUse,
    read=_read_use,
    plan=_plan_use,
    change_problems=_use_problems,
    scope=Scope.METER,
    group="I/O",
    icon="settings",
    help="What each port is for. Alarms and pulse outputs reach only ports that are set to them here.",
    manual=_MANUAL,
    needs_read=("read IO_SETTING",),
    needs_write=("configure IO_SETTING",),
    resources=("GET /meters/<serial>/io/configuration", "POST /meters/<serial>/io/configuration"),
)

SECTIONS: tuple[AnySection, ...] = (IO_STATE, IO_USE, PULSES)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = (SET_OUTPUT, RESET_INPUTS)
