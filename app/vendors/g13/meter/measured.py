"""Reads the gateway's [value, unit] pairs into numbers of one unit (manual 6.3.54 to 6.3.62)."""

from __future__ import annotations

import math
from collections.abc import Mapping

Pair = tuple[float | str | None, str | None]
"""A value and its unit as the gateway writes them: values are strings, units may be empty or null."""

_PREFIXES: Mapping[str, float] = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}
_STEMS = ("wh", "varh", "vah", "w", "var", "va", "v", "a", "hz", "g")


def number(value: object) -> float | None:
    """The number that a value stands for; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except ValueError:
        return None
    return read if math.isfinite(read) else None


def factor(unit: str | None) -> float:
    """The prefix of a unit as a factor: 1000 for kWh, 1 for what is not known.

    Letters of units may come in any case ('KG', 'KWH'); of prefixes only mega and milli are told apart by theirs.
    """
    text = (unit or "").strip()
    head, rest = text[:1], text[1:]
    if text.lower() in _STEMS or rest.lower() not in _STEMS:
        return 1.0
    return _PREFIXES.get(head if head in "mM" else head.lower().replace("g", "G"), 1.0)


def measured(pair: Pair | None, unit: str) -> float | None:
    """The value of a pair in `unit`; None where there is no pair or no number.

    Only the prefix of the device's own unit counts. Its letters do not: it writes W for var and VA too.
    """
    value = None if pair is None else number(pair[0])
    return None if pair is None or value is None else value * factor(pair[1]) / factor(unit)


def whole(value: object) -> int | None:
    """The whole number that a value stands for; counters come as '3.00' (manual 6.3.58)."""
    read = number(value)
    return None if read is None else round(read)
