"""The quantities that a simulated meter's alarms can watch, as they are at a moment.

Harmonics are left out: an alarm on a THD can be set, and never comes.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping

from app.vendors.g13.parameter_names import PARAMETER_NAMES
from app.vendors.g13.simulator.load import PhaseValues, Totals, total
from app.vendors.g13.simulator.meter import SimulatedMeter

_OF_PHASE: Mapping[str, Callable[[PhaseValues], float]] = {
    "VOLTAGE": lambda phase: phase.voltage_v,
    "CURRENT": lambda phase: phase.current_a,
    "POWER_FACTOR": lambda phase: math.cos(math.radians(phase.angle_deg)),
    "ACTIVE_POWER": lambda phase: phase.active_w,
    "REACTIVE_POWER": lambda phase: phase.reactive_var,
    "APPARENT_POWER": lambda phase: phase.apparent_va,
}
_OF_ALL: Mapping[str, Callable[[Totals], float]] = {
    "POWER_FACTOR": lambda sums: sums.power_factor,
    "ACTIVE_POWER": lambda sums: sums.active_w,
    "REACTIVE_POWER": lambda sums: sums.reactive_var,
    "APPARENT_POWER": lambda sums: sums.apparent_va,
}
_BETWEEN: Mapping[str, tuple[int, int]] = {"VOLTAGE_L1_L2": (0, 1), "VOLTAGE_L2_L3": (1, 2), "VOLTAGE_L1_L3": (0, 2)}


def watched(meter: SimulatedMeter, quantity: int, time_s: float) -> float | None:
    """The value of a quantity at a moment, in its own unit; None where this meter has none."""
    phases = tuple(phase.scaled(meter.ratio.voltage, meter.ratio.current) for phase in meter.load.at(time_s))
    name = PARAMETER_NAMES[quantity]
    kind, _, where = name.rpartition("_")
    if where == "TOTAL" and kind in _OF_ALL:
        return _OF_ALL[kind](total(phases))
    if name in _BETWEEN and len(phases) == 3:
        a, b = (phases[index] for index in _BETWEEN[name])
        return abs(_phasor(a.voltage_v, a.voltage_angle_deg) - _phasor(b.voltage_v, b.voltage_angle_deg))
    if name == "CURRENT_NEUTRAL":
        return abs(sum(_phasor(phase.current_a, phase.voltage_angle_deg - phase.angle_deg) for phase in phases))
    line = {"L1": 0, "L2": 1, "L3": 2}.get(where, len(phases))
    if kind in _OF_PHASE and line < len(phases):
        return _OF_PHASE[kind](phases[line])
    return None


def _phasor(length: float, angle_deg: float) -> complex:
    return cmath.rect(length, math.radians(angle_deg))
