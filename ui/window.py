"""The shell: tree on the left, page in the middle, jobs below, toasts in the corner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ui.contact import Contact
from ui.drop import accept_dropped_sites
from ui.forms.toast import Toasts
from ui.jobs import JobBar
from ui.menu import THEMES, make_menu
from ui.pages.welcome import ConnectPage, WelcomePage
from ui.recall import tell_what_was_left
from ui.recording_bar import RecordingBar
from ui.tasks import Tasks
from ui.theme import apply_theme
from ui.tree.model import Kind, Node, SiteTree
from ui.tree.view import TreePane
from ui.workbench import Handle, State, Workbench

ABOVE_FOOTER = 96
"""Toasts stand above the job bar and a panel's buttons."""

if TYPE_CHECKING:
    from app.commission.connect import Questions
    from ui.forms.panel import SectionPanel
    from ui.pages.device import DevicePage
    from ui.pages.recordings import RecordingsPage
    from ui.pages.site import SitePage

# Pages and dialogs are imported when they are first shown: the window is on the screen a third sooner.


class Window(QMainWindow):
    """The main window over one `Workbench`. `closed` is sent when it may go."""

    closed = Signal()
    open_site = Signal(str)

    def __init__(self, bench: Workbench, *, questions: Questions | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.bench = bench
        self.toasts = Toasts(self)
        self.toasts.keep_clear(ABOVE_FOOTER)
        self.tasks = Tasks(self.toasts.tell, self.toasts.tell_bug)
        self.jobs = JobBar(self)
        self.jobs.add_row(RecordingBar(bench.recording, self, tasks=self.tasks, toasts=self.toasts))
        self.questions = questions
        self.contact = Contact(self)
        self.site_name = "Unsaved site" if bench.site.unsaved else bench.site.path.stem
        self.setWindowTitle(f"{self.site_name} – Wattwright")
        accept_dropped_sites(self)
        self.model = SiteTree(bench, self)
        self.model.site.name = self.site_name
        self.tree = TreePane(self.model, self)
        self.pages = QStackedWidget(self)
        self.welcome = WelcomePage(self)
        self.connecting = ConnectPage(self)
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.connecting)
        self._device_pages: dict[tuple[int, str], DevicePage] = {}
        self._recordings: RecordingsPage | None = None
        self._site_page: SitePage | None = None
        self._shown: Handle | None = None
        self._lay_out()
        self.theme_actions = make_menu(self)
        self._wire()
        self._restore()

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.pages)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([312, 1054])
        self.splitter.setChildrenCollapsible(False)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.jobs)
        self.setCentralWidget(middle)
        self.resize(1366, 768)

    def _wire(self) -> None:
        self.tree.selected.connect(self.show_node)
        self.tree.activated.connect(self._activate)
        self.tree.add_address.connect(self.ask_address)
        self.tree.sweep.connect(self.ask_sweep)
        self.welcome.address.clicked.connect(self.ask_address)
        self.welcome.sweep.clicked.connect(self.ask_sweep)
        self.connecting.connect_wanted.connect(self.connect_shown)
        self.connecting.forget_wanted.connect(self.forget_shown)
        self.bench.network.connect(self.jobs.network)
        self.bench.changed.connect(self._handle_changed)
        self.bench.removed.connect(self._handle_removed)

    # What the middle shows.

    def show_node(self, node: Node | None) -> None:
        """Show the page of a row of the tree."""
        handle = node.handle if node is not None else None
        self._shown = handle
        if node is not None and node.kind is Kind.SITE and self.bench.handles:
            self.pages.setCurrentWidget(self.site_page())
        elif node is None or handle is None:
            self.pages.setCurrentWidget(self.welcome)
        elif handle.session is not None:
            self.pages.setCurrentWidget(self.page(handle, node.meter.serial if node.meter else ""))
        else:
            self.connecting.show_handle(handle)
            self.pages.setCurrentWidget(self.connecting)

    def show_recordings(self) -> RecordingsPage:
        """Show what was recorded in this site."""
        from ui.pages.recordings import RecordingsPage

        if self._recordings is None:
            self._recordings = RecordingsPage(self.bench.recording, tasks=self.tasks, toasts=self.toasts)
            self._recordings.site_wanted.connect(self.show_site)
            self.pages.addWidget(self._recordings)
        with QSignalBlocker(self.tree):
            # The row of the site is where one is, but its own page is another.
            self.tree.select(self.model.site)
        self._shown = None
        self.pages.setCurrentWidget(self._recordings)
        self._recordings.list.table.setFocus()
        return self._recordings

    def site_page(self) -> SitePage:
        """The page of the site; made when it is first shown."""
        if self._site_page is None:
            from ui.pages.site import SitePage

            self._site_page = SitePage(self.bench, site=self.site_name, tasks=self.tasks, toasts=self.toasts)
            self._site_page.recordings_wanted.connect(self.show_recordings)
            self._site_page.connect_wanted.connect(self.contact.connect_here)
            self.pages.addWidget(self._site_page)
        return self._site_page

    def show_site(self) -> None:
        """Go to the site in the tree, and show all its devices live."""
        self.tree.select(self.model.site)
        self.show_node(self.model.site)

    def page(self, handle: Handle, meter: str = "") -> DevicePage:
        """The page of a connected device or meter; made when it is first shown."""
        from ui.pages.device import DevicePage

        key = (handle.row.key, meter)
        page = self._device_pages.get(key)
        if page is None:
            assert handle.session is not None
            page = DevicePage(
                handle.session,
                site=self.site_name,
                meter=meter,
                tasks=self.tasks,
                toasts=self.toasts,
                jobs=self.jobs,
                recording=self.bench.recording,
            )
            for signal in (page.meters_changed, page.identity_changed):
                signal.connect(lambda: self.bench.meters_changed(handle))
            page.contact.connect(lambda error: self.bench.contact(handle, error))
            page.reopen_wanted.connect(lambda: self.contact.reconnect(handle))
            if not meter:
                page.noticed.connect(lambda warnings: self.bench.noticed(handle, warnings))
            page.show_trouble(handle.error)
            self._device_pages[key] = page
            self.pages.addWidget(page)
            self._open_first(page)
        return page

    def _open_first(self, page: DevicePage) -> None:
        """Open what was open last on a page of this kind, so that meter after meter is a matter of arrow keys."""
        setting = f"open {page.name}"
        keys, last = page.keys(), (self.bench.site.setting(setting) or b"").decode()
        if keys:
            page.open(last if last in keys else keys[0])
        page.opened.connect(lambda key: self.bench.site.put_setting(setting, key.encode()))

    def _activate(self, node: Node) -> None:
        if node.kind is Kind.SITE:
            self.show_node(node)
        if node.kind is not Kind.DEVICE or node.handle is None:
            return
        if node.handle.state is State.LOST:
            self.contact.reconnect(node.handle)
        elif node.handle.session is None:
            self.connect_shown()

    def _handle_changed(self, handle: Handle) -> None:
        if handle.session is None:
            self.drop_pages(handle)
        self.contact.follow(handle)
        for key, page in self._device_pages.items():
            if key[0] == handle.row.key:
                page.show_trouble(handle.error)
                page.show_facts()
        if handle is self._shown and self.pages.currentWidget() in (self.connecting, self.welcome):
            self.show_node(self.model.node_of(handle))

    def _handle_removed(self, handle: Handle) -> None:
        self.drop_pages(handle)
        if handle is self._shown:
            self.show_node(None)

    def drop_pages(self, handle: Handle) -> None:
        """Away with the pages of a device; what was edited is kept."""
        for key in [key for key in self._device_pages if key[0] == handle.row.key]:
            page = self._device_pages.pop(key)
            for panel in page.panels():
                panel.flush()
            self.pages.removeWidget(page)
            page.deleteLater()

    @property
    def shown(self) -> Handle | None:
        """The device whose page or card is shown."""
        return self._shown

    def select(self, handle: Handle) -> None:
        """Go to a device in the tree, and show it."""
        node = self.model.node_of(handle)
        if node is not None:
            self.tree.select(node)
            self.show_node(node)

    def refresh_shown(self) -> None:
        """Read again what is shown of a device."""
        page = self.pages.currentWidget()
        if page in self._device_pages.values():
            page.refresh()
        elif page is not None and page is self._site_page:
            page.reload()

    # What the installer does.

    def connect_shown(self) -> None:
        """Connect the device whose card is shown."""
        if self._shown is not None:
            self.contact.connect(self._shown)

    async def connect_device(self, handle: Handle) -> None:
        """Connect, and show its page. A failure stays on its card."""
        await self.contact.connected(handle)

    def apply_to_all(self) -> None:
        """Give the draft of the open section to other meters; those selected in the tree are proposed."""
        from ui.forms.panel import SectionPanel
        from ui.pages.apply import apply_to_all
        from ui.pages.device import DevicePage

        page = self.pages.currentWidget()
        panel = page.stack.currentWidget() if isinstance(page, DevicePage) else None
        if not isinstance(page, DevicePage) or not isinstance(panel, SectionPanel) or not page.meter:
            self.toasts.info("Nothing to apply", "Open a section of a meter and change something first.")
            return
        ticked = self.tree.chosen_meters(page.session.key) - {page.meter}
        work = apply_to_all(self, page.session, panel.section, page.meter, ticked, toasts=self.toasts, jobs=self.jobs)
        self.tasks.spawn(self, work)

    def disconnect_shown(self) -> None:
        """Hang up the shown device."""
        if self._shown is not None:
            self.contact.disconnect(self._shown)

    def forget_shown(self) -> None:
        """Take the shown device out of the site."""
        if self._shown is not None:
            self.contact.forget(self._shown)

    def ask_address(self) -> None:
        """Ask for an address, and add what is there."""
        from ui.pages.adding import added_address

        self.tasks.spawn(self, added_address(self))

    def ask_sweep(self) -> None:
        """Ask for a range, and search it."""
        from ui.pages.adding import swept

        self.tasks.spawn(self, swept(self))

    # Site, theme, window.

    def set_theme(self, key: str) -> None:
        """Light, dark or high contrast; remembered with the site."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, key)
        self.theme_actions[key].setChecked(True)
        self.bench.site.put_setting("theme", key.encode())

    def show_about(self) -> None:
        """Version, licence, and the licences of what is inside."""
        from ui.dialogs import answered
        from ui.pages.about import AboutDialog

        self.tasks.spawn(self, answered(AboutDialog(self)))

    def _restore(self) -> None:
        theme = (self.bench.site.setting("theme") or b"light").decode()
        self.set_theme(theme if theme in THEMES else "light")
        geometry = self.bench.site.setting("window")
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
        tell_what_was_left(self.bench.site, self.toasts, self.jobs)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless something runs that must not be cut off."""
        if self.refused(self.busy()):
            event.ignore()
            return
        self.bench.site.put_setting("window", bytes(self.saveGeometry().data()))
        event.accept()
        self.closed.emit()

    def busy(self, handle: Handle | None = None) -> list[str]:
        """What must not be cut off: jobs that cannot be stopped, and sendings to a device or (None) to any."""
        pages = [page for key, page in self._device_pages.items() if handle is None or key[0] == handle.row.key]
        jobs = [job.title for job in self.jobs.running if not job.cancellable]
        return jobs + [title for page in pages for title in page.sending()]

    def refused(self, busy: list[str]) -> bool:
        """Say what must not be interrupted, if anything."""
        if busy:
            stop = any(job.cancellable and job.title in busy for job in self.jobs.running)
            hint = "Stop it, or wait until it is done." if stop else "Wait until it is done."
            self.toasts.error("Not now", f"{busy[0]} must not be interrupted.", hint=hint)
        return bool(busy)

    def _panels(self) -> list[SectionPanel]:
        return [panel for page in self._device_pages.values() for panel in page.panels()]

    async def shut_down(self) -> None:
        """Close if that was not done yet, save drafts, stop tasks, hang up everywhere."""
        self.close()
        for panel in self._panels():
            panel.flush()
        for key in list(self._device_pages):
            self._device_pages.pop(key).close()
        await self.tasks.aclose()
        await self.bench.aclose()
