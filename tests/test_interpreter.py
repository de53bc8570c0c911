"""The pairing of Python and PySide6 loses no reference: one pairing did, until the interpreter aborted.

docs/decisions/002-pyside-and-python-versions.md tells the story.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

CALLS = 100
# Other objects come and go meanwhile; the loss looked for is one reference for each call.
NOISE = CALLS // 4


class Bell(QObject):
    """Something with a signal."""

    rung = Signal(bool)


def references_lost(held: object, action: Callable[[], object]) -> int:
    """By how much the count of `held` falls while the action is done a hundred times; never, where it is immortal."""
    action()
    before = sys.getrefcount(held)
    for _ in range(CALLS):
        action()
    return before - sys.getrefcount(held)


def test_emitting_a_signal_loses_no_reference(qtbot: QtBot) -> None:
    bell = Bell()
    heard: list[int] = []
    bell.rung.connect(lambda value: heard.append(int(value)))

    for held in (True, False, None):
        assert references_lost(held, lambda: bell.rung.emit(True)) < NOISE

    assert len(heard) == 3 * (CALLS + 1)


def test_a_call_that_returns_nothing_loses_no_reference(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)

    for held in (True, False, None):
        assert references_lost(held, lambda: label.setText("230 V")) < NOISE


def test_asking_a_widget_loses_no_reference(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)

    for held in (True, False, None):
        assert references_lost(held, label.isVisible) < NOISE
        assert references_lost(held, label.parent) < NOISE
