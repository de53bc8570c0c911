"""Toasts: what they say, which of them stay, where they stand."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.model.errors import DeviceUnreachable
from ui.forms.toast import DetailsDialog, Toast, Toasts


def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    made.resize(800, 600)
    qtbot.addWidget(made)
    made.show()
    return made


def words(toast: Toast) -> str:
    return " ".join(label.text() for label in toast.findChildren(QLabel))


def test_a_green_toast_goes_by_itself(qtbot: QtBot) -> None:
    toasts = Toasts(window(qtbot), lifetime_ms=20)
    toast = toasts.ok("Sent and verified", "Gateway clock")
    assert toasts.shown == (toast,)
    qtbot.waitUntil(lambda: not toasts.shown)


def test_a_red_toast_stays_until_it_is_dismissed(qtbot: QtBot) -> None:
    toasts = Toasts(window(qtbot), lifetime_ms=20)
    toasts.tell(DeviceUnreachable("Nothing answers at 127.0.0.1."))
    blue = toasts.info("Nothing to send", "")
    with qtbot.waitSignal(blue.dismissed):
        pass
    (red,) = toasts.shown
    assert red.isVisible()
    assert "Device not reachable" in words(red)
    assert "Check power, cable and address" in words(red)
    assert red.accessibleName() == "Failed: Device not reachable"
    qtbot.keyClick(red, Qt.Key.Key_Escape)
    assert not toasts.shown


def test_the_clock_stops_while_the_pointer_rests_on_it(qtbot: QtBot) -> None:
    made = window(qtbot)
    toasts = Toasts(made, lifetime_ms=40)
    rested, other = toasts.ok("Read this", "slowly"), toasts.ok("Other", "one")
    here = QPointF(1, 1)
    rested.enterEvent(QEnterEvent(here, here, here))
    with qtbot.waitSignal(other.dismissed):
        pass
    assert toasts.shown == (rested,)


def test_a_toast_leaves_the_keyboard_where_it_is(qtbot: QtBot) -> None:
    made = window(qtbot)
    line = QLineEdit(made)
    made.activateWindow()
    line.show()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    Toasts(made).error("Refused", "not allowed", "Correct it.")
    QApplication.processEvents()
    assert line.hasFocus()
    assert [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()] == [made]


def test_details_tell_what_was_asked_and_can_be_copied(qtbot: QtBot) -> None:
    toasts = Toasts(window(qtbot))
    toast = toasts.error("Refused by the device", "<b>not</b> allowed", "Correct it.", "POST /gateway -> 400")
    body = next(label for label in toast.findChildren(QLabel) if "not" in label.text())
    assert body.textFormat() is Qt.TextFormat.PlainText
    toast.findChild(QPushButton, "details").click()
    dialog = toast.window().findChild(DetailsDialog)
    dialog.copy()
    assert QGuiApplication.clipboard().text() == (
        "Refused by the device\n\n<b>not</b> allowed\n\nCorrect it.\n\nPOST /gateway -> 400"
    )
    dialog.close()


def test_a_bug_of_ours_shows_its_traceback(qtbot: QtBot) -> None:
    toasts = Toasts(window(qtbot))
    try:
        raise RuntimeError("wrong turn")
    except RuntimeError as error:
        toasts.tell_bug(error)
    assert toasts.shown[0].title == "A fault in the program"
    assert "test_toasts.py" in toasts.shown[0].details


def test_the_same_failure_is_counted_and_not_stacked(qtbot: QtBot) -> None:
    toasts = Toasts(window(qtbot))
    for _ in range(3):
        toasts.error("No answer", "The gateway is silent.")
    assert [toast.count for toast in toasts.shown] == [3]
    assert "3 times" in words(toasts.shown[0])


def test_toasts_stand_in_the_lower_right_corner_and_follow_the_window(qtbot: QtBot) -> None:
    made = window(qtbot)
    toasts = Toasts(made)
    older, newer = toasts.error("First", "one"), toasts.error("Second", "two")
    for width, height in ((800, 600), (500, 400)):
        made.resize(width, height)
        qtbot.waitUntil(lambda wanted=width: newer.geometry().right() == wanted - 17)
        assert newer.geometry().bottom() == height - 17
        assert older.geometry().bottom() < newer.geometry().top()
    toasts.keep_clear(40)
    assert newer.geometry().bottom() == 400 - 57


def test_what_does_not_fit_waits_for_room(qtbot: QtBot) -> None:
    made = window(qtbot)
    made.resize(500, 220)
    toasts = Toasts(made)
    made_of = [toasts.error(f"Failure {number}", "The gateway is silent.") for number in range(5)]
    assert not made_of[0].isVisible()
    for toast in made_of[1:]:
        toast.dismiss()
    assert made_of[0].isVisible()
    assert made.rect().contains(made_of[0].geometry().topLeft() + QPoint(0, 0))
