"""What a scan has found: a row for each meter, with name, location and whether it is registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ui.forms.parts import plain_label, push_button
from ui.icons import dress
from ui.theme import restyle

HEADS = ("Serial number", "Bus", "Name", "Location", "State")
SERIAL, BUS, NAME, PLACE, STATE, ACTION = range(6)
WORDS_WIDTH = 88
ENTRY_TEXT = "Meter 000000"


class Standing(Enum):
    """How it stands with a found meter. The value is what its row says."""

    NEW = "New"
    ADDED = "Not sent"
    REGISTERED = "Registered already"


_LOOKS = {
    Standing.NEW: ("info", "search"),
    Standing.ADDED: ("changed", "edited"),
    Standing.REGISTERED: ("ok", "ok"),
}


@dataclass(frozen=True)
class Found:
    """One row. `problem` says what is wrong with its name or location."""

    serial: str
    where: str
    alias: str
    location: str
    standing: Standing
    problem: str = ""


class _Row:
    """The widgets of one meter."""

    def __init__(self, prefix: str, serial: str) -> None:
        def label(name: str) -> QLabel:
            made = plain_label()
            made.setObjectName(f"{prefix}.{name}.{serial}")
            made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            return made

        def entry(name: str, words: str) -> QLineEdit:
            made = QLineEdit(objectName=f"{prefix}.{name}.{serial}", accessibleName=f"{words} of {serial}")
            made.ensurePolished()
            made.setMinimumWidth(made.fontMetrics().horizontalAdvance(ENTRY_TEXT) + 22)
            return made

        self.serial, self.bus = label("serial"), label("bus")
        self.alias, self.location = entry("alias", "Name"), entry("location", "Location")
        self.state = QWidget()
        self.state_icon, self.state_words = QLabel(), label("state")
        self.button: QPushButton = push_button("Add", f"{prefix}.add.{serial}", "add")
        self.problem = plain_label(tone="error", wrap=True)
        self.problem.setObjectName(f"{prefix}.problem.{serial}")
        line = QGridLayout(self.state)
        line.setContentsMargins(0, 0, 0, 0)
        line.setHorizontalSpacing(6)
        line.addWidget(self.state_icon, 0, 0)
        line.addWidget(self.state_words, 0, 1)
        line.setColumnStretch(1, 1)

    def put(self, grid: QGridLayout, line: int) -> None:
        self._place = (grid, line)
        for column, widget in (
            (SERIAL, self.serial),
            (BUS, self.bus),
            (NAME, self.alias),
            (PLACE, self.location),
            (STATE, self.state),
            (ACTION, self.button),
        ):
            grid.addWidget(widget, line, column)
        grid.addWidget(self.problem, line + 1, NAME, 1, ACTION - NAME + 1)

    def show(self, found: Found, *, writable: bool) -> None:
        registered = found.standing is Standing.REGISTERED
        self.serial.setText(found.serial)
        self.bus.setText(found.where)
        for entry, text in ((self.alias, found.alias), (self.location, found.location)):
            if entry.text() != text:
                entry.setText(text)
                entry.setCursorPosition(0)
            entry.setReadOnly(not writable)
            entry.setEnabled(not registered)
            restyle(entry, tone="error" if found.problem else "")
        tone, picture = _LOOKS[found.standing]
        dress(self.state_icon, picture, tone)
        restyle(self.state_words, tone=tone)
        self.state_words.setText(found.standing.value)
        words, picture = ("Add", "add") if found.standing is Standing.NEW else ("Remove", "remove")
        self.button.setText(words)
        self.button.setAccessibleName(f"{words} {found.serial}")
        dress(self.button, picture)
        self.button.setVisible(not registered)
        grid, line = self._place
        grid.addWidget(self.state, line, STATE, 1, 2 if registered else 1)
        self.button.setEnabled(writable)
        self.problem.setText(found.problem)
        self.problem.setVisible(bool(found.problem))


class ResultList(QFrame):
    """The rows. `edited` carries serial, name and location; `toggled` the serial whose button was pressed."""

    edited = Signal(str, str, str)
    toggled = Signal(str)

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prefix = prefix
        self._rows: dict[str, _Row] = {}
        self._showing = False
        self.setProperty("role", "card")
        self.setObjectName(f"{prefix}.results")
        self.setAccessibleName("Meters found")
        self._empty = plain_label(role="muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 4, 8)
        column.addWidget(self._empty, 1)
        column.addWidget(self._area, 1)
        self._start()

    def _start(self) -> None:
        """Lay the heads into an empty grid."""
        self._rows.clear()
        inside = QWidget()
        inside.setProperty("role", "page")
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        for column, words in enumerate(HEADS):
            head = plain_label(words, role="muted")
            self._grid.addWidget(head, 0, column)
        self._grid.setColumnStretch(NAME, 3)
        self._grid.setColumnStretch(PLACE, 4)
        self._grid.setColumnMinimumWidth(STATE, WORDS_WIDTH)
        old = self._area.takeWidget()
        if old is not None:
            old.deleteLater()
        self._area.setWidget(inside)
        inside.setAutoFillBackground(False)

    @property
    def serials(self) -> tuple[str, ...]:
        """The meters shown, in order."""
        return tuple(self._rows)

    def show_found(self, found: Sequence[Found], empty: str, *, writable: bool) -> None:
        """Show these rows. Entries that are being edited keep their cursor; new rows come at the end."""
        if tuple(row.serial for row in found)[: len(self._rows)] != self.serials:
            self._start()
        self._showing = True
        for row in found:
            if row.serial not in self._rows:
                self._add(row.serial)
            self._rows[row.serial].show(row, writable=writable)
        self._showing = False
        self._empty.setText(empty)
        self._empty.setVisible(not found)
        self._area.setVisible(bool(found))

    def _add(self, serial: str) -> None:
        row = self._rows[serial] = _Row(self._prefix, serial)
        line = 2 * len(self._rows)
        row.put(self._grid, line)
        self._grid.setRowStretch(line, 0)
        self._grid.setRowStretch(line + 2, 1)
        for entry in (row.alias, row.location):
            entry.textChanged.connect(lambda _, serial=serial: self._edited(serial))
            # Return goes on to the button, where Return or Space adds the meter.
            entry.returnPressed.connect(lambda row=row: row.button.isVisible() and row.button.setFocus())
        row.button.clicked.connect(lambda _=False, serial=serial: self.toggled.emit(serial))

    def _edited(self, serial: str) -> None:
        if not self._showing:
            row = self._rows[serial]
            self.edited.emit(serial, row.alias.text(), row.location.text())
