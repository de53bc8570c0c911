"""The choice of days: one day with a calendar and the steps before and after, or the first and last of several."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QDateEdit, QHBoxLayout, QToolButton, QWidget

from ui.forms.parts import icon_button, plain_label, plain_tip
from ui.icons import dress

_WIDTH = 130


class DayChoice(QWidget):
    """One day, or from one day to another, both included. `stepped` when a button went to the day before or after."""

    changed = Signal()
    stepped = Signal()

    def __init__(self, key: str, first: date, last: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._several = False
        self.before = icon_button("Day before", f"{key}.day_before", "previous", "Read the day before")
        self.after = icon_button("Day after", f"{key}.day_after", "next", "Read the day after")
        self.day = _day_edit(f"{key}.day", "Day", last)
        self.begin = _day_edit(f"{key}.first_day", "First day", first)
        self.end = _day_edit(f"{key}.last_day", "Last day", last)
        self._to = plain_label("to")
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.before, self.day, self.after, self.begin, self._to, self.end):
            row.addWidget(widget)
        for edit in (self.day, self.begin, self.end):
            edit.dateChanged.connect(self._changed)
        self.before.clicked.connect(lambda: self._step(-1))
        self.after.clicked.connect(lambda: self._step(1))
        self.ask_for(several=False)

    def ask_for(self, *, several: bool) -> None:
        """Offer one day, or the first and the last of several."""
        self._several = several
        for widget in (self.before, self.day, self.after):
            widget.setVisible(not several)
        for widget in (self.begin, self._to, self.end):
            widget.setVisible(several)
        self._limit()

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day that are asked for."""
        first, last = (self.begin, self.end) if self._several else (self.day, self.day)
        return _day(first), _day(last)

    def _step(self, days: int) -> None:
        self.day.setDate(self.day.date().addDays(days))
        self.stepped.emit()

    def _changed(self) -> None:
        self._limit()
        self.changed.emit()

    def _limit(self) -> None:
        # One day more than today: the device's clock may be ahead of this computer's.
        self.after.setEnabled(self.day.date() <= QDate.currentDate())


def _day_edit(name: str, words: str, value: date) -> QDateEdit:
    edit = QDateEdit(displayFormat="yyyy-MM-dd", objectName=name, accessibleName=words)
    edit.setCalendarPopup(True)
    edit.setMinimumWidth(_WIDTH)
    edit.setToolTip(plain_tip(f"{words}, by the device's calendar: arrow keys step, the button opens a calendar"))
    _dress(edit.calendarWidget())
    edit.setDate(QDate(value.year, value.month, value.day))
    return edit


def _dress(calendar: QCalendarWidget) -> None:
    """Its own red and black would be hard to read in the dark."""
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
        calendar.setWeekdayTextFormat(day, QTextCharFormat())
    for name, picture in (("qt_calendar_prevmonth", "previous"), ("qt_calendar_nextmonth", "next")):
        button = calendar.findChild(QToolButton, name)
        if button is not None:
            dress(button, picture, "on_selection")


def _day(edit: QDateEdit) -> date:
    entered = edit.date()
    return date(entered.year(), entered.month(), entered.day())
