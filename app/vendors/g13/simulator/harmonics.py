"""A simulated meter's harmonics: those of rectifiers, moving slowly, with a fitting total (manual 6.3.61, 6.3.62)."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from app.vendors.g13.simulator.calls import Resource, of_meter, resource
from app.vendors.g13.simulator.meter import SimulatedMeter

USED = 16
WRITTEN = 18
"""Replies carry more places than the meter uses: so the manual prints it. The rest is zero."""
FIRST_ORDER = 2

_VOLTAGE = {3: 0.9, 5: 2.1, 7: 1.4, 9: 0.3, 11: 0.8, 13: 0.6, 15: 0.2, 17: 0.4}
_CURRENT = {2: 0.6, 3: 11.5, 4: 0.3, 5: 8.4, 7: 5.2, 9: 2.9, 11: 2.6, 13: 1.9, 15: 1.1, 17: 1.0}
_OTHERS = 0.1
_NEUTRAL_TRIPLEN = 3.0
_NEUTRAL_REST = 0.4
"""In the neutral the orders that three divides add up; the others almost cancel each other."""


def _voltage(meter: SimulatedMeter) -> dict[str, Any]:
    """Manual 6.3.61: lines, and between lines, where the orders that three divides are missing."""
    meter.require("read HARMONICS_VOLTAGE_L1")
    reply = {}
    for line in range(1, meter.load.phases + 1):
        reply[f"l{line}"] = _line(meter, _VOLTAGE, line)
    between = {order: percent for order, percent in _VOLTAGE.items() if order % 3}
    for number, (a, b) in enumerate(((1, 2), (2, 3), (1, 3)), start=4):
        if f"read HARMONICS_VOLTAGE_L{a}_L{b}" in meter.capabilities:
            reply[f"l{a}-l{b}"] = _line(meter, between, number, lines=(a, b))
    return reply


def _current(meter: SimulatedMeter) -> dict[str, Any]:
    """Manual 6.3.62: lines and neutral."""
    meter.require("read HARMONICS_CURRENT_L1")
    reply = {f"l{line}": _line(meter, _CURRENT, 10 + line, lines=(line,)) for line in range(1, meter.load.phases + 1)}
    if "read HARMONICS_CURRENT_NEUTRAL" in meter.capabilities:
        neutral = {
            order: percent * (_NEUTRAL_REST if order % 3 else _NEUTRAL_TRIPLEN) for order, percent in _CURRENT.items()
        }
        reply["neutral"] = _line(meter, neutral, 14, lines=())
    return reply


def _line(
    meter: SimulatedMeter, spectrum: Mapping[int, float], number: int, lines: tuple[int, ...] | None = None
) -> dict[str, Any]:
    """One line's values in percent with one decimal; all zero where a line is dead."""
    if meter.load.dead_lines.intersection((number,) if lines is None else lines):
        return {"harmonics": ["0"] * WRITTEN, "thd": "0"}
    chance = random.Random(meter.load.seed * 31 + number)
    share, phase = chance.uniform(0.85, 1.15), chance.uniform(0, math.tau)
    now_s = meter.now()
    values = []
    for order in range(FIRST_ORDER, FIRST_ORDER + USED):
        swing = 1 + 0.12 * math.sin(now_s / (40.0 + 3 * order) + phase + order)
        values.append(round(spectrum.get(order, _OTHERS) * share * swing, 1))
    thd = math.sqrt(sum(value * value for value in values))
    return {"harmonics": [f"{value:g}" for value in values] + ["0"] * (WRITTEN - USED), "thd": f"{thd:.1f}"}


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/harmonics/voltage", of_meter(_voltage)),
    resource("GET", "/meters/{serial}/harmonics/current", of_meter(_current)),
)
