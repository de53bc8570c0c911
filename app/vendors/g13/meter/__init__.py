"""What a meter behind the gateway can be asked, set and told, topic by topic, in the order of its own menu."""

from __future__ import annotations

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.section import AnySection

from . import (
    alarms,
    clock,
    conversion,
    demand,
    energy,
    events,
    inputs_outputs,
    instant,
    load_profile,
    naming,
    previous_values,
    ratios,
    status,
    tariff_calendar,
    tariff_source,
)

_TOPICS = (
    status,
    events,
    energy,
    instant,
    inputs_outputs,
    naming,
    clock,
    ratios,
    conversion,
    previous_values,
    load_profile,
    demand,
    tariff_source,
    tariff_calendar,
    alarms,
)

SECTIONS: tuple[AnySection, ...] = tuple(section for topic in _TOPICS for section in topic.SECTIONS)
ARCHIVES: tuple[AnyArchive, ...] = tuple(archive for topic in _TOPICS for archive in topic.ARCHIVES)
ACTIONS: tuple[AnyAction, ...] = tuple(action for topic in _TOPICS for action in topic.ACTIONS)
