"""What is measured: a quantity with its unit, one moment's values, and a live source of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from .errors import AppError
from .support import Capabilities, Support, support_of

LARGEST = 1e300
"""What is larger is no measurement. Thousands of such, added up or turned into other units, are still finite."""


class Unit(Enum):
    """The units that plots group their axes by. The value is what is written beside a number."""

    WATT = "W"
    VAR = "var"
    VOLT_AMPERE = "VA"
    VOLT = "V"
    AMPERE = "A"
    WATT_HOUR = "Wh"
    VAR_HOUR = "varh"
    HERTZ = "Hz"
    DEGREE = "°"
    CELSIUS = "°C"
    PERCENT = "%"
    HOUR = "h"
    RATIO = ""

    @property
    def quantity(self) -> str:
        """The physical quantity, in words, for an axis."""
        return _QUANTITIES[self]


_QUANTITIES = {
    Unit.WATT: "Active power",
    Unit.VAR: "Reactive power",
    Unit.VOLT_AMPERE: "Apparent power",
    Unit.VOLT: "Voltage",
    Unit.AMPERE: "Current",
    Unit.WATT_HOUR: "Active energy",
    Unit.VAR_HOUR: "Reactive energy",
    Unit.HERTZ: "Frequency",
    Unit.DEGREE: "Phase angle",
    Unit.CELSIUS: "Temperature",
    Unit.PERCENT: "Share",
    Unit.HOUR: "Duration",
    Unit.RATIO: "Ratio",
}


class Phase(Enum):
    """Which conductor a quantity belongs to: plots colour by it."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    NEUTRAL = "N"
    TOTAL = ""


class Quantity(msgspec.Struct, frozen=True):
    """One measured thing. `key` is unique within its feed."""

    key: str
    title: str
    unit: Unit
    phase: Phase = Phase.TOTAL


class Reading(msgspec.Struct, frozen=True):
    """The values of one moment, in the order of the feed's quantities; NaN where the device sent none.

    `time_s` is the laptop's clock (seconds since 1970), since the clocks of devices differ.
    """

    time_s: float
    values: tuple[float, ...]


def _none(_connection: Any) -> int:
    return 0


def _not_known(_connection: Any) -> float:
    return 0.0


def _nothing_known(_connection: Any, _meter: str) -> AppError | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A live source of readings: an event stream, or a resource that is asked again and again.

    `open(connection, meter)` yields readings until it is closed; it reconnects by itself and raises an
    `AppError` only when going on makes no sense. `plotted` are the keys that a live page shows first.
    """

    key: str
    title: str
    quantities: tuple[Quantity, ...]
    open: Callable[[Any, str], AsyncGenerator[Reading, None]]
    plotted: tuple[str, ...] = ()
    of_meter: bool = False
    kept: bool = False
    """Every reading is kept in the site: the device has no memory of its own."""
    unreadable: Callable[[Any], int] = _none
    """unreadable(connection): how many events could not be read and were left out since connecting."""
    interval_s: Callable[[Any], float] = _not_known
    """interval_s(connection): how many seconds apart readings come by the device's own pace; 0: it has none."""
    trouble: Callable[[Any, str], AppError | None] = _nothing_known
    """trouble(connection, meter): why nothing comes at present, while it is tried again; None: not that we know."""
    manual: str = ""
    needs_read: tuple[str, ...] = ()
    """What the device must offer, as its vendor names it."""
    resources: tuple[str, ...] = ()
    """The requests that are used, as the manual writes them."""

    def support(self, capabilities: Capabilities) -> Support:
        """Can it be read, given what the device offers to this account?"""
        return support_of(self.title, capabilities, self.needs_read, (), settable=False)
