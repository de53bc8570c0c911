"""What holds for every page: names on every control, room on a small screen, and texts of any kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from app.model.device import parse_address
from app.model.errors import DeviceRefused
from app.registry import VENDORS
from app.simulators.host import SimulatorHost, create
from tests.gateways import MAIN, gateway
from tests.ui.conftest import QRun, until
from tests.ui.test_contact import connected, first_page
from tests.ui.test_window import opened
from ui.pages.device import DevicePage
from ui.window import Window

SMALL = (1366, 768)
HOSTILE = (
    "<b>boss</b><img src=x>",
    "two\nlines\r\nand\ttabs",
    "x" * 10_000,
    "\u202eright to left \u05d0\u05d1",
    "&amp; &x",
)


async def visit(window: Window, page: DevicePage) -> None:
    """Every section of a page, one after the other."""
    for key in page.keys():  # noqa: SIM118 - the page's sections
        panel = page.open(key)
        if key == "live":
            await until(lambda panel=panel: panel.plots is not None)
        elif key != "scan":
            await until(lambda panel=panel: getattr(panel, "state", "") not in ("Reading…", "Not read yet"))
        await until(lambda: not window.tasks.running)


def nameless(root: QWidget) -> list[str]:
    """The controls that a script or a screen reader cannot find."""
    found = []
    for widget in root.findChildren(QWidget):
        inside = isinstance(widget.parentWidget(), QAbstractScrollArea) or widget.objectName().startswith("qt_")
        reachable = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.focusProxy()
        if inside or not reachable or not widget.isVisibleTo(root):
            continue
        spoken = QAccessible.queryAccessibleInterface(widget)
        if not widget.objectName() or not spoken.text(QAccessible.Text.Name):
            found.append(f"{type(widget).__name__} '{widget.objectName()}' in {widget.parentWidget().objectName()}")
    return found


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_every_control_has_its_names_and_every_page_its_room(qrun: QRun, tmp_path: Path, theme: str) -> None:
    async def walk(url: str) -> None:
        with gateway() as device:
            async with opened(tmp_path) as window:
                window.set_theme(theme)
                window.resize(*SMALL)
                handle, page, _ = await connected(window, device)
                reader = await window.bench.add_address(url)
                pages = [page, window.page(handle, MAIN)]
                await window.connect_device(reader)
                pages.append(window.page(reader))
                for each in pages:
                    window.pages.setCurrentWidget(each)
                    await visit(window, each)
                    each.show_trouble(DeviceRefused("The gateway answers nothing but this. " * 4))
                    for key in each.keys():  # noqa: SIM118 - the page's sections
                        each.open(key)
                        QApplication.sendPostedEvents()
                        assert nameless(window) == []
                        least = window.minimumSizeHint()
                        assert least.width() <= SMALL[0], key
                        assert least.height() <= SMALL[1], key
                        assert (window.width(), window.height()) == SMALL, key

    with SimulatorHost([create(VENDORS[1], 0)]) as host:
        qrun(walk(host[0].url), 60)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_change_neither_layout_nor_meaning(qrun: QRun, tmp_path: Path, name: str) -> None:
    async def show() -> None:
        with gateway() as device:
            device.simulator.gateway.alias = name
            device.simulator.gateway.location = name
            async with opened(tmp_path) as window:
                window.resize(*SMALL)
                row = window.bench.inventory.add(parse_address("http://10.0.0.1")[0], vendor="whatwatt", name=name)
                window.select(window.bench.handles[row.key])
                _, page = await first_page(window, device)
                await visit(window, page)
                window.jobs.say(name)
                window.bench.network.emit(name)
                page.show_trouble(DeviceRefused(name))
                toast = window.toasts.error("Refused", name, name, name)
                QApplication.sendPostedEvents()
                assert toast.isVisible()
                assert toast.height() < SMALL[1] // 2
                toast.show_details()
                QApplication.sendPostedEvents()
                assert (window.width(), window.height()) == SMALL
                node = window.model.node_of(window.bench.handles[row.key])
                assert node is not None
                assert "\n" not in node.name
                assert len(node.name) < 200

    qrun(show())
