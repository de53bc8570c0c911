"""A section as a form: one row for each field. It shows a draft and tells of edits; it changes nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.commission.draft import Draft
from app.model.field import Kind
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.editors import make_editor
from ui.forms.moment import MomentEditor
from ui.forms.row import FieldRow
from ui.forms.table import TableEditor

_LABEL_WIDTH = 136


class SectionForm(Body):
    """One row for each field, or for those named in `only`."""

    def __init__(
        self, section: AnySection, *, read_only: bool, only: Collection[str] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        self._grid = QGridLayout(self, horizontalSpacing=12, verticalSpacing=6)
        self._grid.setContentsMargins(0, 0, 0, 0)
        # Beside values that can only be read stands nothing but their help; beside editors stand limits and problems.
        self._grid.setColumnStretch(2 if read_only and not section.described else 3, 1)
        shown = [field for field in section.fields if not only or field.name in only]
        if len(shown) > 1:
            self._grid.setColumnMinimumWidth(1, _LABEL_WIDTH)
        self._marked = not read_only and not all(field.read_only for field in shown)
        self.rows = {field.name: self._add(field) for field in shown}
        if not self.has_table:
            self._grid.setRowStretch(self._grid.rowCount(), 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    @property
    def has_table(self) -> bool:
        """Does a table want the height?"""
        return any(row.field.kind is Kind.TABLE for row in self.rows.values())

    def _add(self, field: Any) -> FieldRow:
        name = f"{self.section.key}.{field.name}"
        editor = make_editor(field, name, read_only=self.read_only)
        beside = field.help if self.section.described else ""
        row = FieldRow(field, editor, self._grid, name, self, marked=self._marked, beside=beside)
        editor.edited.connect(lambda value: self.edited.emit(field.name, value))
        editor.entry_changed.connect(self.entry_changed)
        editor.finished.connect(self.finished)
        row.revert.connect(self.revert)
        if isinstance(editor, MomentEditor):
            editor.by_hand.connect(lambda: self.by_hand.emit(field.name))
        if isinstance(editor, TableEditor):
            editor.told.connect(self.told)
        return row

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show the draft. With `force`, what is half typed gives way to it."""
        changes = {change.field: change for change in draft.changes()}
        by_field: dict[str, list[Problem]] = {}
        for problem in problems:
            by_field.setdefault(problem.field.partition("[")[0].partition(".")[0], []).append(problem)
        for name, row in self.rows.items():
            value, base = getattr(draft.value, name), getattr(draft.base, name)
            row.show(value, base, changes.get(name), by_field.get(name, []), force=force)
            row.set_now(draft.now and bool(row.field.tolerance))
            if row.field.only_with:
                # What is changed or wrong is never out of sight.
                row.set_shown(bool(getattr(draft.value, row.field.only_with)) or bool(row.tone))

    def unread(self) -> list[str]:
        """The fields whose entry cannot be read."""
        return [name for name, row in self.rows.items() if row.editor.problem()]
