"""The picture of an archive. The plots are loaded when there is something to plot, in a thread: the window goes on."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.model.archive import Column, ColumnKind, Records
from ui.forms.parts import plain_label, push_button
from ui.tasks import Tasks

if TYPE_CHECKING:
    from ui.plots.records_plot import RecordsPlots

HEAVY = ("numpy", "pyqtgraph")
FIRST_PLOTTED = 8
"""More curves than that are a tangle: the others are chosen from the menu."""


def _load() -> None:
    for name in HEAVY:
        importlib.import_module(name)


def can_be_plotted(records: Records) -> tuple[int, ...]:
    """The columns that can be plotted; none where the rows have no time."""
    if not any(column.kind is ColumnKind.MOMENT for column in records.columns):
        return ()
    return tuple(i for i, c in enumerate(records.columns) if c.plotted and c.kind is ColumnKind.NUMBER)


class RecordsPicture(QWidget):
    """Plots of the chosen columns over time, and the menu that chooses them.

    Hidden while nothing can be plotted. `drawn` when new records are in the plots.
    """

    drawn = Signal()

    def __init__(self, name: str, shape: str, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._shape, self._tasks = name, shape, tasks
        self._records = Records((), ())
        self._columns: tuple[Column, ...] = ()
        self._chosen: tuple[int, ...] = ()
        self._task: asyncio.Task[Any] | None = None
        self.plots: RecordsPlots | None = None
        self.setObjectName(name)
        self.setAccessibleName("Picture")
        self.at = plain_label(role="muted")
        self.at.setObjectName(f"{name}.at")
        self.reset = push_button("Whole time", f"{name}.reset", "zoom", tip="Leave the zoom (0 or double click)")
        self.reset.setEnabled(False)
        self.reset.clicked.connect(lambda: self.plots and self.plots.reset_zoom())
        self.columns_button = push_button("Curves", f"{name}.curves", "chart", tip="Choose what is plotted")
        self._menu = QMenu(self)
        self.columns_button.setMenu(self._menu)
        self.tools = QWidget()
        """Stands beside the filters of the table: so the picture has the height."""
        row = QHBoxLayout(self.tools, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.at, self.reset, self.columns_button):
            row.addWidget(widget)
        self._waiting = plain_label("The plots are being loaded…", role="muted")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout(self, spacing=4)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._waiting, 1)
        self.hide()
        self.tools.hide()

    def show_records(self, records: Records) -> None:
        """Plot other records; the chosen curves stay chosen while the columns are the same."""
        self._records = records
        possible = can_be_plotted(records)
        if records.columns != self._columns:
            self._columns = records.columns
            self._chosen = possible[:FIRST_PLOTTED]
            self._offer(possible)
        for widget in (self, self.tools):
            widget.setVisible(bool(possible and records.count))
        self._plot()

    def _offer(self, possible: tuple[int, ...]) -> None:
        self._menu.clear()
        for index in possible:
            action = QAction(self._columns[index].title.replace("&", "&&"), self._menu, checkable=True)
            action.setObjectName(f"{self._name}.curve_{self._columns[index].key}")
            action.setChecked(index in self._chosen)
            action.toggled.connect(lambda on, index=index: self._choose(index, on=on))
            self._menu.addAction(action)
        self.columns_button.setVisible(len(possible) > 1)

    def _choose(self, index: int, *, on: bool) -> None:
        others = {chosen for chosen in self._chosen if chosen != index}
        self._chosen = tuple(sorted(others | {index} if on else others))
        self._plot()

    def _plot(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if can_be_plotted(self._records):
            self._task = self._tasks.spawn(self, self._draw(self._records, self._chosen))

    async def _draw(self, records: Records, chosen: tuple[int, ...]) -> None:
        await asyncio.to_thread(_load)
        from ui.plots.records import curves_of, titles_of

        curves = await asyncio.to_thread(curves_of, records, chosen, gaps=self._shape != "bars")
        titles = titles_of([records.columns[index] for index in chosen])
        self._made().show_curves(curves, titles, self._shape)
        self.drawn.emit()

    def _made(self) -> RecordsPlots:
        if self.plots is None:
            from ui.plots.records_plot import RecordsPlots

            self.plots = RecordsPlots(f"{self._name}.plots", self)
            self.plots.hovered.connect(self._hovered)
            self.plots.zoomed_changed.connect(self.reset.setEnabled)
            self._waiting.hide()
            self._column.addWidget(self.plots, 1)
        return self.plots

    def _hovered(self, at: object) -> None:
        self.at.setText(f"{at:%Y-%m-%d %H:%M:%S}, device time" if at is not None else "")

    def picture(self) -> QPixmap | None:
        """The plots as they are on screen."""
        return self.plots.picture() if self.plots is not None and self.isVisible() else None
