"""What flows through a simulated meter: voltages and currents that move, and the powers that follow from them.

Everything is a function of time and of the meter's seed, so that the same moment gives the same values again.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import msgspec

from app.scenario.site import LINE_OF, Line, Point, Site

_ANGLES = (0.0, -120.0, 120.0)


class PhaseValues(msgspec.Struct, frozen=True):
    """One phase's values. `angle_deg` is the current's lag behind the voltage."""

    voltage_v: float
    current_a: float
    angle_deg: float
    voltage_angle_deg: float

    @property
    def active_w(self) -> float:
        """P = U·I·cos φ; negative is export."""
        return self.apparent_va * math.cos(math.radians(self.angle_deg))

    @property
    def reactive_var(self) -> float:
        """Q = U·I·sin φ."""
        return self.apparent_va * math.sin(math.radians(self.angle_deg))

    @property
    def apparent_va(self) -> float:
        """S = U·I."""
        return self.voltage_v * self.current_a

    @property
    def power_factor(self) -> float:
        """cos φ; 0 without load, as the manual's example shows it."""
        return math.cos(math.radians(self.angle_deg)) if self.apparent_va else 0.0

    def scaled(self, voltage: float, current: float) -> PhaseValues:
        """The same phase seen through transformers whose ratios are set to these factors."""
        return msgspec.structs.replace(self, voltage_v=self.voltage_v * voltage, current_a=self.current_a * current)


class Totals(msgspec.Struct, frozen=True):
    """The sum over the phases: P and Q add up, S² = P² + Q²."""

    active_w: float
    reactive_var: float

    @property
    def apparent_va(self) -> float:
        """S = √(P² + Q²)."""
        return math.hypot(self.active_w, self.reactive_var)

    @property
    def angle_deg(self) -> float:
        """The angle between total active and apparent power."""
        return math.degrees(math.atan2(self.reactive_var, self.active_w))

    @property
    def power_factor(self) -> float:
        """P / S, 0 without load."""
        return self.active_w / self.apparent_va if self.apparent_va else 0.0


def total(phases: tuple[PhaseValues, ...]) -> Totals:
    """Sum up the phases of one moment."""
    return Totals(sum(p.active_w for p in phases), sum(p.reactive_var for p in phases))


def quadrant(active_w: float, reactive_var: float) -> int:
    """1 to 4 counted as usual from import of both; 0 without load."""
    if active_w == 0 and reactive_var == 0:
        return 0
    if active_w >= 0:
        return 1 if reactive_var >= 0 else 4
    return 2 if reactive_var >= 0 else 3


@dataclass(frozen=True)
class Load:
    """A load of about `current_a` per phase at `voltage_v`. An exporting load pushes its energy back."""

    seed: int
    phases: int = 3
    voltage_v: float = 230.0
    current_a: float = 8.0
    exporting: bool = False
    dead_lines: frozenset[int] = frozenset()
    """Lines (1 to 3) without voltage: a fuse that blew."""
    reversed_lines: frozenset[int] = frozenset()
    """Lines (1 to 3) whose current transformer sits the wrong way round."""

    def at(self, time_s: float) -> tuple[PhaseValues, ...]:
        """The phases at this moment, as they are in the wires of the meter."""
        return tuple(self._phase(index, time_s) for index in range(self.phases))

    def frequency_hz(self, time_s: float) -> float:
        """The mains frequency, the same for every meter of a site."""
        return 50.0 + 0.02 * math.sin(time_s / 23.0) + 0.01 * math.sin(time_s / 5.0)

    def _phase(self, index: int, time_s: float) -> PhaseValues:
        if index + 1 in self.dead_lines:
            return PhaseValues(0.0, 0.0, 0.0, _ANGLES[index])
        slow = random.Random(self.seed).uniform(0, math.tau) + 0.3 * index
        chance = random.Random(self.seed * 3 + index + 1)
        fast, quick = (chance.uniform(0, math.tau) for _ in range(2))
        share = chance.uniform(0.8, 1.2)
        swing = (
            0.6
            + 0.25 * math.sin(time_s / 140.0 + slow)
            + 0.1 * math.sin(time_s / 17.0 + fast)
            + 0.05 * math.sin(time_s / 3.1 + quick)
        )
        voltage = self.voltage_v * (1 + 0.008 * math.sin(time_s / 61.0 + fast) + 0.003 * math.sin(time_s / 7.0 + slow))
        lag = 20.0 + 8.0 * math.sin(time_s / 90.0 + quick)
        angle = 180.0 - lag if self.exporting else lag
        return PhaseValues(
            voltage_v=voltage,
            current_a=self.current_a * share * swing,
            angle_deg=angle - 180.0 if index + 1 in self.reversed_lines else angle,
            voltage_angle_deg=_ANGLES[index] + 0.4 * math.sin(time_s / 43.0 + quick) * (index > 0),
        )


@dataclass(frozen=True, kw_only=True)
class SiteLoad(Load):
    """What flows at a point of a site. `transformer` is the ratio of the current transformers that the wires go
    through: the meter gets so many times less current. A single-phase meter sees the phase in which something flows.
    """

    site: Site
    point: Point
    transformer: float = 1.0

    def at(self, time_s: float) -> tuple[PhaseValues, ...]:
        """The phases when a clock that was set as the site began shows `time_s`."""
        lines = self.site.lines(self.point, self.site.clock.at_epoch(time_s))
        first = LINE_OF.get(self.point, 0) if self.phases == 1 else 0
        return tuple(self._measured(place, lines[first + place]) for place in range(self.phases))

    def frequency_hz(self, time_s: float) -> float:
        """The mains frequency of the site."""
        return self.site.frequency_hz(self.site.clock.at_epoch(time_s))

    def _measured(self, index: int, line: Line) -> PhaseValues:
        if index + 1 in self.dead_lines:
            return PhaseValues(0.0, 0.0, 0.0, _ANGLES[index])
        turned = 180.0 if index + 1 in self.reversed_lines else 0.0
        return PhaseValues(
            voltage_v=line.volts,
            current_a=line.amps / self.transformer,
            angle_deg=math.degrees(math.atan2(line.vars, line.watts)) - turned,
            voltage_angle_deg=_ANGLES[index],
        )
