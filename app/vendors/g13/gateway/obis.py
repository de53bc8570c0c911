"""The quantities that the gateway reads of several meters at once, by their OBIS codes (manual 6.3.16, IEC 62056-61).

The manual names more quantities than the standard has codes for: line-to-line voltages, current angles and quadrants,
net reactive and apparent energy, conversion factors and what follows from them, resettable registers. Their codes are
the maker's own and not in the manual; they are not offered.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

Obis = tuple[int, int, int, int, int, int]

REGISTER = 3
"""The interface class of all of them: attribute 2 is the value, attribute 3 its unit."""
VALUE = 2
UNIT = 3

_LINES = (1, 2, 3)
_TARIFFS = (1, 2, 3, 4)
_NOW = 7
"""Group D: the momentary value."""
_TOTAL = 8
"""Group D: the register since the beginning."""


class Quantity(msgspec.Struct, frozen=True):
    """One quantity. `unit` is what its values are in, bare of k and M; empty where they have none."""

    key: str
    title: str
    obis: Obis
    unit: str = ""
    decimals: int = 0

    @property
    def attributes(self) -> list[int]:
        """Which attributes of the register are asked for."""
        return [VALUE, UNIT] if self.unit else [VALUE]


def _obis(c: int, d: int, e: int = 0) -> Obis:
    return (1, 0, c, d, e, 255)


def _now() -> Iterator[Quantity]:
    for line in _LINES:
        step = 20 * (line - 1)
        yield Quantity(f"voltage_l{line}", f"Voltage L{line}", _obis(32 + step, _NOW), "V", 1)
    for line in _LINES:
        yield Quantity(f"current_l{line}", f"Current L{line}", _obis(31 + 20 * (line - 1), _NOW), "A", 2)
    yield Quantity("current_neutral", "Current neutral", _obis(91, _NOW), "A", 2)
    for kind, unit, total, first in (("active", "W", 16, 36), ("reactive", "var", 3, 23), ("apparent", "VA", 9, 29)):
        name = f"{kind.capitalize()} power"
        yield Quantity(f"{kind}_power_total", f"{name} total", _obis(total, _NOW), unit)
        for line in _LINES:
            yield Quantity(f"{kind}_power_l{line}", f"{name} L{line}", _obis(first + 20 * (line - 1), _NOW), unit)
    yield Quantity("power_factor_total", "Power factor total", _obis(13, _NOW), "", 3)
    for line in _LINES:
        yield Quantity(f"power_factor_l{line}", f"Power factor L{line}", _obis(33 + 20 * (line - 1), _NOW), "", 3)
    for line in _LINES:
        title = f"Phase angle voltage L{line}"
        yield Quantity(f"phase_angle_voltage_l{line}", title, _obis(81, _NOW, line - 1), "°", 1)
    for line, e in zip(_LINES, (4, 15, 26), strict=True):
        yield Quantity(f"phase_angle_power_l{line}", f"Phase angle power L{line}", _obis(81, _NOW, e), "°", 1)
    yield Quantity("frequency", "Frequency", _obis(14, _NOW), "Hz", 2)


def _energy() -> Iterator[Quantity]:
    for kind, way, unit, total, tariffs in (
        ("active", "import", "Wh", 1, _TARIFFS),
        ("active", "export", "Wh", 2, _TARIFFS),
        ("active", "net", "Wh", 16, ()),
        ("reactive", "import", "varh", 3, _TARIFFS),
        ("reactive", "export", "varh", 4, _TARIFFS),
        ("apparent", "import", "VAh", 9, ()),
        ("apparent", "export", "VAh", 10, ()),
    ):
        key, name = f"{kind}_energy_{way}", f"{kind.capitalize()} energy {way}"
        yield Quantity(f"{key}_total", f"{name} total", _obis(total, _TOTAL), unit, 2)
        for line in _LINES:
            yield Quantity(f"{key}_l{line}", f"{name} L{line}", _obis(total + 20 * line, _TOTAL), unit, 2)
        for tariff in tariffs:
            title = f"{name} tariff {tariff}"
            yield Quantity(f"{key}_tariff{tariff}", title, _obis(total, _TOTAL, tariff), unit, 2)


QUANTITIES: tuple[Quantity, ...] = (*_now(), *_energy())
BY_KEY = {quantity.key: quantity for quantity in QUANTITIES}
