"""Keeps what the live page shows: every reading as a table, the plots as a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.model.errors import StorageFailed
from ui.forms.export import file_stem
from ui.forms.toast import Toasts
from ui.tasks import Tasks

if TYPE_CHECKING:
    from .live_view import LiveView


class LiveExport:
    """The export menu of one live page, and what it does."""

    def __init__(self, page: LiveView, prefix: str, tasks: Tasks, toasts: Toasts) -> None:
        self._page, self._prefix, self._tasks, self._toasts = page, prefix, tasks, toasts

    def menu(self, parent: QWidget) -> QMenu:
        """The menu behind the button."""
        menu = QMenu(parent)
        for key, words, slot in (
            ("csv", "All readings as a table (CSV)…", self.ask_csv),
            ("png", "The plots as a picture (PNG)…", self.ask_png),
        ):
            action = menu.addAction(words)
            action.setObjectName(f"{self._prefix}.export_{key}")
            action.triggered.connect(slot)
        return menu

    def ask_csv(self) -> QFileDialog | None:
        """Ask where to, then write every reading."""
        return self._ask("Export readings", "Table (*.csv)", "csv", self._write_csv)

    def ask_png(self) -> QFileDialog | None:
        """Ask where to, then write the plots as they are."""
        return self._ask("Export picture", "Picture (*.png)", "png", self._write_png)

    def _ask(
        self, title: str, kinds: str, suffix: str, then: Callable[[Path], Coroutine[Any, Any, None]]
    ) -> QFileDialog | None:
        if not any(self._page.chosen()):
            return None
        dialog = QFileDialog(self._page, title, "", kinds)
        dialog.setObjectName(f"{self._prefix}.export_dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(file_stem(*self._page.file_stem()))
        dialog.fileSelected.connect(lambda path: self._tasks.spawn(self._page, then(Path(path))))
        dialog.open()
        return dialog

    async def _write_csv(self, path: Path) -> None:
        count, write = self._page.table()
        await asyncio.to_thread(write, path)
        self._toasts.ok("Exported", f"{count} readings are in {path.name}.")

    async def _write_png(self, path: Path) -> None:
        picture: QPixmap | None = self._page.plots.picture() if self._page.plots is not None else None
        if picture is None or not picture.save(str(path), "PNG"):
            raise StorageFailed(f"{path.name} cannot be written.")
        self._toasts.ok("Exported", f"The plots are in {path.name}.")
