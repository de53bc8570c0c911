"""The previous values that a meter has stored, and how they are erased (manual 6.3.69, 6.3.72)."""

from __future__ import annotations

from typing import Any

from app.model.action import NOTHING, Action
from app.model.archive import Archive, Column, ColumnKind, NoParameters, Query, Records
from app.model.section import Scope, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.snapshots import (
    STATUS,
    TIME,
    Snapshots,
    channels_of,
    kept,
    missing,
    rows_of,
    snapshots,
    status_of,
    values_of,
)
from app.vendors.g13.meter.stored import all_of_it, erased, fetched, mapped, not_available, period

MOST = 100
"""How many snapshots can be asked for at once (manual 6.3.69)."""


def records(found: Snapshots, count: int = 0) -> Records:
    """The newest `count` rows (0: all) as columns: the time, each channel's value, the status."""
    rows = kept(rows_of(found), count)
    channels = channels_of(found)
    values = [values_of(rows, channel) for channel in range(channels)]
    return Records(
        columns=(TIME, *(_column(found, channel) for channel in range(channels)), STATUS),
        data=([row.time for row in rows], *values, [status_of(row, channels) for row in rows]),
        notes=not_available(missing(values)),
    )


def _column(found: Snapshots, channel: int) -> Column:
    name, unit = mapped(found.mapping[channel]) if channel < len(found.mapping) else (f"Channel {channel + 1}", "")
    return Column(f"value_{channel + 1}", name, ColumnKind.NUMBER, unit, plotted=True)


async def _read(client: G13Client, serial: str, query: Query) -> Records:
    def read(body: bytes) -> Records:
        return records(snapshots(body), query.count)

    return await fetched(client, *_paths(serial, period(query, MOST)), read)


def _paths(serial: str, asked: str) -> tuple[str, tuple[str, ...]]:
    path = meter_path(serial, "previousvalues")
    return ("previousvalues", (path + asked,)) if asked else ("all previousvalues", (path, path + all_of_it()))


async def _look(client: G13Client, serial: str) -> tuple[str, ...]:
    def read(body: bytes) -> tuple[str, ...]:
        return tuple(str(row.time) for row in rows_of(snapshots(body)))

    return await fetched(client, *_paths(serial, ""), read)


def _steps(_: NoParameters, serial: str) -> list[Step]:
    return [Step("Erase previous values", "DELETE", meter_path(serial, "previousvalues"))]


def _proven(before: Any, after: Any, _: NoParameters) -> str:
    return "" if erased(before, after) else "Previous values of before are still stored."


STORED_PREVIOUS = Archive(
    key="g13.stored_previous",
    title="Previous values",
    read=_read,
    longest=MOST,
    shape="bars",
    scope=Scope.METER,
    icon="journal",
    help="Registers as they stood at the end of each day, week or month.",
    manual="6.3.69",
    needs_read=("read PREVIOUS_VALUES",),
    resources=("GET /meters/<serial>/previousvalues/<fromdate>/<count|todate>",),
)

ERASE_PREVIOUS = Action(
    key="g13.erase_previous",
    title="Erase previous values",
    verb="Erase…",
    steps=_steps,
    proven=_proven,
    look=_look,
    parameters=NoParameters,
    first=lambda: NOTHING,
    erases=lambda _: ("all previous values that the meter has stored",),
    archive="g13.stored_previous",
    beside="g13.stored_previous",
    scope=Scope.METER,
    group="Stored values",
    icon="remove",
    help="The configuration stays; the meter begins to store anew.",
    manual="6.3.72",
    needs_write=("reset PREVIOUS_VALUES",),
    resources=("DELETE /meters/<serial>/previousvalues",),
)
