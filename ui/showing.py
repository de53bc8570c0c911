"""An open window from its first painting to its end."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ui.tasks import log

if TYPE_CHECKING:
    from app.model.errors import AppError
    from app.model.vendor import Vendor
    from ui.window import Window


async def until_closed(window: Window) -> Path | None:
    """Browse the network behind an open window until it is closed, then end everything it began."""
    closed = asyncio.Event()
    following: list[Path] = []

    def open_other(text: str) -> None:
        if window.close():
            following.append(Path(text))

    _catch_bugs(window)
    window.closed.connect(closed.set)
    window.open_site.connect(open_other)
    try:
        await painted()
        _log_to_file()
        window.bench.know(await asyncio.to_thread(families))
        await asyncio.to_thread(warm_up)
        window.tasks.spawn(window, window.bench.browse())
        await closed.wait()
    finally:
        # Also when the program is told to end: drafts are written, devices logged out.
        await window.shut_down()
        sys.excepthook = sys.__excepthook__
        asyncio.get_running_loop().set_exception_handler(None)
        window.deleteLater()
    return following[-1] if following else None


def _catch_bugs(window: Window) -> None:
    """A fault of ours in a slot or callback is logged and shown, and the program goes on."""

    def in_slot(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log.error("a bug of ours", exc_info=error)
        window.toasts.tell_bug(error)

    def in_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        log.error("a bug of ours: %s", context["message"], exc_info=error)
        window.toasts.tell_bug(error)

    sys.excepthook = in_slot
    asyncio.get_running_loop().set_exception_handler(in_loop)


async def tell_why_not(error: AppError) -> None:
    """Say in a dialog why there is no window; who started it by a click sees no terminal."""
    from PySide6.QtGui import QGuiApplication

    from ui.dialogs import Question, answered

    if QGuiApplication.platformName() == "offscreen":
        return
    dialog = Question(None, "start", "Wattwright cannot start", "Close", "Cancel")
    dialog.say(f"{error.title}: {error.message}")
    dialog.say(error.hint)
    await answered(dialog)


async def painted() -> None:
    """Wait until what was shown is on the screen: two turns of the loop, the second after the events of the first."""
    for _ in range(2):
        await asyncio.sleep(0)


def families() -> tuple[Vendor, ...]:
    """Import every family of devices: a third of what the program consists of."""
    from app.registry import VENDORS

    return VENDORS


def warm_up() -> None:
    """Import what the first minutes need, off the loop, so that no click waits for it."""
    import pyqtgraph  # noqa: F401

    from app.net.client import preload

    preload()


def _log_to_file() -> None:
    """The program's own log, for reports to its developers. No exchange with a device goes in there."""
    from logging.handlers import RotatingFileHandler

    from app.site import home

    if any(isinstance(handler, RotatingFileHandler) for handler in logging.getLogger().handlers):
        return
    try:
        handler = RotatingFileHandler(
            home.log_dir() / "wattwright.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("httpx").setLevel(logging.WARNING)
