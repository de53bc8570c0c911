"""One plot of the live page: all curves of one unit, told in the words of measured values."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.model.quantity import Unit

from .curve import Curve
from .time_plot import TimePlot
from .wording import value_text


class UnitPlot(TimePlot):
    """All curves of one unit."""

    def __init__(self, unit: Unit, curves: Sequence[Curve], parent: QWidget | None = None) -> None:
        title = unit.quantity + (f" in {unit.value}" if unit.value else "")
        super().__init__(title, f"live.plot.{unit.name.lower()}", curves, parent=parent)
        self.unit = unit

    def value_words(self, value: float) -> str:
        """With the digits that mean something in its unit."""
        return value_text(value, self.unit)
