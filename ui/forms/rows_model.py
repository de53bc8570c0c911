"""The rows of a table field as a Qt model: values, what is half typed, what is wrong, what is not as on the device."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor

from app.model.field import Field, Kind
from app.model.section import Problem
from ui.forms.entry import Unreadable, in_words, read_entry, written
from ui.forms.parts import plain_tip
from ui.forms.rows_diff import RowState, match_rows
from ui.icons import icon
from ui.theme import current_theme

Index = QModelIndex | QPersistentModelIndex
_CELL = re.compile(r"[^\[]*\[(\d+)\](?:\.(\w+))?")
_NUMBERS = (Kind.INTEGER, Kind.NUMBER)
_NO_PARENT = QModelIndex()
_MARKS = {RowState.ADDED: ("+", "new row"), RowState.CHANGED: ("•", "changed")}


class RowsModel(QAbstractTableModel):
    """`edited` tells that the rows are others now, by the user's doing; `entries_changed` that a cell became
    readable or not."""

    edited = Signal()
    entries_changed = Signal()

    def __init__(self, field: Field, *, read_only: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.columns = field.columns
        self.read_only = read_only
        self._rows: list[Any] = []
        self._base: Sequence[Any] = ()
        self._from: dict[int, tuple[RowState, Any]] = {}
        self._problems: dict[tuple[int, str], list[Problem]] = {}
        self._entries: dict[tuple[int, int], tuple[str, str]] = {}
        self.marked_in_cells = False
        self.recolour()

    def recolour(self) -> None:
        """Take the colours and icons of the theme: they are asked for with every cell that is painted."""
        theme = current_theme()
        self._paint = {
            "error": QBrush(QColor(theme.error_soft)),
            "warn": QBrush(QColor(theme.warn_soft)),
            "changed": QBrush(QColor(theme.changed_soft)),
            "fixed": QBrush(QColor(theme.surface_alt)),
            "muted": QBrush(QColor(theme.text_muted)),
        }
        self._icons = {"error": icon("error", "error"), "warn": icon("warning", "warn")}
        self._all_changed()

    def mark_in_cells(self, *, marked: bool) -> None:
        """Rows that are new or changed are marked in their first cell, where no header stands beside them."""
        if marked != self.marked_in_cells:
            self.marked_in_cells = marked
            self._all_changed()

    def rows(self) -> tuple[Any, ...]:
        """The rows, without what cannot be read."""
        return tuple(self._rows)

    def set_rows(self, rows: Iterable[Any]) -> None:
        """Show other rows; what was half typed is gone."""
        wanted, had_entries = list(rows), bool(self._entries)
        self._entries.clear()
        if len(wanted) == len(self._rows):
            self._rows = wanted
            self._match()
            self._all_changed()
        else:
            self.beginResetModel()
            self._rows = wanted
            self._match()
            self.endResetModel()
        if had_entries:
            self.entries_changed.emit()

    def set_base(self, rows: Sequence[Any]) -> None:
        """What the device has: rows and cells that are not so are marked."""
        if rows is not self._base:
            self._base = rows
            self._match()
            self._all_changed()

    @property
    def on_device(self) -> int:
        """How many rows the device has."""
        return len(self._base)

    def set_problems(self, problems: Iterable[Problem]) -> None:
        """Mark rows and cells; `channels[3].quantity` is a cell, `channels[3]` a row."""
        found: dict[tuple[int, str], list[Problem]] = {}
        for problem in problems:
            place = _CELL.fullmatch(problem.field)
            if place:
                found.setdefault((int(place[1]), place[2] or ""), []).append(problem)
        if found != self._problems:
            self._problems = found
            self._all_changed()

    def entry_problems(self) -> list[str]:
        """What stands against reading the cells, with their places."""
        return [
            f"Row {row + 1}, {self.columns[column].label}: {message}."
            for (row, column), (_, message) in sorted(self._entries.items())
        ]

    def insert(self, index: int, rows: Sequence[Any]) -> None:
        """Put rows in."""
        if not rows:
            return
        self._entries = {(r + len(rows) * (r >= index), c): entry for (r, c), entry in self._entries.items()}
        self.beginInsertRows(_NO_PARENT, index, index + len(rows) - 1)
        self._rows[index:index] = rows
        self.endInsertRows()
        self._touched()

    def remove(self, indexes: Iterable[int]) -> None:
        """Take rows out."""
        gone = sorted(set(indexes), reverse=True)
        for index in gone:
            self.beginRemoveRows(_NO_PARENT, index, index)
            del self._rows[index]
            self._entries = {(r - (r > index), c): e for (r, c), e in self._entries.items() if r != index}
            self.endRemoveRows()
        if gone:
            # First of all the rows themselves: who hears of anything else shows the draft, which must know of them.
            self._touched()
            self.entries_changed.emit()

    def put(self, cells: Iterable[tuple[int, int, str]]) -> None:
        """Enter texts into cells (row, column, text); what cannot be read stays as it is typed, and is marked."""
        put, entries = list(self._rows), dict(self._entries)
        for row, column, text in cells:
            field = self.columns[column]
            if self.fixed(column):
                continue
            try:
                value = read_entry(field, text, getattr(put[row], field.name))
            except Unreadable as error:
                entries[row, column] = (text, str(error))
                continue
            entries.pop((row, column), None)
            put[row] = msgspec.structs.replace(put[row], **{field.name: value})
        changed = put != self._rows
        self._rows = put
        unread_changed, self._entries = entries != self._entries, entries
        if changed:
            self._touched()
        else:
            self._all_changed()
        if unread_changed:
            self.entries_changed.emit()

    def fixed(self, column: int) -> bool:
        """Can the column only be read?"""
        return self.read_only or self.columns[column].read_only

    def ticked(self, column: int) -> bool:
        """Is it a column of boxes to tick? Where nothing can be changed, words stand there instead."""
        return self.columns[column].kind is Kind.SWITCH and not self.fixed(column)

    def raw(self, index: Index) -> Any:
        """The value of a cell."""
        return getattr(self._rows[index.row()], self.columns[index.column()].name)

    def text(self, row: int, column: int) -> str:
        """What stands in a cell, as it is typed."""
        entry = self._entries.get((row, column))
        if entry is not None:
            return entry[0]
        return written(self.columns[column], getattr(self._rows[row], self.columns[column].name))

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if self.fixed(index.column()):
            return flags
        if self.columns[index.column()].kind is Kind.SWITCH:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._shown(row, column)
            case Qt.ItemDataRole.EditRole:
                return self.text(row, column)
            case Qt.ItemDataRole.BackgroundRole:
                return self._paint.get(self._tone(row, column))
            case Qt.ItemDataRole.DecorationRole:
                return self._icons.get(self._tone(row, column))
            case Qt.ItemDataRole.ForegroundRole:
                return self._paint["muted"] if self.fixed(column) and not self.read_only else None
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return plain_tip("\n".join(self._remarks(row, column)))
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._side(column)
            case Qt.ItemDataRole.CheckStateRole if self.ticked(column):
                return Qt.CheckState.Checked if self.raw(index) else Qt.CheckState.Unchecked
        return None

    def _shown(self, row: int, column: int) -> str:
        if self.columns[column].kind is Kind.SWITCH and self.fixed(column):
            return "yes" if getattr(self._rows[row], self.columns[column].name) else "–"
        text = self.text(row, column)
        mark = _MARKS.get(self._state(row), ("", ""))[0] if self.marked_in_cells and column == 0 else ""
        return f"{mark} {text}" if mark else text

    def _side(self, column: int) -> Qt.AlignmentFlag:
        right = self.columns[column].kind in _NUMBERS
        return (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role == Qt.ItemDataRole.CheckStateRole:
            value = "on" if Qt.CheckState(value) is Qt.CheckState.Checked else "off"
        self.put([(index.row(), index.column(), str(value))])
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return f"{column.label} ({column.unit})" if column.unit else column.label
            if role == Qt.ItemDataRole.ToolTipRole:
                return plain_tip("\n".join(part for part in (column.help, column.limits()) if part))
            return self._side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None
        mark, word = _MARKS.get(self._state(section), ("", ""))
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{section + 1} {mark}".rstrip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return word
        return None

    def _state(self, row: int) -> RowState:
        return self._from.get(row, (RowState.SAME, None))[0]

    def _tone(self, row: int, column: int) -> str:
        found = self._problems.get((row, self.columns[column].name)) or (
            self._problems.get((row, "")) if column == 0 else None
        )
        if (row, column) in self._entries or (found and any(not problem.warning for problem in found)):
            return "error"
        if found:
            return "warn"
        if self.fixed(column):
            return "" if self.read_only else "fixed"
        return "changed" if self._cell_changed(row, column) else ""

    def _cell_changed(self, row: int, column: int) -> bool:
        state, before = self._from.get(row, (RowState.SAME, None))
        if state is RowState.CHANGED:
            name = self.columns[column].name
            return bool(getattr(before, name) != getattr(self._rows[row], name))
        return state is RowState.ADDED

    def _remarks(self, row: int, column: int) -> list[str]:
        field = self.columns[column]
        entry = self._entries.get((row, column))
        remarks = [] if entry is None else [f"{entry[1]}."]
        remarks += [problem.message for problem in self._problems.get((row, field.name), ())]
        remarks += [problem.message for problem in self._problems.get((row, ""), ())] if column == 0 else []
        if self._cell_changed(row, column) and not self.fixed(column):
            before = self._from[row][1]
            was = "no such row" if before is None else in_words(field, getattr(before, field.name))
            remarks.append(f"on the device: {was}")
        return remarks

    def _match(self) -> None:
        self._from = {
            match.after: (match.state, None if match.before is None else self._base[match.before])
            for match in match_rows(self.field, self._base, self._rows)
            if match.after is not None
        }

    def _touched(self) -> None:
        self._match()
        self._all_changed()
        self.edited.emit()

    def _all_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, len(self._rows) - 1)
