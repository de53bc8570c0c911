"""The page of the site itself: how many of its devices are connected, and all of them live on one axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui.dialogs import answered
from ui.forms.help import help_key
from ui.forms.toast import Toasts
from ui.handle import State
from ui.tasks import Tasks

from .header import Header
from .site_live import LOOK_AGAIN_MS, SiteLivePage
from .site_offer import SumChannel
from .site_sum import SumDialog

if TYPE_CHECKING:
    from ui.workbench import Workbench


class SitePage(QWidget):
    """Header and live page. `connect_wanted` carries the devices that are to be connected, one after the other."""

    connect_wanted = Signal(list)
    recordings_wanted = Signal()

    def __init__(
        self, bench: Workbench, *, site: str, tasks: Tasks, toasts: Toasts, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("site")
        self._bench, self._site, self._tasks, self._toasts = bench, site, tasks, toasts
        self.header = Header("site", self)
        self._connect = self.header.action(
            "site.connect", "Connect all", "plug", "Connect every device of the site that is not connected"
        )
        self._connect.clicked.connect(self._connect_all)
        recordings = self.header.action(
            "site.recordings", "Recordings", "recordings", "What was recorded in this site (Ctrl+Shift+R)"
        )
        recordings.clicked.connect(self.recordings_wanted)
        self.live = SiteLivePage(bench, tasks=tasks, toasts=toasts)
        help_key(self.header, self.live.show_help)
        self.live.offer_recording(bench.recording)
        self.live.connect_wanted.connect(lambda handle: self.connect_wanted.emit([handle]))
        self.live.add_sum.connect(lambda: self._tasks.spawn(self, self._ask_sum(None)))
        self.live.edit_sum.connect(lambda channel: self._tasks.spawn(self, self._ask_sum(channel)))
        self.live.remove_sum.connect(self._remove_sum)
        card = QFrame(self)
        card.setProperty("role", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.live)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addWidget(card, 1)
        # A search of a whole range tells of thousands of changes.
        self._soon = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._soon.timeout.connect(self.show_facts)
        for signal in (bench.added, bench.changed, bench.removed):
            signal.connect(lambda *_: self._soon.start())
        self.show_facts()

    def show_facts(self) -> None:
        """Bring the header up to date."""
        own = [handle for handle in self._bench.handles.values() if handle.in_site]
        connected = sum(handle.state is State.CONNECTED for handle in own)
        lost = sum(handle.state is State.LOST for handle in own)
        words = f"{connected} of {len(own)} devices connected" + (f", {lost} without contact" if lost else "")
        self.header.show_facts("Site", self._site, [], kind=words if own else "no device yet")
        self._connect.setEnabled(bool(self._waiting()))

    def _waiting(self) -> list[object]:
        return [h for h in self._bench.handles.values() if h.in_site and h.state in (State.IDLE, State.FAILED)]

    def _connect_all(self) -> None:
        self.connect_wanted.emit(self._waiting())

    def reload(self) -> None:
        """Listen again to what has ended."""
        self.live.reload()

    # Sums.

    async def _ask_sum(self, channel: SumChannel | None) -> None:
        before = None if channel is None else channel.kept
        taken = [one.name for one in self._bench.site.sums.all() if before is None or one.name != before.name]
        names = {} if before is None else self.live.names(before.points)
        dialog = SumDialog(self.window(), self.live.channels(), taken, before, names)
        if await answered(dialog) and dialog.wanted is not None:
            self._bench.site.sums.put(dialog.wanted, instead_of="" if before is None else before.name)
            self.live.renew()
            self.live.list.show_sum(dialog.wanted.name)
            self.live.start()

    def _remove_sum(self, channel: SumChannel | None) -> None:
        if channel is not None:
            self._bench.site.sums.drop(channel.kept.name)
            self.live.renew()
            self.live.start()
            self._toasts.info("Sum removed", f"'{channel.kept.name}' is no longer in the site. No device was changed.")
