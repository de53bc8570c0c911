"""Voltage and current harmonics by order and line, in percent of the fundamental (manual 6.3.61, 6.3.62).

The manual does not say which order the first value is. Here it is the second, as the fundamental is always 100 %;
where a meter does send that first, it is known by it, and the orders count from 1. Of the 18 or 19 values that
replies carry, meters use 16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from app.model.field import Field
from app.model.section import Scope, Section
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.measured import number

MAX_HARMONICS = 16
_FUNDAMENTAL_PERCENT = 90.0


class LineHarmonics(msgspec.Struct, frozen=True):
    """One line of a reply: values in percent as texts, and the total distortion."""

    harmonics: tuple[float | str | None, ...] = ()
    thd: float | str | None = None


class VoltageOrder(msgspec.Struct, frozen=True):
    """One order of voltage harmonics."""

    order: Annotated[str, Field("Order", read_only=True, manual="6.3.61")]
    l1: Annotated[float | None, Field("L1", unit="%", read_only=True, decimals=1, manual="6.3.61")]
    l2: Annotated[float | None, Field("L2", unit="%", read_only=True, decimals=1, manual="6.3.61")]
    l3: Annotated[float | None, Field("L3", unit="%", read_only=True, decimals=1, manual="6.3.61")]
    l1_l2: Annotated[float | None, Field("L1–L2", unit="%", read_only=True, decimals=1, manual="6.3.61")]
    l2_l3: Annotated[float | None, Field("L2–L3", unit="%", read_only=True, decimals=1, manual="6.3.61")]
    l1_l3: Annotated[float | None, Field("L1–L3", unit="%", read_only=True, decimals=1, manual="6.3.61")]


class VoltageHarmonics(msgspec.Struct, frozen=True):
    """Voltage harmonics; the first row is the total distortion."""

    orders: Annotated[
        tuple[VoltageOrder, ...], Field("Voltage harmonics", read_only=True, help="First row: THD.", manual="6.3.61")
    ]


class CurrentOrder(msgspec.Struct, frozen=True):
    """One order of current harmonics."""

    order: Annotated[str, Field("Order", read_only=True, manual="6.3.62")]
    l1: Annotated[float | None, Field("L1", unit="%", read_only=True, decimals=1, manual="6.3.62")]
    l2: Annotated[float | None, Field("L2", unit="%", read_only=True, decimals=1, manual="6.3.62")]
    l3: Annotated[float | None, Field("L3", unit="%", read_only=True, decimals=1, manual="6.3.62")]
    neutral: Annotated[float | None, Field("Neutral", unit="%", read_only=True, decimals=1, manual="6.3.62")]


class CurrentHarmonics(msgspec.Struct, frozen=True):
    """Current harmonics; the first row is the total distortion."""

    orders: Annotated[
        tuple[CurrentOrder, ...], Field("Current harmonics", read_only=True, help="First row: THD.", manual="6.3.62")
    ]


THD = "THD"
VOLTAGE_LINES = ("l1", "l2", "l3", "l1-l2", "l2-l3", "l1-l3")
CURRENT_LINES = ("l1", "l2", "l3", "neutral")


def orders(reply: Mapping[str, LineHarmonics], lines: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Rows of an order's name and one value for each line: the total distortion, then 16 orders at most."""
    columns = [reply.get(line, LineHarmonics()) for line in lines]
    length = max((len(column.harmonics) for column in columns), default=0)
    first = 1 if any((number(c.harmonics[0]) or 0.0) >= _FUNDAMENTAL_PERCENT for c in columns if c.harmonics) else 2
    rows: list[tuple[Any, ...]] = [(THD, *(number(column.thd) for column in columns))]
    for index in range(min(length, MAX_HARMONICS)):
        values = (number(c.harmonics[index]) if index < len(c.harmonics) else None for c in columns)
        rows.append((f"{first + index}.", *values))
    return rows


async def _read_voltage(client: G13Client, serial: str) -> VoltageHarmonics:
    reply = await client.get(meter_path(serial, "harmonics/voltage"), dict[str, LineHarmonics])
    return VoltageHarmonics(tuple(VoltageOrder(*row) for row in orders(reply, VOLTAGE_LINES)))


async def _read_current(client: G13Client, serial: str) -> CurrentHarmonics:
    reply = await client.get(meter_path(serial, "harmonics/current"), dict[str, LineHarmonics])
    return CurrentHarmonics(tuple(CurrentOrder(*row) for row in orders(reply, CURRENT_LINES)))


VOLTAGE_HARMONICS = Section(
    key="g13.voltage_harmonics",
    title="Voltage harmonics",
    model=VoltageHarmonics,
    read=_read_voltage,
    scope=Scope.METER,
    group="Instantaneous",
    icon="harmonics",
    help="In percent of the fundamental. EN 50160 allows a total distortion (THD) of 8 % in public networks.",
    manual="6.3.61",
    needs_read=("read HARMONICS_VOLTAGE_L1",),
    resources=("GET /meters/<serial>/harmonics/voltage",),
)

CURRENT_HARMONICS = Section(
    key="g13.current_harmonics",
    title="Current harmonics",
    model=CurrentHarmonics,
    read=_read_current,
    scope=Scope.METER,
    group="Instantaneous",
    icon="harmonics",
    help="In percent of the fundamental. The third, ninth and fifteenth order add up in the neutral.",
    manual="6.3.62",
    needs_read=("read HARMONICS_CURRENT_L1",),
    resources=("GET /meters/<serial>/harmonics/current",),
)
