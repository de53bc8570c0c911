"""The MQTT page: the message is written with variables at hand, and shows what the device would send with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.commission.receipt import Outcome
from app.vendors.whatwatt import client
from app.vendors.whatwatt.starters import STARTERS
from app.vendors.whatwatt.template import LONGEST, preview
from app.vendors.whatwatt.variables import Variable
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import CONTROL, POPUPS, Key, fill, keyboard, press, tab_to, tick
from tests.ui.readers import Reader, run_with
from ui.forms.diff import PreviewDialog
from ui.forms.panel import SectionPanel
from ui.theme import THEMES
from ui.vendors.whatwatt.mqtt import MqttBody

pytestmark = POPUPS
KEY = "whatwatt.mqtt"
MESSAGE = 1


async def message(reader: Reader) -> tuple[SectionPanel, MqttBody]:
    panel = await reader.panel(KEY)
    body = panel._form
    assert isinstance(body, MqttBody)
    body.sheets.setCurrentIndex(MESSAGE)
    body.message.editor.text.setFocus()
    await reader.desk.when(lambda: QApplication.focusWidget() is body.message.editor.text)
    return panel, body


def write(body: MqttBody, text: str) -> None:
    body.message.editor.text.setFocus()
    QTest.keyClicks(body.message.editor.text, text)


def sent_now(body: MqttBody) -> str:
    return body.message.view.toPlainText()


def test_a_variable_is_found_and_inserted_where_the_cursor_is(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        write(body, "P=;")
        press(Key.Key_Left)
        body.variables.search.setText("active power import")
        assert "1_7_0" in body.variables.visible_names()
        assert "32_7_0" not in body.variables.visible_names()
        body.variables.search.setText("sys.id")
        item = body.variables.tree.currentItem()
        body.variables.tree.itemActivated.emit(item, 0)
        assert panel.draft.value.template == "P=${sys.id};"
        assert sent_now(body) == f"P={reader.device.simulator.id};"
        assert QApplication.focusWidget() is body.message.editor.text, "writing goes on"
        QTest.keyClicks(body.message.editor.text, "!")
        assert panel.draft.value.template == "P=${sys.id}!;"

    run_with(qrun, tmp_path, work)


def test_what_is_not_resolved_is_marked_and_named(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        _, body = await message(reader)
        write(body, '{"a":"${nonsense}","b":${31_7_0}}')
        assert "No such variable: nonsense." in body.message.problem.text
        marks = {
            selection.cursor.selectedText(): selection.format.underlineStyle()
            for selection in body.message.view.extraSelections()
        }
        assert marks["${nonsense}"] is QTextCharFormat.UnderlineStyle.WaveUnderline
        assert body.message.json_words == "JSON is in order"

    run_with(qrun, tmp_path, work)


def test_a_variable_without_a_value_is_said(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        nothing = next(one.name for one in panel.draft.value.variables if one.value == "null")
        write(body, f"${{{nothing}}}")
        assert body.message.empty.text() == f"Without a value now: {nothing}."
        assert sent_now(body) == "null"
        assert body.message.json_words == "text, not JSON"

    run_with(qrun, tmp_path, work)


def test_where_the_json_is_wrong_is_told_by_line_and_column(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        body.message.editor.replace_all('{\n  "id": ${sys.id}\n}')
        assert body.message.json_words.startswith("no JSON: line 2, column 9")
        assert body.message.problem.text == "", "it is not said twice"
        assert body.sheets.tabBar().accessibleTabName(MESSAGE) == "Message a warning" or panel.unsent == 1
        body.message.editor.replace_all('{\n  "id": "${sys.id}"\n}')
        assert body.message.json_words == "JSON is in order"

    run_with(qrun, tmp_path, work)


def test_the_length_is_counted_and_too_much_cannot_be_sent(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        body.message.editor.insert("für")
        assert body.message.editor.used.text() == f"3 of {LONGEST} characters, 4 bytes"
        body.message.editor.replace_all("ü" * 600)
        assert "1200 bytes, at most 1023" in body.message.problem.text
        assert not panel._footer.send_button.isEnabled()
        body.sheets.setCurrentIndex(0)
        assert body.sheets.tabBar().accessibleTabName(MESSAGE) == "Message something is not allowed"

    device = run_with(qrun, tmp_path, work)
    assert device.writes() == []


def test_undo_and_redo_go_word_by_word_and_refreshing_the_values_keeps_them(
    qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FRESH_S", 0.0)

    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        text = body.message.editor.text
        write(body, "one two")
        body.message.insert("sys.id")
        assert panel.draft.value.template == "one two${sys.id}"
        QTest.keyClick(text, Qt.Key.Key_Z, CONTROL)
        assert panel.draft.value.template == "one two"
        QTest.keyClick(text, Qt.Key.Key_Z, CONTROL)
        assert panel.draft.value.template == "one"
        reader.device.simulator.basics.values["system"]["name"] = "Renamed"
        body.variables.refresh_button.click()
        await until(lambda: any(one.value == "Renamed" for one in panel.draft.value.variables))
        assert panel.draft.value.template == "one"
        QTest.keyClick(text, Qt.Key.Key_Y, CONTROL)
        assert panel.draft.value.template == "one two"
        assert text.toPlainText() == "one two"
        panel.revert()
        assert text.toPlainText() == ""

    run_with(qrun, tmp_path, work)


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.key)
def test_a_starter_gives_a_message_that_can_be_sent(qrun: QRun, tmp_path: Path, starter: Any) -> None:
    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        entry = next(a for a in body.message.starters.menu().actions() if a.objectName().endswith(f"_{starter.key}"))
        entry.trigger()
        template = panel.draft.value.template
        assert len(template.encode()) <= LONGEST
        assert body.message.problem.text == ""
        assert body.message.json_words == ("text, not JSON" if starter.key == "line_protocol" else "JSON is in order")
        panel.send()
        await until(lambda: panel.state.startswith("Sent and verified"))
        assert reader.device.simulator.mqtt.values["publish"]["template"] == template

    run_with(qrun, tmp_path, work)


def test_starters_take_names_of_a_device_that_would_spoil_them_for_none() -> None:
    odd = [Variable('a"b', "1"), Variable("wifi.mode", "sta"), Variable("wifi", "x"), Variable("1_7_0", "0.1")]
    for starter in STARTERS:
        filled = preview(starter.make(odd), {one.name: one.value for one in odd})
        assert filled.wrong is None
        assert 'a"b' not in filled.text


def test_line_ends_go_out_as_they_came(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        reader.device.simulator.mqtt.values["publish"]["template"] = "{\r\n\t1\r\n}"
        panel, body = await message(reader)
        text = body.message.editor.text
        text.setFocus()
        press(Key.Key_End, CONTROL)
        press(Key.Key_Return)
        QTest.keyClicks(text, "x")
        panel.preview()
        dialog = await reader.asked(f"{KEY}.preview_dialog")
        assert isinstance(dialog, PreviewDialog)
        item = dialog._tree.topLevelItem(0)
        assert [item.child(row).text(0) for row in range(item.childCount())] == ["Line 4 added"]
        assert item.child(0).text(2) == "x"
        dialog.send_button.click()
        await until(lambda: panel.state.startswith("Sent and verified"))

    device = run_with(qrun, tmp_path, work)
    assert device.simulator.mqtt.values["publish"]["template"] == "{\r\n\t1\r\n}\r\nx"


def test_broker_and_message_are_set_with_the_keyboard_alone(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        desk = reader.desk
        panel = await desk.open(KEY)
        tab_to(f"{KEY}.sheet")
        tick(f"{KEY}.enable")
        fill(f"{KEY}.url", "mqtts://broker.local")
        fill(f"{KEY}.password", "hush hush 9")
        fill(f"{KEY}.client_id", "reader-1")
        fill(f"{KEY}.topic", "site/1")
        tab_to(f"{KEY}.sheet", Key.Key_Backtab)
        press(Key.Key_Right)
        tab_to(f"{KEY}.template")
        QTest.keyClicks(keyboard(), '{"p":')
        tab_to(f"{KEY}.variables.find")
        QTest.keyClicks(keyboard(), "power.in")
        press(Key.Key_Return)
        assert keyboard().objectName() == f"{KEY}.template"
        QTest.keyClicks(keyboard(), "}")
        await desk.send(panel)
        values = reader.device.simulator.mqtt.values
        assert values["publish"] == {"topic": "site/1", "template": '{"p":${power.in}}'}
        assert (values["enable"], values["url"], values["password"]) == (True, "mqtts://broker.local", "hush hush 9")
        receipt = reader.session.receipts[KEY, reader.device.simulator.id]
        assert receipt.outcome is Outcome.VERIFIED

    run_with(qrun, tmp_path, work)
    assert b"hush hush" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_it_is_painted_in_every_theme_within_a_small_window(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel, body = await message(reader)
        write(body, '{"a":"${nonsense}","b":${13_7_0},"c":${sys.id}}')
        seen = set()
        for theme in THEMES:
            reader.window.set_theme(theme)
            QApplication.sendPostedEvents()
            assert (reader.window.width(), reader.window.height()) == (1366, 768)
            assert body.visibleRegion().boundingRect().size() == body.size(), "nothing is cut off"
            seen.add(bytes(panel.grab().toImage().constBits()))
        assert len(seen) == len(THEMES)
        reader.window.set_theme("light")

    run_with(qrun, tmp_path, work)
