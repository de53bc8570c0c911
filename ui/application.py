"""The application around a window: Qt, its loop as asyncio's only one, theme, icon, garbage."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from importlib.resources import files
from typing import Any, TypeVar

from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from .garbage import GarbageOnThisThread
from .theme import apply_theme

T = TypeVar("T")


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `main` on Qt's loop to its end, then end the loop in order. Once in a process."""
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
            return runner.run(main())
    finally:
        garbage.stop()
