"""The left side of the window: search, filters, the tree."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ui.icons import dress

from .delegate import TreeDelegate
from .model import Kind, Node, Role, SiteTree

NARROWEST = 240


class Filter(Enum):
    """Which rows are shown."""

    ALL = "All devices"
    PROBLEMS = "Problems"
    DRAFTS = "Unsent drafts"
    NOT_IN_SITE = "Not yet in the site"


class Rows(QSortFilterProxyModel):
    """The rows that match the search and the filter, with what is above and below them."""

    def __init__(self, source: SiteTree) -> None:
        super().__init__(source)
        self.setSourceModel(source)
        self.setRecursiveFilteringEnabled(True)
        self.setAutoAcceptChildRows(False)
        self._text = ""
        self._filter = Filter.ALL

    def show_only(self, text: str, which: Filter) -> None:
        """Show rows whose name, address or serial contains `text`, and which the filter lets through."""
        self._text, self._filter = text.casefold(), which
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        """Qt's question."""
        index = self.sourceModel().index(row, 0, parent)
        node: Node = index.data(Role.NODE)
        if node.kind in (Kind.SITE, Kind.NETWORK):
            return not self._text and self._filter is Filter.ALL
        if self._text and self._text not in f"{node.name}\n{node.detail}".casefold():
            return False
        if self._filter is Filter.PROBLEMS:
            return node.problem
        if self._filter is Filter.DRAFTS:
            return node.drafts > 0
        if self._filter is Filter.NOT_IN_SITE:
            return node.kind is Kind.DEVICE and node.handle is not None and not node.handle.in_site
        return True


class TreePane(QWidget):
    """Search field, filter and tree. `selected` tells the node that is to be shown, or None."""

    selected = Signal(object)
    activated = Signal(object)
    add_address = Signal()
    sweep = Signal()

    def __init__(self, model: SiteTree, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tree.pane")
        self._model = model
        self._rows = Rows(model)
        self.search = QLineEdit(self)
        self.search.setObjectName("tree.search")
        self.search.setPlaceholderText("Search name, serial, address (Ctrl+F)")
        self.search.setAccessibleName("Search")
        self.search.setClearButtonEnabled(True)
        self.filter = QComboBox(self)
        self.filter.setObjectName("tree.filter")
        self.filter.setAccessibleName("Filter")
        for which in Filter:
            self.filter.addItem(which.value, which)
        self.view = QTreeView(self)
        self.view.setObjectName("tree.view")
        self.view.setAccessibleName("Devices")
        self._shown: Node | None = None
        self._leaving = False
        # Connected before the view is: it moves its cursor on when the row under it goes.
        self._rows.rowsAboutToBeRemoved.connect(self._about_to_leave)
        self.view.setModel(self._rows)
        self._rows.rowsRemoved.connect(self._left)
        self.view.setItemDelegate(TreeDelegate(self.view))
        self.view.setHeaderHidden(True)
        self.view.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        self.view.setUniformRowHeights(True)
        self.view.setIndentation(14)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.expandAll()
        self._rows.rowsInserted.connect(self._expand)
        self.search.textChanged.connect(self._refilter)
        self.filter.currentIndexChanged.connect(self._refilter)
        self.view.selectionModel().currentChanged.connect(self._current)
        self.view.activated.connect(self._activate)
        self.view.clicked.connect(self._clicked)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self._lay_out()

    def _lay_out(self) -> None:
        add = QPushButton("Address…", self)
        dress(add, "add")
        add.setObjectName("tree.add")
        add.setAccessibleName("Add a device by its address")
        add.clicked.connect(self.add_address)
        sweep = QPushButton("Range…", self)
        dress(sweep, "scan")
        sweep.setObjectName("tree.sweep")
        sweep.setAccessibleName("Search a range of addresses")
        sweep.clicked.connect(self.sweep)
        for button in (add, sweep):
            # The tree gives way when a page needs the room.
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(NARROWEST)
        buttons = QHBoxLayout()
        buttons.addWidget(add)
        buttons.addWidget(sweep)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 4, 8)
        column.addWidget(self.search)
        column.addWidget(self.filter)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)

    def select(self, node: Node) -> None:
        """Put the cursor on a node. A filter that hides it gives way."""
        index = self._rows.mapFromSource(self._model.index_of(node))
        if not index.isValid():
            self.search.clear()
            self.filter.setCurrentIndex(0)
            index = self._rows.mapFromSource(self._model.index_of(node))
        self.view.expand(index.parent())
        self.view.expand(index)
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)

    def current(self) -> Node | None:
        """The node under the cursor."""
        found: Node | None = self.view.currentIndex().data(Role.NODE)
        return found

    def chosen_meters(self, device: str) -> set[str]:
        """The serials of the selected meters of one device."""
        nodes = (index.data(Role.NODE) for index in self.view.selectionModel().selectedIndexes())
        return {
            n.meter.serial for n in nodes if n.meter is not None and n.handle is not None and n.handle.key == device
        }

    def _current(self, index: QModelIndex) -> None:
        if not self._leaving:
            self._shown = index.data(Role.NODE)
            self.selected.emit(self._shown)

    def _about_to_leave(self) -> None:
        self._leaving = True

    def _left(self) -> None:
        """A row that is filtered away must not take the page with it: the cursor waits until the row is back."""
        current = self.view.currentIndex()
        if current.isValid() and current.data(Role.NODE) is not self._shown:
            self.view.setCurrentIndex(QModelIndex())
        self._leaving = False

    def _return(self) -> None:
        """Put the cursor back on what is shown, now that its row may be there again."""
        if self._shown is not None and not self.view.currentIndex().isValid() and self._model.holds(self._shown):
            self._leaving = True
            self.view.setCurrentIndex(self._rows.mapFromSource(self._model.index_of(self._shown)))
            self._leaving = False

    def _clicked(self, index: QModelIndex) -> None:
        """The site's row also leads back from pages that have none of their own."""
        if index.data(Role.NODE).kind is Kind.SITE:
            self._current(index)

    def _activate(self, index: QModelIndex) -> None:
        self.activated.emit(index.data(Role.NODE))

    def _expand(self, parent: QModelIndex, *_: int) -> None:
        self.view.expand(parent)

    def _refilter(self) -> None:
        self._rows.show_only(self.search.text(), self.filter.currentData())
        self.view.expandAll()
        self._return()
