"""Every workflow of a meter's pages with the keyboard alone, against the simulated gateway over HTTPS."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from app.vendors.g13.simulator.alarms import Alarms
from app.vendors.g13.simulator.conversion import Factors
from app.vendors.g13.simulator.inputs_outputs import ALARM, COMMUNICATION, INPUT, PULSE, InputsOutputs
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.meter_log import MeterLog
from app.vendors.g13.simulator.registers import ResettableRegisters
from app.vendors.g13.simulator.stored_values import StoredValues
from app.vendors.g13.simulator.tariff_calendar import Calendar
from app.vendors.g13.simulator.tariffs import COMMUNICATION as BY_COMMUNICATION
from app.vendors.g13.simulator.tariffs import TariffState
from tests.gateways import MAIN, Gateway, gateway
from tests.ui.conftest import QRun
from tests.ui.keyboard import (
    CONTROL,
    POPUPS,
    SHIFT,
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
    write,
)

pytestmark = POPUPS
VOLTAGE_L1 = 69


def meter_of(device: Gateway) -> SimulatedMeter:
    return device.simulator.gateway.wired(MAIN)


async def copied(desk: Desk, key: str, table: str) -> str:
    """Open a page, select its whole table, and copy it: what a user gets who only looks."""
    await desk.open(key)
    tab_to(f"{key}.{table}")
    press(Key.Key_A, CONTROL)
    press(Key.Key_C, CONTROL)
    return QGuiApplication.clipboard().text()


def test_pages_are_found_by_typing_and_events_paged_filtered_and_exported(qrun: QRun, tmp_path: Path) -> None:
    exported = tmp_path / "events.csv"

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            tab_to("g13.meter.find")
            write("event l")
            press(Key.Key_Return)
            assert desk.page.stack.currentWidget().objectName() == "g13.meter_events"
            assert keyboard() is desk.page.list
            back_to("g13.meter.find")
            press(Key.Key_Escape)
            assert keyboard().text() == ""

            info = await desk.open("g13.info")
            assert "A44" in info.draft.value.label
            await desk.open("g13.flags")

            log = await desk.open("g13.meter_events")
            newest = log.records.count
            tab_to("g13.meter_events.earlier")
            press(Key.Key_Space)
            await desk.when(lambda: not log.reading and log.records.count > newest)
            tab_to("g13.meter_events.filter_log")
            press(Key.Key_Down)
            assert 0 < log.table.rows.rowCount() < log.records.count
            tab_to("g13.meter_events.export")
            press(Key.Key_Space)
            press(Key.Key_Down)
            press(Key.Key_Return)
            await desk.save("g13.meter_events.export_dialog", exported)
            await desk.when(exported.exists)
            assert len(exported.read_text("utf-8-sig").splitlines()) == log.records.count + 1

    with gateway() as device:
        meter = meter_of(device)
        assert len(meter.part(MeterLog).lines) > 100
        qrun(work(device), 60)


def test_energy_is_looked_at_and_a_register_reset(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            assert "Active" in await copied(desk, "g13.energy", "registers")
            assert "Active" in await copied(desk, "g13.power", "powers")
            assert "L1" in await copied(desk, "g13.instrument", "lines")
            await copied(desk, "g13.voltage_harmonics", "orders")
            back_to("g13.voltage_harmonics.show.l1")
            shown = keyboard().isChecked()
            press(Key.Key_Space)
            assert keyboard().isChecked() is not shown
            assert await copied(desk, "g13.current_harmonics", "orders")

            resettable = await desk.open("g13.resettable")
            await desk.begin("g13.reset_registers")
            tick("g13.reset_registers.active_import")
            press(Key.Key_Return, CONTROL)
            await desk.done("Reset registers")
            await desk.when(lambda: resettable.state.startswith("As on the device"))
            assert keyboard().objectName() == "g13.reset_registers.start", "the keyboard is where it was"

    with gateway() as device:
        registers = meter_of(device).part(ResettableRegisters)
        before = registers.counters()["resetcounter"]
        qrun(work(device), 60)
        after = registers.counters()["resetcounter"]
        assert {tag for tag in after if after[tag] != before[tag]} == {"activeimport"}


def test_ports_are_used_switched_reset_and_send_pulses(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            use = await desk.open("g13.io_use")
            choose("g13.io_use.port_3", "Pulse output")
            await desk.send(use)

            pulses = await desk.open("g13.pulses")
            tab_to("g13.pulses.outputs")
            await cell(0, 1, "Port 3")
            await cell(0, 2, "50")
            await cell(0, 3, "1000")
            await cell(0, 4, "Active export")
            await desk.send(pulses)

            await desk.open("g13.io_state")
            await desk.begin("g13.set_output")
            choose("g13.set_output.port", "Port 2")
            choose("g13.set_output.on", "On")
            press(Key.Key_Return, CONTROL)
            await desk.done("Switch an output")
            await desk.begin("g13.reset_inputs")
            tick("g13.reset_inputs.input_4")
            tick("g13.reset_inputs.stored_states")
            press(Key.Key_Return, CONTROL)
            await desk.done("Reset inputs")

    with gateway() as device:
        ports = meter_of(device).part(InputsOutputs)
        counted = ports.counter(4)
        qrun(work(device), 60)
        assert ports.uses == [ALARM, COMMUNICATION, PULSE, INPUT]
        assert ports.pulses[0] == {"port": 3, "length": 50, "frequency": 1000, "energytype": 1}
        assert ports.switched[2]
        assert ports.counter(4) < counted


def test_previous_values_are_configured_looked_at_and_erased(qrun: QRun, tmp_path: Path) -> None:
    exported = tmp_path / "previous.csv"

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            stored = await desk.open("g13.stored_previous")
            choose("g13.stored_previous.period", "Everything")
            press(Key.Key_F5)
            await desk.when(lambda: not stored.reading and stored.records.count > 5)
            assert keyboard().objectName() == "g13.stored_previous.period", "the keyboard is where it was"
            await desk.begin("g13.erase_previous")
            tick("g13.erase_previous.dialog.export")
            await desk.save("g13.stored_previous.export_dialog", exported)
            await desk.done("Erase previous values")
            await desk.when(lambda: not stored.reading and not stored.records.count)

            settings = await desk.open("g13.previous_values")
            choose("g13.previous_values.interval", "Weekly")
            choose("g13.previous_values.weekday", "Wednesday")
            tab_to("g13.previous_values.channels")
            go_to(5, 0)
            press(Key.Key_Delete)
            await desk.send(settings, asks=True)

    with gateway() as device:
        stored = meter_of(device).part(StoredValues)
        kept = len(stored.snapshots)
        qrun(work(device), 60)
        assert len(exported.read_text("utf-8-sig").splitlines()) == kept + 1
        assert not stored.snapshots
        assert (stored.previous.interval, stored.previous.weekday) == ("weekly", 3)
        assert stored.previous.quantities == (1, 2, 21, 9, 10)


def test_load_profiles_are_looked_at_exported_erased_and_configured(qrun: QRun, tmp_path: Path) -> None:
    exported = tmp_path / "profile.csv"

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            stored = await desk.open("g13.stored_profiles")
            tab_to("g13.stored_profiles.channel")
            press(Key.Key_Down, times=3)
            choose("g13.stored_profiles.period", "Today")
            choose("g13.stored_profiles.period", "Last 30 days")
            press(Key.Key_F5)
            await desk.when(lambda: not stored.reading and stored.records.columns[1].title.startswith("Voltage L1"))
            assert stored.records.count > 24
            tab_to("g13.stored_profiles.export")
            press(Key.Key_Space)
            press(Key.Key_Down)
            press(Key.Key_Return)
            await desk.save("g13.stored_profiles.export_dialog", exported)
            await desk.when(exported.exists)
            await desk.begin("g13.erase_profiles")
            choose("g13.erase_profiles.channel", "Channel 4")
            tick("g13.erase_profiles.dialog.accept")
            await desk.done("Erase load profiles")

            settings = await desk.open("g13.load_profile")
            tab_to("g13.load_profile.channels")
            await cell(0, 2, "20000")
            press(Key.Key_Return, CONTROL)
            assert "1,000 too many" in settings._form.budget.total.text().replace("\u202f", ",").replace(
                "1000", "1,000"
            )
            assert settings.unsent == 1
            await cell(0, 2, "12000")
            press(Key.Key_Insert)
            row = keyboard().currentIndex().row()
            await cell(row, 0, "1 min")
            await cell(row, 1, "Voltage L2")
            await cell(row, 2, "500")
            await desk.send(settings, asks=True)

            demand = await desk.open("g13.stored_demand")
            choose("g13.stored_demand.period", "Everything")
            tick("g13.stored_demand.read")
            await desk.when(lambda: not demand.reading and demand.records.count > 0)
            assert keyboard().objectName() == "g13.stored_demand.read", "the keyboard is where it was"

    with gateway() as device:
        stored = meter_of(device).part(StoredValues)
        qrun(work(device), 60)
        assert len(exported.read_text("utf-8-sig").splitlines()) > 24
        assert any(request.startswith("DELETE") and request.endswith("/loadprofiles/4") for request in device.requests)
        channels = [(p.channel.interval_s, p.channel.quantity, p.channel.items) for p in stored.profiles]
        assert channels[0] == (900, 1, 12_000)
        assert channels[-1] == (60, 72, 500)


def test_factors_clock_with_daylight_saving_and_tariff_source(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            conversion = await desk.open("g13.conversion")
            fill("g13.conversion.co2", "0.5")
            fill("g13.conversion.currency", "0.31")
            await desk.send(conversion)

            clock = await desk.open("g13.meter_clock")
            back_to("g13.meter_clock.now")
            press(Key.Key_Space)
            tab_to("g13.meter_clock.dst_enabled")
            if not keyboard().isChecked():
                press(Key.Key_Space)
            choose("g13.meter_clock.start_day", "second last")
            choose("g13.meter_clock.start_weekday", "Saturday")
            choose("g13.meter_clock.start_hour", "01:00")
            press(Key.Key_Tab)
            assert "second last Saturday of March at 01:00" in clock._summary.text()
            await desk.send(clock)

            tariff = await desk.open("g13.tariff")
            choose("g13.tariff.source", "Communication")
            choose("g13.tariff.tariff", "Tariff 3")
            press(Key.Key_Tab)
            await desk.send(tariff)

    with gateway() as device:
        meter = meter_of(device)
        qrun(work(device), 60)
        assert (meter.part(Factors).co2, meter.part(Factors).currency) == (0.5, 0.31)
        assert abs((meter.clock.read() - datetime.now()).total_seconds()) < 5
        assert meter.dst is not None
        assert meter.dst["dststart"] == {"month": 3, "day": 253, "week": 6, "hour": 1}
        tariffs = meter.part(TariffState)
        assert (tariffs.source, tariffs.active) == (BY_COMMUNICATION, 3)


def test_a_tariff_calendar_of_days_weeks_seasons_and_special_days(qrun: QRun, tmp_path: Path) -> None:
    tomorrow = datetime.now() + timedelta(days=1)

    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            calendar = await desk.open("g13.calendar")
            tab_to("g13.calendar.profiles")
            press(Key.Key_Down)
            tab_to("g13.calendar.bar")
            press(Key.Key_Insert)
            press(Key.Key_Right, times=2)
            press(Key.Key_Left, SHIFT)
            press(Key.Key_1)

            tab_to("g13.calendar.tab")
            press(Key.Key_Right)
            back_to("g13.calendar.weeks")
            press(Key.Key_Down)
            tab_to("g13.calendar.week.sat")
            press(Key.Key_Up)
            tab_to("g13.calendar.tab")
            press(Key.Key_Right)
            back_to("g13.calendar.seasons")
            await cell(0, 1, "May")
            await cell(0, 2, "15")
            tab_to("g13.calendar.tab")
            press(Key.Key_Right)
            back_to("g13.calendar.special_days")
            press(Key.Key_Insert)
            row = keyboard().currentIndex().row()
            await cell(row, 6, "Profile 4")

            tab_to("g13.calendar.tab")
            press(Key.Key_Right)
            back_to("g13.calendar.year")
            press(Key.Key_Right)
            tab_to("g13.calendar.probe.time")
            press(Key.Key_Home)
            press(Key.Key_Up, times=6)
            probe = calendar.findChild(QLabel, "g13.calendar.probe")
            assert "special day 7" in probe.text()
            await desk.send(calendar)

    with gateway() as device:
        qrun(work(device), 60)
        inside = meter_of(device).part(Calendar)
        assert inside.days[2] == ((2, "00:00"), (1, "12:29"))
        assert inside.weeks[1].dayid == (3, 3, 3, 3, 3, 3, 4)
        assert (inside.seasons[0].month, inside.seasons[0].day) == (5, 15)
        added = inside.special_days[-1]
        assert (added.date.month, added.date.day, added.dayprofile) == (tomorrow.month, tomorrow.day, 4)


def test_an_alarm_is_activated_with_an_output(qrun: QRun, tmp_path: Path) -> None:
    async def work(device: Gateway) -> None:
        async with at_desk(device, tmp_path, MAIN) as desk:
            alarms = await desk.open("g13.alarms")
            tab_to("g13.alarms.alarms")
            go_to(1, 1)
            press(Key.Key_Space)
            await cell(1, 2, "Voltage L1")
            await cell(1, 3, "250")
            await cell(1, 4, "245")
            await cell(1, 6, "10")
            go_to(1, 8)
            press(Key.Key_Space)
            await cell(1, 9, "Port 2")
            press(Key.Key_Return, CONTROL)
            assert alarms.unsent == 1
            assert "port 2 is no alarm output" in alarms._form.rows["alarms"].problem.text
            await cell(1, 9, "Port 1")
            await desk.send(alarms)

    with gateway() as device:
        alarms = meter_of(device).part(Alarms)
        qrun(work(device), 60)
        assert alarms.channels[2].settings == {
            "id": 2,
            "quantity": VOLTAGE_L1,
            "onthreshold": 250,
            "offthreshold": 245,
            "ondelay": 10,
            "offdelay": 0,
            "log": True,
            "output": 1,
        }
