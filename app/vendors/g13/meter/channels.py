"""What the lists of stored channels have in common: periods, the day a week begins on, and what speaks against them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from app.model.field import Choice
from app.model.section import Problem
from app.vendors.g13.tables import DEMAND_PERIODS, MAX_UPDATE_BYTES, WEEKDAYS

WEEKLY = "weekly"
MONDAY = 1

PERIODS = tuple(Choice(period, period.capitalize()) for period in DEMAND_PERIODS)
WEEKDAY_CHOICES = tuple(Choice(number, name) for number, name in WEEKDAYS)


def weekday_of(period: str, weekday: int) -> int:
    """The day on which a week begins: a meter keeps it only for weekly periods."""
    return weekday if period == WEEKLY else MONDAY


def repeated(channels: Iterable[Hashable]) -> list[Problem]:
    """A warning for every channel that keeps what an earlier one keeps already."""
    seen: set[Hashable] = set()
    problems = []
    for index, channel in enumerate(channels):
        if channel in seen:
            problems.append(
                Problem(f"channels[{index}].quantity", f"Channel {index + 1} repeats an earlier one.", warning=True)
            )
        seen.add(channel)
    return problems


def too_long(length: int) -> list[Problem]:
    """Is the request longer than the gateway reads (in bytes)?"""
    if length <= MAX_UPDATE_BYTES:
        return []
    return [Problem("channels", f"The channels need {length} bytes, the gateway reads {MAX_UPDATE_BYTES}: use fewer.")]


def nothing_kept(channels: tuple[object, ...]) -> list[Problem]:
    """A warning where no channel is left."""
    return [] if channels else [Problem("channels", "Without a channel nothing is stored any more.", warning=True)]
