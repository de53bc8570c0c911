"""What a meter measures now: power, voltage, current, angles (manual 6.3.59, 6.3.60)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection, Scope, Section
from app.vendors.g13.client import G13Client, Values
from app.vendors.g13.meter.harmonics import CURRENT_HARMONICS, VOLTAGE_HARMONICS
from app.vendors.g13.meter.measured import Pair, measured, whole


class PowerRow(msgspec.Struct, frozen=True):
    """One kind of power by line."""

    kind: Annotated[str, Field("Power", read_only=True, manual="6.3.59")]
    l1: Annotated[float | None, Field("L1", read_only=True, decimals=0, manual="6.3.59")]
    l2: Annotated[float | None, Field("L2", read_only=True, decimals=0, manual="6.3.59")]
    l3: Annotated[float | None, Field("L3", read_only=True, decimals=0, manual="6.3.59")]
    total: Annotated[float | None, Field("Total", read_only=True, decimals=0, manual="6.3.59")]
    unit: Annotated[str, Field("Unit", read_only=True, manual="6.3.59")]


class Power(msgspec.Struct, frozen=True):
    """Power at one moment."""

    powers: Annotated[
        tuple[PowerRow, ...],
        Field("Power", read_only=True, help="Negative active power is fed in.", manual="6.3.59"),
    ]


_KINDS = (("Active", "active", "W"), ("Reactive", "reactive", "var"), ("Apparent", "apparent", "VA"))
_POWER_COLUMNS = ("l1", "l2", "l3", "total")


def power_rows(reply: Values) -> tuple[PowerRow, ...]:
    """The kinds that the meter measures. The device writes W for all of them; here stands what it is."""
    return tuple(
        PowerRow(kind=words, unit=unit, **{column: measured(found.get(column), unit) for column in _POWER_COLUMNS})
        for words, kind, unit in _KINDS
        if (found := reply.get(kind))
    )


async def _read_power(client: G13Client, serial: str) -> Power:
    return Power(power_rows(await client.power(serial)))


POWER = Section(
    key="g13.power",
    title="Power",
    model=Power,
    read=_read_power,
    scope=Scope.METER,
    group="Instantaneous",
    icon="power",
    help="Active, reactive and apparent power of this moment.",
    manual="6.3.59",
    needs_read=("read ACTIVE_POWER_TOTAL",),
    resources=("GET /meters/<serial>/power",),
)


class InstrumentRow(msgspec.Struct, frozen=True):
    """What is measured on a line, between two lines, in the neutral, or of all together."""

    line: Annotated[str, Field("Line", read_only=True, manual="6.3.60")]
    voltage: Annotated[float | None, Field("Voltage", unit="V", read_only=True, decimals=1, manual="6.3.60")]
    current: Annotated[float | None, Field("Current", unit="A", read_only=True, decimals=2, manual="6.3.60")]
    factor: Annotated[float | None, Field("Power factor", read_only=True, decimals=3, manual="6.3.60")]
    power_angle: Annotated[
        float | None,
        Field(
            "φ",
            unit="°",
            read_only=True,
            decimals=1,
            help="Angle between active and apparent power.",
            manual="6.3.60",
        ),
    ]
    voltage_angle: Annotated[
        float | None,
        Field(
            "U angle",
            unit="°",
            read_only=True,
            decimals=1,
            help="Against the voltage of L1; 0, −120 and +120 turn to the right.",
            manual="6.3.60",
        ),
    ]
    current_angle: Annotated[
        float | None,
        Field("I angle", unit="°", read_only=True, decimals=1, help="Against the voltage of L1.", manual="6.3.60"),
    ]
    quadrant: Annotated[
        str,
        Field(
            "Quadrant",
            read_only=True,
            help="P is active, Q reactive power; in: drawn from the network, out: fed into it.",
            manual="6.3.60",
        ),
    ]


class Instrument(msgspec.Struct, frozen=True):
    """Voltages, currents and angles at one moment."""

    lines: Annotated[tuple[InstrumentRow, ...], Field("Lines", read_only=True, manual="6.3.60")]
    frequency: Annotated[float | None, Field("Frequency", unit="Hz", read_only=True, decimals=2, manual="6.3.60")]


_ROWS = (
    ("L1", "l1"),
    ("L2", "l2"),
    ("L3", "l3"),
    ("Neutral", "neutral"),
    ("L1–L2", "l1-l2"),
    ("L2–L3", "l2-l3"),
    ("L1–L3", "l1-l3"),
    ("Total", "total"),
)
QUADRANTS = {
    0: "no load",
    1: "1: P in, Q in",
    2: "2: P out, Q in",
    3: "3: P out, Q out",
    4: "4: P in, Q out",
}


def quadrant_words(pair: Pair | None) -> str:
    """A quadrant; an unknown number is shown as it came, none where the line has none."""
    if pair is None:
        return ""
    known = whole(pair[0])
    return QUADRANTS.get(-1 if known is None else known, f"quadrant {pair[0]}")


def instrument_rows(reply: Values) -> tuple[InstrumentRow, ...]:
    """The lines that the meter has, in a fixed order."""
    return tuple(
        InstrumentRow(
            words,
            voltage=measured(found.get("voltage"), "V"),
            current=measured(found.get("current"), "A"),
            factor=measured(found.get("powerfactor"), ""),
            power_angle=measured(found.get("phaseanglepower"), "deg"),
            voltage_angle=measured(found.get("phaseanglevoltage"), "deg"),
            current_angle=measured(found.get("phaseanglecurrent"), "deg"),
            quadrant=quadrant_words(found.get("currentquadrant")),
        )
        for words, name in _ROWS
        if (found := reply.get(name))
    )


async def _read_instrument(client: G13Client, serial: str) -> Instrument:
    reply = await client.instrument(serial)
    return Instrument(instrument_rows(reply), measured(reply.get("frequency", {}).get("frequency"), "Hz"))


INSTRUMENT = Section(
    key="g13.instrument",
    title="Instrument values",
    model=Instrument,
    read=_read_instrument,
    scope=Scope.METER,
    group="Instantaneous",
    icon="gauge",
    help="Voltages, currents, power factors and angles of this moment.",
    manual="6.3.60",
    needs_read=("read VOLTAGE_L1",),
    resources=("GET /meters/<serial>/instrument",),
)

SECTIONS: tuple[AnySection, ...] = (POWER, INSTRUMENT, VOLTAGE_HARMONICS, CURRENT_HARMONICS)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
