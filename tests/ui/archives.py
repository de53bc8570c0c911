"""Archives for tests: declared here, kept in memory, read through a real session."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from app.model.action import NOTHING, Action
from app.model.archive import Archive, Column, ColumnKind, NoParameters, Query, Records
from app.model.errors import DeviceUnreachable
from app.model.field import Choice, Field
from app.model.section import Step
from tests.ui.conftest import Bench
from ui.forms.actions import Ask, action_dialog
from ui.jobs import JobBar
from ui.pages.archive import ArchivePage

START = datetime(2026, 3, 1)
STEP = timedelta(minutes=15)
NAN = float("nan")
COLUMNS = (
    Column("time", "Time", ColumnKind.MOMENT),
    Column("l1", "Voltage L1", ColumnKind.NUMBER, unit="V", decimals=1, plotted=True),
    Column("l2", "Voltage L2", ColumnKind.NUMBER, unit="V", decimals=1, plotted=True),
    Column("power", "Active power", ColumnKind.NUMBER, unit="W", plotted=True),
    Column("status", "Status", filtered=True),
)


def records(count: int, *, first: int = 0, notes: tuple[str, ...] = (), earlier: datetime | None = None) -> Records:
    """Rows a quarter of an hour apart; every tenth was written after a power failure."""
    rows = range(first, first + count)
    data = (
        [START + STEP * row for row in rows],
        [230.0 + row % 7 for row in rows],
        [231.0 + row % 5 for row in rows],
        [NAN if row % 10 == 3 else 100.0 * row for row in rows],
        ["Power off" if row % 10 == 3 else "OK" for row in rows],
    )
    return Records(COLUMNS, data, notes, earlier)


class Channel(msgspec.Struct, frozen=True):
    """Which channel."""

    channel: Annotated[int, Field("Channel", choices=(Choice(0, "none"),))] = 0


@dataclass
class Shelf:
    """What a device keeps: what `read` gives, what was asked for, and how it can fail or take long."""

    kept: Records = field(default_factory=lambda: records(40))
    asked: list[Query] = field(default_factory=list)
    failing: bool = False
    slow: asyncio.Event | None = None
    cut_off: int = 0
    erased: bool = False

    async def read(self, _client: Any, _target: str, query: Query) -> Records:
        self.asked.append(query)
        if self.slow is not None:
            try:
                await self.slow.wait()
            except asyncio.CancelledError:
                self.cut_off += 1
                raise
        if self.failing:
            raise DeviceUnreachable("Nothing answers.")
        return Records(COLUMNS, ([],) * len(COLUMNS)) if self.erased else self.kept

    async def options(self, _client: Any, _target: str) -> dict[str, tuple[Choice, ...]]:
        return {"channel": (Choice(1, "Channel 1: V"), Choice(2, "Channel 2: W"))}

    def declared(self, **more: Any) -> Archive[Any]:
        """As an archive of the gateway."""
        return Archive(key="g13.shelf", title="Shelf", read=self.read, **{"icon": "chart", **more})


def erasing(shelf: Shelf, *, parameters: type[msgspec.Struct] = NoParameters) -> Action[Any, Any]:
    """An action that empties a shelf: the request is a harmless one that the gateway knows."""

    async def look(_client: Any, _target: str) -> bool:
        shelf.erased = bool(shelf.asked) and shelf.erased
        return shelf.erased

    def steps(_parameters: Any, _target: str) -> list[Step]:
        shelf.erased = True
        return [Step("Forget", "DELETE", "/meters/scanned")]

    return Action(
        key="g13.erase_shelf",
        title="Erase the shelf",
        verb="Erase…",
        steps=steps,
        look=look,
        proven=lambda _before, after, _parameters: "" if after else "Something is still there.",
        parameters=parameters,
        first=parameters if parameters is not NoParameters else lambda: NOTHING,
        erases=lambda _: ("everything on the shelf",),
        archive="g13.shelf",
        beside="g13.shelf",
        icon="remove",
    )


def page(bench: Bench, archive: Archive[Any], *actions: Action[Any, Any], ask: Ask = action_dialog) -> ArchivePage:
    """The page of an archive in the bench's window; it begins to read."""
    session = bench.session
    session.vendor = replace(session.vendor, archives=(archive,), actions=actions)
    jobs = JobBar(bench.window)
    made = ArchivePage(archive, "", session, tasks=bench.tasks, toasts=bench.toasts, jobs=jobs, ask=ask)
    bench.window.layout().addWidget(made)
    return made
