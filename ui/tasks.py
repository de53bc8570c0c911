"""The one place that starts a task: it is held, it ends with its owner, and what fails in it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject
from shiboken6 import isValid

from app.model.errors import AppError

log = logging.getLogger(__name__)


class Tasks:
    """Starts coroutines for widgets.

    `tell` shows an `AppError` to the installer (a toast); `tell_bug` shows anything else, after it was logged.
    """

    def __init__(self, tell: Callable[[AppError], None], tell_bug: Callable[[BaseException], None]) -> None:
        self._tell = tell
        self._tell_bug = tell_bug
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(
        self,
        owner: QObject,
        work: Coroutine[Any, Any, Any],
        *,
        failed: Callable[[AppError], None] | None = None,
    ) -> asyncio.Task[Any]:
        """Run `work`; it is cancelled when `owner` is destroyed. `failed` replaces the toast for an `AppError`."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        stop = task.cancel
        ending = owner.destroyed.connect(lambda: stop())

        def ended(done: asyncio.Task[Any]) -> None:
            self._running.discard(done)
            if isValid(owner):
                # A page that lives all day must not collect what once was to be stopped with it.
                QObject.disconnect(ending)
            if done.cancelled():
                return
            error = done.exception()
            if error is None:
                return
            if not isinstance(error, AppError):
                log.error("a bug of ours", exc_info=error)
                self._tell_bug(error)
            elif failed is not None and isValid(owner):
                failed(error)
            else:
                self._tell(error)

        task.add_done_callback(ended)
        return task

    @property
    def running(self) -> int:
        """How many tasks are under way."""
        return len(self._running)

    async def aclose(self) -> None:
        """Cancel everything and wait for it to end."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
