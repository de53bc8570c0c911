"""A window on a simulated whatwatt, for the tests of its pages: real sockets, and the window's own ways in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.discovery.identify import identify
from app.discovery.inventory import How
from app.model.device import parse_address
from app.registry import VENDORS
from tests.app.whatwatt.devices import Device
from tests.ui.conftest import until
from tests.ui.test_window import asked, opened, type_into
from ui.forms.panel import SectionPanel
from ui.pages.device import DevicePage
from ui.tree.model import Node
from ui.window import Window
from ui.workbench import Handle

Story = Callable[["Reader"], Awaitable[None]]


class Reader:
    """The page of a connected whatwatt in a window."""

    def __init__(self, on: Device, window: Window, handle: Handle) -> None:
        self.on, self.window, self.handle = on, window, handle
        self.simulator = on.simulator
        self.page: DevicePage = window.page(handle)
        assert handle.session is not None
        self.session = handle.session

    async def panel(self, key: str) -> SectionPanel:
        """The panel of a section, once it has read or failed to."""
        panel = self.page.open(f"whatwatt.{key}")
        assert isinstance(panel, SectionPanel)
        await until(lambda: panel.state and not panel.state.startswith("Reading"))
        return panel

    async def open(self, key: str) -> Any:
        """Any other page."""
        return self.page.open(key)

    def toasts(self) -> str:
        """What the toasts say."""
        return "\n".join(f"{toast.title}\n{toast.text}" for toast in self.window.toasts.shown)

    def node(self) -> Node:
        """The device's row in the tree."""
        node = self.window.model.node_of(self.handle)
        assert node is not None
        return node


@asynccontextmanager
async def reader(on: Device, folder: Path, *, password: str = "") -> AsyncIterator[Reader]:
    """A connected whatwatt; with a password, after the login dialog was answered."""
    async with opened(folder) as window:
        window.resize(1366, 768)
        row = window.bench.inventory.found(await identify(parse_address(on.running.url), VENDORS), how=How.SWEEP)
        handle = window.bench.handles[row.key]
        node = window.model.node_of(handle)
        assert node is not None
        window.tree.select(node)
        QTest.keyClick(window.connecting.connect_button, Qt.Key.Key_Space)
        if password:
            login = await asked(window, "login")
            type_into(login, "login.password", password)
            QTest.keyClick(login, Qt.Key.Key_Return)
        await until(lambda: isinstance(window.pages.currentWidget(), DevicePage))
        made = Reader(on, window, handle)
        # What is read unasked comes first: afterwards only what a test does is asked of the device.
        await until(lambda: made.page._looked)
        yield made
