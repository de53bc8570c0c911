"""The plots of a live page: they follow the present, stand still when paused, and are painted in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from .curve import Curve, by_unit
from .live_plot import UnitPlot
from .painter import PERIOD_MS, Painter
from .stacked import StackedPlots
from .time_plot import BINS, Span

SLOWEST_S = 2.0
"""Over a day a pixel is minutes wide, yet whoever looks wants to see that something moves."""
LEAST_ZOOM_S = 5.0


class PlotStack(StackedPlots[UnitPlot]):
    """Plots of any curves. Runs while it is visible and not paused.

    0 of its axis is the present or the moment of the pause. `hovered` tells the time under the crosshair (seconds
    since 1970) or None. Zooming pauses: what one looks at shall not run away.
    """

    paused_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__("live.plots", "Live plots", parent)
        self._clock = clock
        self._window_s = 300.0
        self._paused_s: float | None = None
        self._zoom_paused = False
        self._painted_s: dict[UnitPlot, float] = {}
        self.painter = Painter(self)
        self.show_curves(())

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Exchange the curves: one plot for each unit, in the order given."""
        groups = by_unit(curves)
        self._painted_s.clear()
        self.show_plots(
            lambda inside: [UnitPlot(unit, group, inside) for unit, group in groups.items()],
            otherwise="No quantity is chosen.",
        )
        for plot in self.plots:
            plot.time_axis.stand(self._paused_s)
        self.painter.set_turns([lambda plot=plot: self._turn(plot) for plot in self.plots])

    # Which time is shown.

    @property
    def whole(self) -> tuple[float, float]:
        """The window."""
        return -self._window_s, 0.0

    @property
    def shortest(self) -> float:
        """A few readings."""
        return LEAST_ZOOM_S

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

    def reset_zoom(self) -> None:
        """Back to the whole window; goes on when it was the zoom that paused."""
        super().reset_zoom()
        if self._zoom_paused:
            self.set_paused(False)

    def _set_zoom(self, zoom: tuple[float, float] | None) -> None:
        if zoom is not None and not self.paused:
            self.set_paused(True)
            self._zoom_paused = True
        super()._set_zoom(zoom)

    def span(self) -> Span:
        """What is to be seen now."""
        start, end = self.view
        if self._paused_s is not None:
            return Span(self._paused_s, start, end)
        # The present moves in steps of a pixel column: curves keep their shape, and a picture that would be
        # the same is not painted.
        step = (end - start) / BINS[1]
        return Span(-(-self._clock() // step) * step, start, end)

    def moment(self, at: float) -> float:
        """Seconds since 1970."""
        return self.span().now_s + at

    # Painting.

    def _turn(self, plot: UnitPlot) -> None:
        pace = min(max(self._window_s / BINS[1] / 2, PERIOD_MS / 1000), SLOWEST_S)
        # Turns come a little early or late: without the slack every second one would be missed.
        if time.monotonic() - self._painted_s.get(plot, 0.0) >= pace * 0.9:
            self._paint(plot)

    def _paint(self, plot: UnitPlot) -> None:
        self._painted_s[plot] = time.monotonic()
        super()._paint(plot)

    def _run_or_rest(self) -> None:
        if self.isVisible() and not self.paused:
            self.painter.start()
        else:
            self.painter.stop()

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_or_rest()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.painter.stop()

    def keys(self) -> dict[Qt.Key, Callable[[], None]]:
        """As everywhere; Space pauses."""
        return {**super().keys(), Qt.Key.Key_Space: lambda: self.set_paused(not self.paused)}
