"""What the two simulated EMSs tell: the event of every second in either layout, and the samples of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.scenario.site import HYBRID_SHARE, LINE_OF, Point
from app.scenario.sunny_day import Moment

INTERVAL = timedelta(minutes=3)
SHARES = (0.45, 0.35, 0.2)
"""How the plant is spread over its phases."""


def at_inverter(now: Moment, *, hybrid: bool) -> Moment:
    """What one inverter of the site sees of it: its own share of the sun, and the battery at the hybrid one."""
    share = HYBRID_SHARE if hybrid else 1 - HYBRID_SHARE
    return msgspec.structs.replace(now, pv=now.pv * share, battery=now.battery if hybrid else 0.0)


def three_phases(now: Moment, grid: Sequence[float] = ()) -> dict[str, Any]:
    """An event of the EMS's own layout: a battery behind hybrid inverters on L1, all else spread (manual 7.3).

    `grid` is what the grid connection measures in each phase; without it the loads are spread too.
    """
    elements = []
    for phase, share in enumerate(SHARES, start=1):
        own = now.pv * HYBRID_SHARE if phase == 1 else 0.0
        battery = now.battery if phase == 1 else 0.0
        pac = now.pv * (1 - HYBRID_SHARE) * (1 / 3 if grid else share)
        car = (now.car if phase == 1 + LINE_OF[Point.CAR] else 0.0) if grid else now.car * share
        drawn = (now.loads + now.car) * share
        elements.append(
            {
                "Phase": phase,
                "W": round(grid[phase - 1] if grid else drawn - pac - own - battery),
                "Pac": round(pac),
                "PacCharge": round(max(-battery, 0)),
                "PacDischarge": round(max(battery, 0)),
                "PacPVBatt": round(own + battery),
                "PdcPVStorage": round(own),
                "EMS_SOC": round(now.soc),
                "EMS_VBAT": round(48 + 0.06 * now.soc),
                # The manual's table spells it with two t, its example with one.
                "WatDigitalInput": 0,
                "PacRev": round(car),
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


def with_storage(now: Moment, *, battery: bool, alarm: str, hybrid: bool = False) -> dict[str, Any]:
    """An event of a plant with a STORAGE 1Play TLM (manual 7.3): one element for all phases, its typing slips kept.

    With `hybrid` the STORAGE 1Play has only its own part of the panels, and PV inverters have the rest.
    """
    own = now.pv * (HYBRID_SHARE if hybrid else 1.0)
    whole: dict[str, Any] = {
        "Phase": 4,
        "W": round(now.grid),
        "Pac": round(now.pv - own if hybrid else now.pv),
        "PacCharge": round(now.charging) if battery else 0,
        "PacDischarge": round(now.discharging) if battery else 0,
        "PacPVBatt": round(own + now.battery),
        "PdePVStorage": round(1.03 * own),
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
