"""What load profiles can be: intervals, channels, items, and how long so many items last."""

from __future__ import annotations

import msgspec

from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.models import Whole

MAX_CHANNELS = 8
MAX_ITEMS = 40_000
"""Items of all channels together (manual 6.3.75)."""

INTERVALS_S = (60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""The intervals that can be written, in seconds (manual 6.3.75). Devices may report others."""

_DAY_S = 86_400
_HOUR_S = 3600


class LoadProfileConfiguration(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/loadprofiles/configuration (manual 6.3.74): [interval in s, quantity, items] a channel."""

    lpconfig: tuple[tuple[Whole, Whole, Whole], ...] = ()


async def configuration(client: G13Client, serial: str) -> LoadProfileConfiguration:
    """What the channels keep (manual 6.3.74)."""
    return await client.get(meter_path(serial, "loadprofiles/configuration"), LoadProfileConfiguration)


def interval_words(interval_s: int) -> str:
    """An interval in the largest unit that divides it: '15 min', '1 day', '450 s'."""
    for unit_s, unit in ((_DAY_S, "day"), (_HOUR_S, "h"), (60, "min")):
        if interval_s and interval_s % unit_s == 0:
            count = interval_s // unit_s
            return f"{count} {unit}s" if unit == "day" and count > 1 else f"{count} {unit}"
    return f"{interval_s} s"


def lasting(seconds: int) -> str:
    """How long a memory lasts, in two units at most: '104 days', '10 days 10 h', '36 min'."""
    if seconds >= 100 * _DAY_S:
        return f"{seconds // _DAY_S} days"
    days, rest = divmod(max(seconds, 0), _DAY_S)
    hours, rest = divmod(rest, _HOUR_S)
    parts = [
        f"{days} {'day' if days == 1 else 'days'}" if days else "",
        f"{hours} h" if hours else "",
        f"{rest // 60} min" if rest >= 60 and not days else "",
    ]
    return " ".join(part for part in parts if part) or f"{rest} s"
