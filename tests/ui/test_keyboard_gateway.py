"""Every workflow of a gateway's pages with the keyboard alone, against the simulated gateway over HTTPS."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.commission.guided import Patience
from app.net.subnet import OwnAddress
from app.vendors.g13.gateway import firmware as firmware_topic
from app.vendors.g13.gateway import restart as restart_topic
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.event_log import REBOOT, EventLog
from app.vendors.g13.simulator.firmware import gateway_image, meter_image
from app.vendors.g13.simulator.gateway import Registration
from app.vendors.g13.simulator.network import PermittedMeters
from app.vendors.g13.simulator.users import Role
from tests.gateways import MAIN, PASSWORD, Gateway, gateway
from tests.ui.conftest import QRun
from tests.ui.keyboard import (
    CONTROL,
    POPUPS,
    Desk,
    Key,
    at_desk,
    back_to,
    cell,
    choose,
    fill,
    go_to,
    keyboard,
    press,
    tab_to,
    tick,
)
from ui.workbench import State

pytestmark = POPUPS
VENTILATION = "ABB01EM000014502"
THIRD = "ABB01EM000014503"
NEW = "Kellerfenster 12"
QUICK = Patience(
    own=lambda: (OwnAddress("127.0.0.1", 28),),
    settling_s=0.1,
    silent_s=0.6,
    pause_s=0.05,
    look_s=2.0,
    longest_s=8.0,
)


def with_a_third_meter(device: Gateway) -> None:
    inside = device.simulator.gateway
    inside.registered[THIRD] = Registration(inside.wired(THIRD), "Heat pump", "Cellar", inside.now() - 3600)


def test_name_clock_timeouts_and_permitted_meters(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            name = await desk.open("g13.name")
            fill("g13.name.alias", "Cellar")
            fill("g13.name.location", "Building 2")
            await desk.send(name)

            clock = await desk.open("g13.clock")
            back_to("g13.clock.now")
            press(Key.Key_Space)
            await desk.send(clock)

            mbus = await desk.open("g13.mbus")
            times = {"ack_ms": "500", "get_request_ms": "20", "meter_contact_ms": "20", "response_ms": "400"}
            for field, text in times.items():
                fill(f"g13.mbus.{field}", text)
            await desk.send(mbus)

            permitted = await desk.open("g13.permitted")
            for serial in ("WL0000000001", "WL0000000002"):
                tab_to("g13.permitted.meters")
                press(Key.Key_Insert)
                await cell(keyboard().currentIndex().row(), 0, serial)
            await desk.send(permitted)
            assert device.simulator.gateway.part(PermittedMeters).serials == ["WL0000000001", "WL0000000002"]
            press(Key.Key_Up)
            press(Key.Key_Delete)
            await desk.send(permitted, asks=True)

    with gateway() as device:
        qrun(work(device), 60)
        inside = device.simulator.gateway
        assert (inside.alias, inside.location) == ("Cellar", "Building 2")
        assert abs((inside.clock.read() - datetime.now()).total_seconds()) < 3
        assert inside.part(Configuration).mbus["ack"] == 500
        assert inside.part(PermittedMeters).serials == ["WL0000000002"]


def test_a_new_address_is_followed(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            assert desk.handle.session is not None
            desk.handle.session.patience = QUICK
            ip = await desk.open("g13.ip")
            fill("g13.ip.ip", "127.0.0.2")
            fill("g13.ip.mask", "255.0.0.0")
            fill("g13.ip.gateway", "127.0.0.1")
            press(Key.Key_Return, CONTROL)
            preview = await desk.dialog("g13.ip.preview_dialog")
            assert "moves from 192.168.1.12 to 127.0.0.2" in preview.guided
            press(Key.Key_Return)
            await desk.when(lambda: ip.state.startswith("Sent and verified"), 15)
            assert desk.handle.session.address.host == "127.0.0.2"
            assert desk.handle.state is State.CONNECTED
            await desk.open("g13.about")

    with gateway() as device:
        device.simulator.gateway.part(Configuration).moving_s = 0.2
        qrun(work(device), 60)
        assert device.simulator.gateway.part(Configuration).ip["ip"] == "127.0.0.2"


def test_another_baud_rate_warns_of_the_meters_that_go_offline(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            bus = await desk.open("g13.eqbus")
            choose("g13.eqbus.baud", "115200 baud")
            press(Key.Key_Return, CONTROL)
            preview = await desk.dialog("g13.eqbus.preview_dialog")
            assert "Main incomer" in preview.guided
            assert "offline until their displays say 115200 baud too" in preview.guided
            press(Key.Key_Return)
            await desk.when(lambda: bus.state.startswith("Sent and verified"), 15)

    with gateway() as device:
        qrun(work(device), 60)
        inside = device.simulator.gateway
        assert inside.eqbus_baud_rate == 115200
        assert not inside.answers(inside.wired(MAIN))


def test_users_get_rights_and_the_own_password_changes(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            users = await desk.open("g13.users")
            tab_to("g13.users.access")
            press(Key.Key_Insert)
            await desk.dialog("g13.users.add_dialog")
            for entry, text in (("name", "fitter"), ("new", NEW), ("again", NEW)):
                fill(f"g13.users.add_dialog.{entry}", text)
            press(Key.Key_Return)
            await desk.when(lambda: not QApplication.activeModalWidget())
            assert keyboard().objectName() == "g13.users.access"
            go_to(2, 1)
            press(Key.Key_C)
            press(Key.Key_Down)
            press(Key.Key_V)
            await desk.send(users)

            await desk.begin("g13.own_password")
            for entry, text in (("old", PASSWORD), ("new", NEW), ("again", NEW)):
                fill(f"g13.own_password.{entry}", text)
            press(Key.Key_Return, CONTROL)
            await desk.done("Change own password")
            # The session goes on with the new one.
            await desk.when(lambda: users.state.startswith("As on the device"))

    with gateway() as device:
        qrun(work(device), 60)
        accounts = device.simulator.gateway.users
        fitter = accounts.authenticate("fitter", NEW)
        assert fitter is not None
        assert [accounts.role(fitter, serial) for serial in (MAIN, VENTILATION)] == [Role.CONFIGURE, Role.VIEW]
        assert accounts.authenticate("admin", NEW) is not None


def test_events_are_filtered_exported_and_cleared(qrun: QRun, tmp_path: Path) -> None:
    exported = tmp_path / "events.csv"

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            log = await desk.open("g13.gateway_events")
            count = log.records.count
            assert count > 2
            tab_to("g13.gateway_events.filter_event")
            press(Key.Key_Down)
            assert 0 < log.table.rows.rowCount() < count
            await desk.begin("g13.clear_events")
            tick("g13.clear_events.dialog.export")
            await desk.save("g13.gateway_events.export_dialog", exported)
            await desk.done("Clear the event log")
            await desk.when(lambda: not log.reading and log.records.count < count)

    with gateway() as device:
        log = device.simulator.gateway.part(EventLog)
        before = len(log.entries)
        qrun(work(device), 60)
        assert len(exported.read_text("utf-8-sig").splitlines()) >= before + 1
        assert len(log.entries) < before


def test_three_meters_are_compared_and_quantities_looked_up(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            compare = await desk.open("g13.compare")
            choose("g13.compare.quantity", "Voltage L1")
            tab_to("g13.compare.meters")
            assert len(compare.chosen()) == 3
            press(Key.Key_Down)
            press(Key.Key_Space)
            assert compare.chosen() == [MAIN, THIRD]
            press(Key.Key_Space)
            tick("g13.compare.read")
            await desk.when(lambda: compare.records.count == 3 and compare.state.text().startswith("Read "))
            press(Key.Key_F5)
            await desk.when(lambda: len([r for r in device.requests if r == "POST /gateway/execute"]) == 2)
            await desk.when(lambda: compare.state.text().startswith("Read "))

            await desk.open("g13.quantities")
            tab_to("g13.quantities.quantities")
            go_to(2, 1)
            press(Key.Key_C, CONTROL)
            assert QGuiApplication.clipboard().text() == keyboard().currentIndex().data()

    with gateway() as device:
        with_a_third_meter(device)
        qrun(work(device), 60)


def test_a_restart_is_watched_until_the_gateway_is_back(
    qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart_topic, "POLL_S", 0.05)

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            page = await desk.open("g13.restart")
            await desk.begin("g13.restart")
            press(Key.Key_Return)
            await desk.when(lambda: page.state.startswith("Done and verified"), 15)
            assert keyboard().objectName() == "g13.restart.start"
            await desk.open("g13.about")

    def restarts(device: Gateway) -> int:
        return sum(entry["id"] == REBOOT for entry in device.simulator.gateway.part(EventLog).entries)

    with gateway() as device:
        device.simulator.gateway.part(Configuration).restarting_s = 0.4
        before = restarts(device)
        qrun(work(device), 60)
        assert restarts(device) == before + 1


def test_firmware_of_the_gateway_and_of_two_meters(qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firmware_topic, "POLL_S", 0.05)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.METER_S", 0.3)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.WRITING_S", 0.6)
    monkeypatch.setattr("app.commission.firmware.AGAIN_S", 0.01)
    for name, content in (("gateway.bin", gateway_image("G1.5.0.0")), ("meters.bin", meter_image("B2.15.0.0"))):
        (tmp_path / name).write_bytes(content)

    async def uploaded(desk: Desk, name: str) -> None:
        page = desk.page.stack.currentWidget()
        press(Key.Key_O, CONTROL)
        await desk.save("g13.firmware.dialog", tmp_path / name)
        await desk.when(lambda: page.image is not None and page.image.name == name)
        await desk.when(lambda: keyboard().objectName() == "g13.firmware.upload")
        press(Key.Key_Space)
        await desk.when(lambda: page.uploaded is page.image)
        await desk.when(lambda: keyboard().objectName() == "g13.firmware.install")

    async def installed(desk: Desk) -> None:
        page = desk.page.stack.currentWidget()
        press(Key.Key_Space)
        await desk.dialog("firmware.ask")
        tick("firmware.ask.accept")
        await desk.when(lambda: page.sending)
        await desk.when(lambda: not page.sending, 15)
        assert page.result.words.startswith("Renewed")

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            await desk.open("firmware")
            tab_to("g13.firmware.device")
            await uploaded(desk, "gateway.bin")
            await installed(desk)
            back_to("g13.firmware.device")
            press(Key.Key_Down)
            assert keyboard().objectName() == "g13.firmware.some"
            tab_to("g13.firmware.meters")
            press(Key.Key_Space)
            press(Key.Key_Down)
            press(Key.Key_Space)
            await uploaded(desk, "meters.bin")
            await installed(desk)

    with gateway() as device:
        qrun(work(device), 60)
        inside = device.simulator.gateway
        assert inside.firmware == "G1.5.0.0"
        assert [inside.wired(serial).firmware for serial in (MAIN, VENTILATION)] == ["B2.15.0.0"] * 2


def test_meters_are_renamed_and_deleted_and_finds_forgotten(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path) as desk:
            meters = await desk.open("g13.meters")
            tab_to("g13.meters.meters")
            await cell(0, 1, "Incomer A")
            await desk.send(meters)
            tab_to("g13.meters.meters")
            go_to(1, 1)
            press(Key.Key_Delete)
            await desk.send(meters, asks=True)
            await desk.when(lambda: len(desk.handle.session.meters) == 1)

            scan = await desk.open("scan")
            tick("g13.scan.start")
            await desk.when(lambda: scan.found_count() and not scan.scanning())
            assert device.simulator.gateway.scanned
            await desk.begin("g13.forget_scanned")
            tick("g13.forget_scanned.dialog.accept")
            await desk.done("Forget scanned meters")

    with gateway() as device:
        qrun(work(device), 60)
        inside = device.simulator.gateway
        assert {serial: entry.alias for serial, entry in inside.registered.items()} == {MAIN: "Incomer A"}
        assert not inside.scanned
