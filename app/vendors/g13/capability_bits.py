"""What each bit of `associationobjects` says that a meter can do (manual 6.3.30).

Bits are counted from 1. Up to 200 they mean reading, from 201 resetting, from 221 configuring. The bits of
reading share their numbers with the quantities of 6.3.28, apart from those listed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.vendors.g13.parameter_names import PARAMETER_NAMES, numbered

FIRST_RESET = 201
FIRST_CONFIGURE = 221
BIT_COUNT = 256

_OTHER_READS = """
45:
    IO_PULSE_LENGTH_2 IO_PULSE_LENGTH_3 IO_PULSE_LENGTH_4 IO_PULSE_FREQUENCY_AE_1 IO_PULSE_FREQUENCY_AE_2
    IO_PULSE_FREQUENCY_AE_3
125:
    IO_PULSE_FREQUENCY_AE_4 IO_PULSE_FREQUENCY_RE_1 IO_PULSE_FREQUENCY_RE_2 IO_PULSE_FREQUENCY_RE_3
    IO_PULSE_FREQUENCY_RE_4 IO_PULSE_PORT_NBR_1 IO_PULSE_PORT_NBR_2 IO_PULSE_PORT_NBR_3 IO_PULSE_PORT_NBR_4
    IO_PULSE_ENERGY_TYPE_1 IO_PULSE_ENERGY_TYPE_2 IO_PULSE_ENERGY_TYPE_3
140:
    TARIFF_INPUT_CONFIG
147:
    TARIFF_CALENDAR_CONFIG TARIFF_CALENDAR_CONFIG
153:
    IO_PULSE_ENERGY_TYPE_4 IO_CURRENT_OUTPUT_STATE CLOCK_DST HDLC_SLAVE_BACKPLANE_1
167:
    PHASE_ANGLE_VOLTAGE_L1_L2 PHASE_ANGLE_VOLTAGE_L2_L3
191:
    HARDWARE_VERSION_0 HARDWARE_VERSION_1 HARDWARE_VERSION_2 HARDWARE_VERSION_3 HARDWARE_VERSION_4
    HARDWARE_VERSION_5 HARDWARE_VERSION_6 HARDWARE_VERSION_7 MBUS_CLIENT_0
"""

_RESETS_AND_SETTINGS = """
201:
    PREVIOUS_VALUES DEMAND LOAD_PROFILE_CH_1 RSTREG_ACT_ENERGY_IMP RSTREG_ACT_ENERGY_EXP RSTREG_REACT_ENERGY_IMP
    RSTREG_REACT_ENERGY_EXP IO_INPUT_CUMULATION_1 IO_INPUT_CUMULATION_2 IO_INPUT_CUMULATION_3
    IO_INPUT_CUMULATION_4 IO_STORED_INPUT_STATE_1 IO_STORED_INPUT_STATE_2 IO_STORED_INPUT_STATE_3
    IO_STORED_INPUT_STATE_4
221:
    CLOCK TRAFO_CT_RATIO_NUMERATOR TRAFO_CT_RATIO_DENOMINATOR TRAFO_VT_RATIO_NUMERATOR
    TRAFO_VT_RATIO_DENOMINATOR ALARM_SETTINGS_1 PREVIOUS_VALUES DEMAND LOAD_PROFILE_CH_1
    NRG_CONVERSION_FACTOR_CURR NRG_CONVERSION_FACTOR_CO2 TARIFF_CALENDAR_CONFIG TARIFF_CALENDAR_CONFIG
    TARIFF_CALENDAR_CONFIG TARIFF_SPECIAL_DAYS_CONFIG TARIFF_ACTIVE TARIFF_SOURCE TARIFF_INPUT_CONFIG
    IO_CURRENT_OUTPUT_STATE IO_SETTING CLOCK_DST
"""


def _capability(bit: int, name: str) -> str:
    if bit >= FIRST_CONFIGURE:
        return f"configure {name}"
    return f"reset {name}" if bit >= FIRST_RESET else f"read {name}"


CAPABILITY_BITS: Mapping[int, str] = {
    bit: _capability(bit, name)
    for bit, name in sorted((dict(PARAMETER_NAMES) | numbered(_OTHER_READS) | numbered(_RESETS_AND_SETTINGS)).items())
}
"""Bit number to capability, such as 228 to 'configure DEMAND'. Several bits may mean the same one."""


def capabilities_from_bits(bits: Sequence[int]) -> frozenset[str]:
    """The capabilities whose bit is set, `bits[0]` being bit 1. Bits without a meaning are left out.

    A capability of several bits (the tariff calendar) is offered when one of them is set.
    """
    return frozenset(
        CAPABILITY_BITS[number] for number, bit in enumerate(bits, start=1) if bit and number in CAPABILITY_BITS
    )


def bits_from_capabilities(capabilities: frozenset[str]) -> tuple[int, ...]:
    """The 256 bits of a meter that offers these; the inverse of `capabilities_from_bits`."""
    return tuple(int(CAPABILITY_BITS.get(number, "") in capabilities) for number in range(1, BIT_COUNT + 1))
