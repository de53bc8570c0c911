"""The editor of a table field: rows that are added, removed, copied, pasted and filled down, by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QPushButton, QVBoxLayout, QWidget

from app.model.field import Field, Kind
from app.model.section import Problem
from ui.forms.cells import CellEditor, Cells
from ui.forms.columns import ColumnFit, Want
from ui.forms.editor import Editor
from ui.forms.new_row import new_row
from ui.forms.parts import ElidedLabel, push_button
from ui.forms.rows_model import RowsModel
from ui.theme import notifier, restyle

_ROW_HEIGHT = 30
_MIN_ROWS = 4
_MOST_ROWS = 1000
"""Pasting never makes more rows than this, where the field itself names no limit."""
_LEAST_COLUMN, _LEAST_TEXT, _MOST_TEXT, _MOST_COLUMN = 44, 160, 320, 420
_PADDING = 20
"""Beside a cell's text: what the style keeps free at both sides."""
_HEAD_PADDING = 14
_TICK = 26
_SLACK = 40
"""So much wider than it must be may a column of numbers become."""


class TableEditor(Editor):
    """A table of rows. `told` says what an operation did where that is not plain to see."""

    told = Signal(str)

    def __init__(self, field: Field, name: str, *, read_only: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(field, name, parent)
        self.model = RowsModel(field, read_only=read_only, parent=self)
        self.read_only = read_only
        fallback = "Nothing to show." if read_only else "No rows yet. Insert adds one."
        self.view = Cells(field.empty or fallback, read_only=read_only)
        self._count = ElidedLabel(greedy=False)
        self._count.setProperty("role", "muted")
        self._buttons: dict[str, QPushButton] = {}
        layout = QVBoxLayout(spacing=4)
        layout.addLayout(self._bar(name))
        self._row.addLayout(layout)
        self._set_up_view()
        self._adopt_into(layout)
        self.model.edited.connect(self._rows_edited)
        self.model.entries_changed.connect(self.entry_changed)
        self.view.selectionModel().selectionChanged.connect(self._refresh)
        notifier.theme_changed.connect(self._recolour)
        self._refresh()

    def _bar(self, name: str) -> QHBoxLayout:
        bar = QHBoxLayout(spacing=4)
        title = ElidedLabel(self.field.label, greedy=False)
        title.setProperty("role", "subtitle")
        bar.addWidget(title)
        bar.addWidget(self._count)
        bar.addStretch(1)
        operations = (
            ("add", "Add", "add", self.add_row, "Add a row (Insert)"),
            ("remove", "Remove", "remove", self.remove_rows, "Remove the selected rows (Delete)"),
            ("fill", "Fill down", "filldown", self.fill_down, "Copy the topmost selected cells downwards (Ctrl+D)"),
            ("copy", "Copy", "copy", self.copy, "Copy the selected cells (Ctrl+C)"),
            ("paste", "Paste", "paste", self.paste, "Paste rows from the clipboard here (Ctrl+V)"),
        )
        for key, words, picture, slot, tip in operations:
            alone = len(self.field.columns) == 1
            if (self.read_only and key != "copy") or (key == "fill" and alone):
                continue
            button = push_button(words, f"{name}.{key}", picture, role="flat", tip=tip)
            button.clicked.connect(slot)
            self._buttons[key] = button
            bar.addWidget(button)
        return bar

    def _adopt_into(self, layout: QVBoxLayout) -> None:
        inside = QHBoxLayout()
        layout.addLayout(inside, 1)
        self._adopt(self.view, inside)

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setItemDelegate(CellEditor(view))
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setTabKeyNavigation(False)
        triggers = QAbstractItemView.EditTrigger
        view.setEditTriggers(
            triggers.NoEditTriggers
            if self.read_only
            else triggers.DoubleClicked | triggers.SelectedClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed
        )
        view.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setMinimumWidth(44)
        view.verticalHeader().setVisible(not self.read_only)
        view.horizontalHeader().setHighlightSections(False)
        view.horizontalHeader().setMinimumSectionSize(_LEAST_COLUMN)
        view.setMinimumHeight(_ROW_HEIGHT * (_MIN_ROWS + 1) + 4)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._fit = ColumnFit(view, self._wants)

    widest = ""
    """The column that takes what room is left; empty: none does, each column becomes as wide as is good for it."""

    def _wants(self) -> list[Want]:
        return [self._want(column) for column in range(len(self.field.columns))]

    def _want(self, column: int) -> Want:
        """What the header, the entries and the longest one that can be chosen need, within reason."""
        field = self.field.columns[column]
        metrics = self.view.fontMetrics()
        texts = [str(self.model.index(row, column).data()) for row in range(self.model.rowCount())]
        around = _PADDING + (_TICK if self.model.ticked(column) else 0)
        shown = max((metrics.horizontalAdvance(text) for text in texts), default=0) + around
        head = max(self._head_width(column), _LEAST_COLUMN)
        if field.kind not in (Kind.TEXT, Kind.CHOICE):
            width = max(head, shown)
            return Want(width, width, width + _SLACK)
        free = not self.model.fixed(column)
        offered = [choice.label for choice in field.choices] or ["x" * 14]
        longest = max(metrics.horizontalAdvance(text) for text in offered) + around if free else 0
        natural = max(head, min(max(shown, longest), _MOST_TEXT))
        if field.name == self.widest:
            return Want(max(head, min(shown, 3 * _LEAST_TEXT // 2)), natural, 10 * _MOST_COLUMN)
        least = max(head, min(shown, natural, _LEAST_TEXT))
        return Want(least, natural, max(natural, min(natural * 3 // 2, _MOST_COLUMN)))

    def _head_width(self, column: int) -> int:
        font = QFont(self.view.font())
        font.setBold(True)
        words = str(self.model.headerData(column, Qt.Orientation.Horizontal))
        return QFontMetrics(font).horizontalAdvance(words) + _HEAD_PADDING

    def set_value(self, value: Any) -> None:
        """Show rows."""
        self._value = tuple(value)
        if self._value != self.model.rows() or self.model.entry_problems():
            self.model.set_rows(self._value)
        self._number_rows()
        self._fit.fit()
        self._refresh()

    def _number_rows(self) -> None:
        """Where the rows carry their own numbers, the view does not count them a second time."""
        first = self.field.columns[0]
        numbers = [getattr(row, first.name) for row in self._value]
        counted = first.kind is Kind.INTEGER and numbers == list(range(1, len(numbers) + 1))
        self.model.mark_in_cells(marked=counted and bool(numbers))
        self.view.verticalHeader().setVisible(not self.read_only and not self.model.marked_in_cells)

    def set_base(self, rows: Any) -> None:
        """What the device has."""
        self.model.set_base(rows)
        self._refresh()

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Mark the rows and cells that these name."""
        self.model.set_problems(problems)

    def problem(self) -> str:
        """The first cell that cannot be read."""
        problems = self.model.entry_problems()
        return problems[0] if problems else ""

    def mark(self, tone: str) -> None:
        """Rows and cells are marked one by one."""

    def add_row(self) -> None:
        """Add a row at the end, and go there."""
        if self.read_only or self._room() <= 0:
            return
        rows = self.model.rows()
        self.model.insert(len(rows), [new_row(self.field, rows)])
        first = next((c for c in range(len(self.field.columns)) if not self.model.fixed(c)), 0)
        self.view.setFocus()
        self._go(len(rows), first)

    def remove_rows(self) -> None:
        """Remove every row in which a cell is selected."""
        chosen = {index.row() for index in self.view.selectionModel().selectedIndexes()}
        if self.read_only or not chosen:
            return
        column = self.view.currentIndex().column()
        self.model.remove(chosen)
        if self.model.rowCount():
            self._go(min(min(chosen), self.model.rowCount() - 1), max(column, 0))

    def copy(self) -> None:
        """The selected cells, or all of them, as tab-separated text for the clipboard."""
        cells = self._selected() or {
            (r, c) for r in range(self.model.rowCount()) for c in range(len(self.field.columns))
        }
        if not cells:
            return
        rows, columns = sorted({r for r, _ in cells}), sorted({c for _, c in cells})
        lines = ("\t".join(self._plain(r, c) if (r, c) in cells else "" for c in columns) for r in rows)
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _plain(self, row: int, column: int) -> str:
        return self.model.text(row, column).replace("\t", " ").replace("\n", " ")

    def paste(self) -> None:
        """Tab-separated text from the clipboard into the cells from the current one on; rows are added as needed."""
        lines = QGuiApplication.clipboard().text().replace("\r\n", "\n").rstrip("\n").split("\n")
        if self.read_only or not any(line.strip() for line in lines):
            return
        current = self.view.currentIndex()
        top, left = (current.row(), current.column()) if current.isValid() else (self.model.rowCount(), 0)
        fit = min(len(lines), self.model.rowCount() - top + max(self._room(), 0))
        missing = top + fit - self.model.rowCount()
        rows = list(self.model.rows())
        for _ in range(missing):
            rows.append(new_row(self.field, rows))
        self._bulk = True
        self.model.insert(self.model.rowCount(), rows[self.model.rowCount() :])
        cells = [
            (top + r, left + c, text)
            for r, line in enumerate(lines[:fit])
            for c, text in enumerate(line.split("\t"))
            if left + c < len(self.field.columns)
        ]
        self.model.put(cells)
        self._bulk = False
        self._rows_edited()
        if fit < len(lines):
            self.told.emit(f"{len(lines) - fit} rows were left out: {self.field.limits()}.")

    def fill_down(self) -> None:
        """In each column, the topmost selected cell into the selected cells below it."""
        columns: dict[int, list[int]] = {}
        for row, column in sorted(self._selected()):
            columns.setdefault(column, []).append(row)
        self.model.put(
            (row, column, self.model.text(rows[0], column)) for column, rows in columns.items() for row in rows[1:]
        )

    def _selected(self) -> set[tuple[int, int]]:
        return {(index.row(), index.column()) for index in self.view.selectionModel().selectedIndexes()}

    def _room(self) -> int:
        most = _MOST_ROWS if self.field.max_rows is None else self.field.max_rows
        return most - self.model.rowCount()

    def _go(self, row: int, column: int) -> None:
        index = self.model.index(row, column)
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)

    def _rows_edited(self) -> None:
        if self._bulk or self.model.rows() == self._value:
            return
        self._value = self.model.rows()
        self._refresh()
        self.edited.emit(self._value)

    def _refresh(self) -> None:
        rows, most = self.model.rowCount(), self.field.max_rows
        full = most is not None and rows >= most
        self._count.setText(
            f"{rows} of {most} rows" if most is not None else f"{rows} {'row' if rows == 1 else 'rows'}"
        )
        # Where the device itself has as many as there can be, that is no warning.
        restyle(self._count, tone="warn" if full and self.model.on_device < rows else "")
        selected = bool(self.view.selectionModel().selectedIndexes())
        for key, on in (("add", not full), ("remove", selected), ("fill", selected), ("copy", rows > 0)):
            if key in self._buttons:
                self._buttons[key].setEnabled(on)

    def _recolour(self) -> None:
        self.model.recolour()
        self._fit.forget()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.view and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            # Keys that a cell's entry does not use come up here: they were not meant for the table.
            slot = None if self._cell_is_open() else self._slot(event)
            if slot is not None:
                slot()
                return True
        return super().eventFilter(watched, event)

    def _cell_is_open(self) -> bool:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        return any(entry.isVisible() for entry in self.view.viewport().findChildren(QWidget, options=direct))

    def _slot(self, event: QKeyEvent) -> Any:
        if event.matches(QKeySequence.StandardKey.Copy):
            return self.copy
        if event.matches(QKeySequence.StandardKey.Paste):
            return self.paste
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_D:
            return self.fill_down
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.view.currentIndex().isValid():
            return lambda: self.view.edit(self.view.currentIndex())
        return (
            {Qt.Key.Key_Insert: self.add_row, Qt.Key.Key_Delete: self.remove_rows}.get(event.key()) if plain else None
        )

    _bulk = False
