"""The themes: readable in each, told apart in each, and changed while the window is open."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.model.quantity import Phase
from ui.icons import GLYPHS, _font, dress, icon
from ui.theme import THEMES, Theme, apply_theme, current_theme, notifier, restyle

ALL = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)


def luminance(colour: str) -> float:
    """Relative luminance as the accessibility guidelines (WCAG 2) define it."""
    parts = [part / 255 for part in QColor(colour).getRgb()[:3]]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@ALL
def test_words_can_be_read_on_their_backgrounds(theme: Theme) -> None:
    least = 7.0 if theme.name == "contrast" else 4.5
    pairs = [
        (theme.text, theme.window),
        (theme.text, theme.surface),
        (theme.text, theme.hover),
        (theme.text_muted, theme.surface),
        (theme.text_muted, theme.surface_alt),
        (theme.on_accent, theme.accent),
        (theme.on_selection, theme.selection),
        (theme.surface, theme.error),
    ]
    for tone in ("ok", "info", "warn", "error", "changed"):
        pairs += [(theme.tone(tone), theme.surface), (theme.tone(tone), getattr(theme, f"{tone}_soft"))]
        pairs.append((theme.text, getattr(theme, f"{tone}_soft")))
    poor = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < least}
    assert not poor


@ALL
def test_the_keyboard_focus_is_plain_to_see(theme: Theme) -> None:
    assert contrast(theme.focus, theme.surface) >= 3
    assert contrast(theme.focus, theme.window) >= 3


@ALL
def test_phases_are_told_apart_and_from_the_background(theme: Theme) -> None:
    colours = [theme.phase(phase) for phase in Phase]
    for colour in colours:
        assert contrast(colour, theme.surface) >= 3, colour
    for one, other in combinations(colours, 2):
        apart = [abs(a - b) for a, b in zip(QColor(one).getRgb(), QColor(other).getRgb(), strict=True)]
        assert max(apart) >= 60, (one, other)


@ALL
def test_a_theme_dresses_the_program(theme: Theme, qapp: QApplication) -> None:
    heard: list[Theme] = []
    notifier.theme_changed.connect(heard.append)
    try:
        assert apply_theme(qapp, theme.name) is theme
    finally:
        notifier.theme_changed.disconnect(heard.append)
    assert heard == [theme]
    assert current_theme() is theme
    assert qapp.palette().window().color().name() == theme.window
    assert theme.accent in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()
    assert qapp.font().pointSizeF() == theme.point_size


def test_an_unknown_theme_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(KeyError):
        apply_theme(qapp, "sepia")
    assert current_theme().name == "light"


def test_every_named_icon_exists_in_the_font() -> None:
    _, table = _font()
    assert not {glyph for glyph in GLYPHS.values() if glyph not in table}


def test_icons_follow_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    button, label = QPushButton("Send"), QLabel()
    for widget in (button, label):
        qtbot.addWidget(widget)
        dress(widget, "send")
    before = label.pixmap().toImage(), button.icon().pixmap(16, 16).toImage()
    apply_theme(qapp, "dark")
    after = label.pixmap().toImage(), button.icon().pixmap(16, 16).toImage()
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_an_unknown_icon_is_a_dot_and_no_failure(qapp: QApplication) -> None:
    assert not icon("no such icon").isNull()


def test_a_widget_takes_another_look_when_its_property_changes(qtbot: QtBot) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    label.ensurePolished()
    plain = label.palette().windowText().color().name()
    restyle(label, tone="error")
    assert label.palette().windowText().color().name() == current_theme().error != plain
