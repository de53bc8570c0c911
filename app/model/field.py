"""A field: one setting or value, declared once: what it is called, its unit, its limits, how it is edited."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from .lines import split_lines


class Kind(Enum):
    """How a field's value is written: which editor it gets, and what the command line accepts."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    SWITCH = "switch"
    MOMENT = "date and time"
    CHOICE = "choice"
    TABLE = "table"


@dataclass(frozen=True)
class Choice:
    """One allowed value and its name in the installer's words."""

    value: Any
    label: str


YES_NO = (Choice(True, "yes"), Choice(False, "no"))
"""For what is true or false and cannot be switched: a card is present or not, it is not 'on'."""


@dataclass(frozen=True)
class Field:
    """What a setting is: label, unit, limits, choices, help and the manual's section.

    `name`, `kind`, `columns` and `default` are filled in from the model by `fields_of`.
    """

    label: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    lines: int = 0
    """A text of several lines: a form shows so many at once. 0: one line, and line breaks are not allowed."""
    pattern: str = ""
    pattern_help: str = ""
    choices: tuple[Choice, ...] = ()
    suggestions: bool = False
    """The choices are examples; other values of the same type are shown and kept as they came."""
    only_with: str = ""
    """The name of a switch beside it: while that is off, this field means nothing and a form leaves it out."""
    max_rows: int | None = None
    row_key: str = ""
    """The column that names a row; the order of rows then means nothing."""
    read_only: bool = False
    secret: bool = False
    tolerance: timedelta = timedelta(0)
    """Moments that differ by less count as the same on read-back (a clock goes on)."""
    decimals: int | None = None
    help: str = ""
    empty: str = ""
    """What a table says in place of rows while it has none."""
    manual: str = ""
    name: str = ""
    kind: Kind = Kind.TEXT
    columns: tuple[Field, ...] = ()
    row: type[msgspec.Struct] | None = None

    def limits(self) -> str:
        """The allowed values in words, for the form, the command line and the documentation."""
        if self.choices and not self.suggestions:
            return "one of " + ", ".join(choice.label for choice in self.choices)
        parts = []
        if self.minimum is not None and self.maximum is not None:
            parts.append(f"{_plain(self.minimum)} to {_plain(self.maximum)}{_spaced(self.unit)}")
        elif self.minimum is not None:
            parts.append(f"at least {_plain(self.minimum)}{_spaced(self.unit)}")
        elif self.maximum is not None:
            parts.append(f"at most {_plain(self.maximum)}{_spaced(self.unit)}")
        if self.max_length is not None:
            parts.append(f"at most {self.max_length} characters")
        if self.max_rows is not None:
            parts.append(f"at most {self.max_rows} rows")
        if self.pattern_help:
            parts.append(self.pattern_help)
        return ", ".join(parts)

    def show(self, value: Any) -> str:
        """The value in words, with its unit: the same everywhere."""
        if value is None:
            return "–"
        if self.secret:
            return "••••" if value else "unchanged"
        for choice in self.choices:
            if choice.value == value:
                return choice.label
        if self.kind is Kind.SWITCH:
            return "on" if value else "off"
        if self.kind is Kind.TABLE:
            return f"{len(value)} {'row' if len(value) == 1 else 'rows'}"
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        if self.lines and isinstance(value, str) and len(split_lines(value)) > 1:
            return f"{len(split_lines(value))} lines, {len(value)} characters"
        if isinstance(value, float):
            return (f"{value:.{self.decimals}f}" if self.decimals is not None else f"{value:g}") + _spaced(self.unit)
        return f"{value}{_spaced(self.unit)}"


def _plain(limit: float) -> str:
    """A limit with all its digits: 2147483647 and not 2.14748e+09."""
    return f"{limit:.15g}"


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""


_KINDS: Mapping[type, Kind] = {
    bool: Kind.SWITCH,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    str: Kind.TEXT,
    datetime: Kind.MOMENT,
}


@functools.cache
def fields_of(model: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The declared fields of a model, in order.

    Raises:
        TypeError: a field has no `Field`, or a type that no editor knows. Found by the first test that runs.
    """
    hints = get_type_hints(model, include_extras=True)
    return tuple(_declared(model, name, hints[name]) for name in model.__struct_fields__)


def _declared(model: type[msgspec.Struct], name: str, hint: Any) -> Field:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{model.__name__}.{name} declares no Field")
    base, *notes = get_args(hint)
    note = next((n for n in notes if isinstance(n, Field)), None)
    if note is None:
        raise TypeError(f"{model.__name__}.{name} declares no Field")
    if get_origin(base) in (Union, UnionType):
        base = next(part for part in get_args(base) if part is not type(None))
    if get_origin(base) is tuple:
        row = get_args(base)[0]
        return replace(note, name=name, kind=Kind.TABLE, row=row, columns=fields_of(row))
    if isinstance(base, type) and issubclass(base, Enum):
        choices = note.choices or tuple(Choice(member, str(member.value)) for member in base)
        return replace(note, name=name, kind=Kind.CHOICE, choices=choices)
    if note.choices:
        return replace(note, name=name, kind=Kind.CHOICE)
    if base not in _KINDS:
        raise TypeError(f"{model.__name__}.{name}: no editor for {base!r}")
    return replace(note, name=name, kind=_KINDS[base])


class Discreet(msgspec.Struct, frozen=True):
    """A model whose secret fields do not show when it is printed, as in a log or an error."""

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={'…' if field.secret and getattr(self, field.name) else repr(getattr(self, field.name))}"
            for field in fields_of(type(self))
        )
        return f"{type(self).__name__}({', '.join(shown)})"
