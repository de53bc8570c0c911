"""Reads what is sent to a simulated meter, as strictly as the device does: tags, types and ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from app.vendors.g13.simulator.clock import read_moment
from app.vendors.g13.simulator.refusal import check_tags, invalid, whole_number
from app.vendors.g13.tables import (
    DEMAND_CODES,
    DEMAND_INTERVALS_S,
    DEMAND_PERIODS,
    MAX_DEMAND_CHANNELS,
    MAX_RATIO,
    STORABLE,
    sub_intervals_s,
)

_DIGITS = re.compile(r"[0-9]{1,5}")
_CHANGEOVER_RANGES = {"month": (1, 12), "day": (1, 254), "week": (1, 255), "hour": (0, 23)}
_NO_DAYS = range(32, 253)
"""253 and 254 are the second last and the last day of the month."""
_NO_WEEKDAYS = range(8, 255)
"""255 is any day of the week."""

Changeover = dict[str, int]
"""When daylight saving begins or ends: month, day, week and hour."""


@dataclass(frozen=True)
class Ratio:
    """Transformer ratios, each a fraction."""

    ctnum: int = 1
    ctdenum: int = 1
    vtnum: int = 1
    vtdenum: int = 1

    @property
    def current(self) -> float:
        """The factor of the current transformers."""
        return self.ctnum / self.ctdenum

    @property
    def voltage(self) -> float:
        """The factor of the voltage transformers."""
        return self.vtnum / self.vtdenum


@dataclass(frozen=True)
class DemandSettings:
    """A demand configuration; a channel is (quantity, code)."""

    channels: tuple[tuple[int, int], ...] = ((96, 5), (100, 5))
    interval_s: int = 900
    sub_interval_s: int = 900
    period: str = "monthly"
    weekday: int = 1


@dataclass(frozen=True)
class ClockSettings:
    """A new time. `dst_given` is false when the rules of daylight saving stay as they are; `dst` None is off."""

    moment: datetime
    dst_given: bool
    dst: dict[str, Changeover] | None


def read_ratio(body: object) -> Ratio:
    """All four numbers of manual 6.3.48, as numbers or digits, each 1 to 9999."""
    tags = ("ctnum", "ctdenum", "vtnum", "vtdenum")
    sent = check_tags(body, tags)
    return Ratio(**{tag: whole_number(_number(sent[tag]), 1, MAX_RATIO, tag) for tag in tags})


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def read_clock(body: object) -> ClockSettings:
    """A time, with or without rules of daylight saving (manual 6.3.42)."""
    sent = check_tags(body, ["datetime"], ["dstenable", "dststart", "dstend"])
    moment = read_moment(sent["datetime"])
    if moment is None:
        raise invalid("datetime")
    if "dstenable" not in sent:
        return ClockSettings(moment, False, None)
    if not isinstance(sent["dstenable"], bool):
        raise invalid("dstenable")
    if not sent["dstenable"]:
        return ClockSettings(moment, True, None)
    check_tags(sent, ["datetime", "dstenable", "dststart", "dstend"])
    return ClockSettings(moment, True, {tag: _changeover(sent[tag], tag) for tag in ("dstend", "dststart")})


def _changeover(value: object, tag: str) -> Changeover:
    if not isinstance(value, dict):
        raise invalid(tag)
    sent = check_tags(value, tuple(_CHANGEOVER_RANGES))
    read = {part: whole_number(sent[part], low, high, tag) for part, (low, high) in _CHANGEOVER_RANGES.items()}
    if read["day"] in _NO_DAYS or read["week"] in _NO_WEEKDAYS:
        raise invalid(tag)
    return read


def read_demand(body: object) -> DemandSettings:
    """Up to 50 channels, interval and sub-interval, period and, for weeks, the weekday (manual 6.3.79)."""
    sent = check_tags(body, ["dmc", "interval", "period"], ["weekday"])
    period = sent["period"]
    if period not in DEMAND_PERIODS:
        raise invalid("period")
    if period == "weekly":
        check_tags(sent, ["dmc", "interval", "period", "weekday"])
    weekday = whole_number(sent.get("weekday", 1), 1, 7, "weekday")
    interval, sub_interval = _pair_of_numbers(sent["interval"], "interval")
    if interval not in DEMAND_INTERVALS_S or sub_interval not in sub_intervals_s(interval):
        raise invalid("interval")
    channels = sent["dmc"]
    if not isinstance(channels, list) or len(channels) > MAX_DEMAND_CHANNELS:
        raise invalid("dmc")
    return DemandSettings(tuple(_channel(channel) for channel in channels), interval, sub_interval, period, weekday)


def _channel(value: object) -> tuple[int, int]:
    quantity, code = _pair_of_numbers(value, "dmc")
    if quantity not in STORABLE["dm"] or code not in DEMAND_CODES:
        raise invalid("dmc")
    return quantity, code


def _pair_of_numbers(value: object, tag: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise invalid(tag)
    return whole_number(value[0], 0, 65535, tag), whole_number(value[1], 0, 65535, tag)
