"""The gateway itself: what it is, its name and place, its clock (manual 4.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.errors import BadReply
from app.model.field import Field
from app.model.section import AnySection, Problem, Section, Step
from app.vendors.g13.client import G13Client

ALIAS = 21
LOCATION = 51
SERIAL = 17
CLOCK_TOLERANCE = timedelta(seconds=10)
"""A read-back comes after the write, over a slow bus: the clock has gone on."""

MOMENT = "%Y-%m-%dT%H:%M:%S"


class About(msgspec.Struct, frozen=True):
    """What the gateway is."""

    model: Annotated[str, Field("Model", read_only=True, manual="6.3.1")]
    serial: Annotated[str, Field("Serial number", read_only=True, manual="6.3.1")]
    firmware: Annotated[str, Field("Firmware", read_only=True, manual="6.3.1")]
    hardware: Annotated[str, Field("Hardware", read_only=True, manual="6.3.1")]
    released: Annotated[str, Field("Firmware of", read_only=True, manual="6.3.1")]
    api: Annotated[str, Field("JSON interface", read_only=True, manual="6.3.1")]
    cosem: Annotated[str, Field("COSEM version", read_only=True, manual="6.3.1")]
    logical_device: Annotated[str, Field("Logical device name", read_only=True, manual="6.3.1")]


async def _read_about(client: G13Client, _: str) -> About:
    about = await client.about()
    return About(
        model=about.model,
        serial=str(about.serial),
        firmware=about.firmwareversion,
        hardware=about.hardwareversion,
        released=about.releasedate.replace("T", " "),
        api=about.jsonapiversion,
        cosem=str(about.cosemversion),
        logical_device=about.logicaldevicename,
    )


ABOUT = Section(
    key="g13.about",
    title="About the gateway",
    model=About,
    read=_read_about,
    group="Gateway",
    icon="info",
    help="Versions of the gateway, as its own About page shows them.",
    manual="4.1, 6.3.1",
    resources=("GET /about",),
)


class Name(msgspec.Struct, frozen=True):
    """Name and location of the gateway."""

    alias: Annotated[
        str, Field("Name", max_length=ALIAS, help="Shown in lists of gateways and above its meters.", manual="6.3.10")
    ]
    location: Annotated[
        str,
        Field("Location", max_length=LOCATION, help="Where it is mounted: building, floor, cabinet.", manual="6.3.10"),
    ]
    serial: Annotated[str, Field("Serial number", read_only=True, max_length=SERIAL, manual="6.3.9")]


async def _read_name(client: G13Client, _: str) -> Name:
    gateway = await client.gateway()
    return Name(gateway.alias, gateway.location, gateway.serial)


def _plan_name(before: Name, after: Name, _: str) -> list[Step]:
    changed = tuple(name for name in ("alias", "location") if getattr(before, name) != getattr(after, name))
    # The gateway takes the three only together.
    body: dict[str, object] = {"serial": before.serial, "alias": after.alias, "location": after.location}
    return [Step("Set the gateway's name and location", "POST", "/gateway", body, changed)]


NAME = Section(
    key="g13.name",
    title="Name and location",
    model=Name,
    read=_read_name,
    plan=_plan_name,
    group="Gateway",
    icon="tag",
    help="How the gateway is called on this site. Needs a gateway administrator.",
    manual="4.2, 6.3.9, 6.3.10",
    resources=("GET /gateway", "POST /gateway"),
)


class Clock(msgspec.Struct, frozen=True):
    """The gateway's clock. Local time, as the gateway keeps no time zone."""

    time: Annotated[
        datetime,
        Field(
            "Date and time",
            tolerance=CLOCK_TOLERANCE,
            help="Local time of the site. The gateway knows no time zone.",
            manual="6.3.12",
        ),
    ]
    status: Annotated[str, Field("Clock status", read_only=True, help="Not set: lost its time.", manual="6.3.11")]
    drift_s: Annotated[
        int | None,
        Field(
            "Ahead of this computer",
            unit="s",
            read_only=True,
            help="When it was read; negative: behind.",
            manual="6.3.11",
        ),
    ] = None


async def _read_clock(client: G13Client, _: str) -> Clock:
    found = await client.gateway_time()
    try:
        moment = datetime.strptime(found.datetime.replace(" ", "T"), MOMENT)
    except ValueError as error:
        raise BadReply(f"The gateway's clock says '{found.datetime[:40]}', which is no date and time.") from error
    return Clock(moment, found.status, round((moment - datetime.now()).total_seconds()))


def _plan_clock(_: Clock, after: Clock, __: str) -> list[Step]:
    body: dict[str, object] = {"datetime": after.time.strftime(MOMENT)}
    return [Step("Set the gateway's clock", "POST", "/gateway/datetime", body, ("time",))]


def _clock_problems(clock: Clock) -> list[Problem]:
    if clock.time.tzinfo is not None:
        return [Problem("time", "Date and time: give the local time of the site, without a time zone.")]
    if not 2000 <= clock.time.year <= 2099:
        return [Problem("time", f"Date and time: the year {clock.time.year} is not possible; 2000 to 2099.")]
    return []


def _clock_now(clock: Clock) -> Clock:
    return msgspec.structs.replace(clock, time=datetime.now().replace(microsecond=0))


def drift_words(seconds: int) -> str:
    """How a clock stands to this computer's, in words."""
    if seconds == 0:
        return "as this computer's"
    return f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} this computer"


def _clock_summary(clock: Clock) -> str:
    return "" if clock.drift_s is None else f"Clock: {drift_words(clock.drift_s)}."


CLOCK = Section(
    key="g13.clock",
    title="Gateway clock",
    model=Clock,
    read=_read_clock,
    plan=_plan_clock,
    problems=_clock_problems,
    now=_clock_now,
    now_label="Set from this computer",
    summary=_clock_summary,
    group="Gateway",
    icon="clock",
    help="Events and stored values carry this time. Needs a gateway administrator.",
    manual="4.2, 6.3.11, 6.3.12",
    resources=("GET /gateway/datetime", "POST /gateway/datetime"),
)

SECTIONS: tuple[AnySection, ...] = (
    ABOUT,
    NAME,
    CLOCK,
)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = ()
