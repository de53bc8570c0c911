"""What the tests of the window share: Qt's loop as asyncio's loop, the light theme, a gateway in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from tests.conftest import _guarded
from ui.theme import apply_theme, current_theme

QRun = Callable[..., Any]


@pytest.fixture
def qrun(qapp: QApplication) -> QRun:
    """Run one coroutine on Qt's own loop, to its end, with no task and no unseen failure left over.

    Warnings of Qt and exceptions in its callbacks fail the test too: pytest-qt sees to that.
    """

    def runner(main: Coroutine[Any, Any, Any], limit_s: float = 30) -> Any:
        with asyncio.Runner(loop_factory=lambda: QEventLoop(qapp)) as runner:
            return runner.run(_guarded(main, limit_s))

    return runner


@pytest.fixture(autouse=True)
def light_theme(qapp: QApplication) -> Iterator[None]:
    """Every test begins in the light theme, and deletes its widgets at its end and not in the next test."""
    if not qapp.styleSheet() or current_theme().name != "light":
        apply_theme(qapp, "light")
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
