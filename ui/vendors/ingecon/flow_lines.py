"""The lines between the parts of a plant and its house, with arrows that move in the direction of the power."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from ui.theme import Theme

from .flow_parts import Part

STEP = 3.0
"""Pixels between the places of a line that are worked out beforehand: an arrow moves from one to the next."""
APART = 34.0
"""Pixels between two arrows."""
THINNEST, WIDEST = 3.0, 15.0
FULL_W = 1000.0
"""A line is at its widest at the largest power that was seen, but not below this."""
SLOWEST, FASTEST = 14.0, 70.0
"""Pixels that an arrow moves in a second."""
_REST_ALPHA = 90


@dataclass(frozen=True)
class Line:
    """The way from a part's card to the house: the curve, and its places with their directions in radians."""

    path: QPainterPath
    places: tuple[tuple[float, float, float], ...]


def line_between(start: QPointF, end: QPointF) -> Line:
    """A curve that leaves and arrives level."""
    half = (end.x() - start.x()) / 2
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(half, 0), end - QPointF(half, 0), end)
    count = max(int(path.length() / STEP), 1)
    points = [path.pointAtPercent(place / count) for place in range(count + 1)]
    places = []
    for place, point in enumerate(points):
        before, after = points[max(place - 1, 0)], points[min(place + 1, count)]
        places.append((point.x(), point.y(), math.atan2(after.y() - before.y(), after.x() - before.x())))
    return Line(path, tuple(places))


def share(power: float, largest: float) -> float:
    """How much of the largest power it is, 0 to 1; its root, so that small powers are seen beside large ones."""
    return math.sqrt(min(abs(power) / max(largest, FULL_W), 1.0))


def width_of(part: Part, largest: float) -> float:
    """How wide its line is in pixels."""
    return THINNEST + (WIDEST - THINNEST) * share(part.power, largest) if part.moving else THINNEST


def speed_of(part: Part, largest: float) -> float:
    """Pixels a second towards the house; below zero away from it, 0 while nothing flows."""
    if not part.moving:
        return 0.0
    return math.copysign(SLOWEST + (FASTEST - SLOWEST) * share(part.power, largest), part.power)


def paint_line(
    painter: QPainter, theme: Theme, line: Line, part: Part, *, largest: float, moved: float, fresh: bool
) -> None:
    """Draw the line of a part. `moved` is how far its arrows have come, in pixels towards the house."""
    live = part.moving and fresh
    colour = QColor(theme.tone(part.tone) if live else theme.line_strong)
    width = width_of(part, largest)
    if not part.known:
        painter.setPen(QPen(colour, theme.border, Qt.PenStyle.DotLine))
        painter.drawPath(line.path)
        return
    soft = QColor(colour)
    soft.setAlpha(_REST_ALPHA)
    painter.setPen(QPen(soft, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawPath(line.path)
    if part.moving:
        _arrows(painter, line, part, colour, width, moved)


def _arrows(painter: QPainter, line: Line, part: Part, colour: QColor, width: float, moved: float) -> None:
    """Arrows at equal distances along the line."""
    size = width / 2 + 4
    turned = 0.0 if part.power > 0 else math.pi
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    last = len(line.places) - 1
    at = moved % APART
    while at < last * STEP:
        x, y, angle = line.places[round(at / STEP)]
        painter.drawPolygon(_arrow(x, y, angle + turned, size))
        at += APART
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _arrow(x: float, y: float, angle: float, size: float) -> QPolygonF:
    cos, sin = math.cos(angle) * size, math.sin(angle) * size
    return QPolygonF(
        [
            QPointF(x + cos, y + sin),
            QPointF(x - cos * 0.7 - sin * 0.8, y - sin * 0.7 + cos * 0.8),
            QPointF(x - cos * 0.2, y - sin * 0.2),
            QPointF(x - cos * 0.7 + sin * 0.8, y - sin * 0.7 - cos * 0.8),
        ]
    )
