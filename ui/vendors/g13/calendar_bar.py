"""A day profile as a bar of 24 hours, whose switch points are dragged, or moved by keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.vendors.g13.meter.tariff_models import (
    TARIFFS,
    SwitchPoint,
    action_words,
    lane_of,
    minutes_of,
    time_text,
)
from app.vendors.g13.meter.tariff_year import stretches
from ui.theme import current_theme, notifier
from ui.vendors.g13.calendar_paint import (
    DAY_MINUTES,
    draw_hours,
    draw_output,
    draw_tariffs,
    sized,
    used_outputs,
    x_of,
)
from ui.vendors.g13.calendar_points import Points, added, moved, removed, switched

_LABELS = 64
_RIGHT = 14
_BUBBLE = 20
_HOURS = 20
_TARIFF_LANE = 46
_OUTPUT_LANE = 16
_GAP = 4
_REACH = 7
_COARSE, _FINE = 15, 1


class DayBar(QWidget):
    """The bar. `edited` carries the new points, `finished` ends one edit, `chosen` tells which point is chosen now.

    Arrow keys: left and right move the chosen point by 15 minutes (with Shift by one), up and down choose another;
    1 to 4 choose its tariff; Insert and Delete. The mouse drags, and adds with a double click.
    """

    edited = Signal(object)
    finished = Signal()
    chosen = Signal(int)

    def __init__(self, name: str, *, read_only: bool) -> None:
        super().__init__(objectName=name)
        self.setAccessibleName("Day as a bar of 24 hours")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.read_only = read_only
        self.profile = 1
        self.points: Points = ()
        self.index = -1
        self._hover = -1
        self._dragged = False
        self._held = False
        notifier.theme_changed.connect(self.update)

    def show_points(self, profile: int, points: Points) -> None:
        """Show a day profile. The chosen point stays chosen, as far as it is still there."""
        fresh = profile != self.profile
        self.profile, self.points = profile, points
        self.index = 0 if fresh and points else min(self.index, len(points) - 1)
        if self.index < 0 and points:
            self.index = 0
        self._hover = -1
        self.updateGeometry()
        self._say()

    def choose(self, index: int) -> None:
        """Another point is the chosen one."""
        if self.points and index != self.index:
            self.index = max(0, min(index, len(self.points) - 1))
            self._say()
            self.chosen.emit(self.index)

    def add(self, minute: int | None = None) -> None:
        """One more switch point."""
        found = None if self.read_only else added(self.points, self.profile, minute)
        if found is not None:
            self._take(*found)

    def remove(self) -> None:
        """Take the chosen switch point out; the last one stays."""
        if not self.read_only and len(self.points) > 1 and 0 <= self.index < len(self.points):
            self._take(*removed(self.points, self.index))

    def sizeHint(self) -> QSize:
        return QSize(400, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self._height())

    def _height(self) -> int:
        lanes = len(used_outputs(self.points))
        return _BUBBLE + _HOURS + _TARIFF_LANE + lanes * (_OUTPUT_LANE + _GAP) + 4

    # -- editing --

    def _take(self, points: Points, index: int, *, going_on: bool = False) -> None:
        changed = points != self.points
        self.points, self.index = points, index
        self._say()
        if changed:
            self.edited.emit(points)
        self.chosen.emit(index)
        if not going_on:
            self.finished.emit()

    def _move(self, minutes: int) -> None:
        now = minutes_of(self.points[self.index].start)
        if now is not None:
            self._take(*moved(self.points, self.index, now + minutes))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        step = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _COARSE
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        key = event.key()
        if not plain or (not self.points and key != keys.Key_Insert):
            super().keyPressEvent(event)
        elif key in (keys.Key_Up, keys.Key_Down):
            self.choose((self.index + (1 if key == keys.Key_Down else -1)) % len(self.points))
        elif key in (keys.Key_Home, keys.Key_End):
            self.choose(0 if key == keys.Key_Home else len(self.points) - 1)
        elif self.read_only:
            super().keyPressEvent(event)
        elif key in (keys.Key_Left, keys.Key_Right):
            self._move(step if key == keys.Key_Right else -step)
        elif key == keys.Key_Insert:
            self.add()
        elif key in (keys.Key_Delete, keys.Key_Backspace):
            self.remove()
        elif keys.Key_1 <= key <= keys.Key_4 and lane_of(self.points[self.index].action) == 0:
            self._take(*switched(self.points, self.index, TARIFFS[key - keys.Key_1]))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found >= 0:
            self.choose(found)
            self._held = not self.read_only

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._held:
            self._hover = self._at(event.position())
            over = Qt.CursorShape.SizeHorCursor if not self.read_only else Qt.CursorShape.PointingHandCursor
            self.setCursor(over if self._hover >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()
            return
        step = _FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _COARSE
        minute = round(self._minute(event.position().x()) / step) * step
        self._dragged = True
        self._take(*moved(self.points, self.index, minute), going_on=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = False
        if self._dragged:
            self._dragged = False
            self.finished.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._at(event.position()) < 0 and self._lane(0).contains(event.position()):
            self.add(int(self._minute(event.position().x()) // _COARSE * _COARSE))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._say()

    # -- where things are --

    def _lane(self, lane: int) -> QRectF:
        width = max(1.0, self.width() - _LABELS - _RIGHT)
        top = _BUBBLE + _HOURS
        if lane == 0:
            return QRectF(_LABELS, top, width, _TARIFF_LANE)
        place = used_outputs(self.points).index(lane)
        return QRectF(_LABELS, top + _TARIFF_LANE + _GAP + place * (_OUTPUT_LANE + _GAP), width, _OUTPUT_LANE)

    def _minute(self, x: float) -> float:
        lane = self._lane(0)
        return max(0.0, min(DAY_MINUTES - 1.0, (x - lane.left()) / lane.width() * DAY_MINUTES))

    def _grip(self, point: SwitchPoint) -> QRectF | None:
        minute, lane = minutes_of(point.start), lane_of(point.action)
        if minute is None or lane < 0:
            return None
        rect = self._lane(lane)
        half = 5 if lane == 0 else 4
        return QRectF(x_of(rect, minute) - half, rect.top() - 3, 2 * half, rect.height() + 6)

    def _at(self, place: QPointF) -> int:
        """The point under the pointer; the nearest, where several are."""
        found, nearest = -1, float(_REACH + 1)
        for index, point in enumerate(self.points):
            grip = self._grip(point)
            if grip is not None and grip.top() <= place.y() <= grip.bottom():
                distance = abs(grip.center().x() - place.x())
                if distance < nearest:
                    found, nearest = index, distance
        return found

    # -- painting --

    def paintEvent(self, _: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        main = self._lane(0)
        draw_hours(painter, QRectF(main.left(), _BUBBLE, main.width(), _HOURS))
        draw_tariffs(painter, main, stretches(self.points))
        self._name_lane(painter, main, "Tariff")
        for output in used_outputs(self.points):
            lane = self._lane(output)
            draw_output(painter, lane, stretches(self.points, output))
            self._name_lane(painter, lane, f"Output {output}")
        for index, point in enumerate(self.points):
            if index != self.index:
                self._draw_grip(painter, point, chosen=False)
        if 0 <= self.index < len(self.points):
            self._draw_grip(painter, self.points[self.index], chosen=True)
        shown = self._hover if self._hover >= 0 else self.index
        if 0 <= shown < len(self.points):
            self._draw_bubble(painter, self.points[shown])
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.focus), theme.border + 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _name_lane(self, painter: QPainter, lane: QRectF, words: str) -> None:
        painter.setFont(sized(self.font(), 12))
        painter.setPen(QColor(current_theme().text_muted))
        box = QRectF(6, lane.top(), _LABELS - 10, lane.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _draw_grip(self, painter: QPainter, point: SwitchPoint, *, chosen: bool) -> None:
        grip = self._grip(point)
        if grip is None:
            return
        theme = current_theme()
        painter.setPen(QPen(QColor(theme.accent if chosen else theme.line_strong), 1.5 if chosen else 1))
        painter.setBrush(QColor(theme.accent if chosen else theme.surface))
        painter.drawRoundedRect(grip, 4, 4)
        painter.setPen(QPen(QColor(theme.on_accent if chosen else theme.line_strong), 1))
        middle, reach = grip.center(), min(6.0, grip.height() / 4)
        for offset in (-1.5, 1.5):
            x = middle.x() + offset
            painter.drawLine(QPointF(x, middle.y() - reach), QPointF(x, middle.y() + reach))

    def _draw_bubble(self, painter: QPainter, point: SwitchPoint) -> None:
        minute = minutes_of(point.start)
        if minute is None:
            return
        theme = current_theme()
        painter.setFont(sized(self.font(), 12, bold=True))
        text = f"{time_text(minute)}  {action_words(point.action)}"
        width = painter.fontMetrics().horizontalAdvance(text) + 14
        left = max(_LABELS - 6.0, min(self.width() - width - 3.0, x_of(self._lane(0), minute) - width / 2))
        box = QRectF(left, 3, width, _BUBBLE - 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(theme.on_accent))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _say(self) -> None:
        """What a screen reader says of it."""
        text = "No switch points"
        if 0 <= self.index < len(self.points):
            point = self.points[self.index]
            text = f"Switch point {self.index + 1} of {len(self.points)}: {point.start} {action_words(point.action)}"
        self.setAccessibleDescription(text)
        self.update()
