"""The page that compares one quantity of up to five meters: chosen, read in one request, as bars and as a table."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.commission.export import save_records
from app.commission.session import DeviceSession
from app.model.archive import AnyArchive, Query, Records
from app.model.errors import AppError
from app.model.field import Choice
from ui.forms.choice import make_searchable
from ui.forms.export import chosen_path, file_stem
from ui.forms.footer import clock
from ui.forms.help import show_topic
from ui.forms.parts import Strip, icon_button, one_line, plain_label, plain_tip, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.jobs import JobBar
from ui.pages.archive_table import RecordsTable
from ui.tasks import Tasks
from ui.vendors.g13.compare_bars import CompareBars

_SERIAL = Qt.ItemDataRole.UserRole
_LIST_WIDTH = 264


class ComparePage(QWidget):
    """Quantity and meters on the left, bars and table on the right. Nothing is read before it is asked for."""

    shown = Signal()
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""

    def __init__(
        self,
        archive: AnyArchive,
        meter: str,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.archive, self.meter, self.session = archive, meter, session
        self._tasks, self._toasts = tasks, toasts
        self._reading: asyncio.Task[Any] | None = None
        self._read_at: datetime | None = None
        self.records = Records((), ())
        self.setObjectName(archive.key)
        self.setAccessibleName(archive.title)
        self._build()
        self._lay_out()
        self._connect()
        self._refresh()

    def _build(self) -> None:
        key = self.archive.key
        self._choices = self.archive.fields[0].choices
        self.quantity = QComboBox(objectName=f"{key}.quantity", accessibleName="Quantity")
        self.quantity.addItems([choice.label for choice in self._choices])
        self.quantity.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        make_searchable(self.quantity, self.archive.fields[0])
        self.meters = QListWidget(objectName=f"{key}.meters", accessibleName="Meters")
        self.count = plain_label(role="hint", wrap=True)
        self.count.setObjectName(f"{key}.count")
        self.read_button = push_button("Read", f"{key}.read", "refresh", role="primary", tip="Read once (F5)")
        self.copy_button = push_button("Copy", f"{key}.copy", "copy", role="flat", tip="Copy the table")
        self.export_button = push_button("Export", f"{key}.export", "export", role="flat", tip="As a table (CSV)")
        self.help_button = icon_button("Help", f"{key}.help", "help", "Help (F1)")
        self.failure = Strip(f"{key}.failure")
        self.notes = Strip(f"{key}.notes")
        self.bars = CompareBars(f"{key}.bars")
        self.table = RecordsTable(f"{key}.table", self._tasks, self._toasts)
        self.state = plain_label(role="muted")
        self.state.setObjectName(f"{key}.state")

    def _lay_out(self) -> None:
        picture = QLabel()
        dress(picture, self.archive.icon, "accent", 24)
        head = QHBoxLayout(spacing=8)
        head.addWidget(picture)
        head.addWidget(plain_label(self.archive.title, role="title"), 1)
        for button in (self.copy_button, self.export_button, self.help_button):
            head.addWidget(button)
        left = QWidget()
        left.setFixedWidth(_LIST_WIDTH)
        choice = QVBoxLayout(left, spacing=6)
        choice.setContentsMargins(0, 0, 0, 0)
        for words, widget in (("Quantity", self.quantity), ("Meters", self.meters)):
            label = plain_label(words, role="subtitle")
            label.setBuddy(widget)
            choice.addWidget(label)
            choice.addWidget(widget, 1 if widget is self.meters else 0)
        choice.addWidget(self.count)
        choice.addWidget(self.read_button)
        right = QVBoxLayout(spacing=8)
        for widget in (self.failure, self.notes, self.bars):
            right.addWidget(widget)
        right.addWidget(self.table, 1)
        right.addWidget(self.state)
        middle = QHBoxLayout(spacing=16)
        middle.addWidget(left)
        middle.addLayout(right, 1)
        whole = QVBoxLayout(self, spacing=8)
        whole.setContentsMargins(16, 12, 16, 12)
        whole.addLayout(head)
        whole.addWidget(plain_label(self.archive.help, role="muted", wrap=True))
        whole.addLayout(middle, 1)

    def _connect(self) -> None:
        self.meters.itemChanged.connect(self._refresh)
        self.quantity.currentTextChanged.connect(self._refresh)
        self.read_button.clicked.connect(self.reload)
        self.copy_button.clicked.connect(self.copy)
        self.export_button.clicked.connect(self.export_csv)
        self.help_button.clicked.connect(self.show_help)
        for keys, slot in (("F5", self.reload), ("F1", self.show_help)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    def showEvent(self, event: QShowEvent) -> None:
        """Meters may have been registered since."""
        super().showEvent(event)
        self._list_meters()

    def _list_meters(self) -> None:
        """The registered meters; ticks stay, at first the first ones are ticked."""
        first = self.meters.count() == 0
        ticked = set(self.chosen())
        self.meters.blockSignals(True)
        self.meters.clear()
        for number, meter in enumerate(self.session.meters):
            item = QListWidgetItem(one_line(meter.alias or meter.serial, 60))
            item.setData(_SERIAL, meter.serial)
            item.setToolTip(plain_tip("\n".join(filter(None, (meter.alias, meter.serial, meter.location)))))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            on = number < self.archive.longest if first else meter.serial in ticked
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.meters.addItem(item)
        self.meters.blockSignals(False)
        if self.meters.count() and self.meters.currentRow() < 0:
            self.meters.setCurrentRow(0)
        self._refresh()

    def chosen(self) -> list[str]:
        """The serial numbers of the ticked meters."""
        items = (self.meters.item(row) for row in range(self.meters.count()))
        return [item.data(_SERIAL) for item in items if item.checkState() is Qt.CheckState.Checked]

    def _wanted(self) -> Choice | None:
        """The quantity whose name stands in the entry; None while that is none."""
        row = self.quantity.findText(self.quantity.currentText(), Qt.MatchFlag.MatchFixedString)
        return self._choices[row] if row >= 0 else None

    @property
    def sending(self) -> bool:
        """Nothing is ever changed here."""
        return False

    # Reading.

    def reload(self) -> None:
        """Read what is chosen now."""
        if self.read_button.isEnabled():
            self._reading = self._tasks.spawn(self, self._read(), failed=self._not_read)
            self._reading.add_done_callback(lambda _: self._refresh_if_here())
            self._refresh()

    async def _read(self) -> None:
        quantity = self._wanted()
        if quantity is None:
            return
        parameters = self.archive.parameters(quantity=quantity.value, meters=", ".join(self.chosen()))
        records = await self.session.records(self.archive, self.meter, Query(parameters=parameters))
        self._read_at = datetime.now().astimezone()
        self.records = records
        self.failure.clear()
        self.contact.emit(None)
        # The table shows the last row on top, as suits a log.
        upwards = tuple(list(reversed(column)) for column in records.data)
        self.table.show_records(Records(records.columns, upwards))
        self.bars.show_rows(_bars(records))
        self.notes.say("warn", "warning", "", "\n".join(records.notes))
        self.shown.emit()

    def _not_read(self, error: AppError) -> None:
        self.contact.emit(error)
        self.failure.say("error", "error", error.title, f"{error.message} {error.hint}".strip())

    def _refresh_if_here(self) -> None:
        from shiboken6 import isValid

        if isValid(self):
            self._refresh()

    def _refresh(self) -> None:
        busy = self._reading is not None and not self._reading.done()
        number = len(self.chosen())
        wrong = not 0 < number <= self.archive.longest or self._wanted() is None
        words = f"{number} of at most {self.archive.longest} meters chosen."
        if number > self.archive.longest:
            words = f"{number} meters are chosen; the gateway reads at most {self.archive.longest} at once."
        elif self._wanted() is None:
            words = "Choose a quantity from the list."
        elif not number:
            words = "Choose a meter." if self.meters.count() else "No meter is registered."
        self.count.setText(words)
        self.read_button.setEnabled(not busy and not wrong)
        self.copy_button.setEnabled(bool(self.records.count))
        self.export_button.setEnabled(bool(self.records.count))
        if busy:
            self.state.setText("Reading…")
        else:
            self.state.setText(f"Read {clock(self._read_at)}" if self._read_at else "Nothing read yet.")

    # Taking it along.

    def copy(self) -> None:
        """The whole table for a spreadsheet."""
        self.table.selectAll()
        self.table.copy()

    def export_csv(self) -> None:
        """Write the table into a file."""
        self._tasks.spawn(self, self._export())

    async def _export(self) -> None:
        whose = self.session.identity.id if self.session.identity else ""
        stem = file_stem(self.session.vendor.key, whose, "compare", self.records.columns[2].title)
        name = f"{self.archive.key}.export_dialog"
        path = await chosen_path(self, name, "Export comparison", "Table (*.csv)", "csv", stem)
        if path is not None:
            await asyncio.to_thread(save_records, path, self.records)
            self._toasts.ok("Exported", f"The comparison is in {path.name}.")

    def show_help(self) -> None:
        """What this page is for."""
        show_topic(self.archive, self)


def _bars(records: Records) -> list[tuple[str, float, str]]:
    """Name, value, and the value with its unit in the user's own way of writing numbers."""
    locale = QLocale()
    decimals = records.columns[2].decimals or 0
    rows = []
    for name, value, unit in zip(records.data[0], records.data[2], records.data[3], strict=True):
        words = "no value" if math.isnan(value) else f"{locale.toString(value, 'f', decimals)} {unit}".strip()
        rows.append((one_line(str(name), 60), value, words))
    return rows
