"""The device's pages: what it says of itself, of its meter and its connections, and the last report. All read-only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import msgspec

from app.model.errors import AppError
from app.model.section import AnySection, Section
from app.vendors.whatwatt.client import REPORT, SYSTEM, WhatwattClient
from app.vendors.whatwatt.findings import (
    NO_LICENCE,
    card_findings,
    cloud_findings,
    device_findings,
    meter_findings,
    moment_of,
    report_findings,
    supply_findings,
    wifi_findings,
    zone_free,
)
from app.vendors.whatwatt.models import Clouds, DeviceInfo, Ethernet, MeterInfo, SdCard, Supply, Wifi
from app.vendors.whatwatt.places import fill
from app.vendors.whatwatt.report import Energy, Report

M = TypeVar("M", bound=msgspec.Struct)


def _from_system(model: type[M]) -> Callable[[WhatwattClient, str], Awaitable[M]]:
    async def read(client: WhatwattClient, _target: str) -> M:
        return fill(model, await client.system())

    return read


def _from_report(model: type[M]) -> Callable[[WhatwattClient, str], Awaitable[M]]:
    async def read(client: WhatwattClient, _target: str) -> M:
        return fill(model, await client.report())

    return read


async def _read_device(client: WhatwattClient, _target: str) -> DeviceInfo:
    found = fill(DeviceInfo, await client.system())
    return msgspec.structs.replace(
        found,
        clock_ahead_s=_ahead_s(found.clock, datetime.now()),
        plus=await _plus(client),
        skipped_events=client.bad_events,
    )


async def _plus(client: WhatwattClient) -> str | None:
    """Whether the report may be asked for; found out once on a connection, as each request costs power."""
    if client.licensed is None:
        # Whatever else is wrong with the report is said where it is read.
        with suppress(AppError):
            await client.report()
    return None if client.licensed is None else "can be read" if client.licensed else NO_LICENCE


async def _read_meter(client: WhatwattClient, _target: str) -> MeterInfo:
    system = await client.system()
    found = fill(MeterInfo, system)
    device = moment_of(fill(DeviceInfo, system).clock)
    return found if device is None else msgspec.structs.replace(found, clock_ahead_s=_ahead_s(found.clock, device))


def _ahead_s(clock: str | None, other: datetime) -> int | None:
    told = moment_of(clock)
    return None if told is None else zone_free((told - other).total_seconds())


async def _read_supply(client: WhatwattClient, _target: str) -> Supply:
    return await client.supply()


_SYSTEM = (f"GET {SYSTEM}",)
_REPORT = (f"GET {REPORT}",)

SECTIONS: tuple[AnySection, ...] = (
    Section(
        key="whatwatt.device",
        icon="device",
        title="Device",
        model=DeviceInfo,
        read=_read_device,
        findings=device_findings,
        watched=True,
        group="System",
        help="Name, firmware, licence and clock of the device.",
        manual="2.3",
        resources=(*_SYSTEM, *_REPORT),
    ),
    Section(
        key="whatwatt.supply",
        icon="power",
        title="Power supply",
        model=Supply,
        read=_read_supply,
        findings=supply_findings,
        watched=True,
        group="System",
        help="The voltages that the device finds at its inputs, and that of its buffer.",
        manual="2.3",
        resources=_SYSTEM,
    ),
    Section(
        key="whatwatt.clouds",
        icon="network",
        title="Clouds and services",
        model=Clouds,
        read=_from_system(Clouds),
        findings=cloud_findings,
        watched=True,
        group="System",
        help="Where the device reports to, and whether it gets through.",
        manual="2.3",
        resources=_SYSTEM,
    ),
    Section(
        key="whatwatt.sd_card",
        icon="storage",
        title="SD card",
        model=SdCard,
        read=_from_system(SdCard),
        findings=card_findings,
        group="System",
        help="The memory card in the device.",
        manual="2.3",
        resources=_SYSTEM,
    ),
    Section(
        key="whatwatt.meter",
        icon="meter",
        title="Meter",
        model=MeterInfo,
        read=_read_meter,
        findings=meter_findings,
        watched=True,
        group="Meter",
        help="The meter on the customer interface, and whether its data is understood.",
        manual="2.3",
        resources=_SYSTEM,
    ),
    Section(
        key="whatwatt.report",
        icon="chart",
        title="Last report",
        model=Report,
        read=_from_report(Report),
        findings=report_findings,
        group="Meter",
        help="What the meter sent last. What it does not send stays empty. Needs the maker's Plus licence.",
        manual="3.1",
        resources=_REPORT,
    ),
    Section(
        key="whatwatt.energy",
        icon="demand",
        title="Energy",
        model=Energy,
        read=_from_report(Energy),
        group="Meter",
        help="The meter's registers by tariff, and its highest demand. Needs the maker's Plus licence.",
        manual="3.1",
        resources=_REPORT,
    ),
    Section(
        key="whatwatt.wifi",
        icon="wifi",
        title="Wi-Fi",
        model=Wifi,
        read=_from_system(Wifi),
        findings=wifi_findings,
        watched=True,
        group="Network",
        help="The wireless network that the device is in.",
        manual="2.3",
        resources=_SYSTEM,
    ),
    Section(
        key="whatwatt.ethernet",
        icon="network",
        title="Ethernet",
        model=Ethernet,
        read=_from_system(Ethernet),
        group="Network",
        help="The wired network, on devices that have one.",
        manual="2.3",
        resources=_SYSTEM,
    ),
)
