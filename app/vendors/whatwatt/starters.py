"""Templates to begin with: what the device has now, as JSON or as line protocol, within the length that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from app.vendors.whatwatt.template import EMPTY, LONGEST, placeholder
from app.vendors.whatwatt.variables import DOCUMENTED, Variable, is_text

_USUAL = (
    ("id", "sys.id"),
    ("meter", "meter.id"),
    ("time", "timestamp"),
    ("tariff", "tariff"),
    ("power_in", "1_7_0"),
    ("power_out", "2_7_0"),
    ("energy_in", "1_8_0"),
    ("energy_out", "2_8_0"),
    ("voltage_l1", "32_7_0"),
    ("voltage_l2", "52_7_0"),
    ("voltage_l3", "72_7_0"),
    ("current_l1", "31_7_0"),
    ("current_l2", "51_7_0"),
    ("current_l3", "71_7_0"),
)
"""A name of ours, and the variable: what a report usually is about."""
_ALWAYS = 8
"""So many of them are offered even where nothing is known of the meter."""
_TWICE = frozenset({"energy.in", "energy.out", "power.in", "power.out"})
"""Other names of OBIS registers."""


class Starter(msgspec.Struct, frozen=True):
    """One way to begin. `make(variables)` gives the template, at most 1023 bytes long."""

    key: str
    title: str
    make: Callable[[Sequence[Variable]], str]


def everything(variables: Sequence[Variable]) -> str:
    """What has a value, under the device's own names, as much as fits; a dot in a name begins an object of its own."""
    names: list[str] = []
    for name in _having_values(variables):
        if name not in _TWICE and len(_nested((*names, name)).encode()) <= LONGEST:
            names.append(name)
    return _nested(names)


def flat(variables: Sequence[Variable]) -> str:
    """The usual values under plain names, one a line."""
    rows = [f'  "{ours}": {_value(name)}' for ours, name in _usual(variables)]
    return "{\n" + ",\n".join(rows) + "\n}"


def line_protocol(variables: Sequence[Variable]) -> str:
    """The usual values for a database of time series: what identifies first, then numbers, then the time in ns."""
    usual = dict(_usual(variables))
    fields = [
        f"{ours}={placeholder(name)}" for ours, name in usual.items() if ours not in ("id", "meter", "time", "tariff")
    ]
    return f"whatwatt,id={placeholder('sys.id')} {','.join(fields)} {placeholder('timestamp')}000000000"


STARTERS = (
    Starter("flat", "JSON, the usual values", flat),
    Starter("everything", "JSON, what has a value now, as much as fits", everything),
    Starter("line_protocol", "Line protocol, the usual values", line_protocol),
)


def _having_values(variables: Iterable[Variable]) -> list[str]:
    return [one.name for one in variables if one.value not in EMPTY and one.name in DOCUMENTED]


def _usual(variables: Sequence[Variable]) -> list[tuple[str, str]]:
    known = set(_having_values(variables))
    return [(ours, name) for ours, name in _USUAL if name in known] or list(_USUAL[:_ALWAYS])


def _value(name: str) -> str:
    return f'"{placeholder(name)}"' if is_text(name) else placeholder(name)


def _nested(names: Iterable[str]) -> str:
    tree: dict[str, Any] = {}
    for name in names:
        *way, last = name.split(".")
        inner = tree
        for key in way:
            inner = inner.setdefault(key, {})
        inner[last] = name
    return _written(tree, "")


def _written(tree: dict[str, Any], indent: str) -> str:
    rows = [
        f'{indent} "{key}": {_written(value, indent + " ") if isinstance(value, dict) else _value(value)}'
        for key, value in tree.items()
    ]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
