"""Other changes that can cut a whatwatt off, in the window: password, host name, Ethernet, restart, factory reset."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.vendors.whatwatt import restart
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import CONTROL, POPUPS, Key, fill, keyboard, press, tick
from tests.ui.readers import Reader, run_with
from ui.forms.action_dialog import ActionDialog
from ui.stage import enter
from ui.workbench import State

pytestmark = POPUPS
ACCESS = "whatwatt.access"
ETHERNET = "whatwatt.ethernet_port"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "POLL_S", 0.05)
    monkeypatch.setattr(restart, "LEAVING_S", 0.6)
    monkeypatch.setattr(restart, "PATIENCE_S", 1.0)


def test_a_password_is_set_with_the_keyboard_alone_and_the_session_goes_on_with_it(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        desk = reader.desk
        panel = await desk.open(ACCESS)
        tick(f"{ACCESS}.protection")
        assert "enter the one that shall be asked for" in panel._form.rows["password"].problem.text
        fill(f"{ACCESS}.password", "kept safe 5")
        press(Key.Key_Return, CONTROL)
        preview = await desk.dialog(f"{ACCESS}.preview_dialog")
        assert "asks for the new password from now on" in preview.guided
        press(Key.Key_Return, CONTROL)
        await desk.when(lambda: panel.state.startswith("Sent and verified"), 20)
        assert reader.device.simulator.protection.password == "kept safe 5"
        assert reader.handle.state is State.CONNECTED
        device = await reader.panel("whatwatt.device")
        assert device.draft.value.name == "Main building"

    run_with(qrun, tmp_path, work)
    assert b"kept safe" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_protection_taken_away_is_told_beforehand(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel = await reader.panel(ACCESS)
        enter(panel, f"{ACCESS}.protection", False)
        panel.send()
        preview = await reader.asked(f"{ACCESS}.preview_dialog")
        assert "Everybody in this network can read and set" in preview.guided
        preview.send_button.click()
        await until(lambda: panel.state.startswith("Sent and verified"))

    assert run_with(qrun, tmp_path, work, password="opens").simulator.protection.password == ""


def test_another_host_name_is_followed(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel = await reader.panel(ACCESS)
        enter(panel, f"{ACCESS}.host_name", "no spaces")
        assert "beginning and ending with a letter or digit" in panel._form.rows["host_name"].problem.text
        enter(panel, f"{ACCESS}.host_name", "meter-7")
        panel.send()
        preview = await reader.asked(f"{ACCESS}.preview_dialog")
        assert "meter-7.local" in preview.guided
        preview.send_button.click()
        await until(lambda: panel.state.startswith("Sent and verified"), 20)
        assert reader.handle.state is State.CONNECTED

    run_with(qrun, tmp_path, work)


def test_a_static_address_of_the_cable_is_followed_by_keyboard(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        reader.device.simulator.radio.wired = True
        desk = reader.desk
        panel = await desk.open(ETHERNET)
        assert not panel._form.rows["ip"].editor.isVisible(), "without a static address there is nothing to enter"
        tick(f"{ETHERNET}.static_ip")
        for name, text in {"ip": "127.0.0.12", "netmask": "255.0.0.0", "gateway": "127.0.0.1"}.items():
            fill(f"{ETHERNET}.{name}", text)
        assert "a static address needs one" in panel._form.rows["dns"].problem.text
        assert not panel._footer.send_button.isEnabled()
        fill(f"{ETHERNET}.dns", "127.0.0.1")
        press(Key.Key_Return, CONTROL)
        preview = await desk.dialog(f"{ETHERNET}.preview_dialog")
        assert "goes to 127.0.0.12" in preview.guided
        press(Key.Key_Return, CONTROL)
        await desk.when(lambda: panel.state.startswith("Sent and verified"), 20)
        assert reader.session.address.host == "127.0.0.12"
        assert keyboard().objectName() == f"{ETHERNET}.dns", "the keyboard stays where it was"

    run_with(qrun, tmp_path, work)


def test_a_restart_names_what_it_does_to_the_connection_and_is_followed_to_another_address(
    qrun: QRun, tmp_path: Path
) -> None:
    async def work(reader: Reader) -> None:
        desk = reader.desk
        await desk.open("whatwatt.restart")
        dialog = await desk.begin("whatwatt.restart")
        assert isinstance(dialog, ActionDialog)
        assert "With DHCP it may come back at another address" in dialog.guided
        press(Key.Key_Return)
        await desk.done("Restart the device")

    assert run_with(qrun, tmp_path, work).simulator.boots == 1


def test_a_factory_reset_says_how_to_get_the_device_back(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = reader.page.open("whatwatt.factory_reset")
        page.buttons.buttons["whatwatt.factory_reset"].click()
        dialog = await reader.action("whatwatt.factory_reset")
        assert "gone from this network" in dialog.guided
        assert dialog.cancel_button.isDefault(), "Return does not erase"
        dialog.accept_button.click()
        await until(lambda: "Outcome unknown" in reader.toasts(), 20)
        assert "its own access point" in reader.told()

    run_with(qrun, tmp_path, work)


def test_the_new_password_opens_the_device_the_next_time(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        panel = await reader.panel(ACCESS)
        enter(panel, f"{ACCESS}.protection", True)
        enter(panel, f"{ACCESS}.password", "kept safe 5")
        panel.send()
        (await reader.asked(f"{ACCESS}.preview_dialog")).send_button.click()
        await until(lambda: panel.state.startswith("Sent and verified"), 20)

    device = run_with(qrun, tmp_path, work)
    assert device.simulator.settings["system"]["protection"] is True
