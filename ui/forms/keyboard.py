"""Gives the keyboard back to a control that was switched off for a while: Qt hands it on to the next one."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


class KeyboardPlace:
    """Who of `page` has the keyboard. Make it before controls are switched off, and say `moved` right after.

    The window is asked and not the application: just after a dialog nobody has the keyboard for a moment.
    """

    def __init__(self, page: QWidget) -> None:
        self._window = page.window()
        had = self._window.focusWidget()
        self._had = had if had is not None and page.isAncestorOf(had) else None
        self._went: QWidget | None = self._had

    def moved(self) -> None:
        """The controls are off now: remember where Qt has put the keyboard."""
        self._went = self._window.focusWidget()

    def back(self) -> None:
        """The controls are on again. Who went elsewhere in the meantime stays there."""
        had = self._had
        if had is None or not isValid(had) or not isValid(self._window) or self._window.focusWidget() is not self._went:
            return
        if had.isEnabled() and had.isVisibleTo(self._window):
            had.setFocus()
