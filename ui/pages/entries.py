"""What can be opened on the page of a device or meter, and the list that shows it in the order of its menus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.commission.session import DeviceSession
from app.model.finding import Finding, Weight
from ui.forms.findings import TONES, gravest
from ui.forms.parts import plain_tip
from ui.icons import icon
from ui.theme import current_theme, notifier
from ui.vendors import Picture

KEY = Qt.ItemDataRole.UserRole
PICTURE = Qt.ItemDataRole.UserRole + 1
TONE = Qt.ItemDataRole.UserRole + 2
SIGN = Qt.ItemDataRole.UserRole + 3
"""Tone and icon of what is to be noticed there, in place of the entry's own picture."""
ROW = 34
COMPACT_ROW = 27
COMPACT_FROM = 14
"""So many entries do not fit on a small screen otherwise."""
SEARCH_FROM = 20
REST_MS = 150
LIST = 204
WIDEST_LIST = 236
MARGIN = 12
ICON = QSize(20, 20)
SMALL_ICON = QSize(16, 16)


@dataclass(frozen=True)
class Entry:
    """One thing that can be opened."""

    group: str
    key: str
    title: str
    picture: str
    help: str


def entries_of(session: DeviceSession, meter: str, *, live: bool, picture: Picture | None = None) -> list[Entry]:
    """Sections, archives and actions that stand beside nothing, and what is no declaration, by the family's groups."""
    vendor = session.vendor
    found = [Entry(picture.group, "flow", picture.title, picture.icon, picture.help)] if picture else []
    # Under the heading of the settings it goes without saying that something is configured.
    found += [
        Entry(s.group, s.key, s.title.removesuffix(" configuration"), s.icon or "settings", s.help)
        for s in session.sections(meter)
    ]
    found += [Entry(a.group, a.key, a.title, a.icon or "journal", a.help) for a in session.archives(meter)]
    found += [Entry(a.group, a.key, a.title, a.icon or "send", a.help) for a in session.actions(meter, beside="")]
    if vendor.scan is not None and not meter:
        found.append(Entry("Gateway", "scan", "Device scan", "scan", "Find meters on the buses and register them."))
    if vendor.firmware is not None and not meter:
        group = "Gateway" if "Gateway" in vendor.groups or not vendor.groups else vendor.groups[0]
        found.append(Entry(group, "firmware", "Firmware", "upload", vendor.firmware.help))
    if live:
        found.append(Entry("Live", "live", "Live plots", "live", "Values as they come, plotted."))
    order = list(dict.fromkeys((*vendor.groups, *(entry.group for entry in found))))
    return sorted(found, key=lambda entry: order.index(entry.group))


class EntryList(QWidget):
    """The list. Typing finds an entry by the beginning of its name; a long list has a line that filters it.

    `opened` carries the key of what was chosen.
    """

    opened = Signal(str)

    def __init__(self, name: str, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = len(entries) > COMPACT_FROM
        self.search = QLineEdit(placeholderText="Find a page", clearButtonEnabled=True)
        self.search.setObjectName(f"{name}.find")
        self.search.setAccessibleName("Find a page")
        self.search.setVisible(False)
        self.view = QListWidget(self)
        self.view.setObjectName(f"{name}.sections")
        self.view.setAccessibleName("Sections")
        self.view.setIconSize(self._icon_size)
        if self._compact:
            self.view.setProperty("role", "compact")
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.view, 1)
        self._fill(entries)
        if len(entries) >= SEARCH_FROM:
            self.search.setVisible(True)
        self._paint()
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._open_first)
        self.search.installEventFilter(self)
        self.view.installEventFilter(self)
        self.view.currentItemChanged.connect(self._chosen)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(lambda: self._chosen(self.view.currentItem()))
        notifier.theme_changed.connect(self._paint)

    @property
    def _icon_size(self) -> QSize:
        return SMALL_ICON if self._compact else ICON

    def _fill(self, entries: Sequence[Entry]) -> None:
        height = COMPACT_ROW if self._compact else ROW
        group = ""
        for entry in entries:
            if entry.group != group:
                group = entry.group
                heading = QListWidgetItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                font = heading.font()
                font.setBold(True)
                heading.setFont(font)
                heading.setSizeHint(QSize(0, height))
                self.view.addItem(heading)
            item = QListWidgetItem(entry.title)
            item.setData(KEY, entry.key)
            item.setData(PICTURE, entry.picture)
            item.setToolTip(plain_tip(entry.help))
            item.setSizeHint(QSize(0, height))
            self.view.addItem(item)

    def _items(self) -> list[QListWidgetItem]:
        return [self.view.item(row) for row in range(self.view.count())]

    def keys(self) -> list[str]:
        """What can be opened, in the order of the list."""
        return [key for item in self._items() if (key := item.data(KEY))]

    def open(self, key: str) -> None:
        """Choose an entry."""
        for row, item in enumerate(self._items()):
            if item.data(KEY) == key:
                if item.isHidden():
                    self.search.clear()
                self.view.setCurrentRow(row)

    def grey_out(self, reasons: dict[str, str]) -> None:
        """Show that entries are not supported here, by their keys; opening one tells why."""
        for item in self._items():
            reason = reasons.get(item.data(KEY) or "")
            if reason is not None:
                item.setData(TONE, "disabled")
                item.setToolTip(plain_tip(reason))
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"Not supported. {reason}")
        self._paint()

    def mark(self, findings: Mapping[str, Sequence[Finding]]) -> None:
        """Show by a sign and in words which entries have something to be noticed, by their keys."""
        for item in self._items():
            found = findings.get(item.data(KEY) or "", ())
            weight = gravest(found)
            item.setData(SIGN, TONES[weight] if weight not in (None, Weight.INFO) else None)
            if found:
                item.setToolTip(plain_tip("\n".join(one.title for one in found)))
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, "; ".join(one.title for one in found))
        self._paint()

    def _chosen(self, item: QListWidgetItem | None, _: QListWidgetItem | None = None) -> None:
        key = item.data(KEY) if item else None
        # A held arrow key passes by: the device is asked only for where it comes to rest.
        if key and not self._rest.isActive():
            self.opened.emit(key)

    # Finding.

    def _filter(self, text: str) -> None:
        wanted = text.strip().casefold()
        heading: QListWidgetItem | None = None
        for item in self._items():
            if not item.data(KEY):
                heading = item
                heading.setHidden(bool(wanted))
                continue
            # A group's name finds all of the group.
            names = (item.text(), heading.text() if heading else "")
            item.setHidden(bool(wanted) and not any(wanted in name.casefold() for name in names))
            if heading is not None and not item.isHidden():
                heading.setHidden(False)

    def _open_first(self) -> None:
        first = next((item for item in self._items() if item.data(KEY) and not item.isHidden()), None)
        if first is not None:
            self.view.setCurrentItem(first)
            self.view.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes from the line into the list, Escape empties it; a held key in the list only passes by."""
        if watched is self.view:
            if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.isAutoRepeat():
                self._rest.start()
        elif event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down:
                self._open_first()
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return False

    # Showing.

    def _paint(self) -> None:
        # The words of the widest entry, in the theme's font, as far as the page can spare the room.
        self.setFixedWidth(min(max(LIST, self.view.sizeHintForColumn(0) + 2 * MARGIN), WIDEST_LIST))
        size = self._icon_size
        for item in self._items():
            picture = item.data(PICTURE)
            if picture:
                tone = item.data(TONE) or "text"
                item.setForeground(QColor(current_theme().tone(tone)))
                tone, picture = item.data(SIGN) or (tone, picture)
                both = QIcon(icon(picture, tone).pixmap(size))
                both.addPixmap(icon(picture, "on_selection").pixmap(size), QIcon.Mode.Selected)
                item.setIcon(both)
