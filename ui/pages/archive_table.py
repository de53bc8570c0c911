"""Records as a table: as many rows as a device keeps, looked up where they stand; sorted, filtered and copied."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QItemSelectionRange,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QIcon, QKeyEvent, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.model.archive import Column, ColumnKind, Records
from ui.forms.cells import say_empty
from ui.forms.entry import DAY_FORMAT, MOMENT_FORMAT
from ui.forms.parts import one_line, plain_tip
from ui.forms.toast import Toasts
from ui.icons import icon
from ui.tasks import Tasks
from ui.theme import current_theme, notifier

ROW = 26
LOOKED_AT = 200
"""That many rows say how wide a column is."""
LEAST_WIDTH, MOST_WIDTH = 72, 380
COPIED_AT_ONCE = 2000
BREATH_S = 0.001
"""The window gets its turn: with 0 it would come after all that is ready already."""
STATUS = "status"
"""A column of that key says how good a row is."""
GOOD = frozenset({"", "ok", "–", "-", "good", "valid"})
NOTHING = "–"
_Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
EMPTY = Records((), ())


class RecordsModel(QAbstractTableModel):
    """Rows of some records, in the order in which they are shown. The newest come first until a column is sorted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.records = EMPTY
        self._order: Sequence[int] = ()
        self._sorted: tuple[int, bool] | None = None
        self._wanted: dict[int, str] = {}
        self._locale = QLocale()
        self._dress()
        notifier.theme_changed.connect(self._theme_changed)

    def show_records(self, records: Records) -> None:
        """Exchange the rows; the sorting and the filters stay where they still make sense."""
        self.beginResetModel()
        if records.columns != self.records.columns:
            self._sorted, self._wanted = None, {}
        self.records = records
        self._locale = QLocale()
        self._locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        self._order = self._ordered()
        self.endResetModel()

    def filter_by(self, column: int, text: str | None) -> None:
        """Show only the rows with this text in a column; None: all."""
        self.beginResetModel()
        if text is None:
            self._wanted.pop(column, None)
        else:
            self._wanted[column] = text
        self._order = self._ordered()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; below 0: the newest first, as they came."""
        self.beginResetModel()
        self._sorted = (column, order is Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self._order = self._ordered()
        self.endResetModel()

    def texts(self, column: int) -> list[str]:
        """The texts that occur in a column."""
        return sorted({str(text) for text in self.records.data[column]})

    def _ordered(self) -> Sequence[int]:
        count = self.records.count
        rows: Sequence[int] = range(count)
        for column, text in self._wanted.items():
            data = self.records.data[column]
            rows = [row for row in rows if data[row] == text]
        if self._sorted is None:
            return rows[::-1]
        column, descending = self._sorted
        return sorted_rows(rows, self.records.data[column], descending=descending)

    # What the view asks.

    def rowCount(self, parent: _Index | None = None) -> int:
        """How many rows are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index | None = None) -> int:
        """How many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self.records.columns)

    def data(self, index: _Index, role: int = Role.DisplayRole) -> Any:
        """A cell. Nothing is computed before it is asked for."""
        if role == Role.DisplayRole:
            return one_line(self.text(index.row(), index.column()))
        column = self.records.columns[index.column()]
        if role == Role.TextAlignmentRole:
            right = column.kind is ColumnKind.NUMBER
            return (
                Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            ) | Qt.AlignmentFlag.AlignVCenter
        if role in (Role.DecorationRole, Role.ForegroundRole) and column.key == STATUS:
            doubtful = self.text(index.row(), index.column()).lower() not in GOOD
            return (self._warning if role == Role.DecorationRole else self._tint) if doubtful else None
        if role == Role.ToolTipRole and column.kind is ColumnKind.TEXT:
            return plain_tip(self.text(index.row(), index.column()))
        return None

    def text(self, row: int, column: int) -> str:
        """A shown cell in words."""
        return self.words(self._order[row], column)

    def places(self, rows: Iterable[int]) -> list[int]:
        """Where shown rows stand in the records."""
        return [self._order[row] for row in rows]

    def words(self, place: int, column: int) -> str:
        """A cell of the records in words."""
        value = self.records.data[column][place]
        declared = self.records.columns[column]
        if isinstance(value, datetime):
            return value.strftime(DAY_FORMAT if declared.whole_days else MOMENT_FORMAT)
        if declared.kind is not ColumnKind.NUMBER:
            return str(value)
        if value != value:
            return NOTHING
        if declared.decimals is None:
            return f"{value:.10g}".replace(".", self._locale.decimalPoint())
        return self._locale.toString(float(value), "f", declared.decimals)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Titles with their units."""
        if orientation is Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return heading(self.records.columns[section])
        if orientation is Qt.Orientation.Horizontal and role == Role.TextAlignmentRole:
            right = self.records.columns[section].kind is ColumnKind.NUMBER
            return (
                Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            ) | Qt.AlignmentFlag.AlignVCenter
        return None

    def _dress(self) -> None:
        self._warning: QIcon = icon("warning", "warn")
        self._tint = QBrush(QColor(current_theme().warn))

    def _theme_changed(self) -> None:
        self._dress()
        self.layoutChanged.emit()


def heading(column: Column) -> str:
    """A column's title with its unit."""
    return f"{column.title} ({column.unit})" if column.unit else column.title


def sorted_rows(rows: Iterable[int], data: Sequence[Any], *, descending: bool) -> list[int]:
    """Rows by what stands in a column. What is not there, or is no date, comes last in either direction."""
    known, odd = [], []
    for row in rows:
        value = data[row]
        (known if isinstance(value, datetime) or (isinstance(value, int | float) and value == value) else odd).append(
            row
        )
    if not known:
        return sorted(odd, key=lambda row: str(data[row]).casefold(), reverse=descending)
    return sorted(known, key=data.__getitem__, reverse=descending) + odd


class RecordsTable(QTableView):
    """The table. Ctrl+C copies the selected cells with their titles, for a spreadsheet."""

    def __init__(self, name: str, tasks: Tasks, toasts: Toasts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._toasts = tasks, toasts
        self.setObjectName(name)
        self.setAccessibleName("Records")
        self.setProperty("role", "records")
        self.rows = RecordsModel(self)
        self._fitted = False
        self.setModel(self.rows)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        down = self.verticalHeader()
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(ROW)
        across = self.horizontalHeader()
        across.setHighlightSections(False)
        # With the table's own it would ask of every row whether its column is selected, each time it is painted.
        across.setSelectionModel(QItemSelectionModel(self.rows, self))
        across.setStretchLastSection(True)
        # Below 0 nothing is marked: the newest come first.
        across.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        across.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.rows.records.columns:
            say_empty(self, "No row matches the filters." if self.rows.records.count else "Nothing is kept here.")

    def show_records(self, records: Records) -> None:
        """Exchange the rows."""
        fresh = records.columns != self.rows.records.columns
        if fresh:
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.rows.show_records(records)
        self._fitted = self._fitted and not fresh
        if not self._fitted and records.count:
            self._fitted = True
            self._fit()

    def _fit(self) -> None:
        """As wide as the titles and the first rows need."""
        metrics, header = self.fontMetrics(), self.horizontalHeader()
        for index, column in enumerate(self.rows.records.columns):
            shown = range(min(LOOKED_AT, self.rows.rowCount()))
            texts = max((self.rows.data(self.rows.index(row, index)) for row in shown), key=len, default="")
            needed = metrics.horizontalAdvance(texts) + 28 + (24 if column.key == STATUS else 0)
            hinted = metrics.averageCharWidth() * column.width + 28
            title = header.sectionSizeHint(index) + 8
            header.resizeSection(index, min(max(needed, hinted, title, LEAST_WIDTH), MOST_WIDTH))
        self._spare(header.length() - self.viewport().width() + self.verticalScrollBar().sizeHint().width())

    def _spare(self, excess: int) -> None:
        """A table that is only a little too wide takes that from its widest column."""
        header = self.horizontalHeader()
        widest = max(range(header.count()), key=header.sectionSize)
        if 0 < excess <= header.sectionSize(widest) // 3:
            header.resizeSection(widest, header.sectionSize(widest) - excess)

    def copy(self) -> None:
        """The selected rows as text: tabs between, titles above."""
        ranges = list(self.selectionModel().selection())
        if ranges:
            self._tasks.spawn(self, self._copied(ranges))

    async def _copied(self, ranges: list[QItemSelectionRange]) -> None:
        # Looked up first: it may be sorted otherwise while it is copied.
        rows = self.rows.places(sorted({row for part in ranges for row in range(part.top(), part.bottom() + 1)}))
        columns = range(self.rows.columnCount())
        records = self.rows.records
        lines = ["\t".join(heading(column) for column in records.columns)]
        for number, row in enumerate(rows, 1):
            lines.append("\t".join(one_line(self.rows.words(row, column)) for column in columns))
            if not number % COPIED_AT_ONCE:
                await asyncio.sleep(BREATH_S)
                if self.rows.records is not records:
                    return
        QGuiApplication.clipboard().setText("\n".join(lines))
        self._toasts.info("Copied", f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} with their titles.")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies whole rows; everything else is the table's own."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
