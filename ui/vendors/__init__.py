"""Those widgets that a declaration cannot express, by the key of what they stand for; loaded when first shown."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.model.quantity import Feed
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
    "smartmac.values": "ui.vendors.smartmac.values:ValuesBody",
    "whatwatt.mqtt": "ui.vendors.whatwatt.mqtt:MqttBody",
}
"""Bodies of panels, by the key of the section: 'module:Class'."""

PAGES: Mapping[str, str] = {
    "g13.compare": "ui.vendors.g13.compare:ComparePage",
    "whatwatt.card": "ui.vendors.whatwatt.card:CardPage",
    "whatwatt.wifi_scan": "ui.vendors.whatwatt.wifi:WifiPage",
}
"""Whole pages in place of the usual one, by the key of the archive or action: 'module:Class'."""


@dataclass(frozen=True)
class Picture:
    """A picture that a family draws of a live feed: 'module:Class', and how it stands in the list of a device's pages.

    The widget is made with its object name. It has `show_reading(feed, reading)`, for live readings and for recorded
    ones, and `set_stale(stale)`.
    """

    place: str
    title: str
    group: str
    icon: str
    help: str

    def load(self) -> Any:
        """The class of the widget."""
        return _loaded(self.place)


_ENERGY_FLOW = Picture(
    "ui.vendors.ingecon.flow:FlowPicture",
    "Energy flow",
    "Plant",
    "sun",
    "Where the power comes from and where it goes, now. Arrows show the direction, wider lines more power.",
)

PICTURES: Mapping[str, Picture] = {
    "ingecon.storage": _ENERGY_FLOW,
    "ingecon.plant": _ENERGY_FLOW,
}
"""Pictures of live feeds, by family and key of the feed."""


def picture_of(vendor: str, feeds: Iterable[Feed]) -> tuple[Feed, Picture] | None:
    """The first of a device's feeds that its family draws a picture of, with the picture; None where there is none."""
    for feed in feeds:
        picture = PICTURES.get(f"{vendor}.{feed.key}")
        if picture is not None:
            return feed, picture
    return None


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
    return None if place is None else _loaded(place)


def _loaded(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
