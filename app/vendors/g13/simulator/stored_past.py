"""What a simulated meter measured in the past: cheap to ask for any moment, and in line with what it shows now.

Its load has had the shape of a working day ever since it was installed, which was when its register stood at zero.
From the first look on the register itself is followed. Moments are seconds of the meter's own clock.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from app.vendors.g13.simulator.load import total
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.tables import Parameter, parameter

EPOCH = datetime(1970, 1, 1)
DAY_S = 86_400.0
_WEEK_S = 7 * DAY_S
CLOCKS_BEGIN_S = (datetime(2000, 1, 1) - EPOCH).total_seconds()
_LONGEST_S = 3 * 365 * DAY_S

_DAILY, _WEEKLY = 0.55, 0.15
_TARIFF_SHARES = (0.68, 0.32, 0.0, 0.0)
_CO2_KG, _CURRENCY = 0.412, 0.285
"""Each kWh."""


def seconds(moment: datetime) -> float:
    """A moment of the meter's clock as seconds."""
    return (moment - EPOCH).total_seconds()


def moment(time_s: float) -> datetime:
    """The other way round."""
    return EPOCH + timedelta(seconds=time_s)


def shape(time_s: float) -> float:
    """How much flows at this time of day and week; 1 on average."""
    return 1.0 - _DAILY * math.cos(math.tau * time_s / DAY_S) + _WEEKLY * math.sin(math.tau * time_s / _WEEK_S)


def _shape_until(time_s: float) -> float:
    """The integral of `shape`."""
    daily = _DAILY * DAY_S / math.tau * math.sin(math.tau * time_s / DAY_S)
    return time_s - daily - _WEEKLY * _WEEK_S / math.tau * math.cos(math.tau * time_s / _WEEK_S)


class Past:
    """The registers and mean values of one meter at past moments."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self._imported_wh, self._exported_wh = meter.energy()
        self._first_s = self._last_s = seconds(meter.clock.read())
        self._first_wh = self._before = (self._imported_wh, self._exported_wh)
        sums = total(meter.phases())
        self._mean_w = max(abs(sums.active_w), 1.0)
        self._reactive = abs(sums.reactive_var) / self._mean_w
        self._apparent = sums.apparent_va / self._mean_w
        lasted_s = min(self._imported_wh / self._mean_w * 3600.0, _LONGEST_S)
        self.installed_s = max(self._first_s - lasted_s, CLOCKS_BEGIN_S)
        self._since_s = self._first_s

    def look(self) -> None:
        """Read the register now: what is asked for between the last look and this one lies between their values."""
        self._since_s, self._before = self._last_s, (self._imported_wh, self._exported_wh)
        self._imported_wh, self._exported_wh = self._meter.energy()
        self._last_s = seconds(self._meter.clock.read())

    def energy_wh(self, time_s: float) -> tuple[float, float]:
        """Imported and exported energy at a moment."""
        if time_s <= self._first_s:
            whole = _shape_until(self._first_s) - _shape_until(self.installed_s)
            part = (_shape_until(time_s) - _shape_until(self.installed_s)) / whole if whole > 0 else 1.0
            return self._first_wh[0] * max(part, 0.0), self._first_wh[1] * max(part, 0.0)
        span = self._last_s - self._since_s
        part = min(max((time_s - self._since_s) / span, 0.0), 1.0) if span > 0 else 1.0
        then, now = self._before, (self._imported_wh, self._exported_wh)
        return then[0] + part * (now[0] - then[0]), then[1] + part * (now[1] - then[1])

    def power_w(self, time_s: float) -> float:
        """The mean active power around a moment."""
        return self._mean_w * shape(time_s)

    def value(self, quantity: int, time_s: float) -> float:
        """Any storable quantity at a moment, in its own unit."""
        known = parameter(quantity)
        if known.name.startswith(("ACTIVE_ENERGY", "REACTIVE_ENERGY", "APPARENT_ENERGY", "NRG_ENERGY", "RSTREG")):
            return self._register(known, time_s)
        if "POWER" in known.name and known.unit:
            return self.power_w(time_s) * self._kind(known.name) * self._share(known.name)
        if known.unit == "V":
            across = math.sqrt(3.0) if "_L" in known.name.removeprefix("VOLTAGE_L") else 1.0
            return 230.0 * across * (1.0 - 0.01 * shape(time_s))
        if known.unit == "A":
            return 0.1 if "NEUTRAL" in known.name else self.power_w(time_s) / 3.0 / 216.0
        if known.name.startswith("POWER_FACTOR"):
            return 1.0 / max(self._apparent, 1.0)
        return 2.5 * shape(time_s) if known.unit == "%" else 0.0

    def _register(self, known: Parameter, time_s: float) -> float:
        imported, exported = self.energy_wh(time_s)
        name = known.name
        if name.startswith("NRG_ENERGY"):
            return imported / 1000.0 * (_CO2_KG if name.endswith("CO2") else _CURRENCY)
        flow = exported if "EXP" in name else imported - exported if "NET" in name else imported
        if name.startswith("RSTREG"):
            return flow / 4.0 * (self._reactive if "REACT" in name else 1.0)
        return flow * self._kind(name) * self._share(name)

    def _kind(self, name: str) -> float:
        return self._reactive if name.startswith("REACTIVE") else self._apparent if name.startswith("APPARENT") else 1.0

    def _share(self, name: str) -> float:
        """Which part of the whole a line or a tariff has."""
        last = name.rpartition("_")[2]
        if last.startswith("TAR"):
            return _TARIFF_SHARES[int(last[3:]) - 1]
        if last in ("L1", "L2", "L3"):
            lines = self._meter.load.phases
            return 1.0 / lines if int(last[1:]) <= lines else 0.0
        return 1.0
