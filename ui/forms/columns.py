"""How wide the columns of a table are: what stands in them decides, and they share what the view has to give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QHeaderView, QTableView


@dataclass(frozen=True)
class Want:
    """A column's widths in pixels: below `least` it says too little, `natural` shows everything, beyond `most` the
    eye loses the row."""

    least: int
    natural: int
    most: int


def shares(wants: Sequence[Want], room: int) -> list[int]:
    """The widths of columns that have `room` together.

    Where it is too little for all, each gives way as far as it can; where it is too much, each takes as much as is
    good for it, and the rest stays empty.
    """
    natural = sum(want.natural for want in wants)
    if natural > room:
        return _moved([want.natural for want in wants], [want.least for want in wants], natural - room)
    return _moved([want.natural for want in wants], [want.most for want in wants], room - natural)


def _moved(begin: Sequence[int], end: Sequence[int], amount: int) -> list[int]:
    """`begin` moved towards `end`, by `amount` in all, each in proportion to its way."""
    ways = [there - here for here, there in zip(begin, end, strict=True)]
    whole = sum(abs(way) for way in ways)
    if whole <= amount:
        return list(end)
    widths = []
    done = gone = 0
    for here, way in zip(begin, ways, strict=True):
        # Rounded on the sum: together it is exactly the amount.
        done += abs(way)
        step = done * amount // whole - gone
        gone += step
        widths.append(here + step if way > 0 else here - step)
    return widths


class ColumnFit(QObject):
    """Gives the columns of a view their widths anew whenever the view is resized, until the user takes them over."""

    def __init__(self, view: QTableView, wants: Callable[[], Sequence[Want]]) -> None:
        super().__init__(view)
        self._view, self._ask = view, wants
        self._wants: Sequence[Want] = ()
        self._busy = self._taken_over = False
        header = view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sectionResized.connect(self._resized)
        view.viewport().installEventFilter(self)

    def fit(self) -> None:
        """Ask again what the columns want. They never want less than before: widths must not jump while one types."""
        asked = self._ask()
        if len(asked) == len(self._wants):
            asked = [_both(one, other) for one, other in zip(asked, self._wants, strict=True)]
        if list(asked) != list(self._wants):
            self._wants = asked
            self._apply()

    def forget(self) -> None:
        """Other fonts: what was wanted counts no more."""
        self._wants = ()
        self.fit()

    def _apply(self) -> None:
        if self._taken_over or self._busy or not self._wants:
            return
        self._busy = True
        for column, width in enumerate(shares(self._wants, self._view.viewport().width())):
            self._view.setColumnWidth(column, width)
        self._busy = False

    def _resized(self, _: int, before: int, after: int) -> None:
        if not self._busy and before != after:
            self._taken_over = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._apply()
        return False


def _both(one: Want, other: Want) -> Want:
    return Want(max(one.least, other.least), max(one.natural, other.natural), max(one.most, other.most))
