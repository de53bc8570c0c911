"""The MQTT client: broker, login and topic on one sheet, the message with its variables on the other (manual 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.section import AnySection, Change, Problem
from ui.forms.body import Body
from ui.forms.form import SectionForm
from ui.icons import icon
from ui.theme import notifier

from .template_editor import TemplateEditor
from .variable_list import VariableList

BROKER = ("enable", "url", "username", "password", "client_id", "skip_name_check", "topic")
TEMPLATE = "template"


class MqttBody(Body):
    """Two sheets. What is wrong on the one that is not shown is marked at its tab."""

    tells_summary = True

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        key = section.key
        self._told: tuple[list[Problem], dict[str, Change]] = [], {}
        self.broker = SectionForm(section, read_only=read_only, only=BROKER)
        self.message = TemplateEditor(section.field(TEMPLATE), f"{key}.{TEMPLATE}", read_only=read_only)
        self.variables = VariableList(f"{key}.variables")
        for told in ("edited", "entry_changed", "finished", "revert", "by_hand", "told"):
            getattr(self.broker, told).connect(getattr(self, told))
        editor = self.message.editor
        editor.edited.connect(lambda value: self.edited.emit(TEMPLATE, value))
        editor.finished.connect(self.finished)
        self.message.revert.connect(lambda: self.revert.emit(TEMPLATE))
        self.variables.chosen.connect(self.message.insert)
        self.variables.refresh.connect(self.refresh)
        self.sheets = QTabWidget(objectName=f"{key}.sheets")
        self.sheets.tabBar().setObjectName(f"{key}.sheet")
        self.sheets.tabBar().setAccessibleName("Broker or message")
        self.sheets.addTab(_sheet(self.broker), "Broker")
        self.sheets.addTab(self._message_sheet(), "Message")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sheets)
        notifier.theme_changed.connect(self._mark_tabs)

    def _message_sheet(self) -> QWidget:
        sheet = QWidget()
        row = QHBoxLayout(sheet, spacing=12)
        row.setContentsMargins(8, 8, 8, 8)
        row.addWidget(self.message, 1)
        row.addWidget(self.variables)
        return sheet

    def hasHeightForWidth(self) -> bool:
        """Editor and preview share what height there is: they must not ask for that of all their words."""
        return False

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show both sheets, and at their tabs how they stand."""
        found = list(problems)
        self.broker.show_draft(draft, found, force=force)
        changes = {change.field: change for change in draft.changes()}
        self.message.show_template(draft.value.template, draft.value.variables)
        self.message.say([problem for problem in found if problem.field == TEMPLATE], changes.get(TEMPLATE))
        self.variables.show_variables(draft.value.variables)
        self._told = found, changes
        self._mark_tabs()

    def unread(self) -> list[str]:
        """The fields whose entry cannot be read."""
        return self.broker.unread()

    def _mark_tabs(self) -> None:
        for index, names in enumerate((BROKER, (TEMPLATE,))):
            self._mark_tab(index, names, *self._told)

    def _mark_tab(
        self, index: int, names: tuple[str, ...], problems: Iterable[Problem], changes: dict[str, Change]
    ) -> None:
        here = [problem for problem in problems if problem.field in names]
        wrong = any(not problem.warning for problem in here)
        changed = sum(name in changes for name in names)
        words = "something is not allowed" if wrong else f"{changed} changed" if changed else ""
        picture, tone = ("error", "error") if wrong else ("edited", "changed") if changed else ("", "")
        if not picture and here:
            picture, tone, words = "warning", "warn", "a warning"
        # A tab with an icon and one without would differ in width while somebody types.
        self.sheets.setTabIcon(index, icon(picture or ("network", "send")[index], tone or "muted"))
        self.sheets.setTabToolTip(index, words)
        self.sheets.tabBar().setAccessibleTabName(index, f"{self.sheets.tabText(index)} {words}".strip())


def _sheet(form: QWidget) -> QWidget:
    sheet = QWidget()
    column = QVBoxLayout(sheet)
    column.setContentsMargins(8, 8, 8, 8)
    column.addWidget(form)
    return sheet
