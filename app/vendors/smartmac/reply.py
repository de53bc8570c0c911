"""What a meter answers: its values under short keys, each with its own name and unit, all of them texts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import msgspec

from app.model.errors import BadReply
from app.model.quantity import LARGEST, Phase
from app.net.lenient import convert, text_of

MOST_VALUES = 500
LONGEST_TEXT = 200
LATEST = 2**34
"""A later time (in the year 2514) is none."""
_BREAK = re.compile(r"br\d*", re.IGNORECASE)
_PHASES = {"1": Phase.L1, "2": Phase.L2, "3": Phase.L3}
_KEY = re.compile(r"(V|A|W|rW|Wh|rWh|PF|Fr)([123])")
_KILO = {"k": 1e3, "M": 1e6}
_BASE_UNITS = ("W", "Wh", "V", "A", "Hz")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def quantity_key(key: str) -> str:
    """The key of a line's value without the number of the line; any other key as it is."""
    found = _KEY.fullmatch(key)
    return found[1] if found else key


class Value(msgspec.Struct, frozen=True):
    """One value as the meter tells it. `value` is its text, without the spaces that some units put between digits."""

    key: str
    name: str
    value: str
    unit: str

    @property
    def phase(self) -> Phase:
        """The line it belongs to; pulse counters number their inputs, which are no lines."""
        found = _KEY.fullmatch(self.key)
        return _PHASES[found[2]] if found else Phase.TOTAL

    @property
    def number(self) -> float:
        """The value in the plain unit (W where the meter says kW); NaN where it is no number."""
        try:
            found = float(self.value.replace(",", "."))
        except ValueError:
            return math.nan
        prefix, base = self.unit[:1], self.unit[1:]
        if prefix in _KILO and base in _BASE_UNITS:
            found *= _KILO[prefix]
        return found if -LARGEST <= found <= LARGEST else math.nan


class Reply(msgspec.Struct, frozen=True):
    """The whole answer. `time` is Unix time, 0 where it is none; `relay` None where the meter tells none.

    `relay_text` is the relay's state as it came, for a code that the manual does not know.
    """

    id: str
    time: int
    values: tuple[Value, ...]
    relay: bool | None = None
    relay_text: str = ""
    power_set: str = ""

    def number(self, key: str) -> float:
        """The value of that key in its plain unit; NaN where there is none."""
        for value in self.values:
            if value.key == key:
                return value.number
        return math.nan


class _Wire(msgspec.Struct, frozen=True):
    """The answer as it comes: everything is text, on some units the time is a number."""

    data: dict[str, object]
    devid: str | int = ""
    time: str | int | float = ""
    pout: str | int | bool = ""
    powset: str | int | float = ""


def reply_of(document: object) -> Reply:
    """The answer of a decoded document.

    Raises:
        BadReply: it is no answer of such a meter.
    """
    wire = convert(document, _Wire)
    if len(wire.data) > MOST_VALUES:
        raise BadReply(f"The device tells {len(wire.data)} values, more than any meter has.")
    relay_text = plain(str(int(wire.pout) if isinstance(wire.pout, bool) else wire.pout))
    return Reply(
        id=plain(str(wire.devid)),
        time=_whole(wire.time),
        values=tuple(_values(wire.data)),
        relay={"0": False, "1": True}.get(relay_text),
        relay_text=relay_text,
        power_set=plain(str(wire.powset)),
    )


def _values(data: Mapping[str, object]) -> list[Value]:
    values = []
    for key, entry in data.items():
        # Rows of the meter's own page, no values.
        if _BREAK.fullmatch(key):
            continue
        known = entry if isinstance(entry, dict) else {"value": entry}
        name, unit, value = (plain(text_of(known.get(part))) for part in ("name", "unit", "value"))
        values.append(Value(plain(key), name or plain(key), value.replace(" ", "") if _digits(value) else value, unit))
    return values


def _digits(text: str) -> bool:
    """Is it a number, perhaps with spaces between its digits?"""
    return re.fullmatch(r"[-+]?[\d ]+([.,]\d+)?", text) is not None


def plain(text: str) -> str:
    """A text of the device on one line, at most 200 characters."""
    return _CONTROL.sub(" ", text).strip()[:LONGEST_TEXT]


def _whole(value: str | float) -> int:
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return 0
    return int(found) if 0 <= found < LATEST else 0


def relay_words(reply: Reply) -> str:
    """The state of the relay in words; empty where the meter tells none."""
    if reply.relay is None:
        return f"code {reply.relay_text}" if reply.relay_text else ""
    return "on" if reply.relay else "off"


def kind_of(reply: Reply) -> str:
    """Which kind of meter answers so: it does not say its model."""
    keys = {value.key for value in reply.values}
    if keys & {"V2", "A2", "W2", "V3", "A3", "W3"}:
        return "Three-phase meter"
    if keys & {"Ch1", "Ch2", "TCh1", "TCh2"}:
        return "Pulse counter"
    return "Single-phase meter" if keys & {"V", "V1", "W", "W1"} else ""
