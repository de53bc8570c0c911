"""The editor of a text of several lines: typing becomes steps of the draft's own undo, line ends stay as they came."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QFont, QFontDatabase, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from app.model.field import Field
from app.model.lines import with_line_ends
from ui.forms.editor import Editor
from ui.forms.parts import plain_label
from ui.theme import restyle

_WIDTH = 420
_SEPARATORS = str.maketrans({"\u2029": "\n"})


class LinesEditor(Editor):
    """Text with line breaks, in letters of one width, with how much of its length is used.

    Tab leaves it, as everywhere in a form. One step of undo is a word, an insertion, or a run of deletions.
    """

    def __init__(self, field: Field, name: str, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.text = QPlainTextEdit(tabChangesFocus=True)
        # Undo belongs to the draft, which the buttons of the panel show.
        self.text.setUndoRedoEnabled(False)
        self.text.setFont(fixed_font())
        self.text.setTabStopDistance(4 * self.text.fontMetrics().horizontalAdvance(" "))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.text.setMinimumWidth(_WIDTH // 2)
        self.text.setProperty("role", "mono")
        height = self.text.fontMetrics().lineSpacing() * max(field.lines, 2) + 24
        self.text.setMinimumHeight(height)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.used = plain_label(role="hint")
        column = QVBoxLayout(spacing=2)
        self._row.addLayout(column, 1)
        self._adopt(self.text)
        self._row.removeWidget(self.text)
        column.addWidget(self.text, 1)
        column.addWidget(self.used)
        self._last = ("", 0)
        self._showing = False
        self.text.textChanged.connect(self._changed)

    def set_value(self, value: Any) -> None:
        """Show a text; only the part that differs is exchanged, so that cursor and view stay where they are."""
        self._value = value
        self._say("")
        wanted = _as_shown(value or "")
        if wanted != self._shown():
            self._last = ("", 0)
            self._showing = True
            try:
                self._exchange(wanted)
            finally:
                self._showing = False
        self._count()

    def insert(self, text: str) -> None:
        """Put a text where the cursor is, in place of what is selected: one step of undo."""
        self.text.insertPlainText(text)

    def replace_all(self, text: str) -> None:
        """Put another text in place of everything: one step of undo."""
        self.text.selectAll()
        self.insert(text)

    def _exchange(self, wanted: str) -> None:
        shown = self._shown()
        head, tail = _common(shown, wanted)
        cursor = QTextCursor(self.text.document())
        # A half of a character beyond the first 65536 counts as one place in Qt.
        cursor.setPosition(_places(shown[:head]))
        cursor.setPosition(_places(shown[: len(shown) - tail]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(wanted[head : len(wanted) - tail])
        if self.text.hasFocus():
            self.text.setTextCursor(cursor)

    def _shown(self) -> str:
        # Not toPlainText: it makes plain spaces of those that do not break.
        return self.text.document().toRawText().translate(_SEPARATORS)

    def _changed(self) -> None:
        if self._showing:
            return
        shown, before = self._shown(), _as_shown(self._value or "")
        if shown == before:
            return
        self._part_steps(before, shown)
        self._take(with_line_ends(shown, self._value or ""))
        self._count()

    def _part_steps(self, before: str, shown: str) -> None:
        """Begin a new step of undo where this is not the same word going on."""
        head, tail = _common(before, shown)
        added, removed = shown[head : len(shown) - tail], before[head : len(before) - tail]
        if len(added) == 1 and not removed:
            kind, goes_on = "typed", self._last == ("typed", head) and not added.isspace()
            self._last = (kind, head + 1)
        elif len(removed) == 1 and not added:
            goes_on = self._last[0] == "removed" and self._last[1] in (head, head + 1)
            self._last = ("removed", head)
        else:
            goes_on, self._last = False, ("", 0)
        if not goes_on:
            self.finished.emit()

    def _count(self) -> None:
        used, length = len(self._value or ""), self.field.max_length
        size = len((self._value or "").encode("utf-8", "replace"))
        self.used.setVisible(length is not None)
        if length is not None:
            self.used.setText(f"{used} of {length} characters" + (f", {size} bytes" if size != used else ""))
            restyle(self.used, tone="error" if size > length else "")


def fixed_font() -> QFont:
    """Letters of one width, as the system has them."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)


def _as_shown(text: str) -> str:
    """The text as Qt's documents have it: one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_SEPARATORS)


def _common(left: str, right: str) -> tuple[int, int]:
    """How many characters two texts share at their beginning, and then at their end."""
    most = min(len(left), len(right))
    head = next((i for i in range(most) if left[i] != right[i]), most)
    tail = next((i for i in range(most - head) if left[-1 - i] != right[-1 - i]), most - head)
    return head, tail


def _places(text: str) -> int:
    """How many places a text takes in a document of Qt."""
    return len(text.encode("utf-16-le")) // 2
