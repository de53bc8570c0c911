"""A gateway commissioned with the keyboard alone: every key goes to whatever has the focus, as on a real desk."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

from tests.gateways import MAIN, Gateway, gateway
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import POPUPS, Key, dialog, keyboard, log_in, press, tab_to, walk, when, write
from tests.ui.test_window import found, opened
from ui.forms.panel import SectionPanel
from ui.pages.device import DevicePage
from ui.pages.scan import ScanPage
from ui.window import Window
from ui.workbench import State

VOLTAGE_L1 = 69


@POPUPS
def test_the_whole_way_from_scan_to_a_verified_demand_channel(qrun: QRun, tmp_path: Path) -> None:
    async def commission(device: Gateway) -> None:
        async with opened(tmp_path) as window:
            handle = await found(window, device)
            window.tree.view.setFocus()
            press(Key.Key_Return)
            await log_in(window)
            await until(lambda: handle.state is State.CONNECTED)
            await when(window, lambda: not QApplication.activeModalWidget())
            page = window.page(handle)

            assert keyboard() is window.tree.view
            tab_to("g13.device.sections")
            walk(page.list, lambda: isinstance(page.stack.currentWidget(), ScanPage))
            scan = page.stack.currentWidget()
            await when(window, lambda: scan.footer.words.startswith("As on the device"))
            tab_to("g13.scan.start")
            press(Key.Key_Space)
            await when(window, lambda: scan.found_count() and not scan.scanning())
            tab_to("g13.scan.add-all")
            press(Key.Key_Space)
            press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await when(window, lambda: scan.footer.words.startswith("Sent and verified"))
            await when(window, lambda: len(handle.session.meters) > 2)

            tab_to("tree.view", Key.Key_Backtab)
            walk(window.tree.view, lambda: window.tree.current().meter is not None)
            assert window.tree.current().meter.serial == MAIN
            page = window.pages.currentWidget()
            assert isinstance(page, DevicePage)
            tab_to("g13.meter.sections")
            ratios = await section(window, page, "g13.ratios")
            assert tab_to("g13.ratios.ct_numerator") <= 4, "the form comes before its footer"
            write("150")
            press(Key.Key_Tab)
            assert keyboard().objectName() != "g13.ratios.send"
            press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
            assert ratios.unsent == 0
            press(Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
            press(Key.Key_F1)
            await dialog(window, "g13.ratios.help")
            press(Key.Key_Escape)
            await when(window, lambda: not QApplication.activeModalWidget())
            press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await when(window, lambda: ratios.state.startswith("Sent and verified"))
            press(Key.Key_F5)
            await when(window, lambda: ratios.state.startswith("As on the device"))

            tab_to("g13.meter.sections", Key.Key_Backtab)
            demand = await section(window, page, "g13.demand")
            tab_to("g13.demand.channels.add")
            before = demand.findChild(QTableView, "g13.demand.channels").model().rowCount()
            press(Key.Key_Space)
            view = keyboard()
            assert view.objectName() == "g13.demand.channels"
            assert view.model().rowCount() == before + 1
            press(Key.Key_F2)
            assert keyboard() is not view
            quantity = demand.section.field("channels").columns[0]
            QTest.keyClicks(keyboard(), next(c.label for c in quantity.choices if c.value == VOLTAGE_L1))
            press(Key.Key_Return)
            view.setFocus()
            press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await dialog(window, "g13.demand.preview_dialog")
            press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await when(window, lambda: demand.state.startswith("Sent and verified"))
            assert len(demand.draft.base.channels) == before + 1
            await until(lambda: not window.tasks.running)

    async def section(window: Window, page: DevicePage, key: str) -> SectionPanel:
        walk(page.list, lambda: page.stack.currentWidget().objectName() == key)
        panel = page.stack.currentWidget()
        await when(window, lambda: panel.state.startswith("As on the device"))
        return panel

    with gateway(fresh=True) as device:
        qrun(commission(device), 60)
        meter = device.simulator.gateway.wired(MAIN)
        assert meter.ratio.ctnum == 150
