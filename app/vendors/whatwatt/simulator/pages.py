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
    """The simulated device at one moment, `now`, which is aware and by the time of its site.

    `clock` is what its own clock shows: the true time, as a time server has told it.
    """

    id: str
    name: str
    style: Style
    house: Household
    now: datetime
    clock: datetime
    running_s: float
    meter_status: str
    v_scap: float
    licensed: bool
    v_usb: float
    firmware: str
    boots: int
    first_number: int
    """The house's reading at the last start: reports count from there."""
    wifi: dict[str, Any]
    ethernet: dict[str, Any]
    card: bool
    card_mb: int
    clouds: dict[str, Any]
    conv_factor: int


def system_page(state: State) -> dict[str, Any]:
    """The answer to GET /api/v1/system (manual 2.3)."""
    p1 = state.style is Style.P1
    booted = state.clock - timedelta(seconds=state.running_s)
    device: dict[str, Any] = {
        "name": state.name,
        "id": state.id,
        "model": "WW_Go_1.2" if p1 else "WW Go 1.1",
        "firmware": state.firmware,
        "upgrade_capable": True,
        **_date_and_time(state.clock),
        "time_since_boot": int(state.running_s),
        "last_reboot": _date_and_time(booted),
        "plug": {
            "v_usb": state.v_usb,
            "v_mbus": 0 if p1 else 13.94,
            "v_p1": 5.23 if p1 else 0,
            "v_scap": state.v_scap,
        },
    }
    if p1 and state.licensed:
        device["license"] = {"type": "PLUS", "activation_date": "2025-09-24T11:05:41Z"}
    return {
        "device": device,
        "clouds": state.clouds,
        "meter": _system_meter(state),
        "wifi": state.wifi,
        "ethernet": state.ethernet,
        "sd_card": (
            {"installed": True, "type": "SDHC/SDXC", "size": state.card_mb, "speed": 20}
            if state.card
            else {"installed": False}
        ),
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
        **_date_and_time(state.clock),
    }


def _meter_id(state: State) -> str:
    return str(20_000_741 + int(state.id[-6:], 16) % 100)


def report_page(state: State) -> dict[str, Any]:
    """The answer to GET /api/v1/report (manual 3.1)."""
    now, house, p1 = state.house.now, state.house, state.style is Style.P1
    positive, negative = _positive(now.power), _positive(-now.power)
    report: dict[str, Any] = {"id": house.number - state.first_number + 1, "interval": house.interval_s}
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
    report["conv_factor"] = state.conv_factor
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
            "boot_id": f"{(int(state.id[-6:], 16) + state.boots) * 2654435761 % 2**32:08X}",
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


def variables(state: State) -> list[dict[str, str]]:
    """The answer to GET /api/v1/variables: one name and its text each (manual 4.1.2)."""
    page, system = report_page(state), system_page(state)
    report, meter, wifi = page["report"], page["meter"], state.wifi
    power, energy = report["instantaneous_power"]["active"], report["energy"]["active"]
    reactive = report["energy"]["reactive"]
    found: dict[str, Any] = {
        "sys.name": state.name,
        "sys.id": state.id,
        "sys.firmware": state.firmware,
        "sys.date_time": page["system"]["date_time"],
        "energy.in": energy["positive"]["total"],
        "energy.out": energy["negative"]["total"],
        "power.in": power["positive"]["total"],
        "power.out": power["negative"]["total"],
        "3_8_0": reactive.get("positive", {}).get("total"),
        "4_8_0": reactive.get("negative", {}).get("total"),
        "9_7_0": None,
        "13_7_0": report.get("power_factor"),
        "tariff": report.get("tariff", 0),
        "conv_factor": state.conv_factor,
        "timestamp": int(state.now.timestamp()),
        "meter.date_time": report["date_time"],
        "meter.id": meter["id"],
        "meter.type": meter["logical_name"],
        "meter.vendor": meter["vendor"],
        "meter.model": meter["model"],
        "meter.interface": meter["interface"],
        "meter.protocol": meter["protocol"],
        "meter.protocol_ver": meter["protocol_version"],
        "meter.status": meter["status"],
        "plug.interface": meter["interface"],
        **{f"plug.voltage.{port}": system["device"]["plug"][f"v_{port}"] for port in ("usb", "p1", "mbus")},
        "wifi.mode": "sta",
        "wifi.sta.status": str(wifi["status"]).lower(),
    }
    for direction, sign in ((1, "positive"), (2, "negative")):
        parts = energy[sign]
        found |= {f"{direction}_8_{n}": parts.get(part) for n, part in enumerate(("total", "t1", "t2"))}
        found[f"{direction}_7_0"] = power[sign]["total"]
        found |= {f"{20 * n + direction}_7_0": power[sign].get(f"l{n}") for n in (1, 2, 3)}
    for n, phase in enumerate(PHASES):
        found[f"{31 + 20 * n}_7_0"] = report.get("current", {}).get(phase)
        found[f"{32 + 20 * n}_7_0"] = report.get("voltage", {}).get(phase)
    found |= {f"wifi.sta.{key}": wifi[key] for key in ("ssid", "bssid", "rssi", "channel", "mac") if key in wifi}
    found |= {
        f"wifi.sta.{key}": wifi[name]
        for key, name in (("ip", "ip"), ("mask", "mask"), ("gw", "gateway"), ("dns", "dns"))
        if name in wifi
    }
    return [{name: "null" if value is None else str(value)} for name, value in found.items()]


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
