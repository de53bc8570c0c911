"""`scan`: looks for meters on a gateway's buses."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.cli.console import Console, table
from app.cli.opening import locate, opened, where
from app.cli.options import Options
from app.model.errors import ExitCode, UsageError
from app.model.scan import BusScan, ScanRequest, ScanState, parse_bus
from app.model.vendor import Vendor


def request_of(vendor: Vendor, buses: Mapping[str, str], baud: int) -> ScanRequest:
    """What to scan, from a text for each bus (empty: not this one).

    Raises:
        UsageError: the family has no such bus or no scan, or no bus is named; a baud rate that no bus has use for.
        InvalidValue: not allowed on that bus.
    """
    if vendor.scan is None or not vendor.buses:
        raise UsageError(f"{vendor.title} has no buses to scan.")
    known = {bus.key: bus for bus in vendor.buses}
    named = {key: text for key, text in buses.items() if text}
    if not named:
        raise UsageError("No bus is named.", hint=f"Name at least one: {', '.join(f'--{key}' for key in known)}.")
    for key in named:
        if key not in known:
            raise UsageError(f"{vendor.title} has no {key}.", hint=f"It has: {', '.join(known)}.")
    if baud and not any(known[key].bauds for key in named):
        raise UsageError("None of these buses lets a scan choose the baud rate.", hint="Leave out --baud.")
    scans: list[BusScan] = [parse_bus(known[key], text, baud) for key, text in named.items()]
    return ScanRequest(tuple(scans))


async def scan(console: Console, options: Options, buses: Mapping[str, str], baud: int) -> ExitCode:
    """Scan until the gateway calls it complete; what is found can then be registered."""
    place = await locate(options)
    request = request_of(place.vendor, buses, baud)
    async with opened(place, options, console) as (session, _):
        assert place.vendor.scan is not None
        state: ScanState | None = None
        said = ""
        async for state in place.vendor.scan(session.connection, request):
            if state.progress.text != said:
                said = state.progress.text
                console.note(said)
        found = () if state is None else state.found
        console.document(
            {
                **where(session),
                "complete": state is not None and state.complete,
                "meters": [msgspec.to_builtins(meter) for meter in found],
            }
        )
        if found:
            console.say(*table([(meter.serial, meter.bus, meter.address) for meter in found]))
    return ExitCode.DONE
