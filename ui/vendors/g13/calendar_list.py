"""A list whose rows are drawn: a name, a small day bar, and a line about it. For day profiles and weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.vendors.g13.meter.tariff_models import SwitchPoint
from ui.forms.parts import one_line, plain_tip
from ui.icons import pixmap
from ui.theme import current_theme, notifier
from ui.vendors.g13.calendar_paint import draw_day, sized

_ROW = 50
_ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Entry:
    """One row. `bars` are the days drawn in it; `tone` is error or warn where something is wrong with it."""

    title: str
    line: str
    bars: tuple[tuple[SwitchPoint, ...], ...] = ()
    tone: str = ""
    changed: bool = False


class EntryList(QListWidget):
    """The list. `picked` tells which row the user chose."""

    picked = Signal(int)

    def __init__(self, name: str, words: str) -> None:
        super().__init__(objectName=name)
        self.setAccessibleName(words)
        self.setItemDelegate(_Drawn(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setSpacing(0)
        self._quiet = False
        self.currentRowChanged.connect(self._tell)
        notifier.theme_changed.connect(self._recolour)

    def show_entries(self, entries: Sequence[Entry], current: int) -> None:
        """Show these rows, one of them chosen."""
        self._quiet = True
        while self.count() > len(entries):
            self.takeItem(self.count() - 1)
        while self.count() < len(entries):
            self.addItem(QListWidgetItem())
        for row, entry in enumerate(entries):
            item = self.item(row)
            item.setData(_ENTRY, entry)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one_line(entry.title)}, {one_line(entry.line)}")
            item.setToolTip(plain_tip(f"{entry.title}\n{entry.line}"))
        self.setCurrentRow(current)
        self._quiet = False

    def _recolour(self) -> None:
        self.viewport().update()

    def _tell(self, row: int) -> None:
        if not self._quiet and row >= 0:
            self.picked.emit(row)


class _Drawn(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(_ENTRY)
        theme = current_theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(3, 2, -3, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(rect, 5, 5)
        inner = rect.adjusted(8, 3, -8, -4)
        right = inner.right()
        if entry.tone:
            right -= 18
            picture = pixmap(
                "error" if entry.tone == "error" else "warning",
                "on_selection" if selected else entry.tone,
                16,
                painter.device().devicePixelRatio(),
            )
            painter.drawPixmap(int(right + 2), int(inner.top() + 1), picture)
        title = f"{one_line(entry.title)} •" if entry.changed else one_line(entry.title)
        self._words(painter, QRectF(inner.left(), inner.top(), right - inner.left(), 18), title, entry, selected)
        self._bars(painter, QRectF(inner.left(), inner.bottom() - 15, inner.width(), 14), entry)
        painter.restore()

    def _words(self, painter: QPainter, box: QRectF, title: str, entry: Entry, selected: bool) -> None:
        theme = current_theme()
        painter.setPen(QColor(theme.on_selection if selected else theme.text))
        painter.setFont(sized(painter.font(), 13, bold=True))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        left = box.left() + metrics.horizontalAdvance(shown) + 8
        painter.setFont(sized(painter.font(), 11))
        painter.setPen(QColor(theme.on_selection if selected else theme.text_muted))
        rest = QRectF(left, box.top(), box.right() - left, box.height())
        line = painter.fontMetrics().elidedText(one_line(entry.line), Qt.TextElideMode.ElideRight, int(rest.width()))
        if rest.width() > 30:
            painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line)

    def _bars(self, painter: QPainter, box: QRectF, entry: Entry) -> None:
        many = len(entry.bars)
        for place, points in enumerate(entry.bars):
            width = (box.width() - 3 * (many - 1)) / many
            bar = QRectF(box.left() + place * (width + 3), box.top(), width, box.height())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            draw_day(painter, bar, points, words=False)
