"""The two minutes of a pairing by WPS: how long the device still waits, what to press, and no longer watching it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.model.job import Progress
from app.vendors.whatwatt.restart import PRESS
from ui.forms.parts import plain_label, push_button
from ui.icons import dress

SECOND_MS = 1000


class PairingStrip(QFrame):
    """Hidden while nothing is paired. `left` when it shall not be watched any more."""

    left = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "strip")
        self._left_s = self._total_s = 0
        picture = QLabel()
        dress(picture, "wifi", "info", 24)
        self.clock = plain_label(role="title")
        self.clock.setObjectName(f"{name}.clock")
        self.words = plain_label(role="subtitle", wrap=True)
        self._bar = QProgressBar(textVisible=False, objectName=f"{name}.bar", accessibleName="Time left to pair")
        self.leave_button = push_button(
            "Stop watching", f"{name}.leave", "stop", tip="The device goes on by itself for up to two minutes"
        )
        self.leave_button.clicked.connect(self.left)
        middle = QVBoxLayout(spacing=6)
        middle.addWidget(self.words)
        middle.addWidget(self._bar)
        row = QHBoxLayout(self, spacing=12)
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(picture)
        row.addWidget(self.clock)
        row.addLayout(middle, 1)
        row.addWidget(self.leave_button)
        # The device is asked now and then only; between the answers the clock goes on by itself.
        self._timer = QTimer(self, interval=SECOND_MS)
        self._timer.timeout.connect(self._second)
        self.hide()

    def show_progress(self, step: Progress) -> None:
        """Show how it stands: counting down while the device waits, else what goes on."""
        waits = step.text == PRESS
        if waits:
            self._total_s, self._left_s = step.total, max(step.total - step.done, 0)
        self.words.setText(step.text)
        self.leave_button.setEnabled(step.cancellable)
        self._bar.setRange(0, self._total_s if waits else 0)
        self.clock.setVisible(waits)
        self._show_clock()
        self._timer.start()
        self.show()

    def end(self) -> None:
        """It is over."""
        self._timer.stop()
        self.hide()

    def _second(self) -> None:
        self._left_s = max(self._left_s - 1, 0)
        self._show_clock()

    def _show_clock(self) -> None:
        self.clock.setText(f"{self._left_s // 60}:{self._left_s % 60:02}")
        self._bar.setValue(self._total_s - self._left_s)
        self.setAccessibleName(f"{self.words.text()}, {self._left_s} s left")
