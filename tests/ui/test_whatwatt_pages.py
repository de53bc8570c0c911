"""The pages of a whatwatt in the window: what is to be noticed, report, settings with secrets, firmware, restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtWidgets import QDialog, QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.commission.draft import Draft
from app.model.field import Kind
from app.net.lenient import decode
from app.simulators.faults import Fault
from app.vendors.whatwatt import restart
from app.vendors.whatwatt.places import fill
from app.vendors.whatwatt.report import Energy, Report
from app.vendors.whatwatt.simulator import Spoiled, firmware_image
from app.vendors.whatwatt.simulator.pages import Style
from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.whatwatt.devices import FIXTURES, Device, device
from tests.ui.conftest import QRun, control, enter, press, until
from tests.ui.keyboard import Desk, active, tick
from tests.ui.keyboard import fill as type_in
from tests.ui.test_window import asked
from tests.ui.whatwatts import Reader, reader
from ui.forms.editor import Editor
from ui.forms.rows_diff import in_words
from ui.pages.firmware import FirmwarePage
from ui.pages.live import LivePage
from ui.vendors import body_of
from ui.vendors.whatwatt.matrix import MatrixBody

KEY = "00112233445566778899AABBCCDDEEFF"
SYSTEM = ("device", "supply", "clouds", "sd_card", "meter", "wifi", "ethernet")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "POLL_S", 0.05)
    monkeypatch.setattr(restart, "LEAVING_S", 2.0)
    monkeypatch.setattr(restart, "PATIENCE_S", 5.0)
    monkeypatch.setattr("app.commission.firmware.AGAIN_S", 0.05)


@pytest.fixture
def troubled() -> Iterator[Device]:
    """A device on the meter's power, of a meter whose key is not known."""
    with device(name="Annex", style=Style.MBUS) as on:
        on.simulator.meter_status, on.simulator.v_scap = "KEY REQUIRED", 4.4
        yield on


def words(page: Any, name: str) -> str:
    strip = page.findChild(QLabel, name)
    return strip.text() if strip is not None else ""


# What is to be noticed.


def test_warnings_stand_on_top_of_the_page_in_its_list_and_in_the_tree(
    qrun: QRun, tmp_path: Path, troubled: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two refreshes within a second otherwise share an answer, to spare the device.
    monkeypatch.setattr("app.vendors.whatwatt.client.FRESH_S", 0.0)

    async def look() -> None:
        async with reader(troubled, tmp_path) as shown:
            await until(lambda: shown.node().state == "2 warnings")
            assert shown.node().problem
            assert "a key is required" in shown.page._noticed.words
            assert "The buffer is at 4.40 V" in shown.page._noticed.words
            shown.page._notice_button.click()
            panel = shown.page.stack.currentWidget()
            assert panel.objectName() == "whatwatt.supply"
            await until(lambda: panel._findings.words)
            assert "Refresh in a few minutes" in panel._findings.words[0]
            shown.page._notice_button.click()
            meter = shown.page.stack.currentWidget()
            assert meter.objectName() == "whatwatt.meter", "the next one comes next"
            await until(lambda: meter._findings.words)
            assert "Ask the grid operator for the key" in meter._findings.words[0]
            troubled.simulator.v_scap = 4.1
            shown.page.refresh()
            await until(lambda: "and falling" in shown.page._noticed.words)
            await until(lambda: "and falling" in panel._findings.words[0])
            troubled.simulator.meter_status, troubled.simulator.v_scap = "OK", 4.8
            shown.page.refresh()
            await until(lambda: not shown.page._noticed.isVisible())
            assert shown.node().state == "connected"

    qrun(look())


@pytest.mark.parametrize("key", SYSTEM)
def test_every_value_of_the_system_is_shown_with_its_unit(qrun: QRun, tmp_path: Path, key: str) -> None:
    async def look() -> None:
        with device(name="Main <b>building</b>") as on:
            async with reader(on, tmp_path) as shown:
                panel = await shown.panel(key)
                live = shown.session.live(panel.section, "")
                assert live is not None
                for field in panel.section.fields:
                    assert field.kind is not Kind.TABLE
                    (label,) = [w for w in panel.findChildren(Editor) if w.field.name == field.name]
                    assert label.control.text() == in_words(field, getattr(live.value, field.name))
                if key == "device":
                    assert live.value.name == "Main <b>building</b>"
                    assert panel._findings.words == []

    qrun(look())


def test_a_missing_licence_is_said_as_such_and_the_live_page_works(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        with device(licensed=False, speed=20.0) as on:
            async with reader(on, tmp_path) as shown:
                panel = await shown.panel("report")
                assert "Licence required" in panel._failure.words
                assert "Plus licence" in panel._failure.words
                told = await shown.panel("device")
                assert "No Plus licence" in told._findings.words[0]
                assert not shown.page._noticed.isVisible(), "a licence that was not bought is no trouble"
                live = shown.page.open("live")
                assert isinstance(live, LivePage)
                await until(lambda: live.state.text().startswith("Live, last reading"), 20)

    qrun(look())


def test_events_that_could_not_be_read_are_counted_in_sight(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        with device(speed=20.0) as on:
            async with reader(on, tmp_path) as shown:
                on.simulator.spoiled.extend((Spoiled.BAD_JSON, Spoiled.NO_OBJECT, Spoiled.BAD_UTF8))
                live = shown.page.open("live")
                assert isinstance(live, LivePage)
                await until(lambda: "3 events could not be read" in live.state.text(), 20)
                assert live.state.text().startswith("Live, last reading")

    qrun(look())


def test_a_stream_that_another_program_holds_is_said_as_such(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        with device(speed=20.0) as on:
            async with reader(on, tmp_path) as shown:
                live = shown.page.open("live")
                assert isinstance(live, LivePage)
                await until(lambda: live.state.text().startswith("Live, last reading"), 20)
                on.host.fault(on.running, "streams")
                await until(lambda: "503" in live.state.text(), 20)
                assert live.state.text().startswith("No reading for")
                assert "reconnecting. The device answers 503 to GET /api/v1/live: Busy." in live.state.text()
                assert "Is another program reading it?" in live.state.text()
                on.host.mend(on.running, "streams")
                await until(lambda: live.state.text().startswith("Live, last reading"), 20)

    qrun(look())


# The report.


def matrix(qtbot: QtBot, key: str, model: type[msgspec.Struct], name: str) -> MatrixBody:
    section = WHATWATT.section(key)
    body = body_of(section, read_only=True)
    assert isinstance(body, MatrixBody)
    qtbot.addWidget(body)
    value = fill(model, decode((FIXTURES / f"{name}.json").read_bytes()))
    body.show_draft(Draft(section, value), (), force=True)
    body.show()
    return body


def cell(body: MatrixBody, name: str) -> str:
    label = body.cells[name]
    return label.text() if label.isVisible() else ""


def test_the_manuals_e450_shows_what_it_sends_and_no_zero_for_the_rest(qtbot: QtBot) -> None:
    report = matrix(qtbot, "report", Report, "report-manual-1.4-landisgyr-e450")
    assert cell(report, "power_import") == "0.042"
    assert cell(report, "power_export") == "0.000", "a zero that was sent is a zero"
    assert cell(report, "power_import_l1") == "–"
    assert (cell(report, "voltage_l1"), cell(report, "power_factor"), cell(report, "tariff")) == ("", "", "")
    assert "Voltage" in report._unsent.text()
    assert cell(report, "meter_interface") == "M-Bus"
    energy = matrix(qtbot, "energy", Energy, "report-manual-1.4-landisgyr-e450")
    assert [cell(energy, f"reactive_q1{end}") for end in ("", "_t1", "_t2")] == ["33.713", "31.700", "2.013"]
    assert cell(energy, "reactive_positive") == ""
    assert "Highest demand, import" in energy._unsent.text()


def test_the_manuals_ers801_shows_its_phases(qtbot: QtBot) -> None:
    report = matrix(qtbot, "report", Report, "report-manual-1.4-ensor-ers801")
    assert [cell(report, f"voltage_{phase}") for phase in ("l1", "l2", "l3")] == ["234.3", "36.2", "36.5"]
    assert [cell(report, f"current_{phase}") for phase in ("l1", "l2", "l3")] == ["0.22", "0.00", "0.00"]
    assert cell(report, "meter_logical_name") == "ESR51030712084367"
    assert "Reactive power, positive" in report._unsent.text()
    energy = matrix(qtbot, "energy", Energy, "report-manual-1.4-ensor-ers801")
    assert cell(energy, "active_import") == "68.092"
    assert "Reactive energy Q1, imported inductive" in energy._unsent.text()


# Settings.


def test_services_are_sent_and_verified_by_keyboard_alone(qrun: QRun, tmp_path: Path) -> None:
    async def work() -> None:
        with device() as on:
            async with reader(on, tmp_path) as shown:
                desk = Desk(shown.window, on, shown.handle)  # type: ignore[arg-type]
                await desk.when(lambda: active(shown.window))
                panel = await desk.open("whatwatt.services")
                type_in("whatwatt.services.report_interval_s", "60")
                tick("whatwatt.services.sd_logging")
                type_in("whatwatt.services.sd_interval_s", "2000")
                assert "1 to 1440" in panel._form.rows["sd_interval_s"].problem.text
                type_in("whatwatt.services.sd_interval_s", "30")
                await desk.send(panel)
                services = on.simulator.settings["services"]
                assert (services["report_interval"], services["sd"]) == (60, {"frequency": 30, "enable": True})

    qrun(work())


def test_a_meters_key_is_written_only_and_a_wrong_length_is_refused_beside_it(qrun: QRun, tmp_path: Path) -> None:
    async def work() -> None:
        with device() as on:
            async with reader(on, tmp_path) as shown:
                panel = await shown.panel("meter_port")
                enter(panel, "encryption_key", KEY[:30])
                assert "32 hexadecimal digits" in panel._form.rows["encryption_key"].problem.text
                assert not control(panel, "send", QPushButton).isEnabled()
                enter(panel, "encryption_key", KEY[:31] + "G")
                assert "32 hexadecimal digits" in panel._form.rows["encryption_key"].problem.text
                enter(panel, "encryption_key", KEY)
                await preview_and_send(shown, panel, KEY)
                assert on.simulator.meter_port.values["encryption_key"] == KEY
                assert panel._form.rows["encryption_key"].editor.value() == "", "what was sent is not kept"
                assert KEY not in shown.toasts()
                enter(panel, "encryption_key", "0" * 32)
                await preview_and_send(shown, panel, "0" * 32)
                assert set(on.simulator.meter_port.values["encryption_key"]) <= {"0"}
                assert on.writes() == ["PUT /api/v1/meter/settings"] * 2

    qrun(work())


async def preview_and_send(shown: Reader, panel: Any, secret: str) -> None:
    press(panel, "preview")
    dialog = await asked(shown.window, f"{panel.objectName()}.preview_dialog")
    technical = dialog.findChild(QPlainTextEdit)
    assert "encryption_key" in technical.toPlainText()
    assert secret not in technical.toPlainText()
    button = dialog.findChild(QPushButton, f"{panel.objectName()}.preview_dialog.send")
    button.click()
    await until(lambda: panel.state.startswith("Sent and verified"))


@pytest.mark.parametrize("digest", [True, False])
def test_a_device_with_a_password_is_reached_by_digest_and_by_basic(qrun: QRun, tmp_path: Path, digest: bool) -> None:
    async def work() -> None:
        with device(password="orange juice", digest=digest) as on:
            async with reader(on, tmp_path, password="orange juice") as shown:
                panel = await shown.panel("access")
                assert panel.state.startswith("As on the device")
                enter(panel, "name", "Cellar")
                press(panel, "send")
                await until(lambda: panel.state.startswith("Sent and verified"))
                assert on.simulator.settings["system"]["name"] == "Cellar"

    qrun(work())


@pytest.mark.parametrize("digest", [True, False])
def test_a_wrong_password_is_asked_again_and_never_called_not_found(qrun: QRun, tmp_path: Path, digest: bool) -> None:
    async def work() -> None:
        with device(password="orange juice", digest=digest) as on:
            async with reader(on, tmp_path, password="orange juice") as shown:
                on.simulator.protection.password = "another"
                panel = await shown.panel("services")
                assert "does not accept" in panel._failure.words
                await until(lambda: shown.page._trouble.isVisible())
                assert "Log in again" in shown.page._reopen.text()

    qrun(work())


# Firmware, restart, reset.


def test_new_firmware_is_uploaded_found_again_and_proven(qrun: QRun, tmp_path: Path, impatient: None) -> None:
    image = tmp_path / "whatwatt-1.11.bin"
    image.write_bytes(firmware_image("1.11.0", 300_000))

    async def work() -> None:
        with device(name="Main") as on:
            async with reader(on, tmp_path) as shown:
                page = shown.page.open("firmware")
                assert isinstance(page, FirmwarePage)
                await until(lambda: words(page, "whatwatt.firmware.version") == "1.10.0")
                assert not page.targets.list.isVisible(), "no meters of its own to be renewed"
                page.take(image)
                await until(lambda: page.image is not None)
                press_named(page, "upload")
                await until(lambda: page.uploading or page.uploaded)
                await until(lambda: not page.uploading)
                press_named(page, "install")
                await until(lambda: page.findChildren(QDialog))
                page.findChildren(QDialog)[0].accept()
                await until(lambda: page.sending)
                assert not shown.window.close(), "the window does not close over it"
                assert any("must not be interrupted" in toast.text for toast in shown.window.toasts.shown)
                await until(lambda: not page.sending, 20)
                await until(lambda: "1.10.0 → 1.11.0" in page.result.words)
                await until(lambda: words(page, "whatwatt.firmware.version") == "1.11.0")

    qrun(work())


def press_named(page: FirmwarePage, name: str) -> None:
    button = page.findChild(QPushButton, f"whatwatt.firmware.{name}")
    assert button.isEnabled(), name
    button.click()


def test_a_file_that_is_no_firmware_is_refused_in_the_devices_own_words(
    qrun: QRun, tmp_path: Path, impatient: None
) -> None:
    image = tmp_path / "holiday.jpg"
    image.write_bytes(b"\xff\xd8" + bytes(5000))

    async def work() -> None:
        with device() as on:
            async with reader(on, tmp_path) as shown:
                page = shown.page.open("firmware")
                page.take(image)
                await until(lambda: page.image is not None)
                press_named(page, "upload")
                await until(lambda: "not a firmware image" in shown.toasts() + page.result.words)
                assert page.uploaded is None
                assert on.simulator.firmware == "1.10.0"

    qrun(work())


def test_a_restart_is_asked_about_watched_and_proven(qrun: QRun, tmp_path: Path, impatient: None) -> None:
    async def work() -> None:
        with device() as on:
            async with reader(on, tmp_path) as shown:
                page = shown.page.open("whatwatt.restart")
                press(page, "start")
                dialog = await asked(shown.window, "whatwatt.restart.dialog")
                assert on.writes() == [], "it is asked about first"
                dialog.accept()
                await until(lambda: page.state.startswith("Done and verified"), 15)
                assert on.simulator.boots == 1

    qrun(work())


def test_a_factory_reset_names_what_is_lost_and_return_does_not_do_it(
    qrun: QRun, tmp_path: Path, impatient: None
) -> None:
    async def work() -> None:
        with device(name="Main") as on:
            on.simulator.radio.wired = True
            async with reader(on, tmp_path) as shown:
                page = shown.page.open("whatwatt.factory_reset")
                press(page, "start")
                dialog: Any = await asked(shown.window, "whatwatt.factory_reset.dialog")
                told = dialog._erases.words
                assert "the meter's keys" in told
                assert "Wi-Fi network" in told
                assert dialog.cancel_button.isDefault()
                dialog.accept_button.click()
                await until(lambda: page.state.startswith("Done and verified"), 15)
                assert on.simulator.settings["system"]["name"] == ""

    qrun(work())


def test_a_page_that_breaks_off_is_said_to_be_unread(qrun: QRun, tmp_path: Path) -> None:
    async def work() -> None:
        with device() as on:
            async with reader(on, tmp_path) as shown:
                on.running.faults.add(Fault.CUT_BODY, path="/api/v1/settings", times=10)
                panel = await shown.panel("services")
                assert panel._failure.isVisible()
                assert panel.state.startswith("Could not be read")

    qrun(work())
