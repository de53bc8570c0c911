"""A scan of the simulated buses: what may be asked for, how long it takes, and when which meter shows up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid, whole_number
from app.vendors.g13.tables import (
    EQBUS_ADDRESSES,
    MAX_LISTED,
    MAX_SCANNED,
    MBUS_ADDRESSES,
    MBUS_BAUD_RATES,
    MBUS_RANGE,
    Bus,
)

BUS_TAGS = ("zigbee", "eqbus", "mbus-wired", "mbus-ir")
_MAX_TOKEN = 2**31 - 1
_SECONDARY_SEARCH = 12
"""A search by secondary address takes as long as this many primary ones."""


@dataclass(frozen=True)
class BusScan:
    """One bus of a scan. `addresses` None is a search that finds every meter of the bus."""

    bus: Bus
    addresses: tuple[int, ...] | None
    baud_rate: int | None = None

    @property
    def tries(self) -> int:
        """How many times as long as one address it takes."""
        return _SECONDARY_SEARCH if self.addresses is None else len(self.addresses)


def read_scan(body: object, token: str) -> tuple[int, tuple[BusScan, ...]]:
    """Token and buses of manual 6.3.36.

    The manual's own example asks for more than 32 addresses at once: so the limit of 32 devices is kept as a limit
    of what is found, and of wireless meters and listed addresses together, not of ranges.

    Raises:
        Refusal: 400, naming the tag that is wrong.
    """
    sent = check_tags(body, ["token"], BUS_TAGS)
    number = whole_number(sent["token"], 1, _MAX_TOKEN, "token")
    if token != str(number):
        raise invalid("token")
    if not any(tag in sent for tag in BUS_TAGS):
        raise Refusal(400, "missing eqbus in JSON .")
    scans = []
    named = 0
    if "eqbus" in sent:
        scans.append(BusScan(Bus.EQBUS, _range_or_list(sent["eqbus"], "eqbus", EQBUS_ADDRESSES, EQBUS_ADDRESSES)))
    if "mbus-wired" in sent:
        scans.append(_wired(sent["mbus-wired"]))
    if "mbus-ir" in sent:
        scans.append(_infrared(sent["mbus-ir"]))
    if "zigbee" in sent:
        named = whole_number(sent["zigbee"], 1, MAX_SCANNED, "zigbee")
        scans.append(BusScan(Bus.WIRELESS, tuple(range(named))))
    named += sum(len(value["devices"]) for value in sent.values() if isinstance(value, dict) and "devices" in value)
    if named > MAX_SCANNED:
        raise Refusal(400, "more than 32 devices in JSON .")
    return number, tuple(scans)


def _wired(value: Any) -> BusScan:
    rate = _baud_rate(value, "mbus-wired")
    if "secondary" in value:
        _only_empty(value, "mbus-wired", "secondary")
        return BusScan(Bus.MBUS, None, rate)
    rest = {tag: part for tag, part in value.items() if tag != "baudrate"}
    return BusScan(Bus.MBUS, _range_or_list(rest, "mbus-wired", MBUS_RANGE, MBUS_ADDRESSES), rate)


def _infrared(value: Any) -> BusScan:
    rate = _baud_rate(value, "mbus-ir")
    if "secondary" in value:
        _only_empty(value, "mbus-ir", "secondary")
        return BusScan(Bus.MBUS_IR, None, rate)
    _only_empty(value, "mbus-ir", "primary")
    return BusScan(Bus.MBUS_IR, tuple(range(MBUS_RANGE[0], MBUS_RANGE[1] + 1)), rate)


def _only_empty(value: Any, bus: str, tag: str) -> None:
    check_tags(value, ["baudrate", tag])
    if value[tag] != {}:
        raise invalid(bus)


def _baud_rate(value: object, bus: str) -> int:
    if not isinstance(value, dict):
        raise invalid(bus)
    if "baudrate" not in value:
        raise Refusal(400, "missing baudrate in JSON .")
    if value["baudrate"] not in MBUS_BAUD_RATES or not isinstance(value["baudrate"], int):
        raise invalid("baudrate")
    return value["baudrate"]


def _range_or_list(value: Any, bus: str, ranged: tuple[int, int], listed: tuple[int, int]) -> tuple[int, ...]:
    if not isinstance(value, dict):
        raise invalid(bus)
    if "devices" in value:
        devices = check_tags(value, ["devices"])["devices"]
        if not isinstance(devices, list) or not 1 <= len(devices) <= MAX_LISTED:
            raise invalid("devices")
        return tuple(whole_number(device, *listed, "devices") for device in devices)
    sent = check_tags(value, ["start", "end"])
    start = whole_number(sent["start"], *ranged, "start")
    return tuple(range(start, whole_number(sent["end"], start, ranged[1], "end") + 1))


@dataclass(frozen=True)
class ScanUnderway:
    """A scan that was started. `finds` are moments and the meters that answer then."""

    token: int
    finds: tuple[tuple[float, SimulatedMeter], ...]
    ends_s: float


def begin_scan(
    token: int, scans: Iterable[BusScan], meters: Sequence[SimulatedMeter], now_s: float, per_address_s: float
) -> ScanUnderway:
    """Lay out when which of the meters will answer, bus after bus."""
    finds: list[tuple[float, SimulatedMeter]] = []
    at_s = now_s
    for scan in scans:
        reached = [meter for meter in meters if meter.bus is scan.bus and scan.baud_rate in (None, meter.baud_rate)]
        if scan.addresses is None:
            step_s = scan.tries * per_address_s / (len(reached) + 1)
            finds.extend((at_s + step_s * (index + 1), meter) for index, meter in enumerate(reached))
        else:
            for index, address in enumerate(scan.addresses):
                finds.extend((at_s + per_address_s * (index + 1), m) for m in reached if m.address == address)
        at_s += scan.tries * per_address_s
    return ScanUnderway(token, tuple(finds), at_s)
