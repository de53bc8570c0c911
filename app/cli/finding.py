"""`discover` and `identify`: which devices are there, asked without any login."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.cli.console import Console, table
from app.cli.opening import accepted_certificates, locate
from app.cli.options import Options
from app.discovery.identify import Found
from app.discovery.inventory import Inventory, Row
from app.discovery.mdns import Browser
from app.discovery.sighting import interfaces_now
from app.discovery.sweep import SweepPlan, plan_sweep, sweep, usual_ports
from app.model.device import Address
from app.model.errors import ExitCode, UsageError
from app.net.tls import Certificate, handshake
from app.registry import VENDORS


async def discover(
    console: Console, seconds: float, interfaces: Sequence[str], ranges: Sequence[str], ports: Sequence[int]
) -> ExitCode:
    """Listen for announcements and sweep the ranges meanwhile; what both find is one list."""
    known = {interface.ip for interface in await asyncio.to_thread(interfaces_now)}
    for wanted in interfaces:
        if wanted not in known:
            raise UsageError(f"This computer has no interface {wanted}.", hint=f"It has: {', '.join(sorted(known))}.")
    plans = [plan_sweep(text, ports or usual_ports(VENDORS)) for text in ranges]
    inventory = Inventory(VENDORS)
    browser = Browser(interfaces=interfaces or None)
    listening = asyncio.create_task(_listen(console, inventory, browser, seconds), name="mdns")
    try:
        for plan in plans:
            await _sweep(console, inventory, plan)
        await listening
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    rows = [row for row in inventory.rows if not row.gone]
    console.document([_row(row) for row in rows])
    console.say(*(_listed(rows) if rows else ["No device was found."]))
    return ExitCode.DONE


async def _listen(console: Console, inventory: Inventory, browser: Browser, seconds: float) -> None:
    if seconds <= 0:
        return
    console.note(f"Listening for announcements for {seconds:g} s ...")
    async with browser:
        try:
            async with asyncio.timeout(seconds):
                async for sighting in browser:
                    inventory.sighted(sighting)
        except TimeoutError:
            console.note(*(f"Nothing is heard on {ip}: {why}" for ip, why in browser.unavailable.items()))


async def _sweep(console: Console, inventory: Inventory, plan: SweepPlan) -> None:
    console.note(f"Asking {plan.text}: {len(plan.addresses)} × {len(plan.ports)} ports ...")
    async with aclosing(sweep(plan, VENDORS)) as events:
        async for event in events:
            if isinstance(event, Found):
                inventory.found(event)
                console.note(f"{event.address}: {event.title}")


def _row(row: Row) -> dict[str, Any]:
    return {
        "address": row.address.url,
        "vendor": row.vendor or None,
        "id": row.id or None,
        "name": row.name or None,
        "how": sorted(how.value for how in row.how),
        "last_seen": datetime.fromtimestamp(row.last_seen_s, UTC).isoformat(timespec="seconds"),
    }


def _listed(rows: Sequence[Row]) -> list[str]:
    titles = {vendor.key: vendor.title for vendor in VENDORS}
    return table(
        [
            (
                row.address.url,
                titles.get(row.vendor, "unknown"),
                row.name,
                row.id,
                ", ".join(sorted(how.value for how in row.how)),
            )
            for row in rows
        ]
    )


async def identify_one(console: Console, options: Options) -> ExitCode:
    """Which family is at one address, and which certificate it shows."""
    place = await locate(options)
    certificate = await _certificate(place.address)
    pin = accepted_certificates().get(place.address.netloc)
    accepted = certificate is not None and pin is not None and pin.fingerprint == certificate.fingerprint
    console.document(
        {
            "address": place.address.url,
            "vendor": place.vendor.key,
            "title": place.vendor.title,
            "kind": place.vendor.kind,
            "certificate": None if certificate is None else {**msgspec.to_builtins(certificate), "accepted": accepted},
        }
    )
    console.say(f"{place.address}: {place.vendor.title} ({place.vendor.kind})")
    if certificate is not None:
        console.say(f"  certificate {certificate.fingerprint}{', accepted' if accepted else ', not accepted yet'}")
    return ExitCode.DONE


async def _certificate(address: Address) -> Certificate | None:
    """What it shows; None without encryption, or when it has no connection left for a second look."""
    if address.scheme != "https":
        return None
    try:
        return (await handshake(address.host, address.port))[0]
    except (OSError, TimeoutError):
        return None
