"""A section: one settable (or readable) topic of a device, declared once as data.

From the declaration come the form, the command line, the difference, the checks before sending, the read-back,
the journal entry and the template. The model of a section is a frozen `msgspec.Struct` whose fields are
annotated with a `Field`:

    class Clock(msgspec.Struct, frozen=True):
        time: Annotated[datetime, Field("Date and time", help="...", manual="6.3.12")]
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

M = TypeVar("M", bound=msgspec.Struct)
C = TypeVar("C")


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
    pattern: str = ""
    pattern_help: str = ""
    choices: tuple[Choice, ...] = ()
    suggestions: bool = False
    """The choices are examples; other values of the same type are shown and kept as they came."""
    max_rows: int | None = None
    row_key: str = ""
    """The column that names a row; the order of rows then means nothing."""
    read_only: bool = False
    secret: bool = False
    tolerance: timedelta = timedelta(0)
    """Moments that differ by less count as the same on read-back (a clock goes on)."""
    decimals: int | None = None
    help: str = ""
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
            parts.append(f"{self.minimum:g} to {self.maximum:g}{_spaced(self.unit)}")
        elif self.minimum is not None:
            parts.append(f"at least {self.minimum:g}{_spaced(self.unit)}")
        elif self.maximum is not None:
            parts.append(f"at most {self.maximum:g}{_spaced(self.unit)}")
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
        if isinstance(value, float):
            return (f"{value:.{self.decimals}f}" if self.decimals is not None else f"{value:g}") + _spaced(self.unit)
        return f"{value}{_spaced(self.unit)}"


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


class Scope(Enum):
    """Whose setting it is: the device's own, or one meter's behind it."""

    DEVICE = "device"
    METER = "meter"


class Step(msgspec.Struct, frozen=True):
    """One request that changes something. Plain data: shown before sending, kept in the journal.

    `secret` names the keys of `body` whose values are never shown or kept.
    """

    title: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    fields: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Step({self.title!r}, {self.method!r}, {self.path!r}, {self.shown_body()!r}, {self.fields!r})"

    def shown_body(self) -> dict[str, Any] | None:
        """The body with its secrets struck out."""
        if self.body is None:
            return None
        return {key: "…" if key in self.secret else value for key, value in self.body.items()}


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a draft, and where. `field` may name a table's cell: `channels[3].quantity`.

    A warning is shown but does not stop the sending.
    """

    field: str
    message: str
    warning: bool = False


class Change(msgspec.Struct, frozen=True):
    """One field of a section, as it is and as it shall be."""

    field: str
    before: Any
    after: Any


class Capabilities(msgspec.Struct, frozen=True):
    """What a device or meter offers to the account in use.

    `offered` None means that it is not known: then everything is tried. `may_write` is false for an account
    that may only look, and `reason` says so in words.
    """

    offered: frozenset[str] | None = None
    may_write: bool = True
    reason: str = ""


class Support(msgspec.Struct, frozen=True):
    """Whether a section can be read and written here, and if not, why, in words."""

    readable: bool
    writable: bool
    reason: str = ""


def _no_problems(_: Any) -> list[Problem]:
    return []


def _erases_nothing(_before: Any, _after: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Section(Generic[M, C]):
    """One topic of a device.

    `read(client, target)` gives the model; `plan(before, after, target)` gives the smallest list of requests that
    turns `before` into `after` (None: nothing can be set). `target` is the meter's serial, or the device's own
    id for a section of scope DEVICE. `erases` names what the device throws away when these are sent.
    `needs_read` and `needs_write` are capabilities as the vendor names them. `resources` are the requests
    that are used, as the manual writes them. `now` makes a value 'as of this computer', such as a clock. `summary` says
    under the form what the values amount to.
    """

    key: str
    title: str
    model: type[M]
    read: Callable[[C, str], Awaitable[M]]
    plan: Callable[[M, M, str], list[Step]] | None = None
    problems: Callable[[M], list[Problem]] = _no_problems
    erases: Callable[[M, M], tuple[str, ...]] = _erases_nothing
    normalise: Callable[[M], M] | None = None
    """Makes values that mean the same the same: a weekday where no week is used. Done before anything is planned."""
    now: Callable[[M], M] | None = None
    now_label: str = ""
    summary: Callable[[M], str] | None = None
    scope: Scope = Scope.DEVICE
    group: str = "Settings"
    help: str = ""
    manual: str = ""
    icon: str = ""
    needs_read: tuple[str, ...] = ()
    needs_write: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    fields: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", fields_of(self.model))

    def field(self, name: str) -> Field:
        """The declared field of that name; `channels[3].level` finds the table's column.

        Raises:
            KeyError: there is none.
        """
        table, _, column = name.partition(".")
        plain = table.partition("[")[0]
        found = next((f for f in self.fields if f.name == plain), None)
        if found is None:
            raise KeyError(name)
        if not column:
            return found
        return next(c for c in found.columns if c.name == column)

    def support(self, capabilities: Capabilities) -> Support:
        """Can this be read and written, given what the device offers to this account?"""
        offered = capabilities.offered
        if offered is not None:
            missing = ", ".join(need for need in self.needs_read if need not in offered)
            if missing:
                return Support(False, False, f"This type of meter has no {self.title.lower()} (it lacks: {missing}).")
        if self.plan is None:
            return Support(True, False, "")
        if not capabilities.may_write:
            return Support(True, False, capabilities.reason or "This account may only look.")
        if offered is not None:
            missing = ", ".join(need for need in self.needs_write if need not in offered)
            if missing:
                return Support(True, False, f"This type of meter cannot be set so (it lacks: {missing}).")
        return Support(True, True, "")


AnySection = Section[Any, Any]
