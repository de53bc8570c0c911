"""Which quantities of a recording are shown: a list with a tick for each, by device."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app.commission.recorded import RecordedChannel
from ui.forms.parts import one_line, plain_label, plain_tip
from ui.theme import restyle

from .live_choice import MOST_CURVES

CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class ReplayChoice(QWidget):
    """Quantities below their channel. `chosen` when a tick was set or taken away; at most `MOST_CURVES` are set."""

    chosen = Signal()

    def __init__(self, name: str, channels: Sequence[RecordedChannel], titles: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.tree = QTreeWidget(objectName=f"{name}.tree", accessibleName="Recorded quantities")
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(18)
        self.tree.setUniformRowHeights(True)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.count = plain_label(role="muted")
        self.count.setObjectName(f"{name}.count")
        self._items: dict[tuple[int, int], QTreeWidgetItem] = {}
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        for place, (channel, title) in enumerate(zip(channels, titles, strict=True)):
            top = QTreeWidgetItem(self.tree, [title])
            top.setFlags(flags)
            top.setToolTip(0, plain_tip(one_line(f"{channel.device_title} {channel.meter} {channel.feed_title}")))
            for column, quantity in enumerate(channel.quantities):
                item = QTreeWidgetItem(top, [one_line(quantity.title)])
                item.setFlags(flags | Qt.ItemFlag.ItemIsUserCheckable)
                first = not channel.shown or quantity.key in channel.shown
                item.setCheckState(0, CHECKED if first and len(self.ticked()) < MOST_CURVES else UNCHECKED)
                self._items[place, column] = item
        self.tree.expandAll()
        if self.tree.topLevelItem(0) is not None:
            self.tree.setCurrentItem(self.tree.topLevelItem(0).child(0))
        self.tree.itemChanged.connect(self._changed)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(6)
        column_layout.addWidget(self.tree, 1)
        column_layout.addWidget(self.count)
        self._say()

    def ticked(self) -> list[tuple[int, int]]:
        """What is shown, as (place of the channel, place of the quantity in it)."""
        return [place for place, item in self._items.items() if item.checkState(0) is CHECKED]

    def _changed(self, item: QTreeWidgetItem) -> None:
        count = len(self.ticked())
        if count > MOST_CURVES:
            self.tree.blockSignals(True)
            item.setCheckState(0, UNCHECKED)
            self.tree.blockSignals(False)
            self.count.setText(f"That would be {count} curves, at most {MOST_CURVES} can be shown.")
            restyle(self.count, tone="warn")
            return
        self._say()
        self.chosen.emit()

    def _say(self) -> None:
        self.count.setText(f"{len(self.ticked())} of {len(self._items)} quantities")
        restyle(self.count, tone="")
