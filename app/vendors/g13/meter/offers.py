"""What a meter offers to the account in use, by its capability bits, in an installer's words (manual 6.3.30)."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from app.model.field import Field
from app.model.section import Scope, Section
from app.vendors.g13.client import G13Client
from app.vendors.g13.tables import capabilities_from_bits

_TOPICS: tuple[tuple[str, str], ...] = (
    ("Active energy", r"ACTIVE_ENERGY_"),
    ("Reactive energy", r"REACTIVE_ENERGY_"),
    ("Apparent energy", r"APPARENT_ENERGY_"),
    ("Energy as CO₂ and money", r"NRG_"),
    ("Resettable registers", r"RSTREG_"),
    ("Active power", r"ACTIVE_POWER_"),
    ("Reactive power", r"REACTIVE_POWER_"),
    ("Apparent power", r"APPARENT_POWER_"),
    ("Voltage", r"VOLTAGE_"),
    ("Current", r"CURRENT_(?!QUADRANT)"),
    ("Power factor and quadrant", r"POWER_FACTOR_|CURRENT_QUADRANT_"),
    ("Phase angles", r"PHASE_ANGLE_"),
    ("Frequency", r"FREQUENCY$"),
    ("Voltage harmonics", r"(HARMONICS|THD)_VOLTAGE_"),
    ("Current harmonics", r"(HARMONICS|THD)_CURRENT_"),
    ("Pulse outputs", r"IO_PULSE_"),
    ("Inputs and outputs", r"IO_(?!PULSE_)"),
    ("Clock", r"CLOCK$"),
    ("Daylight saving", r"CLOCK_DST$"),
    ("Transformer ratios", r"TRAFO_"),
    ("Previous values", r"PREVIOUS_VALUES$"),
    ("Load profiles", r"LOAD_PROFILE_"),
    ("Demand", r"DEMAND$"),
    ("Tariff and its source", r"TARIFF_(ACTIVE|SOURCE|INPUT)"),
    ("Tariff calendar", r"TARIFF_(CALENDAR|SPECIAL)"),
    ("Alarms", r"ALARM_"),
    ("Status flags", r"SYSTEM_STATUS_"),
    ("Event logs", r"LOG_"),
    ("Serial number, type, versions", r"SERIAL_NR|TYPE_DESIGNATION|FIRMWARE_VERSION|HARDWARE_VERSION_"),
    ("Power failures", r"POWER_OUTAGE_TIME|POWER_FAIL_COUNTER"),
    ("M-Bus", r"MBUS_"),
)
_PART = re.compile(r"_(IMPORT|EXPORT|NET|TAR\d|L\d_L\d|L\d|NEUTRAL|TOTAL)(?=_|$)")
_ORDER = ("IMPORT", "EXPORT", "NET", "L1", "L2", "L3", "L1_L2", "L2_L3", "L1_L3", "NEUTRAL")
_TARIFF = re.compile(r"TAR(\d)")


class Offer(msgspec.Struct, frozen=True):
    """One topic, and what can be done with it here."""

    topic: Annotated[str, Field("What", read_only=True)]
    read: Annotated[str, Field("Read", read_only=True)]
    reset: Annotated[str, Field("Reset", read_only=True)]
    configure: Annotated[str, Field("Configure", read_only=True)]
    parts: Annotated[str, Field("Of these", read_only=True, help="Which lines, directions and tariffs.")]


class Offers(msgspec.Struct, frozen=True):
    """What a meter offers, and the rights of the account."""

    role: Annotated[
        str,
        Field(
            "Rights of this account",
            read_only=True,
            help="With View Only nothing can be reset or configured, whatever the meter offers.",
            manual="6.3.30",
        ),
    ]
    topics: Annotated[tuple[Offer, ...], Field("The meter offers", read_only=True, manual="6.3.30")]


def offers(capabilities: frozenset[str]) -> tuple[Offer, ...]:
    """Topics in a fixed order, those that the meter does not have included: a reader looks for them too."""
    return tuple(_offer(topic, re.compile(pattern), capabilities) for topic, pattern in _TOPICS)


def _offer(topic: str, pattern: re.Pattern[str], capabilities: frozenset[str]) -> Offer:
    names: dict[str, set[str]] = {"read": set(), "reset": set(), "configure": set()}
    for capability in capabilities:
        verb, _, name = capability.partition(" ")
        if pattern.match(name):
            names[verb].add(name)
    read, reset, configure = ("yes" if names[verb] else "–" for verb in ("read", "reset", "configure"))
    return Offer(topic, read, reset, configure, _parts(names["read"]))


def _parts(names: set[str]) -> str:
    found = {part for name in names for part in _PART.findall(name)}
    words = [part.lower() if part.isalpha() else part.replace("_", "–") for part in _ORDER if part in found]
    tariffs = sorted(match[1] for part in found if (match := _TARIFF.fullmatch(part)))
    if tariffs:
        words.append(f"tariffs {tariffs[0]} to {tariffs[-1]}" if len(tariffs) > 1 else f"tariff {tariffs[0]}")
    return ", ".join((*words, "total") if "TOTAL" in found else words)


async def _read_offers(client: G13Client, serial: str) -> Offers:
    known = await client.association(serial)
    return Offers(known.role or "not told", offers(frozenset(capabilities_from_bits(known.bits))))


OFFERS = Section(
    key="g13.offers",
    title="What the meter offers",
    model=Offers,
    read=_read_offers,
    scope=Scope.METER,
    group="Status",
    icon="meters",
    help="What can be read, reset and configured here: it depends on the type of the meter.",
    manual="6.3.30",
    resources=("GET /meters/<serial>/associationobjects",),
)
