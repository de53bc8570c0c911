"""The whole window over real sockets: first contact, tree, drafts, dialogs, an orderly end."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit

from app.discovery.identify import identify
from app.discovery.inventory import How
from app.model.device import parse_address
from app.model.errors import AppError
from app.model.job import Progress
from app.net.pins import Pins
from app.registry import VENDORS
from app.simulators.host import SimulatorHost, create
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile
from tests.gateways import MAIN, Gateway, gateway
from tests.ui.conftest import QRun, enter, until
from ui.forms.panel import SectionPanel
from ui.pages.device import DevicePage
from ui.theme import current_theme
from ui.window import Window
from ui.workbench import Handle, State, Workbench

SITE = "house.wattwright"


@asynccontextmanager
async def opened(folder: Path, **more: Any) -> AsyncIterator[Window]:
    """A window on a site file in `folder`; nothing is looked for on any network."""
    site = SiteFile.open(folder / SITE)
    window = Window(Workbench(site, VENDORS, Pins.in_memory(), Passwords(), interfaces=["127.0.0.1"]), **more)
    window.show()
    window.activateWindow()
    await until(window.isActiveWindow)
    try:
        yield window
    finally:
        await window.shut_down()
        window.deleteLater()


async def found(window: Window, device: Gateway) -> Handle:
    """The gateway's row in the tree, as a sweep would bring it."""
    row = window.bench.inventory.found(await identify(parse_address(device.running.url), VENDORS), how=How.SWEEP)
    handle = window.bench.handles[row.key]
    node = window.model.node_of(handle)
    assert node is not None
    window.tree.select(node)
    return handle


async def asked(window: Window, name: str) -> QDialog:
    """The dialog of that name, once it is open."""
    await until(lambda: [d for d in window.findChildren(QDialog, name) if d.isVisible()])
    return next(d for d in window.findChildren(QDialog, name) if d.isVisible())


def type_into(dialog: QDialog, name: str, text: str) -> None:
    line = dialog.findChild(QLineEdit, name)
    assert line is not None
    line.setFocus()
    QTest.keyClicks(line, text)


async def log_in(window: Window, password: str = "admin", new: str = "cabinet 7") -> None:
    """Answer every question of a first contact by keyboard."""
    QTest.keyClick(window.connecting.connect_button, Qt.Key.Key_Space)
    QTest.keyClick(await asked(window, "certificate"), Qt.Key.Key_Return)
    login = await asked(window, "login")
    type_into(login, "login.password", password)
    QTest.keyClick(login, Qt.Key.Key_Return)
    change = await asked(window, "password")
    type_into(change, "password.new", new)
    type_into(change, "password.again", new)
    QTest.keyClick(change, Qt.Key.Key_Return)


def current_page(window: Window) -> DevicePage:
    page = window.pages.currentWidget()
    assert isinstance(page, DevicePage)
    return page


async def panel_of(page: DevicePage, key: str) -> SectionPanel:
    panel = page.open(key)
    assert isinstance(panel, SectionPanel)
    await until(lambda: panel.state.startswith("As on the device") or panel.unsent)
    return panel


@pytest.fixture
def device() -> Gateway:
    with gateway(fresh=True) as running:
        yield running


def test_from_a_fresh_gateway_to_a_commissioned_meter(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def commission() -> None:
        async with opened(tmp_path) as window:
            handle = await found(window, device)
            await log_in(window)
            await until(lambda: handle.state is State.CONNECTED)
            await until(lambda: isinstance(window.pages.currentWidget(), DevicePage))
            node = window.model.node_of(handle, MAIN)
            assert node is not None
            assert node.parent is window.model.node_of(handle)
            assert window.model.site.children == [window.model.node_of(handle)]
            window.tree.select(node)
            page = current_page(window)
            await until(lambda: page.described is not None)
            panel = await panel_of(page, "g13.ratios")
            enter(panel, "ct_numerator", "150")
            enter(panel, "ct_denominator", "5")
            assert panel.state.startswith("2 changes not sent")
            # Without a window manager, nobody gives the focus back when a dialog closes.
            window.activateWindow()
            await until(window.isActiveWindow)
            QTest.keyClick(panel, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await until(lambda: panel.state.startswith("Sent and verified"))
            assert window.toasts.shown
            await until(lambda: not window.tasks.running)

    qrun(commission())
    meter = device.simulator.gateway.wired(MAIN)
    assert (meter.ratio.ctnum, meter.ratio.ctdenum) == (150, 5)


def test_a_draft_has_its_dot_and_survives_the_window(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def edit() -> None:
        async with opened(tmp_path) as window:
            handle = await found(window, device)
            await log_in(window)
            await until(lambda: isinstance(window.pages.currentWidget(), DevicePage))
            panel = await panel_of(current_page(window), "g13.name")
            enter(panel, "alias", "Attic")
            panel.flush()
            node = window.model.node_of(handle)
            assert node is not None
            await until(lambda: node.drafts == 1)
            window.tree.filter.setCurrentText("Unsent drafts")
            assert window.tree.view.model().rowCount() == 1

    async def find_it_again() -> None:
        async with opened(tmp_path) as window:
            assert "1 unsent draft" in window.jobs._last.text()
            (handle,) = window.bench.handles.values()
            assert handle.in_site
            assert handle.state is State.IDLE
            node = window.model.node_of(handle)
            assert node is not None
            assert node.drafts == 1

    qrun(edit())
    qrun(find_it_again())


def test_giving_up_the_login_says_so_on_the_card(qrun: QRun, tmp_path: Path, device: Gateway) -> None:
    async def give_up() -> None:
        async with opened(tmp_path) as window:
            handle = await found(window, device)
            window.connect_shown()
            QTest.keyClick(await asked(window, "certificate"), Qt.Key.Key_Return)
            QTest.keyClick(await asked(window, "login"), Qt.Key.Key_Escape)
            await until(lambda: handle.state is State.FAILED)
            assert window.pages.currentWidget() is window.connecting
            assert "wants its user and password" in window.connecting._problem.text()
            assert window.connecting.connect_button.text() == "Try again"

    qrun(give_up())


def test_an_address_where_no_device_is_gets_a_toast(qrun: QRun, tmp_path: Path) -> None:
    async def add() -> None:
        async with opened(tmp_path) as window:
            window.ask_address()
            dialog = await asked(window, "address")
            type_into(dialog, "address.address", "127.0.0.1:9")
            QTest.keyClick(dialog, Qt.Key.Key_Return)
            await until(lambda: window.toasts.shown)
            assert not window.bench.handles

    qrun(add())


def test_a_whatwatt_is_added_by_address_and_streams(qrun: QRun, tmp_path: Path) -> None:
    async def watch(url: str) -> None:
        async with opened(tmp_path) as window:
            handle = await window.bench.add_address(url)
            await window.connect_device(handle)
            page = current_page(window)
            live = page.open("live")
            await until(lambda: live.source is not None and live.source.ring.readings >= 2)
            assert handle.session is not None
            assert handle.session.feeds.running == 1
            page.open("whatwatt.device")
            await until(lambda: handle.session is not None and handle.session.feeds.running == 0)

    with SimulatorHost([create(VENDORS[1], 0)]) as host:
        qrun(watch(host[0].url))


def test_a_device_that_went_away_shows_its_reason(qrun: QRun, tmp_path: Path) -> None:
    async def try_it() -> None:
        async with opened(tmp_path) as window:
            row = window.bench.inventory.add(parse_address("https://127.0.0.1:9")[0], vendor="g13")
            handle = window.bench.handles[row.key]
            with pytest.raises(AppError):
                await window.connect_device(handle)
            node = window.model.node_of(handle)
            assert node is not None
            assert node.problem
            assert node.state == "problem"
            window.tree.select(node)
            assert "refused" in window.connecting._problem.text()

    qrun(try_it())


def test_search_and_filters_narrow_the_tree(qrun: QRun, tmp_path: Path) -> None:
    async def narrow() -> None:
        async with opened(tmp_path) as window:
            for number in range(1, 40):
                address = parse_address(f"http://10.0.0.{number}")[0]
                window.bench.inventory.add(address, vendor="whatwatt", name=f"Meter {number:02}")
            rows = window.tree.view.model()
            assert rows.rowCount() == 2
            QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
            assert window.focusWidget() is window.tree.search
            QTest.keyClicks(window.tree.search, "meter 17")
            assert rows.rowCount() == 1
            assert rows.rowCount(rows.index(0, 0)) == 1
            window.tree.search.clear()
            window.tree.filter.setCurrentText("Problems")
            assert rows.rowCount() == 0

    qrun(narrow())


def test_hostile_names_stay_plain_text(qrun: QRun, tmp_path: Path) -> None:
    async def show() -> None:
        async with opened(tmp_path) as window:
            name = "<img src=x><b>boss</b>"
            row = window.bench.inventory.add(parse_address("http://10.0.0.1")[0], vendor="whatwatt", name=name)
            node = window.model.node_of(window.bench.handles[row.key])
            assert node is not None
            window.tree.select(node)
            assert window.connecting.title.text() == name
            assert window.connecting.title.textFormat() is Qt.TextFormat.PlainText

    qrun(show())


def test_the_theme_and_the_window_are_remembered(qrun: QRun, tmp_path: Path) -> None:
    async def choose() -> None:
        async with opened(tmp_path) as window:
            window.resize(798, 611)
            window.theme_actions["contrast"].trigger()
            assert current_theme().name == "contrast"

    async def look() -> None:
        async with opened(tmp_path) as window:
            assert current_theme().name == "contrast"
            assert window.theme_actions["contrast"].isChecked()
            assert window.size().height() == 611

    qrun(choose())
    qrun(look())


def test_a_sending_that_was_cut_off_is_told_at_the_next_start(qrun: QRun, tmp_path: Path) -> None:
    site = SiteFile.open(tmp_path / SITE)
    site.journal.begin("g13:X", "X", "g13.name", [], [], [])
    site.close()

    async def look(toasts: int) -> None:
        async with opened(tmp_path) as window:
            assert len(window.toasts.shown) == toasts

    # What was begun by another run of the program: this process must not count it as its own.
    qrun(look(1))
    qrun(look(0))


def test_work_that_must_not_be_cut_off_keeps_the_window_open(qrun: QRun, tmp_path: Path) -> None:
    async def try_to_close() -> None:
        async with opened(tmp_path) as window:
            job = window.jobs.start("Writing firmware")
            job.progress(Progress(1, 10, "block 1", cancellable=False))
            assert not window.close()
            assert window.toasts.shown
            job.done("written")
            assert window.close()

    qrun(try_to_close())


def test_a_site_file_can_be_dropped_on_the_window(qrun: QRun, tmp_path: Path) -> None:
    async def drop() -> None:
        async with opened(tmp_path) as window:
            wanted: list[str] = []
            window.open_site.connect(wanted.append)
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(str(tmp_path / "other.wattwright"))])
            actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
            keys = Qt.KeyboardModifier.NoModifier
            with warnings.catch_warnings():
                # Newer bindings want other points than older ones take.
                warnings.simplefilter("ignore", DeprecationWarning)
                enters = QDragEnterEvent(QPoint(5, 5), actions, data, buttons, keys)
                drops = QDropEvent(QPoint(5, 5), actions, data, buttons, keys)
            QApplication.sendEvent(window, enters)
            assert enters.isAccepted()
            QApplication.sendEvent(window, drops)
            assert wanted == [str(tmp_path / "other.wattwright")]

    qrun(drop())


def test_about_lists_the_licences(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with opened(tmp_path) as window:
            window.show_about()
            about = await asked(window, "about")
            table = about.findChild(QDialog.__mro__[1], "about.licences")
            assert table is not None
            names = [table.item(row, 0).text() for row in range(table.rowCount())]
            assert "httpx" in names
            assert any(name.startswith("PySide6") for name in names)
            about.reject()

    qrun(look())


def test_the_window_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys, ui.main, ui.window\n"
        "heavy = {'pyqtgraph', 'numpy', 'zeroconf', 'typer', 'starlette', 'uvicorn', 'cryptography', 'keyring'}\n"
        "loaded = heavy & set(sys.modules) | {m for m in sys.modules if m.startswith('app.simulators')}\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
