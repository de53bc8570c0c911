"""The memory card: its folders are browsed, files are fetched one after the other, a day's log is plotted."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.commission.session import DeviceSession
from app.model.archive import AnyArchive, Query, Records
from app.model.errors import AppError
from app.vendors.whatwatt.card import Folder
from app.vendors.whatwatt.card_download import pace_for, pace_words
from app.vendors.whatwatt.models import Supply
from ui.forms.export import chosen_folder
from ui.forms.footer import clock
from ui.forms.help import show_topic
from ui.forms.parts import ElidedLabel, Strip, icon_button, plain_label, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.jobs import JobBar
from ui.pages.amounts import size_words, time_words
from ui.tasks import Tasks
from ui.theme import restyle
from ui.vendors.whatwatt.card_fetch import Fetching
from ui.vendors.whatwatt.card_list import CardList

LOG = "whatwatt.log"
DOWNLOAD = "whatwatt.download"
SUPPLY = "whatwatt.supply"


class CardPage(QWidget):
    """The files of a folder. `open_wanted(key, parameters)` asks for the page that plots a log."""

    shown = Signal()
    open_wanted = Signal(str, dict)
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
        jobs: JobBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.archive, self.meter, self.session = archive, meter, session
        self._tasks, self._toasts = tasks, toasts
        self.folder = ""
        self._supply: Supply | None = None
        self._reading: asyncio.Task[Any] | None = None
        self._read_at: datetime | None = None
        self._failed: AppError | None = None
        self._save_in = Path.home()
        self._asking = False
        self.fetching = Fetching(session.vendor.action(DOWNLOAD), session, toasts, jobs, self)
        self.setObjectName(archive.key)
        self.setAccessibleName(archive.title)
        self._build()
        self._lay_out()
        self._wire()
        self._refresh()

    def _build(self) -> None:
        key = self.archive.key
        self.list = CardList(key)
        self.up_button = push_button("Up", f"{key}.up", "undo", tip="The folder above (Backspace)")
        self.read_button = push_button("Read", f"{key}.read", "refresh", tip="List the folder again (F5)")
        self.plot_button = push_button("Plot the day", f"{key}.plot", "chart", tip="Show this log as curves")
        self.fetch_button = push_button(
            "Fetch…", f"{key}.fetch", "export", role="primary", tip="Save the selected files in a folder (Ctrl+Return)"
        )
        self.stop_button = push_button("Stop", f"{key}.stop", "stop", tip="Stop fetching; nothing half is left behind")
        self.help_button = icon_button("Help", f"{key}.help", "help", "Help (F1)")
        self.path = ElidedLabel()
        self.path.setObjectName(f"{key}.path")
        self.failure, self.notes = Strip(f"{key}.failure"), Strip(f"{key}.notes")
        self.pace = Strip(f"{key}.pace")
        self.progress = QProgressBar(objectName=f"{key}.progress", accessibleName="Progress", textVisible=False)
        self.progress.setFixedWidth(200)
        self._sign, self._words = QLabel(), plain_label(wrap=True)
        self._words.setObjectName(f"{key}.state")

    def _lay_out(self) -> None:
        picture = QLabel()
        dress(picture, self.archive.icon or "storage", "accent", 24)
        head = QHBoxLayout(spacing=8)
        head.addWidget(picture)
        head.addWidget(plain_label(self.archive.title, role="title"), 1)
        head.addWidget(self.help_button)
        way = QHBoxLayout(spacing=8)
        way.addWidget(self.up_button)
        way.addWidget(self.path, 1)
        way.addWidget(self.read_button)
        told = QHBoxLayout(spacing=8)
        told.addWidget(self._sign)
        told.addWidget(self._words, 1)
        for widget in (self.progress, self.stop_button, self.plot_button, self.fetch_button):
            told.addWidget(widget)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(16, 12, 16, 8)
        column.addLayout(head)
        column.addWidget(plain_label(self.archive.help, role="muted", wrap=True))
        for strip in (self.failure, self.pace, self.notes):
            column.addWidget(strip)
        column.addLayout(way)
        column.addWidget(self.list, 1)
        column.addLayout(told)

    def _wire(self) -> None:
        for button, slot in (
            (self.up_button, self.go_up),
            (self.read_button, self.reload),
            (self.plot_button, self.plot),
            (self.fetch_button, self.fetch),
            (self.stop_button, self.fetching.stop),
            (self.help_button, self.show_help),
        ):
            button.clicked.connect(slot)
        self.list.opened.connect(self._opened)
        self.list.chosen.connect(self._refresh)
        self.fetching.changed.connect(self._refresh)
        self.fetching.contact.connect(self.contact)
        for keys, slot in (
            ("F5", self.reload),
            ("F1", self.show_help),
            ("Ctrl+Return", self.fetch),
            ("Ctrl+Enter", self.fetch),
            ("Backspace", self.go_up),
        ):
            shortcut = QShortcut(QKeySequence(keys), self, slot)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def show_help(self) -> None:
        """What is kept here."""
        show_topic(self.archive, self)

    # Browsing.

    @property
    def reading(self) -> bool:
        """Is a folder being listed?"""
        return self._reading is not None

    @property
    def state(self) -> str:
        """The sentence below the list."""
        return self._words.text()

    def reload(self) -> None:
        """List the folder again."""
        self._go(self.folder)

    def go_up(self) -> None:
        """List the folder above."""
        if self.folder:
            self._go(self.folder.rpartition("/")[0])

    def _opened(self, path: str, folder: bool) -> None:
        if folder:
            self._go(path)
        elif self._log() == path:
            self.plot()

    def _go(self, folder: str) -> None:
        # While a file is fetched the device is left alone: its power may be short.
        if self.reading or self.fetching.running:
            return
        self._reading = self._tasks.spawn(self, self._list(folder))
        self._refresh()

    async def _list(self, folder: str) -> None:
        try:
            supply = await self.session.read(self.session.vendor.section(SUPPLY), "")
            self._supply = supply.value
            records = await self.session.records(self.archive, self.meter, Query(parameters=Folder(folder)))
        except AppError as error:
            self._failed = error
            self._show(Records((), ()))
            self.failure.say("error", "error", error.title, f"{error.message}\n{error.hint}".strip())
            self.contact.emit(error)
        else:
            self.folder, self._failed = folder, None
            self._read_at = datetime.now().astimezone()
            self.failure.clear()
            self._show(records)
            self.contact.emit(None)
        finally:
            # The page may be gone by now.
            if isValid(self):
                self._reading = None
                self._refresh()
        self.shown.emit()

    def _show(self, records: Records) -> None:
        self.list.show_records(records)
        self.notes.say("info", "info", "", "\n".join(records.notes))
        self.path.setText("  ▸  ".join(("Card", *self.folder.split("/"))) if self.folder else "Card")

    # Fetching and plotting.

    @property
    def uploading(self) -> bool:
        """Is a file under way? The window asks before it is closed over that."""
        return self.fetching.running

    @property
    def working(self) -> str:
        """What is under way, in words."""
        return "Fetch from the card" if self.fetching.running else ""

    def fetch(self) -> None:
        """Ask for a folder, and save the selected files in it."""
        if self.fetch_button.isEnabled() and not self._asking:
            self._tasks.spawn(self, self._ask_and_fetch())

    async def _ask_and_fetch(self) -> None:
        files = self.list.files()
        self._asking = True
        try:
            folder = await chosen_folder(self, f"{self.archive.key}.folder_dialog", "Save in", self._save_in)
        finally:
            self._asking = False
        if folder is not None:
            self._save_in = folder
            self.fetching.start(files, folder, self._tasks)

    def _log(self) -> str:
        """The one selected log of a day that can be plotted; empty where there is none."""
        files = self.list.files()
        return files[0].path if len(files) == 1 and files[0].day and "/" not in files[0].path else ""

    def plot(self) -> None:
        """Show the selected log on the page of logs."""
        if self._log() and not self.fetching.running:
            self.open_wanted.emit(LOG, {"file": self._log()})

    # Showing.

    def _refresh(self) -> None:
        busy, files = self.fetching.running, self.list.files()
        idle = not busy and not self.reading
        self.up_button.setEnabled(idle and bool(self.folder))
        self.read_button.setEnabled(idle)
        self.list.setEnabled(not self.reading)
        self.fetch_button.setEnabled(idle and bool(files))
        self.plot_button.setEnabled(idle and bool(self._log()))
        for button in (self.fetch_button, self.plot_button):
            button.setVisible(not busy)
        self.stop_button.setVisible(busy)
        self.progress.setVisible(busy)
        if busy:
            self.progress.setRange(0, self.fetching.total)
            self.progress.setValue(self.fetching.done)
        paced = self._supply is not None and pace_for(self._supply) > 0
        words = pace_words(self._supply) if self._supply is not None and self._failed is None else ""
        self.pace.say("warn" if paced else "info", "power", "", words)
        tone, sign, words = self._sentence()
        dress(self._sign, sign, tone)
        restyle(self._words, tone=tone if tone in ("ok", "error", "warn", "info") else "")
        self._words.setText(words)

    def _sentence(self) -> tuple[str, str, str]:
        """What is true of the page now: tone, icon, words."""
        if self.fetching.running:
            return "info", "export", self.fetching.words
        if self.reading:
            return "info", "refresh", "Reading…"
        if self._failed is not None:
            return "error", "error", "Could not be read"
        files = self.list.files()
        if files:
            return "muted", "storage", self._selected(sum(file.size for file in files), len(files))
        if self.list.refused():
            return "warn", "warning", f"{self.list.refused()} cannot be fetched: that is no name of a file."
        if self._read_at is None:
            return "muted", "info", "Not read yet"
        return (
            "muted",
            "ok",
            f"Read {clock(self._read_at)}, {self.list.count} {'entry' if self.list.count == 1 else 'entries'}",
        )

    def _selected(self, size: float, count: int) -> str:
        words = f"{count} {'file' if count == 1 else 'files'} selected, {size_words(size)}"
        pace = pace_for(self._supply) if self._supply is not None else 0.0
        return f"{words}: about {time_words(size / pace)}" if pace and size else words

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and self._read_at is None:
            self.reload()
