"""Files on their way from the card into a folder of this computer: one after the other, told of, and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.errors import AppError
from app.model.job import Progress
from ui.forms.story import action_toast
from ui.forms.toast import Toasts
from ui.jobs import Job, JobBar
from ui.pages.amounts import size_words, time_words
from ui.tasks import Tasks
from ui.vendors.whatwatt.card_list import CardFile

_TELLING_S = 3.0
"""Before that the speed says nothing yet."""


class Fetching(QObject):
    """What is being fetched. `changed` whenever something else is true of it."""

    changed = Signal()
    contact = Signal(object)
    ended = Signal(int)
    """How many files were saved, once all are done or it was stopped."""

    def __init__(
        self, action: AnyAction, session: DeviceSession, toasts: Toasts, jobs: JobBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.words = ""
        self.done, self.total = 0, 0
        """Of the present file, in bytes; `total` 0 is not known."""
        self._action, self._session, self._toasts, self._jobs = action, session, toasts, jobs
        self._task: asyncio.Task[Any] | None = None

    @property
    def running(self) -> bool:
        """Is something under way?"""
        return self._task is not None

    def start(self, files: Sequence[CardFile], folder: Path, tasks: Tasks) -> None:
        """Fetch these files, in this order. One that fails ends it: the device may be short of power."""
        if self.running or not files:
            return
        self.words, self.done, self.total = "Asking the device…", 0, 0
        # The toasts own it: it goes on when another page is opened.
        self._task = tasks.spawn(self._toasts, self._fetch(tuple(files), folder))
        self.changed.emit()

    def stop(self) -> None:
        """Stop; what is whole stays, half a file is not kept."""
        if self._task is not None:
            self._task.cancel()

    async def _fetch(self, files: tuple[CardFile, ...], folder: Path) -> None:
        job = self._jobs.start("Fetch from the card", self.stop)
        saved, said = 0, "stopped"
        try:
            for number, file in enumerate(files, start=1):
                name = f"{file.name} ({number} of {len(files)})" if len(files) > 1 else file.name
                receipt = await self._one(file, name, folder, job)
                if receipt.outcome is not Outcome.VERIFIED:
                    said = receipt.message
                    action_toast(self._toasts, self._action, file.name, receipt)
                    return
                saved += 1
            said = f"{saved} {'file' if saved == 1 else 'files'} saved in {folder}"
            self._toasts.ok("Fetched from the card", said)
            self._tell(None)
        except AppError as error:
            said = error.message
            self._toasts.tell(error)
            self._tell(error)
        finally:
            if isValid(job):
                job.done(said)
            if isValid(self):
                self._task = None
                self.changed.emit()
                self.ended.emit(saved)

    async def _one(self, file: CardFile, name: str, folder: Path, job: Job) -> Receipt:
        receipt: Receipt | None = None
        loop = asyncio.get_running_loop()
        begun = loop.time()
        wanted = self._action.parameters(file=file.path, folder=str(folder))
        async with aclosing(self._session.act(self._action, "", wanted)) as events:
            async for event in events:
                if isinstance(event, Receipt):
                    receipt = event
                elif event.total or event.done:
                    self._show(event, name, loop.time() - begun, job)
        assert receipt is not None, "an action ends with its receipt"
        return receipt

    def _show(self, progress: Progress, name: str, elapsed_s: float, job: Job) -> None:
        text = size_words(progress.done) + (f" of {size_words(progress.total)}" if progress.total else "")
        if elapsed_s > _TELLING_S:
            speed = progress.done / elapsed_s
            text += f" at {size_words(speed)}/s"
            if progress.total > progress.done and speed:
                text += f", about {time_words((progress.total - progress.done) / speed)} left"
        if isValid(job):
            job.progress(Progress(progress.done, progress.total, f"{name}, {text}"))
        if isValid(self):
            self.words, self.done, self.total = f"{name}: {text}", progress.done, progress.total
            self.changed.emit()

    def _tell(self, error: AppError | None) -> None:
        if isValid(self):
            self.contact.emit(error)
