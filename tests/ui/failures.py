"""A whole window with a gateway in it, for tests of what goes wrong: faults of ours fail the test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QWidget

from app.model.device import Address, Credentials
from app.model.errors import CertificateNotTrusted, LoginFailed, PasswordChangeRequired
from app.model.login import LoginWords
from app.net.tls import Certificate
from tests.gateways import PASSWORD, Gateway, gateway
from tests.ui.conftest import QRun, until
from tests.ui.test_window import found, opened
from ui.forms.parts import Strip
from ui.forms.toast import Toasts
from ui.pages.device import DevicePage
from ui.window import Window
from ui.workbench import Handle

QUIET_TURNS = 4
"""So many turns of the loop without a task: then nothing follows any more."""


class Answering:
    """Says yes, and logs in as one user after the other; the last one again and again, three times at most."""

    def __init__(self, *logins: Credentials) -> None:
        self.logins = list(logins)
        self.asked = 0

    async def accept_certificate(self, _address: Address, _shown: Certificate, _error: CertificateNotTrusted) -> bool:
        return True

    async def login(self, _address: Address, _user: str, _error: LoginFailed, _: LoginWords) -> Credentials | None:
        self.asked += 1
        return self.logins.pop(0) if self.logins else None

    async def new_password(self, _address: Address, _user: str, _error: PasswordChangeRequired) -> str | None:
        return None


class Scene:
    """The window, its gateway, and the ways of a test through them."""

    def __init__(self, window: Window, device: Gateway, handle: Handle, folder: Path) -> None:
        self.window, self.device, self.handle, self.folder = window, device, handle, folder

    def page(self, meter: str = "") -> DevicePage:
        """The page of the gateway or of a meter, chosen in the tree."""
        node = self.window.model.node_of(self.handle, meter) if meter else self.window.model.node_of(self.handle)
        assert node is not None
        self.window.tree.select(node)
        page = self.window.pages.currentWidget()
        assert isinstance(page, DevicePage)
        return page

    async def quiet(self) -> None:
        """Wait until nothing is under way."""
        calm = 0

        def settled() -> bool:
            nonlocal calm
            calm = 0 if self.window.tasks.running else calm + 1
            return calm > QUIET_TURNS

        await until(settled)

    async def open(self, key: str, meter: str = "") -> QWidget:
        """What the page of the gateway or of a meter shows for a key, after it has read."""
        page = self.page(meter)
        await self.quiet()
        shown = page.open(key)
        await self.quiet()
        return shown

    async def dialog(self) -> QDialog:
        """The dialog that is open."""
        await until(self.dialogs)
        return self.dialogs()[0]

    def dialogs(self) -> list[QDialog]:
        return [dialog for dialog in self.window.findChildren(QDialog) if dialog.isVisible()]

    def titles(self) -> list[str]:
        """What the toasts say."""
        return [toast.title for toast in self.window.toasts.shown]

    def unplug(self) -> None:
        self.device.host.remove(self.device.running)


def strips(shown: QWidget) -> str:
    """What the coloured lines of a page say."""
    return "\n".join(strip.words for strip in shown.findChildren(Strip) if strip.words and strip.isVisible())


Story = Callable[[Scene], Awaitable[None]]
Play = Callable[..., None]


def player(qrun: QRun, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays a story in a window with a connected gateway. `prepared` may change the gateway before."""

    def play(
        story: Story,
        *logins: Credentials,
        prepared: Callable[[Gateway], None] = lambda _: None,
        limit_s: float = 60,
    ) -> None:
        bugs: list[BaseException] = []
        monkeypatch.setattr(Toasts, "tell_bug", lambda _, error: bugs.append(error))

        async def played(device: Gateway) -> None:
            answers = Answering(*(logins or (Credentials("admin", PASSWORD),)))
            async with opened(folder, questions=answers) as window:
                handle = await found(window, device)
                await window.connect_device(handle)
                scene = Scene(window, device, handle, folder)
                await scene.quiet()
                await story(scene)
                # Whoever waited for an answer gets none: the device is quick from here on.
                device.simulator.latency_ms = 0.0

        with gateway() as device:
            prepared(device)
            qrun(played(device), limit_s=limit_s)
        assert not bugs, bugs

    return play
