"""INGECON SUN in the window: what is declared becomes pages, and only those that the device has."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.simulators.host import SimulatorHost
from app.vendors.ingecon.simulator import IngeconSimulator, Kind
from tests.ui.conftest import QRun, until
from tests.ui.test_every_control import SMALL, nameless, visit
from tests.ui.test_window import asked, current_page, opened, type_into

PAGES = {
    Kind.STORAGE_3: ["ingecon.storage3", "ingecon.codes", "ingecon.answer", "live"],
    Kind.EMS_PHASES: ["ingecon.plant", "ingecon.datalogger", "ingecon.daily", "live"],
    Kind.EMS_STORAGE: ["ingecon.plant", "ingecon.storage", "ingecon.datalogger", "ingecon.daily", "live"],
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_device_shows_its_own_pages_and_they_fill(qrun: QRun, tmp_path: Path, kind: Kind) -> None:
    async def look(url: str) -> None:
        async with opened(tmp_path) as window:
            window.resize(*SMALL)
            handle = await window.bench.add_address(url)
            connecting = asyncio.ensure_future(window.connect_device(handle))
            login = await asked(window, "login")
            type_into(login, "login.password", "installer")
            QTest.keyClick(login, Qt.Key.Key_Return)
            await connecting
            page = current_page(window)
            assert page.keys() == PAGES[kind]
            await visit(window, page)
            for key in page.keys():  # noqa: SIM118 - the page's sections
                shown = page.open(key)
                QApplication.sendPostedEvents()
                assert nameless(window) == []
                assert (window.width(), window.height()) == SMALL, key
                if key == "live":
                    await until(lambda shown=shown: shown.source is not None and shown.source.ring.readings >= 1)
                elif key in ("ingecon.datalogger", "ingecon.daily"):
                    await until(lambda shown=shown: shown.records.count > 0)

    simulator = IngeconSimulator(kind, begin=datetime.now().replace(hour=12), interval_s=0.05)
    with SimulatorHost([simulator]) as host:
        qrun(look(host[0].url), 60)
