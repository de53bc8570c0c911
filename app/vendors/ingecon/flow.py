"""Where the power of a plant comes from and where it goes, for a picture: from one event of the EMS."""

from __future__ import annotations

import math

import msgspec

from app.model.quantity import Feed, Reading
from app.vendors.ingecon.tables import BATTERY_STATE, PHASE_VALUES, TLM_VALUES
from app.vendors.ingecon.wire import NAN, NO_BATTERY, Phases

QUIET_W = 5.0
"""Less than this is no flow that anybody wants to see an arrow for."""

_VALUES = tuple(value for value in (*PHASE_VALUES, *TLM_VALUES) if value.number or value.key == BATTERY_STATE)
_PHASES = ("w.l1", "w.l2", "w.l3")
_ROUTES = (
    ("pv_cons", "sun", "loads"),
    ("pv_sto", "sun", "battery"),
    ("pv_grid", "sun", "grid"),
    ("sto_cons", "battery", "loads"),
    ("sto_grid", "battery", "grid"),
    ("grid_cons", "grid", "loads"),
    ("grid_sto", "grid", "battery"),
    ("diesel_cons", "generator", "loads"),
)


class Route(msgspec.Struct, frozen=True):
    """What goes from one part of the plant to another, in W."""

    source: str
    sink: str
    power: float


class EnergyFlow(msgspec.Struct, frozen=True):
    """One moment of a plant in W; NaN where it is not known.

    `grid` is above zero for import and below for export. `battery` is above zero while it gives and below while it is
    charged. `loads` are all loads without car chargers, `critical` the part of them at the safe output. `soc` in %.
    `battery_away`: the EMS says that there is none now. `phases` is the grid's power on L1 to L3, empty where
    it is told for the whole plant only. `routes` is what goes where, as far as the EMS tells it.
    """

    grid: float = NAN
    pv: float = NAN
    battery: float = NAN
    loads: float = NAN
    critical: float = NAN
    car: float = NAN
    soc: float = NAN
    battery_voltage: float = NAN
    battery_away: bool = False
    phases: tuple[float, ...] = ()
    routes: tuple[Route, ...] = ()

    @property
    def importing(self) -> bool:
        """Does the site draw from the grid?"""
        return self.grid > QUIET_W

    @property
    def exporting(self) -> bool:
        """Does the site give to the grid?"""
        return self.grid < -QUIET_W

    @property
    def discharging(self) -> bool:
        """Does the battery give?"""
        return self.battery > QUIET_W

    @property
    def charging(self) -> bool:
        """Is the battery charged?"""
        return self.battery < -QUIET_W

    @property
    def generating(self) -> bool:
        """Does the sun give?"""
        return self.pv > QUIET_W


def energy_flow(told: Phases) -> EnergyFlow:
    """The flows of one event, in either layout."""
    values = {value.key: told.total(value) for value in _VALUES}
    elements = [told.of_phase(number) for number in (1, 2, 3)]
    phases = (NAN if one is None else one.number("w") for one in elements)
    return _flow(values | dict(zip(_PHASES, phases, strict=True)))


def reading_flow(feed: Feed, reading: Reading) -> EnergyFlow:
    """The flows of one reading of one of the EMS's feeds."""
    return _flow(dict(zip((quantity.key for quantity in feed.quantities), reading.values, strict=True)))


def _flow(values: dict[str, float]) -> EnergyFlow:
    def value(key: str) -> float:
        return values.get(key, NAN)

    grid, car = value("w"), _first(value("plant_rev"), value("pacrev"))
    pv = _first(value("pv"), _sum(value("pac"), value("pdcpvstorage")))
    battery = _battery(values, pv_told=not math.isnan(value("pv")))
    loads = value("cons")
    if math.isnan(loads) and not math.isnan(grid):
        # The layout without a STORAGE 1Play does not tell the loads: they are what is left.
        loads = max(_sum(grid, pv, battery) - _or_zero(car), 0.0)
    return EnergyFlow(
        grid=grid,
        pv=pv,
        battery=battery,
        loads=loads,
        critical=value("paccloads"),
        car=car,
        soc=_first(value("soc"), value("ems_soc")),
        battery_voltage=_first(value("vbat"), value("ems_vbat")),
        battery_away=value(BATTERY_STATE) == NO_BATTERY,
        phases=() if any(math.isnan(value(key)) for key in _PHASES) else tuple(value(key) for key in _PHASES),
        routes=tuple(Route(source, sink, value(key)) for key, source, sink in _ROUTES if value(key) > QUIET_W),
    )


def _battery(values: dict[str, float], *, pv_told: bool) -> float:
    """What the battery gives. Without a strategy for it the EMS tells zeros: then what hybrid inverters give beyond
    their own sun is the battery's.
    """
    given, taken = values.get("pacdischarge", NAN), values.get("paccharge", NAN)
    if math.isnan(given) and math.isnan(taken):
        return NAN
    battery = _or_zero(given) - _or_zero(taken)
    if battery == 0 and not pv_told:
        return _or_zero(values.get("pacpvbatt", NAN)) - _or_zero(values.get("pdcpvstorage", NAN))
    return battery


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _first(*values: float) -> float:
    return next((value for value in values if not math.isnan(value)), NAN)


def _sum(*values: float) -> float:
    """The sum of those that are known; NaN where none is."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) if known else NAN


def _battery_words(flow: EnergyFlow) -> str:
    return f"battery {'charging' if flow.charging else 'giving' if flow.discharging else 'at rest'}"


def flow_words(flow: EnergyFlow) -> str:
    """The flows in a line: 'import 12 W, sun 4739 W, battery charging 1699 W (55 %), loads 3052 W'."""
    soc = "" if math.isnan(flow.soc) else f" ({flow.soc:.0f} %)"
    parts = (
        ("export" if flow.exporting else "import", abs(flow.grid), ""),
        ("sun", flow.pv, ""),
        (_battery_words(flow), abs(flow.battery), soc),
        ("loads", flow.loads, ""),
        ("critical loads", flow.critical or NAN, ""),
        ("car", flow.car or NAN, ""),
    )
    return ", ".join(f"{name} {value:.0f} W{more}" for name, value, more in parts if not math.isnan(value))
