"""A desk without a mouse: every key goes to whatever has the keyboard, as it does for a user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QListView, QMenu, QTableView, QWidget

from tests.gateways import PASSWORD, Gateway
from tests.ui.conftest import until
from tests.ui.test_window import asked, found, opened
from ui.forms.panel import SectionPanel
from ui.pages.archive import ArchivePage
from ui.pages.device import DevicePage
from ui.pages.entries import KEY
from ui.window import Window
from ui.workbench import Handle, State

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
MOST_STEPS = 80
MOST_ROWS = 80

# A list that pops up wants what only a real screen can give.
POPUPS = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def keyboard() -> QWidget:
    """Who has it: an open menu or list of suggestions before all others."""
    popup = QApplication.activePopupWidget()
    widget = popup if isinstance(popup, QMenu | QListView) else QApplication.focusWidget()
    assert widget is not None, "nobody has the keyboard"
    return widget


def press(key: Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, times: int = 1) -> None:
    for _ in range(times):
        QTest.keyClick(keyboard(), key, modifiers)


def write(text: str) -> None:
    """Type over what stands there."""
    press(Key.Key_A, CONTROL)
    QTest.keyClicks(keyboard(), text)


def tab_to(name: str, key: Key = Key.Key_Tab) -> int:
    """Go on with Tab until the control of that name has the keyboard. Returns how many steps that took."""
    seen: list[str] = []
    for step in range(MOST_STEPS):
        assert QApplication.focusWidget() is not None, f"nobody has the keyboard after {seen}"
        if keyboard().objectName() == name:
            return step
        seen.append(keyboard().objectName())
        press(key)
    raise AssertionError(f"Tab never reaches {name}: {seen}")


def back_to(name: str) -> int:
    """As `tab_to`, in the other direction."""
    return tab_to(name, Key.Key_Backtab)


def fill(name: str, text: str) -> None:
    """Tab to an entry, and type over what stands there."""
    tab_to(name)
    write(text)


def tick(name: str) -> None:
    """Tab to a box or button, and press it."""
    tab_to(name)
    press(Key.Key_Space)


def choose(name: str, label: str) -> None:
    """Tab to a list, and go to that entry: by its name where it can be typed, else by arrow keys."""
    tab_to(name)
    combo = keyboard()
    if isinstance(combo, QLineEdit):
        combo = combo.parentWidget()
    assert isinstance(combo, QComboBox), name
    if combo.isEditable():
        write(label)
        return
    labels = [combo.itemText(row) for row in range(combo.count())]
    assert label in labels, labels
    way = labels.index(label) - combo.currentIndex()
    press(Key.Key_Down if way > 0 else Key.Key_Up, times=abs(way))
    assert combo.currentText() == label


async def cell(row: int, column: int, text: str) -> None:
    """In the table that has the keyboard, go to a cell by arrow keys, and type over what stands there.

    In a short list, which cannot be typed into, an arrow key takes the next entry and ends the editing.
    """
    view = go_to(row, column)
    for _ in range(MOST_ROWS):
        if view.currentIndex().data() == text:
            return
        press(Key.Key_F2)
        entry = keyboard()
        assert entry is not view, "no entry opens in this cell"
        if isinstance(entry, QComboBox) and not entry.isEditable():
            press(Key.Key_Down if entry.findText(text) > entry.currentIndex() else Key.Key_Up)
        else:
            write(text)
            press(Key.Key_Return)
        await until(lambda: active(view.window()) and QApplication.focusWidget() is view)
    raise AssertionError(f"{view.currentIndex().data()} stays, and does not become {text}")


def go_to(row: int, column: int) -> QTableView:
    """In the table that has the keyboard, go to a cell by arrow keys."""
    view = keyboard()
    assert isinstance(view, QTableView)
    for _ in range(MOST_ROWS):
        down, right = row - view.currentIndex().row(), column - view.currentIndex().column()
        if not down and not right:
            return view
        press((Key.Key_Down if down > 0 else Key.Key_Up) if down else Key.Key_Right if right > 0 else Key.Key_Left)
    raise AssertionError(f"the arrow keys never get to row {row}, column {column}")


def walk(keys: QWidget, there: Callable[[], bool]) -> None:
    """Down with the arrow key until it is there."""
    assert keyboard() is keys
    for _ in range(MOST_ROWS):
        if there():
            return
        press(Key.Key_Down)
    raise AssertionError("the arrow key never gets there")


def active(top: QWidget) -> bool:
    """Do what a window manager does when something else was closed: activate this window. Is it active?"""
    top.activateWindow()
    return top.isActiveWindow()


async def when(window: Window, happened: Callable[[], object], limit_s: float = 10) -> None:
    """Wait until something is so; then the window has the keyboard, or the dialog that is open over it."""
    await until(happened, limit_s)
    await until(lambda: active(QApplication.activeModalWidget() or window))


async def dialog(window: Window, name: str) -> QWidget:
    """The dialog of that name is open, and has the keyboard."""
    shown = await asked(window, name)
    await when(window, lambda: True)
    return shown


async def log_in(window: Window) -> None:
    """First contact with a gateway that still has its default password."""
    await dialog(window, "certificate")
    press(Key.Key_Return)
    await dialog(window, "login")
    QTest.keyClicks(keyboard(), "admin")
    press(Key.Key_Return)
    await dialog(window, "password")
    QTest.keyClicks(keyboard(), PASSWORD)
    press(Key.Key_Tab)
    QTest.keyClicks(keyboard(), PASSWORD)
    press(Key.Key_Return)


@dataclass
class Desk:
    """A window with one gateway in it, whose page, or that of a meter behind it, is shown."""

    window: Window
    device: Gateway
    handle: Handle

    @property
    def page(self) -> DevicePage:
        """The page that is shown."""
        page = self.window.pages.currentWidget()
        assert isinstance(page, DevicePage)
        return page

    async def when(self, happened: Callable[[], object], limit_s: float = 10) -> None:
        """Wait until something is so."""
        try:
            await when(self.window, happened, limit_s)
        except TimeoutError:
            raise AssertionError(self._told()) from None

    def _told(self) -> str:
        """What a user would see now, for a test that waited in vain."""
        shown, has_it = self.page.stack.currentWidget(), QApplication.focusWidget()
        toasts = [(toast.kind, toast.title, toast.text) for toast in self.window.toasts.shown]
        at = has_it.objectName() if has_it is not None else "nowhere"
        return f"{shown.objectName()}: {getattr(shown, 'state', '')!r}; the keyboard is at {at}; {toasts}"

    async def dialog(self, name: str) -> QWidget:
        """The dialog of that name is open, and has the keyboard."""
        return await dialog(self.window, name)

    async def open(self, key: str) -> Any:
        """Go to the list of pages, and along it by arrow keys, or by name where there is a line for that."""
        entries = self.page.entries
        item = next(item for row in range(entries.view.count()) if (item := entries.view.item(row)).data(KEY) == key)
        if entries.search.isVisible():
            back_to(entries.search.objectName())
            write(item.text())
            press(Key.Key_Return)
        else:
            back_to(entries.view.objectName())
        wanted, now = entries.view.row(item), entries.view.currentRow()
        for _ in range(MOST_ROWS):
            if entries.view.currentItem() is item:
                break
            press(Key.Key_Down if wanted > now else Key.Key_Up)
        shown = self.page.stack.currentWidget()
        assert shown.objectName() in (key, f"{self.handle.session.vendor.key}.{key}"), shown.objectName()
        if isinstance(shown, SectionPanel):
            await self.when(lambda: shown.state.startswith(("As on the device", "Sent and verified")))
            await self.when(lambda: shown._form.isVisible())
        elif isinstance(shown, ArchivePage):
            await self.when(lambda: shown.state.startswith("Read ") and not shown.reading)
        return shown

    async def send(self, panel: SectionPanel, *, asks: bool = False) -> None:
        """Send what is edited; a change that erases or cuts off is asked about first."""
        assert panel.unsent, panel.state
        assert "not allowed" not in panel._footer.more, panel._form_unread() or panel.draft.problems()
        press(Key.Key_Return, CONTROL)
        if asks:
            await self.dialog(f"{panel.objectName()}.preview_dialog")
            press(Key.Key_Return, CONTROL)
        await self.when(lambda: panel.state.startswith("Sent and verified"), 15)

    async def begin(self, key: str) -> QWidget:
        """Press the button of an action, and see its dialog."""
        tick(f"{key}.start")
        return await self.dialog(f"{key}.dialog")

    async def done(self, title: str) -> None:
        """A toast says that an action was done and is proven."""
        toasts = self.window.toasts
        await self.when(lambda: any(t.title == "Done and verified" and t.text.startswith(title) for t in toasts.shown))

    async def save(self, name: str, path: Path) -> None:
        """Type a path into the file dialog."""
        await self.dialog(name)
        assert isinstance(keyboard(), QLineEdit)
        write(str(path))
        press(Key.Key_Return)
        await self.when(lambda: not QApplication.activeModalWidget())


@asynccontextmanager
async def at_desk(device: Gateway, folder: Path, meter: str = "") -> AsyncIterator[Desk]:
    """Connect a gateway, and go to a meter of it, or stay. All tasks have ended when it is left."""
    async with opened(folder) as window:
        handle = await found(window, device)
        window.tree.view.setFocus()
        press(Key.Key_Return)
        await dialog(window, "certificate")
        press(Key.Key_Return)
        await dialog(window, "login")
        QTest.keyClicks(keyboard(), PASSWORD)
        press(Key.Key_Return)
        await when(window, lambda: handle.state is State.CONNECTED and not QApplication.activeModalWidget())
        assert keyboard() is window.tree.view
        if meter:
            walk(window.tree.view, lambda: (node := window.tree.current().meter) is not None and node.serial == meter)
        desk = Desk(window, device, handle)
        await when(window, lambda: isinstance(window.pages.currentWidget(), DevicePage) and desk.page.meter == meter)
        yield desk
        await until(lambda: not window.tasks.running)
