"""A meter's status flags in plain words, each with what to do (manual 6.3.50)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Field
from app.model.section import Scope, Section
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.conditions import of_flag


class StatusFlags(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/statusflags (manual 6.3.50): the names of what is active."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    informationflags: tuple[str, ...] = ()


class Flag(msgspec.Struct, frozen=True):
    """One active flag."""

    kind: Annotated[str, Field("Kind", read_only=True, manual="6.3.50")]
    meaning: Annotated[str, Field("What it means", read_only=True, manual="6.3.50")]
    advice: Annotated[str, Field("What to do", read_only=True)]
    flag: Annotated[str, Field("Flag", read_only=True, help="As the meter names it.", manual="6.3.50")]


class Flags(msgspec.Struct, frozen=True):
    """All active flags, errors first."""

    active: Annotated[
        tuple[Flag, ...],
        Field("Active flags", read_only=True, empty="No flags: the meter finds nothing wrong.", manual="6.3.50"),
    ]


ERROR, WARNING, INFORMATION = "Error", "Warning", "Information"
_SUMMARY = ((ERROR, "Errors"), (WARNING, "warnings"), (INFORMATION, "information"))


def _flags(kind: str, texts: tuple[str, ...]) -> tuple[Flag, ...]:
    return tuple(_flag(kind, text.strip()) for text in texts if text.strip())


def _flag(kind: str, text: str) -> Flag:
    known = of_flag(text)
    if known is None:
        return Flag(kind, text, "Not listed in the manual: note it, and ask the maker.", text)
    return Flag(kind, known.words, known.advice, text)


def flags(reply: StatusFlags) -> Flags:
    """The device's three lists as one table."""
    return Flags(
        _flags(ERROR, reply.errors) + _flags(WARNING, reply.warnings) + _flags(INFORMATION, reply.informationflags)
    )


async def _read_flags(client: G13Client, serial: str) -> Flags:
    return flags(await client.get(meter_path(serial, "statusflags"), StatusFlags))


def _summary(found: Flags) -> str:
    kinds = [flag.kind for flag in found.active]
    return ", ".join(f"{words}: {kinds.count(kind) or 'none'}" for kind, words in _SUMMARY)


FLAGS = Section(
    key="g13.flags",
    title="Status flags",
    model=Flags,
    read=_read_flags,
    summary=_summary,
    scope=Scope.METER,
    group="Status",
    icon="warning",
    help="What the meter itself finds wrong or worth knowing now, and what to do about it.",
    manual="6.3.50",
    needs_read=("read SYSTEM_STATUS_ERROR | read SYSTEM_STATUS_WARNING | read SYSTEM_STATUS_INFO",),
    resources=("GET /meters/<serial>/statusflags",),
)
