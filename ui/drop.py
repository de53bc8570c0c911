"""A site file may be dropped on the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDropEvent

if TYPE_CHECKING:
    from ui.window import Window

SUFFIX = ".wattwright"


def accept_dropped_sites(window: Window) -> None:
    """From now on, open what is dropped."""
    window.setAcceptDrops(True)
    window.installEventFilter(_Drop(window))


class _Drop(QObject):
    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is a site file, and leave the rest to the window."""
        if event.type() not in (QEvent.Type.DragEnter, QEvent.Type.Drop) or not isinstance(event, QDropEvent):
            return super().eventFilter(watched, event)
        site = _site(event.mimeData())
        if not site:
            return False
        event.acceptProposedAction()
        if event.type() is QEvent.Type.Drop:
            self._window.open_site.emit(site)
        return True


def _site(data: QMimeData) -> str:
    """The path of the first site file that is dragged; empty when there is none."""
    return next((url.toLocalFile() for url in data.urls() if url.toLocalFile().endswith(SUFFIX)), "")
