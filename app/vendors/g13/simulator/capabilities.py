"""What a simulated meter offers, by its label.

The manual says that meters differ and how they say so, but not which functionality level offers what. This is our
own decision, made so that every level differs from the next in something that can be seen: Steel measures, Bronze
adds reactive and apparent energy and alarms, Silver a clock, tariffs and previous values, Gold demand, load profiles
and conversion factors, Platinum harmonics. Transformer ratios belong to meters that are connected through
transformers, voltage transformers only to advanced electronics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.vendors.g13.capability_bits import CAPABILITY_BITS
from app.vendors.g13.label import MeterLabel
from app.vendors.g13.tables import Bus

_LEVELS = ("Iron", "Steel", "Bronze", "Silver", "Gold", "Platinum")

_BY_LEVEL: tuple[tuple[str, ...], ...] = (
    (
        r"read ACTIVE_ENERGY_IMPORT_(TOTAL|L\d)",
        r"read (SERIAL_NR|TYPE_DESIGNATION|FIRMWARE_VERSION|HARDWARE_VERSION_\d|HDLC_SLAVE_BACKPLANE_1)",
        r"read SYSTEM_STATUS_\w+",
        r"read (POWER_OUTAGE_TIME|POWER_FAIL_COUNTER)",
    ),
    (
        r"read ACTIVE_ENERGY_(EXPORT|NET)_(TOTAL|L\d)",
        r"read (ACTIVE|REACTIVE|APPARENT)_POWER_\w+",
        r"read (VOLTAGE|CURRENT|POWER_FACTOR|FREQUENCY)(_\w+)?",
        r"read PHASE_ANGLE_\w+",
        r"(read|reset) RSTREG_ACT_\w+",
        r"read LOG_\w+",
    ),
    (
        r"read (REACTIVE|APPARENT)_ENERGY_(IMPORT|EXPORT|NET)_(TOTAL|L\d)",
        r"(read|reset) RSTREG_REACT_\w+",
        r"(read|configure) ALARM_SETTINGS_1",
        r"(read|reset|configure) IO_\w+",
    ),
    (
        r"(read|configure) (CLOCK|CLOCK_DST)",
        r"(read|configure) TARIFF_\w+",
        r"read \w+_TAR\d",
        r"(read|reset|configure) PREVIOUS_VALUES",
    ),
    (
        r"(read|reset|configure) (DEMAND|LOAD_PROFILE_CH_1)",
        r"(read|configure) NRG_\w+",
    ),
    (r"read (HARMONICS|THD)_\w+",),
)

_MANY_PHASES = re.compile(r"\w+ \w+_(L2|L3|L\d_L\d|NEUTRAL)")


def offered_by(label: MeterLabel, bus: Bus) -> frozenset[str]:
    """The capabilities of a meter with this label on this bus, named as in `CAPABILITY_BITS`."""
    level = _LEVELS.index(label.functionality)
    patterns = [pattern for patterns in _BY_LEVEL[: level + 1] for pattern in patterns]
    if label.transformers:
        patterns.append(r"(read|configure) TRAFO_CT_\w+")
        if label.electronics == "advanced":
            patterns.append(r"(read|configure) TRAFO_VT_\w+")
    if bus in (Bus.MBUS, Bus.MBUS_IR):
        patterns.append(r"read MBUS_CLIENT_0")
    return frozenset(_matching(patterns, bool(label.three_phase)))


def _matching(patterns: Iterable[str], three_phase: bool) -> Iterable[str]:
    wanted = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    for capability in CAPABILITY_BITS.values():
        if wanted.fullmatch(capability) and (three_phase or not _MANY_PHASES.fullmatch(capability)):
            yield capability
