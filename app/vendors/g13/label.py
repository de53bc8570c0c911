"""A meter's label such as 'A44 552-100' in words (manual 6.3.92, Annexure 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_SHAPE = re.compile(r"([A-Z])(\w)(\w)\s+(\w)(\w)(\w)-(\w)(\w)(\w)", re.IGNORECASE)

_ENCLOSURE = {
    "A": "7 DIN modules",
    "B": "4 or 2 DIN modules",
    "C": "3 or 1 DIN modules",
    "D": "2 DIN modules, DC",
    "E": "embedded, no enclosure",
    "M": "panel multimeter 96 × 96",
    "N": "panel analyser 96 × 96",
}
_ELECTRONICS = {
    "1": "competitive",
    "2": "basic low",
    "3": "basic high",
    "4": "advanced",
    "5": "multimeter",
    "6": "analyser",
}
_PHASES = {
    "1": "single phase, direct",
    "2": "single phase, through transformers",
    "3": "three phase, direct",
    "4": "three phase, through transformers",
}
_FUNCTIONALITY = {"0": "Iron", "1": "Steel", "2": "Bronze", "3": "Silver", "4": "Gold", "5": "Platinum"}
_ACCURACY = {"1": "class 1", "2": "class 2", "5": "class 0.5"}
_INTERFACE = {
    "0": "no interface",
    "1": "IR port only",
    "2": "RS-485",
    "3": "M-Bus",
    "4": "Zigbee and RS-485",
    "5": "Zigbee and M-Bus",
    "6": "Zigbee",
    "7": "Modbus TCP",
    "8": "LonWorks",
    "9": "Profibus",
}
_APPROVAL = {"1": "IEC and MID, verified", "2": "IEC and GOST, verified", "3": "IEC"}
_VERSION = {"0": "standard", "1": "industry", "2": "rail"}
_VARIATION = {"0": "standard"} | {digit: f"BHM {digit}" for digit in "123456789A"}


class MeterLabel(msgspec.Struct, frozen=True):
    """A label taken apart. A character that the annexure does not list is shown as it came.

    All parts are empty when `text` has another shape than 'XYZ ABC-DEF'.
    """

    text: str
    enclosure: str = ""
    electronics: str = ""
    phases: str = ""
    functionality: str = ""
    accuracy: str = ""
    interface: str = ""
    approval: str = ""
    version: str = ""
    variation: str = ""
    three_phase: bool | None = None
    """None when the label does not say."""
    transformers: bool | None = None
    """Whether the meter is connected through current transformers; None when the label does not say."""

    def words(self) -> str:
        """The parts that an installer chooses by, or the bare text of an unreadable label."""
        parts = (self.functionality, self.phases, self.accuracy, self.interface)
        return ", ".join(part for part in parts if part) or self.text


def read_label(text: str) -> MeterLabel:
    """Take a label apart. Anything is accepted: an unreadable label comes back as its text alone."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        return MeterLabel(text)
    x, y, z, a, b, c, d, e, f = (part.upper() for part in shape.groups())
    return MeterLabel(
        text,
        enclosure=_named(_ENCLOSURE, x),
        electronics=_named(_ELECTRONICS, y),
        phases=_named(_PHASES, z),
        functionality=_named(_FUNCTIONALITY, a),
        accuracy=_named(_ACCURACY, b),
        interface=_named(_INTERFACE, c),
        approval=_named(_APPROVAL, d),
        version=_named(_VERSION, e),
        variation=_named(_VARIATION, f),
        three_phase=z in "34" if z in _PHASES else None,
        transformers=z in "24" if z in _PHASES else None,
    )


def _named(names: Mapping[str, str], character: str) -> str:
    return names.get(character, f"unknown ({character})")
