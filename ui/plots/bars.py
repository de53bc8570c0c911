"""Grouped bars with a value axis: one group for each order, one bar in it for each line. Painted by itself: a few
rectangles are not worth the time that loading a plotting library takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.forms.parts import plain_tip
from ui.theme import current_theme, notifier

_TICKS = 5
_GAP = 8
_GROUP_FILL = 0.78
_LEAST_BAR = 2.0
_WIDEST_BAR = 18.0
_LEAST_TOP = 1.0


@dataclass(frozen=True)
class Bars:
    """One line's bars: its name, its colour as #rrggbb, a value for each group or None."""

    name: str
    colour: str
    values: tuple[float | None, ...]


def round_step(highest: float, ticks: int = _TICKS) -> float:
    """The smallest 1, 2 or 5 times a power of ten of which `ticks` reach up to `highest`."""
    wanted = max(highest, 1e-9) / ticks
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))


class BarChart(QWidget):
    """Shows `Bars` over named groups; the tooltip of a group tells its values."""

    def __init__(self, unit: str, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self._groups: tuple[str, ...] = ()
        self._bars: tuple[Bars, ...] = ()
        self._step = round_step(_LEAST_TOP)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setMinimumHeight(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        notifier.theme_changed.connect(self.update)

    @property
    def bars(self) -> tuple[Bars, ...]:
        """What is shown."""
        return self._bars

    @property
    def top(self) -> float:
        """The upper end of the value axis."""
        return self._step * _TICKS

    def show_bars(self, groups: Sequence[str], bars: Sequence[Bars]) -> None:
        """Show other values. Each of `bars` has a value for each of `groups`."""
        self._groups, self._bars = tuple(groups), tuple(bars)
        known = [value for one in bars for value in one.values if value is not None]
        self._step = round_step(max((_LEAST_TOP, *known)))
        self.setAccessibleDescription("; ".join(self.words(index) for index in range(len(self._groups))))
        self.update()

    def words(self, group: int) -> str:
        """The values of one group, as its tooltip tells them."""
        told = (f"{one.name} {self._number(one.values[group])} {self._unit}" for one in self._bars)
        return f"{self._groups[group]}: {', '.join(told)}"

    def group_at(self, x: float) -> int | None:
        """Which group stands at this place across the widget; None beside all of them."""
        area = self._area()
        if not self._groups or not area.left() <= x < area.right():
            return None
        return int((x - area.left()) / area.width() * len(self._groups))

    def sizeHint(self) -> QSize:
        return QSize(480, 220)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            group = self.group_at(event.pos().x())
            QToolTip.showText(event.globalPos(), "" if group is None else plain_tip(self.words(group)), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self._area()
        self._paint_axis(painter, area)
        for group in range(len(self._groups)):
            self._paint_group(painter, area, group)
        painter.end()

    @staticmethod
    def _number(value: float | None) -> str:
        return "–" if value is None else f"{value:.1f}".replace(".", QLocale().decimalPoint())

    def _tick_text(self, tick: int) -> str:
        text = f"{tick * self._step:g}".replace(".", QLocale().decimalPoint())
        return f"{text} {self._unit}" if tick == _TICKS else text

    def _area(self) -> QRectF:
        """Where the bars stand, between the values at the left and the names below."""
        metrics = QFontMetricsF(self.font())
        left = max(metrics.horizontalAdvance(self._tick_text(tick)) for tick in range(_TICKS + 1)) + _GAP
        upper, lower = metrics.height() / 2, metrics.height() + _GAP / 2
        return QRectF(left, upper, max(self.width() - left - 1, 1), max(self.height() - upper - lower, 1))

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        theme = current_theme()
        height = QFontMetricsF(self.font()).height()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in range(_TICKS + 1):
            y = round(area.bottom() - area.height() * tick / _TICKS) + 0.5
            painter.setPen(QPen(QColor(theme.plot_grid if tick else theme.line_strong), theme.border))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.text_muted))
            painter.drawText(QRectF(0, y - height / 2, area.left() - _GAP / 2, height), right, self._tick_text(tick))

    def _paint_group(self, painter: QPainter, area: QRectF, group: int) -> None:
        theme = current_theme()
        room = area.width() / len(self._groups)
        left = area.left() + group * room
        painter.setPen(QColor(theme.text_muted))
        below = QRectF(left, area.bottom() + _GAP / 2, room, QFontMetricsF(self.font()).height())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._groups[group])
        if not self._bars:
            return
        width = min(max(room * _GROUP_FILL / len(self._bars), _LEAST_BAR), _WIDEST_BAR)
        first = left + (room - width * len(self._bars)) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        for index, one in enumerate(self._bars):
            value = one.values[group]
            if value is not None and value > 0:
                height = area.height() * min(value / self.top, 1.0)
                bar = QRectF(first + index * width, area.bottom() - height, max(width - 1, 1), height)
                painter.fillRect(bar, QColor(one.colour))
