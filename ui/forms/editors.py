"""One editor for each kind of field, all with the same four words: value, set_value, edited, problem.

What is half typed stays as it was typed; `problem()` says what is missing until it can be read again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QDate, QDateTime, QEvent, QObject, Qt, QTime, QTimeZone, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDateTimeEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QWidget,
)

from app.model.section import Field, Kind
from ui.forms.entry import Unreadable, in_words, read_entry, written
from ui.forms.parts import icon_button, plain_label, plain_tip
from ui.theme import restyle

NUMBER_WIDTH = 152
CHOICE_WIDTH = 208
TEXT_WIDTH = 320
SHORT_TEXT = 24
"""A text that may be longer gets a wider entry."""
SEARCHABLE = 15
"""A list with more entries than this can be searched by typing."""
NOW_WORDS = "this computer's time at sending"


class Editor(QWidget):
    """A field's editor. `control` is what takes the keyboard, and carries the object's name.

    `edited` tells of a new value that the user entered; `entry_changed` that what is typed became readable or
    not; `finished` that the keyboard left it.
    """

    edited = Signal(object)
    entry_changed = Signal()
    finished = Signal()

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._name = name
        self._value: Any = None
        self._problem = ""
        self.control: QWidget = self
        self._row = QHBoxLayout(self, spacing=8)
        self._row.setContentsMargins(0, 0, 0, 0)

    def value(self) -> Any:
        """The last value that could be read."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a value. Something half typed is replaced only by another value than the one before."""
        raise NotImplementedError

    def problem(self) -> str:
        """Why what is typed cannot be read; empty when it can."""
        return self._problem

    def mark(self, tone: str) -> None:
        """Colour the control: changed, error, or nothing."""
        restyle(self.control, tone=tone)

    def _adopt(self, control: QWidget, row: QHBoxLayout | None = None) -> None:
        self.control = control
        control.setObjectName(self._name)
        control.setAccessibleName(self.field.label)
        control.setAccessibleDescription(" ".join(part for part in (self.field.help, self.field.limits()) if part))
        control.setToolTip(plain_tip(self.field.help))
        control.installEventFilter(self)
        self.setFocusProxy(control)
        (row or self._row).addWidget(control)

    def _add_unit(self) -> None:
        if self.field.unit:
            self._row.addWidget(plain_label(self.field.unit, role="muted"))

    def _take(self, text: str) -> None:
        """The user typed: tell the value, or say why it cannot be read."""
        try:
            value = read_entry(self.field, text, self._value)
        except Unreadable as error:
            self._say(f"{error}.")
            return
        self._say("")
        self._value = value
        self.edited.emit(value)

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self.entry_changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            # Scrolling the form must not change what happens to be under the pointer.
            event.ignore()
            return True
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_undo(event):
            # Undo belongs to the draft, not to the entry: the panel's shortcut takes it.
            event.ignore()
            return True
        if event.type() is QEvent.Type.FocusOut:
            self.finished.emit()
        return False


def _is_undo(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


class TextEditor(Editor):
    """A line of text, with how much of its length is used. A secret is shown as dots until asked."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        roomy = field.max_length is None or field.max_length > SHORT_TEXT
        self._line = QLineEdit(maximumWidth=TEXT_WIDTH, minimumWidth=TEXT_WIDTH - (48 if roomy else 136))
        self._adopt(self._line)
        self._used = plain_label(role="hint")
        if field.secret:
            self._line.setEchoMode(QLineEdit.EchoMode.Password)
            self._line.setPlaceholderText("unchanged")
            look = icon_button(f"Show {field.label}", f"{name}.show", "eye")
            look.setCheckable(True)
            look.toggled.connect(self._look)
            self._row.addWidget(look)
        self._row.addWidget(self._used)
        self._row.addStretch(1)
        self._line.textEdited.connect(self._typed)

    def set_value(self, value: Any) -> None:
        """Show a text."""
        self._value = value
        self._say("")
        if self._line.text() != (value or ""):
            self._line.setText(value or "")
        self._count()

    def _typed(self, text: str) -> None:
        self._count()
        self._take(text)

    def _count(self) -> None:
        length = self.field.max_length
        if length is not None:
            used = len(self._line.text())
            self._used.setText(f"{used}/{length}")
            restyle(self._used, tone="error" if used > length else "")

    def _look(self, shown: bool) -> None:
        self._line.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)


class NumberEditor(Editor):
    """A whole or decimal number with its unit, without arrows that a wheel could turn by accident."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self._line = QLineEdit(maximumWidth=NUMBER_WIDTH, minimumWidth=96)
        self._line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._line.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)
        self._adopt(self._line)
        self._add_unit()
        self._row.addStretch(1)
        self._line.textEdited.connect(self._take)

    def set_value(self, value: Any) -> None:
        """Show a number; what is being typed stays while it means the same."""
        same = not self._problem and value == self._value and self._line.text().strip() != ""
        self._value = value
        self._say("")
        if not same:
            self._line.setText(written(self.field, value))


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self._box = QCheckBox()
        self._adopt(self._box)
        self._row.addStretch(1)
        self._box.clicked.connect(self._clicked)

    def set_value(self, value: Any) -> None:
        """Show a switch; None is neither on nor off."""
        self._value = value
        self._box.setTristate(value is None)
        if value is None:
            self._box.setCheckState(Qt.CheckState.PartiallyChecked)
        else:
            self._box.setChecked(bool(value))
        self._box.setText("not known" if value is None else in_words(self.field, value))

    def _clicked(self) -> None:
        value = self._box.checkState() is not Qt.CheckState.Unchecked
        self.set_value(value)
        self.edited.emit(value)


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


class ChoiceEditor(Editor):
    """One of a list. A value that is not in it is shown as it came; a long list is searched by typing."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self._combo = QComboBox(minimumWidth=CHOICE_WIDTH - 48, maximumWidth=TEXT_WIDTH)
        self._combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._combo.setMaxVisibleItems(SEARCHABLE)
        self._values = [choice.value for choice in field.choices]
        self._combo.addItems([choice.label for choice in field.choices])
        self._known = len(self._values)
        self._adopt(self._combo)
        self._add_unit()
        self._row.addStretch(1)
        if searchable(field):
            self._make_searchable()
        self._combo.activated.connect(self._chosen)

    def _make_searchable(self) -> None:
        make_searchable(self._combo, self.field)
        self._combo.setMinimumWidth(CHOICE_WIDTH + 32)
        line = self._combo.lineEdit()
        line.installEventFilter(self)
        line.textEdited.connect(self._take)

    def set_value(self, value: Any) -> None:
        """Show a value, in the list or not."""
        if value == self._value and self._combo.currentIndex() >= 0 and not self._problem:
            return
        self._value = value
        self._say("")
        while self._combo.count() > self._known:
            self._combo.removeItem(self._known)
            del self._values[self._known :]
        if value is not None and value not in self._values:
            self._values.append(value)
            self._combo.addItem(in_words(self.field, value))
        self._combo.setCurrentIndex(-1 if value is None else self._values.index(value))
        if self._combo.isEditable() and value is not None:
            self._combo.lineEdit().setText(self._combo.currentText())
            self._combo.lineEdit().setCursorPosition(0)

    def _chosen(self, index: int) -> None:
        self._say("")
        self._value = self._values[index]
        self.edited.emit(self._value)


def searchable(field: Field) -> bool:
    """Is typing into the list allowed: because it is long, or because other values are possible?"""
    return field.suggestions or len(field.choices) > SEARCHABLE


def make_searchable(combo: QComboBox, field: Field) -> None:
    """Let the user find an entry by any part of its words."""
    combo.setEditable(True)
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    completer = QCompleter(combo.model(), combo)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setMaxVisibleItems(SEARCHABLE)
    combo.setCompleter(completer)
    combo.lineEdit().setAccessibleName(field.label)
    combo.lineEdit().setPlaceholderText("type to search")


class ValueLabel(Editor):
    """A value that can only be read: plain text that can be selected and copied."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self._label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._label.setContentsMargins(0, 0, 0, 0)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._adopt(self._label)

    def set_value(self, value: Any) -> None:
        """Show a value in words."""
        self._value = value
        self._label.setText(in_words(self.field, value))
        self._label.setAccessibleName(f"{self.field.label}: {self._label.text()}")

    def mark(self, tone: str) -> None:
        """Nothing here is ever changed."""


_EDITORS: dict[Kind, type[Editor]] = {
    Kind.TEXT: TextEditor,
    Kind.INTEGER: NumberEditor,
    Kind.NUMBER: NumberEditor,
    Kind.SWITCH: SwitchEditor,
    Kind.MOMENT: MomentEditor,
    Kind.CHOICE: ChoiceEditor,
}


def make_editor(field: Field, name: str, *, read_only: bool = False, parent: QWidget | None = None) -> Editor:
    """The editor for a field; `name` is the object name `<vendor>.<section>.<field>` of its control."""
    if field.kind is Kind.TABLE:
        from ui.forms.table import TableEditor

        return TableEditor(field, name, read_only=read_only or field.read_only, parent=parent)
    if read_only or field.read_only:
        return ValueLabel(field, name, parent)
    return _EDITORS[field.kind](field, name, parent)
