"""How the smart-MAC family joins the program."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NoReturn

from app.model.archive import AnyArchive, Archive, Period, Query
from app.model.errors import UsageError
from app.model.quantity import Feed, Reading
from app.model.resource import Resource
from app.model.vendor import Answer, Vendor
from app.vendors.smartmac.client import PASSWORD, STANDARD_S, SmartMacClient
from app.vendors.smartmac.quantities import FEED, PLOTTED, QUANTITIES
from app.vendors.smartmac.refusal import LOGIN
from app.vendors.smartmac.relay import ACTIONS, TURN
from app.vendors.smartmac.sections import GET_DATA, MANUAL, SECTIONS

LONGEST_HISTORY = 50_000


def recognise(answer: Answer) -> bool:
    """Does the server call itself so? Whatever it answers to somebody without a PIN."""
    return answer.headers.get("server", "").strip().lower().startswith("smart-mac")


async def watch(client: SmartMacClient, _meter: str) -> AsyncGenerator[Reading, None]:
    """The readings, as often as the meter may be asked."""
    async with aclosing(client.watch()) as readings:
        async for reading in readings:
            yield reading


async def _not_asked(_client: SmartMacClient, _target: str, _query: Query) -> NoReturn:
    """The meter has no memory of its own in this API.

    Raises:
        UsageError: always; the site is read instead.
    """
    raise UsageError("The meter keeps nothing: what this program has read is kept in the site.")


FEEDS = (
    Feed(
        key=FEED,
        title="Values",
        quantities=QUANTITIES,
        open=watch,
        plotted=PLOTTED,
        kept=True,
        interval_s=lambda client: client.pace.interval_s,
        trouble=lambda client, _: client.watch_trouble,
        manual=MANUAL,
        resources=(GET_DATA,),
    ),
)

ARCHIVES: tuple[AnyArchive, ...] = (
    Archive(
        key="smartmac.history",
        title="History",
        read=_not_asked,
        of_feed=FEED,
        period=Period.FROM_TO,
        longest=LONGEST_HISTORY,
        group="Meter",
        help="What this program has read, kept in the site: the meter itself keeps nothing that could be asked for.",
        manual=MANUAL,
        icon="chart",
        resources=(GET_DATA,),
    ),
)

RESOURCES = (
    Resource(1, GET_DATA, "All values, clock and relay", MANUAL, used_by=("every connection",)),
    Resource(2, TURN, "Turn the external load relay on (0) or off (1)", MANUAL),
)

SMARTMAC = Vendor(
    key="smartmac",
    title="smart-MAC",
    kind="Energy meter",
    scheme="http",
    port=80,
    default_user="",
    login=LOGIN,
    connect=SmartMacClient,
    recognise=recognise,
    probe_path="/",
    sections=SECTIONS,
    feeds=FEEDS,
    archives=ARCHIVES,
    actions=ACTIONS,
    resources=RESOURCES,
    groups=("Meter", "Settings"),
    simulator="app.vendors.smartmac.simulator:SmartMacSimulator",
    password_in_query=PASSWORD,
    pace_s=STANDARD_S,
)
