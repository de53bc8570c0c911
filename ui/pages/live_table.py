"""The present values of several meters: a row for each meter and family of quantities, a column for each conductor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.model.quantity import Phase
from ui.forms.parts import one_line, plain_tip
from ui.icons import icon
from ui.plots.wording import value_text
from ui.theme import current_theme, notifier

from .live_quantities import COLUMNS, Family, families
from .live_source import Source, brief_state_of, state_of

if TYPE_CHECKING:
    from ui.plots.curve import Curve

ROW = 26
ROWS_SHOWN = 6
WIDEST_METER = "Main distribution 1"
WIDEST_QUANTITY = "Reactive power"
WIDEST_VALUE = "-888.88 kvar"
USUAL_VALUE = "-8888 W"
WIDEST_STATE = "Silent for 88 s"
SWATCH = 20
AIR = 20

Index = QModelIndex | QPersistentModelIndex
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, eq=False)
class Line:
    """One row: a family of quantities of one source. `first` is the source's first row, which names it."""

    source: Source
    family: Family
    places: dict[Phase, int]
    """The column of each conductor in the ring."""
    first: bool


class LiveModel(QAbstractTableModel):
    """Looks into the rings when it is asked; `renew` says that they have changed."""

    def __init__(self, parent: QWidget, whose: str) -> None:
        super().__init__(parent)
        self._whose = whose
        self.lines: list[Line] = []
        self.phases: list[Phase] = []
        self._at: float | None = None
        self._curves: dict[tuple[Source, int], Curve] = {}
        self._colours: dict[tuple[Source, int], str] = {}
        self._states: dict[Source, tuple[str, str, str]] = {}

    def show_curves(
        self,
        sources: Sequence[Source],
        curves: dict[tuple[Source, int], Curve],
        colours: dict[tuple[Source, int], str],
    ) -> None:
        """Exchange the rows. `curves` and their `colours` by source and column of its ring."""
        self.beginResetModel()
        self.lines = []
        self._curves = curves
        self._colours = colours
        for source in sources:
            chosen = [quantity for quantity in source.feed.quantities if quantity.key in source.ticked]
            for number, family in enumerate(families(chosen)):
                columns = {phase: source.place(quantity.key) for phase, quantity in family.members.items()}
                self.lines.append(Line(source, family, columns, first=not number))
        self.phases = [phase for phase in COLUMNS if any(phase in line.places for line in self.lines)]
        self._states = {source: brief_state_of(source) for source in sources}
        self.endResetModel()

    def recolour(self, colours: dict[tuple[Source, int], str]) -> None:
        """The theme has changed."""
        self._colours = colours
        self.renew()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def show_at(self, time_s: float | None) -> None:
        """Tell the values of that time (seconds since 1970), None: the present ones."""
        self._at = time_s
        self.renew()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0)

    def renew(self) -> None:
        """Say that the values may have changed."""
        if self.lines:
            self._states = {source: brief_state_of(source) for source in self._states}
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.phases) + 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        phase = self._phase(section)
        if role == Qt.ItemDataRole.DisplayRole:
            if phase is not None:
                return COLUMNS[phase]
            first = self._whose if self._at is None else f"At {time.strftime('%H:%M:%S', time.localtime(self._at))}"
            return {0: first, 1: "Quantity"}.get(section, "State")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if phase is not None else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and phase is not None:
            return QColor(current_theme().phase(phase))
        return None

    def _phase(self, column: int) -> Phase | None:
        return self.phases[column - 2] if 2 <= column < 2 + len(self.phases) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, phase = self.lines[index.row()], self._phase(index.column())
        if phase is not None:
            return self._value(line, phase, role)
        if index.column() < 2:
            return self._name(line, index.column(), role)
        return self._state(line, role)

    def _name(self, line: Line, column: int, role: int) -> Any:
        title = one_line(line.source.channel.title)
        if role == Qt.ItemDataRole.DisplayRole:
            return line.family.title if column else title if line.first else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return line.family.title if column else title
        if role == Qt.ItemDataRole.ToolTipRole and not column:
            return plain_tip(f"{title}\n{line.source.channel.serial}")
        if role == Qt.ItemDataRole.ForegroundRole and column:
            return QColor(current_theme().text_muted)
        return None

    def _value(self, line: Line, phase: Phase, role: int) -> Any:
        if phase not in line.places:
            return None
        place = line.places[phase]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return value_text(self._number(line.source, place), line.family.unit)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            theme = current_theme()
            true = self._at is not None or self._states[line.source][0] == "ok"
            return QColor(theme.text if true else theme.text_disabled)
        if role == Qt.ItemDataRole.DecorationRole and (line.source, place) in self._colours:
            return QColor(self._colours[line.source, place])
        return None

    def _number(self, source: Source, place: int) -> float:
        curve = self._curves.get((source, place))
        return source.ring.last(place) if self._at is None or curve is None else curve.near(self._at, 0.0)

    def _state(self, line: Line, role: int) -> Any:
        if not line.first:
            return None
        tone, picture, words = self._states[line.source]
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.DecorationRole:
            return icon(picture, tone)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(state_of(line.source)[2])
        return None


class LiveTable(QTableView):
    """The table. Beside each value is the colour of its curve."""

    def __init__(self, name: str, *, whose: str = "Meter", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}.values")
        self.setAccessibleName("Present values")
        self.setProperty("role", "records")
        self.readings = LiveModel(self, whose)
        self.setModel(self.readings)
        self._curves: dict[tuple[Source, int], Curve] = {}
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.horizontalHeader().setStretchLastSection(True)
        notifier.theme_changed.connect(self._dress)
        self._fit()

    def show_curves(self, sources: Sequence[Source], curves: Sequence[tuple[Source, Curve]]) -> None:
        """Exchange the meters and what is shown of each."""
        self._curves = {(source, curve.column): curve for source, curve in curves}
        self.readings.show_curves(sources, self._curves, self._colours())
        self._fit()

    def show_at(self, time_s: float | None) -> None:
        """Show the values under the crosshair; None: the present ones."""
        self.readings.show_at(time_s)

    def renew(self) -> None:
        """Show what has come."""
        self.readings.renew()

    def _colours(self) -> dict[tuple[Source, int], str]:
        """As the plots give them: each unit has its own."""
        if not self._curves:
            return {}
        from ui.plots.curve import by_unit, colours

        found: dict[tuple[Source, int], str] = {}
        places = {curve: place for place, curve in self._curves.items()}
        for group in by_unit(places).values():
            for curve, colour in zip(group, colours(group, current_theme()), strict=True):
                found[places[curve]] = colour
        return found

    def _dress(self) -> None:
        self.readings.recolour(self._colours())
        self._fit()

    def _fit(self) -> None:
        """As high as its rows, up to so many; columns as wide as the theme's font needs."""
        self.ensurePolished()
        text = self.fontMetrics().horizontalAdvance
        count = max(1, len(self.readings.phases))
        names = text(WIDEST_METER), text(WIDEST_QUANTITY) + AIR
        spare = (self.viewport().width() - sum(names) - text(WIDEST_STATE) - SWATCH - AIR) // count
        value = min(max(spare, text(USUAL_VALUE) + SWATCH + AIR), text(WIDEST_VALUE) + SWATCH + AIR)
        for column, width in enumerate((*names, *(value for _ in self.readings.phases))):
            self.setColumnWidth(column, width)
        rows = self.readings.rowCount()
        self.setVisible(rows > 0)
        head = self.horizontalHeader().sizeHint().height()
        bar = self.horizontalScrollBar().sizeHint().height() if self.horizontalHeader().length() > self.width() else 0
        self.setFixedHeight(head + min(rows, ROWS_SHOWN) * ROW + 2 * self.frameWidth() + bar)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
