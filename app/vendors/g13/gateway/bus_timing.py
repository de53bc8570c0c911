"""How the gateway talks on its meter buses: baud rate and time-outs (manual 4.2, 6.3.6 to 6.3.8).

Decided here, the manual contradicting itself: all times are milliseconds. The pause before a request of infrared
M-Bus is read as `delay_before_requd2` (6.3.4) or `delay_before_reqd2`, and written as the latter (6.3.8). The gateway
shows zeros that it does not take back and wants all seven times at once: they are shown, and a sending that would
carry one is refused with the range named, rather than sent as another number that nobody chose.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Choice, Field, fields_of
from app.model.section import Guide, Problem, Section, Step
from app.vendors.g13.client import G13Client
from app.vendors.g13.tables import EQBUS_BAUD_RATES, Bus

from .configuration import MBusReply, read_configuration
from .registration import registrations

_BAUDS = tuple(Choice(baud, f"{baud} baud") for baud in EQBUS_BAUD_RATES)
_NAMED = 6
"""So many meters are named in a sentence; the table names all."""


class EqBusMeter(msgspec.Struct, frozen=True):
    """A registered meter that a change of the baud rate concerns."""

    serial: Annotated[str, Field("Serial number", read_only=True)]
    alias: Annotated[str, Field("Name", read_only=True)]
    location: Annotated[str, Field("Location", read_only=True)]
    address: Annotated[str, Field("Address", read_only=True)]
    state: Annotated[str, Field("State", read_only=True)]


class EqBus(msgspec.Struct, frozen=True):
    """The EQ bus (RS-485), and the meters on it."""

    baud: Annotated[
        int,
        Field(
            "Baud rate",
            choices=_BAUDS,
            suggestions=True,
            help="Of the gateway alone: every meter must be set to the same at its own display.",
            manual="4.2, 6.3.6",
        ),
    ]
    timeout_ms: Annotated[
        int,
        Field(
            "Inter-octet time-out",
            unit="ms",
            minimum=20,
            maximum=6000,
            help="The longest pause inside one answer.",
            manual="6.3.6",
        ),
    ]
    meters: Annotated[
        tuple[EqBusMeter, ...],
        Field("Meters on this bus", read_only=True, row_key="serial", help="They answer at the bus's baud rate only."),
    ] = ()


async def _read_eqbus(client: G13Client, _: str) -> EqBus:
    found = (await read_configuration(client)).eqbus
    meters = tuple(
        EqBusMeter(meter.serial, meter.alias, meter.location, meter.address, meter.state)
        for meter in registrations(await client.registered())
        if meter.bus == Bus.EQBUS.label
    )
    return EqBus(found.baudrate, found.interoctettimeout, meters)


def _plan_eqbus(before: EqBus, after: EqBus, _: str) -> list[Step]:
    changed = tuple(name for name in ("baud", "timeout_ms") if getattr(before, name) != getattr(after, name))
    body: dict[str, object] = {"baudrate": after.baud, "interoctettimeout": after.timeout_ms}
    return [Step("Set the EQ bus", "POST", "/configuration/eqbus", body, changed)]


def _eqbus_problems(value: EqBus) -> list[Problem]:
    if value.baud in EQBUS_BAUD_RATES:
        return []
    rates = ", ".join(str(rate) for rate in EQBUS_BAUD_RATES)
    return [Problem("baud", f"Baud rate: {value.baud} is not one of {rates}.")]


def _eqbus_change_problems(before: EqBus, after: EqBus) -> list[Problem]:
    if before.baud == after.baud or not before.meters:
        return []
    return [Problem("baud", f"Baud rate: {_offline(before, after)}.", warning=True)]


def _eqbus_guide(before: EqBus, after: EqBus) -> Guide | None:
    """The gateway itself stays where it is: nothing is looked for, but the meters' silence is announced."""
    if before.baud == after.baud or not before.meters:
        return None
    return Guide(
        f"{_offline(before, after)[:1].upper()}{_offline(before, after)[1:]}. The gateway does not pass the rate on: "
        f"set {after.baud} baud at the display of each meter, before or after this; while the two differ the meter is "
        "silent, and afterwards it comes back by itself.",
        patience_s=0.0,
        lost=f"To get the meters back without their displays, set the gateway to {before.baud} baud again.",
    )


def _offline(before: EqBus, after: EqBus) -> str:
    named = [f"{meter.alias or meter.serial} ({meter.serial})" for meter in before.meters]
    rest = len(named) - _NAMED
    some = ", ".join(named[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    verb, theirs = ("goes", "its display") if len(named) == 1 else ("go", "their displays")
    return f"{some} {verb} offline until {theirs} say {after.baud} baud too"


EQBUS = Section(
    key="g13.eqbus",
    title="EQ bus (RS-485)",
    model=EqBus,
    read=_read_eqbus,
    plan=_plan_eqbus,
    problems=_eqbus_problems,
    change_problems=_eqbus_change_problems,
    guide=_eqbus_guide,
    tags={"baudrate": "baud", "interoctettimeout": "timeout_ms"},
    group="Gateway",
    icon="bus",
    help="Meters whose own baud rate differs are offline. Delivered with 500000 baud. Needs a gateway administrator.",
    manual="4.2, 6.3.4, 6.3.6",
    resources=("GET /configuration", "POST /configuration/eqbus"),
)


# A range stands in words only: a gateway's own zeros must be shown as they are, not forced into it by an editor.
class MBusTimeouts(msgspec.Struct, frozen=True):
    """How long the gateway waits on an M-Bus."""

    ack_ms: Annotated[int, Field("Acknowledgement", unit="ms", pattern_help="200 to 2000 ms", manual="6.3.7")]
    after_telegram_ms: Annotated[
        int, Field("Pause after a telegram", unit="ms", pattern_help="50 to 60000 ms", manual="6.3.7")
    ]
    before_request_ms: Annotated[
        int,
        Field(
            "Pause before a request",
            unit="ms",
            pattern_help="50 to 1000 ms",
            help="Before REQ_UD2, by which data is asked for.",
            manual="6.3.7",
        ),
    ]
    get_request_ms: Annotated[int, Field("Whole request", unit="ms", pattern_help="10 to 75000 ms", manual="6.3.7")]
    meter_contact_ms: Annotated[
        int, Field("Contact with a meter", unit="ms", pattern_help="10 to 25000 ms", manual="6.3.7")
    ]
    response_ms: Annotated[int, Field("Response", unit="ms", pattern_help="300 to 15000 ms", manual="6.3.7")]
    response_base_ms: Annotated[
        int,
        Field(
            "Response, base time",
            unit="ms",
            pattern_help="100 to 10000 ms",
            help="What every response has before its length counts.",
            manual="6.3.7",
        ),
    ]


_RANGES_MS = {
    "ack_ms": (200, 2000),
    "after_telegram_ms": (50, 60000),
    "before_request_ms": (50, 1000),
    "get_request_ms": (10, 75000),
    "meter_contact_ms": (10, 25000),
    "response_ms": (300, 15000),
    "response_base_ms": (100, 10000),
}

_TAGS = {
    "ack": "ack_ms",
    "delay_after_telegram": "after_telegram_ms",
    "delay_before_requd2": "before_request_ms",
    "get_request": "get_request_ms",
    "meter_contact": "meter_contact_ms",
    "response_timeout": "response_ms",
    "response_timeout_base": "response_base_ms",
}

_TAGS_IR = {{"delay_before_requd2": "delay_before_reqd2"}.get(tag, tag): name for tag, name in _TAGS.items()}


def _timeouts(found: MBusReply) -> MBusTimeouts:
    return MBusTimeouts(
        ack_ms=found.ack,
        after_telegram_ms=found.delay_after_telegram,
        before_request_ms=found.delay_before_request,
        get_request_ms=found.get_request,
        meter_contact_ms=found.meter_contact,
        response_ms=found.response_timeout,
        response_base_ms=found.response_timeout_base,
    )


async def _read_mbus(client: G13Client, _: str) -> MBusTimeouts:
    return _timeouts((await read_configuration(client)).mbus)


async def _read_mbus_ir(client: G13Client, _: str) -> MBusTimeouts:
    return _timeouts((await read_configuration(client)).mbus_ir)


def _steps(title: str, path: str, tags: dict[str, str], before: MBusTimeouts, after: MBusTimeouts) -> list[Step]:
    changed = tuple(name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name))
    body: dict[str, object] = {tag: getattr(after, name) for tag, name in tags.items()}
    return [Step(title, "POST", path, body, changed)]


def _plan_mbus(before: MBusTimeouts, after: MBusTimeouts, _: str) -> list[Step]:
    return _steps("Set the time-outs of M-Bus", "/configuration/mbus-wired", _TAGS, before, after)


def _plan_mbus_ir(before: MBusTimeouts, after: MBusTimeouts, _: str) -> list[Step]:
    return _steps("Set the time-outs of M-Bus IR", "/configuration/mbus-ir", _TAGS_IR, before, after)


def _mbus_change_problems(before: MBusTimeouts, after: MBusTimeouts) -> list[Problem]:
    """What would be written must be in range, also what nobody has touched."""
    if before == after:
        return []
    problems = []
    labels = {field.name: field.label for field in fields_of(MBusTimeouts)}
    for name, (low, high) in _RANGES_MS.items():
        value, was = getattr(after, name), getattr(before, name)
        if low <= value <= high:
            continue
        why = (
            f"the gateway shows {value} ms but does not take that back, and it wants all seven times at once. "
            f"Set {low} to {high} ms here too."
            if value == was
            else f"{value} ms is not allowed; {low} to {high} ms."
        )
        problems.append(Problem(name, f"{labels[name]}: {why}"))
    return problems


MBUS = Section(
    key="g13.mbus",
    title="M-Bus timeouts",
    model=MBusTimeouts,
    read=_read_mbus,
    plan=_plan_mbus,
    change_problems=_mbus_change_problems,
    tags=_TAGS,
    group="Gateway",
    icon="plug",
    help="How long the gateway waits on wired M-Bus. All seven are sent together. Needs a gateway administrator.",
    manual="6.3.4, 6.3.7",
    resources=("GET /configuration", "POST /configuration/mbus-wired"),
)

MBUS_IR = Section(
    key="g13.mbus_ir",
    title="M-Bus IR timeouts",
    model=MBusTimeouts,
    read=_read_mbus_ir,
    plan=_plan_mbus_ir,
    change_problems=_mbus_change_problems,
    tags={**_TAGS, **_TAGS_IR},
    group="Gateway",
    icon="plug",
    help="How long the gateway waits at its infrared port. All seven are sent together. Needs a gateway administrator.",
    manual="6.3.4, 6.3.8",
    resources=("GET /configuration", "POST /configuration/mbus-ir"),
)
