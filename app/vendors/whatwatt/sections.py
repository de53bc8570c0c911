"""The device's pages: what it says of itself, of its meter and its connections, and the last report. All read-only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from app.model.section import AnySection, Problem, Section
from app.vendors.whatwatt.client import REPORT, SYSTEM, WhatwattClient
from app.vendors.whatwatt.models import Clouds, DeviceInfo, Ethernet, MeterInfo, SdCard, Supply, Wifi
from app.vendors.whatwatt.places import fill
from app.vendors.whatwatt.report import Energy, Report

M = TypeVar("M", bound=msgspec.Struct)

LOW_BUFFER_V = 4.5
RESTART_V = 3.3
NEAR_RESTART_V = 3.6
NOISE_V = 0.02
WEAK_RSSI_DBM = -75

_SPARE = "switch off services that are not needed and let reports go out less often, or power it over USB"

_METER_ADVICE = {
    "NOT CONNECTED": "No meter is connected: check the cable, and that the grid operator has opened the customer "
    "interface.",
    "NO DATA": "The meter sends nothing: ask the grid operator to open the customer interface, and check the cable.",
    "RECOGNITION": "The meter is being recognised: refresh in a minute or two.",
    "ENCRYPTION KEY": "The encryption key is being tried: refresh in a minute. If it stays, the key is wrong.",
    "KEY REQUIRED": "The meter encrypts its data: ask the grid operator for the key, and enter it in the device.",
    "NOT RECOGNIZED": "The meter's data is not understood: check baud rate and parity, then ask the maker about this "
    "meter.",
}


def supply_problems(supply: Supply) -> list[Problem]:
    """Is the device short of power?"""
    buffer, change = supply.v_scap, supply.v_scap_change
    if buffer is None or buffer >= LOW_BUFFER_V:
        return []
    low = f"The buffer is at {buffer:.2f} V, less than {LOW_BUFFER_V:g} V"
    if buffer < NEAR_RESTART_V:
        text = f"{low} and close to {RESTART_V:g} V, at which the device restarts: {_SPARE}."
    elif change is not None and change < -NOISE_V:
        text = f"{low} and falling: {_SPARE}."
    else:
        text = f"{low}. Refresh in a few minutes; if it keeps falling, {_SPARE}."
    return [Problem("v_scap", text, warning=True)]


def meter_problems(meter: MeterInfo) -> list[Problem]:
    """Why is nothing coming from the meter, and what helps?"""
    return _status_problems("status", meter.status)


def _status_problems(field: str, status: str | None) -> list[Problem]:
    advice = _METER_ADVICE.get((status or "").strip().upper())
    return [Problem(field, advice, warning=True)] if advice else []


def cloud_problems(clouds: Clouds) -> list[Problem]:
    """Which services are on and not connected?"""
    return [
        Problem(f"{name}_connected", "Switched on and not connected: check the way to the internet.", warning=True)
        for name in ("whatwatt", "solar_manager", "mqtt", "stromkonto")
        if getattr(clouds, name) is True and getattr(clouds, f"{name}_connected") is False
    ]


def wifi_problems(wifi: Wifi) -> list[Problem]:
    """Is the signal so weak that it costs power?"""
    if wifi.rssi is None or not -127 <= wifi.rssi < WEAK_RSSI_DBM:
        return []
    text = "The signal is weak, which costs power and reports: move the access point closer."
    return [Problem("rssi", text, warning=True)]


def report_problems(report: Report) -> list[Problem]:
    """Does the report come from a meter that is read?"""
    return _status_problems("meter_status", report.meter_status)


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
    return msgspec.structs.replace(found, skipped_events=client.bad_events)


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
        group="System",
        help="Name, firmware, licence and clock of the device.",
        manual="2.3",
        resources=_SYSTEM,
    ),
    Section(
        key="whatwatt.supply",
        icon="power",
        title="Power supply",
        model=Supply,
        read=_read_supply,
        problems=supply_problems,
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
        problems=cloud_problems,
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
        read=_from_system(MeterInfo),
        problems=meter_problems,
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
        problems=report_problems,
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
        problems=wifi_problems,
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
