"""Texts of devices that nobody expects: markup, ten thousand letters, signs that steer; every page keeps its shape."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from app.vendors.whatwatt.simulator.radio import AccessPoint
from tests.app.whatwatt.devices import device
from tests.ui.conftest import QRun, until
from tests.ui.whatwatts import reader
from ui.forms.parts import one_line
from ui.window import Window

OVERRIDE = "\u202e"
HOSTILE = "<b>bold</b><img src='file:///etc/passwd'>&amp; " + OVERRIDE + "drow \x00 \x1b[31m ../../x " + "W" * 10_000
SCREEN = (1366, 768)


def fits(window: Window) -> bool:
    smallest = window.minimumSizeHint()
    return (smallest.width(), smallest.height()) <= SCREEN and window.width() <= SCREEN[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Keller\tNord\n2", "Keller Nord 2"),
        (f"abc{OVERRIDE}def", "abc\ufffddef"),
        ("a\x00b\x1b[31m", "a\ufffdb\ufffd[31m"),
        ("Zürich · 東京 · خانه\u200cها 👨\u200d👩", "Zürich · 東京 · خانه\u200cها 👨\u200d👩"),
    ],
)
def test_a_name_on_one_line_steers_nothing_and_keeps_every_script(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_no_text_of_a_whatwatt_widens_the_window_or_is_taken_for_markup(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        with device(name=HOSTILE, speed=20.0) as on:
            on.simulator.firmware = on.simulator.meter_status = HOSTILE
            on.simulator.radio.networks.append(AccessPoint(HOSTILE, "", -50, 1, "00", HOSTILE))
            on.simulator.radio.wifi.values["name"] = HOSTILE
            for name in ("../../etc/passwd", "..", "<b>x</b>.CSV", f"{'W' * 300}.CSV"):
                on.simulator.card.files[name] = b"x"
            async with reader(on, tmp_path) as shown:
                for key in list(shown.page.keys()):
                    page = shown.page.open(key)
                    await until(lambda page=page: not getattr(page, "reading", False))
                    await until(lambda page=page: not str(getattr(page, "state", "")).startswith("Reading"))
                    await asyncio.sleep(0.02)
                    assert fits(shown.window), key
                told = "".join(label.text() for label in shown.page.header.findChildren(QLabel))
                assert OVERRIDE not in told

    qrun(look(), 60)
