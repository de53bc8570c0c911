"""The message of the MQTT client: the template above, what it becomes with the values of now below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from app.model.field import Field
from app.model.section import Change, Problem
from app.vendors.whatwatt.settings.mqtt import NO_JSON
from app.vendors.whatwatt.starters import STARTERS
from app.vendors.whatwatt.template import EMPTY, Filled, State, placeholder, preview
from app.vendors.whatwatt.variables import Variable
from ui.forms.entry import in_words
from ui.forms.lines import LinesEditor, fixed_font
from ui.forms.parts import ElidedLabel, icon_button, plain_label, plain_tip, push_button
from ui.forms.row import NoteLine
from ui.icons import dress
from ui.theme import notifier, restyle

from .template_marks import TemplateMarks, mark_message

_LEAST = 76


class TemplateEditor(QWidget):
    """Editor and preview. `revert` asks for the device's template."""

    revert = Signal()

    def __init__(self, field: Field, name: str, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self._name = field, name
        self._variables: tuple[Variable, ...] = ()
        self._template = ""
        self.editor = LinesEditor(field, name)
        self.editor.text.setMinimumHeight(_LEAST)
        self.editor.text.setReadOnly(read_only)
        self.editor.text.setPlaceholderText('Such as {"power": ${1_7_0}}: write it, or begin with one of the starters')
        self.marks = TemplateMarks(self.editor.text.document())
        self.starters = push_button("Start with", f"{name}.starters", "add", tip="Begin with one of these templates")
        self.starters.setMenu(self._menu())
        back = icon_button(f"Revert {field.label}", f"{name}.revert", "undo", "Back to the device's value", "changed")
        back.setProperty("role", "mini")
        back.clicked.connect(self.revert)
        self.problem, self.changed = NoteLine(), NoteLine(back)
        self.view = QPlainTextEdit(readOnly=True, objectName=f"{name}.preview", accessibleName="What would be sent now")
        self.view.setTabChangesFocus(True)
        self.view.setProperty("role", "mono")
        self.view.setFont(fixed_font())
        self.view.setMinimumHeight(_LEAST)
        self._json_icon, self._json = QLabel(), ElidedLabel()
        self._json.setObjectName(f"{name}.json")
        self.empty = ElidedLabel()
        self.empty.setProperty("role", "hint")
        self._lay_out()
        self.starters.setVisible(not read_only)
        notifier.theme_changed.connect(self._theme_changed)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for starter in STARTERS:
            entry = menu.addAction(starter.title)
            entry.setObjectName(f"{self._name}.start_{starter.key}")
            entry.triggered.connect(lambda _=False, make=starter.make: self._start(make(self._variables)))
        return menu

    def _lay_out(self) -> None:
        label = plain_label(self.field.label, role="subtitle")
        label.setBuddy(self.editor.control)
        label.setToolTip(plain_tip(f"{self.field.help}\nManual {self.field.manual}"))
        head = QHBoxLayout(spacing=8)
        for widget in (label, self.editor.used):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.starters)
        upper = QWidget()
        above = QVBoxLayout(upper, spacing=4)
        above.setContentsMargins(0, 0, 0, 2)
        above.addLayout(head)
        above.addWidget(self.editor, 1)
        above.addWidget(self.problem)
        above.addWidget(self.changed)
        told = QHBoxLayout(spacing=6)
        told.addWidget(plain_label("Sent now", role="subtitle"))
        told.addSpacing(8)
        told.addWidget(self._json_icon)
        told.addWidget(self._json, 1)
        lower = QWidget()
        below = QVBoxLayout(lower, spacing=4)
        below.setContentsMargins(0, 2, 0, 0)
        below.addLayout(told)
        below.addWidget(self.view, 1)
        below.addWidget(self.empty)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(upper)
        split.addWidget(lower)
        # What is wrong with the template stands in the upper part.
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)

    @property
    def json_words(self) -> str:
        """What is said of the message as JSON."""
        return self._json.text()

    def show_template(self, template: str | None, variables: Sequence[Variable]) -> None:
        """Show a template and what it becomes."""
        self.editor.set_value(template)
        self._template, self._variables = template or "", tuple(variables)
        self._fill()

    def say(self, problems: Sequence[Problem], change: Change | None) -> None:
        """What is wrong with the template, and what the device has instead."""
        prefix = f"{self.field.label}: "
        # Where the message is no JSON is said above the message.
        told = (problem for problem in problems if not problem.message.startswith(NO_JSON))
        texts = [problem.message.removeprefix(prefix) for problem in sorted(told, key=lambda one: one.warning)]
        wrong = any(not problem.warning for problem in problems)
        tone = "error" if wrong else "warn"
        self.problem.say(
            tone, "error" if wrong else "warning", "\n".join(text[:1].upper() + text[1:] for text in texts)
        )
        before = "" if change is None else in_words(self.field, change.before) or "(empty)"
        self.changed.say("changed", "edited", f"on the device: {before}" if change is not None else "")
        self.editor.mark("error" if wrong else "changed" if change is not None else "")

    def insert(self, name: str) -> None:
        """Put a variable where the cursor is, and go on writing there."""
        if not self.editor.text.isReadOnly():
            self.editor.insert(placeholder(name))
            self.editor.text.setFocus()

    def _start(self, template: str) -> None:
        self.editor.replace_all(template)
        self.editor.text.setFocus()

    def _fill(self) -> None:
        values = {variable.name: variable.value for variable in self._variables}
        filled = preview(self._template, values)
        self.marks.show_states({name: State.EMPTY if value in EMPTY else State.VALUE for name, value in values.items()})
        if self.view.toPlainText() != filled.text:
            self.view.setPlainText(filled.text)
        mark_message(self.view, filled)
        tone, picture, words = _json_sentence(filled)
        dress(self._json_icon, picture, tone)
        restyle(self._json, tone=tone if tone in ("ok", "warn") else "")
        self._json.setText(words)
        self.view.setAccessibleDescription(words)
        self.empty.setText(f"Without a value now: {', '.join(filled.empty)}." if filled.empty else "")
        self.empty.setVisible(bool(filled.empty))

    def _theme_changed(self) -> None:
        self.marks.rehighlight()
        self._fill()


def _json_sentence(filled: Filled) -> tuple[str, str, str]:
    if not filled.text:
        return "muted", "info", "nothing"
    if not filled.meant_as_json:
        return "muted", "info", "text, not JSON"
    if filled.wrong is None:
        return "ok", "ok", "JSON is in order"
    return "warn", "warning", f"no JSON: {filled.wrong.words}"
