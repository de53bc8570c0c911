"""Power, instrument values and harmonics over HTTPS, in the right units and in words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from app.model.errors import AccessDenied, DeviceFailed
from app.net.lenient import convert
from app.vendors.g13.client import Values
from app.vendors.g13.meter.harmonics import (
    CURRENT_HARMONICS,
    CURRENT_LINES,
    VOLTAGE_HARMONICS,
    VOLTAGE_LINES,
    LineHarmonics,
    orders,
)
from app.vendors.g13.meter.instant import INSTRUMENT, POWER, instrument_rows, power_rows, quadrant_words
from app.vendors.g13.simulator.load import Load
from tests.app.g13.bench import LABELS, SINGLE_STEEL, example, wire
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

SECTIONS = (POWER, INSTRUMENT, VOLTAGE_HARMONICS, CURRENT_HARMONICS)


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


async def read(device: Gateway, folder: Path, section: Any, serial: str = MAIN) -> Any:
    async with session(device, folder) as opened:
        await opened.open()
        return (await opened.read(section, serial)).value


def test_the_manuals_power_is_understood_in_its_own_units() -> None:
    active, reactive, apparent = power_rows(convert(example("59"), Values))
    assert (active.l1, active.total, active.unit) == (2000001, 2000000, "W")
    assert (reactive.l3, reactive.unit) == (1000003, "var")
    assert (apparent.l2, apparent.total, apparent.unit) == (1100002, 1100004, "VA")


def test_the_manuals_instrument_values_are_understood() -> None:
    rows = {row.line: row for row in instrument_rows(convert(example("60"), Values))}
    assert list(rows) == ["L1", "L2", "L3", "Neutral", "L1–L2", "L2–L3", "L1–L3", "Total"]
    assert (rows["L1"].voltage, rows["L2"].voltage_angle, rows["L3"].voltage_angle) == (227.1, 5.5, -164.7)
    assert (rows["L1–L3"].voltage, rows["L2–L3"].voltage, rows["Neutral"].current) == (251.92, 81.8, 0)
    assert (rows["L1"].quadrant, rows["Total"].quadrant, rows["Neutral"].quadrant) == ("no load", "no load", "")


def test_the_manuals_harmonics_are_understood() -> None:
    voltage = orders(convert(example("61"), dict[str, LineHarmonics]), VOLTAGE_LINES)
    assert voltage[0] == ("THD", 0, 0, 0, 0, None, None)
    assert voltage[1] == ("2.", 0, 0, 0, 0, None, None)
    current = orders(convert(example("62"), dict[str, LineHarmonics]), CURRENT_LINES)
    assert current[-1] == ("17.", 0, 0, None, None)
    assert len(voltage) == len(current) == 17, "THD and 16 orders, though 18 and 19 values came"


def test_a_reply_that_begins_with_the_fundamental_counts_from_one() -> None:
    reply = {"l1": LineHarmonics(("100", "0.1", "4"), "4"), "l2": LineHarmonics(("100",), "")}
    assert orders(reply, ("l1", "l2")) == [
        ("THD", 4, None),
        ("1.", 100, 100),
        ("2.", 0.1, None),
        ("3.", 4, None),
    ]


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("1", ""), "1: P in, Q in"),
        (("3", None), "3: P out, Q out"),
        (("0", ""), "no load"),
        (("9", ""), "quadrant 9"),
        (("?", ""), "quadrant ?"),
        (None, ""),
    ],
)
def test_quadrants_in_words(pair: Any, words: str) -> None:
    assert quadrant_words(pair) == words


def test_power_adds_up(run: Run, tmp_path: Path, device: Gateway) -> None:
    active, reactive, apparent = run(read(device, tmp_path, POWER)).powers
    for row in (active, reactive):
        assert row.total == pytest.approx(row.l1 + row.l2 + row.l3, abs=3)
    assert apparent.total == pytest.approx(math.hypot(active.total, reactive.total), abs=3)
    assert [row.unit for row in (active, reactive, apparent)] == ["W", "var", "VA"]


def test_instrument_values_agree(run: Run, tmp_path: Path, device: Gateway) -> None:
    instrument = run(read(device, tmp_path, INSTRUMENT))
    rows = {row.line: row for row in instrument.lines}
    assert instrument.frequency == pytest.approx(50, abs=0.1)
    for line in ("L1", "L2", "L3"):
        row = rows[line]
        assert row.factor == pytest.approx(math.cos(math.radians(row.power_angle)), abs=0.002)
        turned = (row.voltage_angle - row.current_angle - row.power_angle + 180) % 360 - 180
        assert turned == pytest.approx(0, abs=0.2)
        assert row.quadrant == "1: P in, Q in"
    assert rows["L1–L2"].voltage == pytest.approx(rows["L1"].voltage * math.sqrt(3), rel=0.02)


def test_a_single_phase_meter_shows_its_one_line(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, SINGLE_STEEL)
    power = run(read(device, tmp_path, POWER, meter.serial)).powers
    instrument = run(read(device, tmp_path, INSTRUMENT, meter.serial))
    assert {(row.l2, row.l3) for row in power} == {(None, None)}
    assert [row.line for row in instrument.lines] == ["L1", "Total"]


def test_a_dead_line_has_neither_voltage_nor_power_factor(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Platinum"], load=Load(3, dead_lines=frozenset({2})))
    rows = {row.line: row for row in run(read(device, tmp_path, INSTRUMENT, meter.serial)).lines}
    assert (rows["L2"].voltage, rows["L2"].current, rows["L2"].factor, rows["L2"].quadrant) == (0, 0, 0, "no load")
    assert rows["L1–L2"].voltage == pytest.approx(rows["L1"].voltage, abs=0.2)
    harmonics = run(read(device, tmp_path, VOLTAGE_HARMONICS, meter.serial)).orders
    assert {order.l2 for order in harmonics} == {order.l1_l2 for order in harmonics} == {0.0}
    assert harmonics[0].l1 > 0


def test_a_reversed_transformer_is_seen(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Steel"], load=Load(3, reversed_lines=frozenset({2})))
    active = run(read(device, tmp_path, POWER, meter.serial)).powers[0]
    rows = {row.line: row for row in run(read(device, tmp_path, INSTRUMENT, meter.serial)).lines}
    assert active.l2 < 0 < min(active.l1, active.l3)
    assert rows["L2"].quadrant.startswith("3: P out")


def test_the_total_distortion_fits_its_harmonics(run: Run, tmp_path: Path, device: Gateway) -> None:
    for section, lines in ((VOLTAGE_HARMONICS, ("l1", "l1_l3")), (CURRENT_HARMONICS, ("l2", "neutral"))):
        distortion, *found = run(read(device, tmp_path, section)).orders
        assert [order.order for order in found] == [f"{n}." for n in range(2, 18)]
        for line in lines:
            squares = sum(getattr(order, line) ** 2 for order in found)
            assert getattr(distortion, line) == pytest.approx(math.sqrt(squares), abs=0.06)


def test_in_the_neutral_the_third_harmonic_is_the_largest(run: Run, tmp_path: Path, device: Gateway) -> None:
    _, *found = run(read(device, tmp_path, CURRENT_HARMONICS)).orders
    assert max(found, key=lambda order: order.neutral).order == "3."
    _, *voltages = run(read(device, tmp_path, VOLTAGE_HARMONICS)).orders
    assert voltages[1].l1_l2 < voltages[1].l1, "between lines the third is missing"


@pytest.mark.parametrize("section", SECTIONS)
def test_what_a_type_lacks_is_greyed_and_refused(run: Run, tmp_path: Path, device: Gateway, section: Any) -> None:
    meter = wire(device, LABELS["Iron"] if section in (POWER, INSTRUMENT) else LABELS["Gold"])

    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            support = await opened.support(section, meter.serial)
            assert not support.readable
            assert section.needs_read[0] in support.reason
            with pytest.raises(AccessDenied):
                await opened.read(section, meter.serial)

    run(ask())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_silent_meter_is_500(run: Run, tmp_path: Path, device: Gateway, section: Any) -> None:
    with pytest.raises(DeviceFailed):
        run(read(device, tmp_path, section, wire(device, LABELS["Platinum"], powered=False).serial))
