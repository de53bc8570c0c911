"""Makes the models of sections, and the quantities of feeds, from the tables of documented values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec

from app.model.field import Field
from app.model.quantity import Phase, Quantity, Unit
from app.vendors.ingecon.tables import Value

_UNITS = {unit.value: unit for unit in Unit}
Member = tuple[str, Any, Any]


def unit_of(value: Value) -> Unit:
    """The unit that plots group by; what has none is a ratio."""
    return _UNITS[value.unit]


def member(value: Value, manual: str) -> Member:
    """One value as a field of a model."""
    note = Field(
        value.label,
        unit=value.unit,
        decimals=value.decimals,
        help=meaning(value),
        manual=manual,
        read_only=True,
    )
    return value.key, Annotated[(float if value.number else str) | None, note], None


def meaning(value: Value) -> str:
    """What it is, and the device's own name of it: 'Voltage of the battery (Vbatt).'"""
    return f"{value.help.removesuffix('.') or value.label} ({value.name})."


def model(name: str, title: str, members: Iterable[Member]) -> type[msgspec.Struct]:
    """A frozen model with these fields, all with defaults."""
    made = msgspec.defstruct(name, list(members), frozen=True, module=__name__)
    made.__doc__ = title
    return made


def quantity(value: Value, suffix: str = "", phase: Phase | None = None) -> Quantity:
    """A value as it is plotted; with a phase, that phase's part of it."""
    if phase is None:
        return Quantity(value.key + suffix, value.label, unit_of(value), value.phase)
    return Quantity(value.key + suffix, f"{value.label} {phase.value}".rstrip(), unit_of(value), phase)


def numbers(values: Sequence[Value]) -> tuple[Value, ...]:
    """Those that are measured numbers."""
    return tuple(value for value in values if value.number)
