"""The scan page: look for meters on the gateway's buses, and register those that are found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.commission.receipt import Outcome
from app.commission.session import DeviceSession
from app.model.errors import AppError, InvalidValue
from app.model.scan import ScanRequest, ScanState
from app.model.support import Support
from ui.forms.actions import ActionButtons
from ui.forms.diff import PreviewDialog
from ui.forms.footer import Activity, Footer, Standing
from ui.forms.help import help_key, show_topic
from ui.forms.keeper import DraftKeeper
from ui.forms.parts import icon_button, plain_label, push_button
from ui.forms.story import receipt_toast
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.jobs import JobBar
from ui.tasks import Tasks
from ui.theme import restyle

from .scan_card import BusCard
from .scan_draft import RegistrationDraft
from .scan_results import Found, ResultList
from .scan_results import Standing as RowStanding
from .topics import SCAN

NOT_YET = "No scan yet. Tick the buses, then press Scan. Meters appear here as they answer."
NOTHING = (
    "Nothing was found. Are the meters powered and wired to this bus? On M-Bus also try another speed or "
    "'Secondary addresses'."
)
STOPPED = "Watching stopped. The gateway finishes its scan by itself; a new one is refused until then."


class ScanPage(QWidget):
    """A scan of one or more buses, and the registration of what it finds.

    `registered` after meters were registered and the session knows them; `draft_changed` with every edit of the draft.
    """

    registered = Signal()
    draft_changed = Signal()
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""

    def __init__(
        self,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self._tasks, self._toasts, self._jobs = tasks, toasts, jobs
        self._name = f"{session.vendor.key}.scan"
        self.meters = RegistrationDraft(session)
        self._keeper = DraftKeeper(self, self.meters.section, "", session, toasts.tell)
        self._at = Standing()
        self._support: Support | None = None
        self._scan_task: asyncio.Task[Any] | None = None
        self._outcome = ""
        self.setObjectName(self._name)
        self.setAccessibleName("Device scan")
        self._build()
        self._lay_out()
        self._set_scanning()
        self._refresh()

    # What others ask.

    def scanning(self) -> bool:
        """Is a scan being watched?"""
        return self._scan_task is not None

    def found_count(self) -> int:
        """How many meters are listed."""
        return len(self.meters.found)

    # Building.

    def _build(self) -> None:
        name = self._name
        self.cards = [BusCard(options, name) for options in self.session.vendor.buses]
        self.start_button = push_button("Scan", f"{name}.start", "scan", role="primary")
        self.stop_button = push_button(
            "Stop watching",
            f"{name}.stop",
            "stop",
            tip="The gateway itself finishes its scan: it cannot be told to stop",
        )
        self.add_all_button = push_button("Add all", f"{name}.add-all", "add", tip="Every new meter into the draft")
        self.help_button = icon_button("Help", f"{name}.help", "help", "Help (F1)")
        self.help_button.clicked.connect(self.show_help)
        help_key(self, self.show_help)
        self.said_icon, self.said = QLabel(), plain_label(wrap=True)
        self.said.setObjectName(f"{name}.said")
        beside = self.session.actions(beside="scan")
        self.actions_row = ActionButtons(
            beside, "", self.session, tasks=self._tasks, toasts=self._toasts, jobs=self._jobs
        )
        self.results = ResultList(name)
        self.footer = Footer(name)
        for card in self.cards:
            card.changed.connect(self._cards_changed)
        if self.cards:
            self.cards[0].tick.setChecked(True)
        self.start_button.clicked.connect(self.start)
        self.stop_button.clicked.connect(self.stop)
        self.add_all_button.clicked.connect(self.add_all)
        self.actions_row.done.connect(lambda *_: self.reload())
        self.actions_row.contact.connect(self.contact)
        self.results.edited.connect(self._entered)
        self.results.toggled.connect(self._toggled)
        self.footer.reload.connect(self.reload)
        self.footer.revert.connect(self._revert)
        self.footer.preview.connect(lambda: self._tasks.spawn(self, self._ask_and_send()))
        self.footer.send.connect(self.send)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self, self.send)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _lay_out(self) -> None:
        head = QHBoxLayout(spacing=8)
        picture = QLabel()
        dress(picture, "scan", "accent", 24)
        head.addWidget(picture)
        head.addWidget(plain_label("Device scan", role="title"))
        head.addWidget(plain_label("Nothing changes on the gateway before you send.", role="muted"), 1)
        head.addWidget(self.help_button)
        cards = QHBoxLayout(spacing=8)
        for card in self.cards:
            cards.addWidget(card, 1)
        bar = QHBoxLayout(spacing=8)
        for widget in (self.start_button, self.stop_button, self.said_icon):
            bar.addWidget(widget)
        bar.addWidget(self.said, 1)
        for widget in (self.actions_row, self.add_all_button):
            bar.addWidget(widget)
        body = QVBoxLayout(spacing=8)
        body.setContentsMargins(16, 12, 16, 4)
        for layout in (head, cards, bar):
            body.addLayout(layout)
        body.addWidget(self.results, 1)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(body, 1)
        column.addWidget(self.footer)

    def show_help(self) -> None:
        """How meters are found and registered."""
        show_topic(SCAN, self)

    # Scanning.

    def _cards_changed(self) -> None:
        ready = any(card.wanted for card in self.cards) and not any(card.problem for card in self.cards)
        self.start_button.setEnabled(ready and not self.scanning())
        self.start_button.setToolTip("" if ready else "Tick a bus, and mend what is marked.")

    def start(self) -> None:
        """Scan the ticked buses."""
        try:
            request = ScanRequest(tuple(card.scan() for card in self.cards if card.wanted))
        except InvalidValue as error:
            self._say("error", "error", error.message)
            return
        if not self.scanning():
            self._scan_task = self._tasks.spawn(self, self._scan(request))
            self._set_scanning()

    def stop(self) -> None:
        """Watch no longer; the gateway goes on."""
        if self._scan_task is not None:
            self._scan_task.cancel()

    async def _scan(self, request: ScanRequest) -> None:
        job = self._jobs.start("Device scan", self.stop)
        end: Callable[[str], None] = job.failed
        text = STOPPED
        self._outcome = NOT_YET
        tone = "info"
        try:
            await self._load()
            self.meters.begin_scan()
            assert self.session.vendor.scan is not None, "the page is made for families that scan"
            async with aclosing(self.session.vendor.scan(self.session.connection, request)) as states:  # type: ignore[type-var]
                async for state in states:
                    job.progress(state.progress)
                    text = self._take(state)
            end, tone = job.done, "ok"
            self._outcome = NOTHING
        except AppError as error:
            text, tone = error.message, "error"
            if isValid(self):
                self.contact.emit(error)
            raise
        except asyncio.CancelledError:
            text, tone = STOPPED, "info"
            raise
        finally:
            # The page or the window may be gone by now.
            if isValid(job):
                end(text)
            if isValid(self):
                self._scan_task = None
                self._set_scanning()
                self._say(tone, tone, text)
                self._refresh()

    def _take(self, state: ScanState) -> str:
        self.meters.take(state.found)
        self._say("info", "scan", state.progress.text)
        self._refresh()
        return state.progress.text

    def _set_scanning(self) -> None:
        running = self.scanning()
        for card in self.cards:
            card.set_locked(running)
        self.stop_button.setVisible(running)
        restyle(self.start_button, role="" if running else "primary")
        dress(self.start_button, "scan", "text" if running else "on_accent")
        self._cards_changed()

    def _say(self, tone: str, picture: str, text: str) -> None:
        self.said_icon.setVisible(bool(text))
        dress(self.said_icon, picture, tone)
        restyle(self.said, tone=tone)
        self.said.setText(text)

    # The draft.

    async def _load(self) -> None:
        """Read the registered meters, and whether this account may change them.

        Raises:
            AppError: they cannot be read.
        """
        self._support = await self.session.support(self.meters.section, "")
        await self.actions_row.look()
        live = await self.session.read(self.meters.section, "")
        self._at = Standing(read_at=live.at)
        self._refresh()
        self.contact.emit(None)

    @property
    def sending(self) -> bool:
        """Are meters being registered?"""
        return self._at.activity is Activity.SENDING

    def reload(self) -> None:
        """Read the registered meters again; what was added stays in the draft."""
        if self._at.activity is Activity.NONE and not self.scanning():
            self._tasks.spawn(self, self._read())

    async def _read(self) -> None:
        self._at = Standing(activity=Activity.READING, read_at=self._at.read_at)
        self._refresh()
        try:
            await self._load()
        except AppError as error:
            self._at = Standing(not_read=error, read_at=self._at.read_at)
            self._refresh()
            self.contact.emit(error)

    @property
    def _writable(self) -> bool:
        return self._support is not None and self._support.writable

    def add_all(self) -> None:
        """Every new meter into the draft; those with a problem stay."""
        added = [self.meters.add(meter.serial) for meter in self.meters.found]
        if any(added):
            self._edited()

    def _toggled(self, serial: str) -> None:
        if any(row.serial == serial and row.standing is RowStanding.ADDED for row in self.meters.rows()):
            self.meters.remove(serial)
            self._edited()
        elif self.meters.add(serial):
            self._edited()

    def _entered(self, serial: str, alias: str, location: str) -> None:
        self.meters.enter(serial, alias, location)
        self._edited()

    def _revert(self) -> None:
        if self.meters.draft is not None:
            self.meters.draft.revert()
            self._edited()

    def _edited(self) -> None:
        self._at = Standing(read_at=self._at.read_at)
        self._keeper.touch()
        self._refresh()
        self.draft_changed.emit()

    def _refresh(self) -> None:
        rows: list[Found] = self.meters.rows()
        empty = NOT_YET if not self._outcome else self._outcome
        self.results.show_found(rows, empty, writable=self._writable)
        addable = any(row.standing is RowStanding.NEW and not row.problem for row in rows)
        self.add_all_button.setEnabled(addable and self._writable)
        draft = self.meters.draft
        at = Standing(
            activity=self._at.activity,
            read_at=self._at.read_at,
            changes=self.meters.unsent(),
            wrong=self.meters.wrong(),
            receipt=self._at.receipt,
            sent_at=self._at.sent_at,
            not_read=self._at.not_read,
            not_sent=self._at.not_sent,
        )
        self.footer.show_standing(
            at,
            writable=self._support is None or self._support.writable,
            sendable=self._writable and draft is not None and draft.sendable(),
        )
        if self._support is not None and not self._support.writable:
            self._say("warn", "lock", self._support.reason)

    # Sending.

    def send(self) -> None:
        """Register what was added; deletions that another page put into the draft are asked about first."""
        if not self.footer.send_button.isEnabled():
            return
        try:
            erases = self.session.preview(self.meters.section, "").erases
        except AppError as error:
            self._not_sent(error)
            return
        if erases:
            self._tasks.spawn(self, self._ask_and_send())
        else:
            self._start_sending(None)

    async def _ask_and_send(self) -> None:
        draft = self.meters.draft
        if draft is None:
            return
        dialog = PreviewDialog(
            self.meters.section,
            draft.changes(),
            lambda names: self.session.preview(self.meters.section, "", names),
            where=self._where(),
            parent=self,
        )
        chosen = await dialog.ask()
        if chosen:
            self._start_sending(chosen)

    def _start_sending(self, fields: Iterable[str] | None) -> None:
        self._keeper.flush()
        self._at = Standing(activity=Activity.SENDING, read_at=self._at.read_at)
        self._refresh()
        # The toasts own the task: closing the page must not cut a sending in two.
        self._tasks.spawn(self._toasts, self._send(fields))

    async def _send(self, fields: Iterable[str] | None) -> None:
        try:
            receipt = await self.session.send(self.meters.section, "", fields)
        except AppError as error:
            self._not_sent(error)
            return
        receipt_toast(self._toasts, self.meters.section, self._where(), receipt)
        if isValid(self):
            now = datetime.now().astimezone()
            shown = None if receipt.outcome is Outcome.UNCHANGED else receipt
            self._at = Standing(read_at=now, receipt=shown, sent_at=now)
            self._refresh()
            self.draft_changed.emit()
        await self.session.refresh_meters()
        if isValid(self):
            self.registered.emit()

    def _not_sent(self, error: AppError) -> None:
        self._toasts.tell(error)
        if isValid(self):
            self._at = Standing(read_at=self._at.read_at, not_sent=error)
            self._refresh()
            self.contact.emit(error)

    def _where(self) -> str:
        identity = self.session.identity
        return (identity.name or identity.id) if identity else self.session.address.netloc

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if event.spontaneous() or self.scanning():
            return
        if self.session.live(self.meters.section, "") is None or self._support is None:
            self._tasks.spawn(self, self._read())
        else:
            self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self._keeper.flush()
        super().hideEvent(event)
