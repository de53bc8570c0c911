"""The page that compares one quantity of several meters: chosen, read, seen, copied, exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.vendors.g13.gateway.compare import COMPARE
from app.vendors.g13.simulator.gateway import Registration
from tests.ui.conftest import Bench, OnBench, until
from ui.theme import apply_theme
from ui.vendors import page_of
from ui.vendors.g13 import compare
from ui.vendors.g13.compare import ComparePage

OTHER = "ABB01EM000014502"


def page(bench: Bench) -> ComparePage:
    made = ComparePage(COMPARE, "", bench.session, tasks=bench.tasks, toasts=bench.toasts)
    bench.window.layout().addWidget(made)
    made.show()
    return made


async def with_meters(bench: Bench, *numbers: int) -> None:
    gateway = bench.device.simulator.gateway
    for number in numbers:
        meter = gateway.wired(f"ABB01EM00001450{number}")
        gateway.registered[meter.serial] = Registration(meter, f"Sub {number}", "Here", 0.0)
    await bench.session.refresh_meters()


def tick(made: ComparePage, row: int) -> None:
    made.meters.setFocus()
    made.meters.setCurrentRow(row)
    QTest.keyClick(made.meters, Qt.Key.Key_Space)


def test_it_stands_in_place_of_the_usual_page() -> None:
    assert page_of("g13.compare") is ComparePage


def test_by_keyboard_alone_a_quantity_is_chosen_and_read(on_bench: OnBench) -> None:
    async def work(bench: Bench) -> None:
        made = page(bench)
        before = len(bench.device.writes())
        await until(bench.window.isActiveWindow)
        line = made.quantity.lineEdit()
        line.setFocus()
        QTest.keyClick(line, Qt.Key.Key_Down)
        assert made.quantity.currentText() == "Voltage L2"
        QTest.keyClick(line, Qt.Key.Key_F5)
        await until(lambda: made.records.count)
        assert bench.device.writes()[before:] == ["POST /gateway/execute"]
        assert [row[0] for row in made.bars.rows] == ["Main incomer", "Ventilation"]
        assert all(200 < value < 260 and words.endswith(" V") for _, value, words in made.bars.rows)
        assert made.table.rows.text(0, 0) == "Main incomer"
        await until(lambda: made.state.text().startswith("Read "))

    on_bench(work)


def test_at_most_five_meters_can_be_read(on_bench: OnBench) -> None:
    async def work(bench: Bench) -> None:
        await with_meters(bench, 3, 4, 5, 6)
        made = page(bench)
        assert len(made.chosen()) == 5
        tick(made, 5)
        assert not made.read_button.isEnabled()
        assert "at most 5" in made.count.text()
        tick(made, 0)
        assert made.read_button.isEnabled()
        for row in range(1, 6):
            tick(made, row)
        assert not made.read_button.isEnabled()
        assert made.count.text() == "Choose a meter."

    on_bench(work)


def test_what_is_no_quantity_cannot_be_read(on_bench: OnBench) -> None:
    async def work(bench: Bench) -> None:
        made = page(bench)
        made.quantity.setEditText("Warmth")
        assert not made.read_button.isEnabled()
        assert "from the list" in made.count.text()

    on_bench(work)


def test_a_silent_meter_is_named_and_a_refusal_shown_on_the_page(on_bench: OnBench) -> None:
    async def work(bench: Bench) -> None:
        made = page(bench)
        bench.device.simulator.gateway.wired(OTHER).powered = False
        made.reload()
        await until(lambda: made.records.count)
        assert made.bars.rows[1][2] == "no value"
        assert OTHER in made.notes.words
        await until(made.read_button.isEnabled)
        tick(made, 0)
        made.reload()
        await until(lambda: made.failure.words)
        assert "invalid response" in made.failure.words

    on_bench(work)


def test_the_table_is_copied_and_exported(on_bench: OnBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "compared.csv"

    async def chosen(*_: object) -> Path:
        return file

    monkeypatch.setattr(compare, "chosen_path", chosen)

    async def work(bench: Bench) -> None:
        made = page(bench)
        assert not made.copy_button.isEnabled()
        made.reload()
        await until(made.copy_button.isEnabled)
        made.copy_button.click()
        await until(lambda: "Ventilation" in QApplication.clipboard().text())
        made.export_button.click()
        await until(file.exists)
        lines = file.read_text("utf-8-sig").splitlines()
        assert lines[0] == "Meter,Serial number,Voltage L1,Unit"
        assert lines[1].startswith("Main incomer,")

    on_bench(work)


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_it_fits_beside_the_tree_in_every_theme(on_bench: OnBench, qapp: QApplication, theme: str) -> None:
    async def work(bench: Bench) -> None:
        apply_theme(qapp, theme)
        await with_meters(bench, 3, 4, 5)
        made = page(bench)
        made.reload()
        await until(lambda: made.records.count)
        assert made.minimumSizeHint().width() <= 760
        assert made.minimumSizeHint().height() <= 560
        assert not made.grab().isNull()

    on_bench(work)
