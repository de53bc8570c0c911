"""Demand: averages over an interval, whose extremes of each period are kept (manual 5.1.4)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, encode, meter_path
from app.vendors.g13.meter.channels import PERIODS, WEEKDAY_CHOICES, repeated, too_long, weekday_of
from app.vendors.g13.meter.demand_stored import ERASE_DEMAND, STORED_DEMAND
from app.vendors.g13.tables import (
    DEMAND_INTERVALS_S,
    DEMAND_LEVELS,
    MAX_DEMAND_CHANNELS,
    MAX_UPDATE_BYTES,
    STORABLE,
    DemandKind,
    decode_demand,
    encode_demand,
    parameter,
    sub_intervals_s,
)

_MINUTES = tuple(Choice(s, f"{s // 60} min") for s in DEMAND_INTERVALS_S)
_QUANTITIES = tuple(Choice(id, parameter(id).label) for id in STORABLE["dm"])
_KINDS = tuple(Choice(kind.value, kind.value) for kind in DemandKind)
_LEVELS = tuple(Choice(level, f"{level}.") for level in DEMAND_LEVELS)


class DemandChannel(msgspec.Struct, frozen=True):
    """One of up to 50 channels: a quantity, and which extreme of it is kept."""

    quantity: Annotated[int, Field("Quantity", choices=_QUANTITIES, manual="6.3.29")]
    type: Annotated[str, Field("Type", choices=_KINDS, manual="5.1.4")]
    level: Annotated[
        int,
        Field(
            "Level",
            choices=_LEVELS,
            help="1 is the highest (or lowest) of the period, 2 and 3 the next ones.",
            manual="6.3.78",
        ),
    ]


class Demand(msgspec.Struct, frozen=True):
    """Demand: averages over an interval, of which the extremes of each period are stored."""

    period: Annotated[str, Field("Period", choices=PERIODS, manual="5.1.4, 6.3.79")]
    weekday: Annotated[
        int,
        Field(
            "Week begins on",
            choices=WEEKDAY_CHOICES,
            help="Counts only for weekly periods.",
            manual="6.3.79",
        ),
    ]
    interval_s: Annotated[
        int, Field("Interval", choices=_MINUTES, help="Power is averaged over this time.", manual="5.1.4, 6.3.79")
    ]
    sub_interval_s: Annotated[
        int,
        Field(
            "Sub-interval", choices=_MINUTES, help="Step of the sliding types; divides the interval.", manual="5.1.4"
        ),
    ]
    channels: Annotated[
        tuple[DemandChannel, ...], Field("Channels", max_rows=MAX_DEMAND_CHANNELS, manual="5.1.4, 6.3.79")
    ]


async def _read_demand(client: G13Client, serial: str) -> Demand:
    found = await client.demand_configuration(serial)
    period = found.period.strip().lower()
    return Demand(
        period=period,
        weekday=weekday_of(period, found.weekday),
        interval_s=found.interval[0],
        sub_interval_s=found.interval[1],
        channels=tuple(_channel(quantity, code) for quantity, code in found.dmc),
    )


def _channel(quantity: int, code: int) -> DemandChannel:
    known = decode_demand(code)
    # A code that the manual does not know is shown as it came, and stops a sending until it is replaced.
    return (
        DemandChannel(quantity, known.kind.value, known.level) if known else DemandChannel(quantity, f"code {code}", 0)
    )


def _demand_body(demand: Demand) -> dict[str, object]:
    return {
        "dmc": [
            [channel.quantity, encode_demand(DemandKind(channel.type), channel.level)] for channel in demand.channels
        ],
        "interval": [demand.interval_s, demand.sub_interval_s],
        "period": demand.period,
        "weekday": demand.weekday,
    }


def _plan_demand(before: Demand, after: Demand, serial: str) -> list[Step]:
    changed = tuple(name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name))
    path = meter_path(serial, "demand/configuration")
    return [Step("Configure demand", "POST", path, _demand_body(after), changed)]


def _demand_problems(demand: Demand) -> list[Problem]:
    problems = []
    allowed = sub_intervals_s(demand.interval_s)
    if demand.sub_interval_s not in allowed:
        names = ", ".join(str(s // 60) for s in allowed)
        wrong = f"{demand.sub_interval_s // 60} min does not divide {demand.interval_s // 60} min"
        problems.append(Problem("sub_interval_s", f"Sub-interval: {wrong}; {names} min do."))
    return [*problems, *repeated(demand.channels), *too_long(demand_bytes(demand))]


def _same_weekday(demand: Demand) -> Demand:
    return msgspec.structs.replace(demand, weekday=weekday_of(demand.period, demand.weekday))


def demand_bytes(demand: Demand) -> int:
    """How long the request would be; 0 while a channel holds an unknown code."""
    try:
        return len(encode(_demand_body(demand)))
    except ValueError:
        return 0


def _demand_summary(demand: Demand) -> str:
    return (
        f"{len(demand.channels)} of {MAX_DEMAND_CHANNELS} channels, {demand_bytes(demand)} of {MAX_UPDATE_BYTES} bytes"
    )


def _demand_erases(before: Demand, after: Demand) -> tuple[str, ...]:
    return ("all demand values that the meter has stored so far",) if before != after else ()


DEMAND = Section(
    key="g13.demand",
    title="Demand configuration",
    model=Demand,
    read=_read_demand,
    plan=_plan_demand,
    problems=_demand_problems,
    normalise=_same_weekday,
    tags={"dmc": "channels", "interval": "interval_s"},
    erases=_demand_erases,
    archive="g13.stored_demand",
    summary=_demand_summary,
    scope=Scope.METER,
    group="Settings",
    icon="demand",
    help="Which extremes the meter keeps of each period. Min and Max use whole intervals; sliding types move in steps.",
    manual="5.1.4, 6.3.78, 6.3.79",
    needs_read=("read DEMAND",),
    needs_write=("configure DEMAND",),
    resources=("GET /meters/<serial>/demand/configuration", "POST /meters/<serial>/demand/configuration"),
)

SECTIONS: tuple[AnySection, ...] = (DEMAND,)
ARCHIVES: tuple[AnyArchive, ...] = (STORED_DEMAND,)
ACTIONS: tuple[AnyAction, ...] = (ERASE_DEMAND,)
