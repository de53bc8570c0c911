"""What is to be noticed in what a device says of itself, its supply, its meter and its connections, and what helps."""

from __future__ import annotations

from datetime import datetime

from app.model.finding import Finding, Weight
from app.vendors.whatwatt.models import Clouds, DeviceInfo, MeterInfo, SdCard, Supply, Wifi
from app.vendors.whatwatt.report import Report

LOW_BUFFER_V = 4.5
RESTART_V = 3.3
NEAR_RESTART_V = 3.6
NOISE_V = 0.02
WEAK_RSSI_DBM = -75
CLOCK_OFF_S = 60
METER_CLOCK_OFF_S = 120
CLOCK_SET_SINCE = 2024
"""A device that has never heard the time counts from an earlier year."""
ZONE_S = 900
"""Zones differ from each other by whole quarters of an hour."""
NO_LICENCE = "needs the Plus licence"

_SPARE = "switch off services that are not needed and let reports go out less often, or power it over USB"

_METER = {
    "NOT CONNECTED": (
        "No meter is connected",
        "Check the cable, and that the grid operator has opened the customer interface.",
    ),
    "NO DATA": (
        "The meter sends nothing",
        "Ask the grid operator to open the customer interface, and check the cable.",
    ),
    "RECOGNITION": ("The meter is being recognised", "Refresh in a minute or two."),
    "ENCRYPTION KEY": (
        "The meter's encryption key does not fit",
        "Enter it anew under 'Meter communication', digit by digit as the grid operator gave it. Some meters want the "
        "authentication key, too.",
    ),
    "KEY REQUIRED": (
        "The meter's data is encrypted: a key is required",
        "Ask the grid operator for the key, and enter it under 'Meter communication'.",
    ),
    "NOT RECOGNIZED": (
        "The meter's data is not understood",
        "Check baud rate and parity under 'Meter communication', then ask the maker about this meter.",
    ),
}


_CLOUDS = {"whatwatt": "whatwatt cloud", "solar_manager": "Solar Manager", "mqtt": "MQTT", "stromkonto": "Stromkonto"}


def zone_free(ahead_s: float) -> int:
    """How far two clocks differ in s, when it is not known in which zone either stands: at most 450."""
    return round(ahead_s - ZONE_S * round(ahead_s / ZONE_S))


def moment_of(text: str | None) -> datetime | None:
    """A date and time as the device tells them; None where that is none."""
    try:
        return datetime.fromisoformat(text[:19]) if text else None
    except ValueError:
        return None


def device_findings(device: DeviceInfo) -> tuple[Finding, ...]:
    """Does the device know the time, and has it its licence?"""
    found = []
    clock = moment_of(device.clock)
    if clock is not None and clock.year < CLOCK_SET_SINCE:
        found.append(
            Finding(
                "The device does not know the time",
                "It asks a time server on the internet: let it through (NTP, UDP port 123), or wait a minute after a "
                "restart. Reports and logs carry wrong times until then.",
                "clock",
            )
        )
    elif device.clock_ahead_s is not None and abs(device.clock_ahead_s) > CLOCK_OFF_S:
        way = "ahead of" if device.clock_ahead_s > 0 else "behind"
        found.append(
            Finding(
                f"The device's clock is {abs(device.clock_ahead_s)} s {way} this computer's",
                "One of the two is not synchronised. The device asks a time server on the internet: let it through "
                "(NTP, UDP port 123).",
                "clock_ahead_s",
            )
        )
    if device.plus == NO_LICENCE:
        found.append(
            Finding(
                "No Plus licence",
                "The polled report, variables and MQTT need it; the maker sells it. The live stream works without.",
                "plus",
                Weight.INFO,
            )
        )
    if device.skipped_events:
        events = "event" if device.skipped_events == 1 else "events"
        found.append(
            Finding(
                f"{device.skipped_events} {events} of the live stream could not be read",
                "They were left out, the stream goes on. If there are many, the connection or the firmware is bad.",
                "skipped_events",
                Weight.INFO,
            )
        )
    return tuple(found)


def supply_findings(supply: Supply) -> tuple[Finding, ...]:
    """Is the device short of power (manual 2.3)?"""
    buffer, change = supply.v_scap, supply.v_scap_change
    if buffer is None or buffer >= LOW_BUFFER_V:
        return ()
    low = f"The buffer is at {buffer:.2f} V, less than {LOW_BUFFER_V:g} V"
    spare = f"{_SPARE[0].upper()}{_SPARE[1:]}."
    if buffer < NEAR_RESTART_V:
        return (
            Finding(f"{low} and close to {RESTART_V:g} V, where the device restarts", spare, "v_scap", Weight.ERROR),
        )
    if change is not None and change < -NOISE_V:
        return (Finding(f"{low} and falling", spare, "v_scap"),)
    return (Finding(low, f"Refresh in a few minutes; if it keeps falling, {_SPARE}.", "v_scap"),)


def meter_findings(meter: MeterInfo) -> tuple[Finding, ...]:
    """Why is nothing coming from the meter, and does it know the time?"""
    found = list(_of_status("status", meter.status))
    if meter.clock_ahead_s is not None and abs(meter.clock_ahead_s) > METER_CLOCK_OFF_S:
        way = "ahead of" if meter.clock_ahead_s > 0 else "behind"
        found.append(
            Finding(
                f"The meter's clock is {abs(meter.clock_ahead_s)} s {way} the device's",
                "Reports carry the meter's time. A correction is set under 'Meter communication', or let it follow "
                "network time there.",
                "clock_ahead_s",
            )
        )
    return tuple(found)


def report_findings(report: Report) -> tuple[Finding, ...]:
    """Does the report come from a meter that is read?"""
    return _of_status("meter_status", report.meter_status)


def _of_status(field: str, status: str | None) -> tuple[Finding, ...]:
    told = _METER.get((status or "").strip().upper())
    return () if told is None else (Finding(*told, field),)


def cloud_findings(clouds: Clouds) -> tuple[Finding, ...]:
    """Which services are on and not connected?"""
    found = [
        Finding(
            f"{title}: switched on and not connected",
            "Check address and login of the broker, and the way to it."
            if name == "mqtt"
            else "Check the way to the internet.",
            f"{name}_connected",
        )
        for name, title in _CLOUDS.items()
        if getattr(clouds, name) is True and getattr(clouds, f"{name}_connected") is False
    ]
    status = (clouds.mystrom_status or "").strip().upper()
    if clouds.mystrom and status == "WAITING TIME":
        found.append(
            Finding(
                "myStrom waits for the time",
                "The device has not heard a time server yet: let it through to the internet (NTP, UDP port 123).",
                "mystrom_status",
            )
        )
    elif clouds.mystrom and status == "DISCONNECTED":
        found.append(
            Finding("myStrom: switched on and not connected", "Check the way to the internet.", "mystrom_status")
        )
    return tuple(found)


def wifi_findings(wifi: Wifi) -> tuple[Finding, ...]:
    """Is the device in its network, and is the signal good enough?"""
    if (wifi.status or "").upper() in ("ERROR", "DISCONNECTED"):
        return (
            Finding(
                f"Wi-Fi is switched on, and not connected{f' to {wifi.ssid}' if wifi.ssid else ''}",
                "Check the password under 'Wi-Fi network', and whether the network is in reach.",
                "status",
            ),
        )
    if wifi.rssi is None or not -127 <= wifi.rssi < WEAK_RSSI_DBM:
        return ()
    return (
        Finding(
            f"The Wi-Fi signal is weak: {wifi.rssi} dBm",
            "That costs power and reports. Move the access point closer, or use Ethernet where the device has it.",
            "rssi",
        ),
    )


def card_findings(card: SdCard) -> tuple[Finding, ...]:
    """Is there a card to write to?"""
    if card.installed is not False:
        return ()
    return (
        Finding(
            "No memory card",
            "Push a microSD card into the device until it clicks. Without one no logs are written.",
            "installed",
            Weight.INFO,
        ),
    )
