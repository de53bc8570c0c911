"""Asks before an action is done: what it does, with which parameters, what it erases, and the very requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.commission.action import action_steps
from app.commission.draft import Draft
from app.model.action import AnyAction
from app.model.errors import AppError
from app.model.field import Kind
from app.model.section import AnySection, Guide, Section
from ui.dialogs import answered
from ui.forms.form import SectionForm
from ui.forms.parts import Strip, plain_label, push_button
from ui.forms.technical import listed, requests_text, technical_fold
from ui.icons import dress
from ui.theme import restyle

WIDTH = 640
WIDE = 800
"""Beside entries of text there must be room for what is wrong with them."""
MOST_HEIGHT = 620
FORM_FROM = 5
"""A form with so many fields scrolls in itself."""


class Answer(msgspec.Struct, frozen=True):
    """What the installer decided: these parameters, and whether to export first."""

    parameters: Any
    export: bool = False


async def _never_read(_client: Any, _target: str) -> Any:
    raise AssertionError("the parameters of an action are chosen and not read")


def as_section(action: AnyAction) -> AnySection:
    """The parameters of an action as a section, for the form and its checks."""
    return Section(
        key=action.key, title=action.title, model=action.parameters, read=_never_read, problems=action.problems
    )


def _no_advice(_: Guide) -> str:
    return ""


class ActionDialog(QDialog):
    """What an action will do. `ask()` gives the decision, or None.

    With `exportable` the installer is offered to export what is kept before it is erased. `advise` says what this
    computer lacks to reach the device afterwards.
    """

    def __init__(
        self,
        action: AnyAction,
        target: str,
        *,
        where: str = "",
        exportable: str = "",
        advise: Callable[[Guide], str] = _no_advice,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.action, self._target, self._exportable, self._advise = action, target, exportable, advise
        self._section = as_section(action)
        self.parameters: Any = action.first()
        self._export = False
        self._name = f"{action.key}.dialog"
        self.setObjectName(self._name)
        self.setWindowTitle(action.title)
        self._erases = Strip(f"{self._name}.erases")
        self._guide = Strip(f"{self._name}.guide")
        self._form = self._make_form()
        self._problem = Strip(f"{self._name}.problem")
        self._fold, self._technical = technical_fold(self._name)
        self._make_buttons()
        self._lay_out(where)
        self._show()
        self._technical.setVisible(False)
        self._fold.toggled.connect(self._fit)

    async def ask(self) -> Answer | None:
        """Open, and wait for the decision."""
        return Answer(self.parameters, self._export) if await answered(self) else None

    def _make_form(self) -> SectionForm | None:
        if not self.action.fields:
            return None
        form = SectionForm(self._section, read_only=False)
        for line in form.findChildren(QLineEdit):
            # Nothing is on the device that could stay 'unchanged'.
            line.setPlaceholderText("")
        form.edited.connect(self._take)
        form.entry_changed.connect(self._show)
        return form

    def _make_buttons(self) -> None:
        verb = self.action.verb.rstrip(" …")
        self.cancel_button = push_button("Cancel", f"{self._name}.cancel")
        self.export_button = push_button(
            f"Export, then {verb.lower()}", f"{self._name}.export", "export", tip=f"First keep {self._exportable}"
        )
        self.export_button.setVisible(bool(self._exportable))
        words = f"{verb} without export" if self._exportable else verb
        self.accept_button: QPushButton = push_button(words, f"{self._name}.accept", self.action.icon or "send")
        self.cancel_button.clicked.connect(self.reject)
        self.accept_button.clicked.connect(lambda: self._decide(export=False))
        self.export_button.clicked.connect(lambda: self._decide(export=True))
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.accept_button.click)

    def _lay_out(self, where: str) -> None:
        column = QVBoxLayout(self, spacing=10)
        column.setContentsMargins(20, 16, 20, 16)
        head = QHBoxLayout(spacing=8)
        picture = QLabel()
        dress(picture, self.action.icon or "settings", "accent", 24)
        head.addWidget(picture)
        head.addWidget(plain_label(self.action.title, role="title"), 1)
        column.addLayout(head)
        if where:
            column.addWidget(plain_label(where, role="muted", wrap=True))
        if self.action.help:
            column.addWidget(plain_label(self.action.help, wrap=True))
        column.addWidget(self._erases)
        column.addWidget(self._guide)
        if self._form is not None:
            column.addWidget(
                self._scrolling(self._form) if len(self._always(self._form)) >= FORM_FROM else self._form, 1
            )
        column.addWidget(self._problem)
        column.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._technical, 1)
        row = QHBoxLayout(spacing=8)
        row.addStretch(1)
        for button in (self.cancel_button, self.accept_button, self.export_button):
            row.addWidget(button)
        column.addLayout(row)

    @staticmethod
    def _always(form: SectionForm) -> list[str]:
        """The fields that are in the form whatever is chosen."""
        return [name for name, row in form.rows.items() if not row.field.only_with]

    @staticmethod
    def _scrolling(form: QWidget) -> QScrollArea:
        area = QScrollArea(widgetResizable=True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        form.setProperty("role", "page")
        area.setWidget(form)
        return area

    def _take(self, name: str, value: Any) -> None:
        self.parameters = msgspec.structs.replace(self.parameters, **{name: value})
        self._show()

    def _show(self) -> None:
        """Tell what would be done with what is entered now."""
        wrong = bool(self._form and self._form.unread())
        if self._form is not None:
            # A draft of its own each time: nothing here differs from a device's value.
            draft = Draft(self._section, self.parameters)
            self._form.show_draft(draft, draft.problems(), force=False)
        self._problem.clear()
        try:
            steps = action_steps(self.action, self.parameters, self._target)
        except AppError as error:
            steps, wrong = (), True
            if self._form is None:
                self._problem.say("error", "error", error.title, error.message)
        erases = () if wrong else self.action.erases(self.parameters)
        self._erases.say("warn", "warning", "This erases on the device" if erases else "", listed(erases))
        self._say_guide(None if wrong else self.action.guide(self.parameters))
        self._technical.setPlainText(requests_text(steps))
        self._emphasise(bool(erases), possible=not wrong and bool(steps))
        if self.isVisible():
            self._fit()

    def _say_guide(self, guide: Guide | None) -> None:
        """What happens to the connection, and what this computer needs to come after the device."""
        words = "" if guide is None else f"{guide.words}\n{self._advise(guide)}".strip()
        self._guide.say("warn", "network", "This can cut the connection" if words else "", words)

    @property
    def guided(self) -> str:
        """What it says of the connection; empty when nothing can cut it."""
        return self._guide.words

    def _emphasise(self, erases: bool, *, possible: bool) -> None:
        danger = erases or (self.action.danger and not self.action.fields)
        for button in (self.accept_button, self.export_button):
            button.setEnabled(possible)
        restyle(self.accept_button, role="danger" if danger else "primary")
        dress(self.accept_button, self.action.icon or "send", "on_accent")
        restyle(self.export_button, role="primary" if self._exportable else "")
        dress(self.export_button, "export", "on_accent")
        # What erases must be a decision, not the habit of pressing Return.
        self.cancel_button.setDefault(erases)
        self.accept_button.setDefault(not erases)

    def _decide(self, *, export: bool) -> None:
        if self.accept_button.isEnabled():
            self._export = export
            self.accept()

    def setVisible(self, visible: bool) -> None:
        """Before the first showing, take the size that the words need."""
        if visible and not self.isVisible():
            self._fit()
            if self._form is not None:
                # What is known already need not be gone past.
                rows = self._form.rows.values()
                missing = next((row for row in rows if row.editor.value() in ("", None)), None)
                if missing is not None:
                    missing.editor.control.setFocus()
            else:
                (self.cancel_button if self.cancel_button.isDefault() else self.accept_button).setFocus()
        super().setVisible(visible)

    def _fit(self) -> None:
        for child in self.findChildren(QWidget):
            child.ensurePolished()
        layout = self.layout()
        layout.activate()
        texts = any(field.kind is Kind.TEXT and not field.read_only for field in self.action.fields)
        width = WIDE if texts else WIDTH
        needed = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        self.resize(width, min(needed, MOST_HEIGHT))
