"""What is plotted of a site: its devices, their meters, feeds and quantities as a tree with ticks, and its sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ui.forms.parts import one_line, plain_label, plain_tip, push_button
from ui.icons import icon
from ui.theme import current_theme, notifier, restyle

from .live_choice import MOST_CURVES
from .site_offer import AnyChannel, Offer, SumChannel

FIRST_CURVES = 12
"""So many are ticked by themselves; more are the installer's own wish."""
NODE = Qt.ItemDataRole.UserRole
CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable


@dataclass(eq=False)
class Row:
    """One channel and what is ticked of it. `before` is what was, when the tick of the whole was taken away."""

    channel: AnyChannel
    ticked: set[str] = field(default_factory=set)
    before: set[str] = field(default_factory=set)

    def keys(self) -> tuple[str, ...]:
        """The ticked quantities in the order of the feed."""
        return tuple(quantity.key for quantity in self.channel.feed.quantities if quantity.key in self.ticked)


@dataclass(eq=False)
class Node:
    """What stands behind an item of the tree: the rows at or below it; of a quantity its key."""

    offer: Offer
    rows: tuple[Row, ...] = ()
    key: str = ""
    words: str = ""

    @property
    def ticked(self) -> bool:
        """Is the quantity chosen, or anything below?"""
        return any(self.key in row.ticked if self.key else bool(row.ticked) for row in self.rows)


class SiteChoice(QWidget):
    """Devices and their quantities. `chosen` when anything was ticked or unticked, `connect_wanted` for a device that
    is not connected and was ticked. Never more than `MOST_CURVES` are ticked.
    """

    chosen = Signal()
    connect_wanted = Signal(object)
    add_sum = Signal()
    edit_sum = Signal(object)
    remove_sum = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._offers: dict[object, Offer] = {}
        self._rows: dict[object, Row] = {}
        self._seen: set[object] = set()
        self.search = QLineEdit(objectName=f"{name}.search", accessibleName="Search device or quantity")
        self.search.setPlaceholderText("Search device or quantity")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget(objectName=f"{name}.tree", accessibleName="Devices and their quantities")
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(16)
        self.tree.setUniformRowHeights(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.itemChanged.connect(self._changed)
        self.tree.itemExpanded.connect(self._fill)
        self.tree.currentItemChanged.connect(lambda *_: self._offer_sum_buttons())
        self.count = plain_label(role="muted", wrap=True)
        self.count.setObjectName(f"{name}.count")
        self.first = push_button("Totals", f"{name}.totals", tip="Show the total power of every device")
        self.none = push_button("None", f"{name}.none", tip="Show nothing")
        self.add = push_button("Add sum…", f"{name}.add_sum", tip="Add up sub-meters, against a main meter")
        self.edit = push_button("Edit…", f"{name}.edit_sum", tip="Change the marked sum")
        self.remove = push_button("Remove", f"{name}.remove_sum", tip="Remove the marked sum")
        self.first.clicked.connect(self.show_totals)
        self.none.clicked.connect(self.show_none)
        self.add.clicked.connect(self.add_sum)
        self.edit.clicked.connect(lambda: self.edit_sum.emit(self._marked_sum()))
        self.remove.clicked.connect(lambda: self.remove_sum.emit(self._marked_sum()))
        self._lay_out()
        self._offer_sum_buttons()
        notifier.theme_changed.connect(self._dress)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addWidget(self.count)
        for buttons in ((self.add, self.edit, self.remove), (self.first, self.none)):
            line = QHBoxLayout(spacing=6)
            for button in buttons:
                line.addWidget(button)
            line.addStretch(1)
            column.addLayout(line)

    # What can be chosen.

    def offer(self, offers: Sequence[Offer]) -> bool:
        """Exchange what can be chosen; what was ticked stays so. True: something is different now.

        A device that was never seen before begins with its total power, as long as few curves are shown.
        """
        known = {offer.key: offer for offer in offers}
        before, self._offers = self._offers, known
        same = [k for k, offer in known.items() if k in before and before[k].looks == offer.looks]
        fresh = [offer for offer in offers if _sessions(offer) != _sessions(before.get(offer.key))]
        if len(same) == len(known) == len(before) and list(before) == list(known) and not fresh:
            return False
        for offer in offers:
            for channel in offer.channels:
                self._rows.setdefault(channel.key, Row(channel)).channel = channel
        for offer in offers:
            self._begin(offer)
        self._list(set(same))
        self._say()
        return True

    def _begin(self, offer: Offer) -> None:
        if offer.handle is None or not offer.channels or offer.key in self._seen:
            return
        self._seen.add(offer.key)
        first = offer.first()
        if not any(self._rows[key].ticked for key in first) and self.curves + len(first) <= FIRST_CURVES:
            for key, quantity in first.items():
                self._rows[key].ticked = {quantity}

    def _list(self, same: set[object]) -> None:
        """Bring the tree up to date: only items of devices that look otherwise are made anew."""
        marked = self.tree.currentItem()
        top = marked
        while top is not None and top.parent() is not None:
            top = top.parent()
        where = None if top is None else (top.data(0, NODE).offer.key, marked.data(0, NODE).words)
        opened = {words for item in self._items() if item.isExpanded() for words in [_path(item)]}
        self.tree.blockSignals(True)
        kept = {}
        for item in [self.tree.takeTopLevelItem(0) for _ in range(self.tree.topLevelItemCount())]:
            kept[item.data(0, NODE).offer.key] = item
        for key, offer in self._offers.items():
            if key in same and key in kept:
                self._renew(kept[key], offer)
                self.tree.addTopLevelItem(kept[key])
            else:
                self._add(offer)
        for item in list(self._items()):
            if _path(item) in opened:
                self._fill(item)
                item.setExpanded(True)
            if where == (item.data(0, NODE).offer.key, item.data(0, NODE).words):
                self.tree.setCurrentItem(item)
        if self.tree.currentItem() is None and self.tree.topLevelItemCount():
            self.tree.setCurrentItem(self.tree.topLevelItem(0))
        self.tree.blockSignals(False)
        self._tick_items()
        self._filter()
        self._offer_sum_buttons()

    def _add(self, offer: Offer) -> None:
        words = one_line(offer.title)
        rows = tuple(self._rows[channel.key] for channel in offer.channels)
        top = self._item(self.tree, Node(offer, rows, words=words))
        top.setText(0, f"{words} – {offer.note}" if offer.note else words)
        address = f"\n{offer.handle.row.address}" if offer.handle is not None else ""
        hint = "\nTick it to connect." if not offer.channels and offer.handle and not offer.handle.session else ""
        top.setToolTip(0, plain_tip(f"{offer.title[:400]}{address}{hint}"))
        groups: dict[tuple[str, ...], QTreeWidgetItem] = {(): top}
        for row in rows:
            path = row.channel.path
            for depth in range(1, len(path) + 1):
                where = tuple(key for key, _ in path[:depth])
                if where not in groups:
                    below = tuple(r for r in rows if tuple(key for key, _ in r.channel.path[:depth]) == where)
                    label = one_line(path[depth - 1][1])
                    item = self._item(groups[where[:-1]], Node(offer, below, words=label))
                    item.setText(0, label)
                    item.setToolTip(0, plain_tip(f"{path[depth - 1][1][:400]}\n{row.channel.serial}".strip()))
                    groups[where] = item
            leaf = groups[tuple(key for key, _ in path)]
            leaf.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        top.setExpanded(offer.handle is None)
        if offer.handle is None:
            for index in range(top.childCount()):
                self._fill(top.child(index))
        self._grey(top)

    def _item(self, parent: QTreeWidget | QTreeWidgetItem, node: Node) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent)
        item.setData(0, NODE, node)
        item.setFlags(FLAGS)
        item.setCheckState(0, UNCHECKED)
        return item

    def _renew(self, top: QTreeWidgetItem, offer: Offer) -> None:
        """The same device, perhaps in another session: the rows know that already."""
        for item in (top, *_below(top)):
            item.data(0, NODE).offer = offer

    def _fill(self, item: QTreeWidgetItem) -> None:
        """The quantities of a feed are listed when they are first looked at: a site may have tens of thousands."""
        node: Node = item.data(0, NODE)
        if node.key or item.childCount() or len(node.rows) != 1:
            return
        (row,) = node.rows
        signals = self.tree.blockSignals(True)
        for quantity in row.channel.feed.quantities:
            child = self._item(item, Node(node.offer, node.rows, quantity.key, quantity.title))
            child.setText(0, quantity.title)
            child.setToolTip(0, plain_tip(f"{quantity.title}\n{quantity.unit.value}".strip()))
            child.setCheckState(0, CHECKED if quantity.key in row.ticked else UNCHECKED)
        self.tree.blockSignals(signals)

    def _grey(self, top: QTreeWidgetItem) -> None:
        offer: Offer = top.data(0, NODE).offer
        theme = current_theme()
        missing = offer.handle is not None and bool(offer.note)
        top.setForeground(0, QColor(theme.text_muted if missing else theme.text))
        picture = "plug" if missing and not offer.channels else "warning" if missing else ""
        picture = picture or ("compare" if offer.handle is None else "device")
        top.setIcon(0, icon(picture, "warn" if picture == "warning" else "muted"))

    def _dress(self) -> None:
        self.tree.blockSignals(True)
        for place in range(self.tree.topLevelItemCount()):
            self._grey(self.tree.topLevelItem(place))
        self.tree.blockSignals(False)

    # What is chosen.

    def rows(self) -> list[Row]:
        """The channels that are offered now and of which at least one quantity is ticked, in the order of the list."""
        rows = [self._rows[channel.key] for offer in self._offers.values() for channel in offer.channels]
        return [row for row in rows if row.ticked]

    @property
    def curves(self) -> int:
        """How many quantities are chosen of what is offered now."""
        return sum(len(row.keys()) for row in self.rows())

    def tick(self, title: str, key: str = "", on: bool = True) -> None:
        """Tick a channel by its title, or one of its quantities, or take the tick away; as a user does."""
        row = next(row for row in self._rows.values() if row.channel.title == title)
        wanted = (row.ticked | {key} if on else row.ticked - {key}) if key else self._whole(row, on)
        self._wish({row: wanted})

    def show_sum(self, name: str) -> None:
        """Tick a sum that has just been made, and mark it."""
        for row in self._rows.values():
            if isinstance(row.channel, SumChannel) and row.channel.kept.name == name:
                self._wish({row: {quantity.key for quantity in row.channel.feed.quantities}})
        for item in self._items():
            if item.data(0, NODE).words == name and item.data(0, NODE).offer.handle is None:
                self.tree.setCurrentItem(item)

    def show_totals(self) -> None:
        """Tick the total power of every device, and nothing else."""
        firsts = [first for offer in self._offers.values() if offer.handle for first in offer.first().items()]
        wanted: dict[Row, set[str]] = {row: set() for row in self.rows()}
        wanted |= {self._rows[key]: {quantity} for key, quantity in firsts}
        self._wish(wanted)

    def show_none(self) -> None:
        """Take every tick away."""
        self._wish({row: set() for row in self.rows()})

    def _whole(self, row: Row, on: bool) -> set[str]:
        """What a channel shows once it is ticked as a whole: what it showed before, or its first quantity."""
        if not on:
            return set()
        if row.ticked or row.before:
            return set(row.ticked or row.before)
        if isinstance(row.channel, SumChannel):
            return {quantity.key for quantity in row.channel.feed.quantities}
        first = Offer("", "", (row.channel,)).first()
        return set(first.values())

    def _changed(self, item: QTreeWidgetItem) -> None:
        node: Node = item.data(0, NODE)
        on = item.checkState(0) is CHECKED
        if not node.rows:
            self._tick_items()
            if on and node.offer.handle is not None and node.offer.handle.session is None:
                self.connect_wanted.emit(node.offer.handle)
            return
        if node.key:
            (row,) = node.rows
            self._wish({row: row.ticked | {node.key} if on else row.ticked - {node.key}})
        else:
            self._wish({row: self._whole(row, on) for row in self._meant(node, on)})

    def _meant(self, node: Node, on: bool) -> list[Row]:
        """Which channels a tick of a device or meter is about: all below; ticked anew, one feed of each will do."""
        known = [row for row in node.rows if row.ticked or row.before]
        if not on or known:
            return known or list(node.rows)
        return list({row.channel.meter: row for row in reversed(node.rows)}.values())[::-1]

    def _wish(self, wanted: dict[Row, set[str]]) -> None:
        """Tick exactly these of those channels, if there is room for so many curves."""
        others = sum(len(row.ticked) for row in self.rows() if row not in wanted)
        count = others + sum(map(len, wanted.values()))
        if count > MOST_CURVES and count > self.curves:
            self._tick_items()
            self.count.setText(f"That would be {count} curves, at most {MOST_CURVES} can be shown.")
            restyle(self.count, tone="warn")
            return
        for row, keys in wanted.items():
            row.before = set(row.ticked) if row.ticked else row.before
            row.ticked = set(keys)
        self._tick_items()
        self._say()
        self.chosen.emit()

    def _tick_items(self) -> None:
        signals = self.tree.blockSignals(True)
        for item in self._items():
            item.setCheckState(0, CHECKED if item.data(0, NODE).ticked else UNCHECKED)
        self.tree.blockSignals(signals)
        self.tree.viewport().update()

    def _say(self) -> None:
        devices = sum(offer.handle is not None for offer in self._offers.values())
        shown = sum(
            any(self._rows[channel.key].ticked for channel in offer.channels)
            for offer in self._offers.values()
            if offer.handle is not None
        )
        self.count.setText(f"{shown} of {devices} devices, {self.curves} of {MOST_CURVES} curves")
        restyle(self.count, tone="")

    # Sums, search.

    def _marked_sum(self) -> SumChannel | None:
        item = self.tree.currentItem()
        rows = item.data(0, NODE).rows if item is not None else ()
        channel = rows[0].channel if len(rows) == 1 else None
        return channel if isinstance(channel, SumChannel) else None

    def _offer_sum_buttons(self) -> None:
        marked = self._marked_sum() is not None
        self.edit.setEnabled(marked)
        self.remove.setEnabled(marked)
        self.add.setEnabled(any(offer.channels for offer in self._offers.values()))

    def _filter(self) -> None:
        wanted = self.search.text().casefold().strip()
        for place in range(self.tree.topLevelItemCount()):
            self._sieve(self.tree.topLevelItem(place), wanted, False)

    def _sieve(self, item: QTreeWidgetItem, wanted: str, above: bool) -> bool:
        """Show an item that has the text, or is above or below one that has. Tells whether it is shown."""
        node: Node = item.data(0, NODE)
        here = above or wanted in node.words.casefold()
        if wanted and not here and len(node.rows) == 1:
            (row,) = node.rows
            if any(wanted in quantity.title.casefold() for quantity in row.channel.feed.quantities):
                self._fill(item)
        below = [self._sieve(item.child(index), wanted, here) for index in range(item.childCount())]
        item.setHidden(not (here or any(below)))
        if wanted and not here and any(below):
            item.setExpanded(True)
        return here or any(below)

    def _items(self) -> Iterator[QTreeWidgetItem]:
        for place in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(place)
            yield top
            yield from _below(top)


def _below(item: QTreeWidgetItem) -> Iterator[QTreeWidgetItem]:
    for index in range(item.childCount()):
        yield item.child(index)
        yield from _below(item.child(index))


def _path(item: QTreeWidgetItem) -> tuple[object, ...]:
    """What leads to an item, the same after it was made anew."""
    node: Node = item.data(0, NODE)
    return (*_path(item.parent()), node.words) if item.parent() is not None else (node.offer.key,)


def _sessions(offer: Offer | None) -> set[int]:
    """Which sessions its channels are of: a device that was connected again is listened to anew."""
    return {id(getattr(channel, "session", None)) for channel in offer.channels} if offer is not None else set()
