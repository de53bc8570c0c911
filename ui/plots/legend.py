"""Which line is which: a row above the plot, and names at the lines' ends, so that colour alone tells nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import Theme, current_theme

SWATCH = 16
SPACE = 6
MOST_ROWS = 2
"""Of more lines only the number is told: the plot needs the room, and whoever shows so many has a table of them."""


@dataclass
class Entry:
    """One line's name, colour, and (with a crosshair) its value in words."""

    name: str
    colour: str
    value: str = ""


class Legend(QWidget):
    """Title and unit of a plot, then its lines; in several rows when one is too short."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._entries: list[Entry] = []
        self._rows = 1
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(200, self._rows * self._row_height())

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 4

    def show_entries(self, entries: list[Entry]) -> None:
        """Exchange the lines; paints only what differs."""
        if entries != self._entries:
            same = [entry.name for entry in entries] == [entry.name for entry in self._entries]
            self._entries = entries
            texts = [f"{entry.name} {entry.value}".strip() for entry in entries]
            self.setAccessibleName(f"{self._title}: {', '.join(texts)}")
            # With values it may need more room. It keeps that, or the plot would jump with the pointer.
            self._fit(self._rows if same else 1)
            self.update()

    def _fit(self, least: int) -> None:
        rows = max(least, 1 + max((row for row, _, _ in self._places()), default=0))
        if rows != self._rows:
            self._rows = rows
            self.updateGeometry()

    def _places(self) -> list[tuple[int, float, Entry]]:
        """Row and left end of each entry; the last may stand for those that have no room."""
        font = self.font()
        font.setBold(True)
        indent = QFontMetricsF(font).horizontalAdvance(self._title) + 3 * SPACE
        metrics = QFontMetricsF(self.font())
        places, row, left = [], 0, indent
        for index, entry in enumerate(self._entries):
            rest = Entry(f"and {len(self._entries) - index} more", "")
            needed = SWATCH + SPACE + metrics.horizontalAdvance(_text(entry))
            if left > indent and row < MOST_ROWS - 1 and left + needed > self.width():
                row, left = row + 1, indent
            if row == MOST_ROWS - 1:
                # Here there must be room for what is said of the rest, too.
                spare = 3 * SPACE + metrics.horizontalAdvance(_text(rest)) if index < len(self._entries) - 1 else 0.0
                if left + needed + spare > self.width():
                    return [*places, (row, left, rest)]
            places.append((row, left, entry))
            left += needed + 3 * SPACE
        return places

    def paintEvent(self, _: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        height = self._row_height()
        painter.drawText(QRectF(0, 0, self.width(), height), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(self.font())
        for row, left, entry in self._places():
            self._paint_entry(painter, theme, entry, QRectF(left, row * height, self.width(), height))
        painter.end()

    def _paint_entry(self, painter: QPainter, theme: Theme, entry: Entry, place: QRectF) -> None:
        if not entry.colour:
            painter.setPen(QColor(theme.text_muted))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, entry.name)
            return
        centre = place.center().y()
        painter.setPen(QPen(QColor(entry.colour), 3))
        painter.drawLine(QPointF(place.left(), centre), QPointF(place.left() + SWATCH, centre))
        painter.setPen(QColor(theme.text if entry.value else theme.text_muted))
        painter.drawText(place.adjusted(SWATCH + SPACE, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, _text(entry))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit(1)


def _text(entry: Entry) -> str:
    return f"{entry.name} {entry.value}" if entry.value else entry.name


NAMES_ROOM = (46, 124)
"""The names at the lines' ends have at least and at most that many pixels: of more the curves would need it."""
NAMES_INSET = 4


class EndNames(QWidget):
    """The names of the lines at the height where they end; names that would cover each other move apart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: list[tuple[float, str, str]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def width_for(self, names: Iterable[str]) -> int:
        """Pixels in which none of the names is cut, within `NAMES_ROOM`."""
        metrics = QFontMetricsF(self.font())
        longest = max((metrics.horizontalAdvance(name) for name in names), default=0.0)
        return min(max(math.ceil(longest) + 2 * NAMES_INSET, NAMES_ROOM[0]), NAMES_ROOM[1])

    def show_names(self, names: list[tuple[float, str, str]]) -> None:
        """(y in pixels, name, colour) of each line that has an end."""
        shown = [(round(y), name, colour) for y, name, colour in names]
        if shown != self._names:
            self._names = shown
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetricsF(self.font())
        height = metrics.height() * 0.9
        for y, (_y, name, colour) in zip(
            spread([name[0] for name in sorted(self._names)], height, self.height()), sorted(self._names), strict=True
        ):
            if y < 0:
                continue
            painter.setPen(QColor(colour))
            room = QRectF(NAMES_INSET, y - height / 2, self.width() - NAMES_INSET, height)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


def spread(wanted: list[float], height: float, room: float) -> list[float]:
    """Centres near the wanted ones (rising), at least `height` apart and, if they fit, within 0 to `room`."""
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, height / 2, placed[-1] + height if placed else 0.0))
    limit = room - height / 2
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - height
    return placed
