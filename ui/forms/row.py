"""One field of a form: its mark, its label, its editor, and beside it what is wrong or what the device has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.model.field import Field, Kind
from app.model.section import Change, Problem
from ui.forms.editor import Editor
from ui.forms.editors import ValueLabel
from ui.forms.entry import in_words
from ui.forms.moment import MomentEditor
from ui.forms.parts import icon_button, plain_label, plain_tip
from ui.forms.rows_diff import RowState, tell_rows
from ui.forms.table import TableEditor
from ui.icons import dress
from ui.theme import restyle

_MOST_SHOWN = 3
_LABEL_TOP = 7
"""So that a label stands on the line of the text in its editor."""
_NOTE_TOP = 3


class NoteLine(QWidget):
    """An icon and a few words beside a field. Hidden while there is nothing to say."""

    def __init__(self, button: QWidget | None = None) -> None:
        super().__init__()
        self._picture = QLabel()
        self._text = plain_label(wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for label in (self._picture, self._text):
            label.setContentsMargins(0, _NOTE_TOP, 0, 0)
        row = QHBoxLayout(self, spacing=6)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(button or self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def say(self, tone: str, picture: str, text: str) -> None:
        """Show a text, or nothing."""
        if text:
            restyle(self._text, tone=tone)
            dress(self._picture, picture, tone)
        self._text.setText(text)
        self._text.setToolTip(plain_tip(text))
        self.setVisible(bool(text))


class FieldRow(QObject):
    """Stands in the grid of a form. `revert` asks for the device's value of this field.

    With `marked`, a bar at the left is coloured when it is wrong or changed. `beside` is what stands beside it while
    nothing is wrong or changed, in place of its limits.
    """

    revert = Signal(str)

    def __init__(
        self,
        field: Field,
        editor: Editor,
        grid: QGridLayout,
        name: str,
        parent: QWidget,
        *,
        marked: bool = True,
        beside: str = "",
    ) -> None:
        super().__init__(parent)
        self.field = field
        self.editor = editor
        self._bar = QFrame(parent)
        self._marked = marked
        self._parts: tuple[QWidget, ...] = ()
        self._bar.setProperty("role", "bar")
        self._bar.setFixedWidth(4)
        told_elsewhere = field.read_only or field.choices or field.max_length or field.kind is Kind.TABLE
        self._limits = "" if told_elsewhere else field.limits()
        self._beside = beside or self._limits
        self._hint = plain_label(role="hint", wrap=True)
        back = icon_button(f"Revert {field.label}", f"{name}.revert", "undo", "Back to the device's value", "changed")
        back.setProperty("role", "mini")
        back.clicked.connect(lambda: self.revert.emit(field.name))
        self.problem, self.changed = NoteLine(), NoteLine(back)
        self._place(grid)

    def _place(self, grid: QGridLayout) -> None:
        notes = QVBoxLayout(spacing=0)
        notes.setContentsMargins(0, 3, 0, 0)
        for widget in (self.problem, self.changed):
            notes.addWidget(widget)
        row = grid.rowCount()
        if self._marked:
            grid.addWidget(self._bar, row, 0)
        else:
            # Where nothing can be changed nothing is marked, and tables need the room.
            self._bar.hide()
        if self.field.kind is Kind.TABLE:
            inside = QVBoxLayout(spacing=4)
            inside.addWidget(self.editor, 1)
            inside.addLayout(notes)
            grid.addLayout(inside, row, 1, 1, 3)
            grid.setRowStretch(row, 1)
            return
        label = plain_label(self.field.label, wrap=False)
        label.setBuddy(self.editor.control)
        label.setContentsMargins(0, 0 if isinstance(self.editor, ValueLabel) else _LABEL_TOP, 0, 0)
        label.setToolTip(plain_tip(self._help()))
        self._hint.setText(self._beside)
        self._hint.setContentsMargins(0, 0 if isinstance(self.editor, ValueLabel) else _LABEL_TOP - 3, 0, 0)
        notes.insertWidget(0, self._hint)
        notes.addStretch(1)
        grid.addWidget(label, row, 1, Qt.AlignmentFlag.AlignTop)
        # A value that can only be read has nothing beside it, and may be long.
        grid.addWidget(self.editor, row, 2, Qt.AlignmentFlag.AlignTop)
        beside = QWidget()
        beside.setLayout(notes)
        self._parts = (label, self.editor, beside, *((self._bar,) if self._marked else ()))
        grid.addWidget(beside, row, 3)

    def _help(self) -> str:
        manual = f"Manual {self.field.manual}" if self.field.manual else ""
        return "\n".join(part for part in (self.field.help, self._limits or self.field.limits(), manual) if part)

    def show(self, value: Any, base: Any, change: Change | None, problems: Sequence[Problem], *, force: bool) -> None:
        """Show the wanted value, and how it stands. What is half typed is replaced only with `force`."""
        if force or not (self.editor.problem() and self.editor.value() == value):
            self.editor.set_value(value)
        if isinstance(self.editor, TableEditor):
            self.editor.set_base(base)
            self.editor.set_problems(problems)
        self._say_problems(problems)
        self._say_change(change)
        self._hint.setVisible(bool(self._beside) and not self.problem.text and not self.changed.text)
        tone = self.tone
        restyle(self._bar, tone=tone)
        self.editor.mark(tone)

    @property
    def tone(self) -> str:
        """How it stands: error, changed or nothing."""
        if self._wrong:
            return "error"
        return "changed" if self.changed.text else ""

    def _say_problems(self, problems: Sequence[Problem]) -> None:
        unread = self.editor.problem()
        self._wrong = bool(unread) or any(not problem.warning for problem in problems)
        texts = [unread[:1].upper() + unread[1:]] if unread else []
        if unread and self.field.limits() and self.field.kind is not Kind.TABLE:
            texts[0] += f" Allowed: {self.field.limits()}."
        else:
            ordered = sorted(problems, key=lambda problem: problem.warning)
            texts += [self._located(problem) for problem in ordered[:_MOST_SHOWN]]
            if len(ordered) > _MOST_SHOWN:
                texts.append(f"… and {len(ordered) - _MOST_SHOWN} more, marked in the table.")
        tone, picture = ("error", "error") if self._wrong else ("warn", "warning")
        self.problem.say(tone, picture, "\n".join(texts))

    def _located(self, problem: Problem) -> str:
        text = problem.message.removeprefix(f"{self.field.label}: ")
        place = problem.field.partition("[")[2]
        if place:
            row, _, column = place.partition("]")
            label = next((c.label for c in self.field.columns if c.name == column.lstrip(".")), "")
            where = f"Row {int(row) + 1}"
            text = text.removeprefix(f"{label}: ")
            return f"{where}, {label}: {text}" if label else f"{where}: {text}"
        return text[:1].upper() + text[1:]

    def _say_change(self, change: Change | None) -> None:
        text = ""
        if change is not None:
            text = self._table_changes(change) if self.field.kind is Kind.TABLE else self._on_device(change)
        self.changed.say("changed", "edited", text)
        self.editor.control.setToolTip(plain_tip(text or self.field.help))

    def _on_device(self, change: Change) -> str:
        if self.field.secret:
            return "changed"
        return f"on the device: {in_words(self.field, change.before) or '(empty)'}"

    def _table_changes(self, change: Change) -> str:
        told = tell_rows(self.field, change.before, change.after)
        words = {RowState.CHANGED: "changed", RowState.ADDED: "added", RowState.REMOVED: "removed"}
        counts = ((sum(row.state is state for row in told), word) for state, word in words.items())
        parts = [f"{count} {'row' if count == 1 else 'rows'} {word}" for count, word in counts if count]
        return f"{', '.join(parts) or 'order changed'}; on the device: {in_words(self.field, change.before)}"

    def set_shown(self, shown: bool) -> None:
        """Is it part of the form just now?"""
        for widget in self._parts:
            widget.setVisible(shown)

    def set_now(self, now: bool) -> None:
        """Does a moment stand for this computer's time?"""
        if isinstance(self.editor, MomentEditor):
            self.editor.set_now(now)
            if now:
                self.editor.mark("changed")

    _wrong = False
