"""A simulated meter's energy registers: lines, tariffs, totals, CO₂, money, resettable ones (6.3.54 to 6.3.58)."""

from __future__ import annotations

from typing import Any

from app.vendors.g13.simulator.calls import Resource, of_meter, resource, to_meter
from app.vendors.g13.simulator.conversion import Factors
from app.vendors.g13.simulator.counters import LINES, TARIFFS, TOTAL, Direction, Kind
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import check_tags, invalid

Pair = list[str]

_UNITS = {Kind.ACTIVE: "kWh", Kind.REACTIVE: "kvarh", Kind.APPARENT: "kVAh"}
_FIRST_RESETS = 2
_SINCE_RESET = 0.1
"""Which share of what it has counted so far a meter has counted since its last reset, when it comes into our hands."""

_TAGS: dict[str, tuple[Kind, Direction, str]] = {
    "activeimport": (Kind.ACTIVE, Direction.IMPORT, "RSTREG_ACT_{}_IMP"),
    "activeexport": (Kind.ACTIVE, Direction.EXPORT, "RSTREG_ACT_{}_EXP"),
    "reactiveimport": (Kind.REACTIVE, Direction.IMPORT, "RSTREG_REACT_{}_IMP"),
    "reactiveexport": (Kind.REACTIVE, Direction.EXPORT, "RSTREG_REACT_{}_EXP"),
}


def _place_name(place: str) -> str:
    """A place as capabilities name it: TOTAL, L1, TAR1."""
    return f"TAR{place[1]}" if place in TARIFFS else place.upper()


def _energy(kind: Kind, meter: SimulatedMeter) -> dict[str, dict[str, Pair]]:
    """Manual 6.3.54: what the meter offers of this kind, in thousands, with two decimals."""
    prefix = f"read {kind.value.upper()}_ENERGY"
    meter.require(f"{prefix}_IMPORT_TOTAL")
    counters, unit = meter.energies(), _UNITS[kind]

    def shown(direction: str, values: dict[str, float]) -> dict[str, Pair]:
        return {
            place: [f"{wh / 1000:.2f}", unit]
            for place, wh in values.items()
            if f"{prefix}_{direction}_{_place_name(place)}" in meter.capabilities
        }

    places = (*LINES, *TARIFFS, TOTAL)
    imported = {place: counters.of(kind, Direction.IMPORT, place) for place in places}
    exported = {place: counters.of(kind, Direction.EXPORT, place) for place in places}
    net = {place: imported[place] - exported[place] for place in (*LINES, TOTAL)}
    reply = {
        "importenergy": shown("IMPORT", imported),
        "exportenergy": shown("EXPORT", exported),
        "netenergy": shown("NET", net),
    }
    return {name: found for name, found in reply.items() if found}


def _active(meter: SimulatedMeter) -> dict[str, dict[str, Pair]]:
    return _energy(Kind.ACTIVE, meter)


def _reactive(meter: SimulatedMeter) -> dict[str, dict[str, Pair]]:
    return _energy(Kind.REACTIVE, meter)


def _apparent(meter: SimulatedMeter) -> dict[str, dict[str, Pair]]:
    return _energy(Kind.APPARENT, meter)


def _converted(meter: SimulatedMeter, factor: float, unit: str) -> dict[str, dict[str, Pair]]:
    imported_wh, _ = meter.energy()
    return {"importenergy": {TOTAL: [f"{imported_wh / 1000 * factor:.2f}", unit]}}


def _co2(meter: SimulatedMeter) -> dict[str, dict[str, Pair]]:
    """Manual 6.3.55: active import as carbon dioxide."""
    meter.require("read NRG_ENERGY_VALUE_CO2")
    return _converted(meter, meter.part(Factors).co2, "KG")


def _currency(meter: SimulatedMeter) -> dict[str, dict[str, Pair]]:
    """Manual 6.3.55: active import as money."""
    meter.require("read NRG_ENERGY_VALUE_CURR")
    return _converted(meter, meter.part(Factors).currency, "curr")


class ResettableRegisters:
    """What has flowed since each register was last reset, and how often that was done."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        counters = meter.energies()
        self._base = {tag: counters.of(*_TAGS[tag][:2]) * (1 - _SINCE_RESET) for tag in _TAGS}
        self._resets = dict.fromkeys(_TAGS, _FIRST_RESETS)

    def values(self) -> dict[str, Any]:
        """Manual 6.3.56: with three decimals."""
        counters = self._meter.energies()
        found = {
            tag: [f"{counters.of(kind, direction) - self._base[tag]:.3f}", "Wh" if kind is Kind.ACTIVE else "varh"]
            for tag, (kind, direction, name) in _TAGS.items()
            if f"read {name.format('ENERGY')}" in self._meter.capabilities
        }
        return {"resettableenergy": found}

    def counters(self) -> dict[str, Any]:
        """Manual 6.3.58: whole numbers with two decimals."""
        found = {
            tag: f"{self._resets[tag]:.2f}"
            for tag, (_, _, name) in _TAGS.items()
            if f"read {name.format('CNTR')}" in self._meter.capabilities
        }
        return {"resetcounter": found}

    def reset(self, tags: tuple[str, ...]) -> None:
        """Set these to zero, all of them or none."""
        self._meter.require(*(f"reset {_TAGS[tag][2].format('ENERGY')}" for tag in tags))
        counters = self._meter.energies()
        for tag in tags:
            self._base[tag] = counters.of(*_TAGS[tag][:2])
            self._resets[tag] += 1


def _resettable(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read RSTREG_ACT_ENERGY_IMP")
    return meter.part(ResettableRegisters).values()


def _reset_counter(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read RSTREG_ACT_CNTR_IMP")
    return meter.part(ResettableRegisters).counters()


def _read_reset(body: object) -> tuple[str, ...]:
    """Which registers are to be reset (manual 6.3.57): any of the four, true or false, at least one."""
    sent = check_tags(body, ["resettableenergy"])["resettableenergy"]
    if not isinstance(sent, dict) or not sent:
        raise invalid("resettableenergy")
    for tag, value in check_tags(sent, (), tuple(_TAGS)).items():
        if not isinstance(value, bool):
            raise invalid(tag)
    chosen = tuple(tag for tag, value in sent.items() if value)
    if not chosen:
        raise invalid("resettableenergy")
    return chosen


def _reset(meter: SimulatedMeter, tags: tuple[str, ...]) -> None:
    meter.part(ResettableRegisters).reset(tags)


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/energy/active", of_meter(_active)),
    resource("GET", "/meters/{serial}/energy/reactive", of_meter(_reactive)),
    resource("GET", "/meters/{serial}/energy/apparent", of_meter(_apparent)),
    resource("GET", "/meters/{serial}/energy/active/co2", of_meter(_co2)),
    resource("GET", "/meters/{serial}/energy/active/currency", of_meter(_currency)),
    resource("GET", "/meters/{serial}/energy/resettable", of_meter(_resettable)),
    resource("GET", "/meters/{serial}/energy/resetcounter", of_meter(_reset_counter)),
    resource("POST", "/meters/{serial}/energy/resettable", to_meter(_read_reset, _reset)),
)
