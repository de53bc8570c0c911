"""How variables are marked: in the template while it is written, and in the message that it becomes."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from app.vendors.whatwatt.template import VARIABLE, Filled, State
from ui.theme import current_theme

_UNDERLINES = {
    State.EMPTY: QTextCharFormat.UnderlineStyle.DotLine,
    State.UNRESOLVED: QTextCharFormat.UnderlineStyle.WaveUnderline,
}
_TONES = {State.VALUE: "accent", State.EMPTY: "warn", State.UNRESOLVED: "error"}


def mark_of(state: State) -> QTextCharFormat:
    """The look of a variable: bold where it has a value, underlined where it has none, waved where it is not known."""
    look = QTextCharFormat()
    theme = current_theme()
    colour = QColor(theme.tone(_TONES[state]))
    look.setForeground(colour)
    if state in _UNDERLINES:
        look.setUnderlineStyle(_UNDERLINES[state])
        look.setUnderlineColor(colour)
    if state is State.UNRESOLVED:
        look.setBackground(QColor(theme.error_soft))
    else:
        look.setFontWeight(QFont.Weight.DemiBold)
    return look


class TemplateMarks(QSyntaxHighlighter):
    """Marks the variables of a template as it is typed."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._states: dict[str, State] = {}

    def show_states(self, states: dict[str, State]) -> None:
        """Mark by what is known of each name; a name that is missing is not resolved."""
        if states != self._states:
            self._states = states
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Qt's own: one line."""
        for found in VARIABLE.finditer(text):
            # Places count in Qt as they do in UTF-16.
            begin, length = _places(text[: found.start()]), _places(found[0])
            self.setFormat(begin, length, mark_of(self._states.get(found[1], State.UNRESOLVED)))


def mark_message(view: QPlainTextEdit, filled: Filled) -> None:
    """Mark what stands in place of variables, and where the message is no JSON."""
    text = filled.text
    marks = [(piece.begin, piece.end, mark_of(piece.state)) for piece in filled.pieces]
    if filled.wrong is not None:
        theme = current_theme()
        look = QTextCharFormat()
        look.setBackground(QColor(theme.error))
        look.setForeground(QColor(theme.surface))
        at = min(filled.wrong.at, max(len(text) - 1, 0))
        marks.append((at, at + 1, look))
    view.setExtraSelections(list(_selections(view, text, marks)))


def _selections(
    view: QPlainTextEdit, text: str, marks: Iterable[tuple[int, int, QTextCharFormat]]
) -> Iterable[QTextEdit.ExtraSelection]:
    # A document has one place for CR LF.
    for begin, end, look in marks:
        selection = QTextEdit.ExtraSelection()
        selection.format = look  # type: ignore[attr-defined]
        cursor = QTextCursor(view.document())
        cursor.setPosition(_shown_places(text[:begin]))
        cursor.setPosition(_shown_places(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        selection.cursor = cursor  # type: ignore[attr-defined]
        yield selection


def _shown_places(text: str) -> int:
    return _places(text.replace("\r\n", "\n"))


def _places(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
