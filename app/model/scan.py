"""Looking for meters on a gateway's buses: what a scan can be told, and what it says while it runs."""

from __future__ import annotations

from enum import Enum

import msgspec

from .errors import InvalidValue
from .job import Progress


class ScanMode(Enum):
    """How the addresses of a bus are named."""

    RANGE = "range"
    LIST = "list"
    PRIMARY = "primary"
    SECONDARY = "secondary"


class BusOptions(msgspec.Struct, frozen=True):
    """What a scan of one bus can be told. Addresses and ranges are inclusive; without `bauds` there is no choice."""

    key: str
    title: str
    modes: tuple[ScanMode, ...]
    range_limits: tuple[int, int] = (0, 0)
    list_limits: tuple[int, int] = (0, 0)
    max_listed: int = 0
    bauds: tuple[int, ...] = ()
    default_baud: int = 0
    help: str = ""


class BusScan(msgspec.Struct, frozen=True):
    """One bus of a scan. `start` and `end` for RANGE, `addresses` for LIST, `baud` where the bus has a choice."""

    bus: str
    mode: ScanMode
    start: int = 0
    end: int = 0
    addresses: tuple[int, ...] = ()
    baud: int = 0

    @property
    def count(self) -> int:
        """How many addresses are tried; 0 when the bus is searched without a list."""
        if self.mode is ScanMode.RANGE:
            return self.end - self.start + 1
        return len(self.addresses)


class ScanRequest(msgspec.Struct, frozen=True):
    """One scan over one or more buses."""

    buses: tuple[BusScan, ...]


class ScannedMeter(msgspec.Struct, frozen=True):
    """A meter that answered a scan."""

    serial: str
    bus: str
    address: str


class ScanState(msgspec.Struct, frozen=True):
    """What a running scan knows. `found` are all meters so far."""

    found: tuple[ScannedMeter, ...]
    complete: bool
    progress: Progress


def parse_bus(options: BusOptions, text: str, baud: int = 0) -> BusScan:
    """Read `17-49`, `17,18,20`, `primary` or `secondary` for one bus.

    Raises:
        InvalidValue: not allowed on this bus; the limit is named.
    """
    wanted = text.strip().lower()
    mode, numbers = _mode(options, wanted)
    if mode not in options.modes:
        raise InvalidValue(options.key, f"{options.title}: '{text}' is not possible; {_possible(options)}.")
    if baud and options.bauds and baud not in options.bauds:
        raise InvalidValue(
            options.key, f"{options.title}: {baud} baud is not one of {', '.join(map(str, options.bauds))}."
        )
    chosen = (baud or options.default_baud) if options.bauds else 0
    if mode is ScanMode.RANGE:
        start, end = numbers
        low, high = options.range_limits
        if not low <= start <= end <= high:
            raise InvalidValue(
                options.key, f"{options.title}: the range {start}-{end} is not allowed; {low} to {high}, start first."
            )
        return BusScan(options.key, mode, start=start, end=end, baud=chosen)
    if mode is ScanMode.LIST:
        low, high = options.list_limits
        outside = [number for number in numbers if not low <= number <= high]
        if outside:
            raise InvalidValue(options.key, f"{options.title}: address {outside[0]} is not allowed; {low} to {high}.")
        if len(set(numbers)) != len(numbers):
            raise InvalidValue(options.key, f"{options.title}: an address is listed twice.")
        if len(numbers) > options.max_listed:
            raise InvalidValue(
                options.key, f"{options.title}: {len(numbers)} addresses listed, at most {options.max_listed} at once."
            )
        return BusScan(options.key, mode, addresses=tuple(numbers), baud=chosen)
    return BusScan(options.key, mode, baud=chosen)


def _mode(options: BusOptions, wanted: str) -> tuple[ScanMode, tuple[int, ...]]:
    if wanted in ("primary", "secondary"):
        return ScanMode(wanted), ()
    start, dash, end = wanted.partition("-")
    parts = (start, end) if dash else tuple(wanted.split(","))
    if not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise InvalidValue(options.key, f"{options.title}: '{wanted}' is not understood; {_possible(options)}.")
    return (ScanMode.RANGE if dash else ScanMode.LIST), tuple(int(part) for part in parts)


def _possible(options: BusOptions) -> str:
    ways = []
    if ScanMode.RANGE in options.modes:
        ways.append(f"a range such as {options.range_limits[0]}-{options.range_limits[1]}")
    if ScanMode.LIST in options.modes:
        ways.append(
            f"up to {options.max_listed} addresses such as {options.range_limits[0]},{options.range_limits[0] + 1}"
        )
    ways.extend(mode.value for mode in (ScanMode.PRIMARY, ScanMode.SECONDARY) if mode in options.modes)
    return "possible: " + ", ".join(ways)
