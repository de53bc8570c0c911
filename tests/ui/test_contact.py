"""When a device goes, comes back, changes its password or certificate, or turns out to be another."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.discovery.inventory import How
from app.model.device import parse_address
from app.model.errors import DeviceUnreachable
from app.vendors.g13.simulator import G13Simulator
from tests.gateways import PASSWORD, Gateway, gateway
from tests.ui.conftest import QRun, enter, until
from tests.ui.test_window import asked, current_page, found, opened, panel_of, type_into
from ui.forms.panel import SectionPanel
from ui.pages.device import DevicePage
from ui.window import Window
from ui.workbench import Handle, State


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


async def connected(window: Window, device: Gateway) -> tuple[Handle, DevicePage, SectionPanel]:
    """The gateway connected, with an edit in its name."""
    handle, page = await first_page(window, device)
    panel = await panel_of(page, "g13.name")
    enter(panel, "alias", "Attic")
    panel.flush()
    await until(lambda: not window.tasks.running)
    return handle, page, panel


async def first_page(window: Window, device: Gateway) -> tuple[Handle, DevicePage]:
    """The gateway connected."""
    handle = await found(window, device)
    window.connect_shown()
    QTest.keyClick(await asked(window, "certificate"), Qt.Key.Key_Return)
    await log_in(window, PASSWORD)
    await until(lambda: isinstance(window.pages.currentWidget(), DevicePage))
    await until(lambda: not window.tasks.running)
    return handle, current_page(window)


async def log_in(window: Window, password: str) -> None:
    login = await asked(window, "login")
    type_into(login, "login.password", password)
    QTest.keyClick(login, Qt.Key.Key_Return)


async def back(page: DevicePage, words: str) -> None:
    """Press what the page offers."""
    button = page.findChild(QPushButton, f"{page.name}.reopen")
    await until(button.isVisible)
    assert button.text() == words
    button.click()


def users(device: Gateway) -> G13Simulator:
    return cast(G13Simulator, device.running.simulator)


def test_an_unplugged_device_says_so_and_is_connected_again_with_its_draft(
    qrun: QRun, tmp_path: Path, device: Gateway
) -> None:
    async def unplug() -> None:
        async with opened(tmp_path) as window:
            handle, page, panel = await connected(window, device)
            device.host.remove(device.running)
            panel.reload()
            await until(lambda: handle.state is State.LOST)
            node = window.model.node_of(handle)
            assert node is not None
            assert node.problem
            assert panel.unsent == 1
            device.running = device.host.add(device.simulator, port=device.address.port)
            await back(page, "Connect again")
            await until(lambda: handle.state is State.CONNECTED)
            await until(lambda: panel.state.startswith("1 change not sent"))
            assert current_page(window) is page
            assert not page._trouble.words
            await until(lambda: not window.tasks.running)

    qrun(unplug())


def test_a_password_changed_elsewhere_is_asked_for_again(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def change() -> None:
        async with opened(tmp_path) as window:
            handle, page, panel = await connected(window, device)
            users(device).gateway.users.by_name["admin"].password = "changed elsewhere"
            panel.reload()
            await back(page, "Log in again")
            await log_in(window, "changed elsewhere")
            await until(lambda: handle.state is State.CONNECTED)
            await until(lambda: panel.state.startswith("1 change not sent"))
            await until(lambda: not window.tasks.running)

    qrun(change())


def test_giving_up_the_new_login_leaves_the_way_open(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def change() -> None:
        async with opened(tmp_path) as window:
            handle, page, panel = await connected(window, device)
            users(device).gateway.users.by_name["admin"].password = "changed elsewhere"
            panel.reload()
            for _ in range(2):
                await back(page, "Log in again")
                QTest.keyClick(await asked(window, "login"), Qt.Key.Key_Escape)
                await until(lambda: not window.tasks.running)
            assert handle.state is State.LOST
            assert panel.unsent == 1

    qrun(change())


def renewed(device: Gateway, index: int = 0) -> None:
    """Another certificate at the same address; with another `index` also another gateway."""
    other = G13Simulator.demo(index, 0.0)
    admin = other.gateway.users.by_name["admin"]
    admin.password, admin.must_reset = PASSWORD, False
    device.running = device.host.replace(device.running, other)


def test_a_changed_certificate_is_looked_at_and_accepted(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def change() -> None:
        async with opened(tmp_path) as window:
            handle, page, panel = await connected(window, device)
            renewed(device)
            panel.reload()
            await back(page, "Look at the certificate")
            dialog = await asked(window, "certificate")
            assert "another certificate" in dialog.windowTitle()
            button = dialog.findChild(QPushButton, "certificate.accept")
            button.click()
            await until(lambda: handle.state is State.CONNECTED)
            await until(lambda: panel.state.startswith("1 change not sent"))
            await until(lambda: not window.tasks.running)

    qrun(change())


def test_drafts_never_reach_another_device_at_the_same_address(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def swap() -> None:
        async with opened(tmp_path) as window:
            handle, page, panel = await connected(window, device)
            key = handle.key
            renewed(device, index=3)
            panel.reload()
            await back(page, "Look at the certificate")
            dialog = await asked(window, "certificate")
            dialog.findChild(QPushButton, "certificate.accept").click()
            await until(lambda: isinstance(handle.error, DeviceUnreachable))
            assert "Another device answers" in page._trouble.words
            assert handle.key == key
            await until(lambda: not window.tasks.running)

    qrun(swap())


def test_a_device_that_came_back_elsewhere_is_the_same_row_with_its_draft(
    qrun: QRun, tmp_path: Path, device: Gateway
) -> None:
    async def move() -> None:
        async with opened(tmp_path) as window:
            handle, _, panel = await connected(window, device)
            first = window.bench.inventory.rows[0].key
            device.host.remove(device.running)
            panel.reload()
            await until(lambda: handle.state is State.LOST)
            device.running = device.host.add(device.simulator)
            again = await found(window, device)
            window.connect_shown()
            QTest.keyClick(await asked(window, "certificate"), Qt.Key.Key_Return)
            await log_in(window, PASSWORD)
            await until(lambda: handle.state is State.CONNECTED)
            assert again is not handle
            assert list(window.bench.handles) == [first]
            assert handle.session is not None
            assert handle.session.address == device.running.address
            assert handle.row.address == device.running.address
            panel = await panel_of(current_page(window), "g13.name")
            assert panel.unsent == 1
            await until(lambda: not window.tasks.running)

    qrun(move())


def test_a_lost_device_announced_elsewhere_shows_its_card(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def move() -> None:
        async with opened(tmp_path) as window:
            handle, _, panel = await connected(window, device)
            device.host.remove(device.running)
            panel.reload()
            await until(lambda: handle.state is State.LOST)
            there = parse_address("https://127.0.0.1:9")[0]
            window.bench.inventory.add(there, vendor="g13", id=handle.row.id)
            await until(lambda: window.pages.currentWidget() is window.connecting)
            assert "127.0.0.1:9" in window.connecting._problem.text()
            assert window.connecting.connect_button.isEnabled()
            assert window.bench.drafts(handle.key) == 1

    qrun(move())


def test_removing_a_device_asks_before_drafts_are_deleted(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def remove() -> None:
        async with opened(tmp_path) as window:
            handle, _, _ = await connected(window, device)
            window.disconnect_shown()
            await until(lambda: window.pages.currentWidget() is window.connecting)
            window.forget_shown()
            QTest.keyClick(await asked(window, "forget"), Qt.Key.Key_Return)
            await until(lambda: not window.tasks.running)
            assert window.bench.drafts(handle.key) == 1
            window.forget_shown()
            (await asked(window, "forget")).findChild(QPushButton, "forget.accept").click()
            await until(lambda: not window.bench.handles)
            assert window.bench.drafts(handle.key) == 0
            user, netloc = "admin", handle.row.address.netloc
            assert await window.bench.passwords.get(netloc, user) is None

    qrun(remove())


def test_who_looks_at_another_device_meanwhile_is_left_there(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def look_away() -> None:
        async with opened(tmp_path) as window:
            other = window.bench.inventory.add(parse_address("http://127.0.0.1:9")[0], vendor="whatwatt")
            handle = await found(window, device)
            window.connect_shown()
            QTest.keyClick(await asked(window, "certificate"), Qt.Key.Key_Return)
            login = await asked(window, "login")
            window.tree.select(window.model.node_of(window.bench.handles[other.key]))
            type_into(login, "login.password", PASSWORD)
            QTest.keyClick(login, Qt.Key.Key_Return)
            await until(lambda: handle.state is State.CONNECTED)
            await until(lambda: not window.tasks.running)
            assert window.pages.currentWidget() is window.connecting

    qrun(look_away())


def test_closing_with_a_question_open_ends_in_order(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def close() -> None:
        async with opened(tmp_path) as window:
            await found(window, device)
            window.connect_shown()
            await asked(window, "certificate")

    qrun(close())


def test_searching_leaves_the_page_alone(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def search() -> None:
        async with opened(tmp_path) as window:
            window.bench.inventory.add(parse_address("http://127.0.0.1:9")[0], vendor="whatwatt", name="Other")
            _, page, _ = await connected(window, device)
            node = window.tree.current()
            window.tree.search.setText("other")
            assert current_page(window) is page
            window.tree.search.clear()
            assert window.tree.current() is node
            window.tree.search.setText("other")
            row = window.bench.inventory.found((await _identified(device)), how=How.SWEEP)
            window.select(window.bench.handles[row.key])
            assert window.tree.search.text() == ""
            await until(lambda: not window.tasks.running)

    qrun(search())


async def _identified(device: Gateway) -> object:
    from app.discovery.identify import identify
    from app.registry import VENDORS

    return await identify(parse_address(device.running.url), VENDORS)
