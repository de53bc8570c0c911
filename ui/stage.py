"""Driving the window by its object names: for the tour, and for the smoke test of the frozen program."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QDialog, QLineEdit, QWidget

from ui.forms.body import Body
from ui.forms.editors import Editor

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)
PATIENCE_S = 30.0
MOST_COLOURS = 256
SURFACES = 64
"""As many colours of a window fill areas."""


class StageError(RuntimeError):
    """The window did not come to where the script wanted it."""


async def until(what: str, found: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
    """Wait until `found` gives something true, and return it.

    Raises:
        StageError: it did not within `patience_s`.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while True:
        result = found()
        if result:
            return result
        if loop.time() > end:
            raise StageError(f"waited {patience_s:g} s in vain for: {what}")
        await asyncio.sleep(0.02)


def named(root: QWidget, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
    """The visible widget of that object name.

    Raises:
        StageError: there is none.
    """
    for widget in root.findChildren(kind, name):
        if widget.isVisibleTo(root.window()):
            return widget
    raise StageError(f"no visible {name}")


async def appear(root: QWidget, name: str) -> QWidget:
    """Wait until the widget of that object name is visible and can be used."""

    def usable() -> QWidget | None:
        found = (w for w in root.findChildren(QWidget, name) if w.isVisibleTo(root.window()) and w.isEnabled())
        return next(found, None)

    return await until(name, usable)


def press(root: QWidget, name: str) -> None:
    """Click a button."""
    named(root, name, QAbstractButton).click()


def enter(root: QWidget, name: str, value: object) -> None:
    """Edit a field of a form, as if by hand."""
    editor: QWidget | None = named(root, name)
    while editor is not None and not isinstance(editor, Editor):
        editor = editor.parentWidget()
    if editor is None:
        raise StageError(f"{name} is no field of a form")
    editor.set_value(value)
    editor.edited.emit(value)


def edit(root: QWidget, name: str, value: object) -> None:
    """Edit a field of a panel whose body is no form, as its own widgets would."""
    body = root.findChild(Body)
    if body is None:
        raise StageError(f"no body for {name}")
    body.edited.emit(name, value)


async def dialog(root: QWidget, name: str) -> QDialog:
    """Wait for the dialog of that object name."""

    def opened() -> QDialog | None:
        return next((d for d in root.findChildren(QDialog, name) if d.isVisible()), None)

    return await until(f"dialog {name}", opened)


def write(root: QWidget, name: str, text: str) -> None:
    """Fill in a line of a dialog."""
    named(root, name, QLineEdit).setText(text)


def photograph(window: QWidget) -> QPixmap:
    """The window with the dialogs that are open over it, as the installer sees it."""
    picture = window.grab()
    open_dialogs = [d for d in window.findChildren(QDialog) if d.isVisible()]
    if not open_dialogs:
        return picture
    painter = QPainter(picture)
    painter.fillRect(window.rect(), QColor(0, 0, 0, 70))
    for shown in open_dialogs:
        size = shown.size()
        corner = QPoint(max(0, (window.width() - size.width()) // 2), max(0, (window.height() - size.height()) // 3))
        title = 28
        frame = shown.rect().translated(corner).adjusted(-1, -title, 1, 1)
        painter.fillRect(frame, shown.palette().window())
        painter.setPen(shown.palette().mid().color())
        painter.drawRect(frame)
        painter.setPen(shown.palette().windowText().color())
        painter.drawText(
            frame.adjusted(12, 0, 0, -(frame.height() - title)), Qt.AlignmentFlag.AlignVCenter, shown.windowTitle()
        )
        painter.drawPixmap(corner, shown.grab())
    painter.end()
    return picture


def with_few_colours(picture: QPixmap) -> QImage:
    """The same in 256 colours, which nobody sees on a window and which makes its file a quarter as large."""
    import numpy as np

    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    colours, counts = np.unique(np.frombuffer(image.constBits(), np.uint32), return_counts=True)
    # Surfaces keep their very colours. Of the rest, edges of letters and thin curves, the most frequent one of those
    # that are all but the same stands for the others.
    colours = colours[np.argsort(-counts)]
    surfaces, rest = colours[:SURFACES], colours[SURFACES:]
    _, first = np.unique(rest & 0x00F0F0F0, return_index=True)
    chosen = [*surfaces, *rest[np.sort(first)[: MOST_COLOURS - SURFACES]]]
    return image.convertToFormat(QImage.Format.Format_Indexed8, [int(colour) for colour in chosen])
