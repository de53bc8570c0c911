"""The legend of the Year tab: what the signs in a day mean, and which day profile has which colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import current_theme, notifier
from ui.vendors.g13.calendar_paint import draw_profile_cell, sized

_SWATCH = 22


class Legend(QWidget):
    """What the signs in a day mean, and which profile has which colour."""

    def __init__(self) -> None:
        super().__init__()
        self._profiles: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(18)
        notifier.theme_changed.connect(self.update)

    def show_profiles(self, profiles: tuple[int, ...]) -> None:
        """These profiles are on the page."""
        self._profiles = profiles
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(sized(self.font(), 11))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text))
        painter.drawPolygon(QPolygonF([QPointF(9, 4), QPointF(0, 4), QPointF(9, 13)]))
        x = self._say(painter, 14, "special day") + 10
        painter.fillRect(QRectF(x, 2, 3, 14), QColor(theme.text))
        x = self._say(painter, x + 8, "season begins") + 10
        x = self._say(painter, x, "profile")
        for index, profile in enumerate(self._profiles):
            last = index == len(self._profiles) - 1
            if x + _SWATCH * (1 if last else 2) > self.width():
                self._say(painter, x, "…")
                return
            box = QRectF(x, 1, _SWATCH - 4, 16)
            draw_profile_cell(painter, box, profile, theme)
            painter.setPen(QColor(theme.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(profile))
            x += _SWATCH

    def _say(self, painter: QPainter, x: float, words: str) -> float:
        painter.setPen(QColor(current_theme().text_muted))
        width = painter.fontMetrics().horizontalAdvance(words) + 6
        painter.drawText(QRectF(x, 0, width, 18), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        return x + width
