"""What all editors of fields share: the same four words, value, set_value, edited, problem.

What is half typed stays as it was typed; `problem()` says what is missing until it can be read again.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.model.field import Field
from ui.forms.entry import Unreadable, read_entry
from ui.forms.parts import plain_label, plain_tip
from ui.theme import restyle

NUMBER_WIDTH = 152
CHOICE_WIDTH = 208
TEXT_WIDTH = 320


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
