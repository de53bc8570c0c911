"""The simulated memory card: a log of the meter for each day, and what else lies on such cards (manual 5.10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.vendors.whatwatt.simulator.household import Household
from app.vendors.whatwatt.simulator.pages import State, report_page

HEAD = (
    "RID,TIME,MID,MSTAT,TARIFF,PF,EAP_T,EAP_T1,EAP_T2,EAN_T,EAN_T1,EAN_T2,ERP_T,ERN_T,MDAP_T,IPAP_T,IPAP_L1,IPAP_L2,"
    "IPAP_L3,IPAN_T,IPAN_L1,IPAN_L2,IPAN_L3,V_L1,V_L2,V_L3,I_L1,I_L2,I_L3,MIDENT,MIF,MPROT,RP\n"
)
PAST_STEP_S = 60.0
DAY_S = 86_400
MOST_ROWS = 20_000


class MemoryCard:
    """The card. `files` are by their path on it; a name may be anything, as on real cards."""

    def __init__(self) -> None:
        self.installed = True
        self.size_mb = 7618
        self.files: dict[str, bytes] = {"NIHAO.TXT": b"Hello, world\n", "SYSTEM~1/WPSETT~1.DAT": b"\x0c\x00\x00\x00"}
        self.open_log = ""
        """The log that is being written: its size is listed late."""
        self._rows = 0
        self._past: str = ""

    def lay_out(self, state: Callable[[], State]) -> None:
        """Yesterday's log, made when it is first asked for: what the house measured, a minute apart."""
        if self._past:
            return
        now = state()
        yesterday = (now.now - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        self._past = f"{yesterday:%Y%m%d}.CSV"
        house = now.house.yesterday(yesterday, PAST_STEP_S)
        rows = [HEAD]
        for number in range(1, int(DAY_S / PAST_STEP_S)):
            house.advance(number)
            moment = yesterday + timedelta(seconds=number * PAST_STEP_S)
            rows.append(row_of(_at(now, house, moment)))
        self.files[self._past] = "".join(rows).encode()

    def write(self, state: State) -> None:
        """One more line in today's log."""
        name = f"{state.now:%Y%m%d}.CSV"
        if self._rows >= MOST_ROWS or not self.installed:
            return
        self.open_log = name
        self._rows += 1
        self.files[name] = self.files.get(name, HEAD.encode()) + row_of(state).encode()

    def listing(self, folder: str) -> dict[str, Any] | None:
        """What is in a folder; None when there is none."""
        begin = f"{folder}/" if folder else ""
        inside = [path.removeprefix(begin) for path in self.files if path.startswith(begin)]
        if folder and not inside:
            return None
        entries: dict[str, dict[str, Any]] = {}
        for rest in inside:
            name, slash, _ = rest.partition("/")
            size = 0 if slash or begin + rest == self.open_log else len(self.files[begin + rest])
            entries[name] = {"name": name, "size": size, "type": "dir" if slash else "file"}
        return {"path": f"/sdcard/{begin}", "files": list(entries.values())}


def _at(state: State, house: Household, moment: datetime) -> State:
    return msgspec.structs.replace(state, house=house, now=moment)


def row_of(state: State) -> str:
    """A report as one line of a log."""
    page = report_page(state)
    report, meter = page["report"], page["meter"]
    active = report["instantaneous_power"]["active"]
    energy = report["energy"]["active"]
    reactive = report["energy"]["reactive"]
    demand = report.get("max_demand", {}).get("active", {}).get("positive", {})
    phases = ("l1", "l2", "l3")
    cells: list[Any] = [
        report["id"],
        f'"{report["date_time"]}"',
        f'"{meter["id"]}"',
        f'"{meter["status"]}"',
        report.get("tariff"),
        report.get("power_factor"),
        *(energy["positive"].get(part) for part in ("total", "t1", "t2")),
        *(energy["negative"].get(part) for part in ("total", "t1", "t2")),
        reactive.get("positive", {}).get("total"),
        reactive.get("negative", {}).get("total"),
        demand.get("total"),
        active["positive"]["total"],
        *(active["positive"].get(phase) for phase in phases),
        active["negative"]["total"],
        *(active["negative"].get(phase) for phase in phases),
        *(report.get("voltage", {}).get(phase) for phase in phases),
        *(report.get("current", {}).get(phase) for phase in phases),
        f'"{meter["logical_name"]}"',
        f'"{meter["interface"]}"',
        f'"{meter["protocol"]}"',
        int(report["interval"] * 1000),
    ]
    return ",".join("" if cell is None else str(cell) for cell in cells) + "\n"
