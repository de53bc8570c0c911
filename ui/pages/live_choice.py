"""What is plotted of which meter: a list with a tick for each meter, below it a tick for each of its quantities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.model.quantity import Feed, Phase
from ui.forms.parts import one_line, plain_label, plain_tip, push_button
from ui.theme import restyle

from .live_source import Channel

MOST_CURVES = 36
"""More cannot be told apart, and would take longer to paint than the window may stand still."""
FIRST_METERS = 4
CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


@dataclass(eq=False)
class Row:
    """One channel of the list. Its quantities are remembered while it is not shown."""

    channel: Channel
    shown: bool = False
    ticked: set[str] = field(default_factory=set)
    item: QTreeWidgetItem | None = None

    def keys(self) -> tuple[str, ...]:
        """The chosen quantities in the order of the feed."""
        return tuple(quantity.key for quantity in self.channel.feed.quantities if quantity.key in self.ticked)


def first_quantities(feed: Feed) -> set[str]:
    """What one wants to compare between meters before anything else: the first total."""
    offered = [q for q in feed.quantities if q.key in feed.plotted] or list(feed.quantities)
    totals = [q for q in offered if q.phase is Phase.TOTAL] or offered
    return {quantity.key for quantity in totals[:1]}


class MeterChoice(QWidget):
    """Meters and their quantities. A meter that is ticked begins with what was last chosen of another one.

    `chosen` when anything was ticked or unticked. Never more than `MOST_CURVES` are ticked.
    """

    chosen = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._rows: dict[object, Row] = {}
        self._pattern: set[str] | None = None
        self._offered = False
        self.tree = QTreeWidget(objectName=f"{name}.tree", accessibleName="Meters and their quantities")
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(18)
        self.tree.setUniformRowHeights(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.itemChanged.connect(self._changed)
        self.count = plain_label(role="muted")
        self.count.setObjectName(f"{name}.count")
        self.all = push_button("All", f"{name}.all", tip="Show every meter")
        self.none = push_button("None", f"{name}.none", tip="Show no meter")
        self.same = push_button(
            "Same for all", f"{name}.same", tip="Show of every ticked meter what is ticked of the marked one"
        )
        self.all.clicked.connect(lambda: self._show_each(True))
        self.none.clicked.connect(lambda: self._show_each(False))
        self.same.clicked.connect(self.same_for_all)
        buttons = QHBoxLayout(spacing=6)
        for button in (self.all, self.none, self.same):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.tree, 1)
        column.addWidget(self.count)
        column.addLayout(buttons)

    # What can be chosen.

    def offer(self, channels: Sequence[Channel]) -> None:
        """Exchange what can be chosen; what was ticked stays so. The first meters are ticked at first."""
        opened = {key for key, row in self._rows.items() if row.item is not None and row.item.isExpanded()}
        rows = {}
        for channel in channels:
            before = self._rows.get(channel.key)
            rows[channel.key] = Row(channel) if before is None else Row(channel, before.shown, before.ticked)
        if channels and not self._offered:
            self._offered = True
            for row in list(rows.values())[:FIRST_METERS]:
                row.shown, row.ticked = True, first_quantities(row.channel.feed)
        self._rows = rows
        self.tree.blockSignals(True)
        self.tree.clear()
        for row in rows.values():
            self._add(row)
        self.tree.blockSignals(False)
        for number, (key, row) in enumerate(rows.items()):
            if not number:
                self.tree.setCurrentItem(row.item)
            if row.item is not None:
                row.item.setExpanded(key in opened or len(rows) == 1)
        self._say()

    def _add(self, row: Row) -> None:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
        title = one_line(row.channel.title)
        row.item = QTreeWidgetItem(self.tree, [title])
        row.item.setToolTip(0, plain_tip(f"{title}\n{row.channel.meter}"))
        items = [(row.item, row.shown)]
        items += [
            (QTreeWidgetItem(row.item, [quantity.title]), quantity.key in row.ticked)
            for quantity in row.channel.feed.quantities
        ]
        for item, on in items:
            item.setFlags(flags)
            item.setCheckState(0, CHECKED if on else UNCHECKED)

    # What is chosen.

    def rows(self) -> list[Row]:
        """The meters that are shown, with at least one quantity each."""
        return [row for row in self._rows.values() if row.shown and row.ticked]

    @property
    def curves(self) -> int:
        """How many quantities are chosen, of all meters together."""
        return sum(len(row.ticked) for row in self.rows())

    def tick(self, meter: str, key: str = "", on: bool = True) -> None:
        """Tick a meter or (with `key`) one of its quantities, or take the tick away, as a user does."""
        for row in self._rows.values():
            if row.channel.meter == meter and row.item is not None:
                keys = [quantity.key for quantity in row.channel.feed.quantities]
                item = row.item.child(keys.index(key)) if key else row.item
                item.setCheckState(0, CHECKED if on else UNCHECKED)

    def same_for_all(self) -> None:
        """Give every ticked meter the quantities of the marked one."""
        item = self.tree.currentItem()
        marked = next((row for row in self._rows.values() if item in (row.item, *_children(row))), None)
        if marked is None or not marked.ticked:
            return
        if not self._room(len(marked.ticked) * sum(row.shown for row in self._rows.values())):
            return
        for row in self._rows.values():
            if row.shown:
                self._set(row, True, marked.ticked)
        self._pattern = set(marked.ticked)
        self._done()

    def _show_each(self, on: bool) -> None:
        wanted = {row: self._wanted(row) for row in self._rows.values()}
        if on and not self._room(sum(map(len, wanted.values()))):
            return
        for row, keys in wanted.items():
            self._set(row, on, keys if on else row.ticked)
        self._done()

    def _wanted(self, row: Row) -> set[str]:
        """What a meter shows once it is ticked: what it showed before, or the same as the one that was last changed."""
        return set(row.ticked or self._pattern or first_quantities(row.channel.feed))

    def _changed(self, item: QTreeWidgetItem) -> None:
        on = item.checkState(0) is CHECKED
        whole = next((row for row in self._rows.values() if row.item is item), None)
        row = whole or next(row for row in self._rows.values() if row.item is item.parent())
        if whole is not None:
            shown, keys = on, self._wanted(row) if on else row.ticked
        else:
            key = row.channel.feed.quantities[item.parent().indexOfChild(item)].key
            keys = row.ticked | {key} if on else row.ticked - {key}
            shown = bool(keys) and (on or row.shown)
        others = sum(len(other.ticked) for other in self.rows() if other is not row)
        if shown and not self._room(others + len(keys)):
            self._set(row, row.shown, row.ticked)
            return
        self._set(row, shown, keys)
        if shown:
            self._pattern = set(keys)
        self._done()

    def _set(self, row: Row, shown: bool, keys: set[str]) -> None:
        row.shown, row.ticked = shown, set(keys)
        self.tree.blockSignals(True)
        if row.item is not None:
            row.item.setCheckState(0, CHECKED if shown else UNCHECKED)
        for child, quantity in zip(_children(row), row.channel.feed.quantities, strict=True):
            child.setCheckState(0, CHECKED if quantity.key in row.ticked else UNCHECKED)
        self.tree.blockSignals(False)

    def _room(self, curves: int) -> bool:
        if curves <= MOST_CURVES:
            return True
        self.count.setText(f"That would be {curves} curves, at most {MOST_CURVES} can be shown.")
        restyle(self.count, tone="warn")
        return False

    def _done(self) -> None:
        self._say()
        self.chosen.emit()

    def _say(self) -> None:
        shown = len(self.rows())
        self.count.setText(f"{shown} of {len(self._rows)} meters, {self.curves} of {MOST_CURVES} curves")
        restyle(self.count, tone="")


def _children(row: Row) -> Iterator[QTreeWidgetItem]:
    if row.item is not None:
        for index in range(row.item.childCount()):
            yield row.item.child(index)
