"""Simulated meters of every level: values that move and agree, energy that grows from power, tariffs that count it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.vendors.g13.simulator import demo_gateway
from app.vendors.g13.simulator.counters import LINES, TARIFFS, Direction, EnergyCounters, Kind
from app.vendors.g13.simulator.load import Load, total
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.settings import Ratio
from app.vendors.g13.simulator.tariffs import COMMUNICATION, TariffState
from app.vendors.g13.tables import Bus
from tests.app.g13.bench import LABELS, SINGLE_STEEL

START_S = 1_700_000_000.0


class Time:
    """The simulation's clock, moved by the test."""

    def __init__(self) -> None:
        self.now_s = START_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


Made = Callable[..., SimulatedMeter]


@pytest.fixture
def made(time: Time) -> Made:
    def make(label: str, **more: object) -> SimulatedMeter:
        load = more.pop("load", None) or Load(11, 1 if label[2] in "12" else 3)
        return SimulatedMeter("ABB01EM000020001", label, Bus.EQBUS, 17, time, load, **more)

    return make


def told(meter: SimulatedMeter) -> tuple[str, ...]:
    """A word for each thing that tells levels apart."""
    offered = meter.capabilities
    marks = {
        "power": "read ACTIVE_POWER_TOTAL",
        "reactive": "read REACTIVE_ENERGY_IMPORT_TOTAL",
        "clock": "configure CLOCK",
        "demand": "configure DEMAND",
        "harmonics": "read HARMONICS_VOLTAGE_L1",
    }
    return tuple(word for word, capability in marks.items() if capability in offered)


def test_each_level_adds_to_the_one_below(made: Made) -> None:
    levels = [told(made(label)) for label in LABELS.values()]
    assert [len(level) for level in levels] == [0, 1, 2, 3, 4, 5]
    for below, above in itertools.pairwise(levels):
        assert set(below) < set(above)


def test_the_demo_has_five_levels_a_single_phase_and_an_mbus_meter() -> None:
    meters = demo_gateway().meters
    assert {meter.kind.functionality for meter in meters} == {"Steel", "Bronze", "Silver", "Gold", "Platinum"}
    assert any(not meter.kind.three_phase for meter in meters)
    assert {Bus.MBUS, Bus.MBUS_IR, Bus.EQBUS} == {meter.bus for meter in meters}


def test_a_level_below_shows_no_power(made: Made) -> None:
    with pytest.raises(Exception, match="READ_WRITE_DENIED"):
        made(LABELS["Iron"]).power()


def test_energy_of_each_line_is_its_power_over_time(made: Made, time: Time) -> None:
    meter = made(LABELS["Gold"])
    before = {line: meter.energies().of(Kind.ACTIVE, Direction.IMPORT, line) for line in LINES}
    time.now_s += 3600
    counters = meter.energies()
    hour = [meter.load.at(START_S + 5 + 10 * step) for step in range(360)]
    for index, line in enumerate(LINES):
        mean = sum(phases[index].active_w for phases in hour) / len(hour)
        assert counters.of(Kind.ACTIVE, Direction.IMPORT, line) - before[line] == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("kind", Kind)
def test_lines_and_tariffs_make_the_total(made: Made, time: Time, kind: Kind) -> None:
    meter = made(LABELS["Platinum"])
    time.now_s += 7200
    counters = meter.energies()
    lines = sum(counters.of(kind, Direction.IMPORT, line) for line in LINES)
    tariffs = sum(counters.of(kind, Direction.IMPORT, tariff) for tariff in TARIFFS)
    assert tariffs == pytest.approx(counters.of(kind, Direction.IMPORT))
    # Apparent power of unequal lines adds up to a little more than that of the sums.
    assert lines == pytest.approx(counters.of(kind, Direction.IMPORT), rel=1e-3)


def test_what_is_fed_in_counts_as_export(made: Made, time: Time) -> None:
    meter = made(LABELS["Silver"], load=Load(3, exporting=True), exported_wh=500.0)
    time.now_s += 3600
    imported, exported = meter.energy()
    assert imported == meter.energy_wh
    assert exported > 600
    counters = meter.energies()
    assert counters.of(Kind.REACTIVE, Direction.IMPORT) > 0.35 * meter.energy_wh, "reactive energy goes by its own sign"


def test_the_tariff_in_force_is_the_one_that_grows(made: Made, time: Time) -> None:
    meter = made(LABELS["Gold"])
    state = meter.part(TariffState)
    meter.energies()
    state.change({"source": COMMUNICATION, "tariff": 3})
    before = [meter.energies().of(Kind.ACTIVE, Direction.IMPORT, tariff) for tariff in TARIFFS]
    time.now_s += 600
    after = [meter.energies().of(Kind.ACTIVE, Direction.IMPORT, tariff) for tariff in TARIFFS]
    assert [late > early for early, late in zip(before, after, strict=True)] == [False, False, True, False]


def test_every_step_counts_under_the_tariff_of_its_own_time() -> None:
    counters = EnergyCounters(0.0, 0.0, 3, 0.0)
    load = Load(1)
    counters.count(7200.0, load.at, lambda time_s: 1 if time_s < 1800 else 2)
    first, second = (counters.of(Kind.ACTIVE, Direction.IMPORT, tariff) for tariff in ("t1", "t2"))
    assert second / first == pytest.approx(3, rel=0.1)
    assert first + second == pytest.approx(counters.of(Kind.ACTIVE, Direction.IMPORT))


def test_energy_is_counted_with_the_ratio_of_its_time(made: Made, time: Time) -> None:
    meter = made("A44 552-100")
    first, _ = meter.energy()
    time.now_s += 600
    meter.set_ratio(Ratio(ctnum=100, ctdenum=5))
    second, _ = meter.energy()
    time.now_s += 600
    third, _ = meter.energy()
    assert (third - second) / (second - first) == pytest.approx(20, rel=0.8)
    assert (third - second) > 5 * (second - first)


def test_time_that_stands_still_counts_nothing(made: Made) -> None:
    meter = made(SINGLE_STEEL)
    assert meter.energy() == meter.energy() == (meter.energy_wh, 0.0)


def test_a_year_away_is_counted_in_reasonable_time(made: Made, time: Time) -> None:
    meter = made(LABELS["Gold"])
    time.now_s += 365 * 86_400
    grown = meter.energy()[0] - meter.energy_wh
    assert 8_760 * 1_000 < grown < 8_760 * 20_000


def test_dead_and_reversed_lines_keep_the_sums_right() -> None:
    load = Load(4, dead_lines=frozenset({1}), reversed_lines=frozenset({2}))
    for step in range(50):
        phases = load.at(START_S + 60 * step)
        assert (phases[0].voltage_v, phases[0].apparent_va, phases[0].power_factor) == (0, 0, 0)
        assert phases[1].active_w < 0 < phases[2].active_w
        assert total(phases).active_w == pytest.approx(phases[1].active_w + phases[2].active_w)
    assert replace(load, dead_lines=frozenset({1, 2, 3})).at(START_S)[2].current_a == 0
    assert total(replace(load, dead_lines=frozenset({1, 2, 3})).at(START_S)).power_factor == 0


def test_values_move(made: Made, time: Time) -> None:
    meter = made(LABELS["Platinum"])
    before = (meter.power(), meter.instrument())
    time.now_s += 10
    assert (meter.power(), meter.instrument()) != before


def test_outages_are_counted_and_summed(made: Made) -> None:
    assert made(LABELS["Steel"], outages_s=(5, 6)).info()["power"] == {"powerfailcounter": "2", "poweroutagetime": "11"}
