"""About: version, licence, and what is inside under which licence."""

from __future__ import annotations

import platform
from importlib.resources import files

import msgspec
from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from ui.forms.parts import plain_label


class Licence(msgspec.Struct, frozen=True):
    """One library and its licence, as `packaging/licences.py` found them."""

    name: str
    version: str
    licence: str


def licences() -> list[Licence]:
    """The libraries of the program."""
    return msgspec.json.decode((files("resources") / "licences.json").read_bytes(), type=list[Licence])


class AboutDialog(QDialog):
    """Who we are, and whose work this stands on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle("About Wattwright")
        self.resize(640, 520)
        title = plain_label(f"Wattwright {__version__}")
        title.setProperty("role", "title")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(10)
        column.addWidget(title)
        column.addWidget(
            plain_label(
                "Commissions the energy devices of a site: finds them, sets them, checks them, keeps the record.",
                wrap=True,
            )
        )
        column.addWidget(
            plain_label(f"Licence Apache-2.0 · Python {platform.python_version()} · Qt {qVersion()} (LGPL-3.0)")
        )
        column.addWidget(plain_label("Wattwright contains:"))
        column.addWidget(self._table(), 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _table(self) -> QTableWidget:
        found = licences()
        table = QTableWidget(len(found), 3, self)
        table.setObjectName("about.licences")
        table.setAccessibleName("Libraries and their licences")
        table.setHorizontalHeaderLabels(["Library", "Version", "Licence"])
        table.verticalHeader().setVisible(False)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        for row, entry in enumerate(found):
            for column, text in enumerate((entry.name, entry.version, entry.licence)):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                table.setItem(row, column, item)
        table.resizeColumnsToContents()
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        return table
