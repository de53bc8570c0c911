"""Who decides which tariff counts, and which counts now (manual 5.1.1, Tariff Settings)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.models import Whole

CLOCK = 0
COMMUNICATION = 1
INPUT = 2
TARIFFS = (1, 2, 3, 4)
INPUT_FIELDS = ("inputs_off_off", "inputs_off_on", "inputs_on_off", "inputs_on_on")
"""The rows of the input table, in the order in which the gateway has them: input 4, then input 3."""

_SOURCES = (Choice(CLOCK, "Clock"), Choice(COMMUNICATION, "Communication"), Choice(INPUT, "Input"))
_DECIDES: Mapping[int | str, str] = {
    CLOCK: "the tariff calendar decides",
    COMMUNICATION: "set by communication",
    INPUT: "inputs 3 and 4 decide",
}
_TARIFFS = tuple(Choice(tariff, f"Tariff {tariff}") for tariff in TARIFFS)
_ROW = (Choice(None, "–"), *_TARIFFS)
_MANUAL = "5.1.1, 6.3.81, 6.3.82"
_INPUT_HELP = "Counts only when the source is the inputs."


class TariffState(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/tariff (manual 6.3.81): day type and season with the clock, the table with inputs."""

    source: Whole | str = CLOCK
    tariff: Whole = 1
    daytype: Whole | None = None
    season: Whole | None = None
    inputconfig: tuple[Whole, ...] = ()


class Tariff(msgspec.Struct, frozen=True):
    """Source of the tariff, and the tariff in force."""

    source: Annotated[
        int | str,
        Field(
            "Tariff source",
            choices=_SOURCES,
            suggestions=True,
            help="Clock: the tariff calendar decides. Communication: it is set here. Input: inputs 3 and 4 decide.",
            manual=_MANUAL,
        ),
    ]
    tariff: Annotated[
        int,
        Field(
            "Active tariff",
            choices=_TARIFFS,
            suggestions=True,
            help="Can be set only when the source is communication.",
            manual=_MANUAL,
        ),
    ]
    inputs_off_off: Annotated[
        int | None, Field("Input 4 off, input 3 off", choices=_ROW, help=_INPUT_HELP, manual="6.3.82")
    ] = None
    inputs_off_on: Annotated[
        int | None, Field("Input 4 off, input 3 on", choices=_ROW, help=_INPUT_HELP, manual="6.3.82")
    ] = None
    inputs_on_off: Annotated[
        int | None, Field("Input 4 on, input 3 off", choices=_ROW, help=_INPUT_HELP, manual="6.3.82")
    ] = None
    inputs_on_on: Annotated[
        int | None, Field("Input 4 on, input 3 on", choices=_ROW, help=_INPUT_HELP, manual="6.3.82")
    ] = None
    day_type: Annotated[
        int | None, Field("Day profile now", read_only=True, help="With the clock as source.", manual="6.3.81")
    ] = None
    season: Annotated[
        int | None, Field("Season now", read_only=True, help="With the clock as source.", manual="6.3.81")
    ] = None

    def inputs(self) -> tuple[int | None, ...]:
        """The input table, a tariff for each combination; None where nothing is said."""
        return tuple(getattr(self, name) for name in INPUT_FIELDS)


async def _read(client: G13Client, serial: str) -> Tariff:
    found = await client.get(meter_path(serial, "tariff"), TariffState)
    table = dict(zip(INPUT_FIELDS, found.inputconfig, strict=False))
    source = int(found.source) if str(found.source).isdecimal() else found.source
    return Tariff(source, found.tariff, **table, day_type=found.daytype, season=found.season)


def _normalised(value: Tariff) -> Tariff:
    """The meter tells and takes the input table only while the inputs decide."""
    return value if value.source == INPUT else msgspec.structs.replace(value, **dict.fromkeys(INPUT_FIELDS))


def _plan(before: Tariff, after: Tariff, serial: str) -> list[Step]:
    path = meter_path(serial, "tariff")
    steps = []
    changed = tuple(name for name in INPUT_FIELDS if getattr(before, name) != getattr(after, name))
    new_source = ("source",) if after.source != before.source else ()
    if new_source or changed:
        body: dict[str, object] = {"source": after.source}
        table = [tariff for tariff in after.inputs() if tariff is not None]
        if changed and table:
            body["inputconfig"] = table
        steps.append(Step("Set the tariff source", "POST", path, body, (*new_source, *changed)))
    if after.tariff != before.tariff:
        # The meter takes a tariff only when the source is communication already.
        steps.append(Step("Set the active tariff", "POST", path, {"tariff": after.tariff}, ("tariff",)))
    return steps


def _problems(value: Tariff) -> list[Problem]:
    table = value.inputs()
    filled = [name for name, tariff in zip(INPUT_FIELDS, table, strict=True) if tariff is not None]
    if value.source != INPUT:
        words = "The input table counts only when the source is Input; it is not sent."
        return [Problem(filled[0], words, warning=True)] if filled else []
    gap = next((name for name, tariff in zip(INPUT_FIELDS, table, strict=True) if tariff is None), "")
    if gap and filled and filled != list(INPUT_FIELDS[: len(filled)]):
        return [Problem(gap, "The input table has a gap: give a tariff to this combination too.")]
    return []


def _change_problems(before: Tariff, after: Tariff) -> list[Problem]:
    problems = []
    if after.source != before.source and after.source not in (CLOCK, COMMUNICATION, INPUT):
        problems.append(Problem("source", f"Tariff source: '{after.source}' is none of Clock, Communication, Input."))
    if after.tariff != before.tariff:
        if after.tariff not in TARIFFS:
            problems.append(Problem("tariff", f"Active tariff: {after.tariff} is not allowed; 1 to 4."))
        elif after.source != COMMUNICATION:
            words = "The active tariff can be set only when the tariff source is Communication."
            problems.append(Problem("tariff", words))
    if after.source == INPUT == before.source:
        lost = [n for n in INPUT_FIELDS if getattr(after, n) is None and getattr(before, n) is not None]
        problems.extend(Problem(name, "A combination of the inputs cannot be left without tariff.") for name in lost)
    return problems


def _summary(value: Tariff) -> str:
    words = f"Tariff {value.tariff} is active; {_DECIDES.get(value.source, f'source {value.source}')}"
    if value.source == CLOCK and value.day_type is not None:
        words += f" (day profile {value.day_type}" + (f", season {value.season})" if value.season is not None else ")")
    return f"{words}."


TARIFF = Section(
    key="g13.tariff",
    title="Tariff source",
    model=Tariff,
    read=_read,
    plan=_plan,
    problems=_problems,
    change_problems=_change_problems,
    normalise=_normalised,
    tags={"inputconfig": INPUT_FIELDS[0]},
    summary=_summary,
    scope=Scope.METER,
    group="Settings",
    icon="tariff",
    help="Who decides which of the four tariffs counts the energy.",
    manual=_MANUAL,
    needs_read=("read TARIFF_SOURCE",),
    needs_write=("configure TARIFF_SOURCE",),
    resources=("GET /meters/<serial>/tariff", "POST /meters/<serial>/tariff"),
)

SECTIONS: tuple[AnySection, ...] = (TARIFF,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
