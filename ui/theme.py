"""The colours of the window, declared once: three themes, the palette, and the style sheet filled in from them.

Widgets choose their look by properties that `resources/style/window.qss` knows:
`role` of a QFrame: card, strip, toast; of a QPushButton: primary, flat, danger; of a QLabel: title, subtitle, muted,
mono, badge. `tone` of a label, strip, badge or toast: ok, info, warn, error, changed. `restyle` applies a later change.
"""

from __future__ import annotations

import dataclasses
import string
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.model.quantity import Phase

GRID = 8
"""All distances are multiples of this many pixels, or half of it."""
_FALLBACK_FONTS = ("DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial")


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours as #rrggbb, by what they mean.

    The `_soft` ones are backgrounds for text in the colour of the same name. `l1` to `neutral` follow the conductor
    colours of IEC 60445 as far as the background allows; `series` are for curves that belong to no phase.
    """

    name: str
    dark: bool
    window: str
    surface: str
    surface_alt: str
    line: str
    line_strong: str
    text: str
    text_muted: str
    text_disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    on_selection: str
    hover: str
    focus: str
    ok: str
    ok_soft: str
    info: str
    info_soft: str
    warn: str
    warn_soft: str
    error: str
    error_soft: str
    changed: str
    changed_soft: str
    l1: str
    l2: str
    l3: str
    neutral: str
    total: str
    plot_grid: str
    series: tuple[str, ...]
    border: int = 1
    point_size: float = 10.0

    def phase(self, phase: Phase) -> str:
        """The colour of a conductor's curve."""
        return {
            Phase.L1: self.l1,
            Phase.L2: self.l2,
            Phase.L3: self.l3,
            Phase.NEUTRAL: self.neutral,
            Phase.TOTAL: self.total,
        }[phase]

    def tone(self, tone: str) -> str:
        """The colour of ok, info, warn, error, changed, muted, accent or text."""
        return {
            "ok": self.ok,
            "info": self.info,
            "warn": self.warn,
            "error": self.error,
            "changed": self.changed,
            "muted": self.text_muted,
            "disabled": self.text_disabled,
            "accent": self.accent,
            "on_accent": self.on_accent,
            "on_selection": self.on_selection,
            "text": self.text,
        }[tone]


LIGHT = Theme(
    name="light",
    dark=False,
    window="#f2f4f7",
    surface="#ffffff",
    surface_alt="#f7f9fb",
    line="#dde2e9",
    line_strong="#a9b4c1",
    text="#1b2430",
    text_muted="#566272",
    text_disabled="#96a0ac",
    accent="#0b5fbf",
    accent_hover="#094f9f",
    on_accent="#ffffff",
    selection="#dbe9fa",
    on_selection="#0f2a4a",
    hover="#e9eef4",
    focus="#0b5fbf",
    ok="#17733e",
    ok_soft="#e3f4ea",
    info="#0b5fbf",
    info_soft="#e5effb",
    warn="#8a5100",
    warn_soft="#fdf1dc",
    error="#b9231c",
    error_soft="#fdebe9",
    changed="#6b3fb8",
    changed_soft="#f2ecfb",
    l1="#8f5524",
    l2="#14181d",
    l3="#868f99",
    neutral="#2d6fd2",
    total="#008577",
    plot_grid="#e3e8ee",
    series=("#0b5fbf", "#c2570c", "#17733e", "#a4267f", "#6b3fb8", "#5c6b00", "#00798c", "#b9231c"),
)

DARK = Theme(
    name="dark",
    dark=True,
    window="#14181e",
    surface="#1c222a",
    surface_alt="#212832",
    line="#313a46",
    line_strong="#5f6c7b",
    text="#e8edf3",
    text_muted="#a6b2c0",
    text_disabled="#6b7684",
    accent="#5aa7ff",
    accent_hover="#7dbaff",
    on_accent="#06192e",
    selection="#234468",
    on_selection="#f2f7fd",
    hover="#29323d",
    focus="#7dbaff",
    ok="#5fd08f",
    ok_soft="#17322a",
    info="#74b6ff",
    info_soft="#1a3049",
    warn="#f2b655",
    warn_soft="#392d16",
    error="#ff938a",
    error_soft="#422322",
    changed="#c6a8ff",
    changed_soft="#2e2744",
    l1="#d98f4e",
    l2="#f4f6f8",
    l3="#8b96a3",
    neutral="#6aaeff",
    total="#3fd0c0",
    plot_grid="#2b333e",
    series=("#6aaeff", "#ffa45c", "#5fd08f", "#ff86c8", "#c6a8ff", "#d2d660", "#4fd3e6", "#ff938a"),
)

CONTRAST = Theme(
    name="contrast",
    dark=False,
    window="#ffffff",
    surface="#ffffff",
    surface_alt="#f4f4f4",
    line="#000000",
    line_strong="#000000",
    text="#000000",
    text_muted="#1c1c1c",
    text_disabled="#5c5c5c",
    accent="#00309c",
    accent_hover="#001f66",
    on_accent="#ffffff",
    selection="#00309c",
    on_selection="#ffffff",
    hover="#ffef9e",
    focus="#c4006e",
    ok="#00501b",
    ok_soft="#e2ffe9",
    info="#00309c",
    info_soft="#e6edff",
    warn="#6b3600",
    warn_soft="#fff1bf",
    error="#960000",
    error_soft="#ffe6e3",
    changed="#55009c",
    changed_soft="#f2e3ff",
    l1="#8a4500",
    l2="#000000",
    l3="#747474",
    neutral="#0047e0",
    total="#006b5c",
    plot_grid="#c9c9c9",
    series=("#00309c", "#a83c00", "#00501b", "#96006a", "#55009c", "#4f4f00", "#005f73", "#960000"),
    border=2,
    point_size=11.0,
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK, CONTRAST)}


class ThemeNotifier(QObject):
    """Says that colours have changed; carries the new `Theme`."""

    theme_changed = Signal(object)


class _Applied:
    """What is in force now, and the folder with the small pictures that the style sheet names."""

    theme: Theme = LIGHT
    dressed: Theme | None = None
    """The theme that the application wears; None before the first."""
    pictures: QTemporaryDir | None = None


notifier = ThemeNotifier()


def current_theme() -> Theme:
    """The theme in force: ask for it when painting, and listen to `notifier.theme_changed`."""
    return _Applied.theme


def apply_theme(app: QApplication, name: str) -> Theme:
    """Dress the whole program: "light", "dark" or "contrast".

    Raises:
        KeyError: there is no such theme.
    """
    theme = THEMES[name]
    if theme is not _Applied.dressed:
        if _Applied.dressed is None:
            app.setStyle("Fusion")
        else:
            # Every widget is undressed once: a new sheet over an old one takes three times as long.
            app.setStyleSheet("")
        _Applied.theme = _Applied.dressed = theme
        app.setPalette(_palette(theme))
        app.setFont(_font(theme))
        app.setStyleSheet(_style_sheet(theme))
    notifier.theme_changed.emit(theme)
    return theme


def restyle(widget: QWidget, **properties: str) -> None:
    """Set properties that the style sheet looks at, and let it look again."""
    changed = [name for name, value in properties.items() if widget.property(name) != value]
    for name in changed:
        widget.setProperty(name, properties[name])
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _font(theme: Theme) -> QFont:
    """The system's font, with fonts behind it that have the signs we use where the system's has not."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    known = set(QFontDatabase.families())
    wanted = [family for family in (system.family(), *_FALLBACK_FONTS) if family in known]
    font = QFont(system)
    if wanted:
        font.setFamilies(wanted)
    font.setPointSizeF(theme.point_size)
    return font


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.surface,
        roles.AlternateBase: theme.surface_alt,
        roles.ToolTipBase: theme.surface,
        roles.ToolTipText: theme.text,
        roles.Text: theme.text,
        roles.Button: theme.surface,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.on_accent,
        roles.Highlight: theme.selection,
        roles.HighlightedText: theme.on_selection,
        roles.Accent: theme.accent,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.PlaceholderText: theme.text_disabled,
        roles.Light: theme.surface,
        roles.Midlight: theme.surface_alt,
        roles.Mid: theme.line,
        roles.Dark: theme.line_strong,
        roles.Shadow: theme.line_strong,
    }
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.text_disabled))
    return palette


def _style_sheet(theme: Theme) -> str:
    template = files("resources").joinpath("style", "window.qss").read_text(encoding="utf-8")
    values = {name: str(value) for name, value in dataclasses.asdict(theme).items()}
    values.update(
        pictures=_pictures(theme).as_posix(),
        # A focused control gets a wider border; its padding shrinks by as much, so that nothing moves.
        focus_border=str(theme.border + 1),
        small=f"{theme.point_size - 1:g}pt",
        large=f"{theme.point_size + 4:g}pt",
        medium=f"{theme.point_size + 1:g}pt",
    )
    return string.Template(template).substitute(values)


def _pictures(theme: Theme) -> Path:
    """Draw the arrows and ticks that a style sheet can only take from files, in the colours of the theme."""
    if _Applied.pictures is None:
        _Applied.pictures = QTemporaryDir()
    folder = Path(_Applied.pictures.path())
    shapes = {
        "down": ((4, 6), (8, 10), (12, 6)),
        "up": ((4, 10), (8, 6), (12, 10)),
        "right": ((6, 4), (10, 8), (6, 12)),
        "tick": ((3.5, 8.5), (6.8, 11.8), (12.5, 4.8)),
    }
    for name, points in shapes.items():
        for suffix, colour in (
            ("", theme.on_accent if name == "tick" else theme.text_muted),
            ("-off", theme.surface if name == "tick" else theme.text_disabled),
        ):
            for scale, size in ((1, ""), (2, "@2x")):
                _draw(folder / f"{theme.name}-{name}{suffix}{size}.png", points, colour, scale)
    return folder


def _draw(path: Path, points: tuple[tuple[float, float], ...], colour: str, scale: int) -> None:
    if path.exists():
        return
    picture = QPixmap(16 * scale, 16 * scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    pen = QPen(QColor(colour), 1.8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPolyline([QPointF(x, y) for x, y in points])
    painter.end()
    picture.save(str(path), "PNG")
