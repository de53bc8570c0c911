"""Edits of one day profile's switch points: move, add, remove, switch otherwise. Each gives the new points and the
place of the one that was edited."""

from __future__ import annotations

import msgspec

from app.vendors.g13.meter.tariff_models import (
    MAX_POINTS,
    TARIFFS,
    SwitchPoint,
    in_order,
    lane_of,
    minutes_of,
    time_text,
)
from app.vendors.g13.meter.tariff_year import stretches

Points = tuple[SwitchPoint, ...]

LAST_MINUTE = 24 * 60 - 1
_STEP = 15
"""New points are put on a quarter of an hour."""


def sorted_with(points: list[SwitchPoint], point: SwitchPoint) -> tuple[Points, int]:
    """The points in order, and where `point` stands among them."""
    done = tuple(sorted(points, key=in_order))
    return done, done.index(point)


def moved(points: Points, index: int, minute: int) -> tuple[Points, int]:
    """The point at another time, but not past its neighbours that switch the same thing."""
    point = points[index]
    lane = lane_of(point.action)
    times = [minutes_of(p.start) for i, p in enumerate(points) if i != index and lane_of(p.action) == lane]
    now = minutes_of(point.start)
    others = [time for time in times if time is not None]
    if now is not None and others:
        low = max((time + 1 for time in others if time < now), default=0)
        high = min((time - 1 for time in others if time > now), default=LAST_MINUTE)
        minute = max(low, min(high, minute))
    put = msgspec.structs.replace(point, start=time_text(max(0, min(LAST_MINUTE, minute))))
    return sorted_with([*points[:index], put, *points[index + 1 :]], put)


def switched(points: Points, index: int, action: int) -> tuple[Points, int]:
    """The point with another action."""
    put = msgspec.structs.replace(points[index], action=action)
    return sorted_with([*points[:index], put, *points[index + 1 :]], put)


def added(points: Points, profile: int, minute: int | None = None) -> tuple[Points, int] | None:
    """One more point, to another tariff: at a time, or in the middle of the longest stretch. None when full."""
    if len(points) >= MAX_POINTS:
        return None
    taken = {minutes_of(p.start) for p in points if lane_of(p.action) == 0}
    spans = stretches(points)
    span = max(spans, key=lambda s: s.end - s.start)
    if minute is None:
        middle = (span.start + span.end) // 2 if span.value is not None else span.start
        minute = middle // _STEP * _STEP
    while minute in taken and minute < LAST_MINUTE:
        minute += 1
    before = next((s.value for s in spans if s.start <= minute < s.end), None)
    tariff = TARIFFS[0] if before is None else TARIFFS[before % len(TARIFFS)]
    put = SwitchPoint(profile, time_text(minute), tariff)
    return sorted_with([*points, put], put)


def removed(points: Points, index: int) -> tuple[Points, int]:
    """Without that point; the place of the one that follows."""
    left = (*points[:index], *points[index + 1 :])
    return left, min(index, len(left) - 1)
