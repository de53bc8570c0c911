"""Wireless networks in the window: picked, joined, paired; the device is followed, or it is said how to get it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from app.vendors.whatwatt import restart
from app.vendors.whatwatt.settings import wifi_join
from app.vendors.whatwatt.simulator.radio import AccessPoint
from tests.app.whatwatt.devices import HEARD
from tests.app.whatwatt.test_moving import announced
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import CONTROL, POPUPS, Key, fill, keyboard, press, tab_to, tick, write
from tests.ui.readers import Reader, run_with
from ui.forms.action_dialog import ActionDialog
from ui.stage import enter
from ui.theme import THEMES
from ui.vendors.whatwatt.wifi import WifiPage

pytestmark = POPUPS
KEY = "whatwatt.wifi_scan"
JOIN = "whatwatt.join"
PAIR = "whatwatt.wps"
OFFICE = "paper & pencil"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wifi_join, "POLL_S", 0.05)
    monkeypatch.setattr(wifi_join, "SILENT_S", 0.5)
    monkeypatch.setattr(wifi_join, "JOINING_S", 3.0)
    monkeypatch.setattr(restart, "POLL_S", 0.05)
    monkeypatch.setattr(restart, "SILENT_S", 0.5)


async def networks(reader: Reader) -> WifiPage:
    page = reader.page.open(KEY)
    assert isinstance(page, WifiPage)
    await until(lambda: page.state.startswith("Read ") and not page.reading)
    return page


async def picked(reader: Reader, page: WifiPage, ssid: str) -> ActionDialog:
    page.networks.pick(ssid)
    page.join_button.click()
    return await reader.action(JOIN)


def spoken(page: WifiPage, row: int) -> str:
    return str(page.networks.model().index(row, 0).data(11))


def beside(dialog: ActionDialog, name: str) -> str:
    assert dialog._form is not None
    return dialog._form.rows[name].problem.text


def test_networks_are_listed_with_their_signal_in_bars_dbm_and_words(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = await networks(reader)
        assert page.networks.names() == ["Building site", "Office", "Guests", "1234"]
        assert spoken(page, 0) == "Building site, joined now, WPA2-WPA3, channel 13, −58 dBm, very good"
        assert spoken(page, 2) == "Guests, open, without a password, channel 11, −74 dBm, fair"
        page.details_button.click()
        assert page.table.isVisible()
        assert not page.networks.isVisible()

    run_with(qrun, tmp_path, work)


def test_a_network_is_joined_with_the_keyboard_alone(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        desk = reader.desk
        page = await desk.open(KEY)
        tab_to(f"{KEY}.networks")
        press(Key.Key_Down)
        assert page.networks.current.ssid == "Office"
        press(Key.Key_Return)
        await desk.dialog(f"{JOIN}.dialog")
        assert keyboard().objectName() == f"{JOIN}.password", "the name is known"
        write(OFFICE)
        press(Key.Key_Return, CONTROL)
        await desk.done("Join a network")
        await desk.when(lambda: page.outcome.words.startswith("Join a network: Joined and verified"))
        await desk.when(lambda: not page.reading and any("joined now" in spoken(page, row) for row in range(4)))
        assert "joined now" in spoken(page, 1)

    device = run_with(qrun, tmp_path, work)
    assert device.simulator.radio.wifi.values["name"] == "Office"
    assert b"pencil" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_an_open_network_asks_for_no_key(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = await networks(reader)
        dialog = await picked(reader, page, "Guests")
        assert dialog._form is not None
        assert "password" not in dialog._form.rows
        assert "the network 'Guests'" in dialog.guided
        dialog.accept_button.click()
        await until(lambda: "Done and verified" in reader.toasts())

    device = run_with(qrun, tmp_path, work)
    assert device.simulator.radio.wifi.values["password"] == ""


def test_a_key_of_the_wrong_length_is_refused_beside_it(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = await networks(reader)
        dialog = await picked(reader, page, "Office")
        assert beside(dialog, "password") == "WPA2 asks for one."
        for key in ("seven77", "x" * 64):
            enter(dialog, f"{JOIN}.password", key)
            assert "8 to 63 are needed, or 64 hexadecimal digits" in beside(dialog, "password")
            assert not dialog.accept_button.isEnabled()
        enter(dialog, f"{JOIN}.password", "a1" * 32)
        assert dialog.accept_button.isEnabled()
        dialog.reject()

    assert run_with(qrun, tmp_path, work).writes() == []


def test_a_hidden_network_is_typed(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        radio = reader.device.simulator.radio
        radio.networks.append(AccessPoint("", "under the stairs", -50, 3, "DC15C84FBB77"))
        page = await networks(reader)
        assert page.networks.names()[0] == "(hidden)"
        radio.networks.append(AccessPoint("Cellar", "under the stairs", -50, 3, "DC15C84FBB77"))
        dialog = await picked(reader, page, "(hidden)")
        assert dialog.parameters.network == ""
        assert "the name of a network is needed" in beside(dialog, "network").casefold()
        enter(dialog, f"{JOIN}.network", "Cellar")
        assert "is taken for an open network" in beside(dialog, "password")
        enter(dialog, f"{JOIN}.password", "under the stairs")
        dialog.accept_button.click()
        await until(lambda: "Done and verified" in reader.toasts())

    assert run_with(qrun, tmp_path, work).simulator.radio.wifi.values["name"] == "Cellar"


def test_a_static_address_needs_its_mask_and_gateway_and_is_followed(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = await networks(reader)
        dialog = await picked(reader, page, "Guests")
        assert dialog._form is not None
        assert not dialog._form.rows["ip"].editor.isVisible()
        enter(dialog, f"{JOIN}.static_ip", True)
        await until(dialog._form.rows["ip"].editor.isVisible)
        enter(dialog, f"{JOIN}.ip", "127.0.0.6")
        assert "a static address needs one" in beside(dialog, "netmask")
        enter(dialog, f"{JOIN}.netmask", "255.0.0.0")
        assert "needs the router's address" in beside(dialog, "gateway")
        enter(dialog, f"{JOIN}.gateway", "127.0.0.1")
        enter(dialog, f"{JOIN}.dns", "127.0.0.1")
        assert "goes to 127.0.0.6" in dialog.guided
        dialog.accept_button.click()
        await until(lambda: "Done and verified" in reader.toasts(), 20)
        assert reader.session.address.host == "127.0.0.6"
        assert reader.handle.row.address.host == "127.0.0.6"

    run_with(qrun, tmp_path, work)


def test_a_device_at_another_address_is_found_by_its_announcement(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        reader.session.patience = replace(reader.session.patience, interfaces=HEARD)
        reader.device.simulator.radio.lease = "127.0.0.79"
        page = await networks(reader)
        dialog = await picked(reader, page, "Guests")
        async with announced(reader.device, "127.0.0.79"):
            dialog.accept_button.click()
            await until(lambda: "Done and verified" in reader.toasts(), 20)
        assert reader.session.address.host == "127.0.0.79"

    run_with(qrun, tmp_path, work, index=772)


def test_a_lost_device_is_said_with_the_way_to_get_it_back(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = await networks(reader)
        dialog = await picked(reader, page, "Office")
        enter(dialog, f"{JOIN}.password", "not the one")
        dialog.accept_button.click()
        await until(lambda: "Outcome unknown" in reader.toasts(), 20)
        for words in (page.outcome.words, reader.told()):
            assert "Bring the laptop into the network 'Office'" in words
            assert "its own access point" in words

    run_with(qrun, tmp_path, work)


def test_pairing_counts_down_and_says_what_came_of_it(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        reader.device.simulator.pairing_s = 0.6
        desk = reader.desk
        page = await desk.open(KEY)
        tick(f"{PAIR}.start")
        dialog = await desk.dialog(f"{PAIR}.dialog")
        assert isinstance(dialog, ActionDialog)
        assert "This can cut the connection" in dialog.guided
        press(Key.Key_Return)
        await desk.when(page.pairing.isVisible)
        assert page.pairing.clock.text() in ("2:00", "1:59")
        assert "WPS button" in page.pairing.words.text()
        assert not page.join_button.isEnabled()
        await desk.when(lambda: page.outcome.words.startswith("Pair by WPS: Joined and verified"))
        assert not page.pairing.isVisible()

    assert run_with(qrun, tmp_path, work).simulator.radio.wifi.values["name"] == "Office"


def test_a_pairing_need_not_be_watched_to_its_end(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        reader.device.simulator.radio.pressed = None
        page = await networks(reader)
        page.actions_row.buttons[PAIR].click()
        (await reader.action(PAIR)).accept_button.click()
        await until(page.pairing.isVisible)
        page.pairing.leave_button.click()
        await until(lambda: "Not watched any more" in reader.toasts())
        assert "The device goes on for up to two minutes" in reader.told()
        assert not page.pairing.isVisible()
        assert page.join_button.isEnabled()
        (record, *_) = reader.session.journal.operations()
        assert (record.section, record.outcome) == (PAIR, "unknown")

    run_with(qrun, tmp_path, work)


def test_after_two_minutes_without_a_button_it_is_said(
    qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "PAIRING_S", 0.5)

    async def work(reader: Reader) -> None:
        reader.device.simulator.radio.pressed = None
        page = await networks(reader)
        page.actions_row.buttons[PAIR].click()
        (await reader.action(PAIR)).accept_button.click()
        await until(lambda: "Nothing was paired" in page.outcome.words)
        assert not page.pairing.isVisible()

    run_with(qrun, tmp_path, work)


def test_names_of_strangers_are_shown_as_they_are(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        radio = reader.device.simulator.radio
        radio.networks.append(AccessPoint("<b>free</b>\n&amp", "", -40, 3, "DC15C84FBB77", "open"))
        page = await networks(reader)
        assert page.networks.names()[0] == "<b>free</b>�&amp"
        assert page.networks.item(0).toolTip().startswith("<span>&lt;b&gt;")
        dialog = await picked(reader, page, "<b>free</b>�&amp")
        assert dialog.parameters.network == "", "what cannot be shown as it is must be typed"
        dialog.reject()
        await until(lambda: not reader.window.tasks.running)
        dialog = await picked(reader, page, "1234")
        assert all(label.textFormat().name == "PlainText" for label in dialog.findChildren(QLabel) if label.text())
        dialog.reject()

    run_with(qrun, tmp_path, work)


def test_the_static_address_of_the_page_is_set_with_the_keyboard_alone(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        key = "whatwatt.wifi_network"
        panel = await reader.desk.open(key)
        tick(f"{key}.static_ip")
        for name, text in {"ip": "127.0.0.8", "netmask": "255.0.0.0", "gateway": "127.0.0.1"}.items():
            fill(f"{key}.{name}", text)
        assert panel._form.rows["dns"].problem.text, "the server for names is missing"
        fill(f"{key}.dns", "127.0.0.1")
        press(Key.Key_Return, CONTROL)
        preview = await reader.desk.dialog(f"{key}.preview_dialog")
        assert "goes to 127.0.0.8" in preview.guided
        press(Key.Key_Return, CONTROL)
        await reader.desk.when(lambda: panel.state.startswith("Sent and verified"), 20)
        assert reader.session.address.host == "127.0.0.8"

    run_with(qrun, tmp_path, work)


def test_it_is_painted_in_every_theme(qrun: QRun, tmp_path: Path) -> None:
    async def work(reader: Reader) -> None:
        page = await networks(reader)
        page.networks.pick("Office")
        seen = set()
        for theme in THEMES:
            reader.window.set_theme(theme)
            QApplication.sendPostedEvents()
            assert (reader.window.width(), reader.window.height()) == (1366, 768)
            seen.add(bytes(page.networks.grab().toImage().constBits()))
        assert len(seen) == len(THEMES)
        reader.window.set_theme("light")

    run_with(qrun, tmp_path, work)
