"""A window with one simulated whatwatt, connected over real HTTP, for the tests of its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.commission.guided import Patience
from app.commission.session import DeviceSession
from app.net.subnet import OwnAddress
from tests.app.whatwatt.devices import Device
from tests.app.whatwatt.devices import device as whatwatt
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import Desk, when
from tests.ui.test_window import asked, opened
from ui.forms.action_dialog import ActionDialog
from ui.forms.panel import SectionPanel
from ui.pages.device import DevicePage
from ui.window import Window
from ui.workbench import Handle

SMALL = (1366, 768)
QUICK = Patience(
    own=lambda: (OwnAddress("127.0.0.1", 32),),
    settling_s=0.1,
    silent_s=0.4,
    pause_s=0.05,
    look_s=1.0,
    longest_s=6.0,
    # Whatever else runs on this computer may announce simulators of the same id.
    interfaces=(),
)


@dataclass
class Reader:
    """The window, its one device, and that device's page."""

    window: Window
    device: Device
    handle: Handle
    page: DevicePage

    @property
    def session(self) -> DeviceSession:
        """What the page talks through."""
        assert self.handle.session is not None
        return self.handle.session

    @property
    def desk(self) -> Desk:
        """The same for hands without a mouse."""
        return Desk(self.window, cast(Any, self.device), self.handle)

    async def panel(self, key: str) -> SectionPanel:
        """A section that has read."""
        panel = self.page.open(key)
        assert isinstance(panel, SectionPanel)
        await until(lambda: panel._form is not None and panel.state.startswith(("As on the device", "Sent and")))
        await until(panel._form.isVisible)
        return panel

    async def asked(self, name: str) -> QWidget:
        """The dialog of that name, once it is open."""
        return await asked(self.window, name)

    async def action(self, key: str) -> ActionDialog:
        """The question of an action."""
        found = await asked(self.window, f"{key}.dialog")
        assert isinstance(found, ActionDialog)
        return found

    def toasts(self) -> list[str]:
        """Titles of what was told."""
        return [toast.title for toast in self.window.toasts.shown]

    def told(self) -> str:
        """All that was told, with texts and hints."""
        return "\n".join(f"{toast.title}: {toast.text} {toast.hint}" for toast in self.window.toasts.shown)


@asynccontextmanager
async def at_reader(device: Device, folder: Path, *, password: str = "") -> AsyncIterator[Reader]:
    """The window with that device on its page. All tasks have ended when it is left."""
    async with opened(folder) as window:
        window.resize(*SMALL)
        handle = await window.bench.add_address(device.running.url)
        connecting = window.tasks.spawn(window, window.connect_device(handle))
        if password:
            login = await asked(window, "login")
            QTest.keyClicks(login.findChild(QWidget, "login.password"), password)
            login.findChild(QWidget, "login.accept").click()
        await connecting
        node = window.model.node_of(handle)
        assert node is not None
        window.tree.select(node)
        await when(window, lambda: isinstance(window.pages.currentWidget(), DevicePage))
        reader = Reader(window, device, handle, window.page(handle))
        reader.session.patience = QUICK
        window.tree.view.setFocus()
        yield reader
        await until(lambda: not window.tasks.running)


def run_with(
    qrun: QRun, folder: Path, test: Callable[[Reader], Coroutine[Any, Any, None]], limit_s: float = 60, **more: Any
) -> Device:
    """Run a test with a device that is made with `more`; gives the device back as it is then."""

    async def work(device: Device) -> None:
        async with at_reader(device, folder, password=str(more.get("password", ""))) as reader:
            await test(reader)

    with whatwatt(**{"name": "Main building"} | more) as device:
        qrun(work(device), limit_s)
        return device
