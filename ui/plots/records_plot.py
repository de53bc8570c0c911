"""The plots of stored records, one for each unit: as lines, steps or bars over the device's own time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QWidget

from .curve import Curve, by_unit
from .date_axis import DateAxis, moment_of
from .records import DAY_S
from .ring import Column
from .stacked import StackedPlots
from .time_plot import Span, TimePlot
from .wording import NOTHING

LOWEST = 96
"""The least height of one plot in pixels."""
VALUES_WIDTH = 88
"""Registers have many digits."""
MOST_BARS = 240
"""More of them would be narrower than a pixel or two: then steps show more."""
BAR = 0.8
SHORTEST = 2.0
"""No view is narrower than that many intervals."""


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


class RecordsPlots(StackedPlots[RecordPlot]):
    """All plots of one reading. 0 of its axis is the midnight before the first row.

    `hovered` tells the device's time under the crosshair as `datetime`, or None.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Plot", parent)
        self._origin_s = 0.0
        self._whole = (0.0, 1.0)
        self._shortest = 1.0

    def show_curves(self, curves: Sequence[Curve], titles: Mapping[str, str], shape: str) -> None:
        """Exchange the curves: one plot for each unit, called by its title. Shows the whole time."""
        self._zoom = None
        self._measure(curves, shape)
        groups = {str(unit): group for unit, group in by_unit(curves).items()}
        self.show_plots(
            lambda inside: [
                RecordPlot(
                    unit, titles.get(unit, ""), f"{self.objectName()}.{number}", group,
                    DateAxis(self._origin_s), shape, inside,
                )
                for number, (unit, group) in enumerate(groups.items())
            ]
        )  # fmt: skip

    def _measure(self, curves: Sequence[Curve], shape: str) -> None:
        if not curves or not len(curves[0].ring.times()):
            return
        times, interval_s = curves[0].ring.times(), curves[0].ring.interval_s
        first, last = float(times[0]), float(times[-1])
        self._origin_s = first // DAY_S * DAY_S
        room = interval_s / 2 if shape == "bars" or first == last else 0.0
        self._whole = (first - room - self._origin_s, last + room - self._origin_s)
        self._shortest = min(SHORTEST * interval_s, self._whole[1] - self._whole[0])

    @property
    def whole(self) -> tuple[float, float]:
        """All that was read."""
        return self._whole

    @property
    def shortest(self) -> float:
        """A few rows."""
        return self._shortest

    @property
    def shown(self) -> tuple[datetime, datetime]:
        """The device times at both ends."""
        start, end = self.view
        return self.moment(start), self.moment(end)

    def span(self) -> Span:
        """What is to be seen."""
        return Span(self._origin_s, *self.view)

    def moment(self, at: float) -> datetime:
        """The device's time."""
        return moment_of(at + self._origin_s)
