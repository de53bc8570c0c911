"""Registers that an installer may set back to zero, and how often that was done (manual 6.3.56 to 6.3.58)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import Action
from app.model.field import Field
from app.model.section import Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.measured import Pair, measured, whole

FRESH_KWH = 1.0
"""What a register may show right after its reset, and by what its value falls at least where it held more."""

_REGISTERS = {
    "active_import": ("activeimport", "Active import", "kWh"),
    "active_export": ("activeexport", "Active export", "kWh"),
    "reactive_import": ("reactiveimport", "Reactive import", "kvarh"),
    "reactive_export": ("reactiveexport", "Reactive export", "kvarh"),
}


class ResettableReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/energy/resettable (manual 6.3.56): those registers that the meter has."""

    resettableenergy: dict[str, Pair] = {}


class ResetCounterReply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/energy/resetcounter (manual 6.3.58): whole numbers, written '3.00'."""

    resetcounter: dict[str, float | str | None] = {}


class ResettableRegister(msgspec.Struct, frozen=True):
    """One register. `resets` None is a meter that does not count them."""

    register: Annotated[str, Field("Register", read_only=True, manual="6.3.56")]
    value: Annotated[float | None, Field("Since the last reset", read_only=True, decimals=3, manual="6.3.56")]
    unit: Annotated[str, Field("Unit", read_only=True, manual="6.3.56")]
    resets: Annotated[int | None, Field("Resets", read_only=True, manual="6.3.58")]


class Resettable(msgspec.Struct, frozen=True):
    """All registers that can be reset."""

    registers: Annotated[
        tuple[ResettableRegister, ...], Field("Resettable registers", read_only=True, manual="6.3.56, 6.3.58")
    ]


async def _read(client: G13Client, serial: str) -> Resettable:
    values = (await client.get(meter_path(serial, "energy/resettable"), ResettableReply)).resettableenergy
    counters = (await client.get(meter_path(serial, "energy/resetcounter"), ResetCounterReply)).resetcounter
    return Resettable(
        tuple(
            ResettableRegister(words, measured(values.get(tag), unit), unit, whole(counters.get(tag)))
            for tag, words, unit in _REGISTERS.values()
            if tag in values or tag in counters
        )
    )


RESETTABLE = Section(
    key="g13.resettable",
    title="Resettable registers",
    model=Resettable,
    read=_read,
    scope=Scope.METER,
    group="Energy",
    icon="power",
    help="Energy since the last reset, and how often each register was reset. The registers of the meter itself go on.",
    manual="6.3.56, 6.3.58",
    needs_read=("read RSTREG_ACT_ENERGY_IMP",),
    resources=("GET /meters/<serial>/energy/resettable", "GET /meters/<serial>/energy/resetcounter"),
)


class ChosenRegisters(msgspec.Struct, frozen=True):
    """Which registers are reset."""

    active_import: Annotated[bool, Field("Active import", manual="6.3.57")] = False
    active_export: Annotated[bool, Field("Active export", manual="6.3.57")] = False
    reactive_import: Annotated[bool, Field("Reactive import", manual="6.3.57")] = False
    reactive_export: Annotated[bool, Field("Reactive export", manual="6.3.57")] = False

    def names(self) -> tuple[str, ...]:
        """The fields that are on."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name))


def _problems(chosen: ChosenRegisters) -> list[Problem]:
    return [] if chosen.names() else [Problem("active_import", "Choose at least one register.")]


def _steps(chosen: ChosenRegisters, serial: str) -> list[Step]:
    # Only those that are meant: a meter without reactive energy may refuse to hear of it.
    tags = {_REGISTERS[name][0]: True for name in chosen.names()}
    path = meter_path(serial, "energy/resettable")
    return [Step("Reset registers", "POST", path, {"resettableenergy": tags}, chosen.names())]


def _erases(chosen: ChosenRegisters) -> tuple[str, ...]:
    return tuple(f"the register {_REGISTERS[name][1].lower()} since its last reset" for name in chosen.names())


def _proven(before: Resettable, after: Resettable, chosen: ChosenRegisters) -> str:
    """The counter went on, and what the register holds is small."""
    old = {row.register: row for row in before.registers}
    new = {row.register: row for row in after.registers}
    wrong = []
    for name in chosen.names():
        words = _REGISTERS[name][1]
        then, now = old.get(words), new.get(words)
        if then is None or now is None:
            wrong.append(f"the meter has no register {words.lower()}")
        elif then.resets is not None and then.resets == now.resets:
            wrong.append(f"the counter of resets of {words.lower()} still shows {now.resets}")
        elif now.value is None or now.value > max(FRESH_KWH, (then.value or 0.0) - FRESH_KWH):
            wrong.append(f"{words} still shows {now.value} {now.unit}")
    told = "; ".join(wrong)
    return f"{told[0].upper()}{told[1:]}." if told else ""


RESET = Action(
    key="g13.reset_registers",
    title="Reset registers",
    verb="Reset …",
    steps=_steps,
    look=_read,
    proven=_proven,
    parameters=ChosenRegisters,
    first=ChosenRegisters,
    problems=_problems,
    erases=_erases,
    beside=RESETTABLE.key,
    scope=Scope.METER,
    group="Energy",
    icon="undo",
    help="Sets the chosen registers to zero and counts that. Note their values before: they cannot be brought back.",
    manual="6.3.57",
    needs_write=(
        "reset RSTREG_ACT_ENERGY_IMP | reset RSTREG_ACT_ENERGY_EXP | reset RSTREG_REACT_ENERGY_IMP"
        " | reset RSTREG_REACT_ENERGY_EXP",
    ),
    resources=("POST /meters/<serial>/energy/resettable",),
)
