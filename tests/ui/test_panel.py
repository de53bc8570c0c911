"""A section's panel on a simulated gateway over HTTPS: it reads, edits, sends, and always tells the truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from app.commission.receipt import Outcome, Receipt
from app.model.errors import DeviceSilent
from app.model.support import Capabilities
from app.simulators.faults import Fault
from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, control, enter, press, until
from ui.forms.footer import Activity, Standing, clock, sentence
from ui.forms.moment import NOW_WORDS
from ui.forms.panel import SectionPanel

CONTROL = Qt.KeyboardModifier.ControlModifier


def words(panel: SectionPanel, name: str) -> str:
    """What stands beside a field."""
    row = panel._form.rows[name]
    return " | ".join(line.text for line in (row.problem, row.changed) if line.isVisibleTo(panel))


def stored(bench: Bench, key: str) -> Any:
    """The draft as the site file has it."""
    found = bench.session._stored.load(bench.session.key, MAIN, key)
    return None if found is None else found.value


def test_the_footer_tells_the_truth_in_every_standing() -> None:
    at = datetime(2026, 3, 1, 14, 3)
    today = datetime.now().astimezone().replace(hour=14, minute=3)
    told = {
        sentence(standing).text
        for standing in (
            Standing(activity=Activity.READING),
            Standing(activity=Activity.SENDING),
            Standing(read_at=today),
            Standing(read_at=today, changes=1),
            Standing(read_at=today, changes=3),
            Standing(read_at=today, receipt=Receipt("k", "t", Outcome.VERIFIED), sent_at=today),
            Standing(read_at=today, changes=1, receipt=Receipt("k", "t", Outcome.DIFFERS), sent_at=today),
            Standing(read_at=today, changes=1, receipt=Receipt("k", "t", Outcome.UNKNOWN), sent_at=today),
            Standing(read_at=today, receipt=Receipt("k", "t", Outcome.REFUSED, message="no"), sent_at=today),
            Standing(read_at=today, not_read=DeviceSilent("It says nothing.")),
            Standing(not_offered="no"),
        )
    }
    assert told == {
        "Reading…",
        "Sending…",
        "As on the device, read 14:03",
        "1 change not sent",
        "3 changes not sent",
        "Sent and verified 14:03",
        "Differs from what was sent",
        "Outcome unknown: read back",
        "Refused by the device: no",
        "Could not be read: It says nothing.",
        "Not offered here",
    }
    assert clock(at) == "2026-03-01 14:03"
    older = sentence(Standing(read_at=today, changes=2, not_read=DeviceSilent("x")))
    assert older.more == "shown as read 14:03; 2 changes not sent"


def test_a_panel_reads_when_it_is_first_shown_and_only_then(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = bench.show("g13.ratios")
        assert panel.state == "Reading…"
        await until(lambda: panel.state.startswith("As on the device, read "))
        assert control(panel, "ct_numerator", QLineEdit).text() == "1"
        assert not control(panel, "send").isEnabled()
        reads = len(bench.device.requests)
        panel.hide()
        panel.show()
        again = await bench.ready("g13.ratios")
        assert control(again, "ct_numerator", QLineEdit).text() == "1"
        assert len(bench.device.requests) == reads

    on_bench(test)


def test_an_edit_is_marked_checked_summed_up_and_kept(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        changed: list[int] = []
        panel.draft_changed.connect(lambda: changed.append(panel.unsent))
        enter(panel, "ct_numerator", "150")
        assert panel.state == "1 change not sent"
        assert words(panel, "ct_numerator") == "on the device: 1"
        assert control(panel, "ct_numerator").property("tone") == "changed"
        assert "on the device: 1" in control(panel, "ct_numerator").toolTip()
        assert "× 150" in control(panel, "summary", QLabel).text()
        assert control(panel, "send").isEnabled()
        enter(panel, "vt_numerator", "0")
        assert words(panel, "vt_numerator").startswith("0 is not allowed; 1 to ")
        assert panel._footer.more == "1 value is not allowed"
        assert not control(panel, "send").isEnabled()
        enter(panel, "vt_numerator", "x")
        assert "no whole number" in words(panel, "vt_numerator")
        assert not control(panel, "send").isEnabled()
        enter(panel, "vt_numerator", "1")
        assert control(panel, "send").isEnabled()
        assert changed[-1] == 1
        await until(lambda: stored(bench, "g13.ratios"))
        assert stored(bench, "g13.ratios")["ct_numerator"] == 150

    on_bench(test)


def test_a_half_typed_entry_survives_edits_elsewhere(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        enter(panel, "ct_numerator", "")
        enter(panel, "ct_denominator", "5")
        assert control(panel, "ct_numerator", QLineEdit).text() == ""
        assert "a whole number is missing" in words(panel, "ct_numerator").lower()
        press(panel, "revert")
        assert control(panel, "ct_numerator", QLineEdit).text() == "1"
        assert panel.state.startswith("As on the device")

    on_bench(test)


def test_leaving_a_panel_loses_nothing(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        enter(panel, "ct_numerator", "200")
        panel.hide()
        assert stored(bench, "g13.ratios")["ct_numerator"] == 200
        panel.show()
        enter(panel, "ct_numerator", "300")
        panel.deleteLater()
        QApplication.sendPostedEvents(panel, QEvent.Type.DeferredDelete)
        assert stored(bench, "g13.ratios")["ct_numerator"] == 300
        again = await bench.ready("g13.ratios")
        assert control(again, "ct_numerator", QLineEdit).text() == "300"
        assert again.state == "1 change not sent"

    on_bench(test)


def test_a_word_is_undone_at_once_and_done_again(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        line = control(panel, "ct_numerator", QLineEdit)
        enter(panel, "ct_numerator", "150")
        enter(panel, "ct_denominator", "5")
        QTest.keyClick(control(panel, "ct_denominator"), Qt.Key.Key_Z, CONTROL)
        assert control(panel, "ct_denominator", QLineEdit).text() == "1"
        assert line.text() == "150"
        QTest.keyClick(line, Qt.Key.Key_Z, CONTROL)
        assert line.text() == "1"
        assert panel.state.startswith("As on the device")
        QTest.keyClick(line, Qt.Key.Key_Y, CONTROL)
        assert line.text() == "150"

    on_bench(test)


def test_what_was_sent_is_verified_and_said(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        receipts: list[Receipt] = []
        panel.sent.connect(receipts.append)
        enter(panel, "ct_numerator", "150")
        enter(panel, "ct_denominator", "5")
        QTest.keyClick(control(panel, "ct_denominator"), Qt.Key.Key_Return, CONTROL)
        await until(lambda: panel.sending)
        assert panel.state == "Sending…"
        assert not control(panel, "ct_numerator").isEnabled()
        await until(lambda: receipts)
        assert receipts[0].outcome is Outcome.VERIFIED
        assert panel.state.startswith("Sent and verified ")
        assert panel.unsent == 0
        assert control(panel, "ct_numerator").isEnabled()
        (toast,) = bench.toasts.shown
        assert (toast.kind, toast.title) == ("ok", "Sent and verified")
        assert "CT numerator: 1 → 150" in toast.text
        assert bench.device.writes() == [f"POST /meters/{MAIN}/transformersettings"]
        assert stored(bench, "g13.ratios") is None
        enter(panel, "ct_numerator", "160")
        assert panel.state == "1 change not sent"

    on_bench(test)


def test_a_sending_outlives_its_panel(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        enter(panel, "ct_numerator", "150")
        press(panel, "send")
        await until(lambda: panel.sending)
        panel.deleteLater()
        QApplication.sendPostedEvents(panel, QEvent.Type.DeferredDelete)
        await until(lambda: bench.toasts.shown)
        assert bench.toasts.shown[0].title == "Sent and verified"

    on_bench(test)


def test_a_lost_answer_leaves_the_outcome_unknown_until_it_is_read_back(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.ratios")
        enter(panel, "ct_numerator", "150")
        path = f"/meters/{MAIN}"
        bench.device.faults.add(Fault.DROP_BEFORE, method="POST", path=path)
        press(panel, "send")
        await until(lambda: bench.toasts.shown)
        assert panel.state == "Outcome unknown: read back"
        assert bench.toasts.shown[0].kind == "error"
        assert "POST" in bench.toasts.shown[0].details
        assert not control(panel, "send").isEnabled()
        enter(panel, "ct_numerator", "160")
        assert panel.state == "Outcome unknown: read back"
        QTest.keyClick(control(panel, "ct_numerator"), Qt.Key.Key_F5)
        await until(lambda: panel.state == "1 change not sent")
        assert control(panel, "send").isEnabled()

    on_bench(test)


def test_what_the_device_refuses_stands_beside_the_field(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.naming")
        enter(panel, "alias", "Lift")
        # The meter is taken from the gateway while the panel is open.
        bench.device.host.call(lambda: bench.device.simulator.gateway.registered.pop(MAIN))
        press(panel, "send")
        await until(lambda: bench.toasts.shown)
        assert panel.state.startswith("Not sent: ")
        assert panel.unsent == 1
        assert control(panel, "alias", QLineEdit).text() == "Lift"
        assert bench.device.writes() == []

    on_bench(test)


def test_a_failed_reading_is_told_in_the_panel_with_what_to_do(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        bench.device.faults.add(Fault.CUT_BODY, times=2, path=f"/meters/{MAIN}/info")
        panel = bench.show("g13.ratios")
        await until(lambda: panel.state.startswith("Could not be read: "))
        assert panel._failure.words
        assert not bench.toasts.shown
        bench.device.faults.clear()
        control(panel, "retry", QPushButton).click()
        await until(lambda: panel.state.startswith("As on the device"))
        assert not panel._failure.isVisible()

    on_bench(test)


def test_reading_again_keeps_the_draft_and_tells_what_moved_on_the_device(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.naming")
        enter(panel, "alias", "Lift")
        place = bench.device.simulator.gateway.registered[MAIN]
        bench.device.host.call(lambda: setattr(place, "location", "Cellar"))
        press(panel, "reload")
        await until(lambda: panel._notice.isVisible())
        assert "your changes are kept" in panel._notice.words
        assert "Location: Main distribution → Cellar" in panel._notice.words
        assert control(panel, "alias", QLineEdit).text() == "Lift"
        assert control(panel, "location", QLineEdit).text() == "Cellar"

    on_bench(test)


def test_the_clock_is_set_from_this_computer_at_the_moment_of_sending(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.clock")
        press(panel, "now")
        row = panel._form.rows["time"]
        assert row.editor.is_now
        assert NOW_WORDS in [label.text() for label in row.editor.findChildren(QLabel)]
        press(panel, "time.by_hand")
        assert not row.editor.is_now
        assert panel.state == "1 change not sent"
        press(panel, "now")
        press(panel, "send")
        await until(lambda: panel.state.startswith("Sent and verified"))
        assert not row.editor.is_now
        assert abs(panel.draft.base.time - datetime.now()) < timedelta(seconds=30)

    on_bench(test)


def test_what_can_only_be_read_has_nothing_to_send(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.info")
        assert not control(panel, "send").isVisible()
        assert control(panel, "reload").isVisible()
        assert control(panel, "label", QLabel).text() == "A44 552-100"
        assert not panel._summary.isVisible()

    on_bench(test)


def test_an_account_that_may_only_look_is_told_why(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        bench.session._capabilities[MAIN] = Capabilities(may_write=False, reason="This account may only look.")
        panel = await bench.ready("g13.ratios")
        assert "This account may only look." in panel._notice.words
        assert not control(panel, "send").isVisible()
        assert not panel.findChildren(QLineEdit)

    on_bench(test)


def test_what_the_meter_does_not_offer_is_said_and_not_asked_for(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        nothing = bench.session._capabilities[MAIN] = Capabilities(offered=frozenset())
        panel = bench.show("g13.demand")
        await until(lambda: panel.state == "Not offered here")
        assert panel.section.support(nothing).reason in panel._notice.words
        assert not [request for request in bench.device.requests if "demand" in request]

    on_bench(test)


def test_a_table_of_fifty_channels_is_checked_row_by_row(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.demand")
        table = panel._form.rows["channels"].editor
        QGuiApplication.clipboard().setText("\n".join(["Active power, total\tMax\t9th"] * 60))
        table.view.setCurrentIndex(table.model.index(0, 0))
        table.paste()
        assert table.model.rowCount() == 50
        assert "Row 1, Level" in words(panel, "channels")
        assert "at most 50 rows" in panel._notice.words
        assert not control(panel, "send").isEnabled()
        panel.undo()
        assert not table.problem()
        assert table.model.rowCount() == 2
        assert panel.state.startswith("As on the device")

    on_bench(test)


def test_a_row_that_is_removed_is_gone_from_the_draft(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready("g13.demand")
        table = panel._form.rows["channels"].editor
        before = panel.draft.value.channels
        table.view.setCurrentIndex(table.model.index(0, 0))
        press(panel, "channels.remove")
        assert panel.draft.value.channels == before[1:]
        assert table.model.rowCount() == len(before) - 1
        panel.undo()
        assert panel.draft.value.channels == before
        assert table.model.rowCount() == len(before)

    on_bench(test)


@pytest.mark.parametrize("key", ["g13.demand", "g13.clock", "g13.meters"])
def test_help_tells_of_every_field(on_bench: OnBench, key: str) -> None:
    async def test(bench: Bench) -> None:
        panel = await bench.ready(key)
        panel.setFocus()
        panel.show_help()
        told = [label.text() for label in panel.findChildren(QLabel) if label.window() is not bench.window]
        for field in panel.section.fields:
            assert any(text.startswith(field.label) for text in told), field.label
        assert f"Manual {panel.section.manual}" in told

    on_bench(test)
