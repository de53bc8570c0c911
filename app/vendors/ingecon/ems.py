"""The EMS's pages: the values of each phase, and those of a plant with a STORAGE 1Play TLM (manual 7.2)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from app.model.field import Field
from app.model.section import AnySection, Problem, Section
from app.vendors.ingecon.client import EMS, TLM, IngeconClient
from app.vendors.ingecon.flow import energy_flow, flow_words
from app.vendors.ingecon.forms import meaning, member, model
from app.vendors.ingecon.tables import PHASE_VALUES, TLM_VALUES, Value
from app.vendors.ingecon.wire import Element, Phases, known

RESOURCE = "GET /system/events/sse/stream"
GROUP = "Plant"
MANUAL = "7.2"
NO_BATTERY_TEXT = "7"
ALARMS = ("s1p_alarms", "s1p_alarmscodes")
NO_ALARM = "none"
_MOST_OTHERS = 40
"""A hostile event could have thousands."""

_DOCUMENTED = frozenset(value.key for value in (*PHASE_VALUES, *TLM_VALUES))
_NAMES = {1: "L1", 2: "L2", 3: "L3", 4: "all phases"}


class PhaseValue(msgspec.Struct, frozen=True):
    """One value of the plant, on each phase that the EMS tells and on all together."""

    label: Annotated[str, Field("Value", read_only=True)] = ""
    l1: Annotated[float | None, Field("L1 (R)", decimals=0, read_only=True)] = None
    l2: Annotated[float | None, Field("L2 (S)", decimals=0, read_only=True)] = None
    l3: Annotated[float | None, Field("L3 (T)", decimals=0, read_only=True)] = None
    whole: Annotated[
        float | None, Field("All", help="As told, or the sum of the phases", decimals=0, read_only=True)
    ] = None
    unit: Annotated[str, Field("Unit", read_only=True)] = ""
    meaning: Annotated[str, Field("What it is", help="In brackets the device's own name", read_only=True)] = ""


class Plant(msgspec.Struct, frozen=True):
    """The values of each phase."""

    flow: Annotated[
        str | None, Field("Now", help="Where the power comes from and where it goes", manual=MANUAL, read_only=True)
    ] = None
    phases: Annotated[tuple[PhaseValue, ...], Field("Phases", manual=MANUAL, read_only=True)] = ()
    others: Annotated[
        str, Field("Further values", help="What the manual does not list", manual=MANUAL, read_only=True)
    ] = "none"


Storage = model(
    "Storage",
    "The values of a plant with a STORAGE 1Play TLM.",
    [*(member(value, MANUAL) for value in (*PHASE_VALUES, *TLM_VALUES))],
)


def plant(told: Phases) -> Plant:
    """The page of all phases."""
    others = [
        f"{_NAMES.get(one.phase or 0, 'phase not told')} {name}: {one.text(name)}"
        for one in told.elements
        for name in one.fields
        if name not in _DOCUMENTED
    ]
    return Plant(
        flow=flow_words(energy_flow(told)) or None,
        phases=tuple(_phase_value(value, told) for value in PHASE_VALUES),
        others="; ".join(others[:_MOST_OTHERS]) or "none",
    )


def _phase_value(value: Value, told: Phases) -> PhaseValue:
    phases = (told.of_phase(number) for number in (1, 2, 3))
    l1, l2, l3 = (None if one is None else known(one.number(value.key)) for one in phases)
    return PhaseValue(value.label, l1, l2, l3, known(told.total(value)), value.unit, meaning(value))


def storage(told: Phases) -> msgspec.Struct:
    """The page of a plant with a STORAGE 1Play TLM: the values of the element that stands for all phases."""
    one = told.whole or told.elements[0]
    return Storage(**_values(one))


def _values(one: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in (*PHASE_VALUES, *TLM_VALUES):
        if value.key in one.fields:
            found[value.key] = known(one.number(value.key)) if value.number else _text(one, value.key)
    return found


def _text(one: Element, key: str) -> str:
    """A text as it came; no alarm is said in words, since an empty line would say nothing."""
    return one.text(key) or (NO_ALARM if key in ALARMS else "")


def storage_problems(values: Any) -> list[Problem]:
    """Is the battery away, or is there an alarm?"""
    found = []
    if values.statusbat == NO_BATTERY_TEXT:
        text = "The battery is not available: charge, power and voltage of it are not shown."
        found.append(Problem("statusbat", text, warning=True))
    alarmed = [key for key in ALARMS if getattr(values, key) not in (None, NO_ALARM, "0")]
    found += [Problem(field, "The inverter has an alarm.", warning=True) for field in alarmed[:1]]
    return found


async def _plant(client: IngeconClient, _: str) -> msgspec.Struct:
    return plant(await client.stream.latest())


async def _storage(client: IngeconClient, _: str) -> msgspec.Struct:
    return storage(await client.stream.latest())


SECTIONS: tuple[AnySection, ...] = (
    Section(
        key="ingecon.plant",
        icon="network",
        title="Phases",
        model=Plant,
        read=_plant,
        group=GROUP,
        help="What the EMS tells of each phase. Grid power is above zero for import, below zero for export.",
        manual=MANUAL,
        needs_read=(EMS,),
        resources=(RESOURCE,),
    ),
    Section(
        key="ingecon.storage",
        icon="power",
        title="Plant with storage",
        model=Storage,
        read=_storage,
        problems=storage_problems,
        described=True,
        group=GROUP,
        help="What the EMS tells of a plant with a STORAGE 1Play TLM: what goes where, and how full the battery is.",
        manual=MANUAL,
        needs_read=(TLM,),
        resources=(RESOURCE,),
    ),
)
