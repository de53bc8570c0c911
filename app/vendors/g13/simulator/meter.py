"""A simulated meter behind the gateway: its settings, its clock, what it measures, and how it says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from app.vendors.g13.capability_bits import bits_from_capabilities
from app.vendors.g13.label import MeterLabel, read_label
from app.vendors.g13.simulator.capabilities import offered_by
from app.vendors.g13.simulator.clock import DeviceClock, Now
from app.vendors.g13.simulator.counters import Direction, EnergyCounters, Kind
from app.vendors.g13.simulator.load import Load, PhaseValues
from app.vendors.g13.simulator.readings import instrument_reply, power_reply
from app.vendors.g13.simulator.refusal import denied
from app.vendors.g13.simulator.settings import Changeover, ClockSettings, DemandSettings, Ratio
from app.vendors.g13.tables import Bus

T = TypeVar("T")

_STORED_AT_FIRST = 31


@dataclass
class SimulatedMeter:
    """One meter. `address` is its address on `bus`, at which it answers at `baud_rate` while `powered`.

    `load` is what flows in its own wires; behind transformers that is their secondary side.
    `energy_wh` and `exported_wh` are what it has counted before; `outages_s` how long each power failure lasted;
    `faults` are errors of its own, named as among the status flags.
    `stored_demand` counts the demand values that it holds, `demand_erasures` how often they were thrown away.
    """

    serial: str
    label: str
    bus: Bus
    address: int
    now: Now
    load: Load
    baud_rate: int = 500_000
    firmware: str = "B2.14.0.0"
    clock_drift_s: float = 0.0
    clock_is_set: bool = True
    powered: bool = True
    energy_wh: float = 15_000_000.0
    exported_wh: float = 0.0
    outages_s: tuple[int, ...] = (42, 1260, 3, 95)
    faults: tuple[str, ...] = ()
    ratio: Ratio = field(default_factory=Ratio)
    demand: DemandSettings = field(default_factory=DemandSettings)
    stored_demand: int = _STORED_AT_FIRST
    demand_erasures: int = 0
    dst: Mapping[str, Changeover] | None = None
    clock: DeviceClock = field(init=False)
    kind: MeterLabel = field(init=False)
    capabilities: frozenset[str] = field(init=False)
    _counters: EnergyCounters = field(init=False)
    _parts: dict[Any, Any] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.clock = DeviceClock(self.now, drift_s=self.clock_drift_s, is_set=self.clock_is_set)
        self.kind = read_label(self.label)
        self.capabilities = offered_by(self.kind, self.bus)
        self._counters = EnergyCounters(self.energy_wh, self.exported_wh, self.load.phases, self.now())

    def part(self, kind: Callable[[SimulatedMeter], T]) -> T:
        """A part of the meter with a state of its own, such as its alarms; made when it is first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        return cast(T, self._parts[kind])

    @property
    def number(self) -> int:
        """The number at the end of its serial, which is what the meter itself goes by."""
        return int(re.sub(r"\D", "", self.serial)[-6:])

    def phases(self) -> tuple[PhaseValues, ...]:
        """What it shows now: what flows in its wires, multiplied by the ratios that are set."""
        return self._shown_at(self.now())

    def energies(self) -> EnergyCounters:
        """All energy counters, counted until now. Ask before changing what is counted by: ratios, the tariff."""
        self._counters.count(self.now(), self._shown_at, self._tariff_at)
        return self._counters

    def energy(self) -> tuple[float, float]:
        """Imported and exported active energy until now, in Wh."""
        counters = self.energies()
        return counters.of(Kind.ACTIVE, Direction.IMPORT), counters.of(Kind.ACTIVE, Direction.EXPORT)

    def _tariff_at(self, time_s: float) -> int:
        """The tariff in force at a moment of the simulation since the last change of its source."""
        # Tariffs and calendar know the meter that they belong to, so they are asked for late.
        from app.vendors.g13.simulator.tariff_calendar import Calendar
        from app.vendors.g13.simulator.tariffs import CLOCK, TariffState

        state = self.part(TariffState)
        if state.source != CLOCK:
            return state.active
        moment = self.clock.read() - timedelta(seconds=self.now() - time_s)
        return self.part(Calendar).tariff_at(moment)

    def _shown_at(self, time_s: float) -> tuple[PhaseValues, ...]:
        return tuple(phase.scaled(self.ratio.voltage, self.ratio.current) for phase in self.load.at(time_s))

    def require(self, *capabilities: str) -> None:
        """Refuse, as the meter does, what it does not offer."""
        if not self.capabilities.issuperset(capabilities):
            raise denied()

    def association_objects(self, role: str) -> dict[str, Any]:
        """What the meter offers, and how much of it this user may use (manual 6.3.30)."""
        bits = list(bits_from_capabilities(self.capabilities))
        return {"associationobjects": bits, "role": role, "serial": self.serial}

    def info(self) -> dict[str, Any]:
        """Manual 6.3.43, numbers as strings; conversion factors only where the meter has them."""
        # Factors know the meter that they belong to, so they are asked for late.
        from app.vendors.g13.simulator.conversion import Factors

        ratio = self.ratio
        known = "read NRG_CONVERSION_FACTOR_CO2" in self.capabilities
        return {
            "manufacturing": {"serial": str(self.number), "label": self.label, "firmwareversion": self.firmware},
            "ratio": {
                "ctdenum": str(ratio.ctdenum),
                "ctnum": str(ratio.ctnum),
                "vtdenum": str(ratio.vtdenum),
                "vtnum": str(ratio.vtnum),
            },
            **({"conversionfactor": self.part(Factors).reply()} if known else {}),
            "power": {"powerfailcounter": str(len(self.outages_s)), "poweroutagetime": str(sum(self.outages_s))},
        }

    def status(self) -> dict[str, Any]:
        """Manual 6.3.49: the serial as a number."""
        return {"serial": self.number, "label": self.label}

    def hardware_version(self) -> dict[str, Any]:
        """Manual 6.3.46: its main board and its bus interface, of up to eight parts."""
        self.require("read HARDWARE_VERSION_0")
        return {"version": [f"{self.label[:3]}_MAIN_R3", f"{self.bus.name}_IF_R1"]}

    def mbus_info(self) -> dict[str, Any]:
        """Manual 6.3.47; only a meter on an M-Bus has it."""
        self.require("read MBUS_CLIENT_0")
        return {
            "manufacturer": "ABB",
            "devicetype": 2,
            "addressingmode": self.address,
            "version": 32,
            "id": self.number % 10_000,
        }

    def date_time(self) -> dict[str, Any]:
        """Manual 6.3.41; the rules of daylight saving only while they are on."""
        self.require("read CLOCK")
        moment = self.clock.read()
        return {
            "datetime": self.clock.text(),
            "dayofweek": moment.isoweekday(),
            "dst": int(self.dst is not None and _within(moment, self.dst["dststart"], self.dst["dstend"])),
            "dstenable": self.dst is not None,
            **(self.dst or {}),
            "status": self.clock.status,
        }

    def set_date_time(self, settings: ClockSettings) -> None:
        """Set the clock and, where given, the rules of daylight saving."""
        self.require("configure CLOCK")
        if settings.dst_given:
            self.require("configure CLOCK_DST")
            self.dst = settings.dst
        self.clock.set(settings.moment)

    def set_ratio(self, ratio: Ratio) -> None:
        """Set the transformer ratios; from now on everything is measured with them."""
        self.require("configure TRAFO_CT_RATIO_NUMERATOR")
        if (ratio.vtnum, ratio.vtdenum) != (self.ratio.vtnum, self.ratio.vtdenum):
            self.require("configure TRAFO_VT_RATIO_NUMERATOR")
        self.energies()
        self.ratio = ratio

    def demand_configuration(self) -> dict[str, Any]:
        """Manual 6.3.78; the weekday only with a weekly period."""
        self.require("read DEMAND")
        demand = self.demand
        return {
            "dmc": [list(channel) for channel in demand.channels],
            "interval": [demand.interval_s, demand.sub_interval_s],
            "period": demand.period,
            **({"weekday": demand.weekday} if demand.period == "weekly" else {}),
        }

    def set_demand(self, settings: DemandSettings) -> None:
        """Set the demand channels, which erases what is stored (manual 6.3.79)."""
        self.require("configure DEMAND")
        self.demand = settings
        self._erase_demand()

    def clear_demand(self) -> None:
        """Throw away the stored demand values (manual 6.3.80)."""
        self.require("reset DEMAND")
        self._erase_demand()

    def _erase_demand(self) -> None:
        self.stored_demand = 0
        self.demand_erasures += 1

    def power(self) -> dict[str, Any]:
        """Manual 6.3.59."""
        self.require("read ACTIVE_POWER_TOTAL")
        return power_reply(self.phases())

    def instrument(self) -> dict[str, Any]:
        """Manual 6.3.60."""
        self.require("read VOLTAGE_L1")
        return instrument_reply(self.phases(), self.load.frequency_hz(self.now()))


def _within(moment: datetime, start: Changeover, end: Changeover) -> bool:
    """Whether daylight saving is on, by month and day alone."""
    today = (moment.month, moment.day)
    first, last = (start["month"], min(start["day"], 31)), (end["month"], min(end["day"], 31))
    return first <= today < last if first <= last else not last <= today < first
