"""What stands between the head and the footer of a panel: it shows a draft and tells of edits, nothing else.

A form with one row for each field (`form.py`) is the usual body. Where a picture says more than rows, a family has a
body of its own under `ui/vendors`; head, footer, preview, sending and keeping stay the panel's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.commission.draft import Draft
from app.model.section import AnySection, Problem


class Body(QWidget):
    """`edited(name, value)`: a new value of a field; `entry_changed`: something typed became readable or not;
    `finished`: the keyboard left an entry; `revert(name)` and `by_hand(name)`: what the buttons beside a field ask
    for; `told`: a remark for the notice line; `refresh`: read from the device again."""

    tells_summary = False
    """Does it show what the values amount to? Then the panel does not."""

    edited = Signal(str, object)
    entry_changed = Signal()
    finished = Signal()
    revert = Signal(str)
    by_hand = Signal(str)
    told = Signal(str)
    refresh = Signal()

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section = section
        self.read_only = read_only

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it shows: a problem of one of them is shown beside it."""
        return tuple(field.name for field in self.section.fields)

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show the draft. With `force`, what is half typed gives way to it. Must not emit `edited`."""
        raise NotImplementedError

    def unread(self) -> list[str]:
        """The fields whose entry cannot be read."""
        return []
