"""INGECON SUN in the window: what is declared becomes pages, and only those that the device has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTableView

from app.model.section import AnySection
from app.simulators.faults import Fault
from app.vendors.ingecon.simulator import Kind
from app.vendors.ingecon.vendor import INGECON
from tests.ui.conftest import QRun, until
from tests.ui.ingecon import connected, plant
from tests.ui.test_every_control import SMALL, nameless, visit
from tests.ui.test_window import asked, opened, panel_of, type_into
from ui.forms.panel import SectionPanel
from ui.forms.row import FieldRow
from ui.workbench import State

INVERTER = ["ingecon.codes", "ingecon.answer", "live"]
PAGES = {
    Kind.PLAY_1: ["ingecon.play1", *INVERTER],
    Kind.PLAY_3: ["ingecon.play3", *INVERTER],
    Kind.STORAGE_1: ["ingecon.storage1", *INVERTER],
    Kind.STORAGE_3: ["ingecon.storage3", *INVERTER],
    Kind.EMS_PHASES: ["flow", "ingecon.plant", "ingecon.datalogger", "ingecon.daily", "live"],
    Kind.EMS_STORAGE: ["flow", "ingecon.plant", "ingecon.storage", "ingecon.datalogger", "ingecon.daily", "live"],
}
TITLES = {
    Kind.PLAY_1: "1Play",
    Kind.PLAY_3: "3Play",
    Kind.STORAGE_1: "STORAGE 1Play TLM",
    Kind.STORAGE_3: "STORAGE 3Play",
    Kind.EMS_PHASES: "EMS",
    Kind.EMS_STORAGE: "EMS with storage",
}


def rows(panel: SectionPanel) -> dict[str, FieldRow]:
    """The rows of a form by the names of their fields."""
    form: Any = panel._form
    return dict(form.rows)


def shown_value(row: FieldRow) -> str:
    """What stands beside a field's label."""
    control = row.editor.control
    assert isinstance(control, QLabel)
    return control.text()


def table(panel: SectionPanel, name: str) -> list[list[str]]:
    """A table as it is shown."""
    view = panel.findChild(QTableView, f"{panel.objectName()}.{name}")
    assert view is not None
    model = view.model()
    return [[model.index(y, x).data() for x in range(model.columnCount())] for y in range(model.rowCount())]


async def reloaded(panel: SectionPanel, happened: Callable[[], object]) -> None:
    """Read until something is so: within a second the inverter is not asked again."""

    await until(lambda: happened() or panel.reload())


@pytest.mark.parametrize("kind", PAGES)
def test_a_device_shows_its_own_pages_and_they_fill(qrun: QRun, tmp_path: Path, kind: Kind) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            window, page = at.window, at.page
            assert page.keys() == PAGES[kind]
            assert at.handle.name == TITLES[kind]
            await visit(window, page)
            for key in page.keys():  # noqa: SIM118 - the page's sections
                shown: Any = page.open(key)
                QApplication.sendPostedEvents()
                assert nameless(window) == []
                assert (window.width(), window.height()) == SMALL, key
                if key == "live":
                    await until(lambda shown=shown: shown.source is not None and shown.source.ring.readings >= 1)
                elif key == "flow":
                    await until(lambda shown=shown: shown.state.startswith("Live"))
                elif key in ("ingecon.datalogger", "ingecon.daily"):
                    await until(lambda shown=shown: shown.records.count > 0)

    with plant(kind, serial="404000000007") as device:
        qrun(look(), 60)


@pytest.mark.parametrize("kind", [Kind.PLAY_1, Kind.PLAY_3, Kind.STORAGE_1, Kind.STORAGE_3, Kind.EMS_STORAGE])
def test_every_documented_value_is_shown_with_its_unit_and_its_meaning(qrun: QRun, tmp_path: Path, kind: Kind) -> None:
    key = next(key for key in PAGES[kind] if key not in ("flow", "ingecon.plant"))
    section: AnySection = INGECON.section(key)

    async def look() -> None:
        async with connected(tmp_path, device) as at:
            panel = await panel_of(at.page, key)
            told = {name: row for name, row in rows(panel).items() if name not in ("others", "unread")}
            assert set(told) == {field.name for field in section.fields} - {"others", "unread"}
            for name, row in told.items():
                field = section.field(name)
                await until(row._hint.isVisible)
                assert field.help in row._hint.text()
                if field.unit and shown_value(row) != "–":
                    assert shown_value(row).endswith(f" {field.unit}"), name

    with plant(kind) as device:
        qrun(look(), 60)


def test_the_phases_stand_side_by_side_with_their_sum(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            shown = {cells[0]: cells[1:] for cells in table(await panel_of(at.page, "ingecon.plant"), "phases")}
            parts = [float(cell) for cell in shown["Grid power"][:4]]
            assert parts[3] == pytest.approx(sum(parts[:3]))
            assert shown["Grid power"][4:] == ["W", "Above zero the site imports, below zero it exports (W)."]
            assert len(set(shown["State of charge"][:4])) == 1

    with plant(Kind.EMS_PHASES) as device:
        qrun(look(), 60)


def test_the_header_tells_model_serial_number_and_firmware(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            facts = {label.accessibleName(): label.text() for label in at.page.header.findChildren(QLabel)}
            assert facts["Device"] == "3Play"
            assert facts["Model"] == "INGECON SUN 3Play"
            assert (facts["Serial"], facts["Firmware"]) == ("404000000007", "ABI1000_M")

    with plant(Kind.PLAY_3, serial="404000000007") as device:
        qrun(look(), 60)


def test_what_the_inverter_could_not_read_is_missing_and_never_zero(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            panel = await panel_of(at.page, "ingecon.play3")
            row = rows(panel)["pac"]
            assert shown_value(row) == "–"
            assert "could not read" in row.problem.text
            assert shown_value(rows(panel)["unread"]) == "Vac2, Pac"
            answer = {cells[0]: cells[1] for cells in table(await panel_of(at.page, "ingecon.answer"), "rows")}
            assert answer["Pac"] == "not read"
            live: Any = at.page.open("live")
            await until(lambda: live.source is not None and live.source.ring.readings >= 1)
            value = live.findChild(QLabel, "ingecon.live.value.pac")
            assert value.text() == "–"
            device.simulator.failing.clear()
            at.page.open("ingecon.play3")
            await reloaded(panel, lambda: shown_value(row) != "–")
            assert not row.problem.text

    with plant(Kind.PLAY_3) as device:
        device.simulator.failing = {"Pac", "Vac2"}
        qrun(look(), 60)


def test_codes_are_hexadecimal_and_every_set_bit_has_its_line(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            panel = await panel_of(at.page, "ingecon.codes")
            codes = {cells[4]: cells[:4] for cells in table(panel, "codes")}
            assert codes["AlarmCode"] == ["Alarms", "0x00010002", "bits 1, 16", "ABH2010IMC14"]
            assert codes["BmsAlarms"][1:3] == ["0x0000", "none"]
            alarms = [cells[1:] for cells in table(panel, "bits") if cells[0] == "Alarms"]
            assert alarms == [["bit 1", "explained in ABH2010IMC14"], ["bit 16", "explained in ABH2010IMC14"]]
            values = await panel_of(at.page, "ingecon.storage1")
            assert "ABH2010IMC14" in rows(values)["alarmcode"].problem.text

    with plant(Kind.STORAGE_1) as device:
        device.simulator.alarm = 0x00010002
        qrun(look(), 60)


def test_a_battery_that_is_away_is_said_and_has_no_charge(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            panel = await panel_of(at.page, "ingecon.storage")
            assert shown_value(rows(panel)["soc"]) == shown_value(rows(panel)["ems_soc"]) == "–"
            assert "not available" in rows(panel)["statusbat"].problem.text
            flow: Any = at.page.open("flow")
            await until(lambda: flow.widget.part("battery").words == "not available")

    with plant(Kind.EMS_STORAGE) as device:
        device.simulator.battery = False
        qrun(look(), 60)


def test_a_wrong_password_is_asked_for_again_and_kept_nowhere(qrun: QRun, tmp_path: Path) -> None:
    async def log_in() -> None:
        async with opened(tmp_path) as window:
            handle = await window.bench.add_address(device.running.url)
            connecting = asyncio.ensure_future(window.connect_device(handle))
            first = await asked(window, "login")
            type_into(first, "login.password", "not this one")
            QTest.keyClick(first, Qt.Key.Key_Return)
            await until(lambda: not first.isVisible())
            again = await asked(window, "login")
            type_into(again, "login.password", "installer")
            QTest.keyClick(again, Qt.Key.Key_Return)
            await connecting
            assert handle.state is State.CONNECTED

    with plant(Kind.EMS_STORAGE) as device:
        qrun(log_in(), 60)
    assert not any(b"not this one" in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_a_refusal_is_told_in_the_devices_words_and_a_reload_gets_over_it(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            panel = await panel_of(at.page, "ingecon.play1")
            device.unplug()
            other = device.host.add(OnlyGets(), port=device.running.address.port)
            await reloaded(panel, lambda: "405" in panel._failure.words)
            assert "POST is switched off" in panel._failure.words
            device.host.remove(other)
            device.plug_in()
            await reloaded(panel, lambda: panel.state.startswith("As on the device") and not panel._failure.words)

    with plant(Kind.PLAY_1) as device:
        qrun(look(), 60)


def test_a_broken_answer_is_an_error_and_the_values_before_stay(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with connected(tmp_path, device) as at:
            panel = await panel_of(at.page, "ingecon.storage3")
            before = shown_value(rows(panel)["workinghours"])
            device.running.faults.add(Fault.CUT_BODY, path="/inverter", times=3)
            await reloaded(panel, lambda: panel._failure.words)
            assert shown_value(rows(panel)["workinghours"]) == before

    with plant(Kind.STORAGE_3) as device:
        qrun(look(), 60)


@pytest.mark.parametrize("kind", [Kind.EMS_PHASES, Kind.EMS_STORAGE])
def test_unplugged_while_live_the_plots_wait_and_go_on_by_themselves(qrun: QRun, tmp_path: Path, kind: Kind) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            live: Any = at.page.open("live")
            await until(lambda: live.source is not None and live.source.ring.readings >= 3)
            device.unplug()
            await until(lambda: live.state.text().startswith("No reading for"))
            readings = live.source.ring.readings
            device.plug_in()
            await until(lambda: live.source.ring.readings > readings + 2, 30)
            await until(lambda: live.state.text().startswith("Live, last reading"))

    with plant(kind) as device:
        qrun(watch(), 60)


def test_streams_that_other_programs_hold_are_said_as_such_below_plots_and_picture(qrun: QRun, tmp_path: Path) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            flow: Any = at.page.open("flow")
            live: Any = at.page.open("live")
            for key, words in (("flow", lambda: flow.state), ("live", lambda: live.state.text())):
                at.page.open(key)
                await until(lambda words=words: words().startswith("Live, last reading"), 20)
                device.host.fault(device.running, "streams")
                await until(lambda words=words: "answers 503" in words(), 20)
                assert words().startswith("No reading for")
                assert "Are other programs reading it?" in words()
                device.host.mend(device.running, "streams")
                await until(lambda words=words: words().startswith("Live, last reading"), 20)

    with plant(Kind.EMS_STORAGE) as device:
        qrun(watch(), 60)


def test_why_an_inverter_that_is_asked_in_vain_gives_nothing_is_said(qrun: QRun, tmp_path: Path) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            live: Any = at.page.open("live")
            await until(lambda: live.source is not None and live.source.ring.readings)
            device.unplug()
            await until(lambda: live.state.text().startswith("No reading for"), 20)
            assert "connection refused" in live.state.text()
            assert "Check power, cable and address" in live.state.text()
            # The poll rests longer and longer: whoever has plugged the inverter in need not wait for it.
            device.plug_in()
            readings = live.source.ring.readings
            at.page.refresh()
            await until(lambda: live.source.ring.readings > readings, 3)
            await until(lambda: live.state.text().startswith("Live, last reading"))

    with plant(Kind.PLAY_1) as device:
        qrun(watch(), 60)


def test_every_page_of_an_ems_is_reached_by_keyboard_alone(qrun: QRun, tmp_path: Path) -> None:
    async def type_along() -> None:
        async with connected(tmp_path, device) as at:
            view = at.page.list
            view.setFocus()
            QTest.keyClick(view, Qt.Key.Key_Home)
            seen = []
            for key in PAGES[Kind.EMS_STORAGE]:
                await until(lambda key=key: at.page.stack.currentWidget() is at.page._panels.get(key))
                seen.append(key)
                QTest.keyClick(view, Qt.Key.Key_Down)
            assert seen == at.page.keys()
            await until(lambda: not at.window.tasks.running)

    with plant(Kind.EMS_STORAGE) as device:
        qrun(type_along(), 60)


class OnlyGets:
    """A device at the same address that refuses every POST."""

    vendor = "other"
    max_connections = 8
    keep_alive_s = 5.0
    tls = None
    announce = None

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Refuse."""
        head = {"type": "http.response.start", "status": 405, "headers": [(b"content-type", b"text/plain")]}
        await send(head)
        await send({"type": "http.response.body", "body": b"POST is switched off"})
