"""One quantity of up to five meters side by side, in one request (manual 6.3.16)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive, Archive, Column, ColumnKind, Period, Query, Records
from app.model.device import Meter
from app.model.errors import AccessDenied, DeviceFailed, InvalidValue
from app.model.field import Choice, Field
from app.model.section import AnySection
from app.vendors.g13.client import G13Client
from app.vendors.g13.gateway.obis import BY_KEY, QUANTITIES, REGISTER, Quantity

MOST_METERS = 5
_CHOICES = tuple(Choice(quantity.key, quantity.title) for quantity in QUANTITIES)
_SEPARATORS = re.compile(r"[,;\s]+")

Values = dict[str, tuple[float | str | None, ...]]
"""POST /gateway/execute: by serial the attributes that were asked for, as text (manual 6.3.16)."""


class Comparison(msgspec.Struct, frozen=True):
    """What is compared."""

    quantity: Annotated[str, Field("Quantity", choices=_CHOICES, manual="6.3.16")] = QUANTITIES[0].key
    meters: Annotated[
        str,
        Field(
            "Meters",
            help=f"Serial numbers with commas between, at most {MOST_METERS}; empty: the first {MOST_METERS}.",
            manual="6.3.16",
        ),
    ] = ""


async def _compare(client: G13Client, _: str, query: Query) -> Records:
    """The quantity of each meter, in the order asked for; NaN of a meter that has or gives none."""
    wanted = query.parameters or Comparison()
    quantity = BY_KEY.get(wanted.quantity)
    if quantity is None:
        raise InvalidValue("quantity", f"Quantity: '{wanted.quantity}' is not one that the gateway compares.")
    meters, notes = _chosen(await client.meters(), wanted.meters)
    values: Values = {}
    if meters:
        values = await _values(client, quantity, [meter.serial for meter in meters], notes)
    pairs = [values.get(meter.serial, ()) for meter in meters]
    unit = Column("unit", "Unit", width=6)
    return Records(
        (
            Column("meter", "Meter", width=18),
            Column("serial", "Serial number", width=18),
            Column("value", quantity.title, ColumnKind.NUMBER, decimals=quantity.decimals, plotted=True, width=14),
            unit,
        ),
        (
            [meter.alias or meter.serial for meter in meters],
            [meter.serial for meter in meters],
            [_number(pair) for pair in pairs],
            [_unit(quantity, pair) for pair in pairs],
        ),
        tuple(notes),
    )


def _chosen(registered: Sequence[Meter], text: str) -> tuple[list[Meter], list[str]]:
    """The meters that are meant, and what there is to say of them."""
    by_serial = {meter.serial: meter for meter in registered}
    serials = list(dict.fromkeys(part for part in _SEPARATORS.split(text) if part))
    if not serials:
        rest = len(registered) - MOST_METERS
        first = f"These are the first {MOST_METERS} of {len(registered)} meters; name others to see them."
        return list(registered[:MOST_METERS]), [first] if rest > 0 else []
    for serial in serials:
        if serial not in by_serial:
            raise InvalidValue("meters", f"Meters: {serial} is not registered.")
    if len(serials) > MOST_METERS:
        raise InvalidValue("meters", f"Meters: {len(serials)} are named, at most {MOST_METERS} are read at once.")
    return [by_serial[serial] for serial in serials], []


async def _values(client: G13Client, quantity: Quantity, serials: list[str], notes: list[str]) -> Values:
    """All in one request; where that fails, one by one, so that one meter does not hide the others.

    Raises:
        DeviceFailed, AccessDenied: not one of them can be read.
    """
    try:
        return await _execute(client, quantity, serials)
    except (DeviceFailed, AccessDenied):
        if len(serials) == 1:
            raise
    values: Values = {}
    failed: DeviceFailed | AccessDenied | None = None
    for serial in serials:
        try:
            values |= await _execute(client, quantity, [serial])
        except DeviceFailed as error:
            failed = error
            notes.append(f"Meter {serial} does not answer.")
        except AccessDenied as error:
            failed = error
            notes.append(f"Meter {serial} has no {quantity.title}, or this account may not look at it.")
    if not values and failed is not None:
        raise failed
    return values


async def _execute(client: G13Client, quantity: Quantity, serials: list[str]) -> Values:
    return await client.ask("/gateway/execute", request(quantity, serials), Values)


def request(quantity: Quantity, serials: list[str]) -> dict[str, object]:
    """The body that asks for a quantity of these meters."""
    return {
        "devices": serials,
        "obis": list(quantity.obis),
        "classid": REGISTER,
        "attributes": quantity.attributes,
    }


def _number(pair: Sequence[float | str | None]) -> float:
    try:
        return float(pair[0]) if pair and pair[0] is not None else math.nan
    except ValueError:
        return math.nan


def _unit(quantity: Quantity, pair: Sequence[float | str | None]) -> str:
    """The device's unit. It calls reactive and apparent quantities W or Wh: those are var and VA."""
    sent = str(pair[1] or "") if len(pair) > 1 else ""
    if not sent:
        return quantity.unit if pair else ""
    if quantity.unit == "°":
        return quantity.unit
    bare = sent.lstrip("kMG")
    if bare in ("W", "Wh") and quantity.unit.startswith(("var", "VA")):
        return sent.removesuffix(bare) + quantity.unit
    return sent


COMPARE = Archive(
    key="g13.compare",
    title="Compare meters",
    read=_compare,
    period=Period.NONE,
    parameters=Comparison,
    longest=MOST_METERS,
    shape="bars",
    group="Gateway",
    icon="compare",
    help=f"One quantity of up to {MOST_METERS} meters, read by the gateway in one go.",
    manual="6.3.16",
    resources=("POST /gateway/execute", "GET /meters"),
)

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = (COMPARE,)
ACTIONS: tuple[AnyAction, ...] = ()
