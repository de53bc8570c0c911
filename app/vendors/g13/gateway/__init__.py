"""What the gateway itself can be asked, set and told, topic by topic, in the order of its own menus."""

from __future__ import annotations

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.section import AnySection

from . import basics, compare, events, network, permitted, quantities, registration, restart, users

_TOPICS = (basics, network, registration, permitted, users, events, compare, quantities, restart)

SECTIONS: tuple[AnySection, ...] = tuple(section for topic in _TOPICS for section in topic.SECTIONS)
ARCHIVES: tuple[AnyArchive, ...] = tuple(archive for topic in _TOPICS for archive in topic.ARCHIVES)
ACTIONS: tuple[AnyAction, ...] = tuple(action for topic in _TOPICS for action in topic.ACTIONS)
