"""The footer of a panel: one sentence that always tells the truth, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from PySide6.QtCore import QLocale, QTime, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.commission.receipt import Outcome, Receipt
from app.model.errors import AppError
from ui.forms.parts import brief, plain_label, plain_tip, push_button
from ui.icons import dress
from ui.theme import restyle


class Activity(Enum):
    """What is under way."""

    NONE = "none"
    READING = "reading"
    SENDING = "sending"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """All that the footer's sentence depends on. `receipt` is that of the last sending, while it still holds."""

    activity: Activity = Activity.NONE
    read_at: datetime | None = None
    changes: int = 0
    wrong: int = 0
    receipt: Receipt | None = None
    sent_at: datetime | None = None
    not_read: AppError | None = None
    not_sent: AppError | None = None
    not_offered: str = ""


@dataclass(frozen=True)
class Sentence:
    """The footer's words: `text` is the sentence, `more` what else is true."""

    tone: str
    picture: str
    text: str
    more: str = ""


def clock(moment: datetime) -> str:
    """A time of today in the user's way of writing; with the date on another day."""
    locale = QLocale()
    form = "HH:mm" if locale.language() is QLocale.Language.C else locale.timeFormat(QLocale.FormatType.ShortFormat)
    time = locale.toString(QTime(moment.hour, moment.minute, moment.second), form)
    today = datetime.now(moment.tzinfo).date()
    return time if moment.date() == today else f"{moment.date().isoformat()} {time}"


def sentence(at: Standing) -> Sentence:
    """What is true of the panel now."""
    if at.activity is not Activity.NONE:
        return Sentence("info", "refresh", "Reading…" if at.activity is Activity.READING else "Sending…")
    unsent = _unsent(at)
    if at.not_offered:
        return Sentence("muted", "lock", "Not offered here")
    if at.not_read is not None:
        older = f"shown as read {clock(at.read_at)}" if at.read_at else ""
        more = "; ".join(part for part in (older, unsent) if part)
        return Sentence("error", "error", f"Could not be read: {at.not_read.message}", more)
    if at.not_sent is not None:
        return Sentence("error", "error", f"Not sent: {at.not_sent.message}", unsent)
    told = _of_receipt(at, unsent)
    if told is not None:
        return told
    if at.changes or at.wrong:
        return Sentence("changed", "edited", _changes(at), _wrong(at))
    if at.read_at is None:
        return Sentence("muted", "info", "Not read yet")
    return Sentence("muted", "ok", f"As on the device, read {clock(at.read_at)}")


def _of_receipt(at: Standing, unsent: str) -> Sentence | None:
    if at.receipt is None:
        return None
    match at.receipt.outcome:
        case Outcome.VERIFIED:
            return Sentence("ok", "ok", f"Sent and verified {clock(at.sent_at)}" if at.sent_at else "", unsent)
        case Outcome.DIFFERS:
            return Sentence("error", "warning", "Differs from what was sent", unsent)
        case Outcome.UNKNOWN:
            return Sentence("error", "warning", "Outcome unknown: read back", unsent)
        case Outcome.REFUSED:
            return Sentence("error", "error", f"Refused by the device: {at.receipt.message}".rstrip(": "), unsent)
        case _:
            return None


def _changes(at: Standing) -> str:
    return f"{at.changes} {'change' if at.changes == 1 else 'changes'} not sent"


def _wrong(at: Standing) -> str:
    return f"{at.wrong} {'value is' if at.wrong == 1 else 'values are'} not allowed" if at.wrong else ""


def _unsent(at: Standing) -> str:
    return ", ".join(part for part in (_changes(at) if at.changes else "", _wrong(at)) if part)


class Footer(QFrame):
    """The sentence and the buttons Reload, Revert, Preview and Send."""

    reload = Signal()
    revert = Signal()
    preview = Signal()
    send = Signal()

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{key}.footer")
        self._picture = QLabel()
        self._text = plain_label(wrap=True)
        self._text.setObjectName(f"{key}.state")
        self._more = plain_label(role="hint", wrap=True)
        self.reload_button = push_button("Reload", f"{key}.reload", "refresh", tip="Read from the device again (F5)")
        self.revert_button = push_button(
            "Revert", f"{key}.revert", "undo", tip="Everything back to the device's values"
        )
        self.preview_button = push_button("Preview", f"{key}.preview", "eye", tip="What would be sent")
        self.send_button = push_button("Send", f"{key}.send", "send", tip="Send the changes (Ctrl+Return)")
        words = QVBoxLayout(spacing=0)
        words.addWidget(self._text)
        words.addWidget(self._more)
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(16, 8, 16, 8)
        row.addWidget(self._picture)
        row.addLayout(words, 1)
        for button, signal in (
            (self.reload_button, self.reload),
            (self.revert_button, self.revert),
            (self.preview_button, self.preview),
            (self.send_button, self.send),
        ):
            button.clicked.connect(signal)
            row.addWidget(button)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """From left to right."""
        return self.reload_button, self.revert_button, self.preview_button, self.send_button

    @property
    def words(self) -> str:
        """The sentence that is shown."""
        return self._text.text()

    @property
    def more(self) -> str:
        """What else is shown below it."""
        return self._more.text()

    def show_standing(self, at: Standing, *, writable: bool, sendable: bool) -> None:
        """Tell how it stands, and offer what makes sense."""
        said = sentence(at)
        dress(self._picture, said.picture, said.tone, 20)
        restyle(self._text, tone=said.tone if said.tone in ("ok", "error", "changed", "info") else "")
        self._text.setText(brief(said.text, 200))
        self._text.setToolTip(plain_tip(brief(said.text)))
        self._more.setText(said.more)
        self._more.setVisible(bool(said.more))
        idle = at.activity is Activity.NONE
        unknown = at.receipt is not None and at.receipt.outcome is Outcome.UNKNOWN
        self.reload_button.setEnabled(idle and not at.not_offered)
        self.revert_button.setEnabled(idle and bool(at.changes or at.wrong))
        self.preview_button.setEnabled(idle and sendable)
        self.send_button.setEnabled(idle and sendable and not unknown)
        for button in (self.revert_button, self.preview_button, self.send_button):
            button.setVisible(writable)
        self._emphasise(self.send_button, "send", self.send_button.isEnabled())
        self._emphasise(self.reload_button, "refresh", idle and unknown)

    @staticmethod
    def _emphasise(button: QWidget, picture: str, on: bool) -> None:
        restyle(button, role="primary" if on else "")
        dress(button, picture, "on_accent" if on else "text")
