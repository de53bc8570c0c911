"""The sections of a meter behind the gateway: info, name, transformer ratios, demand (manual 5.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.errors import NotFound
from app.model.section import Choice, Field, Problem, Scope, Section, Step

from .client import G13Client, encode, meter_path
from .label import read_label
from .sections import ALIAS, LOCATION, registrations
from .tables import (
    DEMAND_INTERVALS_S,
    DEMAND_LEVELS,
    DEMAND_PERIODS,
    MAX_DEMAND_CHANNELS,
    MAX_RATIO,
    MAX_UPDATE_BYTES,
    STORABLE,
    WEEKDAYS,
    DemandKind,
    decode_demand,
    encode_demand,
    parameter,
    sub_intervals_s,
)


class Info(msgspec.Struct, frozen=True):
    """What a meter is."""

    serial: Annotated[str, Field("Serial number", read_only=True, manual="6.3.43")]
    label: Annotated[str, Field("Type label", read_only=True, manual="6.3.43")]
    type: Annotated[str, Field("Type in words", read_only=True, help="The label read by Annexure 1.", manual="6.3.92")]
    firmware: Annotated[str, Field("Firmware", read_only=True, manual="6.3.43")]
    power_failures: Annotated[int, Field("Power failures", read_only=True, manual="6.3.43")]
    outage_s: Annotated[int, Field("Time without power", unit="s", read_only=True, manual="6.3.43")]
    co2: Annotated[float | None, Field("CO₂ factor", unit="kg/kWh", read_only=True, decimals=3, manual="6.3.43")]
    currency: Annotated[
        float | None, Field("Currency factor", unit="per kWh", read_only=True, decimals=3, manual="6.3.43")
    ]


async def _read_info(client: G13Client, serial: str) -> Info:
    info = await client.meter_info(serial)
    made, factors = info.manufacturing, info.conversionfactor
    return Info(
        serial=made.serial,
        label=made.label,
        type=read_label(made.label).words(),
        firmware=made.firmwareversion,
        power_failures=info.power.powerfailcounter,
        outage_s=info.power.poweroutagetime,
        co2=factors.co2[0] if factors.co2 else None,
        currency=factors.currency[0] if factors.currency else None,
    )


INFO = Section(
    key="g13.info",
    title="Meter information",
    model=Info,
    read=_read_info,
    scope=Scope.METER,
    group="Status",
    icon="info",
    help="Type, firmware and power failures of the meter.",
    manual="6.3.43",
    resources=("GET /meters/<serial>/info",),
)


class Naming(msgspec.Struct, frozen=True):
    """Name and location of one meter."""

    alias: Annotated[str, Field("Name", max_length=ALIAS, manual="6.3.32")]
    location: Annotated[str, Field("Location", max_length=LOCATION, help="Meters are grouped by it.", manual="6.3.32")]


async def _read_naming(client: G13Client, serial: str) -> Naming:
    for meter in registrations(await client.registered()):
        if meter.serial == serial:
            return Naming(meter.alias, meter.location)
    raise NotFound(f"Meter {serial} is not registered with this gateway.", hint="Scan for it and register it.")


def _plan_naming(before: Naming, after: Naming, serial: str) -> list[Step]:
    changed = tuple(name for name in ("alias", "location") if getattr(before, name) != getattr(after, name))
    body: dict[str, object] = {"alias": after.alias, "location": after.location, "serial": serial}
    return [Step(f"Rename meter {serial}", "POST", meter_path(serial), body, changed)]


NAMING = Section(
    key="g13.naming",
    title="Name and location",
    model=Naming,
    read=_read_naming,
    plan=_plan_naming,
    scope=Scope.METER,
    group="Settings",
    icon="tag",
    help="How the gateway calls this meter.",
    manual="4.4, 6.3.32",
    resources=("GET /meters", "POST /meters/<serial>"),
)


class Ratios(msgspec.Struct, frozen=True):
    """Transformer ratios: 100/5 is numerator 100, denominator 5."""

    ct_numerator: Annotated[
        int,
        Field(
            "CT numerator",
            minimum=1,
            maximum=MAX_RATIO,
            help="Primary current of the current transformers.",
            manual="6.3.48",
        ),
    ]
    ct_denominator: Annotated[
        int,
        Field(
            "CT denominator", minimum=1, maximum=MAX_RATIO, help="Secondary current, usually 5 or 1.", manual="6.3.48"
        ),
    ]
    vt_numerator: Annotated[
        int,
        Field(
            "VT numerator",
            minimum=1,
            maximum=MAX_RATIO,
            help="Primary voltage; 1 without voltage transformers.",
            manual="6.3.48",
        ),
    ]
    vt_denominator: Annotated[
        int,
        Field(
            "VT denominator",
            minimum=1,
            maximum=MAX_RATIO,
            help="Secondary voltage; 1 without voltage transformers.",
            manual="6.3.48",
        ),
    ]


async def _read_ratios(client: G13Client, serial: str) -> Ratios:
    ratio = (await client.meter_info(serial)).ratio
    return Ratios(ratio.ctnum, ratio.ctdenum, ratio.vtnum, ratio.vtdenum)


_RATIO_TAGS = {
    "ct_numerator": "ctnum",
    "ct_denominator": "ctdenum",
    "vt_numerator": "vtnum",
    "vt_denominator": "vtdenum",
}


def _plan_ratios(before: Ratios, after: Ratios, serial: str) -> list[Step]:
    changed = tuple(name for name in _RATIO_TAGS if getattr(before, name) != getattr(after, name))
    # All four tags, as strings: so the manual shows it.
    body: dict[str, object] = {tag: str(getattr(after, name)) for name, tag in _RATIO_TAGS.items()}
    return [Step("Set the transformer ratios", "POST", meter_path(serial, "transformersettings"), body, changed)]


def _ratio_summary(value: Ratios) -> str:
    if min(value.ct_numerator, value.ct_denominator, value.vt_numerator, value.vt_denominator) < 1:
        return ""
    current = value.ct_numerator / value.ct_denominator
    voltage = value.vt_numerator / value.vt_denominator
    return f"Current × {current:g}, voltage × {voltage:g}: power and energy × {current * voltage:g}"


def _ratio_problems(value: Ratios) -> list[Problem]:
    if value.ct_numerator < value.ct_denominator:
        return [
            Problem("ct_numerator", "The CT ratio is below 1: are numerator and denominator swapped?", warning=True)
        ]
    return []


RATIOS = Section(
    key="g13.ratios",
    title="Transformer ratios",
    model=Ratios,
    read=_read_ratios,
    plan=_plan_ratios,
    problems=_ratio_problems,
    summary=_ratio_summary,
    scope=Scope.METER,
    group="Settings",
    icon="ratio",
    help="What is printed on the current and voltage transformers. Every value of the meter is multiplied by it.",
    manual="5.1.1, 6.3.48",
    needs_read=("read TRAFO_CT_RATIO_NUMERATOR",),
    needs_write=("configure TRAFO_CT_RATIO_NUMERATOR",),
    resources=("GET /meters/<serial>/info", "POST /meters/<serial>/transformersettings"),
)

WEEKLY = "weekly"
MONDAY = 1

_MINUTES = tuple(Choice(s, f"{s // 60} min") for s in DEMAND_INTERVALS_S)
_QUANTITIES = tuple(Choice(id, parameter(id).label) for id in STORABLE["dm"])
_KINDS = tuple(Choice(kind.value, kind.value) for kind in DemandKind)
_LEVELS = tuple(Choice(level, f"{level}.") for level in DEMAND_LEVELS)
_PERIODS = tuple(Choice(period, period.capitalize()) for period in DEMAND_PERIODS)
_WEEKDAYS = tuple(Choice(number, name) for number, name in WEEKDAYS)


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

    period: Annotated[str, Field("Period", choices=_PERIODS, manual="5.1.4, 6.3.79")]
    weekday: Annotated[
        int,
        Field(
            "Week begins on",
            choices=_WEEKDAYS,
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
    return Demand(
        period=found.period.strip().lower(),
        weekday=found.weekday if found.period.strip().lower() == WEEKLY else MONDAY,
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
    seen: set[DemandChannel] = set()
    for index, channel in enumerate(demand.channels):
        if channel in seen:
            problems.append(
                Problem(f"channels[{index}].quantity", f"Channel {index + 1} repeats an earlier one.", warning=True)
            )
        seen.add(channel)
    length = demand_bytes(demand)
    if length > MAX_UPDATE_BYTES:
        problems.append(
            Problem(
                "channels",
                f"The channels need {length} bytes, the gateway reads {MAX_UPDATE_BYTES}: use fewer.",
            )
        )
    return problems


def _same_weekday(demand: Demand) -> Demand:
    """The gateway keeps a weekday only for weekly periods."""
    return demand if demand.period == WEEKLY else msgspec.structs.replace(demand, weekday=MONDAY)


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
    erases=_demand_erases,
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

METER_SECTIONS = (INFO, NAMING, RATIOS, DEMAND)
