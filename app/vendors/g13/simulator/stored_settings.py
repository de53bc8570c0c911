"""Reads what configures a simulated meter's previous values and load profiles, as strictly as the device does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.vendors.g13.simulator.refusal import check_tags, invalid, whole_number
from app.vendors.g13.tables import DEMAND_PERIODS, STORABLE

MAX_PREVIOUS_CHANNELS = 50
MAX_PROFILE_CHANNELS = 8
MAX_PROFILE_ITEMS = 40_000
PROFILE_INTERVALS_S = (60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True)
class PreviousSettings:
    """Which registers are kept at the end of which periods."""

    interval: str = "daily"
    weekday: int = 1
    quantities: tuple[int, ...] = (1, 2, 21, 9, 10, 51)

    def told(self) -> dict[str, Any]:
        """Manual 6.3.70: the weekday only while it counts."""
        weekday = {"weekday": self.weekday} if self.interval == "weekly" else {}
        return {"interval": self.interval, **weekday, "pvconfig": list(self.quantities)}


@dataclass(frozen=True)
class ProfileChannel:
    """What one channel of the load profiles keeps."""

    interval_s: int
    quantity: int
    items: int


PROFILES_AT_FIRST = (
    ProfileChannel(900, 1, 10_000),
    ProfileChannel(900, 2, 8_000),
    ProfileChannel(900, 21, 8_000),
    ProfileChannel(3600, 69, 4_000),
    ProfileChannel(86_400, 1, 1_000),
)


def read_previous(body: object) -> PreviousSettings:
    """Up to 50 quantities, an interval, and for weeks perhaps a weekday (manual 6.3.71)."""
    sent = check_tags(body, ["interval", "pvconfig"], ["weekday"])
    if sent["interval"] not in DEMAND_PERIODS:
        raise invalid("interval")
    weekday = whole_number(sent.get("weekday", 1), 1, 7, "weekday")
    quantities = sent["pvconfig"]
    if not isinstance(quantities, list) or len(quantities) > MAX_PREVIOUS_CHANNELS:
        raise invalid("pvconfig")
    return PreviousSettings(sent["interval"], weekday, tuple(_storable(id, "pv", "pvconfig") for id in quantities))


def read_profiles(body: object) -> tuple[ProfileChannel, ...]:
    """Up to 8 channels that share 40000 items (manual 6.3.75)."""
    channels = check_tags(body, ["lpconfig"])["lpconfig"]
    if not isinstance(channels, list) or len(channels) > MAX_PROFILE_CHANNELS:
        raise invalid("lpconfig")
    settings = tuple(_profile(channel) for channel in channels)
    if sum(channel.items for channel in settings) > MAX_PROFILE_ITEMS:
        raise invalid("lpconfig")
    return settings


def _profile(value: object) -> ProfileChannel:
    if not isinstance(value, list) or len(value) != 3:
        raise invalid("lpconfig")
    interval_s = whole_number(value[0], 60, 86_400, "lpconfig")
    if interval_s not in PROFILE_INTERVALS_S:
        raise invalid("lpconfig")
    return ProfileChannel(
        interval_s, _storable(value[1], "lp", "lpconfig"), whole_number(value[2], 1, MAX_PROFILE_ITEMS, "lpconfig")
    )


def _storable(value: object, use: str, tag: str) -> int:
    quantity = whole_number(value, 1, 0xFFFF, tag)
    if quantity not in STORABLE[use]:
        raise invalid(tag)
    return quantity
