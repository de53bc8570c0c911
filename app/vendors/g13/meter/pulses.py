"""Pulse outputs: what each of the four counts, and on which port it sends (manual 5.1.7).

Two decisions, the manual being silent or at odds with itself: the frequency is in impulses per kWh (the manual's
'impulses/wh' and 'impulses per second' are impossible with its own 10000), and the limits are those that the meters
themselves have at their displays: 10 to 990 ms, 1 to 999999 impulses per kWh.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from app.model.field import Choice, Field
from app.model.section import Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.io_wire import (
    ENERGY_CODES,
    OFF_PORT,
    PORTS,
    PULSE,
    Pulses,
    energy_name,
    has_port,
    ports_used_as,
)

LENGTH_MS = (10, 990)
FREQUENCY = (1, 999_999)

_PORTS = (*(Choice(port, f"Port {port}") for port in PORTS), Choice(OFF_PORT, "Off"))
_ENERGIES = (
    Choice("active_import", "Active import"),
    Choice("active_export", "Active export"),
    Choice("reactive_import", "Reactive import"),
    Choice("reactive_export", "Reactive export"),
    Choice("turned_off", "Turned off"),
)
_MANUAL = "5.1.7, 6.3.65, 6.3.68"


# Ranges stand in words only: an output that is not in use may have zeros, which must not stop the others' sending.
class PulseOutput(msgspec.Struct, frozen=True):
    """One of the four pulse outputs."""

    output: Annotated[int, Field("Output", help="Stays as it is.", manual="6.3.68")]
    port: Annotated[
        int,
        Field(
            "Port", choices=_PORTS, suggestions=True, help="Its use must be pulse output to be heard.", manual=_MANUAL
        ),
    ]
    length_ms: Annotated[
        int, Field("Pulse length", unit="ms", pattern_help=f"{LENGTH_MS[0]} to {LENGTH_MS[1]} ms", manual=_MANUAL)
    ]
    frequency: Annotated[
        int,
        Field(
            "Frequency",
            unit="imp/kWh",
            pattern_help=f"{FREQUENCY[0]} to {FREQUENCY[1]}",
            help="Impulses per kWh, or per kvarh.",
            manual=_MANUAL,
        ),
    ]
    energy: Annotated[str, Field("Energy", choices=_ENERGIES, suggestions=True, manual=_MANUAL)]

    def sends(self) -> bool:
        """Does it send at all?"""
        return self.port != OFF_PORT and self.energy != "turned_off"

    def merges_above_kw(self) -> float:
        """The power at which pulses and the pauses between them, as long as they, fill all time."""
        return 1_800_000 / (self.length_ms * self.frequency) if self.length_ms * self.frequency > 0 else 0.0


class PulseOutputs(msgspec.Struct, frozen=True):
    """The four pulse outputs of a meter."""

    outputs: Annotated[
        tuple[PulseOutput, ...], Field("Pulse outputs", max_rows=len(PORTS), row_key="output", manual=_MANUAL)
    ]
    pulse_ports: Annotated[
        str,
        Field("Ports set to pulses", read_only=True, help="Changed under I/O configuration.", manual="6.3.64"),
    ]


async def _read(client: G13Client, serial: str) -> PulseOutputs:
    found = (await client.get(meter_path(serial, "io/pulse"), Pulses)).pulse
    outputs = tuple(
        PulseOutput(pulse.id or number, pulse.port, pulse.length, pulse.frequency, energy_name(pulse.energytype))
        for number, pulse in enumerate(found, start=1)
    )
    return PulseOutputs(outputs, await ports_used_as(client, serial, PULSE))


def _changed(before: PulseOutputs, after: PulseOutputs) -> list[tuple[int, PulseOutput]]:
    """The rows that are new or other than before, with their place in the table."""
    return [(index, row) for index, row in enumerate(after.outputs) if row not in before.outputs]


def _plan(before: PulseOutputs, after: PulseOutputs, serial: str) -> list[Step]:
    pulses = [
        {
            "id": row.output,
            "port": row.port,
            "length": row.length_ms,
            "frequency": row.frequency,
            "energytype": ENERGY_CODES[row.energy],
        }
        for _, row in _changed(before, after)
    ]
    path = meter_path(serial, "io/pulse")
    return [Step("Configure pulse outputs", "POST", path, {"pulse": pulses}, ("outputs",))]


def _problems(value: PulseOutputs) -> list[Problem]:
    problems = []
    taken: dict[int, int] = {}
    for index, row in enumerate(value.outputs):
        if not row.sends() or row.port not in PORTS:
            continue
        where = f"outputs[{index}].port"
        if not has_port(value.pulse_ports, row.port):
            words = f"Output {row.output}: port {row.port} is no pulse output, so nothing is sent on it."
            problems.append(Problem(where, words, warning=True))
        if row.port in taken:
            words = f"Output {row.output}: port {row.port} is already that of output {taken[row.port]}."
            problems.append(Problem(where, words, warning=True))
        taken.setdefault(row.port, row.output)
    return problems


def _change_problems(before: PulseOutputs, after: PulseOutputs) -> list[Problem]:
    problems = []
    if [row.output for row in after.outputs] != [row.output for row in before.outputs]:
        problems.append(Problem("outputs", "Pulse outputs can be changed and turned off, not added or taken away."))
    for index, row in _changed(before, after):
        problems.extend(Problem(f"outputs[{index}].{name}", words) for name, words in _beyond(row))
        if row.port not in (*PORTS, OFF_PORT):
            problems.append(Problem(f"outputs[{index}].port", f"Port: {row.port} is none of 1 to 4 and off."))
        if row.energy not in ENERGY_CODES:
            offered = ", ".join(choice.label for choice in _ENERGIES)
            problems.append(Problem(f"outputs[{index}].energy", f"Energy: '{row.energy}' is none of {offered}."))
    return problems


def _beyond(row: PulseOutput) -> Iterator[tuple[str, str]]:
    """What of a row that would be sent is out of range."""
    if row.output not in PORTS:
        yield "output", f"Output: {row.output} is none of 1 to {len(PORTS)}."
    for name, label, value, (low, high), unit in (
        ("length_ms", "Pulse length", row.length_ms, LENGTH_MS, " ms"),
        ("frequency", "Frequency", row.frequency, FREQUENCY, " imp/kWh"),
    ):
        if not low <= value <= high:
            yield name, f"{label}: {value}{unit} is not allowed; {low} to {high}{unit}."


def _summary(value: PulseOutputs) -> str:
    told = [
        f"Output {row.output}: pulses merge above {row.merges_above_kw():.3g} kW"
        for row in value.outputs
        if row.sends()
    ]
    return "; ".join(told) or "No pulse output sends."


PULSES = Section(
    key="g13.pulses",
    title="Pulse outputs",
    model=PulseOutputs,
    read=_read,
    plan=_plan,
    problems=_problems,
    change_problems=_change_problems,
    tags={"pulse": "outputs", "port": "outputs", "length": "outputs", "frequency": "outputs", "energytype": "outputs"},
    summary=_summary,
    scope=Scope.METER,
    group="I/O",
    icon="pulse",
    help="Which energy each pulse output counts, how fast, and on which port.",
    manual=_MANUAL,
    needs_read=("read IO_PULSE_LENGTH_1",),
    needs_write=("configure IO_SETTING",),
    resources=(
        "GET /meters/<serial>/io/pulse",
        "POST /meters/<serial>/io/pulse",
        "GET /meters/<serial>/io/configuration",
    ),
)
