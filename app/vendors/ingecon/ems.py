"""The EMS's pages: the values of each phase, and those of a plant with a STORAGE 1Play TLM (manual 7.2)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Section
from app.vendors.ingecon.client import EMS, TLM, IngeconClient
from app.vendors.ingecon.flow import energy_flow, flow_words
from app.vendors.ingecon.forms import member, model
from app.vendors.ingecon.tables import PHASE_VALUES, TLM_VALUES
from app.vendors.ingecon.wire import Element, Phases, known

RESOURCE = "GET /system/events/sse/stream"
GROUP = "Plant"
MANUAL = "7.2"
NO_BATTERY_TEXT = "7"
ALARMS = ("s1p_alarms", "s1p_alarmscodes")
NO_ALARM = "none"

_PHASES = (
    Choice(1, "L1 (R)"),
    Choice(2, "L2 (S)"),
    Choice(3, "L3 (T)"),
    Choice(4, "All phases"),
    Choice(0, "Not said"),
)
_PHASE = Annotated[int, Field("Phase", choices=_PHASES, suggestions=True, manual=MANUAL, read_only=True)]
_DOCUMENTED = frozenset(value.key for value in (*PHASE_VALUES, *TLM_VALUES))

PhaseRow = model("PhaseRow", "One phase.", [("phase", _PHASE, 0), *(member(value, MANUAL) for value in PHASE_VALUES)])


class Other(msgspec.Struct, frozen=True):
    """A value that the manual does not list."""

    phase: _PHASE = 0
    name: Annotated[str, Field("Name", help="As the device calls it", read_only=True)] = ""
    value: Annotated[str, Field("Value", read_only=True)] = ""


_OTHERS = Annotated[
    tuple[Other, ...], Field("Further values", help="What the manual does not list", manual=MANUAL, read_only=True)
]
_FLOW = Annotated[
    str | None, Field("Now", help="Where the power comes from and where it goes", manual=MANUAL, read_only=True)
]
_ROWS = Annotated[
    tuple[PhaseRow, ...],  # type: ignore[valid-type]
    Field("Phases", manual=MANUAL, read_only=True),
]

Plant = model(
    "Plant", "The values of each phase.", [("flow", _FLOW, None), ("phases", _ROWS, ()), ("others", _OTHERS, ())]
)
Storage = model(
    "Storage",
    "The values of a plant with a STORAGE 1Play TLM.",
    [*(member(value, MANUAL) for value in (*PHASE_VALUES, *TLM_VALUES))],
)


def plant(told: Phases) -> msgspec.Struct:
    """The page of all phases."""
    rows = tuple(PhaseRow(phase=one.phase or 0, **_values(one, with_texts=False)) for one in told.elements)
    others = tuple(
        Other(one.phase or 0, name, one.text(name))
        for one in told.elements
        for name in one.fields
        if name not in _DOCUMENTED
    )
    return Plant(flow=flow_words(energy_flow(told)) or None, phases=rows, others=others)


def storage(told: Phases) -> msgspec.Struct:
    """The page of a plant with a STORAGE 1Play TLM: the values of the element that stands for all phases."""
    one = told.whole or told.elements[0]
    return Storage(**_values(one, with_texts=True))


def _values(one: Element, *, with_texts: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in (*PHASE_VALUES, *(TLM_VALUES if with_texts else ())):
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
