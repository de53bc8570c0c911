"""The editor of a choice: a list, searched by typing when it is long."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from app.model.field import Field
from ui.forms.editor import CHOICE_WIDTH, TEXT_WIDTH, Editor
from ui.forms.entry import in_words

SEARCHABLE = 15
"""A list with more entries than this can be searched by typing."""


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
