"""The plots of a recording: those of the live page, standing at a moment that somebody else moves, with its marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.commission.recorded import Mark
from ui.forms.parts import one_line
from ui.theme import current_theme

from .curve import Curve
from .live_plot import UnitPlot
from .stack import PlotStack
from .time_plot import BINS

MARK_NAME = 24
MARK_ROWS = 3
"""Names of marks that follow each other closely stand below each other."""


class ReplayStack(PlotStack):
    """Looks back from `show_moment`'s moment, and always tells clock times. `play_wanted`: Space was pressed."""

    play_wanted = Signal()

    def __init__(self, at_s: float, marks: Sequence[Mark], parent: QWidget | None = None) -> None:
        self._marks = tuple(marks)
        self._lines: dict[UnitPlot, list[tuple[Mark, pg.InfiniteLine, pg.TextItem]]] = {}
        super().__init__(parent, clock=lambda: at_s)
        self.setObjectName("replay.plots")
        self.setAccessibleName("Plots of the recording")
        self._paused_s = at_s

    def show_moment(self, time_s: float, *, moving: bool = False) -> None:
        """Look back from this moment (seconds since 1970). While it moves, it does so in steps of a pixel column: a
        picture that would be the same is not painted.
        """
        start, end = self.view
        step = (end - start) / BINS[1]
        shown = time_s // step * step if moving else time_s
        if shown != self._paused_s:
            self._paused_s = shown
            self._stand()
            self.refresh()

    def keys(self) -> dict[Qt.Key, Callable[[], None]]:
        """As everywhere; Space plays and pauses the recording."""
        return {**super().keys(), Qt.Key.Key_Space: self.play_wanted.emit}

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Exchange the curves, and draw the marks among them."""
        super().show_curves(curves)
        self._lines = {plot: self._drawn(plot) for plot in self.plots}
        self._dress_marks()

    def _stand(self) -> None:
        for plot in self.plots:
            plot.time_axis.stand(self._paused_s)

    def _drawn(self, plot: UnitPlot) -> list[tuple[Mark, pg.InfiniteLine, pg.TextItem]]:
        drawn = []
        for number, mark in enumerate(self._marks):
            line = pg.InfiniteLine(angle=90, movable=False)
            name = pg.TextItem(one_line(mark.name, MARK_NAME), anchor=(0.0, -float(number % MARK_ROWS)))
            # The lowest plots are low, and one name a line is enough.
            name.setVisible(plot is self.plots[0])
            for item in (line, name):
                plot.box.addItem(item, ignoreBounds=True)
            drawn.append((mark, line, name))
        return drawn

    def _dress(self) -> None:
        super()._dress()
        self._dress_marks()

    def _dress_marks(self) -> None:
        theme = current_theme()
        for drawn in self._lines.values():
            for _, line, name in drawn:
                line.setPen(pg.mkPen(theme.changed, width=1, style=Qt.PenStyle.DashLine))
                name.setColor(theme.changed)

    def _paint(self, plot: UnitPlot) -> None:
        super()._paint(plot)
        span = self.span()
        top = plot.box.viewRange()[1][1]
        for mark, line, name in self._lines.get(plot, ()):
            at = mark.time_s - span.now_s
            inside = span.start <= at <= span.end
            line.setVisible(inside)
            name.setVisible(inside and plot is self.plots[0])
            if inside:
                line.setPos(at)
                name.setPos(QPointF(at, top))
