"""How tariffs and day profiles look: a colour, a pattern and a number each, in every theme."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen

from app.vendors.g13.meter.tariff_models import OUTPUTS, SwitchPoint, lane_of
from app.vendors.g13.meter.tariff_year import Stretch, stretches
from ui.theme import Theme, current_theme

DAY_MINUTES = 24 * 60
_TARIFF_SERIES = {1: 0, 2: 2, 3: 1, 4: 4}
_PATTERNS = {
    2: Qt.BrushStyle.BDiagPattern,
    3: Qt.BrushStyle.DiagCrossPattern,
    4: Qt.BrushStyle.VerPattern,
}
_ROOM_FOR_WORDS = 74
_ROOM_FOR_NUMBER = 11
_ROOM_FOR_HOURS = 460
_CORNER = 3.0


def mixed(back: str, front: str, share: float) -> QColor:
    """So much of `front` on `back`."""
    a, b = QColor(back), QColor(front)
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )


def strong(theme: Theme, tariff: int) -> QColor:
    """A tariff's colour, for lines."""
    return QColor(theme.series[_TARIFF_SERIES.get(tariff, 7)])


def soft(theme: Theme, tariff: int) -> QColor:
    """A tariff's colour, for areas with text on them."""
    return mixed(theme.surface, strong(theme, tariff).name(), 0.34 if theme.dark else 0.24)


def profile_colour(theme: Theme, profile: int) -> QColor:
    """A day profile's colour, for areas with text on them."""
    return mixed(theme.surface, theme.series[(profile - 1) % len(theme.series)], 0.4 if theme.dark else 0.26)


def profile_line(theme: Theme, profile: int) -> QColor:
    """A day profile's colour, for lines."""
    return QColor(theme.series[(profile - 1) % len(theme.series)])


def draw_profile_cell(painter: QPainter, rect: QRectF, profile: int, theme: Theme) -> None:
    """The ground of something that follows a day profile; the second eight have a pattern too."""
    painter.fillRect(rect, profile_colour(theme, profile))
    if not 1 <= profile <= len(theme.series):
        line = profile_line(theme, profile)
        line.setAlpha(110)
        painter.fillRect(rect, QBrush(line, Qt.BrushStyle.BDiagPattern))


def sized(font: QFont, pixels: float, *, bold: bool = False) -> QFont:
    """The font in another size."""
    made = QFont(font)
    made.setPixelSize(max(7, round(pixels)))
    made.setBold(bold)
    return made


def x_of(rect: QRectF, minute: float) -> float:
    """Where a minute of the day is."""
    return rect.left() + rect.width() * minute / DAY_MINUTES


def draw_tariffs(painter: QPainter, rect: QRectF, spans: tuple[Stretch, ...], *, words: bool = True) -> None:
    """A day's tariffs side by side. What is still as on the day before is hatched grey."""
    theme = current_theme()
    painter.save()
    shape = QPainterPath()
    shape.addRoundedRect(rect, _CORNER, _CORNER)
    painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
    for span in spans:
        part = QRectF(x_of(rect, span.start), rect.top(), 0, rect.height())
        part.setRight(x_of(rect, span.end))
        _draw_tariff(painter, part, span.value, theme)
        if words:
            _label(painter, part, span.value, theme)
    painter.restore()
    painter.save()
    painter.setPen(QPen(QColor(theme.line_strong), theme.border))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, _CORNER, _CORNER)
    painter.restore()


def _draw_tariff(painter: QPainter, part: QRectF, tariff: int | None, theme: Theme) -> None:
    if tariff is None:
        painter.fillRect(part, QColor(theme.surface_alt))
        grey = QColor(theme.line_strong)
        grey.setAlpha(130)
        painter.fillRect(part, QBrush(grey, Qt.BrushStyle.FDiagPattern))
        return
    painter.fillRect(part, soft(theme, tariff))
    if tariff in _PATTERNS:
        line = strong(theme, tariff)
        line.setAlpha(60)
        painter.fillRect(part, QBrush(line, _PATTERNS[tariff]))
    edge = min(4.0, part.height() / 4)
    painter.fillRect(QRectF(part.left(), part.bottom() - edge, part.width(), edge), strong(theme, tariff))
    painter.fillRect(QRectF(part.left(), part.top(), 1, part.height()), strong(theme, tariff))


def _label(painter: QPainter, part: QRectF, tariff: int | None, theme: Theme) -> None:
    tall = part.height() >= 30
    if part.width() < _ROOM_FOR_NUMBER:
        return
    text = "as before" if tariff is None else f"Tariff {tariff}"
    if part.width() < _ROOM_FOR_WORDS or not tall:
        text = "…" if tariff is None else str(tariff)
    painter.setFont(sized(painter.font(), 13 if tall else min(12, part.height() * 0.62), bold=tariff is not None))
    box = painter.fontMetrics().boundingRect(text).width() + 8
    if tariff is not None and box <= part.width():
        # The pattern must not run through the letters.
        height = painter.fontMetrics().height()
        plate = QRectF(part.center().x() - box / 2, part.center().y() - height / 2 - 1, box, height)
        painter.fillRect(plate, soft(theme, tariff))
    painter.setPen(QColor(theme.text if tariff is not None else theme.text_muted))
    painter.drawText(part.adjusted(0, -2, 0, 0), Qt.AlignmentFlag.AlignCenter, text)


def draw_output(painter: QPainter, rect: QRectF, spans: tuple[Stretch, ...]) -> None:
    """When an output is on: filled and named."""
    theme = current_theme()
    painter.save()
    painter.setFont(sized(painter.font(), min(11, rect.height() * 0.75), bold=True))
    middle = rect.center().y()
    painter.setPen(QPen(QColor(theme.line_strong), 1))
    painter.drawLine(QPointF(rect.left(), middle), QPointF(rect.right(), middle))
    for span in spans:
        if span.value is None:
            continue
        part = QRectF(x_of(rect, span.start), rect.top() + 1, 0, rect.height() - 2)
        part.setRight(x_of(rect, span.end))
        if span.value:
            painter.fillRect(part, QColor(theme.total))
            painter.setPen(QColor(theme.surface))
        else:
            painter.setPen(QColor(theme.text_muted))
        text = "on" if span.value else "off"
        if part.width() >= 22 and (span.value or part.width() >= 40):
            if not span.value:
                painter.fillRect(QRectF(part.center().x() - 12, part.top(), 24, part.height()), QColor(theme.surface))
            painter.drawText(part, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def used_outputs(points: tuple[SwitchPoint, ...]) -> tuple[int, ...]:
    """The outputs that a day profile switches."""
    lanes = {lane_of(point.action) for point in points}
    return tuple(output for output in OUTPUTS if output in lanes)


def draw_day(painter: QPainter, rect: QRectF, points: tuple[SwitchPoint, ...], *, words: bool = True) -> None:
    """A whole day profile in one bar."""
    draw_tariffs(painter, rect, stretches(points), words=words)


def draw_hours(painter: QPainter, rect: QRectF) -> None:
    """The hours above a bar, with small lines; every third named, or every sixth where there is little room."""
    theme = current_theme()
    every = 3 if rect.width() >= _ROOM_FOR_HOURS else 6
    painter.save()
    painter.setFont(sized(painter.font(), 11))
    painter.setPen(QColor(theme.text_muted))
    for hour in range(0, 25, every):
        x = x_of(rect, hour * 60)
        box = QRectF(x - 24, rect.top(), 48, rect.height() - 4)
        side = Qt.AlignmentFlag.AlignHCenter
        if hour == 0:
            box, side = QRectF(x, rect.top(), 48, rect.height() - 4), Qt.AlignmentFlag.AlignLeft
        elif hour == 24:
            box, side = QRectF(x - 48, rect.top(), 48, rect.height() - 4), Qt.AlignmentFlag.AlignRight
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, f"{hour:02d}:00")
    painter.setPen(QPen(QColor(theme.line_strong), 1))
    for hour in range(25):
        x = min(x_of(rect, hour * 60), rect.right() - 1)
        long = hour % every == 0
        painter.drawLine(QPointF(x, rect.bottom() - (5 if long else 2)), QPointF(x, rect.bottom()))
    painter.restore()
