"""Those widgets that a declaration cannot express, by the key of what they stand for; loaded when first shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.model.section import AnySection

if TYPE_CHECKING:
    from ui.forms.body import Body

BODIES: Mapping[str, str] = {
    "g13.users": "ui.vendors.g13.users:UsersBody",
    "g13.load_profile": "ui.vendors.g13.load_profile:LoadProfileBody",
    "g13.calendar": "ui.vendors.g13.calendar:CalendarBody",
    "whatwatt.report": "ui.vendors.whatwatt.matrix:ReportBody",
    "whatwatt.energy": "ui.vendors.whatwatt.matrix:EnergyBody",
    "g13.current_harmonics": "ui.vendors.g13.harmonics:HarmonicsBody",
    "g13.voltage_harmonics": "ui.vendors.g13.harmonics:HarmonicsBody",
}
"""Bodies of panels, by the key of the section: 'module:Class'."""

PAGES: Mapping[str, str] = {
    "g13.compare": "ui.vendors.g13.compare:ComparePage",
    "whatwatt.card": "ui.vendors.whatwatt.card:CardPage",
}
"""Whole pages in place of the usual one, by the key of the archive or action: 'module:Class'."""


def body_of(section: AnySection, *, read_only: bool) -> Body:
    """The body of a section's panel: its family's own, or a form."""
    made = _load(BODIES, section.key)
    if made is None:
        from ui.forms.form import SectionForm

        return SectionForm(section, read_only=read_only)
    body: Body = made(section, read_only=read_only)
    return body


def page_of(key: str) -> Any | None:
    """The class of a page that replaces the usual one; None where there is none."""
    return _load(PAGES, key)


def _load(table: Mapping[str, str], key: str) -> Any | None:
    place = table.get(key)
    if place is None:
        return None
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
