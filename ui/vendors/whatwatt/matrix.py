"""A report as a table: quantities in rows, phases or tariffs in columns. What a meter does not send is no zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.field import Field
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.entry import in_words
from ui.forms.parts import plain_label, plain_tip
from ui.theme import restyle

NOTHING = "–"
_COLUMN = 92
_FACTS_BESIDE = 2
"""Facts stand in so many columns."""


@dataclass(frozen=True)
class Shape:
    """How the fields of a section stand in a table: a field is a row's name and a column's ending."""

    rows: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    """Ending and title of each column."""

    def holds(self, field: str) -> bool:
        """Does the field stand in the table?"""
        return any(field == row + ending for row in self.rows for ending, _ in self.columns)


PHASES = Shape(
    (
        "power_import",
        "power_export",
        "reactive_positive",
        "reactive_negative",
        "apparent",
        "voltage",
        "current",
        "power_factor",
    ),
    (("", "Total"), ("_l1", "L1"), ("_l2", "L2"), ("_l3", "L3")),
)
TARIFFS = Shape(
    (
        "active_import",
        "active_export",
        "reactive_positive",
        "reactive_negative",
        "reactive_q1",
        "reactive_q2",
        "reactive_q3",
        "reactive_q4",
        "demand_import",
        "demand_export",
    ),
    (("", "Total"), ("_t1", "Tariff 1"), ("_t2", "Tariff 2")),
)


class MatrixBody(Body):
    """The table, what the meter does not send in one line, and the facts that are no measured values."""

    def __init__(self, shape: Shape, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        self.shape = shape
        self._fields: dict[str, Field] = {field.name: field for field in section.fields}
        self.cells: dict[str, QLabel] = {}
        self._row_parts: dict[str, list[QWidget]] = {}
        self._grid = QGridLayout(horizontalSpacing=20, verticalSpacing=3)
        self._facts = QGridLayout(horizontalSpacing=12, verticalSpacing=3)
        self._unsent = plain_label(role="muted", wrap=True)
        self._unsent.setObjectName(f"{section.key}.unsent")
        self._make_grid()
        self._fact_labels = {
            name: self._make_fact(field) for name, field in self._fields.items() if not shape.holds(name)
        }
        self._facts_shown: list[str] = []
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=10)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self._grid)
        column.addWidget(self._unsent)
        if self._fact_labels:
            line = QFrame()
            line.setProperty("role", "line")
            column.addWidget(line)
        column.addLayout(self._facts)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def _make_grid(self) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for at, (_, title) in enumerate(self.shape.columns, start=1):
            self._grid.addWidget(plain_label(title, role="hint"), 0, at, right)
            self._grid.setColumnMinimumWidth(at, _COLUMN)
        self._grid.setColumnStretch(len(self.shape.columns) + 2, 1)
        for line, row in enumerate(self.shape.rows, start=1):
            first = next(
                self._fields[name] for ending, _ in self.shape.columns if (name := row + ending) in self._fields
            )
            parts: list[QWidget] = [plain_label(self._row_title(row)), plain_label(first.unit, role="muted")]
            self._grid.addWidget(parts[0], line, 0)
            self._grid.addWidget(parts[1], line, len(self.shape.columns) + 1)
            for at, (ending, _) in enumerate(self.shape.columns, start=1):
                field = self._fields.get(row + ending)
                if field is not None:
                    parts.append(cell := self._make_value(field))
                    cell.setAlignment(right)
                    self._grid.addWidget(cell, line, at, right)
            self._row_parts[row] = parts

    def _names(self, row: str) -> list[str]:
        """The fields of a row."""
        return [row + ending for ending, _ in self.shape.columns if row + ending in self._fields]

    def _row_title(self, row: str) -> str:
        """What the row is called: its field's label, or that of its first column without the column."""
        if row in self._fields:
            return self._fields[row].label
        ending, title = next((ending, title) for ending, title in self.shape.columns if row + ending in self._fields)
        return self._fields[row + ending].label.removesuffix(title).rstrip(" ,")

    def _make_value(self, field: Field) -> QLabel:
        cell = plain_label(NOTHING)
        cell.setObjectName(f"{self.section.key}.{field.name}")
        cell.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        cell.setToolTip(plain_tip("\n".join(filter(None, (field.label, field.help, f"Manual {field.manual}")))))
        self.cells[field.name] = cell
        return cell

    def _make_fact(self, field: Field) -> tuple[QLabel, QLabel]:
        value = self._make_value(field)
        value.setWordWrap(True)
        return plain_label(field.label, role="muted"), value

    # Showing.

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show what was read."""
        value: msgspec.Struct = draft.value
        for name, cell in self.cells.items():
            field = self._fields[name]
            told = getattr(value, name)
            words = in_words(field, told)
            cell.setAccessibleName(f"{field.label}: {words if told is not None else 'not sent by the meter'}")
            cell.setText(self._number(field, told) if self.shape.holds(name) else words)
            restyle(cell, role="" if told is not None else "muted")
        self._show_rows(value)
        self._show_facts(value)

    @staticmethod
    def _number(field: Field, value: Any) -> str:
        """A number without its unit, which stands at the end of the row."""
        return NOTHING if value is None else QLocale().toString(float(value), "f", field.decimals or 0)

    def _show_rows(self, value: msgspec.Struct) -> None:
        unsent = []
        for row, parts in self._row_parts.items():
            there = any(getattr(value, name) is not None for name in self._names(row))
            for part in parts:
                part.setVisible(there)
            if not there:
                unsent.append(self._row_title(row))
        nothing = len(unsent) == len(self._row_parts)
        self._unsent.setText(
            "The meter sends none of these values."
            if nothing
            else f"Not sent by this meter: {'; '.join(unsent)}."
            if unsent
            else ""
        )
        self._unsent.setVisible(bool(unsent))

    def _show_facts(self, value: msgspec.Struct) -> None:
        shown = [name for name in self._fact_labels if getattr(value, name) is not None]
        if shown == self._facts_shown:
            return
        self._facts_shown = shown
        while self._facts.takeAt(0) is not None:
            pass
        lines = -(-len(shown) // _FACTS_BESIDE)
        for name, pair in self._fact_labels.items():
            for label in pair:
                label.setVisible(name in shown)
        for at, name in enumerate(shown):
            beside, line = divmod(at, lines)
            for offset, label in enumerate(self._fact_labels[name]):
                self._facts.addWidget(label, line, 2 * beside + offset)
            self._facts.setColumnStretch(2 * beside + 1, 1)


class ReportBody(MatrixBody):
    """The last report: phases in columns."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(PHASES, section, read_only=read_only, parent=parent)


class EnergyBody(MatrixBody):
    """The registers: tariffs in columns."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(TARIFFS, section, read_only=read_only, parent=parent)
