"""The help of a page: what it is for, what its fields mean, where the manual tells more; and the key that opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QScrollArea, QVBoxLayout, QWidget

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.field import Field
from app.model.section import AnySection
from ui.forms.parts import plain_label


@dataclass(frozen=True, kw_only=True)
class Topic:
    """The help of a page that nothing declares. `parts` are headings with what is said below them."""

    title: str
    help: str
    parts: tuple[tuple[str, str], ...]


class HelpDialog(QDialog):
    """Everything that a declaration or a topic knows, in words."""

    def __init__(
        self, about: AnySection | AnyArchive | AnyAction | Topic, parent: QWidget | None = None, *, name: str = ""
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Help: {about.title}")
        self.setObjectName(f"{name}.help_dialog" if isinstance(about, Topic) else f"{about.key}.help")
        inside = QWidget()
        words = QVBoxLayout(inside, spacing=4)
        words.setContentsMargins(0, 0, 12, 0)
        words.addWidget(plain_label(about.title, role="title"))
        manual = "" if isinstance(about, Topic) else about.manual
        for text, role in ((about.help, ""), (f"Manual {manual}" if manual else "", "hint")):
            if text:
                words.addWidget(plain_label(text, role=role, wrap=True))
        for heading, text in about.parts if isinstance(about, Topic) else ():
            words.addSpacing(8)
            words.addWidget(plain_label(heading, role="subtitle"))
            words.addWidget(plain_label(text, wrap=True))
        for field in () if isinstance(about, Topic) else about.fields:
            self._tell(words, field)
        words.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self, spacing=8)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(area, 1)
        layout.addWidget(buttons)

    def _tell(self, words: QVBoxLayout, field: Field) -> None:
        words.addSpacing(8)
        unit = f" ({field.unit})" if field.unit else ""
        words.addWidget(plain_label(f"{field.label}{unit}", role="subtitle"))
        limits = field.limits()
        if len(field.choices) > 12 and not field.suggestions:
            limits = f"one of {len(field.choices)} entries of its list"
        for text in (field.help, f"Allowed: {limits}" if limits else ""):
            if text:
                words.addWidget(plain_label(text, wrap=True))
        for column in field.columns:
            about = "; ".join(part for part in (column.help, _allowed(column)) if part)
            words.addWidget(plain_label(f"{column.label}: {about}" if about else column.label, wrap=True))
        if field.manual:
            words.addWidget(plain_label(f"Manual {field.manual}", role="hint"))

    def sizeHint(self) -> QSize:
        return QSize(560, 480)


def _allowed(column: Field) -> str:
    if len(column.choices) > 12:
        return f"one of {len(column.choices)} entries of its list"
    return "only to read" if column.read_only else column.limits()


def show_topic(about: AnySection | AnyArchive | AnyAction | Topic, page: QWidget) -> None:
    """Open the help of a page."""
    dialog = HelpDialog(about, page, name=page.objectName())
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def help_key(area: QWidget, slot: Callable[[], None]) -> None:
    """F1 anywhere in this area. Areas of one window must not hold each other, or neither would answer."""
    shortcut = QShortcut(QKeySequence("F1"), area, slot)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
