"""What the picture of the energy flow says of each part of the plant: direction, number, words. Without any widget."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.model.quantity import Unit
from app.vendors.ingecon.flow import QUIET_W, EnergyFlow
from ui.plots.wording import NOTHING, value_text

UNKNOWN = "not known"


@dataclass(frozen=True)
class Part:
    """One part of the plant. `power` in W is above zero towards the house, below zero away from it; NaN: not known."""

    key: str
    title: str
    icon: str
    tone: str
    power: float
    words: str
    notes: tuple[str, ...] = ()
    charge: float | None = None
    """How full it is in %; None where nothing is or nothing is known."""

    @property
    def known(self) -> bool:
        """Is its power known?"""
        return not math.isnan(self.power)

    @property
    def moving(self) -> bool:
        """Does anything flow?"""
        return self.known and abs(self.power) > QUIET_W

    @property
    def value(self) -> str:
        """Its power as a number with its unit; the direction is in the words."""
        return value_text(abs(self.power), Unit.WATT) if self.known else NOTHING

    @property
    def spoken(self) -> str:
        """All of it in a line."""
        head = f"{self.title}: {self.words}, {self.value}" if self.known else f"{self.title}: {self.words}"
        return ", ".join((head, *self.notes))


def parts_of(flow: EnergyFlow) -> tuple[Part, ...]:
    """The parts, first the sources from top to bottom, then what draws."""
    return (
        Part("sun", "PV", "sun", "warn", flow.pv, _words(flow.pv, "generating", "no sun")),
        Part("grid", "Grid", "grid", "info", flow.grid, _grid_words(flow), _phases(flow)),
        _battery(flow),
        Part("car", "Car charger", "car", "changed", -flow.car, _words(flow.car, "charging a car", "not charging")),
        Part("loads", "Loads", "house", "changed", -flow.loads, _words(flow.loads, "drawing", "nothing drawn")),
        Part(
            "critical", "Critical loads", "critical", "changed", -flow.critical,
            _words(flow.critical, "drawing", "nothing drawn"),
            () if math.isnan(flow.critical) else ("a part of the loads",),
        ),
    )  # fmt: skip


def used(flow: EnergyFlow) -> float:
    """What house and car draw together, in W; NaN while the loads are not known."""
    return flow.loads + (0.0 if math.isnan(flow.car) else flow.car)


def routes_words(flow: EnergyFlow) -> str:
    """What goes where, as far as the EMS tells it: 'sun to loads 458 W, grid to loads 1987 W'."""
    return ", ".join(f"{one.source} to {one.sink} {value_text(one.power, Unit.WATT)}" for one in flow.routes)


def _words(power: float, moving: str, still: str) -> str:
    if math.isnan(power):
        return UNKNOWN
    return moving if abs(power) > QUIET_W else still


def _grid_words(flow: EnergyFlow) -> str:
    if math.isnan(flow.grid):
        return UNKNOWN
    return "import" if flow.importing else "export" if flow.exporting else "no exchange"


def _phases(flow: EnergyFlow) -> tuple[str, ...]:
    if not flow.phases:
        return ()
    told = (f"L{number} {value_text(power, Unit.WATT)}" for number, power in enumerate(flow.phases, start=1))
    # No line may break between a number and what belongs to it.
    return tuple(words.replace(" ", "\u00a0") for words in told)


def _battery(flow: EnergyFlow) -> Part:
    words = "charging" if flow.charging else "discharging" if flow.discharging else "at rest"
    if math.isnan(flow.battery):
        words = "not available" if flow.battery_away else UNKNOWN
    notes = []
    if not math.isnan(flow.soc):
        notes.append(f"{flow.soc:.0f} % full")
    if not math.isnan(flow.battery_voltage):
        notes.append(value_text(flow.battery_voltage, Unit.VOLT))
    charge = None if math.isnan(flow.soc) else min(max(flow.soc, 0.0), 100.0)
    return Part("battery", "Battery", "battery", "ok", flow.battery, words, tuple(notes), charge)
