"""The devices as a tree: the site with its devices and their meters, and below it what was found on the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt

from app.model.device import Meter
from ui.forms.parts import one_line
from ui.workbench import Handle, State, Workbench


class Role(IntEnum):
    """What a row says besides its name."""

    NODE = Qt.ItemDataRole.UserRole
    DETAIL = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    STATE_ICON = Qt.ItemDataRole.UserRole + 3
    DRAFTS = Qt.ItemDataRole.UserRole + 4


class Kind(IntEnum):
    """What a node of the tree is."""

    SITE = 0
    NETWORK = 1
    DEVICE = 2
    METER = 3


STATE_ICONS = {
    State.FOUND: "info",
    State.IDLE: "plug",
    State.CONNECTING: "refresh",
    State.CONNECTED: "ok",
    State.LOST: "error",
    State.FAILED: "error",
    State.UNKNOWN: "warning",
}
METER_ICONS = {"online": "ok", "registered": "info", "offline": "error"}


@dataclass(eq=False)
class Node:
    """One row. All texts are worked out when something changes, so that painting only looks them up."""

    kind: Kind
    parent: Node | None
    handle: Handle | None = None
    meter: Meter | None = None
    children: list[Node] = field(default_factory=list)
    name: str = ""
    detail: str = ""
    state: str = ""
    state_icon: str = ""
    drafts: int = 0

    @property
    def row(self) -> int:
        """Where it stands below its parent."""
        return 0 if self.parent is None else self.parent.children.index(self)

    @property
    def problem(self) -> bool:
        """Is there something wrong with it?"""
        return self.state_icon in ("error", "warning")


class SiteTree(QAbstractItemModel):
    """The tree's model over a `Workbench`."""

    def __init__(self, bench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bench = bench
        self.root = Node(Kind.SITE, None)
        self.site = Node(Kind.SITE, self.root, name="Site")
        self.network = Node(Kind.NETWORK, self.root, name="Found on this network")
        self.root.children = [self.site, self.network]
        self._nodes: dict[int, Node] = {}
        for handle in bench.handles.values():
            self._added(handle)
        self._count()
        bench.added.connect(self._added)
        bench.changed.connect(self._changed)
        bench.removed.connect(self._removed)
        bench.drafts_changed.connect(self._drafts_changed)

    # Qt's side.

    def index(self, row: int, column: int, parent: QModelIndex | None = None) -> QModelIndex:
        """Where a row of a parent is."""
        above = self._node(parent)
        if column != 0 or not 0 <= row < len(above.children):
            return QModelIndex()
        return self.createIndex(row, column, above.children[row])

    def parent(self, index: QModelIndex) -> QModelIndex:  # type: ignore[override]
        """What a row belongs to."""
        node = self._node(index)
        if node.parent is None or node.parent is self.root:
            return QModelIndex()
        return self.createIndex(node.parent.row, 0, node.parent)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """How many rows are below."""
        return len(self._node(parent).children)

    def columnCount(self, _: QModelIndex | None = None) -> int:
        """One column: the delegate draws the rest."""
        return 1

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A look-up, nothing more: thousands of rows stay fluid."""
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return ", ".join(filter(None, (node.name, node.state, node.detail)))
        if role == Role.NODE:
            return node
        if role == Role.DETAIL:
            return node.detail
        if role == Role.STATE:
            return node.state
        if role == Role.STATE_ICON:
            return node.state_icon
        if role == Role.DRAFTS:
            return node.drafts
        return None

    def index_of(self, node: Node) -> QModelIndex:
        """Where a node is now."""
        return self.createIndex(node.row, 0, node) if node.parent is not None else QModelIndex()

    def node_of(self, handle: Handle, meter: str = "") -> Node | None:
        """The node of a device, or of one of its meters."""
        node = self._nodes.get(handle.row.key)
        if node is None or not meter:
            return node
        return next((child for child in node.children if child.meter and child.meter.serial == meter), None)

    def holds(self, node: Node) -> bool:
        """Is the node still a row?"""
        return node.parent is None or (node in node.parent.children and self.holds(node.parent))

    def _node(self, index: QModelIndex | None) -> Node:
        return index.internalPointer() if index is not None and index.isValid() else self.root

    # The workbench's side.

    def _added(self, handle: Handle) -> None:
        group = self.site if handle.in_site else self.network
        node = Node(Kind.DEVICE, group, handle)
        self._describe(node)
        at = len(group.children)
        self.beginInsertRows(self.index_of(group), at, at)
        group.children.append(node)
        self._nodes[handle.row.key] = node
        self.endInsertRows()
        self._count()

    def _removed(self, handle: Handle) -> None:
        node = self._nodes.pop(handle.row.key, None)
        if node is None or node.parent is None:
            return
        at = node.row
        self.beginRemoveRows(self.index_of(node.parent), at, at)
        node.parent.children.pop(at)
        self.endRemoveRows()
        self._count()

    def _changed(self, handle: Handle) -> None:
        node = self._nodes.get(handle.row.key)
        if node is None:
            return
        group = self.site if handle.in_site else self.network
        if node.parent is not group and node.parent is not None:
            self._move(node, node.parent, group)
        self._describe(node)
        self._show_meters(node)
        here = self.index_of(node)
        self.dataChanged.emit(here, here)

    def _move(self, node: Node, old: Node, new: Node) -> None:
        at, to = node.row, len(new.children)
        self.beginMoveRows(self.index_of(old), at, at, self.index_of(new), to)
        old.children.pop(at)
        new.children.append(node)
        node.parent = new
        self.endMoveRows()
        self._count()

    def _show_meters(self, node: Node) -> None:
        session = node.handle.session if node.handle else None
        wanted = () if session is None else session.meters
        if session is None and node.children:
            return
        known = {child.meter.serial: child for child in node.children if child.meter}
        gone = [child for serial, child in known.items() if serial not in {meter.serial for meter in wanted}]
        for child in gone:
            at = child.row
            self.beginRemoveRows(self.index_of(node), at, at)
            node.children.pop(at)
            self.endRemoveRows()
        for meter in wanted:
            child = known.get(meter.serial)
            if child is None:
                at = len(node.children)
                child = Node(Kind.METER, node, node.handle, meter)
                self._describe(child)
                self.beginInsertRows(self.index_of(node), at, at)
                node.children.append(child)
                self.endInsertRows()
            else:
                child.meter = meter
                self._describe(child)
                here = self.index_of(child)
                self.dataChanged.emit(here, here)

    def _describe(self, node: Node) -> None:
        handle = node.handle
        if handle is None:
            return
        if node.meter is not None:
            meter = node.meter
            node.name = one_line(meter.alias or meter.serial)
            node.detail = " · ".join(
                filter(None, (meter.serial, one_line(meter.location), f"{meter.bus} {meter.address}".strip()))
            )
            node.state = meter.state
            node.state_icon = METER_ICONS.get(meter.state, "")
            node.drafts = self._bench.drafts(handle.key, meter.serial)
            return
        node.name = one_line(handle.name)
        how = ", ".join(sorted(way.value for way in handle.row.how)) if not handle.in_site else ""
        title = handle.vendor.title if handle.vendor else ""
        node.detail = " · ".join(
            filter(
                None,
                (
                    title if title != node.name else "",
                    handle.row.address.host if handle.row.address.port in (80, 443) else handle.row.address.netloc,
                    how,
                ),
            )
        )
        gone = handle.row.gone and handle.state is not State.CONNECTED
        node.state = "gone" if gone else handle.state.value
        node.state_icon = "warning" if gone else STATE_ICONS[handle.state]
        if handle.state is State.CONNECTED and handle.warnings:
            node.state = "1 warning" if handle.warnings == 1 else f"{handle.warnings} warnings"
            node.state_icon = "warning"
        node.drafts = self._bench.drafts(handle.key)

    def _drafts_changed(self) -> None:
        for node in self._nodes.values():
            for each in (node, *node.children):
                before = each.drafts
                self._describe(each)
                if each.drafts != before:
                    here = self.index_of(each)
                    self.dataChanged.emit(here, here)

    def _count(self) -> None:
        found = len(self.network.children)
        self.network.detail = "nothing yet" if not found else f"{found} {'device' if found == 1 else 'devices'}"
        count = len(self.site.children)
        self.site.detail = "no device yet" if not count else f"{count} {'device' if count == 1 else 'devices'}"
        for group in (self.site, self.network):
            here = self.index_of(group)
            self.dataChanged.emit(here, here)
