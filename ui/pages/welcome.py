"""Pages without a session: the start of a site, and a device that is not connected yet."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.model.errors import TooSoon
from ui.forms.parts import brief, one_line, plain_label
from ui.icons import dress
from ui.pages.wait import Wait
from ui.theme import restyle
from ui.workbench import Handle, State


class Centred(QWidget):
    """A card in the middle of the page: a title, some lines, and what can be done next."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setMaximumWidth(640)
        self.column = QVBoxLayout(card)
        self.column.setContentsMargins(32, 28, 32, 28)
        self.column.setSpacing(12)
        self.title = plain_label(wrap=True)
        self.title.setProperty("role", "title")
        self.column.addWidget(self.title)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(card, 4)
        row.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addLayout(row)
        outer.addStretch(3)

    def button(self, name: str, text: str, picture: str, *, main: bool = False) -> QPushButton:
        """Add a button."""
        button = QPushButton(text, self)
        dress(button, picture, "on_accent" if main else "text")
        button.setObjectName(f"{self.objectName()}.{name}")
        button.setAccessibleName(text)
        button.setMinimumHeight(36)
        if main:
            button.setProperty("role", "primary")
            button.setDefault(True)
        self.column.addWidget(button)
        return button


class WelcomePage(Centred):
    """What a newcomer sees first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("welcome", parent)
        self.title.setText("Which devices are on this site?")
        for text in (
            "Devices that announce themselves appear on the left by themselves.",
            "The ABB G13 gateway does not: it comes with 192.168.1.12. Give this laptop an address such as "
            "192.168.1.20 (mask 255.255.255.0), then add the gateway by its address or search the range.",
        ):
            self.column.addWidget(plain_label(text, wrap=True))
        self.address = self.button("address", "Add a device by its address", "add", main=True)
        self.sweep = self.button("sweep", "Search a range of addresses", "scan")


class ConnectPage(Centred):
    """A device that is not connected: what is known of it, what went wrong, and the button to connect."""

    connect_wanted = Signal()
    forget_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("connect", parent)
        self._facts = plain_label(wrap=True)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._problem = plain_label(wrap=True)
        self._problem.setObjectName("connect.problem")
        self._problem.setProperty("tone", "error")
        self._hint = plain_label(wrap=True)
        self._hint.setProperty("role", "hint")
        for label in (self._facts, self._problem, self._hint):
            self.column.addWidget(label)
        self.connect_button = self.button("connect", "Connect", "plug", main=True)
        self.forget_button = self.button("forget", "Remove from the site", "remove")
        self._wait = Wait(self)
        self._wait.told.connect(self._tell_wait)
        self._wait.over.connect(self.connect_wanted)
        self.connect_button.clicked.connect(self._connect)
        self.forget_button.clicked.connect(self.forget_wanted)

    def show_handle(self, handle: Handle) -> None:
        """Bring the card up to date."""
        self.title.setText(one_line(handle.name))
        kind = f"{handle.vendor.title}, {handle.vendor.kind.lower()}" if handle.vendor else "Not a device that we know"
        how = ", ".join(sorted(way.value for way in handle.row.how))
        self._facts.setText(
            f"{kind}\n{handle.row.address.url}\nFound by: {how}"
            + ("\nGone from the network" if handle.row.gone else "")
        )
        error = handle.error
        self._wait.follow(error if isinstance(error, TooSoon) else None)
        self._problem.setVisible(error is not None)
        self._hint.setVisible(error is not None and bool(error.hint))
        if error is not None:
            self._problem.setText(brief(f"{error.title}: {error.message}"))
            restyle(self._problem, tone="info" if isinstance(error, TooSoon) else "error")
            self._hint.setText(error.hint)
        connecting = handle.state is State.CONNECTING
        self.connect_button.setEnabled(handle.vendor is not None and not connecting)
        words = "Connecting…" if connecting else "Connect" if error is None else "Try again"
        self._name_button(words)
        self.forget_button.setVisible(handle.in_site and not connecting)
        self._wait.tell()

    def _connect(self) -> None:
        if not self._wait.toggle():
            self.connect_wanted.emit()

    def _name_button(self, words: str) -> None:
        self.connect_button.setText(words)
        self.connect_button.setAccessibleName(words)

    def _tell_wait(self, left: int, waiting: bool) -> None:
        """Seconds until the device may be asked again, 0: now; and whether it is connected then."""
        if left:
            self._hint.setText(f"{'It is connected by itself' if waiting else 'It may be asked again'} in {left} s.")
            self._name_button("Do not wait" if waiting else "Connect when allowed")
        else:
            self._hint.setText("It may be asked now.")
            self._name_button("Connect")
