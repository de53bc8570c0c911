"""One bar for each meter, its value beside it: a comparison at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import current_theme, notifier

_ROW = 34
_BAR = 16
_GAP = 12
_MOST_NAME = 260
_ROUND = 3


class CompareBars(QWidget):
    """Horizontal bars from a common zero. `rows` are name, value (NaN: none) and the value in words."""

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name, accessibleName="Comparison")
        self.rows: tuple[tuple[str, float, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        notifier.theme_changed.connect(self.update)

    def show_rows(self, rows: Sequence[tuple[str, float, str]]) -> None:
        """Show other bars."""
        self.rows = tuple(rows)
        self.setAccessibleDescription("; ".join(f"{name}: {words}" for name, _, words in self.rows))
        self.setVisible(bool(self.rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, _ROW * len(self.rows) + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, _ROW * len(self.rows) + 8)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Names on the left, bars in the middle, values on the right."""
        theme, metrics = current_theme(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        names = min(max((metrics.horizontalAdvance(name) + 2 for name, _, _ in self.rows), default=0), _MOST_NAME)
        names = min(names, self.width() // 3)
        values = max((metrics.horizontalAdvance(words) for _, _, words in self.rows), default=0)
        left, room = names + _GAP, max(self.width() - names - values - 2 * _GAP, 20)
        known = [value for _, value, _ in self.rows if math.isfinite(value)]
        low, high = min([0.0, *known]), max([0.0, *known])
        scale = room / (high - low) if high > low else 0.0
        zero = left - low * scale
        for number, (name, value, words) in enumerate(self.rows):
            top = 4 + number * _ROW
            painter.setPen(QColor(theme.text))
            box = QRectF(0, top, names, _ROW)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, names)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            bar = QRectF(left, top + (_ROW - _BAR) / 2, room, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.surface_alt))
            painter.drawRoundedRect(bar, _ROUND, _ROUND)
            if math.isfinite(value) and value:
                painter.setBrush(QColor(theme.series[number % len(theme.series)]))
                start, end = sorted((zero, zero + value * scale))
                painter.drawRoundedRect(QRectF(start, bar.top(), max(end - start, 2), _BAR), _ROUND, _ROUND)
            painter.setPen(QColor(theme.text if math.isfinite(value) else theme.text_muted))
            box = QRectF(left + room + _GAP, top, values, _ROW)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, words)
        if self.rows:
            painter.setPen(QColor(theme.line_strong))
            painter.drawLine(round(zero), 4, round(zero), 4 + _ROW * len(self.rows))
        painter.end()
