"""The two cards of the firmware page: who gets new firmware, and the file that they get."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QRadioButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.model.device import Meter
from app.model.firmware import Image
from ui.forms.parts import ElidedLabel, icon_button, on_button, one_line, plain_label, plain_tip, push_button
from ui.icons import dress, icon
from ui.theme import notifier, restyle

from .firmware_words import Look, age

DEVICE = ""
"""Stands for the device itself among meters."""
METER, SERIAL, VERSION, STATE = range(4)
_SERIAL_ROLE = Qt.ItemDataRole.UserRole
_HASH_SHOWN = 16
WIDEST_STATE = "Waits, or is being written"
ICON = QSize(16, 16)


class Targets(QFrame):
    """The device itself, or some of its meters. `changed` when the choice is another; `meters_wanted` when the meters
    come into play for the first time, so that their versions are asked for only then."""

    changed = Signal()
    meters_wanted = Signal()

    def __init__(self, name: str, title: str, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._most = most
        self.device = QRadioButton(on_button(title, 80), objectName=f"{name}.device", accessibleName=one_line(title))
        self.device.setChecked(True)
        words = f"Meters, at most {most} at a time"
        self.some = QRadioButton(words, objectName=f"{name}.some", accessibleName=words)
        self._version = ElidedLabel("…", greedy=False)
        self._version.setProperty("role", "muted")
        self._version.setObjectName(f"{name}.version")
        self._picture, self._state = QLabel(), plain_label()
        self._state.setObjectName(f"{name}.state")
        self._count = plain_label(role="muted")
        self._count.setObjectName(f"{name}.count")
        self.list = QTreeWidget(objectName=f"{name}.meters", accessibleName="Meters")
        self.list.setHeaderLabels(["Meter", "Serial number", "Firmware now", "State"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self._looks: dict[str, Look] = {}
        self._lay_out()
        self.device.toggled.connect(self._switched)
        self.list.itemChanged.connect(self._ticked)
        notifier.theme_changed.connect(self._paint)
        self._switched()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.device, 0, 0)
        grid.addWidget(self._version, 0, 1)
        grid.addWidget(self._picture, 0, 2)
        grid.addWidget(self._state, 0, 3)
        grid.addWidget(self.some, 1, 0)
        grid.addWidget(self._count, 1, 1, 1, 3)
        grid.setColumnStretch(3, 1)
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(12, 8, 12, 10)
        column.addWidget(plain_label("1. Who gets it", role="subtitle"))
        column.addLayout(grid)
        column.addWidget(self.list, 1)
        head = self.list.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(METER, QHeaderView.ResizeMode.Stretch)
        for section in (SERIAL, VERSION):
            head.setSectionResizeMode(section, QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Interactive)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumHeight(96)

    def hide_meters(self) -> None:
        """The family's meters get nothing: only the device itself stands here."""
        for widget in (self.some, self._count, self.list):
            widget.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_meters(self, meters: Sequence[Meter]) -> None:
        """List these; who is ticked stays so."""
        ticked = set(self._checked())
        self.list.blockSignals(True)
        self.list.clear()
        for meter in meters:
            name = " – ".join(part for part in (meter.alias, meter.location) if part) or meter.serial
            item = QTreeWidgetItem([one_line(name), one_line(meter.serial), "…", ""])
            item.setData(METER, _SERIAL_ROLE, meter.serial)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            wanted = meter.serial in ticked
            item.setCheckState(METER, Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)
            self.list.addTopLevelItem(item)
        if meters:
            self.list.setCurrentItem(self.list.topLevelItem(0))
        self.list.blockSignals(False)
        self.some.setEnabled(bool(meters))
        self._switched()

    def items(self) -> list[QTreeWidgetItem]:
        """The meters' rows."""
        return [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]

    def item(self, meter: str) -> QTreeWidgetItem | None:
        """The row of a meter."""
        return next((item for item in self.items() if item.data(METER, _SERIAL_ROLE) == meter), None)

    @property
    def of_meters(self) -> bool:
        """Shall meters get it, and not the device?"""
        return self.some.isChecked()

    def _checked(self) -> tuple[str, ...]:
        return tuple(
            item.data(METER, _SERIAL_ROLE) for item in self.items() if item.checkState(METER) is Qt.CheckState.Checked
        )

    def chosen(self) -> tuple[str, ...]:
        """The serials of the ticked meters; nothing when the device itself is meant."""
        return self._checked() if self.of_meters else ()

    @property
    def problem(self) -> str:
        """Why this choice cannot be; empty when it can."""
        if not self.of_meters:
            return ""
        count = len(self._checked())
        if not count:
            return "Tick the meters that shall get it."
        return f"{count} meters are ticked, at most {self._most} may be renewed together." if count > self._most else ""

    def _switched(self) -> None:
        self.list.setEnabled(self.of_meters)
        if self.of_meters:
            self.meters_wanted.emit()
        self._ticked()

    def _ticked(self) -> None:
        count = len(self._checked())
        self._count.setText(f"{count} of {self._most} ticked" if self.of_meters else "")
        restyle(self._count, tone="error" if self.of_meters and count > self._most else "")
        self.changed.emit()

    def set_locked(self, locked: bool) -> None:
        """Nothing can be chosen while something is under way."""
        self.device.setEnabled(not locked)
        self.some.setEnabled(not locked and self.list.topLevelItemCount() > 0)
        self.list.setEnabled(self.of_meters)
        # Ticks cannot be changed, and states still have their colours.
        tickable = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        self.list.blockSignals(True)
        for item in self.items():
            item.setFlags(tickable if locked else tickable | Qt.ItemFlag.ItemIsUserCheckable)
        self.list.blockSignals(False)

    def show_version(self, target: str, version: str) -> None:
        """What the device ('') or a meter has now."""
        item = self.item(target)
        self.list.blockSignals(True)
        if target == DEVICE:
            self._version.setText(one_line(version))
        elif item is not None:
            item.setText(VERSION, one_line(version))
        self.list.blockSignals(False)

    def show_look(self, target: str, look: Look) -> None:
        """How the device ('') or a meter stands."""
        self._looks[target] = look
        self._paint()

    def look(self, target: str) -> Look:
        """How it was said to stand."""
        return self._looks.get(target, Look())

    def forget_looks(self) -> None:
        """Nothing is known of how they stand."""
        self._looks = dict.fromkeys(self._looks, Look())
        self._paint()

    def _paint(self) -> None:
        words = self.list.fontMetrics().horizontalAdvance(WIDEST_STATE)
        self.list.setColumnWidth(STATE, words + 3 * ICON.width())
        self.list.blockSignals(True)
        for target, look in self._looks.items():
            item = self.item(target)
            if target == DEVICE:
                self._state.setText(look.words)
                restyle(self._state, tone="" if look.tone == "text" else look.tone)
                self._picture.setVisible(bool(look.picture))
                if look.picture:
                    dress(self._picture, look.picture, look.tone)
            elif item is not None:
                item.setText(STATE, look.words)
                item.setToolTip(STATE, plain_tip(look.words))
                item.setIcon(STATE, _on_row(look))
        self.list.blockSignals(False)


def _on_row(look: Look) -> QIcon:
    """The icon of a look, which is also seen where the row is selected."""
    if not look.picture:
        return QIcon()
    both = QIcon(icon(look.picture, look.tone).pixmap(ICON))
    both.addPixmap(icon(look.picture, "on_selection").pixmap(ICON), QIcon.Mode.Selected)
    return both


class FileCard(QFrame):
    """The chosen file with what is known of it, and its way to the device."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._hash = ""
        self.choose = push_button("Choose file…", f"{name}.choose", "open", tip="Or drop a file on this page (Ctrl+O)")
        self.title = ElidedLabel("No file chosen")
        self.title.setObjectName(f"{name}.file")
        self.title.setAccessibleName("File")
        self.facts = ElidedLabel("The maker's firmware file. It can also be dropped here.")
        self.facts.setProperty("role", "muted")
        self.facts.setAccessibleName("Size and age of the file")
        self.facts.setObjectName(f"{name}.facts")
        self.hash = plain_label(role="muted")
        self.hash.setObjectName(f"{name}.sha256")
        self.copy = icon_button("Copy SHA-256", f"{name}.copy", "copy", "Copy the whole SHA-256")
        self.copy.hide()
        self.copy.clicked.connect(self._copy)
        self.upload = push_button("Upload", f"{name}.upload", "send", role="primary")
        self.stop = push_button("Stop", f"{name}.stop", "stop", tip="The device then holds a part of the file")
        self.bar = QProgressBar(objectName=f"{name}.progress", accessibleName="Upload")
        self.bar.setTextVisible(False)
        self.words = plain_label(role="muted")
        self.words.setObjectName(f"{name}.said")
        for button in (self.upload, self.stop):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._lay_out()
        self.show_way(None)

    def _lay_out(self) -> None:
        named = QHBoxLayout(spacing=4)
        named.addWidget(self.title, 1)
        named.addWidget(self.hash)
        named.addWidget(self.copy)
        chosen = QVBoxLayout(spacing=2)
        chosen.addLayout(named)
        chosen.addWidget(self.facts)
        first = QHBoxLayout(spacing=12)
        first.addWidget(self.choose)
        first.addLayout(chosen, 1)
        first.addWidget(self.upload)
        first.addWidget(self.stop)
        second = QHBoxLayout(spacing=12)
        second.addWidget(self.bar, 1)
        second.addWidget(self.words)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(12, 8, 12, 10)
        column.addWidget(plain_label("2. The file", role="subtitle"))
        column.addLayout(first)
        column.addLayout(second)

    def show_image(self, image: Image) -> None:
        """What is known of the file."""
        self._hash = image.sha256
        self.title.setText(image.name)
        size = f"{QLocale().toString(image.size)} bytes"
        self.facts.setText(size if image.written is None else f"{size}, {age(image.written)}")
        half = _HASH_SHOWN // 2
        self.hash.setText(f"SHA-256 {image.sha256[:half]}…{image.sha256[-half:]}")
        self.hash.setToolTip(plain_tip(f"SHA-256 {image.sha256}"))
        self.hash.setAccessibleDescription(image.sha256)
        self.copy.show()

    def show_way(self, share: float | None, words: str = "") -> None:
        """How much of the file has gone; None: nothing is on its way."""
        self.bar.setRange(0, 1000)
        self.bar.setValue(int(1000 * (share or 0)))
        for widget in (self.bar, self.stop, self.words):
            widget.setVisible(share is not None)
        self.upload.setVisible(share is None)
        self.words.setText(words)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._hash)
