"""Harmonics as bars by order, and as the table of the same values beside them (manual 6.3.61, 6.3.62)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QSplitter, QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.field import Field
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.entry import in_words
from ui.forms.parts import plain_label
from ui.forms.table import TableEditor
from ui.plots.bars import BarChart, Bars
from ui.theme import Theme, current_theme, notifier

_CHIP = 12
_TABLE_ROWS = "orders"
_BETWEEN = "_"
"""Values between two lines carry it in their name; they are left out of the picture until somebody wants them."""


class HarmonicsBody(Body):
    """Bars above, one box for each line that the meter has, and the table below. Nothing in it can be changed."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        field = section.field(_TABLE_ROWS)
        self._lines: tuple[Field, ...] = field.columns[1:]
        self._rows: tuple[Any, ...] = ()
        self.table = TableEditor(field, f"{section.key}.{field.name}", read_only=True)
        self.chart = BarChart("%", f"{section.key}.bars", f"{section.title} by order")
        self.boxes = {line.name: self._box(line) for line in self._lines}
        self._lay_out()
        notifier.theme_changed.connect(self._paint)

    def _box(self, line: Field) -> QCheckBox:
        box = QCheckBox(line.label, objectName=f"{self.section.key}.show.{line.name}")
        box.setChecked(_BETWEEN not in line.name)
        box.toggled.connect(self._paint)
        box.hide()
        return box

    def _lay_out(self) -> None:
        bar = QGridLayout(horizontalSpacing=16, verticalSpacing=4)
        bar.addWidget(plain_label("THD", role="subtitle"), 0, 0)
        # Six in one row would be wider than the page: those between two lines stand below.
        columns = [1, 1]
        for name, box in self.boxes.items():
            below = int(_BETWEEN in name)
            bar.addWidget(box, below, columns[below])
            columns[below] += 1
        bar.setColumnStretch(max(columns), 1)
        upper = QFrame()
        column = QVBoxLayout(upper, spacing=8)
        column.setContentsMargins(0, 0, 0, 4)
        column.addLayout(bar)
        column.addWidget(self.chart, 1)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(upper)
        split.addWidget(self.table)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show what was read."""
        self._rows = tuple(getattr(draft.value, _TABLE_ROWS))
        self.table.set_base(self._rows)
        self.table.set_value(self._rows)
        self._paint()

    def _paint(self) -> None:
        """Bring boxes and bars up to date with what was read, what is ticked, and the theme."""
        theme = current_theme()
        distortion, *orders = self._rows or (None,)
        bars = []
        for index, line in enumerate(self._lines):
            values = tuple(getattr(order, line.name) for order in orders)
            total = getattr(distortion, line.name, None)
            present = total is not None or any(value is not None for value in values)
            colour = _colour(theme, line, index)
            box = self.boxes[line.name]
            # A box that is hidden has lost its line: its tick is kept for when the line comes back.
            box.setVisible(present)
            words = f"{line.label}  {in_words(line, total)}"
            if box.text() != words:
                box.setText(words)
                box.setAccessibleName(f"Show {line.label}, THD {in_words(line, total)}")
            box.setIcon(_chip(colour))
            if present and box.isChecked():
                bars.append(Bars(line.label, colour, values))
        self.chart.show_bars([order.order for order in orders], bars)


def _colour(theme: Theme, line: Field, index: int) -> str:
    """The conductor's own colour; between two lines one that belongs to no conductor."""
    own = {"l1": theme.l1, "l2": theme.l2, "l3": theme.l3, "neutral": theme.neutral}
    return own.get(line.name) or theme.series[index % len(theme.series)]


def _chip(colour: str) -> QIcon:
    picture = QPixmap(_CHIP, _CHIP)
    picture.fill(QColor(colour))
    return QIcon(picture)
