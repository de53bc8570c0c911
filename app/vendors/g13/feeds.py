"""Live values of the meters behind the gateway, which has no stream: asked in turn, at a rate that it can bear."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from app.model.errors import AppError, BadReply, DeviceFailed, DeviceSilent, DeviceUnreachable
from app.model.quantity import Feed, Phase, Quantity, Reading, Unit

from .client import G13Client, Values
from .meter.measured import measured

INTERVAL_S = 2.0
"""Each meter is asked once in that time, as long as the gateway keeps up."""
REST = 3.0
"""The gateway is left alone for at least that many times as long as it took to answer."""
LONGEST_S = 60.0

_LINES = (("l1", Phase.L1), ("l2", Phase.L2), ("l3", Phase.L3))

QUANTITIES = (
    Quantity("power.total", "Active power", Unit.WATT),
    *(Quantity(f"power.{line}", f"Active power {phase.value}", Unit.WATT, phase) for line, phase in _LINES),
    Quantity("reactive.total", "Reactive power", Unit.VAR),
    *(Quantity(f"reactive.{line}", f"Reactive power {phase.value}", Unit.VAR, phase) for line, phase in _LINES),
    Quantity("apparent.total", "Apparent power", Unit.VOLT_AMPERE),
    *(Quantity(f"apparent.{line}", f"Apparent power {phase.value}", Unit.VOLT_AMPERE, phase) for line, phase in _LINES),
    *(Quantity(f"voltage.{line}", f"Voltage {phase.value}", Unit.VOLT, phase) for line, phase in _LINES),
    *(Quantity(f"current.{line}", f"Current {phase.value}", Unit.AMPERE, phase) for line, phase in _LINES),
    Quantity("current.neutral", "Current N", Unit.AMPERE, Phase.NEUTRAL),
    Quantity("frequency", "Frequency", Unit.HERTZ),
    Quantity("factor", "Power factor", Unit.RATIO),
)
PLOTTED = tuple(
    q.key for q in QUANTITIES if q.key.split(".")[0] in ("power", "voltage", "current") and "neutral" not in q.key
)


def reading(instrument: Values, power: Values, time_s: float) -> Reading:
    """One moment; NaN where the meter has no such value (manual 6.3.59, 6.3.60)."""
    found = {f"power.{line}": _number(power, "active", line) for line in ("l1", "l2", "l3", "total")}
    found |= {f"reactive.{line}": _number(power, "reactive", line) for line in ("l1", "l2", "l3", "total")}
    found |= {f"apparent.{line}": _number(power, "apparent", line) for line in ("l1", "l2", "l3", "total")}
    for line, _ in _LINES:
        found[f"voltage.{line}"] = _number(instrument, line, "voltage")
        found[f"current.{line}"] = _number(instrument, line, "current")
    found["current.neutral"] = _number(instrument, "neutral", "current")
    found["frequency"] = _number(instrument, "frequency", "frequency")
    found["factor"] = _number(instrument, "total", "powerfactor")
    return Reading(time_s, tuple(found[quantity.key] for quantity in QUANTITIES))


def _number(values: Values, group: str, name: str) -> float:
    """In the unit without a prefix: a gateway that writes kW means it."""
    found = measured(values.get(group, {}).get(name), "")
    return math.nan if found is None else found


@dataclass(eq=False)
class Turns:
    """Who may ask one gateway next: of all its live meters the one that has waited longest, and after a rest."""

    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    troubles: dict[str, AppError] = field(default_factory=dict)
    """Why meters give no values at present, by their serials."""
    _free_at: float = 0.0
    _absent_s: float = 0.0

    @asynccontextmanager
    async def mine(self) -> AsyncIterator[None]:
        """Wait for the turn. Whoever asks again goes to the end of the line."""
        async with self._turn:
            await asyncio.sleep(self._free_at - time.monotonic())
            yield

    def answered(self, took_s: float) -> None:
        """The gateway gave values."""
        self._rest(took_s * REST)

    def meter_failed(self, took_s: float) -> None:
        """The gateway is well, a meter is not: the others do not wait longer for that than their usual interval.

        The rest that is missing comes with the meter's own pause.
        """
        self._rest(min(took_s * REST, INTERVAL_S))

    def absent(self) -> None:
        """The gateway itself gave no answer: it is tried more and more seldom, for all meters together."""
        absent_s = min(LONGEST_S, max(INTERVAL_S, 2 * self._absent_s))
        self._rest(absent_s)
        self._absent_s = absent_s

    def _rest(self, seconds: float) -> None:
        self._free_at = time.monotonic() + seconds
        self._absent_s = 0.0


_TURNS: WeakKeyDictionary[G13Client, Turns] = WeakKeyDictionary()
"""Of each gateway that has live meters, for as long as it is connected."""


async def open_feed(client: G13Client, serial: str) -> AsyncGenerator[Reading, None]:
    """Ask again and again, in turn with the other live meters of the gateway.

    A meter that fails leaves a gap, and is asked more seldom: down to once a minute. A slow gateway is asked less
    often as a whole, since it rests three times as long as it takes to answer.

    Raises:
        AppError: going on makes no sense: login, access, certificate, no such meter any more.
    """
    turns = _TURNS.setdefault(client, Turns())
    pause_s = INTERVAL_S
    while True:
        taken: Reading | None = None
        async with turns.mine():
            began = time.monotonic()
            took_s = 0.0
            try:
                instrument = await client.instrument(serial)
                took_s = _answer_s(client)
                power = await client.power(serial)
            except (DeviceFailed, BadReply, DeviceSilent) as error:
                took_s += _answer_s(client)
                pause_s = min(LONGEST_S, max(2 * pause_s, took_s * REST))
                turns.troubles[serial] = error
                if isinstance(error, DeviceSilent):
                    turns.absent()
                else:
                    turns.meter_failed(took_s)
            except DeviceUnreachable as error:
                turns.absent()
                turns.troubles[serial] = error
            else:
                turns.troubles.pop(serial, None)
                pause_s = INTERVAL_S
                turns.answered(took_s + _answer_s(client))
                taken = reading(instrument, power, time.time())
        if taken is not None:
            yield taken
        await asyncio.sleep(began + pause_s - time.monotonic())


def _answer_s(client: G13Client) -> float:
    """How long the last answer took, without the time that the request waited for others to be done."""
    return client.http.recorder.exchanges()[-1].elapsed_s


def trouble_of(client: G13Client, serial: str) -> AppError | None:
    """Why a meter gives no values at present; None while it does, and where it is not asked."""
    turns = _TURNS.get(client)
    return None if turns is None else turns.troubles.get(serial)


POLLED = Feed(
    key="instrument",
    title="Instrument and power values",
    quantities=QUANTITIES,
    open=open_feed,
    trouble=trouble_of,
    plotted=PLOTTED,
    of_meter=True,
    manual="6.3.59, 6.3.60",
    resources=("GET /meters/<serial>/instrument", "GET /meters/<serial>/power"),
)
