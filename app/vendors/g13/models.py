"""The G13's replies as the gateway writes them, read tolerantly. The installer's models are in `sections`."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A whole number as JSON can carry it. Beyond that nothing is a ratio, a code or a count."""


class About(msgspec.Struct, frozen=True):
    """GET /about (manual 6.3.1)."""

    cosemversion: Whole | str = ""
    firmwareversion: str = ""
    hardwareversion: str = ""
    model: str = ""
    jsonapiversion: str = ""
    logicaldevicename: str = ""
    releasedate: str = ""
    serial: Whole | str = ""


class Gateway(msgspec.Struct, frozen=True):
    """GET /gateway (manual 6.3.9)."""

    alias: str = ""
    location: str = ""
    serial: str = ""


class GatewayTime(msgspec.Struct, frozen=True):
    """GET /gateway/datetime (manual 6.3.11): local time of the gateway; `status` is 'set' or 'not set'."""

    datetime: str
    status: str = ""


class RegisteredMeter(msgspec.Struct, frozen=True):
    """A meter in GET /meters (manual 6.3.31)."""

    serial: str
    alias: str = ""
    protocol: Whole | str = ""
    address: Whole | str = ""
    status: Whole | str = ""


class Location(msgspec.Struct, frozen=True):
    """A location in GET /meters with its meters."""

    location: str = ""
    meters: tuple[RegisteredMeter, ...] = ()


class Meters(msgspec.Struct, frozen=True):
    """GET /meters (manual 6.3.31)."""

    alias: str = ""
    location: str = ""
    serial: str = ""
    locations: tuple[Location, ...] = ()


class Scanned(msgspec.Struct, frozen=True):
    """A meter in GET /meters/scanned (manual 6.3.35)."""

    serial: str
    token: Whole | str = 0
    protocol: Whole | str = ""
    address: Whole | str = ""


class ScanResult(msgspec.Struct, frozen=True):
    """GET /meters/scanned: `scancomplete` 1 is complete, anything else is in progress."""

    scanresult: tuple[Scanned, ...] = ()
    scancomplete: Whole = 0


class Manufacturing(msgspec.Struct, frozen=True):
    """Who made the meter (manual 6.3.43)."""

    serial: str = ""
    label: str = ""
    firmwareversion: str = ""


class Ratio(msgspec.Struct, frozen=True):
    """Transformer ratios; the gateway writes them as strings (manual 6.3.43)."""

    ctnum: Whole = 1
    ctdenum: Whole = 1
    vtnum: Whole = 1
    vtdenum: Whole = 1


Written = tuple[float | str | None, ...] | float | str | None
"""A factor as it comes: [value, unit], also without its unit, or the bare number that is sent."""


class Factors(msgspec.Struct, frozen=True):
    """Conversion factors, each [value, unit] (manual 6.3.43). A factor that is none must not hide the other facts."""

    co2: Written = None
    currency: Written = None

    @property
    def co2_value(self) -> float | None:
        """kg/kWh."""
        return _value(self.co2)

    @property
    def currency_value(self) -> float | None:
        """Currency per kWh."""
        return _value(self.currency)


def _value(written: Written) -> float | None:
    value = next(iter(written), None) if isinstance(written, tuple) else written
    try:
        read = math.nan if value is None else float(value)
    except ValueError:
        return None
    return read if math.isfinite(read) else None


class Outages(msgspec.Struct, frozen=True):
    """Power failures: how many, and their time in seconds (manual 6.3.43)."""

    powerfailcounter: Whole = 0
    poweroutagetime: Whole = 0


class MeterInfo(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/info (manual 6.3.43)."""

    manufacturing: Manufacturing = Manufacturing()
    ratio: Ratio = Ratio()
    conversionfactor: Factors = Factors()
    power: Outages = Outages()


class DemandConfiguration(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/demand/configuration (manual 6.3.78): `dmc` holds [quantity, code], `interval` seconds."""

    dmc: tuple[tuple[Whole, Whole], ...] = ()
    interval: tuple[Whole, Whole] = (900, 900)
    period: str = "monthly"
    weekday: Whole = 1


class AssociationObjects(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/associationobjects (manual 6.3.30): 256 bits; the first is bit 1."""

    associationobjects: tuple[Whole | bool, ...] | str = ()
    role: str = ""
    serial: str = ""

    @property
    def bits(self) -> tuple[int, ...]:
        """The bits in their order, also where they come as one text of zeros and ones."""
        if isinstance(self.associationobjects, str):
            return tuple(int(bit) for bit in self.associationobjects if bit in "01")
        return tuple(int(bit != 0) for bit in self.associationobjects)


class Status(msgspec.Struct, frozen=True):
    """A status message (manual 6.1); every update is answered by one."""

    status: str = ""
    des: str = ""
