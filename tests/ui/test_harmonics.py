"""Harmonics as bars: one group for each order, a box for each line, and the same values in the table."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QTableView
from pytestqt.qtbot import QtBot

from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, control, press, until
from ui.plots.bars import BarChart, Bars, round_step
from ui.theme import THEMES, apply_theme
from ui.vendors.g13.harmonics import HarmonicsBody


def test_voltage_harmonics_are_shown_as_bars_and_table(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        panel = await bench.ready("g13.voltage_harmonics")
        chart = control(panel, "bars", BarChart)
        assert isinstance(panel._form, HarmonicsBody)
        assert [one.name for one in chart.bars] == ["L1", "L2", "L3"]
        table = control(panel, "orders", QTableView)
        assert table.model().rowCount() == 17
        fifth = table.model().index(4, 0)
        assert fifth.data() == "5."
        shown = chart.bars[0].values[3]
        assert table.model().index(4, 1).data().startswith(f"{shown:.1f}")
        assert chart.words(3).startswith("5.: L1 ")

    on_bench(look)


def test_boxes_choose_the_lines_by_keyboard(on_bench: OnBench) -> None:
    async def choose(bench: Bench) -> None:
        panel = await bench.ready("g13.voltage_harmonics")
        chart = control(panel, "bars", BarChart)
        box = control(panel, "show.l1_l2", QCheckBox)
        assert box.isVisible()
        assert not box.isChecked()
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert [one.name for one in chart.bars] == ["L1", "L2", "L3", "L1–L2"]
        first = control(panel, "show.l1", QCheckBox)
        first.setFocus()
        QTest.keyClick(first, Qt.Key.Key_Space)
        assert [one.name for one in chart.bars] == ["L2", "L3", "L1–L2"]
        assert first.text().startswith("L1  ")
        assert first.text().endswith("%")

    on_bench(choose)


def test_a_line_that_the_meter_lacks_has_no_box(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        meter = bench.device.simulator.gateway.wired(MAIN)
        lacking = {name for name in meter.capabilities if not name.endswith("HARMONICS_CURRENT_NEUTRAL")}
        bench.device.host.call(lambda: setattr(meter, "capabilities", frozenset(lacking)))
        panel = await bench.ready("g13.current_harmonics")
        assert not control(panel, "show.neutral", QCheckBox).isVisible()
        assert control(panel, "show.l3", QCheckBox).isVisible()

    on_bench(look)


def test_reloading_moves_the_bars_and_keeps_the_choice(on_bench: OnBench) -> None:
    async def again(bench: Bench) -> None:
        panel = await bench.ready("g13.current_harmonics")
        chart = control(panel, "bars", BarChart)
        control(panel, "show.l2", QCheckBox).click()
        before = chart.bars
        meter = bench.device.simulator.gateway.wired(MAIN)
        now = meter.now
        bench.device.host.call(lambda: setattr(meter, "now", lambda: now() + 100))
        press(panel, "reload")
        await until(lambda: chart.bars != before)
        assert [one.name for one in chart.bars] == ["L1", "L3", "Neutral"]

    on_bench(again)


def test_the_chart_follows_the_theme(on_bench: OnBench, qapp: QApplication) -> None:
    async def change(bench: Bench) -> None:
        panel = await bench.ready("g13.current_harmonics")
        chart = control(panel, "bars", BarChart)
        for name in ("dark", "contrast", "light"):
            apply_theme(qapp, name)
            assert [one.colour for one in chart.bars][:2] == [THEMES[name].l1, THEMES[name].l2]

    on_bench(change)


@pytest.mark.parametrize(("highest", "step"), [(1.0, 0.2), (2.1, 0.5), (11.5, 5.0), (100.0, 20.0), (0.0, 2e-10)])
def test_axis_steps_are_round(highest: float, step: float) -> None:
    assert round_step(highest) == pytest.approx(step)


def test_a_chart_tells_which_group_is_under_the_pointer(qtbot: QtBot) -> None:
    chart = BarChart("%", "bars", "Harmonics")
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    assert chart.group_at(200) is None, "nothing is shown yet"
    chart.show_bars(("2.", "3."), [Bars("L1", "#112233", (0.5, None)), Bars("L2", "#445566", (7.0, 30.0))])
    assert (chart.group_at(0), chart.group_at(120), chart.group_at(390)) == (None, 0, 1)
    assert chart.words(1).split(", ")[0] == "3.: L1 – %"
    assert chart.top == 50.0
    chart.show()
    assert not chart.grab().isNull()


def test_bars_are_painted_where_their_values_are(qtbot: QtBot) -> None:
    chart = BarChart("%", "bars", "Harmonics")
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    chart.show_bars(("2.", "3."), [Bars("L1", "#ff0000", (0.0, 50.0))])
    chart.show()
    picture = chart.grab().toImage()
    red = {x for x in range(picture.width()) if picture.pixelColor(x, picture.height() // 2).name() == "#ff0000"}
    assert red
    assert min(red) > 200


def test_harmonics_need_no_plotting_library() -> None:
    program = "import sys, ui.vendors.g13.harmonics; print({'pyqtgraph', 'numpy'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "set()"
