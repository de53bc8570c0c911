"""Small parts that forms and dialogs share: labels that never take a device's text for markup, tool buttons."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ui.icons import dress
from ui.theme import restyle

_STEERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of writing, also that of our own words behind it."""


def plain_label(text: str = "", *, role: str = "", tone: str = "", wrap: bool = False) -> QLabel:
    """A label that shows its text as it is."""
    label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=wrap)
    label.setText(text)
    if role:
        label.setProperty("role", role)
    if tone:
        label.setProperty("tone", tone)
    if wrap:
        # A wrapping label may take any width it gets; otherwise long words set the width of the whole form.
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setMinimumWidth(40)
    return label


def one_line(text: str, most: int = 160) -> str:
    """A device's text where only one line of a reasonable length has room."""
    line = " ".join(text[: 2 * most].split())
    if not line.isprintable():
        line = "".join("\ufffd" if unicodedata.category(c) == "Cc" or c in _STEERING else c for c in line)
    return line if len(line) <= most and len(text) <= 2 * most else f"{line[:most]}…"


def on_button(text: str, most: int = 48) -> str:
    """A device's text as a button shows it: short, and its ampersands no shortcuts."""
    return one_line(text, most).replace("&", "&&")


def brief(text: str, most: int = 400, lines: int = 8) -> str:
    """The beginning of a text that may be of any length; who wants it whole finds it in the details."""
    kept = "\n".join(text[: most + 1].split("\n")[:lines])
    return text if kept == text and len(text) <= most else f"{kept[:most]}…"


def plain_tip(text: str) -> str:
    """A tooltip that shows its text as it is: Qt takes anything that looks like markup for markup."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<span>{escaped.replace(chr(10), '<br>')}</span>" if text else ""


class ElidedLabel(QLabel):
    """A line that ends in … where there is no room for it; the tooltip has more of it. Never markup.

    A greedy one takes all the room that is left, another only what its text needs.
    """

    SHORTEST = 60

    def __init__(self, text: str = "", *, greedy: bool = True) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy.Policy.Ignored if greedy else QSizePolicy.Policy.Preferred
        self.setSizePolicy(policy, QSizePolicy.Policy.Preferred)
        if greedy:
            self.setMinimumWidth(self.SHORTEST)
        self.setText(text)

    def minimumSizeHint(self) -> QSize:
        """A short text is not made longer, a long one may become short."""
        wanted = super().sizeHint()
        return QSize(min(self.SHORTEST, wanted.width()), wanted.height())

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(one_line(text))
        self.setToolTip(plain_tip(brief(text)))

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def push_button(text: str, name: str, picture: str = "", *, role: str = "", tip: str = "") -> QPushButton:
    """A button with an icon; `name` is its object name."""
    button = QPushButton(text, objectName=name, toolTip=plain_tip(tip), accessibleName=text)
    button.setAutoDefault(False)
    if role:
        button.setProperty("role", role)
    if picture:
        dress(button, picture, "on_accent" if role == "primary" else "text")
    return button


def icon_button(text: str, name: str, picture: str, tip: str = "", tone: str = "text") -> QToolButton:
    """A small button that shows only an icon; its words are in the tooltip and for screen readers."""
    button = QToolButton(objectName=name, accessibleName=text, toolTip=plain_tip(tip or text))
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    dress(button, picture, tone)
    return button


class Strip(QFrame):
    """A coloured line of text with an icon, and buttons on its right. Hidden while it has nothing to say."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "strip")
        self._picture = QLabel()
        self._title = plain_label(role="subtitle", wrap=True)
        self._text = plain_label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout(spacing=2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        self._row = QHBoxLayout(self, spacing=8)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.addWidget(self._picture, alignment=Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(words, 1)
        self.hide()

    def add_button(self, button: QPushButton) -> None:
        """Put a button on its right."""
        self._row.addWidget(button, alignment=Qt.AlignmentFlag.AlignVCenter)

    @property
    def words(self) -> str:
        """What it says now; empty while hidden."""
        return "\n".join(label.text() for label in (self._title, self._text) if label.text())

    def say(self, tone: str, picture: str, title: str, text: str = "") -> None:
        """Show it; without title and text hide it."""
        restyle(self, tone=tone)
        restyle(self._title, tone=tone)
        if title or text:
            dress(self._picture, picture, tone, 20)
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(brief(text, 1200, 16))
        self._text.setVisible(bool(text))
        self.setAccessibleName(self.words)
        self.setVisible(bool(title or text))

    def clear(self) -> None:
        """Say nothing."""
        self.say("info", "info", "")
