"""The table of a site's recordings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.commission.recorded import Recording
from ui.forms.parts import one_line, plain_tip
from ui.icons import icon
from ui.plots.wording import duration_text
from ui.recording_bar import size_text

HEADS = ("Title", "Begun", "Duration", "Devices", "Readings", "Size", "State")
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RIGHT_COLUMNS = (2, 4, 5)
ROW = 28


def moment_text(time_s: float) -> str:
    """Date and time, as this user writes them."""
    return QLocale().toString(QDateTime.fromMSecsSinceEpoch(round(time_s * 1000)), QLocale.FormatType.ShortFormat)


def state_words(recording: Recording) -> tuple[str, str, str]:
    """Icon, tone and words of how it ended."""
    if recording.running:
        return "record", "error", "Recording"
    if recording.trouble or recording.interrupted:
        return "warning", "warn", "Cut off"
    return "ok", "ok", "Complete"


class RecordingsTable(QTableWidget):
    """One row a recording. `opened` by Return or a double click, `renamed` by F2, `removed` by Del."""

    opened = Signal()
    rename_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADS), parent)
        self.setObjectName("recordings.table")
        self.setAccessibleName("Recordings")
        self.setProperty("role", "records")
        self.setHorizontalHeaderLabels(list(HEADS))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        for column in range(len(HEADS)):
            stretches = column in (0, 3)
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
            )
        self.recordings: tuple[Recording, ...] = ()
        self.doubleClicked.connect(lambda _: self.opened.emit())

    @property
    def current(self) -> Recording | None:
        """The one the cursor is on."""
        row = self.currentRow()
        return self.recordings[row] if 0 <= row < len(self.recordings) else None

    def show_recordings(self, recordings: Sequence[Recording]) -> None:
        """Exchange the rows; the cursor stays on its recording, or near where it was."""
        before, row = self.current, self.currentRow()
        self.recordings = tuple(recordings)
        self.setRowCount(len(self.recordings))
        for index, recording in enumerate(self.recordings):
            self._fill(index, recording)
        ids = [recording.id for recording in self.recordings]
        if before is not None and before.id in ids:
            row = ids.index(before.id)
        if ids:
            self.setCurrentCell(min(max(row, 0), len(ids) - 1), 0)

    def _fill(self, row: int, recording: Recording) -> None:
        picture, tone, words = state_words(recording)
        devices = ", ".join(one_line(device, 40) for device in recording.devices)
        cells = (
            one_line(recording.title),
            moment_text(recording.begun_s),
            duration_text(recording.length_s),
            devices,
            QLocale().toString(recording.readings),
            size_text(recording.size),
            words,
        )
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            if column in _RIGHT_COLUMNS:
                item.setTextAlignment(RIGHT)
            self.setItem(row, column, item)
        self.item(row, 3).setToolTip(plain_tip(devices))
        self.item(row, 6).setIcon(icon(picture, tone))
        self.item(row, 6).setToolTip(plain_tip(recording.trouble))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens, F2 renames, Del deletes."""
        signals = {
            Qt.Key.Key_Return: self.opened,
            Qt.Key.Key_Enter: self.opened,
            Qt.Key.Key_F2: self.rename_wanted,
            Qt.Key.Key_Delete: self.delete_wanted,
        }
        signal = signals.get(Qt.Key(event.key()))
        if signal is None:
            super().keyPressEvent(event)
        else:
            signal.emit()
