"""smart-MAC in the window, over real sockets: values, the wait for the next, relay, live, history, PIN."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from app.net.pins import Pins
from app.registry import VENDORS
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile
from app.vendors.smartmac.simulator import Form, SmartMacSimulator
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import Key, dialog, keyboard, press, tab_to, when
from tests.ui.test_every_control import SMALL, nameless, visit
from tests.ui.test_window import asked, current_page
from ui.forms.panel import SectionPanel
from ui.pages.device import DevicePage
from ui.window import Window
from ui.workbench import Handle, State, Workbench

PIN = "736451"
"""A PIN that stands in no value and no time."""
PAGES = ["smartmac.values", "smartmac.energy", "smartmac.device", "smartmac.history", "smartmac.pace", "live"]
PACE_S = 0.6


def family(pace_s: float) -> tuple[Any, ...]:
    """All families, smart-MAC with another pace than a real meter's: a test does not wait for a minute."""
    return tuple(dataclasses.replace(v, pace_s=pace_s) if v.key == "smartmac" else v for v in VENDORS)


class Desk:
    """The window, one meter, and the ways of a test through them."""

    def __init__(self, window: Window, running: Running) -> None:
        self.window, self.running = window, running

    @property
    def meter(self) -> SmartMacSimulator:
        return cast(SmartMacSimulator, self.running.simulator)

    @property
    def asked(self) -> int:
        """How often the meter was asked for its values."""
        return sum("getdata" in request for request in self.meter.requests)

    @property
    def page(self) -> DevicePage:
        return current_page(self.window)

    async def log_in(self, pin: str = PIN) -> None:
        """Answer the login."""
        login = await asked(self.window, "login")
        user = login.findChild(QLineEdit, "login.user")
        if not user.text():
            QTest.keyClicks(user, self.meter.id)
        QTest.keyClicks(login.findChild(QLineEdit, "login.password"), pin)
        QTest.keyClick(login, Qt.Key.Key_Return)
        await until(lambda: not login.isVisible())

    async def connect(self) -> Handle:
        """Add the meter by its address, and log in."""
        handle = await self.window.bench.add_address(self.running.url)
        connecting = asyncio.ensure_future(self.window.connect_device(handle))
        await self.log_in()
        await connecting
        return handle

    async def open(self, key: str) -> Any:
        """A page that has read."""
        shown = self.page.open(key)
        if isinstance(shown, SectionPanel):
            await until(lambda: shown._form is not None and shown.state != "Reading…")
        return shown


def found(root: QWidget, name: str) -> Any:
    widget = root.findChild(QWidget, name)
    assert widget is not None, name
    return widget


@asynccontextmanager
async def desk(
    folder: Path, running: Running, *, pace_s: float = PACE_S, passwords: Passwords | None = None
) -> AsyncIterator[Desk]:
    site = SiteFile.open(folder / "house.wattwright")
    bench = Workbench(site, family(pace_s), Pins.in_memory(), passwords or Passwords(), interfaces=["127.0.0.1"])
    window = Window(bench)
    window.resize(*SMALL)
    window.show()
    window.activateWindow()
    await until(window.isActiveWindow)
    try:
        yield Desk(window, running)
    finally:
        await window.shut_down()
        window.deleteLater()


@pytest.fixture
def meter() -> Any:
    """A meter that answers as often as it is asked; the program's own pace is what is tried here."""
    with SimulatorHost([made()]) as host:
        yield host[0]


def made(**more: Any) -> SmartMacSimulator:
    simulator = SmartMacSimulator(pin=PIN, **more)
    simulator.interval_s = 0.0
    return simulator


def texts(root: QWidget) -> str:
    """Everything that is written in the window."""
    labels = [label.text() for label in root.findChildren(QLabel)]
    buttons = [button.text() for button in root.findChildren(QAbstractButton)]
    lines = [line.displayText() for line in root.findChildren(QLineEdit)]
    return "\n".join([root.windowTitle(), *labels, *buttons, *lines])


@pytest.mark.parametrize("form", list(Form), ids=lambda form: form.value)
def test_every_page_fills_and_fits_in_every_theme(qrun: QRun, tmp_path: Path, form: Form) -> None:
    async def look(running: Running) -> None:
        async with desk(tmp_path, running) as at:
            await at.connect()
            assert at.page.keys() == PAGES
            await visit(at.window, at.page)
            for theme in ("light", "dark", "contrast"):
                at.window.set_theme(theme)
                for key in PAGES:
                    at.page.open(key)
                    QApplication.sendPostedEvents()
                    assert nameless(at.window) == []
                    assert (at.window.width(), at.window.height()) == SMALL, key

    with SimulatorHost([made(form=form)]) as host:
        qrun(look(host[0]), 60)


def test_values_stand_by_line_and_what_is_unknown_under_its_own_name(qrun: QRun, tmp_path: Path) -> None:
    simulator = made(form=Form.TOTALS)
    values = simulator._values
    simulator._values = lambda: [*values(), ("Xy9", "Leakage <b>current</b>", "mA", "3.5")]  # type: ignore[method-assign]

    async def look(running: Running) -> None:
        async with desk(tmp_path, running) as at:
            await at.connect()
            panel = await at.open("smartmac.values")
            lines = found(panel, "smartmac.values.lines").model()
            rows = [[lines.index(row, column).data() for column in range(7)] for row in range(lines.rowCount())]
            assert [row[1] for row in rows][:5] == ["Voltage", "Current", "Active Power", "Rev. Active Power", "Energy"]
            power = rows[2]
            assert power[0] == "W"
            assert sum(map(int, power[2:5])) == pytest.approx(int(power[5]), abs=3)
            others = found(panel, "smartmac.values.values").model()
            last = others.rowCount() - 1
            assert [others.index(last, column).data() for column in range(4)] == [
                *("Xy9", "Leakage <b>current</b>", "3.5", "mA")
            ]

    with SimulatorHost([simulator]) as host:
        qrun(look(host[0]))


def test_a_meter_of_one_line_shows_no_empty_table(qrun: QRun, tmp_path: Path) -> None:
    async def look(running: Running) -> None:
        async with desk(tmp_path, running) as at:
            await at.connect()
            panel = await at.open("smartmac.values")
            assert not found(panel, "smartmac.values.lines").isVisible()
            await until(lambda: found(panel, "smartmac.values.values").isVisible())

    with SimulatorHost([made(form=Form.SINGLE)]) as host:
        qrun(look(host[0]))


def test_asking_too_early_is_said_kindly_and_done_when_it_is_allowed(
    qrun: QRun, tmp_path: Path, meter: Running
) -> None:
    async def look() -> None:
        async with desk(tmp_path, meter, pace_s=2.0) as at:
            await at.connect()
            panel = await at.open("smartmac.values")
            line = panel._turn
            assert line is not None
            assert line.words == "Next reading in 2 s: the meter may be asked once in 2 s"
            panel.reload()
            assert line.words.startswith("Too soon: the meter may be asked once in 2 s. It is read by itself in")
            assert line.wait_button.text() == "Do not wait"
            await until(lambda: panel.state.startswith("As on the device"))
            assert at.asked == 1
            assert panel._failure.words == ""
            await until(lambda: at.asked == 2)
            await until(lambda: not line.waiting and line.words.startswith("Next reading"))
            # Nobody wants it again: it is not read again.
            await until(lambda: line.words.startswith("May be read now"))
            assert at.asked == 2

    qrun(look())


def test_who_does_not_want_to_wait_any_more_is_not_made_to(qrun: QRun, tmp_path: Path, meter: Running) -> None:
    async def look() -> None:
        async with desk(tmp_path, meter, pace_s=1.0) as at:
            await at.connect()
            panel = await at.open("smartmac.energy")
            panel._turn.wait_button.click()
            assert panel._turn.waiting
            panel._turn.wait_button.click()
            await until(lambda: panel._turn.words.startswith("May be read now"))
            assert at.asked == 1

    qrun(look())


def test_the_pace_survives_the_programs_end(qrun: QRun, tmp_path: Path, meter: Running) -> None:
    passwords = Passwords()

    async def first() -> None:
        async with desk(tmp_path, meter, pace_s=60.0, passwords=passwords) as at:
            await at.connect()
            await at.open("smartmac.values")

    async def second() -> None:
        async with desk(tmp_path, meter, pace_s=60.0, passwords=passwords) as at:
            (handle,) = at.window.bench.handles.values()
            at.window.select(handle)
            card = at.window.connecting
            card.connect_button.click()
            await until(lambda: handle.state is State.FAILED)
            assert at.asked == 1, "the meter was asked too early"
            assert "may be asked once in 60 s" in card._problem.text()
            assert card.connect_button.text() == "Connect when allowed"
            assert card._hint.text().startswith("It may be asked again in ")
            card.connect_button.click()
            assert card._hint.text().startswith("It is connected by itself in ")
            # The minute is over.
            at.window.bench.site.put_setting(f"pace {at.meter.id}", b'{"at":0}')
            card._wait._until = time.monotonic()
            await until(lambda: handle.state is State.CONNECTED)
            assert at.asked == 2

    qrun(first())
    qrun(second())


@pytest.mark.parametrize("status", [429, 400])
def test_a_meter_that_somebody_else_asks_too_is_connected_when_it_may_be(
    qrun: QRun, tmp_path: Path, meter: Running, status: int
) -> None:
    simulator = cast(SmartMacSimulator, meter.simulator)
    data = simulator._data
    refusals = [status]

    def busy(asked: dict[str, str]) -> Any:
        response = data(asked)
        if refusals:
            response.status_code = refusals.pop()
        return response

    simulator._data = busy  # type: ignore[method-assign]

    async def look() -> None:
        async with desk(tmp_path, meter, pace_s=1.0) as at:
            handle = await at.window.bench.add_address(meter.url)
            at.window.select(handle)
            card = at.window.connecting
            card.connect_button.click()
            await at.log_in()
            await until(lambda: handle.state is State.FAILED)
            assert "perhaps by somebody else too" in card._problem.text()
            assert PIN not in texts(at.window)
            card.connect_button.click()
            await until(lambda: not at.window.findChildren(QLineEdit, "login.user") or handle.state is State.CONNECTING)
            await at.log_in()
            await until(lambda: handle.state is State.CONNECTED)

    qrun(look())


def test_the_first_login_by_keyboard_alone_and_with_a_wrong_pin_first(
    qrun: QRun, tmp_path: Path, meter: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        async with desk(tmp_path, meter, pace_s=0.3) as at:
            handle = await at.window.bench.add_address(meter.url)
            at.window.select(handle)
            at.window.tree.view.setFocus()
            press(Key.Key_Return)
            for pin in ("111111", PIN):
                login = await dialog(at.window, "login")
                accept = found(login, "login.accept")
                assert "Device id" in texts(login)
                assert "printed on the device" in texts(login)
                if pin != PIN:
                    assert keyboard().objectName() == "login.user"
                    QTest.keyClicks(keyboard(), at.meter.id)
                    assert not accept.isEnabled()
                tab_to("login.password")
                assert keyboard().echoMode() is QLineEdit.EchoMode.Password  # type: ignore[attr-defined]
                QTest.keyClicks(keyboard(), pin)
                assert pin not in texts(login)
                press(Key.Key_Return)
                await until(lambda login=login: not login.isVisible())
            await when(at.window, lambda: handle.state is State.CONNECTED and not QApplication.activeModalWidget())
            tab_to("smartmac.device.sections")
            for _ in range(2):
                press(Key.Key_Down)
            shown = at.page.stack.currentWidget()
            assert shown.objectName() == "smartmac.device"
            await when(at.window, lambda: cast(SectionPanel, shown).state.startswith("As on the device"))
            tab_to("smartmac.relay.start")
            press(Key.Key_Space)
            await dialog(at.window, "smartmac.relay.dialog")
            tab_to("smartmac.relay.dialog.accept")
            press(Key.Key_Space)
            await until(lambda: at.window.toasts.shown)
            assert at.window.toasts.shown[0].title == "Done and verified"
            session = handle.session
            assert session is not None
            kept = [repr(exchange) for exchange in session.client.recorder.exchanges()]
            assert kept
            assert not any(PIN in text for text in (*kept, texts(at.window)))

    qrun(story(), 60)
    # The simulator's own web server runs in this process, and is no part of the program.
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert not any(PIN in text for text in said)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert PIN.encode() not in written


def switched(at: Desk, *, on: bool) -> Coroutine[Any, Any, None]:
    async def doing() -> None:
        panel = await at.open("smartmac.device")
        found(panel, "smartmac.relay.start").click()
        dialog = await asked(at.window, "smartmac.relay.dialog")
        assert "nobody works on it" in texts(dialog)
        box = found(dialog, "smartmac.relay.on")
        if box.isChecked() is not on:
            box.click()
        found(dialog, "smartmac.relay.dialog.accept").click()

    return doing()


def test_the_relay_is_switched_after_a_question_and_read_back(qrun: QRun, tmp_path: Path, meter: Running) -> None:
    async def story() -> None:
        async with desk(tmp_path, meter) as at:
            await at.connect()
            panel = await at.open("smartmac.device")
            found(panel, "smartmac.relay.start").click()
            dialog = await asked(at.window, "smartmac.relay.dialog")
            found(dialog, "smartmac.relay.dialog.cancel").click()
            await until(lambda: not panel._actions._asking)
            assert not any("pout" in request for request in at.meter.requests)
            for on in (True, False):
                await switched(at, on=on)
                await until(lambda: "in 1 s" in texts(at.window.jobs))
                await until(lambda: at.window.toasts.shown)
                toast = at.window.toasts.shown[0]
                assert toast.title == "Done and verified"
                assert at.meter.relay is on
                value = found(panel, "smartmac.device.relay")
                await until(lambda value=value, on=on: value.text() == ("on" if on else "off"))
                toast.dismiss()

    qrun(story(), 60)


def test_a_relay_that_does_not_obey_is_told_in_red(qrun: QRun, tmp_path: Path, meter: Running) -> None:
    cast(SmartMacSimulator, meter.simulator).stuck = True

    async def story() -> None:
        async with desk(tmp_path, meter) as at:
            await at.connect()
            await switched(at, on=True)
            await until(lambda: at.window.toasts.shown)
            toast = at.window.toasts.shown[0]
            assert toast.title != "Done and verified"
            assert "the meter tells: off" in toast.text

    qrun(story(), 60)


def test_a_command_whose_answer_is_lost_is_looked_at(qrun: QRun, tmp_path: Path, meter: Running) -> None:
    async def story() -> None:
        async with desk(tmp_path, meter) as at:
            await at.connect()
            meter.faults.add(Fault.DROP_AFTER)
            await switched(at, on=True)
            await until(lambda: at.window.toasts.shown)
            assert at.window.toasts.shown[0].title == "Done and verified"

    qrun(story(), 60)


def test_live_says_when_the_next_reading_comes_and_the_history_keeps_every_one(
    qrun: QRun, tmp_path: Path, meter: Running
) -> None:
    async def story() -> None:
        async with desk(tmp_path, meter, pace_s=4.0) as at:
            await at.connect()
            live = at.page.open("live")
            await until(lambda: live.source is not None and live.source.ring.readings == 1)
            await until(lambda: live.state.text().startswith("Live, last reading"))
            assert ", the next in " in live.state.text()
            await until(lambda: live.source.ring.readings == 2)
            history = at.page.open("smartmac.history")
            await until(lambda: history.records.count == 2)
            assert "Active power" in [column.title for column in history.records.columns]

    async def again() -> None:
        async with desk(tmp_path, meter, pace_s=0.3) as at:
            (handle,) = at.window.bench.handles.values()
            connecting = asyncio.ensure_future(at.window.connect_device(handle))
            await at.log_in()
            await connecting
            history = at.page.open("smartmac.history")
            await until(lambda: history.records.count == 3)
            assert at.asked == 3

    qrun(story(), 60)
    qrun(again(), 60)
