"""The editor of a date and time: the device's, or this computer's at the moment of sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QDate, QDateTime, Qt, QTime, QTimeZone, Signal
from PySide6.QtWidgets import QDateTimeEdit, QFrame, QHBoxLayout, QPushButton, QStackedLayout, QWidget

from app.model.field import Field
from ui.forms.editor import NUMBER_WIDTH, Editor
from ui.forms.parts import plain_label

NOW_WORDS = "this computer's time at sending"


class MomentEditor(Editor):
    """A date and a time of the device. It may also stand for this computer's time at the moment of sending."""

    by_hand = Signal()
    """The user wants to enter the time after all."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self._edit = QDateTimeEdit(displayFormat="yyyy-MM-dd HH:mm:ss", minimumWidth=NUMBER_WIDTH + 48)
        # The device's time has no zone: with the laptop's zone, an hour a year could not be entered.
        self._edit.setTimeZone(QTimeZone.utc())
        self._edit.setCalendarPopup(False)
        self._edit.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._typed = QWidget()
        row = QHBoxLayout(self._typed, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        self._adopt(self._edit, row)
        row.addWidget(plain_label("device time", role="hint"))
        row.addStretch(1)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._typed)
        self._pages.addWidget(self._now_page(name))
        self._row.addLayout(self._pages)
        self._edit.lineEdit().installEventFilter(self)
        self._edit.dateTimeChanged.connect(self._changed)

    def _now_page(self, name: str) -> QWidget:
        page = QWidget()
        frame = QFrame()
        frame.setProperty("role", "now")
        inside = QHBoxLayout(frame)
        inside.setContentsMargins(8, 4, 8, 4)
        inside.addWidget(plain_label(NOW_WORDS, tone="changed"))
        enter = QPushButton("Enter by hand", objectName=f"{name}.by_hand", accessibleName="Enter by hand")
        enter.setProperty("role", "flat")
        enter.setAutoDefault(False)
        enter.clicked.connect(self.by_hand)
        row = QHBoxLayout(page, spacing=4)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(frame)
        row.addWidget(enter)
        row.addStretch(1)
        return page

    def set_value(self, value: Any) -> None:
        """Show a moment."""
        self._value = value
        self._edit.blockSignals(True)
        if isinstance(value, datetime):
            date, time = QDate(value.year, value.month, value.day), QTime(value.hour, value.minute, value.second)
            self._edit.setDateTime(QDateTime(date, time, QTimeZone.utc()))
        self._edit.blockSignals(False)

    def set_now(self, now: bool) -> None:
        """Stand for this computer's time at sending, or for the moment shown."""
        self._pages.setCurrentIndex(int(now))

    @property
    def is_now(self) -> bool:
        """Does it stand for this computer's time?"""
        return self._pages.currentIndex() == 1

    def _changed(self, moment: QDateTime) -> None:
        date, time = moment.date(), moment.time()
        zone = self._value.tzinfo if isinstance(self._value, datetime) else None
        self._value = datetime(
            date.year(), date.month(), date.day(), time.hour(), time.minute(), time.second(), tzinfo=zone
        )
        self.edited.emit(self._value)
