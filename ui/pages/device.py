"""The page of a device or of one meter behind it: header, its sections on the left, the open panel on the right."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.device import Identity, Meter
from app.model.errors import AppError, CertificateNotTrusted, LoginFailed
from app.model.field import Kind
from app.model.finding import Finding, Weight
from app.model.quantity import Feed
from app.model.section import AnySection
from ui.forms.findings import TONES, gravest
from ui.forms.help import help_key
from ui.forms.panel import SectionPanel
from ui.forms.parts import Strip, push_button
from ui.forms.toast import Toasts
from ui.jobs import JobBar
from ui.tasks import Tasks
from ui.vendors import page_of, picture_of

from .entries import EntryList, entries_of
from .header import Header, clock_words, device_facts, meter_facts

if TYPE_CHECKING:
    from ui.recording import SiteRecording

    from .live_view import LiveView

_WAYS_BACK = ((LoginFailed, "Log in again"), (CertificateNotTrusted, "Look at the certificate"))


class DevicePage(QWidget):
    """Sections of one device (`meter` empty) or of one meter. Panels are made when they are first opened."""

    meters_changed = Signal()
    identity_changed = Signal()
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""
    reopen_wanted = Signal()
    noticed = Signal(int)
    """How many warnings and errors there are in what was read."""
    opened = Signal(str)
    """The key of what was opened: whoever goes from meter to meter wants the same of the next one."""

    def __init__(
        self,
        session: DeviceSession,
        *,
        site: str,
        meter: str = "",
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar,
        recording: SiteRecording | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._recording = recording
        self.session = session
        self.meter = meter
        self._site = site
        self._tasks, self._toasts, self._jobs = tasks, toasts, jobs
        self.described: Identity | None = None
        self.name = f"{session.vendor.key}.{'meter' if meter else 'device'}"
        self.setObjectName(self.name)
        self._panels: dict[str, QWidget] = {}
        self.header = Header(self.name, self)
        self._add_actions()
        self._drawn = picture_of(session.vendor.key, self._feeds())
        listed = entries_of(session, meter, live=bool(self._feeds()), picture=self._drawn and self._drawn[1])
        self.entries = EntryList(self.name, listed, self)
        self.list = self.entries.view
        self._trouble = Strip(f"{self.name}.trouble", self)
        self._reopen = push_button("Connect again", f"{self.name}.reopen", "plug")
        self._reopen.clicked.connect(self.reopen_wanted)
        self._trouble.add_button(self._reopen)
        self.warnings = 0
        """How many warnings and errors there are in what was read."""
        self._noticed = Strip(f"{self.name}.noticed", self)
        self._notice_button = push_button("Show", f"{self.name}.show_noticed", "search")
        self._notice_button.clicked.connect(self._open_noticed)
        self._noticed.add_button(self._notice_button)
        self.stack = QStackedWidget(self)
        card = QFrame(self)
        card.setProperty("role", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.stack)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self.entries)
        middle.addWidget(card, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addWidget(self._trouble)
        column.addWidget(self._noticed)
        column.addLayout(middle, 1)
        self.entries.opened.connect(self._open)
        self.show_facts()
        # The open page has a key of its own for what is inside it.
        for beside in (self.header, self.entries):
            help_key(beside, self.show_help)
        self._looked = False
        self._ask(self._look())

    def _ask(self, work: Coroutine[Any, Any, None]) -> None:
        """Ask the device for what the page shows beyond its panels."""

        def failed(error: AppError) -> None:
            self._toasts.tell(error)
            self.contact.emit(error)

        self._tasks.spawn(self, work, failed=failed)

    def show_trouble(self, error: AppError | None) -> None:
        """Say that nothing can be asked of the device, and offer the way back; None: all is well."""
        if error is None:
            self._trouble.clear()
            return
        words = next((words for kind, words in _WAYS_BACK if isinstance(error, kind)), "Connect again")
        self._reopen.setText(words)
        self._reopen.setAccessibleName(words)
        self._trouble.say("error", "error", error.title, f"{error.message} {error.hint}".strip())

    def _add_actions(self) -> None:
        refresh = self.header.action(
            f"{self.name}.refresh", "Refresh", "refresh", "Read everything that is open again (F5)"
        )
        refresh.clicked.connect(self.refresh)
        if self._feeds():
            live = self.header.action(f"{self.name}.live", "Live", "live", "Values as they come, plotted")
            live.clicked.connect(lambda: self.open("live"))
        # A panel has its own F5; two at once would cancel each other out.
        self._refresh_key = QShortcut(QKeySequence.StandardKey.Refresh, self, self.refresh)

    def _feeds(self) -> tuple[Feed, ...]:
        """The device's own feeds or the meter's; a device without its own shows those of its meters together."""
        own = self.session.live_feeds(self.meter)
        return own or (() if self.meter else tuple(feed for feed in self.session.vendor.feeds if feed.of_meter))

    def panels(self) -> list[SectionPanel]:
        """The panels that were opened so far."""
        return [panel for panel in self._panels.values() if isinstance(panel, SectionPanel)]

    def sending(self) -> list[str]:
        """What is on its way to the device, by its title; also what may be stopped, but not in passing."""
        under_way = ("sending", "uploading")
        busy = (panel for panel in self._panels.values() if any(getattr(panel, name, False) for name in under_way))
        return [getattr(panel, "working", "") or panel.accessibleName() for panel in busy]

    def keys(self) -> list[str]:
        """What can be opened here, in the order of the list."""
        return self.entries.keys()

    def open(self, key: str) -> QWidget:
        """Open a section, archive or action by its key, or 'live', 'flow', 'scan' or 'firmware'."""
        self.entries.open(key)
        return self.stack.currentWidget()

    def _open(self, key: str) -> None:
        panel = self._panels.get(key)
        if panel is None:
            panel = self._panels[key] = self._made(key)
            self.stack.addWidget(panel)
        self.stack.setCurrentWidget(panel)
        self._refresh_key.setEnabled(not _has_own_refresh(panel))
        self.opened.emit(key)

    def _made(self, key: str) -> QWidget:
        common: dict[str, Any] = {"tasks": self._tasks, "toasts": self._toasts}
        if key == "live":
            live = self._live(common)
            if self._recording is not None:
                live.offer_recording(self._recording)
            made: QWidget = live
        elif key == "flow" and self._drawn is not None:
            from .picture import PicturePage

            made = PicturePage(self.session, *self._drawn, tasks=self._tasks)
            if self._recording is not None:
                made.offer_recording(self._recording, self._toasts)
        elif key == "scan":
            from .scan import ScanPage

            made = ScanPage(self.session, jobs=self._jobs, **common)
            made.registered.connect(self._registered)
        elif key == "firmware":
            from .firmware import FirmwarePage

            made = FirmwarePage(self.session, jobs=self._jobs, **common)
        else:
            made = self._declared(key, common | {"jobs": self._jobs})
        made.contact.connect(self.contact)
        if hasattr(made, "acted"):
            made.acted.connect(self._acted)
        if hasattr(made, "open_wanted"):
            made.open_wanted.connect(self._open_with)
        return made

    def _open_with(self, key: str, parameters: dict[str, Any]) -> None:
        """Another page is wanted with these parameters: a log that was found on the card."""
        shown = self.open(key)
        if hasattr(shown, "read_with"):
            shown.read_with(**parameters)

    def _live(self, common: dict[str, Any]) -> LiveView:
        feeds = self._feeds()
        if self.meter or not feeds[0].of_meter:
            from .live import LivePage

            return LivePage(self.session, feeds=feeds, meter=self.meter, **common)
        from .live_meters import LiveMetersPage, meter_channels

        own = self.session.identity.id if self.session.identity else ""
        return LiveMetersPage(
            f"{self.session.vendor.key}.live",
            lambda: meter_channels(self.session, feeds),
            stem=(self.session.vendor.key, own),
            **common,
        )

    def _declared(self, key: str, common: dict[str, Any]) -> QWidget:
        """The page of a section, archive or action; a family may have one of its own."""
        vendor = self.session.vendor
        section = next((s for s in vendor.sections if s.key == key), None)
        if section is not None:
            panel = SectionPanel(section, self.meter, self.session, **common)
            panel.sent.connect(lambda receipt: self._sent(section, receipt))
            panel.was_read.connect(self.show_findings)
            if section is self._clock_section():
                panel.contact.connect(lambda _: self.show_facts())
            return panel
        own = page_of(key)
        archive = next((a for a in vendor.archives if a.key == key), None)
        if archive is not None:
            from .archive import ArchivePage

            return (own or ArchivePage)(archive, self.meter, self.session, **common)
        from .action import ActionPage

        return (own or ActionPage)(vendor.action(key), self.meter, self.session, **common)

    def _registered(self) -> None:
        """The scan page registered meters: the list of meters shows the same draft, and reads again."""
        self.meters_changed.emit()
        listed = self._panels.get(self.session.vendor.meters_section)
        if isinstance(listed, SectionPanel):
            listed.reload()

    def _sent(self, section: AnySection, receipt: Receipt) -> None:
        self._jobs.say(f"{section.title}: {receipt.outcome.value}")
        if receipt.outcome in (Outcome.VERIFIED, Outcome.DIFFERS):
            if section.key == self.session.vendor.meters_section or section.key.endswith(".naming"):
                self._ask(self._renew_meters())
            if not self.meter:
                self._ask(self._renew_identity())
        self._look_after(receipt)

    def _acted(self, action: AnyAction, receipt: Receipt) -> None:
        self._jobs.say(f"{action.title}: {receipt.outcome.value}")
        if not self.meter and receipt.outcome in (Outcome.VERIFIED, Outcome.DIFFERS):
            self._ask(self._renew_identity())
        self._look_after(receipt)

    def _look_after(self, receipt: Receipt) -> None:
        """An answer that was lost may mean that the device is: the receipt was told already, this tells the rest."""
        if receipt.outcome is Outcome.UNKNOWN:
            self._tasks.spawn(self, self._renew_identity(), failed=self.contact.emit)

    async def _renew_meters(self) -> None:
        await self.session.refresh_meters()
        self.meters_changed.emit()
        self.show_facts()

    async def _renew_identity(self) -> None:
        self.session.identity = await self.session.connection.identity()
        self.identity_changed.emit()
        self.show_facts()

    async def _look(self) -> None:
        """What the page shows beyond its panels: the meter's type, what it supports, the clock."""
        if self.meter and self.session.vendor.describe_meter is not None:
            self.described = await self.session.vendor.describe_meter(self.session.connection, self.meter)
            self.show_facts()
        await self._look_what_is_offered()
        await self._read_watched()
        clock = self._clock_section()
        if clock is not None and self.session.live(clock, self.meter) is None:
            await self.session.read(clock, self.meter)
            self.show_facts()
        self._looked = True

    async def _read_watched(self, *, fresh: bool = False) -> None:
        """Read what says whether all is well, so that it shows before anybody looks for it."""
        for section in self.session.sections(self.meter):
            panel = self._panels.get(section.key)
            if section.watched and fresh and isinstance(panel, SectionPanel):
                panel.reload()
            elif section.watched and (fresh or self.session.live(section, self.meter) is None):
                support = await self.session.support(section, self.meter)
                if support.readable:
                    await self.session.read(section, self.meter)
        self.show_findings()

    def _found(self) -> dict[str, tuple[Finding, ...]]:
        """What is to be noticed, by section, as far as they were read."""
        read = ((section, self.session.live(section, self.meter)) for section in self.session.sections(self.meter))
        return {section.key: found for section, live in read if live and (found := section.findings(live.value))}

    def show_findings(self) -> None:
        """Bring the line below the header and the signs in the list up to date."""
        self.entries.mark(found := self._found())
        told = [(key, one) for key, ones in found.items() for one in ones if one.weight is not Weight.INFO]
        grave = gravest([one for _, one in told])
        tone, picture = TONES[grave or Weight.INFO]
        self._noticed.say(tone, picture, " · ".join(one.title for _, one in told))
        self.warnings = len(told)
        self.noticed.emit(len(told))

    def _open_noticed(self) -> None:
        """The next section that has something to be noticed, after the one that is open."""
        keys = [key for key in self.keys() if any(one.weight is not Weight.INFO for one in self._found().get(key, ()))]
        shown = self.stack.currentWidget()
        at = keys.index(shown.objectName()) + 1 if shown is not None and shown.objectName() in keys else 0
        if keys:
            self.open(keys[at % len(keys)])

    async def _look_what_is_offered(self) -> None:
        """Grey out what is not supported here; opening it tells why."""
        session, meter = self.session, self.meter
        reasons: dict[str, str] = {}
        for declared in (*session.sections(meter), *session.archives(meter), *session.actions(meter, beside="")):
            support = await session.support(declared, meter)
            possible = support.writable if declared in session.vendor.actions else support.readable
            if not possible:
                reasons[declared.key] = support.reason
        self.entries.grey_out(reasons)

    def _clock_section(self) -> AnySection | None:
        return next((s for s in self.session.sections(self.meter) if s.now is not None), None)

    def _clock_words(self) -> str:
        """How far the clock was off when it was read; empty when it was not."""
        clock = self._clock_section()
        live = self.session.live(clock, self.meter) if clock else None
        if clock is None or live is None:
            return ""
        moment = next(getattr(live.value, field.name) for field in clock.fields if field.kind is Kind.MOMENT)
        return clock_words(moment, live.at) if isinstance(moment, datetime) else ""

    def show_facts(self) -> None:
        """Bring the header up to date."""
        identity = self.session.identity
        if identity is None:
            return
        name = identity.name or identity.id
        if not self.meter:
            self.header.show_facts(self._site, name, device_facts(self.session, identity, self._clock_words()))
            return
        meter = next((m for m in self.session.meters if m.serial == self.meter), Meter(self.meter))
        kind = self.described.model if self.described else ""
        trail = f"{self._site}  ▸  {name}"
        facts = meter_facts(meter, self.described, self._clock_words())
        self.header.show_facts(trail, meter.alias or meter.serial, facts, kind=kind)

    def show_help(self) -> None:
        """The help of what is open."""
        shown = self.stack.currentWidget()
        if shown is not None and hasattr(shown, "show_help"):
            shown.show_help()

    def refresh(self) -> None:
        """Read the open panel again, and the header's facts."""
        panel = self.stack.currentWidget()
        if panel is not None and hasattr(panel, "reload"):
            panel.reload()
        self._ask(self._renew_meters())
        self._ask(self._read_watched(fresh=True) if self._looked else self._look())


def _has_own_refresh(panel: QWidget) -> bool:
    refresh = QKeySequence("F5")
    return any(refresh in shortcut.keys() for shortcut in panel.findChildren(QShortcut))  # noqa: SIM118 - a list
