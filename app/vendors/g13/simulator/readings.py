"""How a simulated meter writes what it measures (manual 6.3.59, 6.3.60): strings, with fixed decimals and a unit."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping

from app.vendors.g13.simulator.load import PhaseValues, Totals, quadrant, total

Pair = list[str]
"""A value and its unit."""

_KINDS: Mapping[str, Callable[[PhaseValues | Totals], float]] = {
    "active": lambda values: values.active_w,
    "reactive": lambda values: values.reactive_var,
    "apparent": lambda values: values.apparent_va,
}


def power_reply(phases: tuple[PhaseValues, ...]) -> dict[str, dict[str, Pair]]:
    """Whole numbers, and the unit W for reactive and apparent power too, as the device has it."""
    sums = total(phases)
    return {
        kind: {f"l{line}": _pair(of(phase), 0, "W") for line, phase in enumerate(phases, 1)}
        | {"total": _pair(of(sums), 0, "W")}
        for kind, of in _KINDS.items()
    }


def instrument_reply(phases: tuple[PhaseValues, ...], frequency_hz: float) -> dict[str, dict[str, Pair]]:
    """The phases, then what is between and beside them; of a single-phase meter only what it has."""
    reply = {f"l{line}": _phase(phase) for line, phase in enumerate(phases, 1)}
    if len(phases) == 3:
        voltages = [_phasor(phase.voltage_v, phase.voltage_angle_deg) for phase in phases]
        for a, b in ((0, 1), (1, 2), (0, 2)):
            reply[f"l{a + 1}-l{b + 1}"] = {"voltage": _pair(abs(voltages[a] - voltages[b]), 1, "V")}
        currents = [_phasor(phase.current_a, phase.voltage_angle_deg - phase.angle_deg) for phase in phases]
        reply["neutral"] = {"current": _pair(abs(sum(currents)), 2, "A")}
    sums = total(phases)
    reply["total"] = {
        "currentquadrant": [str(quadrant(sums.active_w, sums.reactive_var)), ""],
        "phaseanglepower": _pair(sums.angle_deg, 2, "deg"),
        "powerfactor": _pair(sums.power_factor, 3, ""),
    }
    reply["frequency"] = {"frequency": _pair(frequency_hz, 2, "Hz")}
    return reply


def _phase(phase: PhaseValues) -> dict[str, Pair]:
    return {
        "current": _pair(phase.current_a, 2, "A"),
        "currentquadrant": [str(quadrant(phase.active_w, phase.reactive_var)), ""],
        "phaseanglecurrent": _pair(_turned(phase.voltage_angle_deg - phase.angle_deg), 1, "deg"),
        "phaseanglepower": _pair(phase.angle_deg, 2, "deg"),
        "phaseanglevoltage": _pair(phase.voltage_angle_deg, 1, "deg"),
        "powerfactor": _pair(phase.power_factor, 3, ""),
        "voltage": _pair(phase.voltage_v, 1, "V"),
    }


def _pair(value: float, decimals: int, unit: str) -> Pair:
    return [f"{round(value, decimals) + 0.0:.{decimals}f}", unit]


def _phasor(length: float, angle_deg: float) -> complex:
    return cmath.rect(length, math.radians(angle_deg))


def _turned(angle_deg: float) -> float:
    """The same angle between -180 and 180 degrees."""
    return (angle_deg + 180.0) % 360.0 - 180.0
