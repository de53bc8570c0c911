"""The variables that a message can hold, with the values of now: searched by name and meaning, inserted by Enter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.vendors.whatwatt.template import EMPTY
from app.vendors.whatwatt.variables import Variable
from ui.forms.parts import ElidedLabel, icon_button, one_line, plain_label, plain_tip

_NAME = Qt.ItemDataRole.UserRole
_LONGEST = 60
_WIDTH = 284
_NOW_WIDTH = 108


class VariableList(QWidget):
    """`chosen(name)` by double click or Enter, in the list or in the line above it; `refresh` asks for new values."""

    chosen = Signal(str)
    refresh = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Variable, ...] = ()
        self.search = QLineEdit(placeholderText="Find a variable", clearButtonEnabled=True)
        self.search.setObjectName(f"{name}.find")
        self.search.setAccessibleName("Find a variable")
        self.refresh_button = icon_button(
            "Refresh values", f"{name}.refresh", "refresh", "Ask the device for its values again"
        )
        self.tree = QTreeWidget(objectName=f"{name}.list", accessibleName="Variables")
        self.tree.setHeaderLabels(["Variable", "Now"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setToolTip(plain_tip("Double click or Enter puts a variable where the cursor is"))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, _NOW_WIDTH)
        self.meaning = ElidedLabel()
        self.meaning.setProperty("role", "hint")
        self._none = plain_label("The device tells no variables.", role="hint", wrap=True)
        self._lay_out()
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_found)
        self.search.installEventFilter(self)
        self.tree.itemActivated.connect(lambda item: self.chosen.emit(item.data(0, _NAME)))
        self.tree.currentItemChanged.connect(lambda: self._tell())
        self.refresh_button.clicked.connect(self.refresh)

    def _lay_out(self) -> None:
        above = QHBoxLayout(spacing=4)
        above.addWidget(self.search, 1)
        above.addWidget(self.refresh_button)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(above)
        column.addWidget(self.tree, 1)
        column.addWidget(self.meaning)
        column.addWidget(self._none)
        self.setFixedWidth(_WIDTH)

    def show_variables(self, variables: Sequence[Variable]) -> None:
        """Show these; where only values are new, everything stays in its place."""
        wanted = tuple(variables)
        if wanted == self._shown and self.tree.topLevelItemCount() == len(wanted):
            self._none.setVisible(not wanted)
            return
        same_names = [one.name for one in wanted] == [one.name for one in self._shown]
        self._shown = wanted
        if not same_names:
            self.tree.clear()
            self.tree.addTopLevelItems([QTreeWidgetItem() for _ in wanted])
        for row, variable in enumerate(wanted):
            self._fill(self.tree.topLevelItem(row), variable)
        if not same_names and wanted:
            self.tree.setCurrentItem(self.tree.topLevelItem(0))
        self._none.setVisible(not wanted)
        self._filter()
        self._tell()

    def visible_names(self) -> list[str]:
        """What the search leaves over."""
        return [item.data(0, _NAME) for item in self._items() if not item.isHidden()]

    def _fill(self, item: QTreeWidgetItem, variable: Variable) -> None:
        value = "no value" if variable.value in EMPTY else one_line(variable.value, _LONGEST)
        item.setText(0, one_line(variable.name, _LONGEST))
        item.setText(1, value)
        item.setData(0, _NAME, variable.name)
        about = _about(variable)
        item.setToolTip(0, plain_tip(f"{variable.name}\n{about}"))
        item.setToolTip(1, plain_tip(one_line(variable.value, 300)))
        spoken = f"{variable.name}, {about}, now {value} {variable.unit}".strip()
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, spoken)
        item.setDisabled(False)
        font = item.font(1)
        font.setItalic(variable.value in EMPTY)
        item.setFont(1, font)

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount())]

    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        for item, variable in zip(self._items(), self._shown, strict=True):
            told = f"{variable.name} {variable.meaning} {variable.unit}".casefold()
            item.setHidden(not all(word in told for word in words))
        current = self.tree.currentItem()
        if current is None or current.isHidden():
            first = next((item for item in self._items() if not item.isHidden()), None)
            if first is not None:
                self.tree.setCurrentItem(first)

    def _tell(self) -> None:
        item = self.tree.currentItem()
        name = item.data(0, _NAME) if item is not None else ""
        self.meaning.setText(next((_about(one) for one in self._shown if one.name == name), ""))

    def _choose_found(self) -> None:
        item = self.tree.currentItem()
        if item is not None and not item.isHidden():
            self.chosen.emit(item.data(0, _NAME))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes from the line into the list; Escape empties the line."""
        if watched is self.search and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down:
                self.tree.setFocus()
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False


def _about(variable: Variable) -> str:
    meaning = variable.meaning or "not in the manual"
    return f"{meaning} ({variable.unit})" if variable.unit else meaning
