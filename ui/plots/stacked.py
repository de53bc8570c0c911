"""Plots one above the other: the same time, zoom and crosshair for all. What live and stored plots have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ui.forms.parts import plain_label
from ui.theme import notifier

from .time_plot import Span, TimePlot

P = TypeVar("P", bound=TimePlot)

HOVER_MS = 40
KEY_PAN = 0.1
KEY_ZOOM = 0.7

# At the end of the program pyqtgraph would walk through every object in memory.
pg.setConfigOptions(exitCleanup=False, antialias=False)


class StackedPlots(QWidget, Generic[P]):
    """Times are seconds on the plots' own axis. `hovered` tells what `moment` makes of the one under the crosshair, or
    None; `zoomed_changed` whether only a part is shown."""

    hovered = Signal(object)
    zoomed_changed = Signal(bool)

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plots: tuple[P, ...] = ()
        self._zoom: tuple[float, float] | None = None
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

    # What a stack of some kind says of itself.

    @property
    @abstractmethod
    def whole(self) -> tuple[float, float]:
        """Start and end of what is shown without a zoom."""

    @property
    @abstractmethod
    def shortest(self) -> float:
        """The least length of a zoomed view, in seconds."""

    @abstractmethod
    def span(self) -> Span:
        """What is to be seen now."""

    @abstractmethod
    def moment(self, at: float) -> object:
        """What is told of a time under the crosshair."""

    # What is shown.

    def show_plots(self, make: Callable[[QWidget], Sequence[P]], otherwise: str = "") -> None:
        """Exchange the plots for those that `make` puts into a widget. `otherwise` is said when there is none."""
        inside = QWidget(self)
        inside.setProperty("role", "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.plots = tuple(make(inside))
        for plot in self.plots:
            column.addWidget(plot, 1)
            plot.show_times(plot is self.plots[-1])
            plot.hovered.connect(self._hovered)
            plot.resized.connect(self.refresh)
            plot.box.chosen.connect(self.zoom_to)
            plot.box.moved.connect(self.pan)
            plot.box.zoomed.connect(self._zoom_about)
            plot.box.reset.connect(self.reset_zoom)
        self._align()
        if not self.plots and otherwise:
            empty = plain_label(otherwise)
            empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(empty)
        old = self._area.takeWidget()
        if old is not None:
            old.deleteLater()
        self._area.setWidget(inside)
        self.refresh()

    def _align(self) -> None:
        """Let the curves end at the same place in every plot: as far left as the longest name asks for."""
        width = max((plot.names_width for plot in self.plots), default=0)
        for plot in self.plots:
            plot.set_names_width(width)

    def _dress(self) -> None:
        for plot in self.plots:
            plot.dress()
        self._align()
        self.refresh()

    def picture(self) -> QPixmap:
        """The plots as they are on screen."""
        return self._area.widget().grab()

    # Which time is shown.

    @property
    def zoomed(self) -> bool:
        """Is only a part shown?"""
        return self._zoom is not None

    @property
    def view(self) -> tuple[float, float]:
        """Start and end of what is shown."""
        return self._zoom or self.whole

    def zoom_to(self, start: float, end: float) -> None:
        """Show a part: at least `shortest`, and no more than there is."""
        low, high = self.whole
        length = max(end - start, self.shortest)
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
        start, end = self.view
        self.zoom_to(at - (at - start) * factor, at + (end - at) * factor)

    # Painting.

    def refresh(self) -> None:
        """Bring every plot up to date, one in each turn of the loop."""
        for plot in self.plots:
            QTimer.singleShot(0, plot, lambda plot=plot: self._paint(plot))

    def _paint(self, plot: P) -> None:
        if plot in self.plots and self.isVisible():
            plot.paint(self.span())

    # Crosshair.

    def _hovered(self, at: float | None) -> None:
        self._hover = at
        if not self._hover_timer.isActive():
            self._hover_timer.start()

    def _show_hover(self) -> None:
        for plot in self.plots:
            plot.show_cross(self._hover)
        self.hovered.emit(None if self._hover is None else self.moment(self._hover))

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def keys(self) -> dict[Qt.Key, Callable[[], None]]:
        """Plus and minus zoom, arrows move, 0 shows everything."""
        start, end = self.view
        return {
            Qt.Key.Key_Plus: lambda: self._zoom_about((start + end) / 2, KEY_ZOOM),
            Qt.Key.Key_Minus: lambda: self._zoom_about((start + end) / 2, 1 / KEY_ZOOM),
            Qt.Key.Key_Left: lambda: self.pan(-KEY_PAN * (end - start)),
            Qt.Key.Key_Right: lambda: self.pan(KEY_PAN * (end - start)),
            Qt.Key.Key_0: self.reset_zoom,
        }

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.keys().get(Qt.Key(event.key()))
        if action is None:
            super().keyPressEvent(event)
        else:
            action()
