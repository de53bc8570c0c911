"""For devices that may be asked only now and then: when that is, counted down, and an offer to ask just then."""

from __future__ import annotations

import math

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.net.pace import Pace
from ui.forms.parts import plain_label, push_button
from ui.icons import dress
from ui.theme import restyle

TICK_MS = 250


def often(interval_s: float) -> str:
    """'once a minute', 'once in 6 s'."""
    return "once a minute" if interval_s == 60 else f"once in {interval_s:g} s"


class TurnLine(QWidget):
    """Counts down to the next request that the device allows. `due` when somebody waited for it and it has come.

    It counts while it is seen: what nobody looks at asks the device nothing.
    """

    due = Signal()

    def __init__(self, name: str, pace: Pace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._pace = pace
        self._picture = QLabel()
        self._words = plain_label(wrap=True)
        self._words.setObjectName(f"{name}.words")
        self.wait_button = push_button(
            "Read when allowed", f"{name}.wait", "clock", tip="Read by itself as soon as the device may be asked"
        )
        self.wait_button.setCheckable(True)
        self.wait_button.toggled.connect(self._toggled)
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._picture)
        row.addWidget(self._words, 1)
        row.addWidget(self.wait_button)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self._tick)
        self._tell()

    @property
    def words(self) -> str:
        """What it says now."""
        return self._words.text()

    @property
    def waiting(self) -> bool:
        """Is the device going to be asked as soon as it may be?"""
        return self.wait_button.isChecked()

    def asked_for(self) -> None:
        """Somebody wants to read: now, or else as soon as the device allows it."""
        self.wait_button.setChecked(self._pace.wait_s() > 0)
        self._tell()

    def _toggled(self, waiting: bool) -> None:
        words = "Do not wait" if waiting else "Read when allowed"
        self.wait_button.setText(words)
        self.wait_button.setAccessibleName(words)
        self._tell()

    def _tick(self) -> None:
        if self.waiting and self._pace.wait_s() <= 0:
            self.wait_button.setChecked(False)
            self.due.emit()
        self._tell()

    def _tell(self) -> None:
        left = math.ceil(self._pace.wait_s())
        rule = f"the meter may be asked {often(self._pace.interval_s)}"
        if not left:
            tone, words = "ok", f"May be read now: {rule}"
        elif self.waiting:
            tone, words = "info", f"Too soon: {rule}. It is read by itself in {left} s."
        else:
            tone, words = "", f"Next reading in {left} s: {rule}"
        restyle(self._words, tone=tone)
        dress(self._picture, "clock" if left else "ok", tone or "muted", 20)
        if self._words.text() != words:
            self._words.setText(words)
        self.wait_button.setEnabled(bool(left))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()
        self._tell()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()
