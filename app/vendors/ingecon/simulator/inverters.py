"""What the four simulated inverter models answer: the manual's rows, in its order, with values of the sunny day."""

from __future__ import annotations

from typing import Any

from app.scenario.sunny_day import Moment

Rows = list[dict[str, Any]]
FIRMWARES = {"play1": "ABE1000_Q", "play3": "ABI1000_M", "storage1": "ABH1006_G", "storage3": "ABS1008_E"}


def _row(name: str, value: float, digits: int) -> dict[str, Any]:
    shown = round(value, digits) if digits else round(value)
    return {"name": name, "mask": "", "db": True, "success": True, "type": "number", "value": shown, "digits": digits}


def _flags(name: str, code: int, width: int) -> dict[str, Any]:
    hexadecimal = f"{code:0{width}X}"
    return {
        "name": name, "mask": "", "db": True, "success": True, "type": "flags", "value": [], "hex-value": hexadecimal,
    }  # fmt: skip


def _inputs(pv: float, count: int) -> Rows:
    """Voltage, current and power of the solar inputs."""
    rows: Rows = []
    for number in range(1, count + 1):
        share = pv * 1.03 * (0.55, 0.45)[number - 1] if count == 2 else pv * 1.03
        volts = 390 - 4 * number if share > 20 else 40.0
        rows += [
            _row(f"Idc{number}", share / volts, 2),
            _row(f"Vdc{number}", volts, 0),
            _row(f"Pdc{number}", share, 0),
        ]
    return rows


def _phases(power: float, volts: float) -> Rows:
    currents = [_row(f"Iac{n}", power / 3 / (volts + n), 2) for n in (1, 2, 3)]
    return [*currents, *(_row(f"Vac{n}", volts + n, 1) for n in (1, 2, 3))]


def _alarms(alarm: int, warning: int) -> Rows:
    return [_flags("AlarmCode", alarm, 16), _flags("WarningCode", warning, 4)]


def rows(model: str, now: Moment, *, energy_wh: float, hours: float, volts: float, hertz: float, alarm: int) -> Rows:
    """The `Data` of an inverter's answer. `energy_wh` and `hours` are its counters."""
    if model == "storage1":
        return _storage1(now, volts, hertz, alarm)
    warning = 0 if now.pv > 20 else 0x20
    ac = now.pv + (now.battery if model == "storage3" else 0.0)
    shared = [
        _row("Freq", hertz, 2),
        _row("Pac", ac, 0),
        _row("Qac", 0.02 * ac - 12, 0),
        _row("CosPhi", 0.999 if ac else 0.0, 3),
    ]
    if model == "play1":
        counters = [_row("Eparc2", 0.45 * energy_wh, 0), _row("Eparc1", 0.55 * energy_wh, 0)]
        # The manual's own example writes these two with a small L.
        grid = [_row("Iacl", ac / volts, 2), _row("Vacl", volts, 1)]
        return [*counters, _row("WorkingHours", hours, 0), *_alarms(alarm, warning), *grid, *shared,
                *_inputs(now.pv, 2)]  # fmt: skip
    if model == "play3":
        counters = [_row("Eparc1", energy_wh, 0), _row("WorkingHours", hours, 0)]
        return [*counters, *_alarms(alarm, warning), *_phases(ac, volts), *shared, *_inputs(now.pv, 2)]
    battery = [_row("Vbatt", 300 + 0.6 * now.soc, 0), _row("WorkingHours", hours, 0), _row("SOC", now.soc, 0)]
    return [*_alarms(alarm, warning), *_phases(ac, volts), *shared, *_inputs(now.pv, 1), *battery]


def _storage1(now: Moment, volts: float, hertz: float, alarm: int) -> Rows:
    battery_volts = 48 + 0.06 * now.soc
    return [
        _flags("AlarmCode", alarm, 8),
        _flags("InverterCode1", 0x0041 if now.pv > 20 else 0x0001, 4),
        _flags("InverterCode2", 0x0004 if now.charging else 0, 4),
        _flags("InverterCode3", 0, 4),
        _row("Vbatt", battery_volts, 1),
        _row("Ibatt", now.battery / battery_volts, 2),
        _row("Pbatt", now.battery, 0),
        _row("Sbatt", now.soc, 0),
        _flags("BmsAlarms", 0, 4),
        *_inputs(now.pv, 2),
        _row("Pac", now.pv + now.battery, 0),
        _row("Qac", -39, 0),
        # As in the manual's example: a small L where its table has a one.
        _row("Vcl", volts, 0),
        _row("Pcl", now.critical, 0),
        _row("Vac", volts, 0),
        _row("Fac", hertz, 2),
        _row("PacGrid", now.pv + now.battery - now.critical, 0),
    ]
