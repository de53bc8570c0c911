"""The template of MQTT messages: which variables are in it, and what the device would send (manual 4.1.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum

import msgspec

LONGEST = 1023
"""Characters of a template (manual 4). The device counts bytes: an umlaut counts twice."""

VARIABLE = re.compile(r"\$\{([^${}]*)\}")
EMPTY = frozenset({"", "null"})
"""What stands for a value that the meter does not send: of a text nothing, of a number null (manual 4.1.1)."""


class State(Enum):
    """What became of a variable."""

    VALUE = "has a value"
    EMPTY = "has no value now"
    UNRESOLVED = "is not resolved"


class Piece(msgspec.Struct, frozen=True):
    """What stands in place of a variable: characters `begin` to `end` of the filled text."""

    begin: int
    end: int
    name: str
    state: State


class Wrong(msgspec.Struct, frozen=True):
    """Where a text that begins like JSON is none: character `at` of it, line and column counted from 1."""

    at: int
    line: int
    column: int
    reason: str

    @property
    def words(self) -> str:
        """'line 3, column 14: a comma is missing.'"""
        return f"line {self.line}, column {self.column}: {self.reason}."


class Filled(msgspec.Struct, frozen=True):
    """What a template becomes. What is unresolved stays in the text as it is written.

    `meant_as_json`: it begins like JSON; `wrong` then says where it is none.
    """

    text: str
    pieces: tuple[Piece, ...] = ()
    meant_as_json: bool = False
    wrong: Wrong | None = None

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Names that the device does not know, each once."""
        return self._names(State.UNRESOLVED)

    @property
    def empty(self) -> tuple[str, ...]:
        """Names that have no value at the moment, each once."""
        return self._names(State.EMPTY)

    def _names(self, state: State) -> tuple[str, ...]:
        return tuple(dict.fromkeys(piece.name for piece in self.pieces if piece.state is state))


def placeholder(name: str) -> str:
    """A variable as a template has it."""
    return f"${{{name}}}"


def names_in(template: str) -> tuple[str, ...]:
    """The variables of a template, each once, in order."""
    return tuple(dict.fromkeys(VARIABLE.findall(template)))


def preview(template: str, variables: Mapping[str, str]) -> Filled:
    """What the device would send with these values of its variables.

    A name that is not among them is left as it stands; a number that the meter does not send is `null`, a text empty.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    length = last = 0
    for found in VARIABLE.finditer(template):
        before = template[last : found.start()]
        value = variables.get(found[1])
        shown = found[0] if value is None else value
        state = State.UNRESOLVED if value is None else State.EMPTY if value in EMPTY else State.VALUE
        begin = length + len(before)
        length, last = begin + len(shown), found.end()
        parts += [before, shown]
        pieces.append(Piece(begin, length, found[1], state))
    text = "".join((*parts, template[last:]))
    meant = text.lstrip().startswith(("{", "["))
    return Filled(text, tuple(pieces), meant, _wrong(text) if meant else None)


_REASONS = {
    "Expecting property name enclosed in double quotes": "a name in double quotes is needed here",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma is missing, or this does not belong here",
    "Expecting value": "value or quotes missing",
    "Illegal trailing comma before end of object": "a comma too many",
    "Illegal trailing comma before end of array": "a comma too many",
    "Invalid control character at": "a text in quotes may not go on in the next line",
    "Unterminated string starting at": "the quotes that begin here do not end",
    "Extra data": "the JSON is over before this",
}


def _wrong(text: str) -> Wrong | None:
    try:
        # Whole numbers stay texts: of thousands of digits Python would refuse to make a number.
        json.loads(text, parse_int=str, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        at = min(error.pos, len(text))
        reason = _REASONS.get(error.msg, "this is no JSON")
        if at >= len(text.rstrip()):
            reason = "the JSON ends too early"
        return Wrong(at, error.lineno, error.colno, reason)
    except _NotInJson as error:
        at = text.find(str(error))
        head = text[:at]
        return Wrong(at, head.count("\n") + 1, at - head.rfind("\n"), "JSON has no such number")
    except RecursionError:
        return Wrong(0, 1, 1, "too many brackets within each other")
    return None


class _NotInJson(ValueError):
    """NaN and Infinity are read by most programs and are no JSON."""


def _no_constant(name: str) -> float:
    raise _NotInJson(name)
