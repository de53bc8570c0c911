"""Draws a row of the tree in two lines: name and draft dot, then kind, address and state with icon and word."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.icons import icon
from ui.theme import current_theme

from .model import Role

PADDING = 6
ICON = 20
STATE_ICON = 14
DOT = 9
STATE_TONES = {"ok": "ok", "error": "error", "warning": "warn", "info": "info"}


class TreeDelegate(QStyledItemDelegate):
    """Rows of one height, whatever is in them: that is what keeps a long tree fast."""

    def sizeHint(self, option: QStyleOptionViewItem, _: QModelIndex | QPersistentModelIndex) -> QSize:
        """Two lines of text."""
        return QSize(200, 2 * QFontMetrics(option.font).height() + 2 * PADDING)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one row."""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        theme = current_theme()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        strong = QColor(theme.on_selection if selected else theme.text)
        weak = QColor(theme.on_selection if selected else theme.text_muted)
        painter.save()
        area = option.rect.adjusted(2, PADDING, -PADDING, -PADDING)
        line = area.height() // 2
        icon(_icon_name(index), "on_selection" if selected else "text").paint(
            painter, QRect(area.left(), area.top() + 1, ICON, ICON)
        )
        text = area.adjusted(ICON + 8, 0, 0, 0)
        first, second = (
            QRect(text.left(), text.top(), text.width(), line),
            QRect(text.left(), text.top() + line, text.width(), line),
        )
        first = self._dot(painter, first, index.data(Role.DRAFTS), theme.on_selection if selected else theme.changed)
        first = self._state(painter, option, first, index, weak)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        self._text(painter, font, strong, first, str(index.data(Qt.ItemDataRole.DisplayRole) or ""))
        small = QFont(option.font)
        small.setPointSizeF(max(7.5, option.font.pointSizeF() - 1))
        self._text(painter, small, weak, second, str(index.data(Role.DETAIL) or ""))
        painter.restore()

    def _dot(self, painter: QPainter, area: QRect, drafts: int, colour: str) -> QRect:
        if not drafts:
            return area
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(area.right() - DOT, area.center().y() - DOT // 2, DOT, DOT)
        return area.adjusted(0, 0, -DOT - 6, 0)

    def _state(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        index: QModelIndex | QPersistentModelIndex,
        colour: QColor,
    ) -> QRect:
        word, name = str(index.data(Role.STATE) or ""), str(index.data(Role.STATE_ICON) or "")
        if not word:
            return area
        font = QFont(option.font)
        font.setPointSizeF(max(7.5, option.font.pointSizeF() - 1))
        width = QFontMetrics(font).horizontalAdvance(word) + 2
        self._text(painter, font, colour, QRect(area.right() - width, area.top(), width, area.height()), word)
        if name:
            top = area.center().y() - STATE_ICON // 2
            tone = "on_selection" if option.state & QStyle.StateFlag.State_Selected else STATE_TONES.get(name, "muted")
            icon(name, tone).paint(painter, QRect(area.right() - width - STATE_ICON - 4, top, STATE_ICON, STATE_ICON))
        return area.adjusted(0, 0, -width - STATE_ICON - 12, 0)

    @staticmethod
    def _text(painter: QPainter, font: QFont, colour: QColor, area: QRect, text: str) -> None:
        painter.setFont(font)
        painter.setPen(colour)
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _icon_name(index: QModelIndex | QPersistentModelIndex) -> str:
    node = index.data(Role.NODE)
    if node is None:
        return "meter"
    return {0: "location", 1: "search", 2: "gateway", 3: "meter"}[int(node.kind)]
