"""Measured values in words: number and unit, in the user's locale, with the digits that mean something."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale

from app.model.quantity import Unit

NOTHING = "–"
_DECIMALS = {
    Unit.WATT: 0,
    Unit.VAR: 0,
    Unit.VOLT_AMPERE: 0,
    Unit.VOLT: 1,
    Unit.AMPERE: 2,
    Unit.WATT_HOUR: 0,
    Unit.VAR_HOUR: 0,
    Unit.HERTZ: 2,
    Unit.DEGREE: 1,
    Unit.CELSIUS: 1,
    Unit.PERCENT: 1,
    Unit.HOUR: 0,
    Unit.RATIO: 3,
}
_KILO_FROM = 100_000.0
_WITH_KILO = frozenset({Unit.WATT, Unit.VAR, Unit.VOLT_AMPERE, Unit.WATT_HOUR, Unit.VAR_HOUR})


def value_parts(value: float, unit: Unit) -> tuple[str, str]:
    """Number and unit: ('230.1', 'V'), ('123.45', 'kW'); a dash where there is no value."""
    if not math.isfinite(value):
        return NOTHING, unit.value
    if unit in _WITH_KILO and abs(value) >= _KILO_FROM:
        return QLocale().toString(value / 1000, "f", 2), f"k{unit.value}"
    # Adding zero makes -0.0 a plain zero.
    return QLocale().toString(round(value, _DECIMALS[unit]) + 0.0, "f", _DECIMALS[unit]), unit.value


def value_text(value: float, unit: Unit) -> str:
    """The value with its unit."""
    number, name = value_parts(value, unit)
    return f"{number} {name}".rstrip()


def duration_text(seconds: float) -> str:
    """A time that has passed, in the unit that suits it: '0.4 s', '12 s', '5 min 10 s', '2 h 5 min'."""
    locale = QLocale()
    if seconds < 10:
        return f"{locale.toString(max(seconds, 0.0), 'f', 1)} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
