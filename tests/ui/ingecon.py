"""A simulated INGECON device and the window that is connected to it, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.simulators.host import Running, SimulatorHost
from app.vendors.ingecon.simulator import IngeconSimulator, Kind
from tests.ui.conftest import until
from tests.ui.test_every_control import SMALL
from tests.ui.test_window import asked, current_page, opened, type_into
from ui.pages.device import DevicePage
from ui.window import Window
from ui.workbench import Handle


@dataclass
class Plant:
    """A device on a real socket."""

    host: SimulatorHost
    running: Running
    simulator: IngeconSimulator

    def unplug(self) -> None:
        """Nothing listens at its address any more."""
        self.host.remove(self.running)

    def plug_in(self) -> None:
        """It is back where it was."""
        self.running = self.host.add(self.simulator, port=self.running.address.port)


@dataclass
class Connected:
    """The window with the device's page."""

    window: Window
    handle: Handle
    page: DevicePage

    def find(self, kind: type[Any], name: str) -> Any:
        """A widget of the page by its name."""
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found


@contextmanager
def plant(kind: Kind, *, hour: float = 12, **more: Any) -> Iterator[Plant]:
    """A device whose day is today, and which tells its values twenty times a second."""
    begin = datetime.now().replace(hour=int(hour), minute=round(hour % 1 * 60), second=0, microsecond=0)
    simulator = IngeconSimulator(kind, begin=begin, **{"interval_s": 0.05, **more})
    with SimulatorHost([simulator]) as host:
        yield Plant(host, host[0], simulator)


@asynccontextmanager
async def connected(folder: Path, device: Plant, password: str = "installer") -> AsyncIterator[Connected]:
    """The window at its smallest, logged in by keyboard."""
    async with opened(folder) as window:
        window.resize(*SMALL)
        handle = await window.bench.add_address(device.running.url)
        connecting = asyncio.ensure_future(window.connect_device(handle))
        login = await asked(window, "login")
        type_into(login, "login.password", password)
        QTest.keyClick(login, Qt.Key.Key_Return)
        await connecting
        await until(lambda: isinstance(window.pages.currentWidget(), DevicePage))
        await in_front(window)
        yield Connected(window, handle, current_page(window))


async def in_front(window: Window) -> None:
    """The window has the keyboard again: no desktop gives it back here when a dialog closes."""
    window.activateWindow()
    await until(window.isActiveWindow)
