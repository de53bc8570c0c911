"""The axes of the live plots: time that stands still while the curves move, and values in the user's locale."""

from __future__ import annotations

import math
import time

import pyqtgraph as pg
from PySide6.QtCore import QLocale, QRectF

STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600,
)  # fmt: skip
LABELS = 9
"""About as many labels as stand side by side on a small screen."""
VALUE_WIDTH = 62
TICKS = 4
OVERHANG = 8
"""The lowest and highest value stand half above the ends of their axis, and are shown all the same (pixels)."""


class TimeAxis(pg.AxisItem):
    """Time before `now`. Live it says how long ago: its labels never change. Standing still it tells the clock."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._clock_s: float | None = None

    def stand(self, clock_s: float | None) -> None:
        """Tell clock times, 0 of the axis being `clock_s` (seconds since 1970); None: say how long ago."""
        if clock_s != self._clock_s:
            self._clock_s = clock_s
            self.picture = None
            self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round steps of seconds, minutes or hours; of the clock where the clock is told."""
        step = next((step for step in STEPS_S if (high - low) / step <= LABELS), STEPS_S[-1])
        origin = 0.0 if self._clock_s is None else -_local_s(self._clock_s)
        first, last = math.ceil((low - origin) / step - 1e-6), math.floor((high - origin) / step + 1e-6)
        return [(step, [origin + index * step for index in range(first, min(last, first + 3 * LABELS) + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Such as '−5 min', or '14:05' where the clock is told."""
        if self._clock_s is None:
            return [ago_text(-value, spacing) for value in values]
        form = "%H:%M" if spacing >= 60 else "%H:%M:%S"
        return [time.strftime(form, time.localtime(round(self._clock_s + value))) for value in values]


class ValueAxis(pg.AxisItem):
    """Values of one unit, in the user's locale."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(VALUE_WIDTH)
        self.setStyle(hideOverlappingLabels=OVERHANG)

    def boundingRect(self) -> QRectF:
        """With room for the labels at both ends, which pyqtgraph leaves out once there is a grid."""
        return super().boundingRect().adjusted(0, -OVERHANG, 0, OVERHANG)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Up to five lines at steps of 1, 2 or 5, also where a plot is low."""
        span = high - low
        if span <= 0:
            return []
        most = max(1, min(TICKS, int(size // 22)))
        power = 10.0 ** math.floor(math.log10(span / most))
        step = next(factor * power for factor in (1, 2, 5, 10, 20) if span / (factor * power) <= most * (1 + 1e-9))
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        return [(step, [index * step for index in range(first, last + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """As many decimals as the step needs."""
        decimals = max(0, -math.floor(math.log10(spacing) + 1e-9))
        locale = QLocale()
        return [locale.toString(value + 0.0, "f", decimals) for value in values]


def ago_text(seconds: float, step: float = 1.0) -> str:
    """How long ago, in the unit that suits the steps: '−30 s', '−5 min', '−2 h', '−1:30 h'."""
    if abs(seconds) < step / 1000:
        return "now"
    sign, seconds = ("−", seconds) if seconds > 0 else ("+", -seconds)
    if step < 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{sign}{rest} s" if not minutes else f"{sign}{minutes}:{rest:02d} min"
    minutes = round(seconds / 60)
    if step < 3600 and minutes < 60:
        return f"{sign}{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{sign}{hours} h" if not rest else f"{sign}{hours}:{rest:02d} h"


def _local_s(clock_s: float) -> float:
    """Seconds since local midnight."""
    local = time.localtime(clock_s)
    return local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec + clock_s % 1
