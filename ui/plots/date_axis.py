"""The time axis of stored records: the device's own dates and times."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QLocale

from .axes import STEPS_S, TimeAxis
from .records import DAY_S, EPOCH

HALF_DAY_S = 43_200.0
DAYS = (1, 2, 7, 14)
MONTHS = (1, 2, 3, 6, 12, 24, 60)
MONTH_S = 30.4 * DAY_S
LABEL_PX = 84
"""The least room of one label."""


class DateAxis(TimeAxis):
    """Device times; 0 of the axis is `origin_s` (seconds since 1970, as if the device's time were UTC)."""

    def __init__(self, origin_s: float) -> None:
        super().__init__()
        self.origin_s = origin_s

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Round steps of minutes, hours, days or months."""
        most = max(2, int(size // LABEL_PX))
        for step in (*STEPS_S, HALF_DAY_S, *(days * DAY_S for days in DAYS)):
            if (high - low) / step <= most:
                first = math.ceil((low + self.origin_s) / step - 1e-6)
                last = math.floor((high + self.origin_s) / step + 1e-6)
                return [(step, [index * step - self.origin_s for index in range(first, last + 1)])]
        months = next((count for count in MONTHS if (high - low) / (count * MONTH_S) <= most), MONTHS[-1])
        return [(months * MONTH_S, [at - self.origin_s for at in self._months(low, high, months)])]

    def _months(self, low: float, high: float, step: int) -> list[float]:
        first, last = moment_of(low + self.origin_s), moment_of(high + self.origin_s)
        numbers = range((first.year * 12 + first.month - 1) // step * step, last.year * 12 + last.month, step)
        begun = [(datetime(number // 12, number % 12 + 1, 1) - EPOCH).total_seconds() for number in numbers]
        return [at for at in begun if low <= at - self.origin_s <= high]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Such as '14:00', '12 Nov' at midnight, 'Nov 2026'."""
        return [tick_text(moment_of(value + self.origin_s), spacing) for value in values]


def tick_text(moment: datetime, spacing: float) -> str:
    """A moment as a label among others `spacing` seconds apart."""
    date = QDate(moment.year, moment.month, moment.day)
    if spacing >= MONTH_S:
        return QLocale().toString(date, "MMM yyyy")
    if spacing >= DAY_S or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return QLocale().toString(date, "d MMM")
    return moment.strftime("%H:%M" if spacing >= 60 else "%H:%M:%S")


def moment_of(time_s: float) -> datetime:
    """A device time, from seconds since 1970."""
    return EPOCH + timedelta(seconds=round(time_s))
