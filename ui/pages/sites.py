"""Choosing and saving site files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from ui.dialogs import answered

if TYPE_CHECKING:
    from ui.window import Window

SUFFIX = ".wattwright"
FILTER = f"Wattwright sites (*{SUFFIX})"


def _dialog(parent: QWidget, title: str, mode: QFileDialog.AcceptMode, name: str) -> QFileDialog:
    dialog = QFileDialog(parent, title, str(Path.home()), FILTER)
    dialog.setObjectName(name)
    dialog.setAcceptMode(mode)
    dialog.setDefaultSuffix(SUFFIX.lstrip("."))
    return dialog


async def chosen_site(window: Window, opened: Callable[[str], None]) -> None:
    """Ask for a site file; a name that does not exist yet begins a new site."""
    dialog = _dialog(
        window, "Open a site, or enter a name for a new one", QFileDialog.AcceptMode.AcceptOpen, "site.open"
    )
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    if await answered(dialog) and dialog.selectedFiles():
        opened(str(Path(dialog.selectedFiles()[0]).with_suffix(SUFFIX)))


async def saved_site(window: Window) -> None:
    """Copy the site into another file, and go on there."""
    dialog = _dialog(window, "Save the site as", QFileDialog.AcceptMode.AcceptSave, "site.save")
    if not await answered(dialog) or not dialog.selectedFiles():
        return
    await save_under(window, Path(dialog.selectedFiles()[0]).with_suffix(SUFFIX))


async def save_under(window: Window, path: Path) -> None:
    """Go on in another file.

    Raises:
        StorageFailed: it cannot be written; the window stays with its own.
    """
    await window.bench.site.copy_to(path)
    # Copied again once everything is written and hung up: what is being edited now must not stay behind.
    window.bench.move_to = path
    window.open_site.emit(str(path))
    if window.isVisible():
        window.bench.move_to = None
