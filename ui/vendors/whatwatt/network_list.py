"""The wireless networks in reach: bars, name, what it asks for, level in dBm and as a word; the one in use marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QLocale, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.model.archive import Records
from app.vendors.whatwatt.settings.wifi_join import asks_for_no_password
from app.vendors.whatwatt.wifi_scan import HIDDEN, strength
from ui.forms.parts import one_line, plain_tip
from ui.icons import pixmap
from ui.theme import current_theme, notifier

ROW = 46
_MARGIN = 12
_BARS = 4
_LEVEL = 132
_SIGN = 16
_NETWORK = Qt.ItemDataRole.UserRole


class Network(msgspec.Struct, frozen=True):
    """One network as the list shows it. `rssi_dbm` NaN: not told."""

    ssid: str
    rssi_dbm: float
    security: str
    channel: float
    wps: bool
    joined: bool
    bssid: str

    @property
    def hidden(self) -> bool:
        """Does it keep its name to itself?"""
        return self.ssid == HIDDEN

    @property
    def typed(self) -> bool:
        """Must its name be typed: because it is hidden, or because it cannot be shown as it is?"""
        return self.hidden or "�" in self.ssid


def networks_of(records: Records) -> list[Network]:
    """The networks of a scan, in its order: the strongest first."""
    columns: Mapping[str, Sequence[Any]] = {
        column.key: data for column, data in zip(records.columns, records.data, strict=True)
    }
    wanted = ("ssid", "rssi", "security", "channel", "wps", "joined", "bssid")
    rows = zip(*(columns[key] for key in wanted), strict=True) if columns else ()
    return [
        Network(ssid, rssi, security, channel, bool(wps), bool(joined), bssid)
        for ssid, rssi, security, channel, wps, joined, bssid in rows
    ]


def about(network: Network, *, alone: bool) -> str:
    """The second line: 'WPA2, channel 6, WPS'. Where several have one name, which access point it is."""
    parts = [network.security or "security not told"]
    if asks_for_no_password(network.security):
        parts = ["open, without a password"]
    if not math.isnan(network.channel):
        parts.append(f"channel {network.channel:g}")
    if network.wps:
        parts.append("WPS")
    if not alone and network.bssid:
        parts.append(network.bssid)
    return one_line(", ".join(parts), 100)


def level(network: Network) -> tuple[str, str]:
    """'−67 dBm' and 'good'."""
    word = strength(network.rssi_dbm)[1]
    if math.isnan(network.rssi_dbm):
        return "", word
    return f"{QLocale().toString(network.rssi_dbm, 'f', 0).replace('-', '−')} dBm", word


class NetworkList(QListWidget):
    """`chosen(network)` by double click or Enter."""

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Networks")
        self.setItemDelegate(NetworkDelegate(self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = ""
        self.itemActivated.connect(lambda item: self.chosen.emit(item.data(_NETWORK)))
        notifier.theme_changed.connect(self.viewport().update)

    @property
    def current(self) -> Network | None:
        """The network that is picked."""
        item = self.currentItem()
        return None if item is None else item.data(_NETWORK)

    def names(self) -> list[str]:
        """What is shown, from top to bottom."""
        return [self.item(row).data(_NETWORK).ssid for row in range(self.count())]

    def pick(self, ssid: str) -> None:
        """Go to the first network of that name."""
        if ssid in self.names():
            self.setCurrentRow(self.names().index(ssid))

    def show_networks(self, networks: Sequence[Network]) -> None:
        """Show these; what was picked stays picked."""
        before = self.current
        self.clear()
        names = [network.ssid for network in networks]
        for network in networks:
            words = about(network, alone=names.count(network.ssid) == 1)
            item = QListWidgetItem()
            item.setData(_NETWORK, network)
            item.setData(Qt.ItemDataRole.UserRole + 1, words)
            item.setSizeHint(QSize(0, ROW))
            spoken = (one_line(network.ssid), "joined now" if network.joined else "", words, *level(network))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in spoken if part))
            item.setToolTip(plain_tip(f"{one_line(network.ssid)}\n{network.bssid}"))
            self.addItem(item)
        if before is not None:
            self.pick(before.ssid)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count() and self.empty:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_theme().text_muted))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.empty)


class NetworkDelegate(QStyledItemDelegate):
    """Paints one network in two lines."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        network: Network = index.data(_NETWORK)
        theme = current_theme()
        self.initStyleOption(option, index)
        option.text = ""  # type: ignore[attr-defined]
        option.widget.style().drawControl(  # type: ignore[attr-defined]
            QStyle.ControlElement.CE_ItemViewItem,
            option,
            painter,
            option.widget,  # type: ignore[attr-defined]
        )
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        text = QColor(theme.on_selection if selected else theme.text)
        muted = QColor(theme.on_selection if selected else theme.text_muted)
        room: QRect = option.rect.adjusted(_MARGIN, 4, -_MARGIN, -4)  # type: ignore[attr-defined]
        painter.save()
        _paint_bars(painter, QRectF(room.left(), room.top() + 6, 28, room.height() - 12), network, text)
        words = room.adjusted(44, 0, -_LEVEL, 0)
        upper = QRect(words.left(), words.top(), words.width(), words.height() // 2)
        lower = upper.translated(0, words.height() // 2)
        font = QFont(option.font)  # type: ignore[attr-defined]
        font.setBold(True)
        painter.setFont(font)
        name = painter.fontMetrics().elidedText(
            one_line(network.ssid), Qt.TextElideMode.ElideRight, upper.width() - (120 if network.joined else 0)
        )
        painter.setPen(text)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, name)
        after = painter.fontMetrics().horizontalAdvance(name) + 12
        painter.setFont(option.font)  # type: ignore[attr-defined]
        if network.joined:
            sign = QRect(upper.left() + after, upper.center().y() - _SIGN // 2 + 1, _SIGN, _SIGN)
            painter.drawPixmap(sign, pixmap("ok", "on_selection" if selected else "ok", _SIGN))
            painter.setPen(text if selected else QColor(theme.ok))
            painter.drawText(upper.adjusted(after + _SIGN + 4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, "joined now")
        painter.setPen(muted)
        told = index.data(Qt.ItemDataRole.UserRole + 1)
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, _elided(painter, told, lower.width()))
        right = QRect(room.right() - _LEVEL + 8, upper.top(), _LEVEL - 8, upper.height())
        dbm, word = level(network)
        edge = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(text)
        painter.drawText(right, edge, dbm)
        painter.setPen(muted)
        painter.drawText(right.translated(0, upper.height()), edge, word)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Two lines."""
        return QSize(200, max(ROW, 2 * option.fontMetrics.height() + 12))  # type: ignore[attr-defined]


def _elided(painter: QPainter, text: str, width: int) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)


def _paint_bars(painter: QPainter, room: QRectF, network: Network, colour: QColor) -> None:
    """Four bars; those that are not reached are empty, so that it shows without colours, too."""
    bars = strength(network.rssi_dbm)[0]
    width = room.width() / (_BARS * 1.5)
    for number in range(_BARS):
        height = room.height() * (number + 1) / _BARS
        bar = QRectF(room.left() + number * width * 1.5, room.bottom() - height, width, height)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(colour if number < bars else Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
