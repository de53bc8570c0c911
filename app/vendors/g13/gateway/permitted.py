"""The wireless meters that may join (manual 6.3.38 to 6.3.40)."""

from __future__ import annotations

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.section import AnySection

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
