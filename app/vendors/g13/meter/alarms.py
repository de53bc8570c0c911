"""Alarms: a quantity that is watched, its thresholds, and the output that tells (manual 5.1.8).

Decided here, the manual being silent: thresholds are whole numbers in the quantity's own unit (the manual's example
watches a voltage at 310); with the on threshold above the off threshold an alarm comes when the value rises, else when
it falls; 'no output' is sent as 0, as everything outside 1 to 4 means none.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.io_wire import ALARM, PORTS, has_port, ports_used_as
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import STORABLE, parameter

MAX_ALARMS = 25
NO_OUTPUT = 0
NOTHING = 0
"""In place of a quantity: an alarm that is off watches nothing."""
THRESHOLD = 2**31 - 1
"""The manual gives no limit: what a signed number of 32 bits can hold."""
LONGEST_DELAY_S = 65_535
"""The manual gives no limit: what an unsigned number of 16 bits can hold."""

_QUANTITIES = (Choice(NOTHING, "–"), *(Choice(id, parameter(id).label) for id in STORABLE["ac"]))
_OUTPUTS = (Choice(NO_OUTPUT, "None"), *(Choice(port, f"Port {port}") for port in PORTS))
_MANUAL = "5.1.8, 6.3.52, 6.3.53"


class AlarmEntry(msgspec.Struct, frozen=True):
    """An alarm in GET alarms/configuration; a channel that is off has its id and nothing else."""

    id: Whole
    quantity: Whole | None = None
    onthreshold: Whole = 0
    offthreshold: Whole = 0
    ondelay: Whole = 0
    offdelay: Whole = 0
    log: bool | Whole = 0
    output: Whole = NO_OUTPUT


class AlarmConfiguration(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/alarms/configuration (manual 6.3.52)."""

    alarmconfig: tuple[AlarmEntry, ...] = ()


class Alarm(msgspec.Struct, frozen=True):
    """One of the 25 alarms."""

    id: Annotated[int, Field("No.", help="Stays as it is.", manual="6.3.52")]
    active: Annotated[bool, Field("Active", help="Off: the alarm watches nothing.", manual="6.3.53")] = False
    quantity: Annotated[int, Field("Quantity", choices=_QUANTITIES, suggestions=True, manual="6.3.29, 6.3.53")] = (
        NOTHING
    )
    on: Annotated[
        int,
        Field(
            "On at",
            minimum=-THRESHOLD,
            maximum=THRESHOLD,
            help="The threshold: a whole number in the quantity's unit. Above 'Off at': it comes when the value rises.",
            manual=_MANUAL,
        ),
    ] = 0
    off: Annotated[
        int,
        Field(
            "Off at",
            minimum=-THRESHOLD,
            maximum=THRESHOLD,
            help="Where the alarm goes; a little apart from 'On at', or it comes and goes all the time.",
            manual=_MANUAL,
        ),
    ] = 0
    unit: Annotated[str, Field("Unit", read_only=True)] = ""
    on_delay_s: Annotated[
        int,
        Field("On after", unit="s", minimum=0, maximum=LONGEST_DELAY_S, help="So long beyond it.", manual=_MANUAL),
    ] = 0
    off_delay_s: Annotated[
        int,
        Field("Off after", unit="s", minimum=0, maximum=LONGEST_DELAY_S, help="So long back.", manual=_MANUAL),
    ] = 0
    log: Annotated[bool, Field("Log", help="Enter it into the meter's event log.", manual=_MANUAL)] = False
    output: Annotated[
        int, Field("Output", choices=_OUTPUTS, help="A port whose use is alarm output.", manual=_MANUAL)
    ] = NO_OUTPUT


class Alarms(msgspec.Struct, frozen=True):
    """The alarms of a meter."""

    alarms: Annotated[tuple[Alarm, ...], Field("Alarms", max_rows=MAX_ALARMS, row_key="id", manual=_MANUAL)]
    alarm_outputs: Annotated[
        str,
        Field("Ports set to alarms", read_only=True, help="Changed under I/O configuration.", manual="6.3.64"),
    ]


async def _read(client: G13Client, serial: str) -> Alarms:
    found = await client.get(meter_path(serial, "alarms/configuration"), AlarmConfiguration)
    told = {entry.id: _alarm(entry) for entry in found.alarmconfig}
    ids = sorted({*range(1, MAX_ALARMS + 1), *told})
    return Alarms(tuple(told.get(id, Alarm(id)) for id in ids), await ports_used_as(client, serial, ALARM))


def _alarm(entry: AlarmEntry) -> Alarm:
    if entry.quantity is None:
        return Alarm(entry.id)
    return Alarm(
        id=entry.id,
        active=True,
        quantity=entry.quantity,
        on=entry.onthreshold,
        off=entry.offthreshold,
        unit=_unit(entry.quantity),
        on_delay_s=entry.ondelay,
        off_delay_s=entry.offdelay,
        log=bool(entry.log),
        output=entry.output if entry.output in PORTS else NO_OUTPUT,
    )


def _unit(quantity: int) -> str:
    return "" if quantity == NOTHING else parameter(quantity).unit


def _normalised(value: Alarms) -> Alarms:
    """The meter keeps nothing of an alarm that is off; the unit is the quantity's."""
    alarms = (
        msgspec.structs.replace(alarm, unit=_unit(alarm.quantity)) if alarm.active else Alarm(alarm.id)
        for alarm in value.alarms
    )
    return msgspec.structs.replace(value, alarms=tuple(alarms))


def _changed(before: Alarms, after: Alarms) -> list[tuple[int, Alarm]]:
    """The alarms that are other than before, with their place in the table."""
    there = set(_normalised(before).alarms)
    return [(index, alarm) for index, alarm in enumerate(_normalised(after).alarms) if alarm not in there]


def _plan(before: Alarms, after: Alarms, serial: str) -> list[Step]:
    path = meter_path(serial, "alarms/configuration")
    return [
        Step(
            f"Set alarm {alarm.id}" if alarm.active else f"Turn alarm {alarm.id} off",
            "POST",
            path,
            {"alarmconfig": _body(alarm)},
            ("alarms",),
        )
        for _, alarm in _changed(before, after)
    ]


def _body(alarm: Alarm) -> dict[str, object]:
    if not alarm.active:
        return {"id": alarm.id}
    return {
        "id": alarm.id,
        "quantity": alarm.quantity,
        "onthreshold": alarm.on,
        "offthreshold": alarm.off,
        "ondelay": alarm.on_delay_s,
        "offdelay": alarm.off_delay_s,
        "log": alarm.log,
        "output": alarm.output,
    }


def _problems(value: Alarms) -> list[Problem]:
    problems = []
    seen: dict[tuple[int, int, int], int] = {}
    for index, alarm in enumerate(value.alarms):
        if not alarm.active or alarm.quantity == NOTHING:
            continue
        if alarm.on == alarm.off:
            words = f"Alarm {alarm.id} has the same threshold for on and off: it may come and go all the time."
            problems.append(Problem(f"alarms[{index}].off", words, warning=True))
        watched = (alarm.quantity, alarm.on, alarm.off)
        if watched in seen:
            words = f"Alarm {alarm.id} watches the same as alarm {seen[watched]}."
            problems.append(Problem(f"alarms[{index}].quantity", words, warning=True))
        seen.setdefault(watched, alarm.id)
    return problems


def _change_problems(before: Alarms, after: Alarms) -> list[Problem]:
    problems = []
    if [alarm.id for alarm in after.alarms] != [alarm.id for alarm in before.alarms]:
        problems.append(Problem("alarms", "Alarms can be changed and turned off, not added or taken away."))
    for index, alarm in _changed(before, after):
        if not 1 <= alarm.id <= MAX_ALARMS:
            problems.append(Problem(f"alarms[{index}].id", f"Alarm {alarm.id} can only be read; 1 to {MAX_ALARMS}."))
        if alarm.active and alarm.quantity not in STORABLE["ac"]:
            said = f"{parameter(alarm.quantity).label} cannot be watched" if alarm.quantity else "choose a quantity"
            words = f"Alarm {alarm.id}: {said}."
            problems.append(Problem(f"alarms[{index}].quantity", words))
        if alarm.output != NO_OUTPUT and not has_port(before.alarm_outputs, alarm.output):
            words = (
                f"Alarm {alarm.id}: port {alarm.output} is no alarm output (alarm outputs: {before.alarm_outputs}). "
                "Change its use under I/O configuration first."
            )
            problems.append(Problem(f"alarms[{index}].output", words))
    return problems


def _summary(value: Alarms) -> str:
    active = sum(alarm.active for alarm in value.alarms)
    return f"{active} of {len(value.alarms)} alarms active; alarm outputs: {value.alarm_outputs}"


_TAGS = (
    "alarmconfig", "id", "quantity", "onthreshold", "offthreshold", "ondelay", "offdelay", "log", "output"
)  # fmt: skip

ALARMS = Section(
    key="g13.alarms",
    title="Alarms",
    model=Alarms,
    read=_read,
    plan=_plan,
    problems=_problems,
    change_problems=_change_problems,
    normalise=_normalised,
    tags=dict.fromkeys(_TAGS, "alarms"),
    summary=_summary,
    scope=Scope.METER,
    group="Settings",
    icon="alarm",
    help="What the meter watches. An alarm is told on an output only where that port's use is alarm output.",
    manual=_MANUAL,
    needs_read=("read ALARM_SETTINGS_1",),
    needs_write=("configure ALARM_SETTINGS_1",),
    resources=(
        "GET /meters/<serial>/alarms/configuration",
        "POST /meters/<serial>/alarms/configuration",
        "GET /meters/<serial>/io/configuration",
    ),
)

SECTIONS: tuple[AnySection, ...] = (ALARMS,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
