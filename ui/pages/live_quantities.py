"""Which quantities the live page shows: their families and names, the list to choose from, and the big values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.model.quantity import Phase, Quantity, Unit
from ui.forms.parts import plain_label
from ui.plots.wording import value_parts
from ui.theme import current_theme, notifier, restyle

KEY = Qt.ItemDataRole.UserRole
COLUMNS = {Phase.L1: "L1", Phase.L2: "L2", Phase.L3: "L3", Phase.NEUTRAL: "N", Phase.TOTAL: "Total"}
VALUE_FONT = 1.45
ROWS_SHOWN = 4


@dataclass
class Family:
    """Quantities that differ only by their conductor: active power of L1, L2, L3 and the total."""

    title: str
    unit: Unit
    members: dict[Phase, Quantity] = field(default_factory=dict)


def family_title(quantity: Quantity) -> str:
    """The title without the conductor."""
    return quantity.title.removesuffix(f" {quantity.phase.value}") if quantity.phase.value else quantity.title


def families(quantities: Sequence[Quantity]) -> list[Family]:
    """The quantities by family, in the order in which families first come."""
    found: dict[tuple[str, Unit], Family] = {}
    for quantity in quantities:
        key = (family_title(quantity), quantity.unit)
        found.setdefault(key, Family(*key)).members[quantity.phase] = quantity
    return list(found.values())


def curve_name(quantity: Quantity) -> str:
    """A short name beside the axis of its unit: 'L1', 'Total', 'import', or the whole title."""
    family, axis = family_title(quantity), quantity.unit.quantity
    if family == axis:
        return COLUMNS[quantity.phase]
    rest = family.removeprefix(f"{axis}, ")
    return f"{rest} {quantity.phase.value}".strip()


class QuantityList(QTreeWidget):
    """A list with a tick for each quantity, grouped by what is measured. `chosen` when a tick changes."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Quantities")
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(12)
        self.setUniformRowHeights(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.itemChanged.connect(self._changed)

    def offer(self, quantities: Sequence[Quantity], ticked: Sequence[str]) -> None:
        """Exchange what can be chosen."""
        self.blockSignals(True)
        self.clear()
        groups: dict[Unit, QTreeWidgetItem] = {}
        for quantity in quantities:
            group = groups.get(quantity.unit)
            if group is None:
                group = groups[quantity.unit] = self._group(quantity.unit)
            item = QTreeWidgetItem(group, [quantity.title])
            item.setData(0, KEY, quantity.key)
            item.setToolTip(0, quantity.title)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(0, Qt.CheckState.Checked if quantity.key in ticked else Qt.CheckState.Unchecked)
        self.expandAll()
        self.blockSignals(False)
        self.chosen.emit()

    def _group(self, unit: Unit) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self, [f"{unit.quantity} in {unit.value}" if unit.value else unit.quantity])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = self.font()
        font.setBold(True)
        group.setFont(0, font)
        return group

    def _items(self) -> list[QTreeWidgetItem]:
        groups = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [group.child(row) for group in groups if group is not None for row in range(group.childCount())]

    def ticked(self) -> tuple[str, ...]:
        """The keys of the chosen quantities, in the order of the list."""
        return tuple(item.data(0, KEY) for item in self._items() if item.checkState(0) is Qt.CheckState.Checked)

    def tick(self, key: str, on: bool = True) -> None:
        """Choose a quantity, or leave it out."""
        for item in self._items():
            if item.data(0, KEY) == key:
                item.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def _changed(self, _: QTreeWidgetItem, __: int) -> None:
        self.chosen.emit()


class ValueTable(QScrollArea):
    """The values of this moment, large: a row for each family, a column for each conductor."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prefix = prefix
        self._labels: dict[str, tuple[QLabel, QLabel, Quantity]] = {}
        self._heads: dict[Phase, QLabel] = {}
        self._stale = False
        self._rows = 0
        self.setAccessibleName("Present values")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        notifier.theme_changed.connect(self._dress)
        notifier.theme_changed.connect(self._fit)

    def offer(self, quantities: Sequence[Quantity]) -> None:
        """Exchange the quantities shown."""
        self._labels.clear()
        inside = QWidget()
        inside.setProperty("role", "page")
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        shown = families(quantities)
        phases = [phase for phase in COLUMNS if any(phase in family.members for family in shown)]
        self._heads = {}
        for column, phase in enumerate(phases):
            head = self._heads[phase] = plain_label(COLUMNS[phase])
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(head, 0, 2 * column + 1, 1, 1)
            grid.setColumnStretch(2 * column + 1, 1)
        for row, family in enumerate(shown, start=1):
            grid.addWidget(plain_label(family.title, role="muted"), row, 0)
            for column, phase in enumerate(phases):
                if phase in family.members:
                    self._add(grid, row, 2 * column + 1, family.members[phase])
        self._rows = len(shown)
        self.setWidget(inside)
        self._dress()
        self._fit()

    def _fit(self) -> None:
        """As high as its rows in the theme's font, up to so many."""
        inside = self.widget()
        if inside is None:
            return
        for child in inside.findChildren(QLabel):
            child.ensurePolished()
        inside.layout().activate()
        hidden = max(0, self._rows - ROWS_SHOWN) * self._value_height()
        self.setFixedHeight(inside.sizeHint().height() - hidden if self._rows else 0)

    def _add(self, grid: QGridLayout, row: int, column: int, quantity: Quantity) -> None:
        number, unit = plain_label("–"), plain_label(quantity.unit.value, role="muted")
        number.setObjectName(f"{self._prefix}.value.{quantity.key}")
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        number.setAccessibleName(quantity.title)
        unit.setMinimumWidth(self.fontMetrics().horizontalAdvance("kvar") + 4)
        grid.addWidget(number, row, column)
        grid.addWidget(unit, row, column + 1)
        self._labels[quantity.key] = (number, unit, quantity)

    def show_value(self, key: str, value: float) -> None:
        """Show one value; a quantity that is not shown is ignored."""
        if key in self._labels:
            number, unit, quantity = self._labels[key]
            text, name = value_parts(value, quantity.unit)
            number.setText(text)
            unit.setText(name)

    def set_stale(self, stale: bool) -> None:
        """Grey the values: they are old."""
        self._stale = stale
        for number, _, _ in self._labels.values():
            restyle(number, tone="muted" if stale else "text")

    def _value_height(self) -> int:
        font = self.font()
        font.setPointSizeF(current_theme().point_size * VALUE_FONT)
        return QFontMetrics(font).height() + 2

    def _dress(self) -> None:
        theme = current_theme()
        for phase, head in self._heads.items():
            head.setStyleSheet(f"color: {theme.phase(phase)}; font-weight: 600;")
        size = theme.point_size * VALUE_FONT
        for number, _, _ in self._labels.values():
            number.setStyleSheet(
                f"QLabel {{ font-size: {size:g}pt; font-weight: 600; color: {theme.text}; }}"
                f'QLabel[tone="muted"] {{ color: {theme.text_disabled}; }}'
            )
        self.set_stale(self._stale)
