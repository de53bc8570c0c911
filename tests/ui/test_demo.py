"""The demo: one site with all four families alive, and a menu that lets its devices fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu

from app.discovery.sighting import Sighting
from app.model.errors import AppError
from tests.ui.conftest import QRun, until
from ui.demo import HINT, demo_window
from ui.demo_site import DemoSite
from ui.dialogs import Question
from ui.handle import Handle, State
from ui.window import Window


@asynccontextmanager
async def alive() -> AsyncIterator[Window]:
    """The demo's window, when everything but the gateway is connected."""
    async with demo_window(latency_ms=0.0, alive=True) as window:
        try:
            window.tasks.spawn(window, window.bench.browse())
            await until(lambda: len(connected(window)) == 7, 30)
            yield window
        finally:
            await window.shut_down()
            window.deleteLater()


def connected(window: Window) -> list[Handle]:
    return [handle for handle in window.bench.handles.values() if handle.state is State.CONNECTED]


def one(window: Window, name: str) -> Handle:
    return next(handle for handle in connected(window) if handle.name == name)


def action(window: Window, name: str) -> QAction:
    found = window.menuBar().findChild(QAction, f"demo.{name}")
    assert found is not None, name
    return found


def test_every_device_lives_without_a_question_and_the_gateway_waits_for_its_first_login(qrun: QRun) -> None:
    async def look() -> None:
        async with alive() as window:
            found = window.bench.handles.values()
            assert sorted(handle.vendor.key for handle in connected(window) if handle.vendor) == [
                *("ingecon", "ingecon", "ingecon", "smartmac", "smartmac", "whatwatt", "whatwatt")
            ]
            (gateway,) = (handle for handle in found if handle.state is not State.CONNECTED)
            assert gateway.vendor is not None
            assert (gateway.vendor.key, gateway.state) == ("g13", State.FOUND)
            assert {"Main building", "Workshop"} < {handle.name for handle in found}
            assert HINT in [label.text() for label in window.jobs.findChildren(QLabel)]
            assert not window.toasts.shown
            for handle in connected(window):
                live = window.page(handle).open("live")
                window.select(handle)
                await until(lambda live=live: live.source is not None and live.source.ring.readings >= 1, 20)

    qrun(look(), 60)


def test_another_demo_on_this_computer_is_not_heeded(qrun: QRun) -> None:
    async def look() -> None:
        async with demo_window(latency_ms=0.0) as window:
            port = next(iter(window.bench.handles.values())).row.address.port
            mine = Sighting("a", "_http._tcp.local.", "A", "a.local.", port, ("127.0.0.1",), {}, "127.0.0.1")
            assert window.bench.heeds(mine)
            assert not window.bench.heeds(msgspec.structs.replace(mine, port=9))
            await window.shut_down()
            window.deleteLater()

    qrun(look())


def test_a_fault_of_the_menu_shows_at_its_device_until_everything_works_again(qrun: QRun) -> None:
    async def look() -> None:
        async with alive() as window:
            reader = one(window, "Main building")
            session = reader.session
            assert session is not None
            section = session.vendor.section("whatwatt.report")
            await switched(window, "2.licence", 1)
            window.select(reader)
            page = window.page(reader)
            panel = page.open("whatwatt.report")
            await until(lambda: "licence" in f"{panel.state}".lower())  # type: ignore[attr-defined]
            await switched(window, "mend", 0)
            page.refresh()
            await until(lambda: session.live(section, ""))

    qrun(look(), 60)


async def switched(window: Window, name: str, faults: int) -> None:
    """Choose it in the menu, and wait until the simulators have so many faults."""
    action(window, name).trigger()
    site = window.findChild(DemoSite)
    assert site is not None
    for _ in range(100):
        if sum(map(len, (await site.simulators.wrong()).values())) == faults:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name}: not {faults} faults")


def test_a_restarting_device_is_lost_and_comes_back(qrun: QRun) -> None:
    async def look() -> None:
        async with alive() as window:
            reader = one(window, "Main building")
            assert reader.session is not None
            session = reader.session
            window.select(reader)
            page = window.page(reader)
            panel = page.open("whatwatt.device")
            await until(lambda: panel.state.startswith("As on the device"))  # type: ignore[attr-defined]
            await switched(window, "2.reboot", 1)
            # A page read a moment ago is not asked for again: so press until it is.
            await until(lambda: panel.reload() or reader.state is State.LOST, 20)  # type: ignore[attr-defined]
            assert isinstance(reader.error, AppError)
            await until(lambda: window.contact.reconnect(reader) or reader.state is State.CONNECTED, 30)
            assert reader.session is session

    qrun(look(), 60)


def test_the_menu_calls_devices_as_the_tree_does_and_tells_their_logins(qrun: QRun) -> None:
    async def look() -> None:
        async with alive() as window:
            menu = window.menuBar().findChild(QMenu, "demo")
            assert menu is not None
            menu.aboutToShow.emit()
            titles = {one.menu().title() for one in menu.actions() if one.menu()}
            assert titles == {handle.name for handle in window.bench.handles.values()}
            action(window, "logins").trigger()
            await until(lambda: window.findChild(Question, "demo.logins_dialog"))
            dialog = window.findChild(Question, "demo.logins_dialog")
            assert dialog is not None
            said = " ".join(label.text() for label in dialog.findChildren(QLabel))
            assert "PIN 012345" in said
            assert "user installer, password installer" in said
            dialog.accept()

    qrun(look(), 60)


def test_a_demo_for_pictures_connects_nothing_by_itself(qrun: QRun) -> None:
    async def look() -> None:
        async with demo_window(latency_ms=0.0, devices=("g13", "smartmac")) as window:
            try:
                assert all(handle.state is State.FOUND for handle in window.bench.handles.values())
                assert window.menuBar().findChild(QMenu, "demo") is None
            finally:
                await window.shut_down()
                window.deleteLater()

    qrun(look(), 60)
