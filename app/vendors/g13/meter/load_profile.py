"""Load profiles: eight channels of values at fixed intervals (manual 5.1.3, 6.3.73 to 6.3.76)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Choice, Field
from app.model.section import AnySection, Problem, Scope, Section, Step
from app.vendors.g13.client import G13Client, encode, meter_path
from app.vendors.g13.meter.channels import nothing_kept, repeated, too_long
from app.vendors.g13.meter.load_profile_plan import (
    INTERVALS_S,
    MAX_CHANNELS,
    MAX_ITEMS,
    configuration,
    interval_words,
    lasting,
)
from app.vendors.g13.meter.load_profile_stored import ERASE_PROFILES, STORED_PROFILES
from app.vendors.g13.tables import STORABLE, parameter

_INTERVALS = tuple(Choice(interval_s, interval_words(interval_s)) for interval_s in INTERVALS_S)
_QUANTITIES = tuple(Choice(id, parameter(id).label) for id in STORABLE["lp"])


class ProfileChannel(msgspec.Struct, frozen=True):
    """One channel; its number is its place in the list."""

    interval_s: Annotated[
        int,
        Field(
            "Interval",
            choices=_INTERVALS,
            help="One value is kept each time. What the meter has beyond these intervals is shown in seconds.",
            manual="5.1.3, 6.3.75",
        ),
    ]
    quantity: Annotated[int, Field("Quantity", choices=_QUANTITIES, manual="6.3.29, 6.3.75")]
    items: Annotated[
        int,
        Field(
            "Items",
            minimum=1,
            maximum=MAX_ITEMS,
            help="So many values are kept; then the oldest give way.",
            manual="5.1.3, 6.3.75",
        ),
    ]


class LoadProfile(msgspec.Struct, frozen=True):
    """What the load profiles keep."""

    channels: Annotated[
        tuple[ProfileChannel, ...],
        Field(
            "Channels",
            max_rows=MAX_CHANNELS,
            help=f"Up to {MAX_CHANNELS} channels that share {MAX_ITEMS} items.",
            manual="5.1.3, 6.3.75",
        ),
    ]


async def _read(client: G13Client, serial: str) -> LoadProfile:
    found = await configuration(client, serial)
    return LoadProfile(tuple(ProfileChannel(*channel) for channel in found.lpconfig))


def _body(value: LoadProfile) -> dict[str, object]:
    return {"lpconfig": [[channel.interval_s, channel.quantity, channel.items] for channel in value.channels]}


def _plan(_: LoadProfile, after: LoadProfile, serial: str) -> list[Step]:
    path = meter_path(serial, "loadprofiles/configuration")
    return [Step("Configure load profiles", "POST", path, _body(after), ("channels",))]


def _problems(value: LoadProfile) -> list[Problem]:
    problems = nothing_kept(value.channels)
    total = items_of(value)
    if total > MAX_ITEMS:
        problems.append(
            Problem(
                "channels",
                f"The channels want {total} items together, {MAX_ITEMS} are there: {total - MAX_ITEMS} too many.",
            )
        )
    kept = [(channel.interval_s, channel.quantity) for channel in value.channels]
    return [*problems, *repeated(kept), *too_long(len(encode(_body(value))))]


def items_of(value: LoadProfile) -> int:
    """How many items all channels want together."""
    return sum(max(channel.items, 0) for channel in value.channels)


def _summary(value: LoadProfile) -> str:
    told = f"{items_of(value)} of {MAX_ITEMS} items"
    if not value.channels:
        return told
    lasts, number = min((c.interval_s * c.items, number) for number, c in enumerate(value.channels, start=1))
    return f"{told}; channel {number} has the shortest memory, {lasting(lasts)}"


def _erases(before: LoadProfile, after: LoadProfile) -> tuple[str, ...]:
    return ("all load profiles that the meter has stored so far, of every channel",) if before != after else ()


LOAD_PROFILE = Section(
    key="g13.load_profile",
    title="Load profile configuration",
    model=LoadProfile,
    read=_read,
    plan=_plan,
    problems=_problems,
    tags={"lpconfig": "channels"},
    erases=_erases,
    archive="g13.stored_profiles",
    summary=_summary,
    scope=Scope.METER,
    group="Settings",
    icon="chart",
    help=(
        "What the meter keeps at fixed intervals. The channels are numbered by their place: removing one renumbers "
        "those after it. A change erases what every channel has stored: export it first."
    ),
    manual="5.1.3, 6.3.74, 6.3.75",
    needs_read=("read LOAD_PROFILE_CH_1",),
    needs_write=("configure LOAD_PROFILE_CH_1",),
    resources=("GET /meters/<serial>/loadprofiles/configuration", "POST /meters/<serial>/loadprofiles/configuration"),
)

SECTIONS: tuple[AnySection, ...] = (LOAD_PROFILE,)
ARCHIVES: tuple[AnyArchive, ...] = (STORED_PROFILES,)
ACTIONS: tuple[AnyAction, ...] = (ERASE_PROFILES,)
