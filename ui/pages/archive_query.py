"""What is asked of an archive: for which time, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

import msgspec
from PySide6.QtCore import QDate, QDateTime, QTime, QTimeZone, Signal
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QLabel, QWidget

from app.commission.checking import field_problems
from app.model.archive import AnyArchive, Period, Query
from app.model.field import Choice, Field, Kind
from ui.forms.editor import Editor
from ui.forms.editors import make_editor
from ui.forms.parts import plain_label, plain_tip

from .archive_days import DayChoice

MOMENT_WIDTH = 172


class Span(Enum):
    """Which part of an archive."""

    DAY = "One day"
    TODAY = "Today"
    WEEK = "Last 7 days"
    MONTH = "Last 30 days"
    THIS_MONTH = "This month"
    ALL = "Everything"
    FROM_TO = "From … to …"
    NEWEST = "Newest"
    BEFORE = "Back from …"
    DAYS = "Several days"


SPANS = {
    Period.NONE: (),
    Period.FROM_TO: (Span.TODAY, Span.WEEK, Span.MONTH, Span.THIS_MONTH, Span.ALL, Span.FROM_TO),
    Period.UNTIL: (Span.NEWEST, Span.BEFORE),
    Period.DAYS: (Span.DAY, Span.WEEK, Span.MONTH, Span.THIS_MONTH, Span.DAYS),
}
ENTERED = (Span.DAY, Span.DAYS)
"""Their days are entered."""
FEW = 1000
"""An archive that holds no more rows than that is at first read whole: its periods may be months."""


def first_span(archive: AnyArchive) -> Span:
    """What is asked for before anybody has chosen."""
    if archive.period is Period.DAYS and archive.shape != "bars":
        # Bars stand for days, so one of them would be no picture; of everything else one day is enough to begin with.
        return Span.DAY
    return Span.ALL if 0 < archive.longest <= FEW else Span.WEEK


def bounds(span: Span, today: date) -> tuple[datetime | None, datetime | None]:
    """The times that a choice stands for. The end stays open: the device's clock may be ahead of this computer's."""
    begins = {
        Span.TODAY: today,
        Span.WEEK: today - timedelta(days=6),
        Span.MONTH: today - timedelta(days=29),
        Span.THIS_MONTH: today.replace(day=1),
    }
    begin = begins.get(span)
    return (datetime.combine(begin, time()) if begin else None), None


class QueryBar(QWidget):
    """The choice of a time and of the archive's own parameters, in one line."""

    changed = Signal()
    """Something else is wanted than before."""
    asked = Signal()
    """And it is to be read at once."""

    def __init__(self, archive: AnyArchive, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.archive = archive
        self._row = QHBoxLayout(self, spacing=8)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._labels: list[QLabel] = []
        self._editors: dict[str, Editor] = {}
        self._fields: dict[str, Field] = {}
        self._values: msgspec.Struct = archive.parameters()
        self.span = QComboBox(objectName=f"{archive.key}.period", accessibleName="Period")
        for choice in SPANS[archive.period]:
            self.span.addItem(choice.value, choice)
        if archive.period in (Period.FROM_TO, Period.DAYS):
            self.span.setCurrentIndex(self.span.findData(first_span(archive)))
        today = datetime.combine(datetime.now().date(), time())
        self.begin = _moment_edit(f"{archive.key}.begin", "From", today - timedelta(days=6))
        self.end = _moment_edit(f"{archive.key}.end", "To", today + timedelta(days=1))
        self.days = DayChoice(archive.key, today.date() - timedelta(days=6), today.date())
        self._to = plain_label("to")
        self._period = plain_label("Period")
        self._period.setBuddy(self.span)
        for widget in (self._period, self.span, self.begin, self._to, self.end, self.days):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        for widget in (self._period, self.span):
            widget.setVisible(archive.period is not Period.NONE)
        self.offer({})
        self._span_chosen()
        self.span.currentIndexChanged.connect(self._span_chosen)
        self.span.currentIndexChanged.connect(self.changed)
        for edit in (self.begin, self.end):
            edit.dateTimeChanged.connect(self.changed)
        self.days.changed.connect(self.changed)
        self.days.stepped.connect(self.asked)

    def offer(self, options: Mapping[str, tuple[Choice, ...]]) -> None:
        """Make the entries of the parameters, with the choices that the device itself gave."""
        for old in (*self._labels, *self._editors.values()):
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._labels, self._editors = [], {}
        for number, declared in enumerate(self.archive.fields):
            field = declared
            if declared.name in options:
                field = replace(declared, choices=options[declared.name], kind=Kind.CHOICE)
                known = [choice.value for choice in field.choices]
                if known and getattr(self._values, field.name) not in known:
                    self._values = msgspec.structs.replace(self._values, **{field.name: known[0]})
            self._add(number, field)

    def _add(self, number: int, field: Field) -> None:
        editor = make_editor(field, f"{self.archive.key}.{field.name}", parent=self)
        editor.set_value(getattr(self._values, field.name))
        label = plain_label(field.label)
        label.setBuddy(editor.control)
        label.setToolTip(plain_tip(field.help))
        self._row.insertWidget(2 * number, label)
        self._row.insertWidget(2 * number + 1, editor)
        self._labels.append(label)
        self._editors[field.name], self._fields[field.name] = editor, field
        editor.edited.connect(lambda value: self._take(field.name, value))
        editor.entry_changed.connect(self.changed)

    def _take(self, name: str, value: Any) -> None:
        self._values = msgspec.structs.replace(self._values, **{name: value})
        self._editors[name].set_value(value)
        self.changed.emit()

    def preset(self, values: Mapping[str, Any]) -> None:
        """Choose these values of parameters; the device may then say that it has no such thing."""
        for name, value in values.items():
            self._take(name, value)

    @property
    def parameters(self) -> msgspec.Struct:
        """The archive's own parameters, as they were entered."""
        return self._values

    def choices(self, name: str) -> tuple[Choice, ...]:
        """What can be chosen for a parameter."""
        return self._fields[name].choices

    def choose(self, span: Span) -> None:
        """Choose a time."""
        self.span.setCurrentIndex(self.span.findData(span))

    def problem(self) -> str:
        """Why it cannot be asked so; empty when it can."""
        for name, field in self._fields.items():
            unread = self._editors[name].problem()
            if unread:
                return f"{field.label}: {unread}"
            wrong = next(field_problems(field, getattr(self._values, name)), None)
            if wrong is not None:
                return wrong.message
        if self.span.currentData() is Span.FROM_TO and moment(self.begin) >= moment(self.end):
            return "The period ends before it begins."
        return self._days_problem() if self.span.currentData() in ENTERED else ""

    def _days_problem(self) -> str:
        first, last = self.days.days
        count, most = (last - first).days + 1, self.archive.most_days
        if count < 1:
            return "The last day lies before the first."
        return f"{count} days at once are too many: at most {most} can be read." if most and count > most else ""

    def query(self) -> Query:
        """What is asked for."""
        begin: datetime | None
        end: datetime | None
        begin, end, count = None, None, 0
        match self.span.currentData():
            case Span.FROM_TO:
                begin, end = moment(self.begin), moment(self.end)
            case Span.DAY | Span.DAYS:
                first, last = self.days.days
                begin = datetime.combine(first, time())
                end = datetime.combine(last + timedelta(days=1), time())
            case Span.BEFORE:
                end = moment(self.end)
            case Span.ALL:
                count = self.archive.longest
            case Span() as span:
                begin, end = bounds(span, datetime.now().date())
        return Query(begin, end, count, self._values)

    def everything(self) -> Query:
        """All that there is with these parameters."""
        return Query(count=self.archive.longest, parameters=self._values)

    def _span_chosen(self) -> None:
        span = self.span.currentData()
        self.begin.setVisible(span is Span.FROM_TO)
        self._to.setVisible(span is Span.FROM_TO)
        self.end.setVisible(span in (Span.FROM_TO, Span.BEFORE))
        self.days.setVisible(span in ENTERED)
        self.days.ask_for(several=span is Span.DAYS)


def _moment_edit(name: str, words: str, value: datetime) -> QDateTimeEdit:
    edit = QDateTimeEdit(displayFormat="yyyy-MM-dd HH:mm", objectName=name, accessibleName=words)
    # The device's time has no zone: with the laptop's zone, an hour a year could not be entered.
    edit.setTimeZone(QTimeZone.utc())
    edit.setMinimumWidth(MOMENT_WIDTH)
    edit.setCalendarPopup(False)
    edit.setToolTip(plain_tip(f"{words}, in the device's time"))
    stands = QDateTime(QDate(value.year, value.month, value.day), QTime(value.hour, value.minute), QTimeZone.utc())
    edit.setDateTime(stands)
    return edit


def moment(edit: QDateTimeEdit) -> datetime:
    """What is entered."""
    day, at = edit.dateTime().date(), edit.dateTime().time()
    return datetime(day.year(), day.month(), day.day(), at.hour(), at.minute(), at.second())
