"""One bus of the scan page: tick it, say which addresses, choose the baud rate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.model.errors import InvalidValue
from app.model.scan import BusOptions, BusScan, ScanMode, parse_bus
from ui.forms.parts import plain_label
from ui.icons import dress
from ui.theme import restyle

ADDRESS_WIDTH = 52
MARGIN, GAP, ICON = 12, 6, 16
_MODES = {
    ScanMode.RANGE: "From",
    ScanMode.LIST: "Addresses",
    ScanMode.PRIMARY: "Primary addresses",
    ScanMode.SECONDARY: "Secondary addresses",
}


class BusCard(QFrame):
    """What a scan of one bus is told. `changed` with every edit; what is wrong stands in the card."""

    changed = Signal()

    def __init__(self, options: BusOptions, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.options = options
        self._name = f"{prefix}.{options.key}"
        self.setProperty("role", "card")
        self.tick = QCheckBox(options.title, objectName=self._name, accessibleName=options.title)
        font = self.tick.font()
        font.setBold(True)
        self.tick.setFont(font)
        self._modes = QButtonGroup(self)
        self._radios: dict[ScanMode, QRadioButton] = {}
        self._inputs: dict[ScanMode, tuple[QLineEdit, ...]] = {}
        self._baud = QComboBox(self, objectName=f"{self._name}.baud", accessibleName=f"{options.title}: baud rate")
        self._problem_icon = QLabel()
        self._problem = plain_label(tone="error", wrap=True)
        self._problem.setObjectName(f"{self._name}.problem")
        self._lay_out()
        self.tick.toggled.connect(self._edited)
        self._modes.idToggled.connect(self._edited)
        self._baud.currentIndexChanged.connect(self._edited)
        self._edited()

    def _lay_out(self) -> None:
        modes = QVBoxLayout(spacing=4)
        for number, mode in enumerate(self.options.modes):
            radio = QRadioButton(_MODES[mode], objectName=f"{self._name}.{mode.value}")
            radio.setAccessibleName(f"{self.options.title}: {_MODES[mode]}")
            radio.setChecked(number == 0)
            self._modes.addButton(radio)
            self._radios[mode] = radio
            row = QHBoxLayout(spacing=6)
            row.addWidget(radio)
            self._add_inputs(mode, row)
            modes.addLayout(row)
        if self.options.bauds:
            for baud in self.options.bauds:
                self._baud.addItem(f"{baud} Bd", baud)
            self._baud.setCurrentIndex(self._baud.findData(self.options.default_baud))
        dress(self._problem_icon, "error", "error")
        wrong = QHBoxLayout(spacing=GAP)
        wrong.addWidget(self._problem_icon, alignment=Qt.AlignmentFlag.AlignTop)
        wrong.addWidget(self._problem, 1)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(MARGIN, 8, MARGIN, 8)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self.tick, 1)
        if self.options.bauds:
            head.addWidget(self._baud)
        else:
            self._baud.hide()
        column.addLayout(head)
        column.addLayout(modes)
        column.addLayout(wrong)
        self._help = plain_label(self.options.help, role="hint", wrap=True)
        column.addWidget(self._help)
        column.addStretch(1)

    def _add_inputs(self, mode: ScanMode, row: QHBoxLayout) -> None:
        if mode is ScanMode.RANGE:
            low, high = self.options.range_limits
            start, end = self._input("start", "start address", str(low)), self._input("end", "end address", str(high))
            for widget in (start, plain_label("to"), end):
                row.addWidget(widget)
            for entry in (start, end):
                entry.setFixedWidth(ADDRESS_WIDTH)
            row.addStretch(1)
            self._inputs[mode] = (start, end)
        elif mode is ScanMode.LIST:
            listed = self._input("addresses", "addresses", "")
            low, _ = self.options.list_limits
            listed.setPlaceholderText(f"{low}, {low + 1}, {low + 4}")
            row.addWidget(listed, 1)
            self._inputs[mode] = (listed,)

    def _input(self, name: str, words: str, text: str) -> QLineEdit:
        entry = QLineEdit(text, objectName=f"{self._name}.{name}", accessibleName=f"{self.options.title}: {words}")
        entry.textChanged.connect(self._edited)
        return entry

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Cards stand side by side, and their layout knows the height of wrapped words only once it has their width.
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        inside = self.contentsRect().width() - 2 * MARGIN
        for words, width in ((self._help, inside), (self._problem, inside - ICON - GAP)):
            words.setFixedHeight(max(0, words.heightForWidth(width)))

    @property
    def wanted(self) -> bool:
        """Is the bus ticked?"""
        return self.tick.isChecked()

    @property
    def problem(self) -> str:
        """What is wrong, in words; empty while it is not ticked or all is well."""
        if not self.wanted:
            return ""
        try:
            self.scan()
        except InvalidValue as error:
            return error.message
        return ""

    def scan(self) -> BusScan:
        """What was chosen.

        Raises:
            InvalidValue: not possible on this bus.
        """
        mode = next(mode for mode, radio in self._radios.items() if radio.isChecked())
        texts = [entry.text() for entry in self._inputs.get(mode, ())]
        if mode is ScanMode.LIST and not texts[0].strip():
            low, high = self.options.list_limits
            raise InvalidValue(
                self.options.key, f"{self.options.title}: name at least one address, {low} to {high}, commas between."
            )
        text = {ScanMode.RANGE: "-".join(texts), ScanMode.LIST: "".join(texts)}.get(mode, mode.value)
        return parse_bus(self.options, text, self._baud.currentData() or 0)

    def set_locked(self, locked: bool) -> None:
        """While a scan runs nothing can be changed."""
        self.setEnabled(not locked)

    def _edited(self) -> None:
        for mode, radio in self._radios.items():
            radio.setEnabled(self.wanted)
            for entry in self._inputs.get(mode, ()):
                entry.setEnabled(self.wanted and radio.isChecked())
        self._baud.setEnabled(self.wanted)
        problem = self.problem
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._problem_icon.setVisible(bool(problem))
        for mode, radio in self._radios.items():
            for entry in self._inputs.get(mode, ()):
                restyle(entry, tone="error" if problem and radio.isChecked() else "")
        self._make_room()
        self.changed.emit()
