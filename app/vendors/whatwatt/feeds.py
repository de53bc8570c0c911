"""The device's live sources: the event stream (manual 3.2) and the polled report (3.1), as the same quantities."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from app.model.errors import BadReply, DeviceFailed, DeviceUnreachable
from app.model.quantity import LARGEST, Feed, Phase, Quantity, Reading, Unit
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.places import dig

LEAST_POLL_S = 2.0
LONGEST_POLL_PAUSE_S = 60.0
NAN = math.nan


@dataclass(frozen=True)
class Source:
    """Where a quantity stands in a document: `plus` less `minus`, times `scale`. Import is positive."""

    quantity: Quantity
    plus: str
    minus: str = ""
    scale: float = 1.0

    def value(self, document: object) -> float:
        """The value in the quantity's unit; NaN where the document has none."""
        found = number(dig(document, self.plus)) if self.plus else NAN
        if self.minus:
            minus = number(dig(document, self.minus))
            # A NaN is the only number that differs from itself.
            if minus == minus:
                found = (found if found == found else 0.0) - minus
        # The device rounds to three decimals: so does this, to be rid of what binary fractions add.
        return round(found * self.scale, 3) + 0.0 if found == found else NAN


def number(value: object) -> float:
    """A number, or a text that is one; NaN for everything else."""
    if type(value) is float and -LARGEST <= value <= LARGEST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return NAN
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return NAN
    return found if -LARGEST <= found <= LARGEST else NAN


PHASES = (Phase.L1, Phase.L2, Phase.L3)
KILO = 1000.0

_KILO_UNITS = frozenset({Unit.WATT, Unit.VAR, Unit.VOLT_AMPERE, Unit.WATT_HOUR, Unit.VAR_HOUR})


def _source(key: str, title: str, unit: Unit, plus: str, minus: str = "", phase: Phase = Phase.TOTAL) -> Source:
    return Source(Quantity(key, title, unit, phase), plus, minus, KILO if unit in _KILO_UNITS else 1.0)


def _per_phase(key: str, title: str, unit: Unit, plus: str, minus: str = "") -> tuple[Source, ...]:
    """One source a phase. In the paths `#` stands for its number."""
    return tuple(
        _source(
            f"{key}.{phase.value.lower()}",
            f"{title} {phase.value}",
            unit,
            plus.replace("#", str(index)),
            minus.replace("#", str(index)),
            phase,
        )
        for index, phase in enumerate(PHASES, start=1)
    )


LIVE_SOURCES = (
    _source("power.total", "Active power", Unit.WATT, "P_In", "P_Out"),
    *_per_phase("power", "Active power", Unit.WATT, "P_P#_In", "P_P#_Out"),
    _source("power.import", "Active power, import", Unit.WATT, "P_In"),
    _source("power.export", "Active power, export", Unit.WATT, "P_Out"),
    *_per_phase("voltage", "Voltage", Unit.VOLT, "V_P#"),
    *_per_phase("current", "Current", Unit.AMPERE, "I_P#"),
    _source("reactive.total", "Reactive power", Unit.VAR, "rP_In", "rP_Out"),
    _source("power_factor", "Power factor", Unit.RATIO, "PF"),
    _source("energy.import", "Active energy, import", Unit.WATT_HOUR, "E_In"),
    _source("energy.import.t1", "Active energy, import, tariff 1", Unit.WATT_HOUR, "E_In_T1"),
    _source("energy.import.t2", "Active energy, import, tariff 2", Unit.WATT_HOUR, "E_In_T2"),
    _source("energy.export", "Active energy, export", Unit.WATT_HOUR, "E_Out"),
    _source("energy.export.t1", "Active energy, export, tariff 1", Unit.WATT_HOUR, "E_Out_T1"),
    _source("energy.export.t2", "Active energy, export, tariff 2", Unit.WATT_HOUR, "E_Out_T2"),
    _source("reactive_energy.import", "Reactive energy, positive", Unit.VAR_HOUR, "rE_In"),
    _source("reactive_energy.export", "Reactive energy, negative", Unit.VAR_HOUR, "rE_Out"),
    _source("demand.import", "Highest demand, import", Unit.WATT, "P_P_In"),
    _source("demand.import.t1", "Highest demand, import, tariff 1", Unit.WATT, "P_P_In_T1"),
    _source("demand.import.t2", "Highest demand, import, tariff 2", Unit.WATT, "P_P_In_T2"),
)

_P = "report.instantaneous_power.active"
_Q = "report.instantaneous_power.reactive"
_E = "report.energy.active"
_R = "report.energy.reactive"

REPORT_SOURCES = (
    _source("power.total", "Active power", Unit.WATT, f"{_P}.positive.total", f"{_P}.negative.total"),
    *_per_phase("power", "Active power", Unit.WATT, f"{_P}.positive.l#", f"{_P}.negative.l#"),
    _source("power.import", "Active power, import", Unit.WATT, f"{_P}.positive.total"),
    _source("power.export", "Active power, export", Unit.WATT, f"{_P}.negative.total"),
    *_per_phase("voltage", "Voltage", Unit.VOLT, "report.voltage.l#"),
    *_per_phase("current", "Current", Unit.AMPERE, "report.current.l#"),
    _source("reactive.total", "Reactive power", Unit.VAR, f"{_Q}.positive.total", f"{_Q}.negative.total"),
    *_per_phase("reactive", "Reactive power", Unit.VAR, f"{_Q}.positive.l#", f"{_Q}.negative.l#"),
    _source("apparent", "Apparent power", Unit.VOLT_AMPERE, "report.instantaneous_power.apparent.total"),
    _source("power_factor", "Power factor", Unit.RATIO, "report.power_factor"),
    _source("energy.import", "Active energy, import", Unit.WATT_HOUR, f"{_E}.positive.total"),
    _source("energy.import.t1", "Active energy, import, tariff 1", Unit.WATT_HOUR, f"{_E}.positive.t1"),
    _source("energy.import.t2", "Active energy, import, tariff 2", Unit.WATT_HOUR, f"{_E}.positive.t2"),
    _source("energy.export", "Active energy, export", Unit.WATT_HOUR, f"{_E}.negative.total"),
    _source("energy.export.t1", "Active energy, export, tariff 1", Unit.WATT_HOUR, f"{_E}.negative.t1"),
    _source("energy.export.t2", "Active energy, export, tariff 2", Unit.WATT_HOUR, f"{_E}.negative.t2"),
    _source("reactive_energy.import", "Reactive energy, positive", Unit.VAR_HOUR, f"{_R}.positive.total"),
    _source("reactive_energy.export", "Reactive energy, negative", Unit.VAR_HOUR, f"{_R}.negative.total"),
)

PLOTTED = (
    "power.total",
    *(f"{key}.{phase.value.lower()}" for key in ("power", "voltage", "current") for phase in PHASES),
)


def live_values(data: object) -> tuple[float, ...]:
    """The values of one live event, in the order of `LIVE_SOURCES`.

    The event always has every field, zero where the meter sends nothing. What cannot really be zero is taken as
    not sent, so that no flat line is drawn for it: all voltages at once; and while power flows, all currents, the
    power of all phases, the power factor.
    """
    values = {source.quantity.key: source.value(data) for source in LIVE_SOURCES}
    unsent = [_VOLTAGES]
    if values["power.total"]:
        unsent += [_CURRENTS, _POWERS, ("power_factor",)]
    for group in unsent:
        if not any(values[key] for key in group):
            values.update(dict.fromkeys(group, NAN))
    return tuple(values.values())


_VOLTAGES, _CURRENTS, _POWERS = (
    tuple(f"{key}.{phase.value.lower()}" for phase in PHASES) for key in ("voltage", "current", "power")
)


def report_values(document: object) -> tuple[float, ...]:
    """The values of one report, in the order of `REPORT_SOURCES`."""
    return tuple(source.value(document) for source in REPORT_SOURCES)


async def watch_live(client: WhatwattClient, _meter: str) -> AsyncGenerator[Reading, None]:
    """The readings of the event stream, as often as the meter reports."""
    async with aclosing(client.live()) as events:
        async for data in events:
            yield Reading(time.time(), live_values(data))


async def poll_report(
    client: WhatwattClient, _meter: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncGenerator[Reading, None]:
    """The report, asked for again and again; a report that was seen before gives no reading.

    Raises:
        LicenceRequired, LoginFailed, AccessDenied, CertificateNotTrusted, NotFound: asking again would not help.
    """
    seen: tuple[object, object] | None = None
    failures = 0
    while True:
        pause = LEAST_POLL_S
        try:
            document = await client.report(fresh=True)
        except (DeviceUnreachable, DeviceFailed, BadReply) as error:
            # The gap shows in the plot, and what is wrong in the line below it.
            failures += 1
            client.report_trouble = error
        else:
            failures = 0
            client.report_trouble = None
            pause = max(pause, _interval_s(document))
            mark = dig(document, "system.boot_id"), dig(document, "report.id")
            if mark != seen or mark[1] is None:
                seen = mark
                yield Reading(time.time(), report_values(document))
        await sleep(min(pause * 2 ** min(failures, 16), max(pause, LONGEST_POLL_PAUSE_S)))


def _interval_s(document: object) -> float:
    found = number(dig(document, "report.interval"))
    return 0.0 if math.isnan(found) else min(found, 3600.0)


def _quantities(sources: tuple[Source, ...]) -> tuple[Quantity, ...]:
    return tuple(source.quantity for source in sources)


FEEDS = (
    Feed(
        key="live",
        title="Live stream",
        quantities=_quantities(LIVE_SOURCES),
        open=watch_live,
        unreadable=lambda client: client.bad_events,
        trouble=lambda client, _: client.live_trouble,
        plotted=PLOTTED,
        manual="3.2",
        resources=("GET /api/v1/live",),
    ),
    Feed(
        key="report",
        title="Polled report",
        quantities=_quantities(REPORT_SOURCES),
        open=poll_report,
        trouble=lambda client, _: client.report_trouble,
        plotted=PLOTTED,
        manual="3.1",
        resources=("GET /api/v1/report",),
    ),
)
