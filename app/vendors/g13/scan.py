"""The device scan on EQ bus, M-Bus and M-Bus IR (manual 4.5.1, 6.3.35, 6.3.36)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from app.model.errors import BadReply, DeviceFailed, DeviceUnreachable, InvalidValue
from app.model.job import Progress
from app.model.scan import BusOptions, BusScan, ScanMode, ScannedMeter, ScanRequest, ScanState

from .client import G13Client
from .models import ScanResult
from .tables import (
    EQBUS_ADDRESSES,
    MAX_LISTED,
    MAX_SCANNED,
    MBUS_ADDRESSES,
    MBUS_BAUD_RATES,
    MBUS_RANGE,
    bus_name,
)

POLL_S = 1.0
SETTLING_S = 2.0
MISSES = 3
"""Questions in a row that may stay without an answer."""
PATIENCE_S = 600.0
"""A scan that neither ends nor finds anything for that long is given up."""

BUSES = (
    BusOptions(
        key="eqbus",
        title="EQ bus",
        modes=(ScanMode.RANGE, ScanMode.LIST),
        range_limits=EQBUS_ADDRESSES,
        list_limits=EQBUS_ADDRESSES,
        max_listed=MAX_LISTED,
        help="RS-485. A meter answers only at the baud rate that is set in the gateway.",
    ),
    BusOptions(
        key="mbus",
        title="M-Bus",
        modes=(ScanMode.RANGE, ScanMode.LIST, ScanMode.SECONDARY),
        range_limits=MBUS_RANGE,
        list_limits=MBUS_ADDRESSES,
        max_listed=MAX_LISTED,
        bauds=MBUS_BAUD_RATES,
        default_baud=2400,
        help="Wired. Choose the baud rate that is set in the meters; 'secondary' finds them whatever their address.",
    ),
    BusOptions(
        key="mbus-ir",
        title="M-Bus IR",
        modes=(ScanMode.PRIMARY, ScanMode.SECONDARY),
        bauds=MBUS_BAUD_RATES,
        default_baud=2400,
        help="The meter that stands next to the gateway, through its infrared port.",
    ),
)

_TAGS = {"eqbus": "eqbus", "mbus": "mbus-wired", "mbus-ir": "mbus-ir"}


def scan_body(request: ScanRequest, token: int) -> dict[str, object]:
    """The body of POST /meters/scanned/<token> (manual 6.3.36).

    Raises:
        InvalidValue: no bus, or more devices than one scan may look for.
    """
    if not request.buses:
        raise InvalidValue("buses", "No bus is chosen.", hint="Tick at least one of EQ bus, M-Bus and M-Bus IR.")
    listed = sum(bus.count for bus in request.buses if bus.mode is ScanMode.LIST)
    if listed > MAX_SCANNED:
        raise InvalidValue("buses", f"{listed} addresses are listed, at most {MAX_SCANNED} fit into one scan.")
    return {**{_TAGS[bus.bus]: _bus_body(bus) for bus in request.buses}, "token": token}


def _bus_body(bus: BusScan) -> dict[str, object]:
    body: dict[str, object] = {"baudrate": bus.baud} if bus.baud else {}
    if bus.mode is ScanMode.RANGE:
        return {**body, "start": bus.start, "end": bus.end}
    if bus.mode is ScanMode.LIST:
        return {**body, "devices": list(bus.addresses)}
    return {**body, bus.mode.value: {}}


async def scan(
    client: G13Client, request: ScanRequest, *, poll_s: float = POLL_S, now: Callable[[], float] = time.time
) -> AsyncIterator[ScanState]:
    """Start a scan and tell what it has found, once a second, until the gateway calls it complete.

    Leaving early stops the watching; the gateway itself finishes its scan, it knows no way to cancel one.

    Raises:
        DeviceRefused: another scan is running.
        DeviceUnreachable, BadReply, DeviceFailed: several questions in a row failed, or nothing new for ten minutes.
    """
    token = int(now())
    await client.update("POST", f"/meters/scanned/{token}", scan_body(request, token))
    began = news = time.monotonic()
    found: tuple[ScannedMeter, ...] = ()
    misses = 0
    while True:
        try:
            result = await client.scanned()
        except (DeviceUnreachable, BadReply, DeviceFailed):
            # The gateway scans on, whether we watch or not.
            misses += 1
            if misses > MISSES:
                raise
            await asyncio.sleep(poll_s)
            continue
        misses = 0
        seen = _of_this_scan(result, token)
        if len(seen) != len(found):
            news = time.monotonic()
        found = seen
        # Just after the start the list may still be that of the scan before, complete and without our token.
        complete = result.scancomplete == 1 and (bool(seen) or time.monotonic() - began > SETTLING_S)
        yield _state(found, complete=complete)
        if complete:
            return
        if time.monotonic() - news > PATIENCE_S:
            raise DeviceFailed(
                f"The scan does not end: nothing new for {PATIENCE_S / 60:.0f} minutes.",
                hint="Scan fewer addresses at a time; restart the gateway if it stays like this.",
            )
        await asyncio.sleep(poll_s)


def _state(found: tuple[ScannedMeter, ...], *, complete: bool) -> ScanState:
    count = f"{len(found)} {'meter' if len(found) == 1 else 'meters'} found"
    text = f"Scan complete: {count}" if complete else f"Scanning: {count} so far"
    done = 1 if complete else 0
    return ScanState(found, complete, Progress(done, done, text))


def _of_this_scan(result: ScanResult, token: int) -> tuple[ScannedMeter, ...]:
    return tuple(
        ScannedMeter(meter.serial, bus_name(meter.protocol), str(meter.address))
        for meter in result.scanresult
        if str(meter.token) in (str(token), "0", "")
    )
