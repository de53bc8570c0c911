"""Inputs and outputs: their state, their use, pulses (manual 5.1.6, 5.1.7, 6.3.63 to 6.3.68)."""

from __future__ import annotations

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.section import AnySection

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
