"""Live values of a meter behind the gateway, which has no stream: asked in turn, at a rate that it can bear."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator

from app.model.errors import BadReply, DeviceFailed, DeviceUnreachable
from app.model.quantity import Feed, Phase, Quantity, Reading, Unit

from .client import G13Client, Values

INTERVAL_S = 2.0
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
    value, _ = values.get(group, {}).get(name, (None, None))
    try:
        return math.nan if value is None else float(value)
    except ValueError:
        return math.nan


async def open_feed(client: G13Client, serial: str) -> AsyncGenerator[Reading, None]:
    """Ask again and again. A meter that fails for a while leaves a gap; the pause grows up to a minute.

    Raises:
        AppError: going on makes no sense: login, access, certificate.
    """
    pause_s = INTERVAL_S
    while True:
        began = time.monotonic()
        try:
            instrument = await client.instrument(serial)
            power = await client.power(serial)
        except (DeviceUnreachable, DeviceFailed, BadReply):
            pause_s = min(LONGEST_S, 2 * pause_s)
        else:
            yield reading(instrument, power, time.time())
            took_s = time.monotonic() - began
            pause_s = max(INTERVAL_S - took_s, took_s * REST)
        await asyncio.sleep(pause_s)


POLLED = Feed(
    key="instrument",
    title="Instrument and power values",
    quantities=QUANTITIES,
    open=open_feed,
    plotted=PLOTTED,
    of_meter=True,
    manual="6.3.59, 6.3.60",
    resources=("GET /meters/<serial>/instrument", "GET /meters/<serial>/power"),
)
