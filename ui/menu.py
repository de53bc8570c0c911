"""The menus of the window: what they are called, their keys, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from ui.recent import recent_sites

if TYPE_CHECKING:
    from ui.window import Window

THEMES = {"light": "Light", "dark": "Dark", "contrast": "High contrast"}
Keys = QKeySequence.StandardKey


def make_menu(window: Window) -> dict[str, QAction]:
    """Fill the menu bar. Returns the actions of the themes, by key."""
    bar = window.menuBar()
    site = bar.addMenu("&Site")
    _add(window, site, "site.open", "&Open or new…", lambda: _choose_site(window), Keys.Open)
    _add_recent(window, site.addMenu("&Recent sites"))
    _add(window, site, "site.save", "&Save as…", lambda: _save_site(window), Keys.SaveAs)
    site.addSeparator()
    _add(window, site, "site.recordings", "Re&cordings", window.show_recordings, "Ctrl+Shift+R")
    site.addSeparator()
    _add(window, site, "site.quit", "&Quit", window.close, "Ctrl+Q")
    device = bar.addMenu("&Device")
    _add(window, device, "device.add", "&Add by address…", window.ask_address, "Ctrl+N")
    _add(window, device, "device.sweep", "&Search a range…", window.ask_sweep, "Ctrl+R")
    _add(window, device, "device.apply", "A&pply this draft to other meters…", window.apply_to_all, "Ctrl+Shift+A")
    _add(window, device, "device.disconnect", "&Disconnect", window.disconnect_shown)
    view = bar.addMenu("&View")
    _add(window, view, "view.site", "&Site live", window.show_site, "Ctrl+L")
    view.addSeparator()
    themes = {key: _add(window, view, f"view.{key}", title, _chooser(window, key)) for key, title in THEMES.items()}
    group = QActionGroup(window)
    for action in themes.values():
        action.setCheckable(True)
        group.addAction(action)
    _add(window, bar.addMenu("&Help"), "help.about", "&About Wattwright", window.show_about)
    return themes


def _choose_site(window: Window) -> None:
    from ui.pages.sites import chosen_site

    window.tasks.spawn(window, chosen_site(window, window.open_site.emit))


def _save_site(window: Window) -> None:
    from ui.pages.sites import saved_site

    window.tasks.spawn(window, saved_site(window))


def _chooser(window: Window, key: str) -> Callable[[], None]:
    return lambda: window.set_theme(key)


def _add(
    window: Window, menu: QMenu, name: str, text: str, act: Callable[[], object], keys: Keys | str | None = None
) -> QAction:
    action = QAction(text, window)
    action.setObjectName(name)
    action.triggered.connect(lambda _checked=False: act())
    if keys is not None:
        action.setShortcut(QKeySequence(keys))
    menu.addAction(action)
    return action


def _add_recent(window: Window, menu: QMenu) -> None:
    """The sites that were opened last; asked for when the menu opens."""

    def fill() -> None:
        menu.clear()
        for path in recent_sites():
            # An ampersand in a folder's name must not become a shortcut.
            menu.addAction(str(path).replace("&", "&&"), lambda path=path: window.open_site.emit(str(path)))
        if menu.isEmpty():
            menu.addAction("None yet").setEnabled(False)

    menu.aboutToShow.connect(fill)
