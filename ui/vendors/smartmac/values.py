"""All values of a meter on one screen: by line, where it has lines, and the others; each table as high as its rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.field import Kind
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.table import TableEditor

_BORDER = 4
_MOST_ROWS = 14
"""More rows scroll."""


class ValuesBody(Body):
    """The tables of the section, one below the other. Nothing in it can be changed."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(0, 0, 0, 0)
        self.tables = {
            field.name: TableEditor(field, f"{section.key}.{field.name}", read_only=True)
            for field in section.fields
            if field.kind is Kind.TABLE
        }
        for table in self.tables.values():
            table.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
            column.addWidget(table)
        column.addStretch(1)

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show the values. A table without a row is not shown at all, unless none has any."""
        empty = all(not getattr(draft.value, name) for name in self.tables)
        for name, table in self.tables.items():
            rows = getattr(draft.value, name)
            table.set_value(rows)
            table.setVisible(bool(rows) or empty)
            view = table.view
            height = view.verticalHeader().defaultSectionSize() * min(max(len(rows), 1), _MOST_ROWS)
            view.setFixedHeight(view.horizontalHeader().sizeHint().height() + height + _BORDER)
