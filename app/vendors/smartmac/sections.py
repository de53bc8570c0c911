"""The meter's pages, all from its last answer, and how often it is asked."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from app.model.field import Choice, Field
from app.model.quantity import Phase
from app.model.section import AnySection, Problem, Section, Step
from app.vendors.smartmac.client import (
    EXTENDED_S,
    KEEP,
    PACE,
    STANDARD_S,
    SmartMacClient,
    Snapshot,
    moment,
)
from app.vendors.smartmac.quantities import QUANTITIES, values_of
from app.vendors.smartmac.reply import Value, kind_of, quantity_key, relay_words

M = TypeVar("M", bound=msgspec.Struct)

GET_DATA = "GET /?page=getdata&devid=<id>&devpass=<PIN>"
CLOCK_OFF_S = 300
MANUAL = "API"

Text = str | None
Number = float | None


class LineRow(msgspec.Struct, frozen=True):
    """One quantity on each line and in all, as the meter tells it; '' where it tells none."""

    key: Annotated[str, Field("Key", help="The meter's own, without the number of the line", manual=MANUAL)]
    name: Annotated[str, Field("Name", manual=MANUAL)]
    l1: Annotated[str, Field("L1", manual=MANUAL)]
    l2: Annotated[str, Field("L2", manual=MANUAL)]
    l3: Annotated[str, Field("L3", manual=MANUAL)]
    total: Annotated[str, Field("Total", manual=MANUAL)]
    unit: Annotated[str, Field("Unit", manual=MANUAL)]


class Row(msgspec.Struct, frozen=True):
    """One value, as the meter tells it."""

    key: Annotated[str, Field("Key", manual=MANUAL)]
    name: Annotated[str, Field("Name", manual=MANUAL)]
    value: Annotated[str, Field("Value", manual=MANUAL)]
    unit: Annotated[str, Field("Unit", manual=MANUAL)]


class Values(msgspec.Struct, frozen=True):
    """Everything that the meter measures, in its own order: by line, then what belongs to no line."""

    read_at: Annotated[Text, Field("Read", help="By this computer's clock")] = None
    again_at: Annotated[
        Text, Field("May be asked again", help="The meter is asked rarely; until then this stays what it is")
    ] = None
    lines: Annotated[
        tuple[LineRow, ...], Field("By line", row_key="key", empty="This meter tells nothing by line.", manual=MANUAL)
    ] = ()
    values: Annotated[
        tuple[Row, ...],
        Field(
            "Values of the whole meter",
            row_key="key",
            help="Under the meter's own names, known to us or not",
            manual=MANUAL,
        ),
    ] = ()


class Energy(msgspec.Struct, frozen=True):
    """The registers. What a meter does not tell stays empty; a total that it does not tell is the sum of the lines."""

    import_total: Annotated[
        Number, Field("Import", unit="Wh", decimals=0, help="The meter's total, or the sum of its lines", manual=MANUAL)
    ] = None
    import_l1: Annotated[Number, Field("Import L1", unit="Wh", decimals=0, manual=MANUAL)] = None
    import_l2: Annotated[Number, Field("Import L2", unit="Wh", decimals=0, manual=MANUAL)] = None
    import_l3: Annotated[Number, Field("Import L3", unit="Wh", decimals=0, manual=MANUAL)] = None
    export_total: Annotated[
        Number, Field("Export", unit="Wh", decimals=0, help="The meter's total, or the sum of its lines", manual=MANUAL)
    ] = None
    export_l1: Annotated[Number, Field("Export L1", unit="Wh", decimals=0, manual=MANUAL)] = None
    export_l2: Annotated[Number, Field("Export L2", unit="Wh", decimals=0, manual=MANUAL)] = None
    export_l3: Annotated[Number, Field("Export L3", unit="Wh", decimals=0, manual=MANUAL)] = None
    read_at: Annotated[Text, Field("Read", help="By this computer's clock")] = None
    again_at: Annotated[Text, Field("May be asked again")] = None


class Device(msgspec.Struct, frozen=True):
    """The meter itself."""

    id: Annotated[Text, Field("Device id", help="Printed on the device", manual=MANUAL)] = None
    kind: Annotated[Text, Field("Kind", help="By the values that it tells: it does not say its model")] = None
    relay: Annotated[Text, Field("Relay", help="The output for an external load relay", manual=MANUAL)] = None
    clock: Annotated[Text, Field("Device's clock", help="In this computer's time zone", manual=MANUAL)] = None
    clock_off_s: Annotated[
        int | None, Field("Clock ahead of this computer", unit="s", help="Below zero: it is behind")
    ] = None
    temperature: Annotated[Number, Field("Temperature inside", unit="°C", decimals=1, manual=MANUAL)] = None
    power_set: Annotated[
        Text, Field("powset", help="Told by some units under this name; the manual does not describe it")
    ] = None
    read_at: Annotated[Text, Field("Read", help="By this computer's clock")] = None
    again_at: Annotated[Text, Field("May be asked again")] = None


INTERVALS = (
    Choice(int(STANDARD_S), "Standard: once a minute"),
    Choice(int(EXTENDED_S), "Extended: once in 6 seconds"),
)


class Pace(msgspec.Struct, frozen=True):
    """How often this program asks the meter. It cannot tell its version, so somebody has to say it."""

    interval_s: Annotated[
        int,
        Field(
            "Version of the meter",
            choices=INTERVALS,
            help="Kept in the site, for this device id; nothing is sent to the meter",
            manual=MANUAL,
        ),
    ] = int(STANDARD_S)


def _told(number: float) -> float | None:
    return None if math.isnan(number) else number


def _row(value: Value) -> Row:
    return Row(value.key, value.name, value.value, value.unit)


def by_line(values: Sequence[Value]) -> tuple[tuple[LineRow, ...], tuple[Row, ...]]:
    """The values that belong to lines, one row for each quantity with its total; then all the others.

    A total has the quantity's key without a number (`W`), or with a T before it (`TWh`).
    """
    of_lines = {quantity_key(value.key): value for value in values if value.phase is not Phase.TOTAL}
    told = {value.key: value for value in values}
    rows: list[LineRow] = []
    shown: set[str] = set()
    for key, first in of_lines.items():
        total = next((name for name in (key, _total_key(key)) if name in told), "")
        keys = (f"{key}1", f"{key}2", f"{key}3", total)
        l1, l2, l3, in_all = (_cell(told.get(name), first.unit) for name in keys)
        shown.update(keys)
        rows.append(LineRow(key, first.name.rstrip("123 ") or key, l1, l2, l3, in_all, first.unit))
    return tuple(rows), tuple(_row(value) for value in values if value.key not in shown)


def _cell(value: Value | None, unit: str) -> str:
    """A value in a row of that unit; with its own where that is another."""
    if value is None:
        return ""
    return value.value if value.unit == unit else f"{value.value} {value.unit}"


def _total_key(key: str) -> str:
    """`TWh` of `Wh`, `rTWh` of `rWh`."""
    return f"rT{key[1:]}" if key.startswith("r") else f"T{key}"


def _again(client: SmartMacClient) -> str | None:
    """When it may be asked again; None: now."""
    wait_s = client.pace.wait_s()
    return moment(client.pace.clock() + math.ceil(wait_s)) if wait_s > 0 else None


def _values(client: SmartMacClient, snapshot: Snapshot) -> Values:
    return Values(moment(snapshot.at), _again(client), *by_line(snapshot.reply.values))


def _energy(client: SmartMacClient, snapshot: Snapshot) -> Energy:
    told = {
        quantity.key.removeprefix("energy."): _told(value)
        for quantity, value in zip(QUANTITIES, values_of(snapshot.reply), strict=True)
        if quantity.key.startswith("energy.")
    }
    registers = {key.replace(".", "_") if "." in key else f"{key}_total": value for key, value in told.items()}
    return Energy(**registers, read_at=moment(snapshot.at), again_at=_again(client))


def _device(client: SmartMacClient, snapshot: Snapshot) -> Device:
    reply = snapshot.reply
    return Device(
        id=reply.id or None,
        kind=kind_of(reply) or None,
        relay=relay_words(reply) or None,
        clock=moment(reply.time) if reply.time else None,
        clock_off_s=round(reply.time - snapshot.at) if reply.time else None,
        temperature=_told(reply.number("T")),
        power_set=reply.power_set or None,
        read_at=moment(snapshot.at),
        again_at=_again(client),
    )


def device_problems(device: Device) -> list[Problem]:
    """Is the clock wrong?"""
    if device.clock_off_s is None or abs(device.clock_off_s) <= CLOCK_OFF_S:
        return []
    text = (
        "The clock is wrong by more than five minutes: the meter takes its time from the internet, check its way there."
    )
    return [Problem("clock", text, warning=True)]


def _from(make: Callable[[SmartMacClient, Snapshot], M]) -> Callable[[SmartMacClient, str], Awaitable[M]]:
    async def read(client: SmartMacClient, _target: str) -> M:
        snapshot = await client.snapshot()
        return make(client, snapshot)

    return read


def answered(client: SmartMacClient) -> datetime | None:
    """When the last answer came, by this computer's clock; None before any."""
    return None if client.answered_s is None else datetime.fromtimestamp(client.answered_s).astimezone()


async def read_pace(client: SmartMacClient, _target: str) -> Pace:
    """The chosen version; nothing is asked."""
    return Pace(round(client.pace.interval_s))


def plan_pace(_before: Pace, after: Pace, _target: str) -> list[Step]:
    """A step that sends nothing: the choice is kept in the site."""
    return [
        Step(
            title=f"Keep in the site: may be asked once in {after.interval_s} s",
            method=KEEP,
            path=PACE,
            body={"interval_s": after.interval_s},
            fields=("interval_s",),
        )
    ]


SECTIONS: tuple[AnySection, ...] = (
    Section(
        key="smartmac.values",
        icon="gauge",
        title="Values",
        model=Values,
        read=_from(_values),
        answered=answered,
        group="Meter",
        help="Everything that the meter tells, with its own names and units, the lines side by side.",
        manual=MANUAL,
        resources=(GET_DATA,),
    ),
    Section(
        key="smartmac.energy",
        icon="demand",
        title="Energy",
        model=Energy,
        read=_from(_energy),
        answered=answered,
        group="Meter",
        help="The registers in all and by line, import and export.",
        manual=MANUAL,
        resources=(GET_DATA,),
    ),
    Section(
        key="smartmac.device",
        icon="device",
        title="Device",
        model=Device,
        read=_from(_device),
        answered=answered,
        problems=device_problems,
        group="Meter",
        help="Device id, clock and the state of the relay.",
        manual=MANUAL,
        resources=(GET_DATA,),
    ),
    Section(
        key="smartmac.pace",
        icon="settings",
        title="Reading pace",
        model=Pace,
        read=read_pace,
        plan=plan_pace,
        group="Settings",
        help="A standard meter may be asked once a minute, an extended one every six seconds. If in doubt: standard.",
        manual=MANUAL,
        resources=(GET_DATA,),
    ),
)
