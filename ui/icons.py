"""Icons by name, in the colours of the theme.

The glyphs are those of QtAwesome's Material Design font. Its font and its table of names are read directly: importing
its Python part costs 150 ms of the start, and paints every icon anew each time; these are painted once.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QLabel

from ui.theme import current_theme, notifier

GLYPHS = {
    "about": "information-outline",
    "add": "plus",
    "alarm": "bell-outline",
    "battery": "battery-high",
    "bus": "serial-port",
    "calendar": "calendar-month-outline",
    "car": "ev-station",
    "certificate": "certificate-outline",
    "chart": "chart-line",
    "clock": "clock-outline",
    "close": "close",
    "collapse": "chevron-down",
    "compare": "compare-horizontal",
    "copy": "content-copy",
    "critical": "shield-home-outline",
    "demand": "chart-bar",
    "device": "chip",
    "edited": "pencil",
    "error": "alert-circle-outline",
    "expand": "chevron-right",
    "export": "tray-arrow-down",
    "eye": "eye-outline",
    "factor": "leaf",
    "flag": "flag-outline",
    "filldown": "arrow-expand-down",
    "gateway": "router-network",
    "gauge": "gauge",
    "grid": "transmission-tower",
    "harmonics": "waveform",
    "help": "help-circle-outline",
    "house": "home-lightning-bolt-outline",
    "info": "information-outline",
    "io": "electric-switch",
    "journal": "history",
    "license": "license",
    "live": "pulse",
    "location": "map-marker-outline",
    "lock": "lock-outline",
    "meter": "meter-electric-outline",
    "meters": "view-list-outline",
    "more": "dots-horizontal",
    "network": "lan",
    "next": "chevron-right",
    "offline": "lan-disconnect",
    "ok": "check-circle-outline",
    "online": "lan-connect",
    "open": "folder-open-outline",
    "paste": "content-paste",
    "pause": "pause",
    "play": "play",
    "plug": "power-plug-outline",
    "power": "flash-outline",
    "previous": "chevron-left",
    "pulse": "square-wave",
    "record": "record-circle",
    "recordings": "filmstrip",
    "ratio": "fraction-one-half",
    "redo": "redo",
    "refresh": "refresh",
    "register": "counter",
    "remove": "trash-can-outline",
    "restart": "restart",
    "save": "content-save-outline",
    "scan": "radar",
    "search": "magnify",
    "send": "send",
    "settings": "cog-outline",
    "stop": "stop",
    "storage": "sd",
    "sun": "solar-power-variant-outline",
    "tag": "tag-outline",
    "tariff": "cash-clock",
    "theme": "theme-light-dark",
    "undo": "undo",
    "upload": "tray-arrow-up",
    "user": "account-outline",
    "warning": "alert-outline",
    "wifi": "wifi",
    "wiring": "sine-wave",
    "zoom": "magnify-plus-outline",
}
_SIZES = (16, 20, 24, 32)
_GAP = 4
"""Between an icon and the words on a button: the style itself leaves almost none."""


def icon(name: str, tone: str = "text") -> QIcon:
    """An icon in a colour of the current theme (`Theme.tone`). A name that is not known gives a plain dot.

    The icon keeps its colour when the theme changes: `dress` follows it.
    """
    theme = current_theme()
    return _painted(
        GLYPHS.get(name, "circle-small"), theme.tone(tone), theme.text_disabled, 0, _SIZES, theme.on_selection
    )


def pixmap(name: str, tone: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The same as a picture, for a label; `ratio` is the device pixel ratio of where it goes."""
    theme = current_theme()
    made = _painted(GLYPHS.get(name, "circle-small"), theme.tone(tone), theme.text_disabled, 0, (size,))
    return made.pixmap(QSize(size, size), ratio)


def dress(target: QAbstractButton | QLabel, name: str, tone: str = "text", size: int = 16) -> None:
    """Give a button or label an icon that follows the theme. Dressing it again replaces the icon."""
    worn = target.findChild(_Worn, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if worn is None:
        worn = _Worn(target)
    worn.wear(name, tone, size)


class _Worn(QObject):
    """Lives in what it dresses, and paints it again when the theme changes."""

    def __init__(self, target: QAbstractButton | QLabel) -> None:
        super().__init__(target)
        self._target = target
        self._what = ("", "text", 16)
        notifier.theme_changed.connect(self._again)

    def wear(self, name: str, tone: str, size: int) -> None:
        if self._what != (name, tone, size):
            self._what = (name, tone, size)
            self._again()

    def _again(self) -> None:
        name, tone, size = self._what
        if isinstance(self._target, QLabel):
            self._target.setPixmap(pixmap(name, tone, size, self._target.devicePixelRatio()))
        else:
            theme, gap = current_theme(), _GAP if self._target.text() else 0
            glyph = GLYPHS.get(name, "circle-small")
            self._target.setIcon(_painted(glyph, theme.tone(tone), theme.text_disabled, gap, (size,)))
            self._target.setIconSize(QSize(size + gap, size))


@functools.cache
def _painted(glyph: str, colour: str, disabled: str, gap: int, sizes: tuple[int, ...], selected: str = "") -> QIcon:
    """`selected` is its colour in a row that is selected.

    Only the sizes that are shown: painting all of them for every button was a third of the window's making.
    """
    made = QIcon()
    for size in sizes:
        for ratio in (1, 2):
            made.addPixmap(_glyph(glyph, colour, size, ratio, gap), QIcon.Mode.Normal)
            made.addPixmap(_glyph(glyph, disabled, size, ratio, gap), QIcon.Mode.Disabled)
            if selected:
                made.addPixmap(_glyph(glyph, selected, size, ratio, gap), QIcon.Mode.Selected)
    return made


def _glyph(glyph: str, colour: str, size: int, ratio: int, gap: int) -> QPixmap:
    picture = QPixmap((size + gap) * ratio, size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    family, table = _font()
    font = QFont(family)
    font.setPixelSize(size)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, chr(int(table[glyph], 16)))
    painter.end()
    return picture


@functools.cache
def _font() -> tuple[str, dict[str, str]]:
    """The font's family, and which character each glyph is."""
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("QtAwesome is not installed: set up the program again")
    folder = Path(next(iter(spec.submodule_search_locations))) / "fonts"
    loaded = QFontDatabase.addApplicationFont(str(next(folder.glob("materialdesignicons6-webfont-*.ttf"))))
    families = QFontDatabase.applicationFontFamilies(loaded)
    table = next(folder.glob("materialdesignicons6-webfont-charmap-*.json"))
    return families[0], msgspec.json.decode(table.read_bytes(), type=dict[str, str])
