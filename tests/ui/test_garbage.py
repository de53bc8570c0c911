"""Widgets die on the window's thread, whatever other threads do."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.garbage import GarbageOnThisThread


@pytest.fixture
def garbage(qtbot: QtBot) -> Iterator[GarbageOnThisThread]:
    made = GarbageOnThisThread()
    yield made
    made.stop()
    assert gc.isenabled()


class Knot(QObject):
    """An object in a reference cycle with itself."""

    def __init__(self, died_on: list[threading.Thread]) -> None:
        super().__init__()
        self.myself = self
        self.died_on = died_on

    def __del__(self) -> None:
        self.died_on.append(threading.current_thread())


def test_another_thread_destroys_no_widget(garbage: GarbageOnThisThread) -> None:
    died_on: list[threading.Thread] = []
    Knot(died_on)
    kept: list[list[int]] = []
    # So many lists that Python itself would collect several times, on that thread.
    other = threading.Thread(target=lambda: kept.extend([] for _ in range(200_000)))
    other.start()
    other.join()
    assert died_on == []
    assert garbage.collect() > 0
    assert died_on == [threading.current_thread()]


def test_nothing_is_collected_while_nothing_is_due(garbage: GarbageOnThisThread) -> None:
    gc.collect()
    assert garbage.collect() == 0
