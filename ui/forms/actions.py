"""The buttons of what a device can be told to do, and the doing: asked about, followed, told in a toast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget
from shiboken6 import isValid

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.errors import AppError
from app.model.job import Progress
from ui.forms.action_dialog import ActionDialog, Answer
from ui.forms.export import export_everything
from ui.forms.keyboard import KeyboardPlace
from ui.forms.parts import plain_label, plain_tip, push_button
from ui.forms.story import action_toast
from ui.forms.toast import Toasts
from ui.jobs import Job, JobBar
from ui.tasks import Tasks

Export = Callable[[AnyArchive, Any], Awaitable[bool]]
"""export(archive, parameters of the action): keep what is stored in a file; False when the installer gave up."""
Ask = Callable[[QWidget, AnyAction, str, str, str], Awaitable[Answer | None]]
"""ask(parent, action, target, where, what can be exported): the decision, or None."""


async def action_dialog(parent: QWidget, action: AnyAction, target: str, where: str, exportable: str) -> Answer | None:
    """Ask by a dialog."""
    more = {"advise": parent.session.advice} if isinstance(parent, ActionButtons) else {}
    return await ActionDialog(action, target, where=where, exportable=exportable, parent=parent, **more).ask()


def where_of(session: DeviceSession, meter: str) -> str:
    """Which device, and which meter behind it, in words."""
    identity = session.identity
    device = (identity.name or identity.model or identity.id) if identity else str(session.address)
    return f"{device}, meter {meter}" if meter else device


class ActionButtons(QWidget):
    """A button for each action. `done(action, receipt)` when one has ended, well or not.

    An action goes on when its page is closed; its result comes as a toast in any case.
    """

    done = Signal(object, object)
    progressed = Signal(object, object)
    """What goes on: the action and its `Progress`."""
    ended = Signal(object)
    """Nothing is done any more: the action, also one that could not be begun or is not watched any more."""
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""

    def __init__(
        self,
        actions: Sequence[AnyAction],
        meter: str,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar | None = None,
        label: str = "",
        export: Export | None = None,
        ask: Ask = action_dialog,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session, self.meter, self.actions = session, meter, tuple(actions)
        self._tasks, self._toasts, self._jobs = tasks, toasts, jobs
        self._export, self._ask = export, ask
        self._running = ""
        self._asking = False
        self._doing: asyncio.Task[Any] | None = None
        self._may_be_left = False
        self._supported: dict[str, bool] = {}
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        if label and self.actions:
            row.addWidget(plain_label(label, role="muted"))
        for action in self.actions:
            button = push_button(action.verb, f"{action.key}.start", action.icon or "send", tip=action.help)
            button.clicked.connect(lambda _=False, action=action: self.start(action))
            row.addWidget(button)
            self.buttons[action.key] = button
        row.addStretch(1)
        if not self.actions:
            self.hide()

    @property
    def running(self) -> str:
        """What is being done just now; empty when nothing is."""
        return self._running

    async def look(self) -> None:
        """Ask what is offered here; the others are greyed, and say why.

        Raises:
            AppError: the device cannot be asked.
        """
        for action in self.actions:
            support = await self.session.support(action, self.meter)
            self._supported[action.key] = support.writable
            button = self.buttons[action.key]
            button.setToolTip(plain_tip(action.help if support.writable else support.reason))
            button.setAccessibleDescription("" if support.writable else f"Not possible here. {support.reason}")
        self._refresh()

    def start(self, action: AnyAction) -> None:
        """Ask about an action, then do it."""
        if not self._running and not self._asking and self._supported.get(action.key, True):
            self._tasks.spawn(self, self._ask_and_do(action))

    async def _ask_and_do(self, action: AnyAction) -> None:
        answer: Answer | None = Answer(action.first())
        archive = self._archive_of(action)
        self._asking = True
        try:
            if action.danger or action.fields or action.erases(action.first()):
                target, where = self.session.target(action, self.meter), where_of(self.session, self.meter)
                answer = await self._ask(self, action, target, where, archive.title if archive else "")
            if answer is None or (answer.export and archive and not await self._exported(archive, answer.parameters)):
                return
        finally:
            self._asking = False
        place = KeyboardPlace(self)
        self._running = action.title
        self._refresh()
        place.moved()
        # The toasts own the task: closing the page must not cut an action in two.
        self._doing = self._tasks.spawn(self._toasts, self._do(action, answer.parameters, place))

    def leave(self) -> None:
        """Do not watch any longer what goes on in the device by itself."""
        if self._doing is not None and not self._doing.done() and self._may_be_left:
            self._doing.cancel()

    def _archive_of(self, action: AnyAction) -> AnyArchive | None:
        return self.session.vendor.archive(action.archive) if action.archive else None

    async def _exported(self, archive: AnyArchive, parameters: Any) -> bool:
        if self._export is not None:
            return await self._export(archive, parameters)
        return await export_everything(self, self.session, archive, self.meter, parameters, self._toasts)

    async def _do(self, action: AnyAction, parameters: msgspec.Struct, place: KeyboardPlace) -> None:
        leave = self.leave if action.may_be_left else None
        job = self._jobs.start(action.title, leave) if self._jobs is not None else None
        said = "stopped"
        try:
            receipt = await self._followed(action, parameters, job)
            said = receipt.outcome.value
        except asyncio.CancelledError:
            if action.may_be_left and isValid(self._toasts):
                self._toasts.info("Not watched any more", f"{action.title}: {action.may_be_left}")
            raise
        except AppError as error:
            said = error.message
            self._toasts.tell(error)
            if isValid(self):
                self.contact.emit(error)
            return
        finally:
            if job is not None and isValid(job):
                job.done(said)
            if isValid(self):
                self._running = ""
                self._may_be_left = False
                self._refresh()
                place.back()
                self.ended.emit(action)
        action_toast(self._toasts, action, where_of(self.session, self.meter), receipt)
        if isValid(self):
            if receipt.outcome in (Outcome.VERIFIED, Outcome.DIFFERS):
                # It was looked at again. Others may have found nobody while it was away.
                self.contact.emit(None)
            self.done.emit(action, receipt)

    async def _followed(self, action: AnyAction, parameters: msgspec.Struct, job: Job | None) -> Receipt:
        receipt: Receipt | None = None
        async with aclosing(self.session.act(action, self.meter, parameters)) as events:
            async for event in events:
                if isinstance(event, Progress):
                    # Between the request and its proof nothing can be cut; what goes on by itself may be left.
                    left = bool(action.may_be_left) and event.cancellable
                    told = msgspec.structs.replace(event, cancellable=left)
                    self._may_be_left = left
                    if job is not None and isValid(job):
                        job.progress(told)
                    if isValid(self):
                        self.progressed.emit(action, told)
                else:
                    receipt = event
        assert receipt is not None, "an action ends with its receipt"
        return receipt

    def _refresh(self) -> None:
        for key, button in self.buttons.items():
            button.setEnabled(not self._running and self._supported.get(key, True))
