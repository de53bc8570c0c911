"""One plot over time: all curves of one unit on one axis, painted from what keeps their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.theme import current_theme

from .axes import OVERHANG, TimeAxis, ValueAxis
from .bins import Decimated, axis_range
from .curve import Curve, colours
from .legend import EndNames, Entry, Legend
from .ring import Column

BINS = (450, 600)
"""Fewer look coarse, more cost time and show nothing more."""
LEAST_HEIGHT = 44
"""Of the part with the curves; the legend comes on top."""
NOTHING_YET = (0.0, 1.0)
WHEEL_NOTCH = 120.0
WHEEL_ZOOM = 0.8
LEAST_DRAG_PX = 6
GRID_BELOW = -1000
"""Axes are painted above the curves by default, and their grid would cut the curves up."""


@dataclass(frozen=True)
class Span:
    """A stretch of time. `now_s` is where the axis has its 0 (since 1970); `start` and `end` count from there."""

    now_s: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds from start to end."""
        return self.end - self.start


class TimeBox(pg.ViewBox):
    """The part with the curves. Drag chooses a stretch of time, Shift or the middle button moves, the wheel zooms."""

    chosen = Signal(float, float)
    moved = Signal(float)
    zoomed = Signal(float, float)
    reset = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=False, y=False)
        self.disableAutoRange()
        self.setDefaultPadding(0.0)

    def wheelEvent(self, event: object, axis: int | None = None) -> None:
        """Zoom about the time under the pointer."""
        event.accept()  # type: ignore[attr-defined]
        at = self.mapToView(event.pos()).x()  # type: ignore[attr-defined]
        self.zoomed.emit(at, WHEEL_ZOOM ** (event.delta() / WHEEL_NOTCH))  # type: ignore[attr-defined]

    def mouseDoubleClickEvent(self, event: object) -> None:
        """Back to the whole window."""
        event.accept()  # type: ignore[attr-defined]
        self.reset.emit()

    def mouseDragEvent(self, event: object, axis: int | None = None) -> None:
        """Mark or move. `event` is pyqtgraph's."""
        event.accept()  # type: ignore[attr-defined]
        here = event.pos()  # type: ignore[attr-defined]
        button = event.button()  # type: ignore[attr-defined]
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier  # type: ignore[attr-defined]
        if button == Qt.MouseButton.MiddleButton or shifted:
            before = event.lastPos()  # type: ignore[attr-defined]
            self.moved.emit(self.mapToView(before).x() - self.mapToView(here).x())
        elif button == Qt.MouseButton.LeftButton:
            pressed = event.buttonDownPos()  # type: ignore[attr-defined]
            if event.isFinish():  # type: ignore[attr-defined]
                self.rbScaleBox.hide()
                if abs(here.x() - pressed.x()) >= LEAST_DRAG_PX:
                    ends = sorted((self.mapToView(pressed).x(), self.mapToView(here).x()))
                    self.chosen.emit(*ends)
            else:
                box = self.boundingRect()
                self.updateScaleBox(QPointF(pressed.x(), box.top()), QPointF(here.x(), box.bottom()))


class TimePlot(QWidget):
    """Curves on one axis of values over one of time. `paint` brings them up to date; nothing happens by itself."""

    hovered = Signal(object)
    resized = Signal()

    def __init__(
        self,
        title: str,
        name: str,
        curves: Sequence[Curve],
        time_axis: TimeAxis | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.curves = tuple(curves)
        self.title = title
        self.setObjectName(name)
        self.setAccessibleName(f"Plot of {self.title}")
        self._legend = Legend(self.title, self)
        self.box = TimeBox()
        self.time_axis = time_axis or TimeAxis()
        self._view = pg.PlotWidget(self, viewBox=self.box, axisItems={"bottom": self.time_axis, "left": ValueAxis()})
        self._view.setObjectName(f"{self.objectName()}.view")
        self._view.setAccessibleName(self.accessibleName())
        self._view.setMinimumHeight(LEAST_HEIGHT)
        self._view.hideButtons()
        self._view.setAntialiasing(False)
        self._names = EndNames(self)
        self.set_names_width(self.names_width)
        self._decimated = {curve: Decimated(curve.ring, curve.column) for curve in self.curves}
        self._lines = [pg.PlotCurveItem(antialias=False, skipFiniteCheck=True) for _ in self.curves]
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.hide()
        for item in (*self._lines, self._cross):
            self._view.addItem(item, ignoreBounds=True)
        self._range: tuple[float, float] | None = None
        self._span: Span | None = None
        self._painted: tuple[object, ...] = ()
        self._hover_s: float | None = None
        self._lay_out()
        self.dress()
        self._view.scene().sigMouseMoved.connect(self._mouse_moved)
        self._view.viewport().installEventFilter(self)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._view, 1)
        row.addWidget(self._names)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._legend)
        column.addLayout(row, 1)
        self._view.getPlotItem().layout.setContentsMargins(0, OVERHANG, 0, 0)

    def dress(self) -> None:
        """Take the colours of the current theme."""
        theme = current_theme()
        self._view.setBackground(theme.surface)
        self._colours = colours(self.curves, theme)
        for line, colour in zip(self._lines, self._colours, strict=True):
            line.setPen(pg.mkPen(colour, width=1))
        for side in ("left", "bottom"):
            axis = self._view.getAxis(side)
            axis.setPen(pg.mkPen(theme.line_strong))
            axis.setTextPen(pg.mkPen(theme.text_muted))
            axis.setTickPen(pg.mkPen(theme.plot_grid))
            axis.setTickFont(self.font())
            axis.setGrid(255)
            axis.setZValue(GRID_BELOW)
        self._cross.setPen(pg.mkPen(theme.accent, width=1))
        self.box.rbScaleBox.setPen(pg.mkPen(theme.accent))
        fill = pg.mkColor(theme.accent)
        fill.setAlpha(40)
        self.box.rbScaleBox.setBrush(fill)
        self._painted = ()
        self._show_legend()

    @property
    def names_width(self) -> int:
        """Pixels that the names at the lines' ends want."""
        return self._names.width_for(curve.mark for curve in self.curves)

    def set_names_width(self, width: int) -> None:
        """Give the names at the lines' ends so many pixels: plots with one axis of time need the same."""
        self._names.setFixedWidth(width)

    def show_times(self, shown: bool) -> None:
        """Write the time below; only the lowest plot does."""
        self.time_axis.setStyle(showValues=shown)
        self.time_axis.setHeight(None if shown else OVERHANG)

    @property
    def columns(self) -> int:
        """How many bins the curves are painted in."""
        return int(min(max(self.box.width(), BINS[0]), BINS[1]))

    def points(self, curve: Curve, span: Span) -> tuple[Column, Column]:
        """What is painted of a curve: times (since 1970) and values."""
        decimated = self._decimated[curve]
        # Of the length and not of the ends: these are rounded, and bins of another width are other bins.
        return decimated.points(span.now_s + span.start, span.now_s + span.end, span.length / self.columns)

    def value_words(self, value: float) -> str:
        """A value as the legend tells it."""
        raise NotImplementedError

    def paint(self, span: Span) -> None:
        """Show this stretch of time. Costs nothing when it and the readings are the same as last time."""
        state = (span, self.columns, *(curve.ring.readings for curve in self.curves))
        if state == self._painted:
            return
        if self._span is None or (span.start, span.end) != (self._span.start, self._span.end):
            self.box.setXRange(span.start, span.end, padding=0)
        self._painted, self._span = state, span
        lows, highs, ends = [], [], []
        for curve, line in zip(self.curves, self._lines, strict=True):
            xs, ys = self.points(curve, span)
            finite = np.isfinite(ys)
            whole = bool(finite.all())
            line.setData(xs - span.now_s, ys, connect="all" if whole else "finite", skipFiniteCheck=whole)
            known = ys if whole else ys[finite]
            if len(known):
                lows.append(float(known.min()))
                highs.append(float(known.max()))
            ends.append(float(known[-1]) if len(known) else float("nan"))
        self._follow(lows, highs)
        self._show_ends(ends)

    def _follow(self, lows: list[float], highs: list[float]) -> None:
        wanted = axis_range(min(lows), max(highs), self._range) if lows else self._range or NOTHING_YET
        if wanted != self._range:
            self._range = wanted if lows else None
            self.box.setYRange(*wanted, padding=0)

    def _show_ends(self, ends: list[float]) -> None:
        top = self._names.mapFromGlobal(
            self._view.mapToGlobal(self._view.mapFromScene(self.box.sceneBoundingRect().topLeft()))
        )
        low, high = self._range or NOTHING_YET
        height = self.box.height()
        self._names.show_names(
            [
                (top.y() + height * (high - end) / (high - low), curve.mark, colour)
                for curve, colour, end in zip(self.curves, self._colours, ends, strict=True)
                if np.isfinite(end)
            ]
        )

    def show_cross(self, at: float | None) -> None:
        """Draw the crosshair at a time (0 is the axis' own 0) and tell the values there; None: take it away."""
        self._hover_s = at
        self._cross.setVisible(at is not None)
        if at is not None:
            self._cross.setPos(at)
        self._show_legend()

    def _show_legend(self) -> None:
        span, at = self._span, self._hover_s
        values = [""] * len(self.curves)
        if span is not None and at is not None:
            column_s = span.length / self.columns
            values = [self.value_words(curve.near(span.now_s + at, column_s)) for curve in self.curves]
        self._legend.show_entries(
            [Entry(c.name, colour, value) for c, colour, value in zip(self.curves, self._colours, values, strict=True)]
        )

    def _mouse_moved(self, position: QPointF) -> None:
        inside = self.box.sceneBoundingRect().contains(position)
        self.hovered.emit(self.box.mapSceneToView(position).x() if inside else None)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._painted = ()
        self.resized.emit()
