"""The cells of a table of rows: their editors, and what stands in the middle while there are none."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from app.model.field import Kind
from ui.forms.choice import SEARCHABLE, make_searchable, searchable
from ui.forms.parts import plain_tip
from ui.forms.rows_model import RowsModel
from ui.theme import current_theme

_Index = QModelIndex | QPersistentModelIndex
_MARGIN = 24
_BESIDE = 18
"""What the style keeps free at both sides of a text."""


class CellEditor(QStyledItemDelegate):
    """Makes a cell's editor from the column's declaration."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        model = index.model()
        assert isinstance(model, RowsModel)
        field = model.columns[index.column()]
        if field.kind is not Kind.CHOICE:
            line = QLineEdit(parent)
            line.setAccessibleName(field.label)
            return line
        combo = QComboBox(parent, maxVisibleItems=SEARCHABLE)
        combo.setAccessibleName(field.label)
        combo.addItems([choice.label for choice in field.choices])
        if searchable(field):
            make_searchable(combo, field)
        combo.activated.connect(lambda: self._done(combo))
        return combo

    def _done(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        text = str(index.data(Qt.ItemDataRole.EditRole))
        if isinstance(editor, QComboBox):
            if editor.findText(text) < 0:
                editor.addItem(text)
            editor.setCurrentIndex(editor.findText(text))
            if editor.isEditable():
                editor.lineEdit().selectAll()
        elif isinstance(editor, QLineEdit):
            editor.setText(text)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        text = editor.currentText() if isinstance(editor, QComboBox) else editor.text()
        model.setData(index, text, Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        editor.setGeometry(option.rect)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """Where there are no remarks, the tooltip has the text that does not fit."""
        text = str(index.data() or "")
        needed = view.fontMetrics().horizontalAdvance(text) + _BESIDE
        if index.data(Qt.ItemDataRole.ToolTipRole) or needed <= option.rect.width():
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), plain_tip(text), view)
        return True


class Cells(QTableView):
    """The view. While it has no rows it says so in words.

    Where Return chooses in a list, the list and Qt's delegate both end the editing: the second is too late.
    """

    def __init__(self, empty: str, *, read_only: bool) -> None:
        super().__init__(alternatingRowColors=read_only, showGrid=not read_only, wordWrap=False)
        self.empty = empty
        self.setProperty("role", "rows")

    def commitData(self, editor: QWidget) -> None:
        if not editor.isHidden():
            super().commitData(editor)

    def closeEditor(self, editor: QWidget, hint: QStyledItemDelegate.EndEditHint) -> None:
        if not editor.isHidden():
            super().closeEditor(editor, hint)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        say_empty(self, self.empty)


def say_empty(view: QAbstractItemView, words: str) -> None:
    """Where a view has no rows: words in its middle instead of an empty grid. For the end of its `paintEvent`."""
    model = view.model()
    if model is None or model.rowCount():
        return
    painter = QPainter(view.viewport())
    painter.setPen(QColor(current_theme().text_muted))
    room = view.viewport().rect().adjusted(_MARGIN, 0, -_MARGIN, 0)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
    painter.end()
