"""The demand values that a meter has stored: each period's extremes and when they occurred (manual 6.3.77, 6.3.80)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from app.model.action import NOTHING, Action
from app.model.archive import Archive, Column, ColumnKind, NoParameters, Query, Records
from app.model.errors import NotFound
from app.model.section import Scope, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.snapshots import (
    STATUS,
    TIME,
    Row,
    Snapshots,
    beside,
    channels_of,
    kept,
    missing,
    rows_of,
    snapshots,
    status_of,
    values_of,
)
from app.vendors.g13.meter.stored import (
    DATA_ERROR,
    NOT_AVAILABLE,
    all_of_it,
    erased,
    fetched,
    mapped,
    moment,
    not_available,
    period,
    snapshot_status,
)
from app.vendors.g13.models import DemandConfiguration
from app.vendors.g13.tables import decode_demand

_BY_CHANNEL = "demand by channel"

MOST = 500
"""How many snapshots can be asked for at once (manual 6.3.77)."""


def records(found: Snapshots, channels: DemandConfiguration, count: int = 0) -> Records:
    """The newest `count` rows (0: all) as columns: end of period; each channel's value, time and level; status.

    What a channel keeps, such as the highest sliding mean, stands only in the configuration (manual 6.3.77).
    """
    rows = kept(rows_of(found), count)
    columns: list[Column] = [TIME]
    data: list[Sequence[Any]] = [[row.time for row in rows]]
    number = channels_of(found)
    for channel in range(number):
        title, unit = _title(found, channels, channel)
        columns += (
            Column(f"value_{channel + 1}", title, ColumnKind.NUMBER, unit, plotted=True),
            Column(f"at_{channel + 1}", f"{title}: occurred", ColumnKind.MOMENT),
            Column(f"level_{channel + 1}", f"{title}: level"),
        )
        data += (
            values_of(rows, channel),
            [_occurred(row, channel) for row in rows],
            [_level(row, channel) for row in rows],
        )
    columns.append(STATUS)
    data.append([status_of(row, number) for row in rows])
    return Records(tuple(columns), tuple(data), not_available(missing(data[1:-1:3])))


def _title(found: Snapshots, channels: DemandConfiguration, channel: int) -> tuple[str, str]:
    name, unit = mapped(found.mapping[channel]) if channel < len(found.mapping) else (f"Channel {channel + 1}", "")
    if channel >= len(channels.dmc):
        return name, unit
    code = channels.dmc[channel][1]
    known = decode_demand(code)
    return (f"{name} ({known.kind.value} {known.level})" if known else f"{name} (code {code})"), unit


def _occurred(row: Row, channel: int) -> Any:
    entry = row.entry(channel)
    if len(entry) < 3 or snapshot_status(entry[0]) in (DATA_ERROR, NOT_AVAILABLE):
        return ""
    return moment(entry[2])


def _level(row: Row, channel: int) -> str:
    entry = row.entry(channel)
    return str(entry[3]) if len(entry) > 3 and entry[3] is not None else ""


async def _read(client: G13Client, serial: str, query: Query) -> Records:
    asked = period(query, MOST)
    channels = await client.demand_configuration(serial)

    def told(found: Snapshots) -> Records:
        return records(found, channels, query.count)

    return await asyncio.to_thread(told, await _fetched(client, serial, asked, len(channels.dmc)))


async def _fetched(client: G13Client, serial: str, asked: str, channels: int) -> Snapshots:
    """All channels in one answer, as in the manual's examples; else one by one, as its text has them in the path."""
    path = meter_path(serial, "demand")
    topic, paths = ("demand", (path + asked,)) if asked else ("all demand", (path, path + all_of_it()))
    if _BY_CHANNEL not in client.ways:
        try:
            return await fetched(client, topic, paths, snapshots)
        except NotFound:
            if not channels:
                raise
    tail = asked or all_of_it()
    parts = [
        await fetched(client, _BY_CHANNEL, (f"{path}/{channel}{tail}",), snapshots)
        for channel in range(1, channels + 1)
    ]
    return beside(parts)


async def _look(client: G13Client, serial: str) -> tuple[str, ...]:
    channels = await client.demand_configuration(serial)
    found = await _fetched(client, serial, "", len(channels.dmc))
    return tuple(str(row.time) for row in rows_of(found))


def _steps(_: NoParameters, serial: str) -> list[Step]:
    return [Step("Erase demand values", "DELETE", meter_path(serial, "demand"))]


def _proven(before: Any, after: Any, _: NoParameters) -> str:
    return "" if erased(before, after) else "Demand values of before are still stored."


STORED_DEMAND = Archive(
    key="g13.stored_demand",
    title="Demand values",
    read=_read,
    longest=MOST,
    shape="bars",
    scope=Scope.METER,
    icon="demand",
    help="The extremes of each period, and when they occurred.",
    manual="6.3.77",
    needs_read=("read DEMAND",),
    resources=(
        "GET /meters/<serial>/demand/<fromdate>/<count|todate>",
        "GET /meters/<serial>/demand/configuration",
    ),
)

ERASE_DEMAND = Action(
    key="g13.erase_demand",
    title="Erase demand values",
    verb="Erase…",
    steps=_steps,
    proven=_proven,
    look=_look,
    parameters=NoParameters,
    first=lambda: NOTHING,
    erases=lambda _: ("all demand values that the meter has stored",),
    archive="g13.stored_demand",
    beside="g13.stored_demand",
    scope=Scope.METER,
    group="Stored values",
    icon="remove",
    help="The configuration stays; the meter begins to store anew.",
    manual="6.3.80",
    needs_write=("reset DEMAND",),
    resources=("DELETE /meters/<serial>/demand",),
)
