"""Previous values and demand values of a simulated meter: one row at the end of each day, week or month."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.vendors.g13.simulator.settings import DemandSettings
from app.vendors.g13.simulator.stored_past import Past, moment, seconds
from app.vendors.g13.simulator.stored_settings import PreviousSettings
from app.vendors.g13.tables import decode_demand, parameter

GOOD, FAULTY, OFF, MISSING = "1", "3", "5", "0"
NO_VALUE = "4294967295"
MAX_SNAPSHOTS = 100
MAX_DEMANDS = 500

Stored = tuple[float, list[Any]]
"""End of the period in seconds of the meter's clock, and the row as the API writes it."""


def ends(interval: str, weekday: int, after_s: float, until_s: float) -> Iterator[datetime]:
    """The ends of periods after one moment, up to another."""
    day = moment(after_s).replace(hour=0, minute=0, second=0, microsecond=0)
    while (day := day + timedelta(days=1)) <= moment(until_s):
        weekly = interval == "weekly" and day.isoweekday() == weekday
        if interval == "daily" or weekly or (interval == "monthly" and day.day == 1):
            yield day


def previous_rows(settings: PreviousSettings, past: Past, after_s: float, until_s: float) -> list[Stored]:
    """What the registers showed at the ends of the periods. Now and then a meter was off, or could not read itself."""
    rows: list[Stored] = []
    for end in ends(settings.interval, settings.weekday, after_s, until_s):
        status = {5: OFF, 8: FAULTY}.get(end.toordinal() % 13, GOOD)
        entries = [
            [status, NO_VALUE if status == FAULTY else f"{past.value(quantity, seconds(end)):.3f}"]
            for quantity in settings.quantities
        ]
        rows.append((seconds(end), [*entries, {"time": _text(end)}]))
    return rows


def in_no_order(rows: list[Stored]) -> list[Stored]:
    """Neighbours change places: devices give no order."""
    swapped = list(rows)
    for index in range(0, len(rows) - 1, 3):
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
    return swapped


def demand_rows(settings: DemandSettings, past: Past, after_s: float, until_s: float) -> list[Stored]:
    """The extremes of each period, and when they occurred."""
    rows: list[Stored] = []
    for end in ends(settings.period, settings.weekday, after_s, until_s):
        entries = [_extreme(settings, past, end, quantity, code) for quantity, code in settings.channels]
        rows.append((seconds(end), [*entries, {"time": _text(end)}]))
    return rows


def _extreme(settings: DemandSettings, past: Past, end: datetime, quantity: int, code: int) -> list[str]:
    """[status, value, time, level]. Level 1 lies at the peak (or the bottom) of the day, 2 and 3 an interval beside."""
    known = decode_demand(code)
    level = known.level if known else 1
    highest = known is None or known.kind.value.startswith("Max")
    chance = random.Random(f"{quantity} {end.isoformat()}")
    hour = (12 if highest else 0) * 3600 + chance.randrange(0, 4) * settings.interval_s
    at = end - timedelta(days=1) + timedelta(seconds=hour + (level - 1) * settings.interval_s)
    scatter = chance.uniform(0.9, 1.1) * (1.0 - 0.02 * (level - 1) if highest else 1.0 + 0.02 * (level - 1))
    unavailable = end.toordinal() % 17 == 4
    value = past.value(quantity, seconds(at)) * scatter
    status = MISSING if unavailable else GOOD
    return [status, NO_VALUE if unavailable else _figure(value, quantity), _text(at), str(level)]


def _figure(value: float, quantity: int) -> str:
    return f"{round(value)}" if parameter(quantity).unit in ("W", "var", "VA") else f"{value:.3f}"


def mapping(quantities: tuple[int, ...]) -> list[list[str]]:
    """Name and unit of each channel, the unit as the device has it: W and Wh for reactive and apparent too."""
    return [named(quantity) for quantity in quantities]


def named(quantity: int) -> list[str]:
    """One channel's name and unit."""
    known = parameter(quantity)
    unit = known.unit.replace("var", "W").replace("VA", "W")
    return [known.name.lower().replace("_energy", ""), unit]


def at_first_s(interval: str, until_s: float, most: int, installed_s: float) -> float:
    """From when on a meter has rows at its first look."""
    days = {"daily": 1, "weekly": 7}.get(interval, 31)
    return max(installed_s, until_s - most * days * 86_400.0)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
