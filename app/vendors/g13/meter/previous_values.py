"""Previous values: registers as they stood at the end of each period (manual 5.1.2, 6.3.69 to 6.3.72)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, encode, meter_path
from app.vendors.g13.meter.channels import (
    MONDAY,
    PERIODS,
    WEEKDAY_CHOICES,
    WEEKLY,
    nothing_kept,
    repeated,
    too_long,
    weekday_of,
)
from app.vendors.g13.meter.previous_values_stored import ERASE_PREVIOUS, STORED_PREVIOUS
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import STORABLE, parameter

MAX_CHANNELS = 50
"""The limit of the interface (manual 6.3.71)."""
USUAL_CHANNELS = 23
"""The limit that the gateway's own web page names (manual 5.1.2)."""

_QUANTITIES = tuple(Choice(id, parameter(id).label) for id in STORABLE["pv"])


class PreviousConfiguration(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/previousvalues/configuration (manual 6.3.70): `pvconfig` holds quantities."""

    interval: str = "monthly"
    weekday: Whole = MONDAY
    pvconfig: tuple[Whole, ...] = ()


class PreviousChannel(msgspec.Struct, frozen=True):
    """One register that is kept."""

    quantity: Annotated[int, Field("Quantity", choices=_QUANTITIES, manual="6.3.29, 6.3.71")]


class PreviousValues(msgspec.Struct, frozen=True):
    """Which registers are kept, and at the end of which periods."""

    interval: Annotated[
        str,
        Field(
            "Stored",
            choices=PERIODS,
            help="At the end of each day, week or month the registers are kept as they stand.",
            manual="5.1.2, 6.3.71",
        ),
    ]
    weekday: Annotated[
        int,
        Field("Week begins on", choices=WEEKDAY_CHOICES, help="Counts only for weekly storing.", manual="6.3.71"),
    ]
    channels: Annotated[
        tuple[PreviousChannel, ...],
        Field(
            "Channels",
            max_rows=MAX_CHANNELS,
            help=f"Up to {MAX_CHANNELS} registers; many meters hold {USUAL_CHANNELS}.",
            manual="5.1.2, 6.3.71",
        ),
    ]


async def _read(client: G13Client, serial: str) -> PreviousValues:
    found = await client.get(meter_path(serial, "previousvalues/configuration"), PreviousConfiguration)
    interval = found.interval.strip().lower()
    return PreviousValues(
        interval=interval,
        weekday=weekday_of(interval, found.weekday),
        channels=tuple(PreviousChannel(quantity) for quantity in found.pvconfig),
    )


def _body(value: PreviousValues) -> dict[str, object]:
    weekday = {"weekday": value.weekday} if value.interval == WEEKLY else {}
    return {
        "interval": value.interval,
        **weekday,
        "pvconfig": [channel.quantity for channel in value.channels],
    }


def _plan(before: PreviousValues, after: PreviousValues, serial: str) -> list[Step]:
    changed = tuple(name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name))
    path = meter_path(serial, "previousvalues/configuration")
    return [Step("Configure previous values", "POST", path, _body(after), changed)]


def _problems(value: PreviousValues) -> list[Problem]:
    problems = nothing_kept(value.channels)
    if len(value.channels) > USUAL_CHANNELS:
        problems.append(
            Problem(
                "channels",
                f"{len(value.channels)} channels: many meters hold {USUAL_CHANNELS} and may refuse more.",
                warning=True,
            )
        )
    return [*problems, *repeated(value.channels), *too_long(len(encode(_body(value))))]


def _same_weekday(value: PreviousValues) -> PreviousValues:
    return msgspec.structs.replace(value, weekday=weekday_of(value.interval, value.weekday))


def _summary(value: PreviousValues) -> str:
    return f"{len(value.channels)} of {MAX_CHANNELS} channels"


def _erases(before: PreviousValues, after: PreviousValues) -> tuple[str, ...]:
    return ("all previous values that the meter has stored so far",) if before != after else ()


PREVIOUS_VALUES = Section(
    key="g13.previous_values",
    title="Previous value configuration",
    model=PreviousValues,
    read=_read,
    plan=_plan,
    problems=_problems,
    normalise=_same_weekday,
    tags={"pvconfig": "channels"},
    erases=_erases,
    archive="g13.stored_previous",
    summary=_summary,
    scope=Scope.METER,
    group="Settings",
    icon="journal",
    help="Which registers the meter keeps at the end of each period. A change erases what is stored: export it first.",
    manual="5.1.2, 6.3.70, 6.3.71",
    needs_read=("read PREVIOUS_VALUES",),
    needs_write=("configure PREVIOUS_VALUES",),
    resources=(
        "GET /meters/<serial>/previousvalues/configuration",
        "POST /meters/<serial>/previousvalues/configuration",
    ),
)

SECTIONS: tuple[AnySection, ...] = (PREVIOUS_VALUES,)
ARCHIVES: tuple[AnyArchive, ...] = (STORED_PREVIOUS,)
ACTIONS: tuple[AnyAction, ...] = (ERASE_PREVIOUS,)
