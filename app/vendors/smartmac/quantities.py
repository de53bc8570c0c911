"""The quantities that a meter measures, by the keys of its answer: of one phase, of three, and in all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.model.quantity import Phase, Quantity, Unit
from app.vendors.smartmac.reply import Reply

FEED = "values"
LINES = ((Phase.L1, "1"), (Phase.L2, "2"), (Phase.L3, "3"))


@dataclass(frozen=True)
class Source:
    """One quantity and how it follows from an answer."""

    quantity: Quantity
    value: Callable[[Reply], float]


def _told(key: str) -> Callable[[Reply], float]:
    return lambda reply: reply.number(key)


def _in_all(*keys: str) -> Callable[[Reply], float]:
    """The first of the totals that the meter tells; else the sum of the three lines, `#` standing for the number."""

    def value(reply: Reply) -> float:
        for key in keys:
            if "#" not in key and not math.isnan(reply.number(key)):
                return reply.number(key)
        lines = [reply.number(key.replace("#", line)) for key in keys if "#" in key for _, line in LINES]
        known = [number for number in lines if not math.isnan(number)]
        return round(sum(known), 3) if known else math.nan

    return value


def balance(imported: float, exported: float) -> float:
    """Import positive. A meter that tells a negative power has the reverse power in it already."""
    if math.isnan(imported) and math.isnan(exported):
        return math.nan
    taken, given = (0.0 if math.isnan(number) else number for number in (imported, exported))
    return taken if taken < 0 else round(taken - given, 3) + 0.0


def _both(imported: Callable[[Reply], float], exported: Callable[[Reply], float]) -> Callable[[Reply], float]:
    return lambda reply: balance(imported(reply), exported(reply))


def _total(reply: Reply) -> float:
    """The meter's own total, else the sum of the lines' balances."""
    own = balance(reply.number("W"), reply.number("rW"))
    if not math.isnan(own):
        return own
    lines = [balance(reply.number(f"W{line}"), reply.number(f"rW{line}")) for _, line in LINES]
    known = [number for number in lines if not math.isnan(number)]
    return round(sum(known), 3) if known else math.nan


def _lines(key: str, title: str, unit: Unit, wire: str) -> tuple[Source, ...]:
    return tuple(
        Source(Quantity(f"{key}.{phase.value.lower()}", f"{title} {phase.value}", unit, phase), _told(f"{wire}{line}"))
        for phase, line in LINES
    )


def _one(key: str, title: str, unit: Unit, value: Callable[[Reply], float]) -> tuple[Source, ...]:
    return (Source(Quantity(key, title, unit), value),)


SOURCES: tuple[Source, ...] = (
    *_one("power.total", "Active power", Unit.WATT, _total),
    *(
        Source(
            Quantity(f"power.{phase.value.lower()}", f"Active power {phase.value}", Unit.WATT, phase),
            _both(_told(f"W{line}"), _told(f"rW{line}")),
        )
        for phase, line in LINES
    ),
    *_one("power.import", "Active power, import", Unit.WATT, _in_all("W", "W#")),
    *_lines("power.import", "Active power, import", Unit.WATT, "W"),
    *_one("power.export", "Active power, export", Unit.WATT, _in_all("rW", "rW#")),
    *_lines("power.export", "Active power, export", Unit.WATT, "rW"),
    *_one("voltage", "Voltage", Unit.VOLT, _told("V")),
    *_lines("voltage", "Voltage", Unit.VOLT, "V"),
    *_one("current", "Current", Unit.AMPERE, _told("A")),
    *_lines("current", "Current", Unit.AMPERE, "A"),
    *_one("power_factor", "Power factor", Unit.RATIO, _told("PF")),
    *_lines("power_factor", "Power factor", Unit.RATIO, "PF"),
    *_one("frequency", "Frequency", Unit.HERTZ, _told("Fr")),
    *_lines("frequency", "Frequency", Unit.HERTZ, "Fr"),
    *_one("energy.import", "Active energy, import", Unit.WATT_HOUR, _in_all("TWh", "Wh", "Wh#")),
    *_lines("energy.import", "Active energy, import", Unit.WATT_HOUR, "Wh"),
    *_one("energy.export", "Active energy, export", Unit.WATT_HOUR, _in_all("rTWh", "rWh", "rWh#")),
    *_lines("energy.export", "Active energy, export", Unit.WATT_HOUR, "rWh"),
    *_one("temperature", "Temperature inside", Unit.CELSIUS, _told("T")),
)

QUANTITIES: tuple[Quantity, ...] = tuple(source.quantity for source in SOURCES)
PLOTTED = (
    "power.total",
    "voltage",
    "current",
    *(f"{key}.{phase.value.lower()}" for key in ("power", "voltage", "current") for phase, _ in LINES),
)


def values_of(reply: Reply) -> tuple[float, ...]:
    """The values of an answer in the order of `QUANTITIES`; NaN where the meter tells none."""
    return tuple(source.value(reply) for source in SOURCES)
