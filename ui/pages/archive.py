"""The page of an archive: what a device keeps by time, for a period, as a picture and a table; exported, erased."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSplitter, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.commission.export import save_records
from app.commission.paging import before
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.archive import AnyArchive, Period, Query, Records
from app.model.errors import AppError, StorageFailed
from app.model.job import Progress
from app.model.support import Support
from ui.forms.actions import ActionButtons, Ask, action_dialog
from ui.forms.export import chosen_path, export_everything, file_stem
from ui.forms.footer import clock
from ui.forms.help import show_topic
from ui.forms.keyboard import KeyboardPlace
from ui.forms.parts import ElidedLabel, Strip, brief, icon_button, plain_label, plain_tip, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.jobs import Job, JobBar
from ui.tasks import Tasks
from ui.theme import restyle

from .archive_plot import RecordsPicture, can_be_plotted
from .archive_query import QueryBar, Span
from .archive_table import RecordsTable

ALL = "All"
MOST_NOTES = 240
EMPTY = Records((), ())


class ArchivePage(QWidget):
    """One archive of a device or of a meter.

    It reads when it is first shown; leaving it stops the reading. `shown` when records are in the table.
    """

    shown = Signal()
    acted = Signal(object, object)
    """An action of this page has ended: the action and its receipt."""
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
        ask: Ask = action_dialog,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.archive, self.meter, self.session = archive, meter, session
        self._tasks, self._toasts, self._jobs = tasks, toasts, jobs
        self.records = EMPTY
        self._support: Support | None = None
        self._offered = False
        self._reading: asyncio.Task[Any] | None = None
        self._read_at: datetime | None = None
        self._failed: AppError | None = None
        self._asked: Query | None = None
        self._how_far = ""
        self.setObjectName(archive.key)
        self.setAccessibleName(archive.title)
        self._build(ask)
        self._lay_out()
        self._wire()
        self._refresh()

    # Building.

    def _build(self, ask: Ask) -> None:
        key = self.archive.key
        self.bar = QueryBar(self.archive)
        self.read_button = push_button("Read", f"{key}.read", "refresh", role="primary", tip="Read (F5)")
        self.stop_button = push_button("Stop", f"{key}.stop", "stop", tip="Stop reading")
        self.earlier_button = push_button("Earlier", f"{key}.earlier", "journal", tip="Also read the page before this")
        self.export_button = push_button("Export", f"{key}.export", "export", tip="Keep what was read in a file")
        self._menu = QMenu(self)
        for name, words, slot in (
            ("csv", "Everything that was read, as a table (CSV)…", self.export_csv),
            ("png", "The plots, as a picture (PNG)…", self.export_png),
        ):
            entry = self._menu.addAction(words)
            entry.setObjectName(f"{key}.export_{name}")
            entry.triggered.connect(slot)
        self._csv, self._png = self._menu.actions()
        self.export_button.setMenu(self._menu)
        self.help_button = icon_button("Help", f"{key}.help", "help", "Help (F1)")
        self.actions_row = ActionButtons(
            self._actions(), self.meter, self.session,
            tasks=self._tasks, toasts=self._toasts, jobs=self._jobs, export=self._export_first, ask=ask,
        )  # fmt: skip
        self._failure = Strip(f"{key}.failure")
        self._notice = Strip(f"{key}.notice")
        self.picture = RecordsPicture(f"{key}.picture", self.archive.shape, self._tasks)
        self.table = RecordsTable(f"{key}.table", self._tasks, self._toasts)
        self.filters: dict[int, QComboBox] = {}
        self._state_icon, self._state = QLabel(), plain_label()
        self._state.setObjectName(f"{key}.state")
        self.notes = ElidedLabel()
        self.notes.setObjectName(f"{key}.notes")
        self.notes.setProperty("role", "muted")

    def _actions(self) -> list[AnyAction]:
        """What stands beside it, and what erases it wherever that stands."""
        key = self.archive.key
        return [action for action in self.session.actions(self.meter) if key in (action.beside, action.archive)]

    def _lay_out(self) -> None:
        head = QHBoxLayout(spacing=8)
        picture = QLabel()
        dress(picture, self.archive.icon or "journal", "accent", 24)
        head.addWidget(picture)
        head.addWidget(plain_label(self.archive.title, role="title"), 1)
        for widget in (self.actions_row, self.export_button, self.help_button):
            head.addWidget(widget)
        asked = QHBoxLayout(spacing=8)
        asked.addWidget(self.bar, 1)
        for button in (self.earlier_button, self.stop_button, self.read_button):
            asked.addWidget(button)
        self._filter_row = QHBoxLayout(spacing=8)
        between = QHBoxLayout(spacing=8)
        between.addLayout(self._filter_row)
        between.addStretch(1)
        between.addWidget(self.picture.tools)
        below = QWidget()
        under = QVBoxLayout(below, spacing=6)
        under.setContentsMargins(0, 0, 0, 0)
        under.addLayout(between)
        under.addWidget(self.table, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.splitter.setObjectName(f"{self.archive.key}.splitter")
        self.splitter.addWidget(self.picture)
        self.splitter.addWidget(below)
        self.splitter.setSizes([260, 220])
        told = QHBoxLayout(spacing=8)
        told.addWidget(self._state_icon)
        told.addWidget(self._state)
        told.addWidget(self.notes, 1)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(16, 12, 16, 8)
        column.addLayout(head)
        if self.archive.help:
            column.addWidget(plain_label(self.archive.help, role="muted", wrap=True))
        for widget in (self._failure, self._notice):
            column.addWidget(widget)
        column.addLayout(asked)
        column.addWidget(self.splitter, 1)
        column.addLayout(told)

    def _wire(self) -> None:
        self.read_button.clicked.connect(self.reload)
        self.stop_button.clicked.connect(self.stop)
        self.earlier_button.clicked.connect(self.read_earlier)
        self.help_button.clicked.connect(self.show_help)
        self.bar.changed.connect(self._refresh)
        self.bar.asked.connect(self.reload)
        self.actions_row.done.connect(self._after_action)
        self.actions_row.contact.connect(self.contact)
        for keys, slot in (("F5", self.reload), ("F1", self.show_help)):
            shortcut = QShortcut(QKeySequence(keys), self, slot)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def show_help(self) -> None:
        """What is kept here, and what its parameters mean."""
        show_topic(self.archive, self)

    # Reading.

    @property
    def reading(self) -> bool:
        """Is it being read?"""
        return self._reading is not None

    @property
    def state(self) -> str:
        """The sentence below."""
        return self._state.text()

    def reload(self) -> None:
        """Read what is asked for."""
        if not self.reading and not self.bar.problem():
            self._begin(self.bar.query(), earlier=False)

    def read_earlier(self) -> None:
        """Read the page before the oldest one that is shown, in front of it."""
        if not self.reading and self._asked is not None and self.records.earlier is not None:
            self._begin(msgspec.structs.replace(self._asked, end=self.records.earlier), earlier=True)

    def read_with(self, **parameters: Any) -> None:
        """Read with these parameters of the archive, as if they had been chosen."""
        self.stop()
        self.bar.preset(parameters)
        if self.isVisible():
            self.reload()

    def read_everything(self) -> None:
        """Read all that there is."""
        self.bar.choose(Span.ALL)
        self.reload()

    def stop(self) -> None:
        """Stop reading; what was read before stays."""
        reading, self._reading = self._reading, None
        if reading is not None:
            # Said here: one that is stopped before it has begun says nothing any more.
            reading.cancel()
            self._refresh()

    def _begin(self, query: Query, *, earlier: bool) -> None:
        self._how_far = ""
        # Said at once: a second key press must not begin a second reading.
        place = KeyboardPlace(self)
        self._reading = self._tasks.spawn(self, self._read(query, place, earlier=earlier))
        self._refresh()
        place.moved()

    async def _read(self, query: Query, place: KeyboardPlace, *, earlier: bool) -> None:
        job = self._jobs.start(self.archive.title, self.stop)
        end: Callable[[str], None] = job.failed
        said = "reading stopped"
        try:
            records = await self._asked_for(query, job)
            if records is not None:
                self._take(before(records, self.records) if earlier else records, query, earlier=earlier)
                end, said = job.done, self.state
        except AppError as error:
            said = error.message
            self._failed = error
            self._failure.say("error", "error", error.title, f"{error.message}\n{error.hint}".strip())
            self.contact.emit(error)
        finally:
            # The page or the window may be gone by now.
            if isValid(self) and self._reading is asyncio.current_task():
                self._reading = None
                self._refresh()
                place.back()
                said = self.state if end == job.done else said
            if isValid(job):
                end(said)

    async def _asked_for(self, query: Query, job: Job) -> Records | None:
        """The records; None where they are not offered here.

        Raises:
            AppError: they cannot be read.
        """
        self._support = await self.session.support(self.archive, self.meter)
        await self.actions_row.look()
        if not self._support.readable:
            self._notice.say("info", "lock", "Not supported here", self._support.reason)
            return None
        if not self._offered and self.archive.fields:
            self.bar.offer(await self.session.options(self.archive, self.meter))
            query = msgspec.structs.replace(query, parameters=self.bar.parameters)
        self._offered = True

        def told(step: Progress) -> None:
            job.progress(step)
            self._how_far = f" {step.text}"
            self._refresh()

        records = await self.session.records(self.archive, self.meter, query, told)
        self._failed = None
        self._failure.clear()
        self.contact.emit(None)
        return records

    def _take(self, records: Records, query: Query, *, earlier: bool) -> None:
        fresh = records.columns != self.records.columns
        self.records, self._read_at = records, datetime.now().astimezone()
        if not earlier:
            self._asked = query
        self.table.show_records(records)
        self._offer_filters(fresh=fresh)
        self.picture.show_records(records)
        self.shown.emit()

    # Filters.

    def _offer_filters(self, *, fresh: bool) -> None:
        if fresh:
            while (item := self._filter_row.takeAt(0)) is not None:
                if item.widget() is not None:
                    item.widget().deleteLater()
            self.filters = {i: self._filter(i) for i, column in enumerate(self.records.columns) if column.filtered}
        for index, combo in self.filters.items():
            wanted = combo.currentText() if combo.currentIndex() > 0 else None
            texts = self.table.rows.texts(index)
            combo.blockSignals(True)
            combo.clear()
            combo.addItem(ALL)
            combo.addItems(texts)
            combo.setCurrentIndex(texts.index(wanted) + 1 if wanted in texts else 0)
            combo.blockSignals(False)
            if wanted is not None and wanted not in texts:
                self.table.rows.filter_by(index, None)

    def _filter(self, index: int) -> QComboBox:
        column = self.records.columns[index]
        combo = QComboBox(objectName=f"{self.archive.key}.filter_{column.key}", accessibleName=column.title)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        label = plain_label(column.title, role="muted")
        label.setBuddy(combo)
        self._filter_row.addWidget(label)
        self._filter_row.addWidget(combo)
        combo.currentIndexChanged.connect(lambda at: self._filtered(index, combo.itemText(at) if at > 0 else None))
        return combo

    def _filtered(self, index: int, text: str | None) -> None:
        self.table.rows.filter_by(index, text)
        self._refresh()

    # Exports, actions.

    def _stem(self) -> str:
        whose = self.meter or (self.session.identity.id if self.session.identity else "")
        words = (str(getattr(self._asked.parameters, field.name)) for field in self.archive.fields if self._asked)
        return file_stem(self.session.vendor.key, whose, self.archive.key.rpartition(".")[2], *words)

    def export_csv(self) -> None:
        """Write everything that was read, also what a filter hides."""
        self._tasks.spawn(self, self._export_csv(self.records))

    async def _export_csv(self, records: Records) -> None:
        name = f"{self.archive.key}.export_dialog"
        path = await chosen_path(self, name, "Export records", "Table (*.csv)", "csv", self._stem())
        if path is not None:
            await asyncio.to_thread(save_records, path, records)
            self._toasts.ok("Exported", f"{rows_text(records.count)} of {self.archive.title} are in {path.name}.")

    def export_png(self) -> None:
        """Write the plots as they are on screen."""
        self._tasks.spawn(self, self._export_png())

    async def _export_png(self) -> None:
        picture = self.picture.picture()
        name = f"{self.archive.key}.export_dialog"
        path = await chosen_path(self, name, "Export picture", "Picture (*.png)", "png", self._stem())
        if path is not None:
            if picture is None or not picture.save(str(path), "PNG"):
                raise StorageFailed(f"{path.name} cannot be written.")
            self._toasts.ok("Exported", f"The plots of {self.archive.title} are in {path.name}.")

    async def _export_first(self, archive: AnyArchive, wanted: Any) -> bool:
        self.stop()
        return await export_everything(self, self.session, archive, self.meter, wanted, self._toasts, self._jobs)

    def _after_action(self, action: AnyAction, receipt: object) -> None:
        self.acted.emit(action, receipt)
        self.reload()

    # Showing.

    def _refresh(self) -> None:
        """Show everything as it is now."""
        reading, problem = self.reading, self.bar.problem()
        offered = self._support is None or self._support.readable
        self.read_button.setEnabled(not reading and not problem and offered)
        self.read_button.setToolTip(plain_tip(problem or "Read (F5)"))
        self.stop_button.setVisible(reading)
        self.bar.setEnabled(not reading and offered)
        pages = self.archive.period is Period.UNTIL
        self.earlier_button.setVisible(pages)
        self.earlier_button.setEnabled(not reading and self.records.earlier is not None)
        self._csv.setEnabled(bool(self.records.count))
        self._png.setVisible(any(column.plotted for column in self.records.columns))
        self._png.setEnabled(bool(self.records.count and can_be_plotted(self.records)))
        self.export_button.setEnabled(bool(self.records.count))
        tone, sign, words = self._sentence(problem)
        dress(self._state_icon, sign, tone)
        restyle(self._state, tone=tone if tone in ("ok", "error", "warn", "info") else "")
        self._state.setText(words)
        notes = " ".join(self.records.notes)
        self.notes.setText(brief(f"· {notes}" if notes else "", MOST_NOTES, 1))
        self.notes.setToolTip(plain_tip("\n".join(self.records.notes)))

    def _sentence(self, problem: str) -> tuple[str, str, str]:
        """What is true of the page now: tone, icon, words."""
        if self.reading:
            return "info", "refresh", f"Reading…{self._how_far}"
        if self._support is not None and not self._support.readable:
            return "muted", "lock", "Not offered here"
        older = f"; shown as read {clock(self._read_at)}" if self._read_at is not None else ""
        if self._failed is not None:
            return "error", "error", f"Could not be read{older}"
        if problem:
            return "warn", "warning", problem
        if self._read_at is None:
            return "muted", "info", "Not read yet"
        return "muted", "ok", self._read_words(self._read_at)

    def _read_words(self, at: datetime) -> str:
        count, seen = self.records.count, self.table.rows.rowCount()
        if not self.records.columns:
            # Nothing was asked for yet: the remark says what is to be chosen.
            return "Nothing is chosen yet"
        if not count:
            narrow = self.archive.period is Period.FROM_TO and self.bar.span.currentData() is not Span.ALL
            hint = ": choose a longer one, or Everything" if narrow else ""
            where = "in this period" if narrow or self.archive.period is Period.DAYS else "here"
            return f"Read {clock(at)}: nothing is kept {where}{hint}"
        less = f", {rows_text(seen)} shown" if seen != count else ""
        newer = "" if self._asked == self._now_asked() else "; something else is chosen now: press Read"
        return f"Read {clock(at)}, {rows_text(count)}{less}{newer}"

    def _now_asked(self) -> Query:
        return self.bar.query()

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and self._read_at is None and self._support_unknown:
            self.reload()

    @property
    def _support_unknown(self) -> bool:
        return self._support is None or self._support.readable

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page stops the reading. A minimised window goes on."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.stop()


def rows_text(count: int) -> str:
    """How many rows, in words."""
    return f"{count} {'row' if count == 1 else 'rows'}"
