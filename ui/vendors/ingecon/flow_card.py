"""The cards in the picture of the energy flow: a part of the plant with icon, number and words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui.forms.parts import plain_label
from ui.icons import dress
from ui.theme import current_theme, notifier, restyle

from .flow_parts import Part

WIDTH = 204
_ICON = 32
_GAUGE = 8


class Gauge(QWidget):
    """How full something is, as a bar; hidden while that is not known. The number stands beside it in words."""

    def __init__(self) -> None:
        super().__init__()
        self._full = 0.0
        self.setFixedHeight(_GAUGE)
        self.hide()
        notifier.theme_changed.connect(self.update)

    def show_full(self, percent: float | None) -> None:
        """Show 0 to 100 %, or nothing."""
        self._full = percent or 0.0
        self.setVisible(percent is not None)
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.plot_grid))
        tone = "ok" if self.isEnabled() else "disabled"
        painter.fillRect(QRectF(0, 0, self.width() * self._full / 100, self.height()), QColor(theme.tone(tone)))
        painter.end()


class PartCard(QFrame):
    """One part. What is not known, or too old, is grey; the words say which."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "card")
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._picture = QLabel()
        self._picture.setFixedSize(QSize(_ICON, _ICON))
        self._title = plain_label(role="muted")
        self.value = plain_label(role="title")
        self.value.setObjectName(f"{name}.value")
        self.words = plain_label()
        self.words.setObjectName(f"{name}.words")
        self.notes = plain_label(role="hint", wrap=True)
        self.notes.setObjectName(f"{name}.notes")
        self.gauge = Gauge()
        beside = QVBoxLayout(spacing=0)
        for label in (self._title, self.value):
            beside.addWidget(label)
        top = QHBoxLayout(spacing=10)
        top.addWidget(self._picture)
        top.addLayout(beside, 1)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(12, 8, 12, 8)
        column.addLayout(top)
        for widget in (self.words, self.gauge, self.notes):
            column.addWidget(widget)

    def show_part(self, part: Part, *, fresh: bool) -> None:
        """Show how the part stands; `fresh` False: it is too long ago."""
        live = part.known and fresh
        self._title.setText(part.title)
        self.value.setText(part.value)
        self.words.setText(part.words)
        restyle(self.words, role="subtitle" if live else "muted")
        self.notes.setText(", ".join(part.notes))
        self.notes.setVisible(bool(part.notes))
        self.gauge.show_full(part.charge)
        dress(self._picture, part.icon, part.tone if live else "disabled", _ICON)
        for widget in (self._title, self.value, self.words, self.notes, self.gauge):
            widget.setEnabled(live)
        self.setAccessibleName(part.spoken if fresh else f"{part.spoken}, no longer live")
