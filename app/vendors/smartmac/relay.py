"""Switching the output for an external load relay. The command counts the other way round than the answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec

from app.model.action import Action, AnyAction
from app.model.field import Field
from app.model.job import Progress
from app.model.section import Step
from app.vendors.smartmac.client import DATA, SmartMacClient
from app.vendors.smartmac.reply import Reply, relay_words
from app.vendors.smartmac.sections import GET_DATA, MANUAL

TURN = "GET /?page=getdata&devid=<id>&devpass=<PIN>&pout=<0|1>"
TURN_ON, TURN_OFF = "0", "1"


class Relay(msgspec.Struct, frozen=True):
    """What the relay shall be."""

    on: Annotated[bool, Field("Relay shall be", help="What is connected is switched", manual=MANUAL)] = True


def steps(wanted: Relay, _target: str) -> list[Step]:
    """The one request. Device id and PIN are added when it leaves."""
    code = TURN_ON if wanted.on else TURN_OFF
    return [Step(f"Turn the relay {_words(wanted.on)}", "GET", f"{DATA}&pout={code}", fields=("on",))]


async def look(client: SmartMacClient, _target: str) -> Reply:
    """The last answer, or after a command the next one."""
    return (await client.snapshot()).reply


def objection(before: Reply, _wanted: Relay) -> str:
    """Is there a relay output at all?"""
    return "" if before.relay_text else "This meter tells no state of a relay, so it has none to switch."


def proven(_before: Reply, after: Reply, wanted: Relay) -> str:
    """Does the meter tell the wanted state?"""
    if after.relay is wanted.on:
        return ""
    told = relay_words(after) or "nothing"
    return f"The relay should be {_words(wanted.on)}; the meter tells: {told}."


async def ready(client: SmartMacClient, _target: str) -> AsyncGenerator[Progress, None]:
    """Until the meter may be told."""
    async for progress in client.turn("The command goes out"):
        yield progress


async def follow(client: SmartMacClient, _target: str) -> AsyncGenerator[Progress, None]:
    """Until the meter may be asked what came of it."""
    async for progress in client.proof():
        yield progress


def _words(on: bool) -> str:
    return "on" if on else "off"


ACTIONS: tuple[AnyAction, ...] = (
    Action(
        key="smartmac.relay",
        title="Switch the relay",
        verb="Switch",
        steps=steps,
        look=look,
        ready=ready,
        follow=follow,
        objection=objection,
        proven=proven,
        parameters=Relay,
        first=Relay,
        beside="smartmac.device",
        group="Meter",
        help="Whatever is connected to the relay starts or stops at once: make sure that nobody works on it and that "
        "it may run unattended. The command goes out as soon as the meter may be asked; what came of it is read the "
        "next time that it may, up to two minutes later.",
        manual=MANUAL,
        icon="io",
        resources=(GET_DATA, TURN),
    ),
)
