"""What the gateway is told to do once: restart (manual 6.3.15), and forget what its scans have found (6.3.37)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from weakref import WeakKeyDictionary

import msgspec

from app.model.action import NOTHING, Action, AnyAction
from app.model.archive import AnyArchive, NoParameters
from app.model.errors import AccessDenied, BadReply, DeviceRefused, DeviceUnreachable
from app.model.job import Progress
from app.model.section import AnySection, Step
from app.net.lenient import convert, decode
from app.vendors.g13.client import G13Client
from app.vendors.g13.models import Gateway

from .events import Events

POLL_S = 0.5
LOOK_S = 3.0
LEAVING_S = 20.0
"""A gateway that is still there after this long is taken not to restart."""
PATIENCE_S = 120.0
_RESTARTS = frozenset({"10", "11"})
"""Events of manual 6.3.13 that tell of a restart: begun, and started again."""


class Traces(msgspec.Struct, frozen=True):
    """What a restart leaves behind: how often the gateway was seen to go, and the log's restarts (None: not readable).

    Either proves it: a log may be full or forbidden, a fast restart may fall between two looks.
    """

    absences: int
    restarts: frozenset[tuple[str, int, str]] | None


_ABSENCES: WeakKeyDictionary[G13Client, int] = WeakKeyDictionary()
"""How often each gateway was seen to be away during a restart."""


async def _traces(client: G13Client, _: str) -> Traces:
    try:
        log = (await client.get("/gateway/events", Events)).events
    except (DeviceRefused, AccessDenied, BadReply):
        return Traces(_ABSENCES.get(client, 0), None)
    restarts = ((str(event.id), event.index, event.timestamp) for event in log)
    return Traces(_ABSENCES.get(client, 0), frozenset(one for one in restarts if one[0] in _RESTARTS))


def _restart_steps(_: NoParameters, __: str) -> list[Step]:
    return [Step("Restart the gateway", "POST", "/gateway/reboot")]


def _restarted(before: Traces, after: Traces, _: NoParameters) -> str:
    newer = before.restarts is not None and after.restarts is not None and after.restarts - before.restarts
    if after.absences > before.absences or newer:
        return ""
    return "The gateway said yes, but it was there all the time, and its event log tells of no restart."


async def _follow(client: G13Client, serial: str) -> AsyncGenerator[Progress, None]:
    """Watch the gateway go and come back.

    Raises:
        DeviceUnreachable: it does not come back within two minutes, or another gateway answers at its address.
    """
    clock = asyncio.get_running_loop().time
    begun, gone = clock(), False
    while True:
        waited_s = clock() - begun
        words = "The gateway is restarting" if gone else "Waiting for the gateway to restart"
        yield Progress(int(waited_s), int(PATIENCE_S), words, cancellable=False)
        # A fresh connection every time: on a kept one a restart may pass unseen.
        await client.http.aclose()
        there = await _answering(client)
        if not there and not gone:
            gone = True
            _ABSENCES[client] = _ABSENCES.get(client, 0) + 1
        if there and serial and there != serial:
            raise DeviceUnreachable(
                f"Another gateway, {there}, answers at {client.http.address} after the restart of {serial}.",
                hint="Look which of the two has that address, and connect to the right one.",
            )
        if there and (gone or waited_s >= LEAVING_S):
            return
        if waited_s >= PATIENCE_S:
            raise DeviceUnreachable(
                f"The gateway has not come back at {client.http.address} within {PATIENCE_S:g} s.",
                hint="Check its power and network lamps. With DHCP it may have another address now: look in the "
                "DHCP server, or use 'Find devices'. Otherwise take its power away for a few seconds.",
            )
        await asyncio.sleep(POLL_S)


async def _answering(client: G13Client) -> str:
    """The serial of the gateway that answers; empty while none does."""
    try:
        reply = await client.http.request("GET", "/gateway", timeout_s=LOOK_S)
        return convert(decode(reply.body), Gateway).serial if reply.status == 200 else ""
    except (DeviceUnreachable, BadReply):
        return ""


RESTART: Action[NoParameters, G13Client] = Action(
    key="g13.restart",
    title="Restart the gateway",
    verb="Restart",
    steps=_restart_steps,
    look=_traces,
    follow=_follow,
    proven=_restarted,
    parameters=NoParameters,
    first=lambda: NOTHING,
    group="Gateway",
    icon="restart",
    help="The gateway is away for up to two minutes. Settings and meters stay. Needs a gateway administrator.",
    manual="6.3.15",
    resources=("POST /gateway/reboot", "GET /gateway/events", "GET /gateway"),
)


async def _listed(client: G13Client, _: str) -> tuple[str, ...]:
    return tuple(meter.serial for meter in (await client.scanned()).scanresult)


def _forget_steps(_: NoParameters, __: str) -> list[Step]:
    # Without a body all of them go.
    return [Step("Forget the scanned meters", "DELETE", "/meters/scanned")]


def _forgotten(_: tuple[str, ...], after: tuple[str, ...], __: NoParameters) -> str:
    if not after:
        return ""
    return f"{len(after)} scanned meters are still listed; a scan may be running that finds them again."


FORGET_SCANNED: Action[NoParameters, G13Client] = Action(
    key="g13.forget_scanned",
    title="Forget scanned meters",
    verb="Forget",
    steps=_forget_steps,
    look=_listed,
    proven=_forgotten,
    parameters=NoParameters,
    first=lambda: NOTHING,
    erases=lambda _: ("the gateway's list of scanned meters; registered meters stay",),
    beside="scan",
    group="Gateway",
    icon="remove",
    help="Empties the list from which meters are registered. Scan again to fill it. Needs a gateway administrator.",
    manual="6.3.37",
    resources=("DELETE /meters/scanned", "GET /meters/scanned"),
)

SECTIONS: tuple[AnySection, ...] = ()
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = (RESTART, FORGET_SCANNED)
