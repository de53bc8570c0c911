"""The page of an action that stands beside nothing: what it does, one button, and what came of it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.errors import AppError
from ui.forms.actions import ActionButtons, Ask, action_dialog
from ui.forms.footer import clock
from ui.forms.help import show_topic
from ui.forms.parts import Strip, icon_button, plain_label
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.jobs import JobBar
from ui.tasks import Tasks

_TOLD = {
    Outcome.VERIFIED: ("ok", "ok", "Done and verified"),
    Outcome.DIFFERS: ("error", "warning", "Not done as it should be"),
    Outcome.UNKNOWN: ("error", "warning", "Outcome unknown"),
    Outcome.REFUSED: ("error", "error", "Refused by the device"),
}


class ActionPage(QWidget):
    """One action. Its button asks first; `acted` when it has ended."""

    acted = Signal(object, object)
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""

    def __init__(
        self,
        action: AnyAction,
        meter: str,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar,
        ask: Ask = action_dialog,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.action, self.meter, self.session = action, meter, session
        self._tasks = tasks
        self._looked = False
        self.setObjectName(action.key)
        self.setAccessibleName(action.title)
        self.buttons = ActionButtons(
            (action,), meter, session, tasks=tasks, toasts=toasts, jobs=jobs, ask=ask, parent=self
        )
        self.buttons.done.connect(self._done)
        self.buttons.contact.connect(self.contact)
        self._notice = Strip(f"{action.key}.notice")
        self.outcome = Strip(f"{action.key}.outcome")
        self._help = icon_button("Help", f"{action.key}.help", "help", "Help (F1)")
        self._help.clicked.connect(self.show_help)
        QShortcut(QKeySequence("F1"), self, self.show_help)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout(spacing=8)
        picture = QLabel()
        dress(picture, self.action.icon or "settings", "accent", 24)
        head.addWidget(picture)
        head.addWidget(plain_label(self.action.title, role="title"), 1)
        head.addWidget(self._help)
        column = QVBoxLayout(self, spacing=12)
        column.setContentsMargins(16, 12, 16, 12)
        column.addLayout(head)
        if self.action.help:
            column.addWidget(plain_label(self.action.help, wrap=True))
        for widget in (self._notice, self.buttons, self.outcome):
            column.addWidget(widget)
        column.addStretch(1)

    @property
    def state(self) -> str:
        """What is told of it: why it is not possible here, or what came of it."""
        return self.outcome.words or self._notice.words

    def show_help(self) -> None:
        """What the action and its parameters mean."""
        show_topic(self.action, self)

    def reload(self) -> None:
        """Ask again whether it is offered here."""
        self._tasks.spawn(self, self._look(), failed=self._not_asked)

    async def _look(self) -> None:
        await self.buttons.look()
        self._looked = True
        support = await self.session.support(self.action, self.meter)
        self._notice.say("info", "lock", "" if support.writable else "Not possible here", support.reason)
        self.contact.emit(None)

    def _not_asked(self, error: AppError) -> None:
        self._notice.say("error", "error", error.title, f"{error.message} {error.hint}".strip())
        self.contact.emit(error)

    def _done(self, action: AnyAction, receipt: Receipt) -> None:
        tone, picture, words = _TOLD[receipt.outcome]
        at = clock(datetime.now().astimezone())
        self.outcome.say(tone, picture, f"{words} {at}", f"{receipt.message} {receipt.hint}".strip())
        self.acted.emit(action, receipt)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and not self._looked:
            self.reload()
