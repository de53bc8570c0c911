"""The preview: settings before and after, what is erased, the very requests, and a choice of what to send."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QTreeWidget

from app.model.errors import InvalidValue
from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, enter, press, until
from ui.forms.diff import PreviewDialog
from ui.forms.panel import SectionPanel


async def opened(bench: Bench, panel: SectionPanel) -> PreviewDialog:
    name = f"{panel.section.key}.preview_dialog"
    await until(lambda: any(d.isVisible() for d in bench.window.findChildren(PreviewDialog, name)))
    return next(d for d in bench.window.findChildren(PreviewDialog, name) if d.isVisible())


def rows(dialog: PreviewDialog) -> list[tuple[str, str, str]]:
    tree = dialog.findChild(QTreeWidget)
    found = []
    for item in (tree.topLevelItem(i) for i in range(tree.topLevelItemCount())):
        found.append((item.text(0), item.text(1), item.text(2)))
        found += [tuple(item.child(i).text(c) for c in range(3)) for i in range(item.childCount())]
    return found


def untick(dialog: PreviewDialog, index: int) -> None:
    dialog.findChild(QTreeWidget).topLevelItem(index).setCheckState(0, Qt.CheckState.Unchecked)


def test_the_preview_shows_both_sides_and_the_requests(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        enter(panel, "ct_numerator", "150")
        enter(panel, "ct_denominator", "5")
        press(panel, "preview")
        dialog = await opened(bench, panel)
        assert rows(dialog) == [("CT numerator", "1", "150"), ("CT denominator", "1", "5")]
        assert dialog.erased == ""
        technical = dialog.findChild(QPlainTextEdit)
        assert not technical.isVisible()
        dialog._fold.click()
        assert technical.isVisible()
        assert f"POST /meters/{MAIN}/transformersettings" in technical.toPlainText()
        assert '"ctnum": "150"' in technical.toPlainText()
        assert " bytes" in technical.toPlainText()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await asyncio.sleep(0)
        assert bench.device.writes() == []
        assert panel.unsent == 2

    on_bench(test)


def test_only_what_stays_ticked_is_sent(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.naming")
        enter(panel, "alias", "Lift")
        enter(panel, "location", "Cellar")
        press(panel, "preview")
        dialog = await opened(bench, panel)
        untick(dialog, 1)
        assert dialog.chosen == ("alias",)
        QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: panel.state.startswith("Sent and verified"))
        assert panel._footer.more == "1 change not sent"
        assert panel.draft.base.alias == "Lift"
        assert panel.draft.value.location == "Cellar"

    on_bench(test)


def test_nothing_ticked_is_nothing_to_send(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.naming")
        enter(panel, "alias", "Lift")
        press(panel, "preview")
        dialog = await opened(bench, panel)
        untick(dialog, 0)
        assert not dialog.send_button.isEnabled()
        dialog.reject()
        await asyncio.sleep(0)

    on_bench(test)


def test_what_is_erased_is_asked_about_before_anything_is_sent(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.demand")
        panel._form.rows["channels"].editor.add_row()
        press(panel, "send")
        dialog = await opened(bench, panel)
        assert "all demand values that the meter has stored so far" in dialog.erased
        assert dialog.send_button.text() == "Erase and send"
        assert [row[0] for row in rows(dialog)] == ["Channels", "Row 3 added"]
        assert bench.device.writes() == []
        dialog.accept()
        await until(lambda: panel.state.startswith("Sent and verified"))
        assert bench.device.writes() == [f"POST /meters/{MAIN}/demand/configuration"]
        assert len(panel.draft.base.channels) == 3

    on_bench(test)


def test_a_choice_that_cannot_be_sent_alone_says_why(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.naming")
        enter(panel, "alias", "Lift")
        enter(panel, "location", "Cellar")

        def plan_for(names: object) -> object:
            if names == ("alias",):
                raise InvalidValue("alias", "Not without the location.")
            return bench.session.preview(panel.section, MAIN, names)

        dialog = PreviewDialog(panel.section, panel.draft.changes(), plan_for, parent=bench.window)
        assert dialog.send_button.isEnabled()
        untick(dialog, 1)
        assert "Not without the location." in dialog._problem.words
        assert not dialog.send_button.isEnabled()

    on_bench(test)


def test_a_window_that_closes_answers_with_no(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.demand")
        panel._form.rows["channels"].editor.add_row()
        press(panel, "send")
        dialog = await opened(bench, panel)
        dialog.close()
        await asyncio.sleep(0)
        assert bench.device.writes() == []
        assert panel.state == "1 change not sent"

    on_bench(test)


def test_names_of_settings_stand_on_one_line_where_there_is_room(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.demand")
        panel._form.rows["channels"].editor.add_row()
        press(panel, "send")
        dialog = await opened(bench, panel)
        tree = dialog.findChild(QTreeWidget)
        item = tree.topLevelItem(0)
        item.setText(0, "Report interval of the energies")
        tree.fit()
        words = tree.fontMetrics().horizontalAdvance(item.text(0))
        assert tree.columnWidth(0) > words + tree.indentation() + 40  # the box of the tick, and what is free beside it
        item.setText(0, "word " * 100)
        tree.fit()
        assert tree.columnWidth(0) <= 0.4 * tree.viewport().width()
        dialog.reject()
        await asyncio.sleep(0)

    on_bench(test)
