"""The plots of a live page, one above the other: the same time, zoom and crosshair for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ui.forms.parts import plain_label
from ui.theme import notifier

from .curve import Curve, by_unit
from .live_plot import UnitPlot
from .painter import PERIOD_MS, Painter
from .time_plot import BINS, Span

HOVER_MS = 40
SLOWEST_S = 2.0
"""Over a day a pixel is minutes wide, yet whoever looks wants to see that something moves."""
LEAST_ZOOM_S = 5.0
KEY_PAN = 0.1
KEY_ZOOM = 0.7

# At the end of the program pyqtgraph would walk through every object in memory.
pg.setConfigOptions(exitCleanup=False, antialias=False)


class PlotStack(QWidget):
    """Plots of any curves. Runs while it is visible and not paused.

    `hovered` tells the time under the crosshair (seconds since 1970) or None. Zooming pauses: what one looks at
    shall not run away.
    """

    hovered = Signal(object)
    paused_changed = Signal(bool)
    zoomed_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self.setObjectName("live.plots")
        self.setAccessibleName("Live plots")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._clock = clock
        self._window_s = 300.0
        self._zoom: tuple[float, float] | None = None
        self._paused_s: float | None = None
        self._zoom_paused = False
        self._hover: float | None = None
        self._painted_s: dict[UnitPlot, float] = {}
        self.plots: tuple[UnitPlot, ...] = ()
        self.painter = Painter(self)
        self._hover_timer = QTimer(self)
        self._hover_timer.setSingleShot(True)
        self._hover_timer.setInterval(HOVER_MS)
        self._hover_timer.timeout.connect(self._show_hover)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        self.show_curves(())
        notifier.theme_changed.connect(self._dress)

    # What is shown.

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Exchange the curves: one plot for each unit, in the order given."""
        groups = by_unit(curves)
        inside = QWidget(self)
        inside.setProperty("role", "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        plots = [UnitPlot(unit, group, inside) for unit, group in groups.items()]
        for plot in plots:
            column.addWidget(plot, 1)
            plot.show_times(plot is plots[-1])
            plot.hovered.connect(self._hovered)
            plot.resized.connect(self.refresh)
            plot.box.chosen.connect(self.zoom_to)
            plot.box.moved.connect(self.pan)
            plot.box.zoomed.connect(self._zoom_about)
            plot.box.reset.connect(self.reset_zoom)
        if not plots:
            empty = plain_label("No quantity is chosen.")
            empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(empty)
        old = self._area.takeWidget()
        if old is not None:
            old.deleteLater()
        self._area.setWidget(inside)
        self.plots = tuple(plots)
        self._painted_s.clear()
        self.painter.set_turns([lambda plot=plot: self._turn(plot) for plot in plots])
        self.refresh()

    def _dress(self) -> None:
        for plot in self.plots:
            plot.dress()
        self.refresh()

    # Which time is shown.

    @property
    def window_s(self) -> float:
        """How far back the plots look when not zoomed."""
        return self._window_s

    def set_window(self, seconds: float) -> None:
        """Look back so far; leaves the zoom."""
        self._window_s = seconds
        self.reset_zoom()

    @property
    def paused(self) -> bool:
        """Do the plots stand still? Readings are kept all the same."""
        return self._paused_s is not None

    def set_paused(self, paused: bool) -> None:
        """Let the plots stand still, or go on with the present; going on leaves the zoom."""
        if paused == self.paused:
            return
        self._paused_s = self._clock() if paused else None
        self._zoom_paused = False
        for plot in self.plots:
            plot.time_axis.stand(self._paused_s)
        if not paused and self._zoom is not None:
            self._set_zoom(None)
        self._run_or_rest()
        self.refresh()
        self.paused_changed.emit(paused)

    @property
    def zoomed(self) -> bool:
        """Is only a part of the window shown?"""
        return self._zoom is not None

    def zoom_to(self, start: float, end: float) -> None:
        """Show from `start` to `end`, in seconds; 0 is the present or the moment of the pause, the past is below 0."""
        middle, length = (start + end) / 2, min(max(end - start, LEAST_ZOOM_S), self._window_s)
        if length >= self._window_s:
            self.reset_zoom()
            return
        left = min(max(middle - length / 2, -self._window_s), -length)
        if not self.paused:
            self.set_paused(True)
            self._zoom_paused = True
        self._set_zoom((left, left + length))

    def pan(self, seconds: float) -> None:
        """Move a zoomed view."""
        if self._zoom is not None:
            self.zoom_to(self._zoom[0] + seconds, self._zoom[1] + seconds)

    def reset_zoom(self) -> None:
        """Back to the whole window; goes on when it was the zoom that paused."""
        self._set_zoom(None)
        if self._zoom_paused:
            self.set_paused(False)

    def _set_zoom(self, zoom: tuple[float, float] | None) -> None:
        changed = (zoom is None) != (self._zoom is None)
        self._zoom = zoom
        self.refresh()
        if changed:
            self.zoomed_changed.emit(zoom is not None)

    def _zoom_about(self, at: float, factor: float) -> None:
        start, end = self._zoom or (-self._window_s, 0.0)
        self.zoom_to(at - (at - start) * factor, at + (end - at) * factor)

    def _span(self) -> Span:
        start, end = self._zoom or (-self._window_s, 0.0)
        if self._paused_s is not None:
            return Span(self._paused_s, start, end)
        # The present moves in steps of a pixel column: curves keep their shape, and a picture that would be
        # the same is not painted.
        step = (end - start) / BINS[1]
        return Span(-(-self._clock() // step) * step, start, end)

    # Painting.

    def refresh(self) -> None:
        """Bring every plot up to date, one in each turn of the loop."""
        for plot in self.plots:
            QTimer.singleShot(0, plot, lambda plot=plot: self._paint(plot))

    def _turn(self, plot: UnitPlot) -> None:
        pace = min(max(self._window_s / BINS[1] / 2, PERIOD_MS / 1000), SLOWEST_S)
        # Turns come a little early or late: without the slack every second one would be missed.
        if time.monotonic() - self._painted_s.get(plot, 0.0) >= pace * 0.9:
            self._paint(plot)

    def _paint(self, plot: UnitPlot) -> None:
        if plot in self.plots and self.isVisible():
            self._painted_s[plot] = time.monotonic()
            plot.paint(self._span())

    def _run_or_rest(self) -> None:
        if self.isVisible() and not self.paused:
            self.painter.start()
        else:
            self.painter.stop()

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
        self.hovered.emit(None if self._hover is None else self._span().now_s + self._hover)

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_or_rest()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.painter.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom, arrows move, 0 shows everything, Space pauses."""
        start, end = self._zoom or (-self._window_s, 0.0)
        keys = {
            Qt.Key.Key_Plus: lambda: self._zoom_about((start + end) / 2, KEY_ZOOM),
            Qt.Key.Key_Minus: lambda: self._zoom_about((start + end) / 2, 1 / KEY_ZOOM),
            Qt.Key.Key_Left: lambda: self.pan(-KEY_PAN * (end - start)),
            Qt.Key.Key_Right: lambda: self.pan(KEY_PAN * (end - start)),
            Qt.Key.Key_0: self.reset_zoom,
            Qt.Key.Key_Space: lambda: self.set_paused(not self.paused),
        }
        action = keys.get(Qt.Key(event.key()))
        if action is None:
            super().keyPressEvent(event)
        else:
            action()
