"""The wireless networks in reach: pick one, enter its key, the device joins it; or pair by WPS (manual 5.4 to 5.6)."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from app.commission.receipt import Outcome, Receipt
from app.model.action import AnyAction
from app.model.job import Progress
from app.vendors.whatwatt.restart import PAIR
from app.vendors.whatwatt.settings.wifi_join import JOIN, joining
from ui.forms.parts import Strip, push_button
from ui.icons import dress
from ui.pages.archive import ArchivePage
from ui.theme import restyle

from .network_list import Network, NetworkList, networks_of
from .pairing import PairingStrip

_ENDS = {
    Outcome.VERIFIED: ("ok", "ok", "Joined and verified"),
    Outcome.DIFFERS: ("error", "warning", "Not joined"),
    Outcome.UNKNOWN: ("error", "warning", "Outcome unknown"),
    Outcome.REFUSED: ("error", "error", "Refused by the device"),
}


class WifiPage(ArchivePage):
    """The scan as a list to pick from; the whole table is behind 'Details'."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        key = self.archive.key
        self.networks = NetworkList(f"{key}.networks")
        self.pairing = PairingStrip(f"{key}.pairing")
        self.outcome = Strip(f"{key}.outcome")
        self.join_button = push_button(
            "Join…", f"{key}.join", "wifi", role="primary", tip="Join the network that is picked (Enter)"
        )
        self.details_button = push_button("Details", f"{key}.details", "meters", tip="All that the device tells")
        self.details_button.setCheckable(True)
        restyle(self.read_button, role="")
        dress(self.read_button, "refresh", "text")
        self._place()
        other = self.actions_row.buttons[JOIN.key]
        other.setText("Other network…")
        other.setAccessibleName("Other network…")
        self.networks.chosen.connect(self.join)
        self.networks.currentItemChanged.connect(lambda: self._refresh())
        self.join_button.clicked.connect(lambda: self.join(self.networks.current))
        self.details_button.toggled.connect(self._show_details)
        self.pairing.left.connect(self.actions_row.leave)
        self.actions_row.progressed.connect(self._progressed)
        self.actions_row.ended.connect(self._ended)
        self.actions_row.done.connect(self._tell)
        self.shown.connect(self._show_networks)
        self._show_details(False)
        self._refresh()

    def join(self, network: Network | None) -> None:
        """Ask for what is needed to join a network; one that hides itself is typed."""
        if network is not None:
            self.actions_row.start(JOIN if network.typed else joining(network.ssid, network.security))

    def _place(self) -> None:
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        at = column.indexOf(self.splitter)
        column.insertWidget(at, self.networks, 1)
        asked = column.itemAt(at - 1).layout()
        assert asked is not None
        for widget in (self.details_button, self.join_button):
            asked.addWidget(widget)
        column.insertWidget(at - 1, self.pairing)
        column.insertWidget(at - 1, self.outcome)

    def _show_networks(self) -> None:
        self.networks.empty = "The device hears no network."
        self.networks.show_networks(networks_of(self.records))
        if self.networks.current is None and self.networks.count():
            self.networks.setCurrentRow(0)

    def _show_details(self, shown: bool) -> None:
        self.splitter.setVisible(shown)
        self.networks.setVisible(not shown)
        self._refresh()

    def _progressed(self, action: AnyAction, step: Progress) -> None:
        self.outcome.clear()
        if action.key == PAIR.key and step.total:
            self.pairing.show_progress(step)
        self._refresh()

    def _ended(self, _action: AnyAction) -> None:
        self.pairing.end()
        self._refresh()

    def _tell(self, action: AnyAction, receipt: Receipt) -> None:
        tone, picture, words = _ENDS[receipt.outcome]
        title = f"{action.title}: {words}"
        self.outcome.say(tone, picture, title, f"{receipt.message} {receipt.hint}".strip())

    def _refresh(self) -> None:
        super()._refresh()
        if hasattr(self, "join_button"):
            busy = bool(self.actions_row.running) or self.reading
            self.join_button.setEnabled(
                not busy and self.networks.current is not None and self.networks.isVisibleTo(self)
            )
