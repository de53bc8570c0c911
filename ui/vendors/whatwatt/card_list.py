"""The list of a card's folder: names of somebody else, shown as they are and never taken for more than text."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.model.archive import Records
from ui.forms.cells import say_empty
from ui.forms.parts import one_line, plain_tip
from ui.icons import icon
from ui.pages.amounts import size_words
from ui.theme import notifier

TITLES = ("Name", "Log of", "Size", "Remark")
WIDTHS = (270, 110, 100)
ROW = 27
_PLACE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class CardFile:
    """One row. `path` is empty where it cannot be asked for. `size` is in bytes; `day` is the day of a log."""

    name: str
    path: str
    size: float
    day: str
    folder: bool
    remark: str


class CardList(QTableWidget):
    """The rows. `opened(path, folder)` when one is chosen by Return or a double click; `chosen` for a selection."""

    opened = Signal(str, bool)
    chosen = Signal()

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(0, len(TITLES), parent)
        self.setObjectName(f"{key}.list")
        self.setAccessibleName("Files")
        self.setProperty("role", "records")
        self._rows: list[CardFile] = []
        self.setHorizontalHeaderLabels(TITLES)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW)
        across = self.horizontalHeader()
        across.setHighlightSections(False)
        across.setStretchLastSection(True)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeaderItem(2).setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate(WIDTHS):
            across.resizeSection(column, width)
        self.itemSelectionChanged.connect(self.chosen)
        self.itemDoubleClicked.connect(lambda item: self._open(self._rows[item.row()]))
        notifier.theme_changed.connect(self._paint)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self._rows)

    def show_records(self, records: Records) -> None:
        """Show a folder: folders first, then logs with the newest on top, then the rest."""
        names = [column.key for column in records.columns]
        found = [dict(zip(names, row, strict=True)) for row in zip(*records.data, strict=True)]
        rows = [
            CardFile(row["name"], row["path"], row["size"], row["day"], row["type"] == "folder", row["remark"])
            for row in found
        ]
        logs = sorted((row for row in rows if row.day), key=lambda row: row.day, reverse=True)
        self._rows = [
            *(row for row in rows if row.folder),
            *logs,
            *(row for row in rows if not row.folder and not row.day),
        ]
        self.clearSelection()
        self.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            size = "" if row.folder else size_words(row.size)
            for column, text in enumerate((row.name, row.day, size, row.remark)):
                self.setItem(number, column, self._item(text, right=column == 2))
        self._paint()
        if self._rows:
            self.setCurrentCell(0, 0)
            self.clearSelection()
        self.chosen.emit()

    @staticmethod
    def _item(text: str, *, right: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(one_line(text))
        item.setToolTip(plain_tip(text))
        across = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        item.setTextAlignment(across | Qt.AlignmentFlag.AlignVCenter)
        return item

    def _paint(self) -> None:
        for number, row in enumerate(self._rows):
            picture, tone = ("open", "text") if row.folder else ("chart", "text") if row.day else ("journal", "muted")
            if not row.path:
                picture, tone = "warning", "warn"
            self.item(number, 0).setIcon(icon(picture, tone))

    def _selected(self) -> list[CardFile]:
        return [self._rows[index.row()] for index in self.selectionModel().selectedRows()]

    def files(self) -> list[CardFile]:
        """The selected files that can be fetched."""
        return [row for row in self._selected() if row.path and not row.folder]

    def select_logs(self, most: int) -> list[CardFile]:
        """Select the newest logs, at most so many, and give them."""
        self.clearSelection()
        self.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        for row in [number for number, file in enumerate(self._rows) if file.day and file.size][:most]:
            self.selectRow(row)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        return self.files()

    def refused(self) -> str:
        """The name of the first selected entry that cannot be fetched; empty where there is none."""
        return next((one_line(row.name, 40) for row in self._selected() if not row.path), "")

    def _open(self, row: CardFile) -> None:
        if row.path:
            self.opened.emit(row.path, row.folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens what the keyboard stands on; everything else is the table's own."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.currentRow() >= 0:
            self._open(self._rows[self.currentRow()])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        say_empty(self, "Nothing is here.")
