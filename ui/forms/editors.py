"""One editor for each kind of field, and which field gets which."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QSizePolicy, QWidget

from app.model.field import Field, Kind
from ui.forms.choice import ChoiceEditor
from ui.forms.editor import NUMBER_WIDTH, TEXT_WIDTH, Editor
from ui.forms.entry import in_words, written
from ui.forms.lines import LinesEditor
from ui.forms.moment import MomentEditor
from ui.forms.parts import icon_button, plain_label
from ui.theme import restyle

SHORT_TEXT = 24
"""A text that may be longer gets a wider entry."""


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


_TEXT_TOP = 2
"""Text that can be selected is drawn that much higher than text that cannot."""


class ValueLabel(Editor):
    """A value that can only be read: plain text that can be selected and copied."""

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self._label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._label.setContentsMargins(0, _TEXT_TOP, 0, 0)
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
    if field.kind is Kind.TEXT and field.lines:
        return LinesEditor(field, name, parent)
    return _EDITORS[field.kind](field, name, parent)
