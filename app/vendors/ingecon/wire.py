"""What the devices send, read tolerantly: an inverter's answer, and one event or sample of the EMS."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from app.model.errors import BadReply
from app.model.quantity import LARGEST
from app.net.lenient import text_of
from app.vendors.ingecon.tables import BATTERY_KEYS, PHASE_VALUES, TLM_VALUES, Value, by_name, plain

NAN = math.nan
NO_BATTERY = 7.0
"""The battery's state code while it is not available."""
ALL_PHASES = 4
MOST_ELEMENTS = 64
"""A plant has four elements at most; a hostile event may have as many as fit into its line."""
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})

_EMS = by_name((*PHASE_VALUES, *TLM_VALUES))
_TLM_KEYS = frozenset(value.key for value in TLM_VALUES)


def number(value: object) -> float:
    """A number, or a text that is one; NaN for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return NAN
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return NAN
    # Adding zero makes -0.0 a plain zero.
    return found + 0.0 if -LARGEST <= found <= LARGEST else NAN


def known(value: float) -> float | None:
    """The number, or None where there is none."""
    return None if math.isnan(value) else value


def _true(value: object) -> bool:
    word = text_of(value).strip().lower()
    return word in _YES or word not in _NO


class Item(msgspec.Struct, frozen=True):
    """One row of an inverter's answer. `failed`: the inverter could not read it, whatever `value` says."""

    name: str
    value: object = None
    digits: int | None = None
    hex: str = ""
    listed: tuple[str, ...] = ()
    flags: bool = False
    failed: bool = False

    @property
    def number(self) -> float:
        """The value; NaN where it could not be read or is none."""
        return NAN if self.failed or self.flags else number(self.value)


class InverterAnswer(msgspec.Struct, frozen=True):
    """POST /inverter/properties/read/1 (manual 2.1)."""

    node: str
    can: str
    firmware: str
    connection: str
    items: tuple[Item, ...]

    def named(self) -> dict[str, Item]:
        """The rows by their plain names; of several of one name the first."""
        found: dict[str, Item] = {}
        for item in self.items:
            found.setdefault(plain(item.name), item)
        return found


_WORDS = ("message", "error", "reason")
_LONGEST_WORDS = 200


def inverter_answer(document: object) -> InverterAnswer:
    """Read an inverter's answer; rows that are none are left out.

    Raises:
        BadReply: there is no list of values in it, or the inverter says that it has none.
    """
    data = document.get("Data") if isinstance(document, dict) else None
    if isinstance(document, dict) and not data and not _true(document.get("success", True)):
        raise _says_no(document)
    if not isinstance(document, dict) or not isinstance(data, list):
        raise BadReply("The inverter's answer holds no list of values (Data).")
    return InverterAnswer(
        node=text_of(document.get("Modbusnode")),
        can=text_of(document.get("canid")),
        firmware=text_of(document.get("firmware")).strip(),
        connection=text_of(document.get("connection")),
        items=tuple(_item(row) for row in data if isinstance(row, dict) and text_of(row.get("name")).strip()),
    )


def _says_no(document: Mapping[str, object]) -> BadReply:
    """The error for an answer that is a no as a whole, with the device's own words where it has some."""
    words = next((text_of(document[name]).strip() for name in _WORDS if document.get(name)), "")[:_LONGEST_WORDS]
    return BadReply(
        "The card could not read the inverter (success: false)" + (f": {words.rstrip('.')}." if words else "."),
        hint="Is the inverter on? At night it may be off. Refresh; if it stays, check the card's cable to it.",
    )


def _item(row: Mapping[str, object]) -> Item:
    value, digits = row.get("value"), number(row.get("digits"))
    flags = row.get("type") == "flags" or "hex-value" in row
    return Item(
        name=text_of(row.get("name")).strip(),
        value=value,
        digits=int(digits) if 0 <= digits <= 9 else None,
        hex=text_of(row.get("hex-value")).strip(),
        listed=tuple(text_of(one) for one in value) if flags and isinstance(value, list) else (),
        flags=flags,
        failed=not _true(row.get("success", True)) or value is None,
    )


class Element(msgspec.Struct, frozen=True):
    """One element of `Phases`. `fields` are by our keys where the name is documented, else by the device's name."""

    phase: int | None
    fields: Mapping[str, object]

    @property
    def battery(self) -> bool:
        """Is the battery available, as far as the element says?"""
        return number(self.fields.get("statusbat")) != NO_BATTERY

    def number(self, key: str) -> float:
        """A value; NaN where there is none, or where it is the battery's and that is not available."""
        if key in BATTERY_KEYS and not self.battery:
            return NAN
        return number(self.fields.get(key))

    def text(self, key: str) -> str:
        """A value as it came."""
        return text_of(self.fields.get(key))


class Phases(msgspec.Struct, frozen=True):
    """One event of the EMS (manual 7.2)."""

    elements: tuple[Element, ...]

    @property
    def with_storage(self) -> bool:
        """Is it the layout with a STORAGE 1Play TLM?"""
        return any(not _TLM_KEYS.isdisjoint(element.fields) for element in self.elements)

    @property
    def whole(self) -> Element | None:
        """The element that stands for all phases: the one that says so, or the only one."""
        for element in self.elements:
            if element.phase == ALL_PHASES:
                return element
        return self.elements[0] if len(self.elements) == 1 else None

    def of_phase(self, phase: int) -> Element | None:
        """The element of a phase, 1 to 3."""
        return next((element for element in self.elements if element.phase == phase), None)

    def total(self, value: Value) -> float:
        """The plant's value: that of the element for all phases, else the sum of the phases, else the first known."""
        whole = self.whole
        if whole is not None and value.key in whole.fields:
            return whole.number(value.key)
        found = [element.number(value.key) for element in self.elements if element.phase != ALL_PHASES]
        found = [one for one in found if not math.isnan(one)]
        if not found:
            return NAN
        return sum(found) if value.summed else found[0]


def phases(document: object) -> Phases | None:
    """Read an event; None for one that is about something else.

    Raises:
        BadReply: `Phases` holds no phases.
    """
    if not isinstance(document, dict) or "Phases" not in document:
        return None
    listed = document["Phases"]
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise BadReply("The EMS sent an event whose Phases are no list.")
    elements = tuple(element(one) for one in listed[:MOST_ELEMENTS] if isinstance(one, dict))
    if not elements:
        raise BadReply("The EMS sent an event without any phase.")
    return Phases(elements)


def element(fields: Mapping[str, object]) -> Element:
    """An element with the documented names turned into our keys."""
    found: dict[str, object] = {}
    phase = number(fields.get("Phase"))
    for name, value in fields.items():
        if name == "Phase":
            continue
        documented = _EMS.get(plain(name))
        found.setdefault(documented.key if documented else name, value)
    return Element(int(phase) if phase in (1, 2, 3, 4) else None, found)
