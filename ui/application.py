"""The application around a window: Qt, its loop as asyncio's only one, theme, icon, garbage."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib.resources import files
from types import FrameType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qFormatLogMessage, qInstallMessageHandler
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from .garbage import GarbageOnThisThread
from .theme import apply_theme

SIGNALLED = 128
"""What a shell adds to the number of the signal that ended a program."""
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def run(main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main` on Qt's loop to its end, then end the loop in order. Once in a process. Returns the exit code."""
    qInstallMessageHandler(_say)
    # No collection while everything is being made; afterwards on this thread only (`garbage`).
    gc.disable()
    app = QApplication([sys.argv[0]])
    app.setApplicationName("Wattwright")
    app.setApplicationDisplayName("Wattwright")
    app.setQuitOnLastWindowClosed(False)
    apply_theme(app, "light")
    picture = QPixmap()
    picture.loadFromData((files("resources") / "icons" / "wattwright.png").read_bytes())
    app.setWindowIcon(QIcon(picture))
    garbage = GarbageOnThisThread(app)
    try:
        with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
            return runner.run(_until_told(main()))
    finally:
        garbage.stop()


async def _until_told(main: Coroutine[Any, Any, int]) -> int:
    """Run `main`; a signal to end cancels it, so that everything it began ends in order."""
    task = asyncio.get_running_loop().create_task(main)
    told: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        task.cancel()

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        return await task
    except asyncio.CancelledError:
        if not told:
            raise
        return SIGNALLED + told[0]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Qt's own messages, without those that mean nothing where no screen is."""
    if not text.startswith("This plugin does not support"):
        sys.stderr.write(f"{qFormatLogMessage(kind, context, text)}\n")
