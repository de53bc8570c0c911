"""A meter's clock and its rule of daylight saving (manual 6.3.41, 6.3.42)."""

from __future__ import annotations

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.section import AnySection

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
