"""The load profiles that a meter has stored, channel by channel, and how they are erased (manual 6.3.73, 6.3.76)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from app.model.action import Action
from app.model.archive import Archive, Column, ColumnKind, Query, Records
from app.model.errors import InvalidValue
from app.model.field import Choice, Field
from app.model.section import Scope, Step
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.load_profile_decode import Profile, read_profile
from app.vendors.g13.meter.load_profile_plan import MAX_CHANNELS, MAX_ITEMS, configuration, interval_words
from app.vendors.g13.meter.stored import EARLIEST, all_of_it, erased, fetched, in_url, not_available, period
from app.vendors.g13.models import GatewayTime
from app.vendors.g13.tables import parameter

ALL = 0
LOOKED_AT = 5
"""How many of the oldest items prove that a channel was emptied."""
_SPARE = 2
"""Intervals more than wanted are asked for: the clock stands within one, and may have been moved."""

_NUMBERS = tuple(Choice(number, f"Channel {number}") for number in range(1, MAX_CHANNELS + 1))
_OR_ALL = (Choice(ALL, "All channels"), *_NUMBERS)


class WhichChannel(msgspec.Struct, frozen=True):
    """The channel that is shown."""

    channel: Annotated[int, Field("Channel", choices=_NUMBERS, manual="6.3.73")] = 1


class ErasedChannel(msgspec.Struct, frozen=True):
    """The channel that is erased."""

    channel: Annotated[int, Field("Channel", choices=_OR_ALL, manual="6.3.76")] = ALL


async def _options(client: G13Client, serial: str) -> Mapping[str, tuple[Choice, ...]]:
    """The channels that are configured, by what they keep."""
    found = await configuration(client, serial)
    return {
        "channel": tuple(
            Choice(number, f"Channel {number}: {parameter(quantity).label}, {interval_words(interval_s)}")
            for number, (interval_s, quantity, _) in enumerate(found.lpconfig, start=1)
        )
    }


async def _read(client: G13Client, serial: str, query: Query) -> Records:
    channel = query.parameters.channel if query.parameters is not None else 1
    if not 1 <= channel <= MAX_CHANNELS:
        raise InvalidValue("channel", f"There is no channel {channel}: channels are numbered 1 to {MAX_CHANNELS}.")
    asked = period(query, MAX_ITEMS)
    # So many that they are all there are need no period: with gaps in the memory one would leave out the oldest.
    if 0 < query.count < MAX_ITEMS and not asked:
        asked = await _newest(client, serial, channel, query.count)

    def read(body: bytes) -> Records:
        return records(read_profile(body), query.count)

    return await fetched(client, *_paths(serial, channel, asked), read)


def records(found: Profile, count: int = 0) -> Records:
    """The newest `count` items (0: all) as columns: time, value, status."""
    begin = max(len(found.times) - count, 0) if count else 0
    raw = sum(1 for time in found.times if isinstance(time, str))
    notes = not_available(found.missing)
    if raw:
        notes = (*notes, f"{raw} {'item has a time that is' if raw == 1 else 'items have times that are'} no date.")
    return Records(
        columns=(
            Column("time", "Time", ColumnKind.MOMENT),
            Column("value", found.quantity, ColumnKind.NUMBER, found.unit, plotted=True),
            Column("status", "Status", filtered=True),
        ),
        data=(found.times[begin:], found.values[begin:], found.statuses[begin:]),
        notes=notes,
    )


async def _newest(client: G13Client, serial: str, channel: int, count: int) -> str:
    """The period in which the newest `count` items lie, by the meter's own clock."""
    channels = (await configuration(client, serial)).lpconfig
    if channel > len(channels):
        raise InvalidValue("channel", f"Channel {channel} is not configured; {len(channels)} are.")
    clock = await client.get(meter_path(serial, "datetime"), GatewayTime)
    try:
        now = datetime.fromisoformat(clock.datetime).replace(tzinfo=None)
        begin = now - timedelta(seconds=channels[channel - 1][0] * (count + _SPARE))
    except (ValueError, OverflowError):
        # A clock that shows no date says nothing of when the newest items are: everything is read.
        return ""
    return period(Query(begin=begin), MAX_ITEMS)


def _paths(serial: str, channel: int, asked: str) -> tuple[str, tuple[str, ...]]:
    """The manual writes the path with a channel and its examples without, which can only mean the first one."""
    topic = "loadprofiles" if asked else "all loadprofiles"
    heads = [meter_path(serial, f"loadprofiles/{channel}")]
    if channel == 1:
        heads.append(meter_path(serial, "loadprofiles"))
        topic = f"{topic} of channel 1"
    tails = (asked,) if asked else ("", all_of_it())
    return topic, tuple(head + tail for head in heads for tail in tails)


async def _look(client: G13Client, serial: str) -> dict[int, tuple[str, ...]]:
    """The times of each channel's oldest items."""

    def read(body: bytes) -> tuple[str, ...]:
        return tuple(str(time) for time in read_profile(body).times)

    oldest = f"/{in_url(EARLIEST)}/{LOOKED_AT}"
    channels = range(1, len((await configuration(client, serial)).lpconfig) + 1)
    return {channel: await fetched(client, *_paths(serial, channel, oldest), read) for channel in channels}


def _steps(asked: ErasedChannel, serial: str) -> list[Step]:
    if asked.channel == ALL:
        return [Step("Erase all load profiles", "DELETE", meter_path(serial, "loadprofiles"))]
    path = meter_path(serial, f"loadprofiles/{asked.channel}")
    return [Step(f"Erase the load profile of channel {asked.channel}", "DELETE", path)]


def _proven(before: Any, after: Any, asked: ErasedChannel) -> str:
    wanted = before if asked.channel == ALL else (asked.channel,)
    left = [number for number in wanted if not erased(before.get(number, ()), after.get(number, ()))]
    if not left:
        return ""
    return f"Items of before are still stored in channel {', '.join(map(str, left))}."


def _erases(asked: ErasedChannel) -> tuple[str, ...]:
    if asked.channel == ALL:
        return ("the stored load profiles of all channels",)
    return (f"the stored load profile of channel {asked.channel}",)


STORED_PROFILES = Archive(
    key="g13.stored_profiles",
    title="Load profiles",
    read=_read,
    parameters=WhichChannel,
    options=_options,
    longest=MAX_ITEMS,
    scope=Scope.METER,
    icon="chart",
    help="Values at fixed intervals. A whole memory of 40000 items may take the gateway minutes: ask for a period.",
    manual="6.3.73",
    needs_read=("read LOAD_PROFILE_CH_1",),
    resources=("GET /meters/<serial>/loadprofiles/<channel>/<fromdate>/<count|todate>",),
)

ERASE_PROFILES = Action(
    key="g13.erase_profiles",
    title="Erase load profiles",
    verb="Erase…",
    steps=_steps,
    proven=_proven,
    look=_look,
    parameters=ErasedChannel,
    first=ErasedChannel,
    erases=_erases,
    archive="g13.stored_profiles",
    beside="g13.stored_profiles",
    scope=Scope.METER,
    group="Stored values",
    icon="remove",
    help="The configuration stays; the meter begins to store anew.",
    manual="6.3.76",
    needs_write=("reset LOAD_PROFILE_CH_1",),
    resources=("DELETE /meters/<serial>/loadprofiles",),
)
