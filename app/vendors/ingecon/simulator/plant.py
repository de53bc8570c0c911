"""What the two simulated EMSs tell: the event of every second in either layout, and the samples of a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.scenario.sunny_day import Moment

INTERVAL = timedelta(minutes=3)
SHARES = (0.45, 0.35, 0.2)
"""How the plant is spread over its phases."""
ON_INVERTER = 0.4
"""Of the sun's power so much comes in at the hybrid inverters, the rest at PV inverters."""


def three_phases(now: Moment) -> dict[str, Any]:
    """An event of the EMS's own layout: a battery behind hybrid inverters on L1, all else spread (manual 7.3)."""
    elements = []
    for phase, share in enumerate(SHARES, start=1):
        own = now.pv * ON_INVERTER if phase == 1 else 0.0
        battery = now.battery if phase == 1 else 0.0
        pac = now.pv * (1 - ON_INVERTER) * share
        drawn = (now.loads + now.car) * share
        elements.append(
            {
                "Phase": phase,
                "W": round(drawn - pac - own - battery),
                "Pac": round(pac),
                "PacCharge": round(max(-battery, 0)),
                "PacDischarge": round(max(battery, 0)),
                "PacPVBatt": round(own + battery),
                "PdcPVStorage": round(own),
                "EMS_SOC": round(now.soc),
                "EMS_VBAT": round(48 + 0.06 * now.soc),
                # The manual's table spells it with two t, its example with one.
                "WatDigitalInput": 0,
                "PacRev": round(now.car * share),
                "PacCLoads": round(now.critical) if phase == 1 else 0,
            }
        )
    return {"Phases": elements}


def flows(now: Moment) -> dict[str, float]:
    """Where the power goes, by the EMS's names."""
    drawn = now.loads + now.car
    pv_cons = min(now.pv, drawn)
    pv_sto = min(now.pv - pv_cons, now.charging)
    sto_cons = min(now.discharging, drawn - pv_cons)
    grid_cons = max(drawn - pv_cons - sto_cons, 0.0)
    return {
        "_pv_grid": max(now.pv - pv_cons - pv_sto, 0.0),
        "_diesel_cons": 0.0,
        "_grid_cons": grid_cons,
        "_grid_sto": max(now.charging - pv_sto, 0.0),
        "_pv_cons": pv_cons,
        "_pv_sto": pv_sto,
        "_plant_rev": now.car,
        "_pubgrid_cons": grid_cons,
        "_sto_cons": sto_cons,
        "sc_ratio": round(100 * (pv_cons + sto_cons) / drawn, 2) if drawn else 0.0,
    }


def with_storage(now: Moment, *, battery: bool, alarm: str) -> dict[str, Any]:
    """An event of a plant with a STORAGE 1Play TLM (manual 7.3): one element for all phases, its typing slips kept."""
    whole: dict[str, Any] = {
        "Phase": 4,
        "W": round(now.grid),
        "Pac": round(now.pv),
        "PacCharge": round(now.charging) if battery else 0,
        "PacDischarge": round(now.discharging) if battery else 0,
        "PacPVBatt": round(now.pv + now.battery),
        "PdePVStorage": round(1.03 * now.pv),
        "EMS_SOC": round(now.soc) if battery else 0,
        "EMS_VBAT": round(400 + 0.3 * now.soc) if battery else 0,
        "pv": round(now.pv),
        "cons": round(now.loads),
    }
    whole |= {name: round(value, 2 if name == "sc_ratio" else 0) for name, value in flows(now).items()}
    whole |= {
        "total_cons": round(now.loads + now.car + now.charging),
        "total_grid_cons": round(max(now.grid, 0)),
        "soc": round(now.soc) if battery else 0,
        "vbat": round(400 + 0.3 * now.soc) if battery else 0,
        "PacCLoads": round(now.critical),
        "S1P_Status": "On-grid",
        "S1P_StatusCode": 3,
        "StatusBat": (2 if now.charging else 1) if battery else 7,
        "S1P_Alarms": "Alarm" if alarm else "",
        "S1P_AlarmCodes": alarm,
        "S1P_SetPoint": round(now.battery),
    }
    return {"Phases": [whole]}


def sample(time: datetime, now: Moment, number: int) -> dict[str, Any]:
    """One sample of the datalogger (manual 7.6), of the whole plant."""
    told = {name: round(value, 2) for name, value in flows(now).items()}
    ratio = told.pop("sc_ratio")
    return {
        "Date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "Phase": 4,
        "W": round(now.grid),
        "VAr": 0,
        "PF": 1.0,
        "QacPV": 0,
        "pv": round(now.pv, 1),
        "cons": round(now.loads, 1),
        **told,
        "int_rev": True,
        "sc_ratio": ratio,
        "total_cons": round(now.loads + now.car + now.charging, 1),
        "total_grid_cons": round(max(now.grid, 0.0), 1),
        "soc": round(now.soc),
        "vbat": round(400 + 0.3 * now.soc),
        "sp": 3,
        "n": number,
        "vs": "2.0.2",
    }
