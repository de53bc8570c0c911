"""The plots of stored records, one above the other for each unit: the same time, zoom and crosshair for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLocale, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ui.theme import notifier

from .curve import Curve, by_unit
from .date_axis import DateAxis, moment_of
from .records import DAY_S
from .ring import Column
from .time_plot import Span, TimePlot
from .wording import NOTHING

LOWEST = 96
"""The least height of one plot in pixels."""
HOVER_MS = 40
KEY_PAN = 0.1
KEY_ZOOM = 0.7
VALUES_WIDTH = 88
"""Registers have many digits."""
NAMES_MARGIN, NAMES_MOST = 8, 110
MOST_BARS = 240
"""More of them would be narrower than a pixel or two: then steps show more."""
BAR = 0.8
SHORTEST = 2.0
"""No view is narrower than that many intervals."""

# At the end of the program pyqtgraph would walk through every object in memory.
pg.setConfigOptions(exitCleanup=False, antialias=False)


class RecordPlot(TimePlot):
    """Stored values of one unit as lines, steps (a value holds until the next) or bars."""

    def __init__(
        self, unit: str, title: str, name: str, curves: Sequence[Curve], axis: DateAxis, shape: str, parent: QWidget
    ) -> None:
        self._shape = shape
        self._place = {curve: number for number, curve in enumerate(curves)}
        super().__init__(f"{title} in {unit}" if unit else title, name, curves, axis, parent)
        self.unit = unit
        self.setMinimumHeight(LOWEST)
        self._view.getAxis("left").setWidth(VALUES_WIDTH)
        self._bars = [pg.BarGraphItem(x0=[], x1=[], height=[]) for _ in curves] if shape == "bars" else []
        for bars in self._bars:
            self._view.addItem(bars, ignoreBounds=True)
        self.dress()

    def dress(self) -> None:
        """Take the colours of the current theme."""
        super().dress()
        for bars, colour in zip(getattr(self, "_bars", ()), self._colours, strict=False):
            bars.setOpts(brush=colour, pen=pg.mkPen(None))

    @property
    def names_width(self) -> int:
        """How much room the names at the ends of the curves want."""
        widest = max(self.fontMetrics().horizontalAdvance(curve.name) for curve in self.curves)
        return min(widest + NAMES_MARGIN, NAMES_MOST)

    def give_names(self, width: int) -> None:
        """Leave that much room for names: the same in all plots, so that their times stand in line."""
        self._names.setFixedWidth(width)

    def value_words(self, value: float) -> str:
        """With as many digits as were stored."""
        if not np.isfinite(value):
            return NOTHING
        number = f"{value:.10g}".replace(".", QLocale().decimalPoint())
        return f"{number} {self.unit}".rstrip()

    def points(self, curve: Curve, span: Span) -> tuple[Column, Column]:
        """The curve as its shape wants it; bars are items of their own, and their line has only their ends."""
        xs, ys = super().points(curve, span)
        if self._shape == "line" or len(xs) < 1:
            return xs, ys
        if self._shape == "bars" and len(xs) <= MOST_BARS:
            return self._as_bars(curve, span, xs, ys)
        if self._shape == "bars":
            self._bars[self._place[curve]].setOpts(x0=[], x1=[], height=[])
        return np.repeat(xs, 2)[1:], np.repeat(ys, 2)[:-1]

    def _as_bars(self, curve: Curve, span: Span, xs: Column, ys: Column) -> tuple[Column, Column]:
        """Bars of one moment stand side by side, about it."""
        width = BAR * curve.ring.interval_s / len(self.curves)
        place = self._place[curve]
        left = xs - span.now_s - BAR * curve.ring.interval_s / 2 + place * width
        known = np.isfinite(ys)
        bars = self._bars[place]
        bars.setOpts(x0=left[known], x1=(left + width)[known], height=ys[known], y0=np.zeros(int(known.sum())))
        # This line is drawn outside the picture; it gives the axis its range (zero belongs to bars) and its end.
        values = ys[known]
        ends = np.array([0.0, values.min(), values.max(), values[-1]] if len(values) else [0.0])
        return np.full(len(ends), span.now_s + span.end + 2 * span.length), ends


class RecordsPlots(QWidget):
    """All plots of one reading. `hovered` tells the device's time under the crosshair as `datetime`, or None."""

    hovered = Signal(object)
    zoomed_changed = Signal(bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setObjectName(name)
        self.setAccessibleName("Plot")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plots: tuple[RecordPlot, ...] = ()
        self._origin_s = 0.0
        self._whole = (0.0, 1.0)
        self._zoom: tuple[float, float] | None = None
        self._shortest = 1.0
        self._hover: float | None = None
        self._hover_timer = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._hover_timer.timeout.connect(self._show_hover)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        notifier.theme_changed.connect(self._dress)

    def show_curves(self, curves: Sequence[Curve], titles: Mapping[str, str], shape: str) -> None:
        """Exchange the curves: one plot for each unit, called by its title. Shows the whole time."""
        self._zoom = None
        self._measure(curves, shape)
        inside = QWidget(self)
        inside.setProperty("role", "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        plots = []
        for number, (of_unit, group) in enumerate(by_unit(curves).items()):
            unit, name = str(of_unit), f"{self._name}.{number}"
            plot = RecordPlot(unit, titles.get(unit, ""), name, group, DateAxis(self._origin_s), shape, inside)
            column.addWidget(plot, 1)
            plot.hovered.connect(self._hovered)
            plot.resized.connect(self.refresh)
            plot.box.chosen.connect(self.zoom_to)
            plot.box.moved.connect(self.pan)
            plot.box.zoomed.connect(self._zoom_about)
            plot.box.reset.connect(self.reset_zoom)
            plots.append(plot)
        for plot in plots:
            plot.show_times(plot is plots[-1])
            plot.give_names(max(other.names_width for other in plots))
        old = self._area.takeWidget()
        if old is not None:
            old.deleteLater()
        self._area.setWidget(inside)
        self.plots = tuple(plots)
        self.refresh()

    def _measure(self, curves: Sequence[Curve], shape: str) -> None:
        if not curves or not len(curves[0].ring.times()):
            return
        times, interval_s = curves[0].ring.times(), curves[0].ring.interval_s
        first, last = float(times[0]), float(times[-1])
        self._origin_s = first // DAY_S * DAY_S
        room = interval_s / 2 if shape == "bars" or first == last else 0.0
        self._whole = (first - room - self._origin_s, last + room - self._origin_s)
        self._shortest = min(SHORTEST * interval_s, self._whole[1] - self._whole[0])

    def _dress(self) -> None:
        for plot in self.plots:
            plot.dress()
        self.refresh()

    # Which time is shown.

    @property
    def shown(self) -> tuple[datetime, datetime]:
        """The device times at both ends."""
        start, end = self._zoom or self._whole
        return moment_of(start + self._origin_s), moment_of(end + self._origin_s)

    @property
    def zoomed(self) -> bool:
        """Is only a part shown?"""
        return self._zoom is not None

    def zoom_to(self, start: float, end: float) -> None:
        """Show a part; in seconds from the midnight before the first row."""
        low, high = self._whole
        length = max(end - start, self._shortest)
        if length >= high - low:
            self.reset_zoom()
            return
        left = min(max((start + end - length) / 2, low), high - length)
        self._set_zoom((left, left + length))

    def pan(self, seconds: float) -> None:
        """Move a zoomed view."""
        if self._zoom is not None:
            self.zoom_to(self._zoom[0] + seconds, self._zoom[1] + seconds)

    def reset_zoom(self) -> None:
        """Show everything."""
        self._set_zoom(None)

    def _set_zoom(self, zoom: tuple[float, float] | None) -> None:
        changed = (zoom is None) != (self._zoom is None)
        self._zoom = zoom
        self.refresh()
        if changed:
            self.zoomed_changed.emit(zoom is not None)

    def _zoom_about(self, at: float, factor: float) -> None:
        start, end = self._zoom or self._whole
        self.zoom_to(at - (at - start) * factor, at + (end - at) * factor)

    # Painting.

    def refresh(self) -> None:
        """Bring every plot up to date, one in each turn of the loop."""
        for plot in self.plots:
            QTimer.singleShot(0, plot, lambda plot=plot: self._paint(plot))

    def _paint(self, plot: RecordPlot) -> None:
        if plot in self.plots and self.isVisible():
            plot.paint(Span(self._origin_s, *(self._zoom or self._whole)))

    def picture(self) -> QPixmap:
        """The plots as they are on screen."""
        return self._area.widget().grab()

    # Crosshair.

    def _hovered(self, at: float | None) -> None:
        self._hover = at
        if not self._hover_timer.isActive():
            self._hover_timer.start()

    def _show_hover(self) -> None:
        for plot in self.plots:
            plot.show_cross(self._hover)
        self.hovered.emit(None if self._hover is None else moment_of(self._hover + self._origin_s))

    # Qt's own.

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom, arrows move, 0 shows everything."""
        start, end = self._zoom or self._whole
        keys = {
            Qt.Key.Key_Plus: lambda: self._zoom_about((start + end) / 2, KEY_ZOOM),
            Qt.Key.Key_Minus: lambda: self._zoom_about((start + end) / 2, 1 / KEY_ZOOM),
            Qt.Key.Key_Left: lambda: self.pan(-KEY_PAN * (end - start)),
            Qt.Key.Key_Right: lambda: self.pan(KEY_PAN * (end - start)),
            Qt.Key.Key_0: self.reset_zoom,
        }
        action = keys.get(Qt.Key(event.key()))
        if action is None:
            super().keyPressEvent(event)
        else:
            action()
