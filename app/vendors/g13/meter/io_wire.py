"""Inputs and outputs as the gateway writes them: states, uses and pulses (manual 6.3.63 to 6.3.65).

The gateway writes a use or an energy type as a name and takes it back as a number; names and numbers stand here.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.model.errors import AccessDenied, NotFound
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.models import Whole

PORTS = (1, 2, 3, 4)
OFF_PORT = 255
"""A pulse output that is given to no port (manual 6.3.65)."""

INPUT = "input"
COMMUNICATION = "communication_out"
ALARM = "alarm_out"
PULSE = "pulse_out"
TARIFF = "tariff_out"
ALWAYS_ON = "always_on"
ALWAYS_OFF = "always_off"

USE_CODES: Mapping[str, int] = {
    INPUT: 0,
    COMMUNICATION: 1,
    ALARM: 2,
    PULSE: 3,
    TARIFF: 4,
    ALWAYS_ON: 5,
    ALWAYS_OFF: 6,
}
"""The use of a port: the gateway's name, and the number by which it is set (manual 6.3.67)."""

DONT_CHANGE = 255
"""In place of a use: this port stays as it is."""

USE_LABELS: Mapping[str, str] = {
    INPUT: "Input",
    COMMUNICATION: "Communication output",
    ALARM: "Alarm output",
    PULSE: "Pulse output",
    TARIFF: "Tariff output",
    ALWAYS_ON: "Always on",
    ALWAYS_OFF: "Always off",
}

ENERGY_CODES: Mapping[str, int] = {
    "active_import": 0,
    "active_export": 1,
    "reactive_import": 2,
    "reactive_export": 3,
    "turned_off": 4,
}
"""What a pulse output counts: the gateway's name, and the number by which it is set (manual 6.3.68)."""

_SPELLINGS = {"communiation_out": COMMUNICATION}
"""So it stands in the manual, and in firmware that was written with it."""


class PortState(msgspec.Struct, frozen=True):
    """A port in GET /meters/<serial>/io; stored state and counter only where it is an input."""

    currentstate: Whole | None = None
    storedstate: Whole | None = None
    counter: Whole | None = None


class PortStates(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/io (manual 6.3.63): up to four ports, the first is port 1."""

    iostatus: tuple[PortState, ...] = ()


class PortUses(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/io/configuration (manual 6.3.64): a name for each port."""

    ioconfig: tuple[Whole | str, ...] = ()


class Pulse(msgspec.Struct, frozen=True):
    """A pulse output in GET /meters/<serial>/io/pulse; `length` in ms."""

    length: Whole = 0
    frequency: Whole = 0
    energytype: Whole | str = ""
    port: Whole = OFF_PORT
    id: Whole = 0


class Pulses(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/io/pulse (manual 6.3.65): four pulse outputs, the first is output 1."""

    pulse: tuple[Pulse, ...] = ()


def use_name(read: int | str) -> str:
    """The use of a port by its name, whichever way the gateway writes it; an unknown one as it came."""
    return _named(read, USE_CODES)


def energy_name(read: int | str) -> str:
    """The energy that a pulse output counts, whichever way the gateway writes it; an unknown one as it came."""
    return _named(read, ENERGY_CODES)


def _named(read: int | str, codes: Mapping[str, int]) -> str:
    name = str(read).strip().lower()
    if name.isdecimal():
        return next((known for known, code in codes.items() if code == int(name)), f"code {name}")
    return _SPELLINGS.get(name, name)


def use_words(use: str) -> str:
    """The use of a port in the installer's words."""
    return USE_LABELS.get(use, use)


async def read_uses(client: G13Client, serial: str) -> tuple[str, ...]:
    """The use of each port (manual 6.3.64)."""
    found = await client.get(meter_path(serial, "io/configuration"), PortUses)
    return tuple(use_name(read) for read in found.ioconfig)


UNKNOWN_PORTS = "not known"


async def ports_used_as(client: G13Client, serial: str, use: str) -> str:
    """The ports of that use, such as '1, 3'; 'none', or 'not known' where the meter does not tell."""
    try:
        uses = await read_uses(client, serial)
    except (AccessDenied, NotFound):
        return UNKNOWN_PORTS
    return ", ".join(str(port) for port, there in enumerate(uses, start=1) if there == use) or "none"


def has_port(listed: str, port: int) -> bool:
    """Is the port among those that `ports_used_as` lists? Where they are not known, it may be."""
    return listed == UNKNOWN_PORTS or str(port) in listed.split(", ")
