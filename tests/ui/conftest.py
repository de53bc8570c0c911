"""What the tests of the window share: Qt's loop as asyncio's loop, the light theme, a gateway on the bench."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from qasync import QEventLoop

from app.commission.session import DeviceSession
from tests.conftest import _guarded
from tests.gateways import MAIN, Gateway, gateway, session
from ui.forms.panel import SectionPanel
from ui.forms.toast import Toasts
from ui.tasks import Tasks
from ui.theme import apply_theme, current_theme

QRun = Callable[..., Any]


@pytest.fixture
def qrun(qapp: QApplication) -> QRun:
    """Run one coroutine on Qt's own loop, to its end, with no task and no unseen failure left over.

    Warnings of Qt and exceptions in its callbacks fail the test too: pytest-qt sees to that.
    """

    # As in the program: closing a window must not end the loop under the tasks that still run.
    qapp.setQuitOnLastWindowClosed(False)

    def run_here(main: Coroutine[Any, Any, Any], limit_s: float = 30) -> Any:
        with garbage_here(), asyncio.Runner(loop_factory=lambda: QEventLoop(qapp)) as runner:
            return runner.run(_guarded(main, limit_s))

    return run_here


@contextmanager
def garbage_here() -> Iterator[None]:
    """Collect garbage on this thread only, as the program does: Qt objects must not die on a simulator's."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.enable()


@pytest.fixture(autouse=True)
def light_theme(qapp: QApplication) -> Iterator[None]:
    """Every test begins in the light theme, and deletes its widgets at its end and not in the next test."""
    if not qapp.styleSheet() or current_theme().name != "light":
        apply_theme(qapp, "light")
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True, scope="module")
def nothing_of_qt_left_over(qapp: QApplication) -> Iterator[None]:
    """What these tests leave in cycles is collected on this thread, not on a simulator's in a later module."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@dataclass
class Bench:
    """A gateway, a session on it, and a window that takes panels."""

    device: Gateway
    session: DeviceSession
    window: QWidget
    toasts: Toasts
    tasks: Tasks
    bugs: list[BaseException] = field(default_factory=list)

    def show(self, key: str, meter: str = MAIN, **more: Any) -> SectionPanel:
        """A panel in the window; it begins to read."""
        section = self.session.vendor.section(key)
        whose = meter if section in self.session.sections(meter) else ""
        panel = SectionPanel(section, whose, self.session, tasks=self.tasks, toasts=self.toasts, **more)
        self.window.layout().addWidget(panel)
        panel.show()
        return panel

    async def ready(self, key: str, meter: str = MAIN, **more: Any) -> SectionPanel:
        """A panel that has read."""
        panel = self.show(key, meter, **more)
        await until(lambda: panel._form is not None and panel.state != "Reading…")
        return panel


async def until(happened: Callable[[], object], limit_s: float = 10) -> None:
    """Wait until something is so; whether it ever is has no signal of its own."""
    async with asyncio.timeout(limit_s):
        while not happened():  # noqa: ASYNC110 - looked at from outside, as a user looks at the window
            await asyncio.sleep(0.005)


def control(panel: QWidget, name: str, kind: type[Any] = QWidget) -> Any:
    """A control of a panel by the last part of its object name."""
    found = panel.findChild(kind, f"{panel.objectName()}.{name}")
    assert found is not None, f"{panel.objectName()}.{name}"
    return found


def enter(panel: QWidget, name: str, text: str) -> None:
    """Type over what stands in an entry."""
    line = control(panel, name, QLineEdit)
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    if text:
        QTest.keyClicks(line, text)
    else:
        QTest.keyClick(line, Qt.Key.Key_Delete)


def press(panel: QWidget, name: str) -> None:
    """Press a button that can be pressed."""
    button = control(panel, name, QPushButton)
    assert button.isEnabled(), f"{name} is disabled"
    button.click()


OnBench = Callable[[Callable[[Bench], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def on_bench(qrun: QRun, qtbot: QtBot, tmp_path: Path) -> OnBench:
    """Run a test with a gateway on the bench, over real HTTPS. A fault of ours fails it."""

    async def prepared(device: Gateway, test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        window = QWidget()
        window.resize(900, 640)
        QVBoxLayout(window)
        qtbot.addWidget(window)
        async with session(device, tmp_path) as opened:
            await opened.open()
            toasts, bugs = Toasts(window), []
            tasks = Tasks(toasts.tell, bugs.append)
            window.show()
            window.activateWindow()
            bench = Bench(device, opened, window, toasts, tasks, bugs)
            try:
                await test(bench)
            finally:
                await tasks.aclose()
                for panel in window.findChildren(SectionPanel):
                    panel.flush()
                window.close()
        assert not bugs

    def on(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        with gateway() as device:
            qrun(prepared(device, test))

    return on
