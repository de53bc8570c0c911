"""Toasts in the lower right corner: green sent and verified, blue information, red failed. A red one stays."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.model.errors import AppError
from ui.forms.parts import brief, plain_label
from ui.icons import dress

LIFETIME_MS = 5000
WIDTH = 368
_MARGIN = 16
_GAP = 8
_ICONS = {"ok": "ok", "info": "info", "error": "error"}
_WORDS = {"ok": "Done", "info": "Note", "error": "Failed"}


class Toasts(QObject):
    """The toasts of one window, the newest at the bottom. Those that do not fit wait until there is room.

    `lifetime_ms` is how long a green or blue one stays; resting the pointer on it stops the clock.
    """

    # Qt still sends events while Python takes the object apart at the end: then there is no window any more.
    _window: QWidget | None = None

    def __init__(self, window: QWidget, *, lifetime_ms: int = LIFETIME_MS) -> None:
        super().__init__(window)
        self._window = window
        self._lifetime_ms = lifetime_ms
        self._bottom = _MARGIN
        self._shown: list[Toast] = []
        window.installEventFilter(self)

    @property
    def shown(self) -> tuple[Toast, ...]:
        """Those that were not dismissed yet, the oldest first."""
        return tuple(self._shown)

    def keep_clear(self, height: int) -> None:
        """Leave that many pixels at the bottom of the window free, for a bar that stands there."""
        self._bottom = _MARGIN + height
        self._reflow()

    def ok(self, title: str, text: str) -> Toast:
        """Something was sent and verified, or done."""
        return self._add("ok", title, text, "", "")

    def info(self, title: str, text: str) -> Toast:
        """Something worth knowing."""
        return self._add("info", title, text, "", "")

    def error(self, title: str, text: str, hint: str = "", details: str = "") -> Toast:
        """Something failed: stays until dismissed. The same failure again is counted, not stacked."""
        for toast in self._shown:
            if (toast.kind, toast.title, toast.text) == ("error", title, text):
                toast.count_again()
                self._reflow()
                return toast
        return self._add("error", title, text, hint, details)

    def tell(self, error: AppError) -> None:
        """Show a failure that the installer can act upon."""
        self.error(error.title, error.message, error.hint, error.details)

    def tell_bug(self, error: BaseException) -> None:
        """Show a failure that is ours. It was logged already."""
        self.error(
            "A fault in the program",
            f"{type(error).__name__}: {error}",
            "The program goes on. Copy the details and send them to its makers.",
            "".join(traceback.format_exception(error)),
        )

    def _add(self, kind: str, title: str, text: str, hint: str, details: str) -> Toast:
        toast = Toast(kind, title, text, hint, details, 0 if kind == "error" else self._lifetime_ms, self._window)
        toast.dismissed.connect(self._dismissed)
        self._shown.append(toast)
        self._reflow()
        words = f"{_WORDS[kind]}: {title}. {text}"
        announcement = QAccessibleAnnouncementEvent(toast, words)
        if kind == "error":
            announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(announcement)
        return toast

    def _dismissed(self, toast: Toast) -> None:
        self._shown.remove(toast)
        toast.hide()
        toast.deleteLater()
        self._reflow()

    def _reflow(self) -> None:
        area = self._window.size()
        width = min(WIDTH, area.width() - 2 * _MARGIN)
        bottom = area.height() - self._bottom
        for toast in reversed(self._shown):
            toast.setFixedWidth(width)
            height = toast.fitting(width)
            fits = bottom - height >= 0
            toast.setVisible(fits)
            if fits:
                toast.setGeometry(area.width() - _MARGIN - width, bottom - height, width, height)
                toast.raise_()
                bottom -= height + _GAP

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._reflow()
        return False


class Toast(QFrame):
    """One message. `dismissed` carries the toast itself."""

    dismissed = Signal(object)

    def __init__(
        self, kind: str, title: str, text: str, hint: str, details: str, lifetime_ms: int, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.kind, self.title, self.text, self.hint, self.details = kind, title, text, hint, details
        self.count = 1
        self.setObjectName(f"toast.{kind}")
        self.setProperty("role", "toast")
        self.setProperty("tone", kind)
        self.setAccessibleName(f"{_WORDS[kind]}: {title}")
        self.setAccessibleDescription(text)
        self._clock = QTimer(self, singleShot=True, interval=max(lifetime_ms, 1))
        self._clock.timeout.connect(self.dismiss)
        self._build()
        if lifetime_ms:
            self._clock.start()

    def _build(self) -> None:
        picture = QLabel()
        dress(picture, _ICONS[self.kind], self.kind, 20)
        self._heading = plain_label(self.title, role="subtitle", tone=self.kind, wrap=True)
        close = QToolButton(toolTip="Dismiss", accessibleName="Dismiss", objectName="dismiss")
        dress(close, "close", "muted")
        close.clicked.connect(self.dismiss)
        words = QVBoxLayout(spacing=4)
        words.addWidget(self._heading)
        if self.text:
            words.addWidget(plain_label(brief(self.text), wrap=True))
        if self.hint:
            words.addWidget(plain_label(brief(self.hint), role="muted", wrap=True))
        if self.kind == "error":
            more = QPushButton("Details", objectName="details")
            more.clicked.connect(self.show_details)
            words.addWidget(more, alignment=Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self, spacing=_GAP)
        row.setContentsMargins(12, 10, 8, 10)
        row.addWidget(picture, alignment=Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(close, alignment=Qt.AlignmentFlag.AlignTop)

    def fitting(self, width: int) -> int:
        """The height that the words need at that width."""
        self.ensurePolished()
        for label in self.findChildren(QLabel):
            label.ensurePolished()
        return max(self.heightForWidth(width), self.minimumSizeHint().height(), 48)

    def count_again(self) -> None:
        """The same thing happened once more."""
        self.count += 1
        self._heading.setText(f"{self.title} ({self.count} times)")

    def dismiss(self) -> None:
        """Away with it."""
        self._clock.stop()
        self.dismissed.emit(self)

    def show_details(self) -> DetailsDialog:
        """What was asked, what was answered, what to do."""
        dialog = DetailsDialog(self.title, self.text, self.hint, self.details, self.window())
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def enterEvent(self, event: QEnterEvent) -> None:
        self._left_ms = self._clock.remainingTime()
        self._clock.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        # What was just read may be gone soon, but not at once.
        if self._left_ms > 0:
            self._clock.start(max(self._left_ms, 1500))
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    _left_ms = 0


class DetailsDialog(QDialog):
    """The whole story of a failure, to be read and copied."""

    def __init__(self, title: str, text: str, hint: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setObjectName("toast.details")
        self._all = "\n\n".join(part for part in (title, text, hint, details) if part)
        cut = [text] if brief(text) != text else []
        shown = QPlainTextEdit("\n\n".join([*cut, details or "The device gave no further details."]), readOnly=True)
        shown.setObjectName("toast.details.text")
        shown.setAccessibleName("What was asked, and what was answered")
        shown.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        dress(copy, "copy")
        copy.setObjectName("toast.details.copy")
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setDefault(True)
        close.setObjectName("toast.details.close")
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self, spacing=_GAP)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(plain_label(title, role="title", wrap=True))
        layout.addWidget(plain_label(brief(text), wrap=True))
        if hint:
            layout.addWidget(plain_label("What to do", role="subtitle"))
            layout.addWidget(plain_label(brief(hint), wrap=True))
        layout.addWidget(plain_label("What was asked, and what was answered", role="subtitle"))
        layout.addWidget(shown, 1)
        layout.addWidget(buttons)

    def copy(self) -> None:
        """Put everything on the clipboard."""
        QGuiApplication.clipboard().setText(self._all)

    def sizeHint(self) -> QSize:
        return QSize(560, 440)
