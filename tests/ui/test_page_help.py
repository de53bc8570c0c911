"""F1 tells on every page what it is for, wherever the keyboard is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from tests.gateways import gateway
from tests.ui.conftest import QRun, until
from tests.ui.test_contact import connected
from tests.ui.test_window import opened
from ui.forms.help import HelpDialog
from ui.pages.device import DevicePage
from ui.window import Window


async def help_for(window: Window, focused: QWidget) -> str:
    """Press F1 where the keyboard is; all words of the dialog that opens."""
    window.activateWindow()
    await until(window.isActiveWindow)
    focused.setFocus()
    await until(lambda: QApplication.focusWidget() is focused)
    QTest.keyClick(focused, Qt.Key.Key_F1)
    await until(lambda: any(dialog.isVisible() for dialog in window.findChildren(HelpDialog)))
    (dialog,) = (dialog for dialog in window.findChildren(HelpDialog) if dialog.isVisible())
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    dialog.reject()
    await until(lambda: not dialog.isVisible())
    return words


@pytest.mark.parametrize(("key", "words"), [("live", "share one axis of time"), ("scan", "Buses")])
def test_the_pages_of_a_device_have_help(qrun: QRun, tmp_path: Path, key: str, words: str) -> None:
    async def story() -> None:
        with gateway() as device:
            async with opened(tmp_path) as window:
                _, page, _ = await connected(window, device)
                assert isinstance(page, DevicePage)
                shown = page.open(key)
                for focused in (shown.help_button, page.list, page.header.findChild(QWidget, f"{page.name}.refresh")):
                    assert words in await help_for(window, focused)

    qrun(story())


def test_site_and_recordings_have_help(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as window:
            page = window.site_page()
            window.pages.setCurrentWidget(page)
            assert "main meter against its sub-meters" in await help_for(window, page.live.help_button)
            window.show_recordings()
            page = window.pages.currentWidget()
            assert "Replay" in await help_for(window, page.list.help_button)

    qrun(story())
