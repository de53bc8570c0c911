"""The live sources: an inverter that is asked again and again, and the EMS's stream in either layout."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from app.model.errors import BadReply, DeviceFailed, DeviceUnreachable
from app.model.quantity import Feed, Phase, Quantity, Reading
from app.vendors.ingecon.client import EMS, PHASES, TLM, IngeconClient
from app.vendors.ingecon.forms import numbers, quantity
from app.vendors.ingecon.tables import BATTERY_STATE, MODELS, PHASE_VALUES, TLM_VALUES, Model, Value, plain
from app.vendors.ingecon.wire import NAN, InverterAnswer, Phases

POLL_S = 5.0
LONGEST_POLL_PAUSE_S = 60.0

_CONDUCTORS = ((1, Phase.L1), (2, Phase.L2), (3, Phase.L3))
_OF_PHASES = tuple(value for value in numbers(PHASE_VALUES) if value.summed)
OF_PLANT = numbers(PHASE_VALUES)
OF_STORAGE = (
    *numbers((*PHASE_VALUES, *TLM_VALUES)),
    *(value for value in TLM_VALUES if value.key == BATTERY_STATE),
)
"""What the readings of the two layouts hold of the whole plant."""


def inverter_values(of: Model, answer: InverterAnswer) -> tuple[float, ...]:
    """The values of an answer in the order of the model's quantities; NaN where one is missing."""
    items = answer.named()
    found = (items.get(plain(value.name)) for value in numbers(of.values))
    return tuple(NAN if item is None else item.number for item in found)


def plant_quantities(values: Sequence[Value]) -> tuple[Quantity, ...]:
    """Those of the whole plant, then those of the phases."""
    phases = tuple(
        quantity(value, f".{phase.value.lower()}", phase) for value in _OF_PHASES for _, phase in _CONDUCTORS
    )
    return (*(quantity(value) for value in values), *phases)


def plant_values(values: Sequence[Value], told: Phases) -> tuple[float, ...]:
    """The values of an event in the same order."""
    elements = [told.of_phase(number) for number, _ in _CONDUCTORS]
    phases = (NAN if one is None else one.number(value.key) for value in _OF_PHASES for one in elements)
    return (*(told.total(value) for value in values), *phases)


def _poll(of: Model) -> Callable[[IngeconClient, str], AsyncGenerator[Reading, None]]:
    def open_feed(client: IngeconClient, _meter: str) -> AsyncGenerator[Reading, None]:
        return poll(client, of)

    return open_feed


async def poll(
    client: IngeconClient, of: Model, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncGenerator[Reading, None]:
    """An inverter's values every five seconds; more and more seldom while it does not answer.

    Raises:
        LoginFailed, AccessDenied, NotFound: asking again would not help.
    """
    failures = 0
    while True:
        began = time.monotonic()
        try:
            answer = await client.inverter(fresh=True)
        except (DeviceUnreachable, DeviceFailed, BadReply) as error:
            # The gap shows in the plot, and what is wrong in the line below it.
            failures += 1
            client.poll_trouble = error
        else:
            failures = 0
            client.poll_trouble = None
            yield Reading(time.time(), inverter_values(of, answer))
        pause = min(POLL_S * 2 ** min(failures, 16), LONGEST_POLL_PAUSE_S)
        await sleep(max(pause - (time.monotonic() - began), POLL_S / 2))


def _listen(values: Sequence[Value]) -> Callable[[IngeconClient, str], AsyncGenerator[Reading, None]]:
    async def open_feed(client: IngeconClient, _meter: str) -> AsyncGenerator[Reading, None]:
        async with aclosing(client.stream.events()) as events:
            async for time_s, told in events:
                yield Reading(time_s, plant_values(values, told))

    return open_feed


def _plotted(values: Sequence[Value]) -> tuple[str, ...]:
    shown = tuple(value.key for value in values if value.plotted)
    # Where all of the sun is told, the PV inverters' part of it would be the same curve again.
    return tuple(key for key in shown if key != "pac" or "pv" not in shown)


def _inverter_feed(of: Model) -> Feed:
    return Feed(
        key=of.key,
        title=f"Values of the {of.title}",
        quantities=tuple(quantity(value) for value in numbers(of.values)),
        open=_poll(of),
        interval_s=lambda _: POLL_S,
        trouble=lambda client, _: client.poll_trouble,
        plotted=_plotted(of.values),
        manual=of.manual,
        needs_read=(of.title,),
        resources=("POST /inverter/properties/read/1",),
    )


def _ems_feed(key: str, title: str, values: Sequence[Value], *needs: str) -> Feed:
    return Feed(
        key=key,
        title=title,
        quantities=plant_quantities(values),
        open=_listen(values),
        unreadable=lambda client: client.stream.bad_events,
        trouble=lambda client, _: client.stream.trouble,
        plotted=_plotted(values),
        manual="7.1, 7.2",
        needs_read=(EMS, *needs),
        resources=("GET /system/events/sse/stream",),
    )


STORAGE_FEED = _ems_feed("storage", "Plant with storage", OF_STORAGE, TLM)
PLANT_FEED = _ems_feed("plant", "Plant", OF_PLANT, PHASES)
FEEDS = (STORAGE_FEED, PLANT_FEED, *(_inverter_feed(model) for model in MODELS))
"""Of a card that is both, the EMS's stream comes first."""
