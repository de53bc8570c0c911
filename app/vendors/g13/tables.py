"""The G13's numbers and what they mean: quantities, buses, baud rates, demand codes.

Where two tables of the manual disagree (6.3.28 and 6.3.30 number the hardware versions differently), quantities
follow 6.3.28 and capability bits follow 6.3.30 (`capability_bits.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum

import msgspec

from app.model.quantity import Phase
from app.vendors.g13.capability_bits import CAPABILITY_BITS, FIRST_CONFIGURE, FIRST_RESET, capabilities_from_bits
from app.vendors.g13.parameter_names import PARAMETER_NAMES

__all__ = [
    "CAPABILITY_BITS",
    "FIRST_CONFIGURE",
    "FIRST_RESET",
    "PARAMETER_NAMES",
    "capabilities_from_bits",
]

NO_ADDRESS = "0.0.0.0"  # noqa: S104 -- nothing is bound to it: the gateway writes "none" so

MAX_UPDATE_BYTES = 512
"""The longest body of POST, PUT and DELETE that the gateway reads (manual 6.1)."""


class Parameter(msgspec.Struct, frozen=True):
    """One quantity of a meter. `name` is the gateway's word for it, `label` the installer's.

    `unit` is empty for counters, states and ratios. `phase` is TOTAL for sums and for voltages between lines.
    """

    id: int
    name: str
    label: str
    unit: str = ""
    phase: Phase = Phase.TOTAL


_PREFIXES: tuple[tuple[str, str, str], ...] = (
    ("ACTIVE_ENERGY_IMPORT", "Active energy import", "Wh"),
    ("ACTIVE_ENERGY_EXPORT", "Active energy export", "Wh"),
    ("ACTIVE_ENERGY_NET", "Active energy net", "Wh"),
    ("REACTIVE_ENERGY_IMPORT", "Reactive energy import", "varh"),
    ("REACTIVE_ENERGY_EXPORT", "Reactive energy export", "varh"),
    ("REACTIVE_ENERGY_NET", "Reactive energy net", "varh"),
    ("APPARENT_ENERGY_IMPORT", "Apparent energy import", "VAh"),
    ("APPARENT_ENERGY_EXPORT", "Apparent energy export", "VAh"),
    ("APPARENT_ENERGY_NET", "Apparent energy net", "VAh"),
    ("ACTIVE_POWER", "Active power", "W"),
    ("REACTIVE_POWER", "Reactive power", "var"),
    ("APPARENT_POWER", "Apparent power", "VA"),
    ("PHASE_ANGLE_POWER", "Power angle", "°"),
    ("PHASE_ANGLE_VOLTAGE", "Voltage angle", "°"),
    ("PHASE_ANGLE_CURRENT", "Current angle", "°"),
    ("POWER_FACTOR", "Power factor", ""),
    ("CURRENT_QUADRANT", "Quadrant", ""),
    ("THD_VOLTAGE", "Voltage THD", "%"),
    ("THD_CURRENT", "Current THD", "%"),
    ("HARMONICS_VOLTAGE", "Voltage harmonics", "%"),
    ("HARMONICS_CURRENT", "Current harmonics", "%"),
    ("VOLTAGE", "Voltage", "V"),
    ("CURRENT", "Current", "A"),
    ("FREQUENCY", "Frequency", "Hz"),
    ("IO_INPUT_CUMULATION", "Input counter", ""),
    ("IO_STORED_INPUT_STATE", "Stored input state", ""),
    ("NRG_CONVERSION_FACTOR_CURR", "Currency per kWh", ""),
    ("NRG_CONVERSION_FACTOR_CO2", "CO₂ per kWh", "kg/kWh"),
    ("NRG_ENERGY_VALUE_CURR", "Energy in currency", ""),
    ("NRG_ENERGY_VALUE_CO2", "Energy in CO₂", "kg"),
    ("RSTREG_ACT_ENERGY_IMP", "Resettable active energy import", "Wh"),
    ("RSTREG_ACT_ENERGY_EXP", "Resettable active energy export", "Wh"),
    ("RSTREG_REACT_ENERGY_IMP", "Resettable reactive energy import", "varh"),
    ("RSTREG_REACT_ENERGY_EXP", "Resettable reactive energy export", "varh"),
    ("RSTREG_ACT_CNTR_IMP", "Resets of active energy import", ""),
    ("RSTREG_ACT_CNTR_EXP", "Resets of active energy export", ""),
    ("RSTREG_REACT_CNTR_IMP", "Resets of reactive energy import", ""),
    ("RSTREG_REACT_CNTR_EXP", "Resets of reactive energy export", ""),
)

_SUFFIX = re.compile(r"(?:TAR(?P<tariff>\d)|(?P<lines>L\d_L\d)|(?P<line>L\d)|(?P<number>\d+)|(?P<word>TOTAL|NEUTRAL))")

_PHASES = {"L1": Phase.L1, "L2": Phase.L2, "L3": Phase.L3, "NEUTRAL": Phase.NEUTRAL}


def _described(id: int, name: str) -> Parameter:
    for prefix, words, unit in _PREFIXES:
        if name == prefix:
            return Parameter(id, name, words, unit)
        rest = name.removeprefix(f"{prefix}_")
        found = _SUFFIX.fullmatch(rest) if rest != name else None
        if found is None:
            continue
        phase = _PHASES.get(rest, Phase.TOTAL)
        if found["tariff"]:
            return Parameter(id, name, f"{words}, tariff {found['tariff']}", unit, phase)
        if found["word"]:
            return Parameter(id, name, f"{words}, {rest.lower()}", unit, phase)
        return Parameter(id, name, f"{words} {rest.replace('_', '–')}", unit, phase)
    return Parameter(id, name, name.replace("_", " ").capitalize())


PARAMETERS: Mapping[int, Parameter] = {id: _described(id, name) for id, name in PARAMETER_NAMES.items()}


def parameter(id: int) -> Parameter:
    """The quantity of that id; one that we do not know is named by its number."""
    return PARAMETERS.get(id) or Parameter(id, f"QUANTITY_{id}", f"Quantity {id}")


def _ids(*spans: int | tuple[int, int]) -> tuple[int, ...]:
    ids: list[int] = []
    for span in spans:
        ids.extend((span,) if isinstance(span, int) else range(span[0], span[1] + 1))
    return tuple(ids)


STORABLE: Mapping[str, tuple[int, ...]] = {
    "pv": _ids((1, 44), (51, 54), 113, 122, (85, 92), (171, 174)),
    "lp": _ids((1, 8), (21, 28), (33, 40), (51, 54), 113, 122, (69, 82), (179, 188)),
    "dm": _ids((51, 54), (59, 70), 72, 73, 75, 76, (78, 81), (93, 104)),
    "ac": _ids((59, 82), (93, 104)),
}
"""Which quantities previous values (pv), load profiles (lp), demand (dm) and alarms (ac) can use (manual 6.3.29)."""


class Bus(IntEnum):
    """How a meter is connected, as the gateway numbers it in `protocol`."""

    MBUS = 1
    MBUS_IR = 2
    EQBUS = 3
    WIRELESS = 4

    @property
    def label(self) -> str:
        """The bus as the installer calls it."""
        return _BUS_LABELS[self]


_BUS_LABELS = {Bus.MBUS: "M-Bus", Bus.MBUS_IR: "M-Bus IR", Bus.EQBUS: "EQ bus", Bus.WIRELESS: "Wireless"}


def bus_name(code: int | str) -> str:
    """The bus in words; an unknown code is shown as it came."""
    try:
        return Bus(int(code)).label
    except ValueError:
        return f"bus {code}"


METER_STATES: Mapping[int, str] = {-1: "offline", 0: "registered", 1: "online"}
"""`status` of a registered meter (manual 6.3.31)."""


def meter_state(status: int | str) -> str:
    """The state of a registered meter in words; an unknown one is shown as it came."""
    try:
        return METER_STATES.get(int(status), f"state {status}")
    except ValueError:
        return str(status)


EQBUS_BAUD_RATES = (1200, 2400, 9600, 19200, 38400, 57600, 115200, 125000, 230400, 460800, 500000)
"""Manual 6.3.6. All meters of the bus must be set to the same one, at their own displays."""

MBUS_BAUD_RATES = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
"""The usual rates of wired M-Bus; the manual lists none and its examples stay among these."""

EQBUS_ADDRESSES = (17, 49)
MBUS_RANGE = (1, 16)
MBUS_ADDRESSES = (1, 250)
MAX_SCANNED = 32
"""Devices that one scan may look for, over all buses (manual 6.3.36)."""
MAX_LISTED = 10
"""Addresses that a scan may list one by one."""
MAX_PERMITTED = 25
"""Wireless meters that may be permitted (manual 6.3.38)."""

MBUS_MEDIA: Mapping[int, str] = {
    0x00: "other",
    0x01: "oil",
    0x02: "electricity",
    0x03: "gas",
    0x04: "heat",
    0x05: "steam",
    0x06: "warm water (30 to 90 °C)",
    0x07: "water",
    0x08: "heat cost allocator",
    0x09: "compressed air",
    0x0A: "cooling, volume at the outlet",
    0x0B: "cooling, volume at the inlet",
    0x0C: "heat, volume at the inlet",
    0x0D: "heat and cooling",
    0x0E: "bus or system component",
    0x0F: "unknown",
    0x15: "hot water (90 °C and above)",
    0x16: "cold water",
    0x17: "hot and cold water",
    0x18: "pressure",
    0x19: "A/D converter",
}
"""The medium that M-Bus information names (manual 6.3.47)."""


class DemandKind(Enum):
    """What a demand channel keeps of a period's intervals, in the words of the gateway's own web page."""

    MIN = "Min"
    MAX = "Max"
    MIN_SLIDING = "Min sliding"
    MAX_SLIDING = "Max sliding"


class DemandCode(msgspec.Struct, frozen=True):
    """A demand channel's code taken apart. `level` 1 is the extreme, 2 and 3 the next ones."""

    kind: DemandKind
    level: int


DEMAND_LEVELS = (1, 2, 3)
MAX_DEMAND_CHANNELS = 50

_DEMAND_BASES = {DemandKind.MIN: 0, DemandKind.MAX: 4, DemandKind.MIN_SLIDING: 8, DemandKind.MAX_SLIDING: 12}

_DEMAND_CODES = {
    base + level: DemandCode(kind, level) for kind, base in _DEMAND_BASES.items() for level in DEMAND_LEVELS
}

DEMAND_CODES: Mapping[int, DemandCode] = _DEMAND_CODES
"""Every code of manual 6.3.78: 8·(billing − 1) + (0 min, 4 max) + level; billing 1 is block, 2 is sliding."""


def encode_demand(kind: DemandKind, level: int) -> int:
    """The demand code of a kind and level.

    Raises:
        ValueError: level is not 1 to 3.
    """
    if level not in DEMAND_LEVELS:
        raise ValueError(f"level {level} is not 1 to 3")
    return _DEMAND_BASES[kind] + level


def decode_demand(code: int) -> DemandCode | None:
    """What a demand code means, or None for one that the manual does not know."""
    return DEMAND_CODES.get(code)


DEMAND_PERIODS = ("daily", "weekly", "monthly")

DEMAND_INTERVALS_S = (60, 120, 180, 300, 600, 900, 1800, 3600)
"""Lengths of a demand interval and of its sub-interval, in seconds (manual 6.3.78)."""


def sub_intervals_s(interval_s: int) -> tuple[int, ...]:
    """The sub-intervals that an interval can be divided into: listed, not longer, and dividing it evenly."""
    return tuple(s for s in DEMAND_INTERVALS_S if s <= interval_s and interval_s % s == 0)


WEEKDAYS: Sequence[tuple[int, str]] = (
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (7, "Sunday"),
)

MAX_RATIO = 9999
"""The largest numerator or denominator of a transformer ratio. The manual gives no limit; the meters' displays do."""
