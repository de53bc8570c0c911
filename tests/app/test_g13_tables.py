"""The G13's tables say what the manual says."""

from __future__ import annotations

import pytest

from app.model.quantity import Phase
from app.vendors.g13.capability_bits import bits_from_capabilities
from app.vendors.g13.label import MeterLabel, read_label
from app.vendors.g13.tables import (
    CAPABILITY_BITS,
    DEMAND_CODES,
    DEMAND_INTERVALS_S,
    PARAMETER_NAMES,
    STORABLE,
    Bus,
    DemandCode,
    DemandKind,
    bus_name,
    capabilities_from_bits,
    decode_demand,
    encode_demand,
    parameter,
    sub_intervals_s,
)


@pytest.mark.parametrize(
    ("kind", "level", "code"),
    [
        (DemandKind.MIN, 1, 1),
        (DemandKind.MIN, 3, 3),
        (DemandKind.MAX, 1, 5),
        (DemandKind.MAX, 3, 7),
        (DemandKind.MIN_SLIDING, 1, 9),
        (DemandKind.MIN_SLIDING, 3, 11),
        (DemandKind.MAX_SLIDING, 2, 14),
        (DemandKind.MAX_SLIDING, 3, 15),
    ],
)
def test_demand_code_is_the_manuals_and_reads_back(kind: DemandKind, level: int, code: int) -> None:
    assert encode_demand(kind, level) == code
    assert decode_demand(code) == DemandCode(kind, level)


def test_twelve_demand_codes_and_no_more() -> None:
    assert sorted(DEMAND_CODES) == [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15]
    assert [decode_demand(code) for code in (0, 4, 8, 12, 16)] == [None] * 5
    with pytest.raises(ValueError, match="level 4"):
        encode_demand(DemandKind.MAX, 4)


def test_sub_interval_divides_its_interval() -> None:
    assert sub_intervals_s(900) == (60, 180, 300, 900)
    assert sub_intervals_s(60) == (60,)
    assert sub_intervals_s(3600) == DEMAND_INTERVALS_S


def test_quantities_have_words_units_and_phases() -> None:
    shown = {
        number: (p.label, p.unit, p.phase) for number in (1, 9, 51, 68, 78, 93, 100, 171) for p in [parameter(number)]
    }
    assert shown == {
        1: ("Active energy import, total", "Wh", Phase.TOTAL),
        9: ("Active energy import, tariff 1", "Wh", Phase.TOTAL),
        51: ("Input counter 1", "", Phase.TOTAL),
        68: ("Current THD, neutral", "%", Phase.NEUTRAL),
        78: ("Voltage L1–L2", "V", Phase.TOTAL),
        93: ("Active power L1", "W", Phase.L1),
        100: ("Reactive power, total", "var", Phase.TOTAL),
        171: ("Resettable active energy import", "Wh", Phase.TOTAL),
    }


def test_every_storable_quantity_has_its_own_label() -> None:
    numbers = sorted({number for numbers in STORABLE.values() for number in numbers})
    labels = [parameter(number).label for number in numbers]
    assert len(set(labels)) == len(labels)
    assert not any("_" in label for label in labels)


def test_storable_lists_have_the_manuals_lengths() -> None:
    assert {use: len(numbers) for use, numbers in STORABLE.items()} == {"pv": 62, "lp": 54, "dm": 36, "ac": 36}
    assert all(number in PARAMETER_NAMES for numbers in STORABLE.values() for number in numbers)


def test_unknown_quantity_is_named_by_its_number() -> None:
    assert parameter(4711).label == "Quantity 4711"


def test_capability_bits_count_from_one() -> None:
    assert CAPABILITY_BITS[1] == "read ACTIVE_ENERGY_IMPORT_TOTAL"
    assert CAPABILITY_BITS[110] == "read DEMAND"
    assert CAPABILITY_BITS[202] == "reset DEMAND"
    assert CAPABILITY_BITS[228] == "configure DEMAND"
    assert len(CAPABILITY_BITS) == 233
    bits = [0] * 256
    bits[227] = 1
    bits[109] = 1
    bits[255] = 1
    assert capabilities_from_bits(bits) == {"configure DEMAND", "read DEMAND"}


def test_hardware_versions_are_numbered_differently_as_capability() -> None:
    assert (PARAMETER_NAMES[140], CAPABILITY_BITS[140]) == ("HARDWARE_VERSION_0", "read TARIFF_INPUT_CONFIG")
    assert (PARAMETER_NAMES[199], CAPABILITY_BITS[191]) == ("TARIFF_INPUT_CONFIG", "read HARDWARE_VERSION_0")


def test_bits_and_capabilities_are_inverse() -> None:
    some = frozenset({"read CLOCK", "configure CLOCK", "reset DEMAND"})
    bits = bits_from_capabilities(some)
    assert len(bits) == 256
    assert capabilities_from_bits(bits) == some


def test_short_bit_list_is_read_as_far_as_it_goes() -> None:
    assert capabilities_from_bits([1, 0, 1]) == {"read ACTIVE_ENERGY_IMPORT_TOTAL", "read ACTIVE_ENERGY_IMPORT_L1"}


def test_bus_in_words_whatever_form_it_comes_in() -> None:
    assert [bus_name(code) for code in ("3", 1, "2", 4)] == ["EQ bus", "M-Bus", "M-Bus IR", "Wireless"]
    assert (bus_name(9), bus_name("")) == ("bus 9", "bus ")
    assert [bus.label for bus in Bus] == ["M-Bus", "M-Bus IR", "EQ bus", "Wireless"]


def test_label_of_the_manual_in_words() -> None:
    label = read_label("A44 512-100")
    assert label.words() == "Platinum, three phase, through transformers, class 1, RS-485"
    assert (label.enclosure, label.electronics, label.approval) == (
        "7 DIN modules",
        "advanced",
        "IEC and MID, verified",
    )
    assert (label.three_phase, label.transformers) == (True, True)
    single = read_label("A41 454-100")
    assert single.words() == "Gold, single phase, direct, class 0.5, Zigbee and RS-485"
    assert (single.three_phase, single.transformers) == (False, False)


def test_unknown_letters_of_a_label_are_shown() -> None:
    label = read_label("Z49 992-10B")
    assert label.enclosure == "unknown (Z)"
    assert label.phases == "unknown (9)"
    assert label.variation == "unknown (B)"
    assert (label.three_phase, label.transformers) == (None, None)


@pytest.mark.parametrize("text", ["", "EV3 012", "A44 552", "A44 552-1000", "ÄÖÜ"])
def test_label_of_another_shape_stays_as_it_is(text: str) -> None:
    label = read_label(text)
    assert label == MeterLabel(text)
    assert label.words() == text
