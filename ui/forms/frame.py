"""What a panel consists of before it knows anything: title, strips, room for the form, summary, footer, keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.model.section import AnySection
from ui.forms.findings import FindingStrips
from ui.forms.footer import Footer
from ui.forms.help import show_topic
from ui.forms.parts import Strip, icon_button, plain_label, push_button
from ui.icons import dress


class PanelFrame(QWidget):
    """The frame of a section's panel. What its buttons and keys do is said by `SectionPanel`."""

    def __init__(self, section: AnySection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section = section
        key = section.key
        self.setObjectName(key)
        self.setAccessibleName(section.title)
        self._undo_button = icon_button("Undo", f"{key}.undo", "undo", "Undo (Ctrl+Z)")
        self._redo_button = icon_button("Redo", f"{key}.redo", "redo", "Redo (Ctrl+Y)")
        self._now_button = push_button(section.now_label or "Now", f"{key}.now", "clock")
        self._failure = Strip(f"{key}.failure")
        self._retry_button = push_button("Retry", f"{key}.retry", "refresh")
        self._failure.add_button(self._retry_button)
        self._notice = Strip(f"{key}.notice")
        self._findings = FindingStrips(f"{key}.findings")
        self._summary = plain_label(role="muted", wrap=True)
        self._summary.setObjectName(f"{key}.summary")
        self._footer = Footer(key)
        self._beside: tuple[QWidget, ...] = ()
        """What stands between the form and the footer: the buttons of actions."""
        self._body = QVBoxLayout(spacing=8)
        self._lay_out()
        self._connect()

    def reload(self) -> None:
        """Read from the device again; what was edited stays."""
        raise NotImplementedError

    def undo(self) -> None:
        """Take back the last edit."""
        raise NotImplementedError

    def redo(self) -> None:
        """Do again what was taken back."""
        raise NotImplementedError

    def revert(self, field: str = "") -> None:
        """Back to the device's values: one field, or all."""
        raise NotImplementedError

    def take_now(self) -> None:
        """The time of this computer at the moment of sending."""
        raise NotImplementedError

    def preview(self) -> None:
        """Show what would be sent, and send what stays ticked."""
        raise NotImplementedError

    def send(self) -> None:
        """Send the changes; what would be erased is always asked about first."""
        raise NotImplementedError

    def show_help(self) -> None:
        """What the section and its fields mean."""
        show_topic(self.section, self)

    def _lay_out(self) -> None:
        above = QVBoxLayout(spacing=4)
        above.setContentsMargins(16, 12, 16, 4)
        above.addLayout(self._head())
        if self.section.help:
            above.addWidget(plain_label(self.section.help, role="muted", wrap=True))
        above.addWidget(self._failure)
        above.addWidget(self._notice)
        above.addWidget(self._findings)
        self._below = below = QVBoxLayout(spacing=6)
        below.setContentsMargins(16, 0, 16, 6)
        below.addWidget(self._summary)
        line = QFrame()
        line.setProperty("role", "line")
        outer = QVBoxLayout(self, spacing=0)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(above)
        outer.addWidget(self._area(), 1)
        outer.addLayout(below)
        outer.addWidget(line)
        outer.addWidget(self._footer)

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        dress(picture, self.section.icon or "settings", "accent", 24)
        self._help_button = icon_button("Help", f"{self.section.key}.help", "help", "Help (F1)")
        head = QHBoxLayout(spacing=8)
        head.addWidget(picture)
        head.addWidget(plain_label(self.section.title, role="title"), 1)
        for button in (self._now_button, self._undo_button, self._redo_button, self._help_button):
            head.addWidget(button)
        return head

    def _area(self) -> QScrollArea:
        page = QWidget()
        page.setProperty("role", "page")
        page.setLayout(self._body)
        self._body.setContentsMargins(16, 4, 16, 8)
        area = QScrollArea(widgetResizable=True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(page)
        page.setAutoFillBackground(False)
        return area

    def _put_in_key_order(self, form: QWidget) -> None:
        """Tab goes from the head through the form to the footer, though the form was made last."""
        before: QWidget = self._retry_button
        for wrapper in form.findChildren(QWidget):
            # A wrapper that hands the keyboard on to its own child would stay in the chain, behind the footer,
            # and send Tab back to the first field for ever.
            proxy = wrapper.focusProxy()
            if proxy is not None and wrapper.isAncestorOf(proxy):
                wrapper.setFocusProxy(None)  # type: ignore[arg-type]
                wrapper.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = [
            w for w in form.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and not w.focusProxy()
        ]
        for widget in (*inside, *self._beside, *self._footer.buttons):
            # The list of a combo box is a window of its own.
            if widget.window() is self.window():
                self.setTabOrder(before, widget)
                before = widget

    def _connect(self) -> None:
        for button, slot in (
            (self._undo_button, self.undo),
            (self._redo_button, self.redo),
            (self._help_button, self.show_help),
            (self._now_button, self.take_now),
            (self._retry_button, self.reload),
        ):
            button.clicked.connect(slot)
        self._footer.reload.connect(self.reload)
        self._footer.revert.connect(lambda: self.revert())
        self._footer.preview.connect(self.preview)
        self._footer.send.connect(self.send)
        for keys, slot in (
            (("Ctrl+Return", "Ctrl+Enter"), self.send),
            (("F5",), self.reload),
            (("Ctrl+Z",), self.undo),
            (("Ctrl+Y", "Ctrl+Shift+Z"), self.redo),
            (("F1",), self.show_help),
        ):
            shortcut = QShortcut(self)
            shortcut.setKeys([QKeySequence(key) for key in keys])
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
