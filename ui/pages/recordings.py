"""What was recorded in a site: the list, and from it replay, export, another name, or away with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.commission.recorded import MOST_TITLE, Recording
from app.commission.recorded_csv import save_recording
from ui.dialogs import Question, answered
from ui.forms.export import chosen_path, file_stem
from ui.forms.help import help_key, show_topic
from ui.forms.parts import icon_button, one_line, plain_label, push_button
from ui.forms.toast import Toasts
from ui.recording import SiteRecording
from ui.recording_bar import count_text, size_text
from ui.tasks import Tasks

from .recordings_table import RecordingsTable, moment_text
from .topics import RECORDINGS

if TYPE_CHECKING:
    from .replay import ReplayPage

EMPTY = (
    "Nothing has been recorded in this site yet.\n\n"
    "Open the live page of a device, tick what matters, and press Record: it goes on while you do other things."
)


class RecordingList(QWidget):
    """The list with its buttons. What is chosen there is done by the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recordings.list")
        self.table = RecordingsTable()
        self.open = push_button("Replay", "recordings.open", "play", role="primary", tip="Play it again (Return)")
        self.rename = push_button("Rename…", "recordings.rename", "edited", tip="Give it another name (F2)")
        self.export = push_button("Export CSV…", "recordings.export", "export", tip="Every reading as a table")
        self.delete = push_button("Delete…", "recordings.delete", "remove", tip="Away with it (Del)")
        self.site = push_button("Site live", "recordings.site", "live", tip="All devices of the site, live (Ctrl+L)")
        self.help_button = icon_button("Help", "recordings.help", "help", "Help (F1)")
        self.total = plain_label(role="muted")
        self.total.setObjectName("recordings.total")
        self.empty = plain_label(EMPTY, role="muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = plain_label("Recordings", role="title")
        head = QHBoxLayout(spacing=8)
        head.addWidget(title)
        head.addStretch(1)
        for button in (self.open, self.rename, self.export, self.delete, self.site, self.help_button):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self.total)
        self.table.itemSelectionChanged.connect(self._offer)

    def show_recordings(self, recordings: tuple[Recording, ...]) -> None:
        """Exchange what is listed."""
        self.table.show_recordings(recordings)
        self.table.setVisible(bool(recordings))
        self.empty.setVisible(not recordings)
        size = sum(recording.size for recording in recordings)
        self.total.setText(f"{count_text(len(recordings), 'recording')}, {size_text(size)} of the site file")
        self._offer()

    def _offer(self) -> None:
        one = self.table.current
        self.open.setEnabled(one is not None and not one.running)
        self.export.setEnabled(one is not None and not one.running)
        self.delete.setEnabled(one is not None and not one.running)
        self.rename.setEnabled(one is not None)


class RecordingsPage(QWidget):
    """List and replay of a site's recordings. `site_wanted`: back to the site live."""

    site_wanted = Signal()

    def __init__(
        self, recording: SiteRecording, *, tasks: Tasks, toasts: Toasts, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("recordings")
        self.setAccessibleName("Recordings")
        self._recording, self._tasks, self._toasts = recording, tasks, toasts
        self.replay: ReplayPage | None = None
        self.list = RecordingList(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        table = self.list.table
        for signal in (self.list.open.clicked, table.opened):
            signal.connect(self._open)
        for signal in (self.list.rename.clicked, table.rename_wanted):
            signal.connect(self._rename)
        for signal in (self.list.delete.clicked, table.delete_wanted):
            signal.connect(self._delete)
        self.list.export.clicked.connect(self._export)
        self.list.help_button.clicked.connect(self.show_help)
        help_key(self, self.show_help)
        self.list.site.clicked.connect(self.site_wanted)
        for changed in (recording.begun, recording.ended, recording.changed):
            changed.connect(self._changed)

    def show_help(self) -> None:
        """What can be done with recordings."""
        show_topic(RECORDINGS, self)

    # The list.

    def refresh(self) -> None:
        """Read the list again."""
        self.list.show_recordings(self._recording.store.all())

    def _changed(self, *_: object) -> None:
        if self.isVisible():
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.refresh()

    def _chosen(self) -> Recording | None:
        one = self.list.table.current
        return None if one is None or one.running else one

    # Replay.

    def _open(self) -> None:
        one = self._chosen()
        if one is not None:
            self.open(one)

    def open(self, recording: Recording) -> ReplayPage:
        """Show a recording again."""
        from .replay import ReplayPage

        self.close_replay()
        self.replay = ReplayPage(recording, self._recording.store, tasks=self._tasks, toasts=self._toasts)
        self.replay.back_wanted.connect(self.close_replay)
        self.stack.addWidget(self.replay)
        self.stack.setCurrentWidget(self.replay)
        return self.replay

    def close_replay(self) -> None:
        """Back to the list."""
        replay, self.replay = self.replay, None
        if replay is not None:
            self.stack.removeWidget(replay)
            replay.deleteLater()
            self.refresh()
            self.list.table.setFocus()

    # What is done to one.

    def _rename(self) -> None:
        one = self.list.table.current
        if one is not None:
            self._tasks.spawn(self, self._renamed(one))

    async def _renamed(self, one: Recording) -> None:
        dialog = Question(self.window(), "recordings.rename_dialog", "Rename the recording", "Rename")
        line = QLineEdit(one.title)
        line.setMaxLength(MOST_TITLE)
        line.selectAll()
        dialog.field("Name", line, "name")
        dialog.first_choice = line
        if await answered(dialog) and line.text().strip():
            self._recording.rename(one.id, line.text().strip())

    def _delete(self) -> None:
        one = self._chosen()
        if one is not None:
            self._tasks.spawn(self, self._deleted(one))

    async def _deleted(self, one: Recording) -> None:
        dialog = Question(self.window(), "recordings.delete_dialog", "Delete the recording?", "Delete")
        readings = count_text(one.readings, "reading")
        dialog.say(f"{one_line(one.title)}, begun {moment_text(one.begun_s)}: {readings}.")
        dialog.say("Nothing brings it back. Export it first if somebody may ask for it.", tone="warn")
        dialog.first_choice = dialog.reject_button
        if await answered(dialog):
            await asyncio.to_thread(self._recording.store.delete, one.id)
            self._toasts.ok("Deleted", f"{one_line(one.title)} is gone. The site file reuses its room.")
            self._recording.changed.emit()

    def _export(self) -> None:
        one = self._chosen()
        if one is not None:
            self._tasks.spawn(self, self.exported(one))

    async def exported(self, one: Recording) -> None:
        """Ask where to, then write every reading."""
        kinds = ("Table (*.csv)", "csv")
        path = await chosen_path(self, "recordings.export_dialog", "Export recording", *kinds, file_stem(one.title))
        if path is not None:
            count = await asyncio.to_thread(save_recording, path, self._recording.store, one)
            self._toasts.ok("Exported", f"{count_text(count, 'reading')} are in {path.name}.")
