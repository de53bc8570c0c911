"""What the simulated device answers: system page, report and live event, of a talkative and of a silent meter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import msgspec

from app.vendors.whatwatt.simulator.household import Household

PHASES = ("l1", "l2", "l3")


class Style(Enum):
    """Which meter is connected, to which firmware.

    P1: a DSMR meter that says everything per phase, firmware 1.10 with a licence entry and zoned times.
    MBUS: a DLMS meter that says totals only, firmware 1.2, the device fed by the meter.
    """

    P1 = "P1"
    MBUS = "MBUS"


class State(msgspec.Struct, frozen=True):
    """The simulated device at one moment. `now` is aware."""

    id: str
    name: str
    style: Style
    house: Household
    now: datetime
    running_s: float
    meter_status: str
    v_scap: float
    licensed: bool


def system_page(state: State) -> dict[str, Any]:
    """The answer to GET /api/v1/system (manual 2.3)."""
    p1 = state.style is Style.P1
    booted = state.now - timedelta(seconds=state.running_s)
    device: dict[str, Any] = {
        "name": state.name,
        "id": state.id,
        "model": "WW_Go_1.2" if p1 else "WW Go 1.1",
        "firmware": "1.10.0" if p1 else "1.2.6",
        "upgrade_capable": True,
        **_date_and_time(state.now),
        "time_since_boot": int(state.running_s),
        "last_reboot": _date_and_time(booted),
        "plug": {
            "v_usb": 5.16 if p1 else 0,
            "v_mbus": 0 if p1 else 13.94,
            "v_p1": 5.23 if p1 else 0,
            "v_scap": state.v_scap,
        },
    }
    if p1 and state.licensed:
        device["license"] = {"type": "PLUS", "activation_date": "2025-09-24T11:05:41Z"}
    off = {"enabled": False, "connected": False}
    return {
        "device": device,
        "clouds": {
            "whatwatt": {"enabled": True, "connected": True},
            "mystrom": {"enabled": False, "status": "DISABLED"},
            "solar_manager": off,
            "mqtc": off,
        },
        "meter": _system_meter(state),
        "wifi": _wifi(state.id),
        "ethernet": {"mac": _next_mac(state.id), "status": "Down", "ip": "0.0.0.0", "mask": "0.0.0.0"},  # noqa: S104
        "sd_card": {"installed": True, "type": "SDHC/SDXC", "size": 7618, "speed": 20} if p1 else {"installed": False},
    }


def _system_meter(state: State) -> dict[str, Any]:
    connected = state.meter_status != "NOT CONNECTED"
    names = {
        Style.P1: ("Ensor", "ESR51030712084367", "1ESR0012084367", "DSMR", "5.0"),
        Style.MBUS: ("Landis+Gyr", "LGZ1030784855204", "", "DLMS", ""),
    }
    manufacturer, kind, model, protocol, version = names[state.style]
    if not connected:
        return {"status": state.meter_status, "interface": "NONE", "report_interval": 0, "tariff": 0}
    return {
        "status": state.meter_status,
        "interface": state.style.value,
        "id": _meter_id(state),
        "manufacturer": manufacturer,
        "type": kind,
        "model": model,
        "protocol": protocol,
        "protocol_version": version,
        "report_interval": state.house.interval_s,
        "tariff": state.house.tariff if state.style is Style.P1 else 0,
        **_date_and_time(state.now),
    }


def _meter_id(state: State) -> str:
    return str(20_000_741 + int(state.id[-6:], 16) % 100)


def _wifi(identifier: str) -> dict[str, Any]:
    return {
        "ssid": "Building site",
        "bssid": "DC15C84FBAB6",
        "channel": 13,
        "ht": "20",
        "rssi": -58,
        "signal": 84,
        "auth_mode": "WPA2-WPA3",
        "pairwise_cipher": "CCMP",
        "group_cipher": "CCMP",
        "phy": "bgn",
        "wps": False,
        "country": "CH",
        "mac": identifier,
        "ip": "192.168.99.176",
        "mask": "255.255.255.0",
        "gateway": "192.168.99.1",
        "dns": "192.168.99.1",
        "status": "OK",
        "mode": "STA",
    }


def report_page(state: State) -> dict[str, Any]:
    """The answer to GET /api/v1/report (manual 3.1)."""
    now, house, p1 = state.house.now, state.house, state.style is Style.P1
    positive, negative = _positive(now.power), _positive(-now.power)
    report: dict[str, Any] = {"id": house.number + 1, "interval": house.interval_s}
    if p1:
        report["tariff"] = house.tariff
    report.update(_clock(state.now, zoned=p1))
    active: dict[str, Any] = {"positive": {"total": positive}, "negative": {"total": negative}}
    report["instantaneous_power"] = {"active": active}
    if p1:
        for phase, watts in zip(PHASES, now.watts, strict=True):
            active["positive"][phase], active["negative"][phase] = _positive(watts), _positive(-watts)
        reactive = sum(now.vars)
        report["instantaneous_power"]["reactive"] = {
            "positive": {"total": _positive(reactive)},
            "negative": {"total": _positive(-reactive)},
        }
        report["voltage"] = dict(zip(PHASES, now.volts, strict=True))
        report["current"] = dict(zip(PHASES, now.amps, strict=True))
        report["power_factor"] = now.factor
        demand = house.registers.demand
        report["max_demand"] = {"active": {"positive": {"total": _kilo(max(demand)), **_by_tariff(demand)}}}
    report["energy"] = _energy(house, p1)
    report["conv_factor"] = 1
    meter = _system_meter(state)
    return {
        "report": report,
        "meter": {
            "status": meter["status"],
            "interface": meter["interface"],
            "protocol": meter.get("protocol", ""),
            "id": meter.get("id", ""),
            "protocol_version": meter.get("protocol_version", ""),
            "logical_name": meter.get("type", ""),
            "model": meter.get("model", ""),
            "vendor": meter.get("manufacturer", ""),
            "prefix": meter.get("type", "")[:3],
        },
        "system": {
            "id": state.id,
            **_clock(state.now, zoned=p1),
            "boot_id": f"{int(state.id[-6:], 16) * 2654435761 % 2**32:08X}",
            "time_since_boot": int(state.running_s),
        },
    }


def _energy(house: Household, p1: bool) -> dict[str, Any]:
    registers = house.registers

    def tariffs(wh: list[float]) -> dict[str, float]:
        return {"total": _kilo(sum(wh)), **_by_tariff(wh)}

    active = {"positive": tariffs(registers.imported), "negative": tariffs(registers.exported)}
    imported, exported = _kilo(registers.reactive_imported), _kilo(registers.reactive_exported)
    if p1:
        return {"active": active, "reactive": {"positive": {"total": imported}, "negative": {"total": exported}}}
    quadrants = {
        "imported": {"inductive": {"total": imported}, "capacitive": {"total": 2.247}},
        "exported": {"inductive": {"total": 3.555}, "capacitive": {"total": exported}},
    }
    return {"active": active, "reactive": quadrants}


def live_data(state: State) -> dict[str, Any]:
    """The data of one live event: every field, zero where the meter sends nothing (manual 3.2)."""
    now, house = state.house.now, state.house
    p1 = state.style is Style.P1
    watts, volts, amps = (now.watts, now.volts, now.amps) if p1 else ((0, 0, 0), (0, 0, 0), (0, 0, 0))
    reactive = sum(now.vars) if p1 else 0
    imported, exported, demand = house.registers.imported, house.registers.exported, house.registers.demand
    return {
        "P_In": _positive(now.power),
        "P_Out": _positive(-now.power),
        **{f"P_P{i}_In": _positive(w) for i, w in enumerate(watts, 1)},
        **{f"P_P{i}_Out": _positive(-w) for i, w in enumerate(watts, 1)},
        "P_P_In": _kilo(max(demand)) if p1 else 0,
        "P_P_In_T1": _kilo(demand[0]) if p1 else 0,
        "P_P_In_T2": _kilo(demand[1]) if p1 else 0,
        **{f"I_P{i}": a for i, a in enumerate(amps, 1)},
        **{f"V_P{i}": v for i, v in enumerate(volts, 1)},
        "rP_In": _positive(reactive),
        "rP_Out": _positive(-reactive),
        "PF": now.factor if p1 else 0,
        "E_In": _kilo(sum(imported)),
        "E_In_T1": _kilo(imported[0]),
        "E_In_T2": _kilo(imported[1]),
        "E_Out": _kilo(sum(exported)),
        "E_Out_T1": _kilo(exported[0]),
        "E_Out_T2": _kilo(exported[1]),
        "rE_In": _kilo(house.registers.reactive_imported) if p1 else 0,
        "rE_Out": _kilo(house.registers.reactive_exported) if p1 else 0,
        "Date": f"{state.now:%Y-%m-%d}",
        "Time": f"{state.now:%H:%M:%S}",
        "Uptime": round(state.running_s / 3600, 2),
    }


def _by_tariff(values: list[float]) -> dict[str, float]:
    return {"t1": _kilo(values[0]), "t2": _kilo(values[1])}


def _kilo(value: float) -> float:
    return round(value / 1000, 3)


def _positive(value: float) -> float:
    return _kilo(max(value, 0))


def _date_and_time(moment: datetime) -> dict[str, str]:
    return {"date": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M:%S}"}


def _clock(moment: datetime, *, zoned: bool) -> dict[str, str]:
    """The device's way to say a time: local, with a Z all the same."""
    said = {"date_time": f"{moment:%Y-%m-%dT%H:%M:%S}Z"}
    if zoned:
        said["date_time_local"] = moment.isoformat(timespec="seconds")
        said["date_time_utc"] = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    return said


def _next_mac(mac: str) -> str:
    return f"{int(mac, 16) + 3:012X}"
