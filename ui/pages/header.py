"""The top of a page: where we are, and what the device or meter is."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.commission.session import DeviceSession
from app.model.device import Identity, Meter
from app.net.tls import Profile
from ui.forms.parts import ElidedLabel, plain_label, plain_tip
from ui.icons import dress

WIDEST = 260
"""Pixels that a fact may claim at most. Where the line is too short for all, the long ones are cut off."""
SPARE = 40


class Header(QFrame):
    """Breadcrumb, name, facts, and the page's actions."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}.header")
        self.setProperty("role", "card")
        self._trail = ElidedLabel()
        self._trail.setProperty("role", "hint")
        self._title = ElidedLabel(greedy=False)
        self._title.setProperty("role", "title")
        self._title.setAccessibleName("Device")
        self._kind = ElidedLabel()
        self._kind.setObjectName(f"{name}.kind")
        self._kind.setAccessibleName("Type")
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(8)
        self._facts.setVerticalSpacing(2)
        self._labels: list[QLabel] = []
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        top = QHBoxLayout()
        titles = QVBoxLayout()
        titles.setSpacing(0)
        titles.addWidget(self._trail)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._title)
        line.addWidget(self._kind, 1)
        titles.addLayout(line)
        top.addLayout(titles, 1)
        top.addLayout(self._actions)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(self._facts)

    def action(self, name: str, text: str, picture: str, tip: str) -> QPushButton:
        """Add a button to the right of the title."""
        button = QPushButton(text, self)
        dress(button, picture)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(plain_tip(tip))
        self._actions.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return button

    def show_facts(
        self, trail: str, title: str, facts: list[tuple[str, str]], *, kind: str = "", columns: int = 4
    ) -> None:
        """Replace what is shown; `kind` stands beside the title; empty facts are left out."""
        self._trail.setText(trail)
        self._kind.setText(kind)
        self._title.setText(title)
        for label in self._labels:
            self._facts.removeWidget(label)
            label.deleteLater()
        self._labels.clear()
        room = [ElidedLabel.SHORTEST] * columns
        for number, (name, text) in enumerate((name, text) for name, text in facts if text):
            row, column = divmod(number, columns)
            key, value = plain_label(name, role="hint"), ElidedLabel(text)
            value.setAccessibleName(name)
            self._facts.addWidget(key, row, 2 * column)
            self._facts.addWidget(value, row, 2 * column + 1)
            room[column] = max(room[column], min(value.sizeHint().width() + SPARE, WIDEST))
            self._labels += [key, value]
        # Columns share the line by what stands in them, so that a short one leaves its room to a long one.
        for column, width in enumerate(room):
            self._facts.setColumnStretch(2 * column + 1, width)


def device_facts(session: DeviceSession, identity: Identity, clock: str) -> list[tuple[str, str]]:
    """What the header says of a device; `clock` is what `clock_words` says of it, empty when it was not read."""
    certificate = session.client.certificate
    facts = [
        ("Model", identity.model),
        ("Serial", identity.id),
        ("Firmware", identity.firmware),
        ("Location", identity.location),
        ("Address", session.address.url),
    ]
    if certificate is not None:
        kind = "pinned, legacy TLS" if session.client.profile is Profile.LEGACY else f"pinned, {certificate.protocol}"
        facts.append(("Certificate", f"{kind}, {certificate.grouped[:11]}…"))
    facts += [fact for fact in identity.facts if fact[0] != "TLS"]
    facts.append(("Clock", clock))
    return facts


def clock_words(clock: datetime, read_at: datetime) -> str:
    """How far a device's clock was from this computer's when it was read."""
    behind = round((read_at.replace(tzinfo=None) - clock.replace(tzinfo=None)).total_seconds())
    if abs(behind) < 5:
        return "as this computer"
    amount = abs(behind)
    words = f"{amount} s" if amount < 120 else f"{amount // 60} min" if amount < 7200 else f"{amount // 3600} h"
    if amount >= 172800:
        words = f"{amount // 86400} days"
    return f"{words} {'behind' if behind > 0 else 'ahead of'} this computer"


def meter_facts(meter: Meter, described: Identity | None, clock: str) -> list[tuple[str, str]]:
    """What the header says of a meter behind a gateway; `clock` as for a device."""
    return [
        ("Serial", meter.serial),
        ("Firmware", described.firmware if described else ""),
        ("Location", meter.location),
        ("Bus", f"{meter.bus}, address {meter.address}" if meter.address else meter.bus),
        ("State", meter.state),
        ("Clock", clock),
    ]
