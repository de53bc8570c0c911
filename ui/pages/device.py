"""The page of a device or of one meter behind it: header, its sections on the left, the open panel on the right."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QVBoxLayout, QWidget

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.device import Identity, Meter
from app.model.errors import AppError, CertificateNotTrusted, LoginFailed
from app.model.field import Kind
from app.model.section import AnySection
from ui.forms.panel import SectionPanel
from ui.forms.parts import Strip, plain_tip, push_button
from ui.forms.toast import Toasts
from ui.icons import icon
from ui.jobs import JobBar
from ui.tasks import Tasks
from ui.theme import current_theme, notifier

from .header import Header, device_facts, meter_facts

_WAYS_BACK = ((LoginFailed, "Log in again"), (CertificateNotTrusted, "Look at the certificate"))
KEY = Qt.ItemDataRole.UserRole
PICTURE = Qt.ItemDataRole.UserRole + 1
TONE = Qt.ItemDataRole.UserRole + 2
ROW = 34
LIST = 204
WIDEST_LIST = 236
MARGIN = 12
ICON = QSize(20, 20)


class DevicePage(QWidget):
    """Sections of one device (`meter` empty) or of one meter. Panels are made when they are first opened."""

    meters_changed = Signal()
    identity_changed = Signal()
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""
    reopen_wanted = Signal()

    def __init__(
        self,
        session: DeviceSession,
        *,
        site: str,
        meter: str = "",
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.meter = meter
        self._site = site
        self._tasks, self._toasts, self._jobs = tasks, toasts, jobs
        self.described: Identity | None = None
        self.name = f"{session.vendor.key}.{'meter' if meter else 'device'}"
        self.setObjectName(self.name)
        self._panels: dict[str, QWidget] = {}
        self.header = Header(self.name, self)
        self.list = QListWidget(self)
        self.list.setObjectName(f"{self.name}.sections")
        self.list.setAccessibleName("Sections")
        self.list.setIconSize(ICON)
        self._trouble = Strip(f"{self.name}.trouble", self)
        self._reopen = push_button("Connect again", f"{self.name}.reopen", "plug")
        self._reopen.clicked.connect(self.reopen_wanted)
        self._trouble.add_button(self._reopen)
        self.stack = QStackedWidget(self)
        card = QFrame(self)
        card.setProperty("role", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.stack)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self.list)
        middle.addWidget(card, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addWidget(self._trouble)
        column.addLayout(middle, 1)
        self._add_actions()
        self._fill_list()
        self.list.currentItemChanged.connect(self._open_current)
        notifier.theme_changed.connect(self._paint_icons)
        self.show_facts()
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
        # A panel has its own F5; two at once would cancel each other out.
        self._refresh_key = QShortcut(QKeySequence.StandardKey.Refresh, self, self.refresh)

    def _entries(self) -> list[tuple[str, str, str, str, str]]:
        """What stands in the list: group, key, title, icon, help."""
        sections = self.session.sections(self.meter)
        entries = [(s.group, s.key, s.title, s.icon or "settings", s.help) for s in sections]
        if self._feeds():
            entries.append(("Live", "live", "Live plots", "live", "Values as they come, plotted."))
        if self.session.vendor.scan is not None and not self.meter:
            entries.append(("Gateway", "scan", "Device scan", "scan", "Find meters on the buses and register them."))
        order = list(dict.fromkeys(entry[0] for entry in entries))
        return sorted(entries, key=lambda entry: order.index(entry[0]))

    def _feeds(self) -> tuple[object, ...]:
        return tuple(feed for feed in self.session.vendor.feeds if feed.of_meter == bool(self.meter))

    def _fill_list(self) -> None:
        group = ""
        for of_group, key, title, picture, words in self._entries():
            if of_group != group:
                group = of_group
                heading = QListWidgetItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                font = heading.font()
                font.setBold(True)
                heading.setFont(font)
                heading.setSizeHint(QSize(0, ROW))
                self.list.addItem(heading)
            item = QListWidgetItem(title)
            item.setData(KEY, key)
            item.setData(PICTURE, picture)
            item.setToolTip(plain_tip(words))
            item.setSizeHint(QSize(0, ROW))
            self.list.addItem(item)

        self._paint_icons()

    def _paint_icons(self) -> None:
        # The words of the widest entry, in the theme's font, as far as the page can spare the room.
        self.list.setFixedWidth(min(max(LIST, self.list.sizeHintForColumn(0) + 2 * MARGIN), WIDEST_LIST))
        for row in range(self.list.count()):
            item = self.list.item(row)
            picture = item.data(PICTURE)
            if picture:
                tone = item.data(TONE) or "text"
                item.setForeground(QColor(current_theme().tone(tone)))
                both = QIcon(icon(picture, tone).pixmap(ICON))
                both.addPixmap(icon(picture, "on_selection").pixmap(ICON), QIcon.Mode.Selected)
                item.setIcon(both)

    def panels(self) -> list[SectionPanel]:
        """The panels that were opened so far."""
        return [panel for panel in self._panels.values() if isinstance(panel, SectionPanel)]

    def sending(self) -> list[str]:
        """What is on its way to the device, by its title."""
        titles = {key: panel.accessibleName() for key, panel in self._panels.items() if key != "live"}
        return [title for key, title in titles.items() if self._panels[key].sending]

    def keys(self) -> list[str]:
        """What can be opened here, in the order of the list."""
        found = (self.list.item(row).data(KEY) for row in range(self.list.count()))
        return [key for key in found if key]

    def open(self, key: str) -> QWidget:
        """Open a section by its key, or 'live' or 'scan'."""
        for row in range(self.list.count()):
            if self.list.item(row).data(KEY) == key:
                self.list.setCurrentRow(row)
        return self.stack.currentWidget()

    def _open_current(self, item: QListWidgetItem | None, _: QListWidgetItem | None = None) -> None:
        key = item.data(KEY) if item else None
        if not key:
            return
        panel = self._panels.get(key)
        if panel is None:
            panel = self._panels[key] = self._made(key)
            self.stack.addWidget(panel)
        self.stack.setCurrentWidget(panel)
        self._refresh_key.setEnabled(not isinstance(panel, SectionPanel))

    def _made(self, key: str) -> QWidget:
        if key == "live":
            from .live import LivePage

            live = LivePage(self.session, tasks=self._tasks, toasts=self._toasts, feeds=self._feeds(), meter=self.meter)
            live.contact.connect(self.contact)
            return live
        if key == "scan":
            from .scan import ScanPage

            page = ScanPage(self.session, tasks=self._tasks, toasts=self._toasts, jobs=self._jobs)
            page.registered.connect(self._registered)
            page.contact.connect(self.contact)
            return page
        section = self.session.vendor.section(key)
        panel = SectionPanel(section, self.meter, self.session, tasks=self._tasks, toasts=self._toasts)
        panel.sent.connect(lambda receipt: self._sent(section, receipt))
        panel.contact.connect(self.contact)
        return panel

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
        for section in self.session.sections(self.meter):
            support = await self.session.support(section, self.meter)
            if not support.readable:
                self._grey_out(section.key, support.reason)
        clock = self._clock_section()
        if clock is not None and self.session.live(clock, self.meter) is None:
            await self.session.read(clock, self.meter)
            self.show_facts()
        self._looked = True

    def _grey_out(self, key: str, reason: str) -> None:
        """Show that a section is not supported here; opening it tells why."""
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(KEY) == key:
                item.setData(TONE, "disabled")
                item.setToolTip(plain_tip(reason))
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"Not supported. {reason}")
        self._paint_icons()

    def _clock_section(self) -> AnySection | None:
        return next((s for s in self.session.sections(self.meter) if s.now is not None), None)

    def show_facts(self) -> None:
        """Bring the header up to date."""
        identity = self.session.identity
        if identity is None:
            return
        name = identity.name or identity.id
        if not self.meter:
            clock = self._clock_section()
            live = self.session.live(clock, "") if clock else None
            moment = None
            if clock is not None and live is not None:
                moment = next(getattr(live.value, f.name) for f in clock.fields if f.kind is Kind.MOMENT)
            self.header.show_facts(self._site, name, device_facts(self.session, identity, moment))
            return
        meter = next((m for m in self.session.meters if m.serial == self.meter), Meter(self.meter))
        kind = self.described.model if self.described else ""
        trail = f"{self._site}  ▸  {name}"
        self.header.show_facts(trail, meter.alias or meter.serial, meter_facts(meter, self.described), kind=kind)

    def refresh(self) -> None:
        """Read the open panel again, and the header's facts."""
        panel = self.stack.currentWidget()
        if panel is not None:
            panel.reload()
        self._ask(self._renew_meters())
        if not self._looked:
            self._ask(self._look())
