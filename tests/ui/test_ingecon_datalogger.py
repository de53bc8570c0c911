"""The EMS's datalogger in the window: by days, several of them joined, with gaps, progress, energies and an export."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDateEdit, QFileDialog, QTableView, QToolButton

from app.simulators.faults import Fault
from app.vendors.ingecon.simulator import Kind
from tests.ui.conftest import QRun, until
from tests.ui.ingecon import Plant, connected, plant
from tests.ui.test_archive_page import read, saved
from ui.pages.archive import ArchivePage
from ui.pages.archive_query import Span

TODAY = datetime.now().date()
DATALOGGER = "POST /ems/datalogger/samples/"


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def midnight(ago: int) -> datetime:
    return datetime.combine(day(ago), time())


def asked(device: Plant) -> list[str]:
    """The days that the device was asked for, without the one that proves the login."""
    tomorrow = f"{TODAY + timedelta(days=1):%Y%m%d}"
    days = [r.removeprefix(DATALOGGER)[:8] for r in device.simulator.requests if r.startswith(DATALOGGER)]
    return [found for found in days if found != tomorrow]


@asynccontextmanager
async def archive(folder: Path, device: Plant, key: str = "ingecon.datalogger") -> AsyncIterator[ArchivePage]:
    """The page of an archive, after its first reading."""
    async with connected(folder, device) as at:
        shown = at.page.open(key)
        assert isinstance(shown, ArchivePage)
        await read(shown)
        yield shown
        await until(lambda: not shown.reading)


def choose(shown: ArchivePage, first: int, last: int) -> None:
    """Choose several days by how many days ago they were."""
    shown.bar.choose(Span.DAYS)
    for name, ago in (("first_day", first), ("last_day", last)):
        edit = shown.findChild(QDateEdit, f"{shown.archive.key}.{name}")
        assert edit is not None
        edit.setDate(QDate(day(ago).year, day(ago).month, day(ago).day))


def button(shown: ArchivePage, name: str) -> QToolButton:
    found = shown.findChild(QToolButton, f"{shown.archive.key}.{name}")
    assert found is not None
    return found


def test_it_begins_with_today_and_goes_back_and_forth_by_days(qrun: QRun, tmp_path: Path) -> None:
    async def browse() -> None:
        async with archive(tmp_path, device) as shown:
            assert shown.records.count == 241
            assert shown.records.data[0][0] == midnight(0)
            back, forth = button(shown, "day_before"), button(shown, "day_after")
            back.setFocus()
            QTest.keyClick(back, Qt.Key.Key_Space)
            await until(lambda: not shown.reading and shown.records.count == 480)
            assert (shown.records.data[0][0], shown.records.data[0][-1].date()) == (midnight(1), day(1))
            await until(lambda: shown.picture.plots is not None and shown.picture.plots.plots)
            QTest.keyClick(forth, Qt.Key.Key_Space)
            await until(lambda: not shown.reading and shown.records.count == 241)
            QTest.keyClick(forth, Qt.Key.Key_Space)
            await until(lambda: not shown.reading and shown.records.count == 0)
            assert "nothing is kept in this period" in shown.state
            assert "No samples of" in shown.notes.text()
            assert not forth.isEnabled(), "nothing can be there after tomorrow"

    with plant(Kind.EMS_STORAGE) as device:
        qrun(browse(), 60)


@pytest.mark.qt_log_ignore("This plugin does not support")  # a calendar that drops down, without a screen
def test_a_day_is_picked_from_a_calendar(qrun: QRun, tmp_path: Path) -> None:
    async def pick() -> None:
        async with archive(tmp_path, device) as shown:
            edit = shown.findChild(QDateEdit, "ingecon.datalogger.day")
            QTest.mousePress(edit, Qt.MouseButton.LeftButton, pos=QPoint(edit.width() - 12, edit.height() // 2))
            calendar = edit.calendarWidget()
            await until(calendar.isVisible)
            days = calendar.findChild(QTableView, "qt_calendar_calendarview")
            for _ in range(7):
                QTest.keyClick(days, Qt.Key.Key_Left)
            QTest.keyClick(days, Qt.Key.Key_Return)
            await until(lambda: edit.date() == QDate(day(7).year, day(7).month, day(7).day))
            assert "press Read" in shown.state
            shown.activateWindow()
            await until(shown.isActiveWindow)
            QTest.keyClick(edit, Qt.Key.Key_F5)
            await until(lambda: not shown.reading and shown.records.data[0][0] == midnight(7))

    with plant(Kind.EMS_STORAGE) as device:
        qrun(pick(), 60)


def test_a_day_is_chosen_and_read_by_keyboard_alone(qrun: QRun, tmp_path: Path) -> None:
    async def type_it() -> None:
        async with archive(tmp_path, device) as shown:
            edit = shown.findChild(QDateEdit, "ingecon.datalogger.day")
            edit.setFocus()
            edit.setCurrentSection(QDateEdit.Section.DaySection)
            wanted = day(1) if TODAY.day > 1 else day(0)
            if TODAY.day > 1:
                QTest.keyClick(edit, Qt.Key.Key_Down)
            QTest.keyClick(edit, Qt.Key.Key_F5)
            await until(lambda: not shown.reading and shown.records.data[0][0].date() == wanted)

    with plant(Kind.EMS_STORAGE) as device:
        qrun(type_it(), 60)


def test_several_days_are_joined_gaps_stay_gaps_and_missing_days_are_named(qrun: QRun, tmp_path: Path) -> None:
    async def join() -> None:
        async with archive(tmp_path, device) as shown:
            choose(shown, 5, 2)
            shown.reload()
            await until(lambda: not shown.reading and shown.records.count == 3 * 480 - 40)
            assert shown.records.notes == (
                f"No samples of {day(4):%Y-%m-%d}.",
                "1 gap in the samples, the longest of 123 minutes.",
            )
            assert f"No samples of {day(4):%Y-%m-%d}" in shown.notes.text()
            plots = shown.picture.plots
            assert plots is not None
            await until(lambda: plots.plots and plots.shown[0] == midnight(5))
            values = plots.plots[0].curves[0].ring.column(plots.plots[0].curves[0].column)
            assert sum(value != value for value in values) == 2, "the line is broken twice"

    with plant(Kind.EMS_STORAGE) as device:
        device.simulator.missing_days.add(day(4))
        device.simulator.gaps.append((midnight(3) + timedelta(hours=6), midnight(3) + timedelta(hours=8)))
        qrun(join(), 60)


def test_what_cannot_be_asked_for_is_said_before_anything_is_asked(qrun: QRun, tmp_path: Path) -> None:
    async def choose_badly() -> None:
        async with archive(tmp_path, device) as shown:
            before = len(asked(device))
            for first, last, words in (
                (40, 0, "41 days at once are too many: at most 31 can be read."),
                (2, 3, "The last day lies before the first."),
            ):
                choose(shown, first, last)
                assert shown.state == words
                assert not shown.read_button.isEnabled()
                shown.reload()
            assert len(asked(device)) == before
            choose(shown, 30, 0)
            assert shown.read_button.isEnabled()

    with plant(Kind.EMS_STORAGE) as device:
        qrun(choose_badly(), 60)


def test_a_long_reading_tells_how_far_it_is_can_be_stopped_and_goes_on_where_it_was(qrun: QRun, tmp_path: Path) -> None:
    async def stop() -> None:
        async with archive(tmp_path, device) as shown:
            device.simulator.latency_s = 0.05
            del device.simulator.requests[:]
            choose(shown, 21, 2)
            shown.reload()
            await until(lambda: "3 of 20 days read" in shown.state)
            QTest.keyClick(shown.stop_button, Qt.Key.Key_Space)
            assert not shown.reading
            assert shown.records.count == 241, "what was read before stays"
            first = asked(device)
            device.simulator.latency_s = 0.0
            shown.reload()
            await until(lambda: not shown.reading and shown.records.count == 20 * 480)
            again = asked(device)[len(first) :]
            assert len(again) <= 20 - 3
            assert not set(first[:3]) & set(again), "a day that was read is not asked for again"
            shown.reload()
            await read(shown)
            assert len(asked(device)) == len(first) + len(again)

    with plant(Kind.EMS_STORAGE) as device:
        qrun(stop(), 60)


def test_a_day_that_breaks_off_is_said_and_what_was_shown_stays(qrun: QRun, tmp_path: Path) -> None:
    async def read_on() -> None:
        async with archive(tmp_path, device) as shown:
            device.running.faults.add(Fault.CUT_BODY, path="/ems/datalogger", times=5)
            shown.reload()
            await until(lambda: shown.state.startswith("Could not be read"))
            assert shown.records.count == 241
            device.running.faults.clear()
            shown.reload()
            await read(shown)

    with plant(Kind.EMS_PHASES) as device:
        qrun(read_on(), 60)


def test_energies_of_the_days_are_bars_with_their_coverage_and_their_method(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with archive(tmp_path, device, "ingecon.daily") as shown:
            assert shown.bar.span.currentData() is Span.WEEK
            keys = [column.key for column in shown.records.columns]
            covered = shown.records.data[keys.index("covered")]
            assert shown.records.count == 6, "a day without samples has no bar"
            assert list(covered[1:-1]) == [100.0] * 4
            assert covered[0] == pytest.approx(75, abs=0.2)
            assert covered[-1] == pytest.approx(50, abs=0.3)
            assert shown.table.rows.text(0, 0) == f"{TODAY:%Y-%m-%d}"
            assert shown.records.notes[0].startswith("Each sample counts until the next")
            assert f"No samples of {day(3):%Y-%m-%d}." in shown.records.notes
            await until(lambda: shown.picture.plots is not None and shown.picture.plots.plots)
            assert shown.picture.plots is not None
            assert [plot.unit for plot in shown.picture.plots.plots] == ["kWh"]

    with plant(Kind.EMS_STORAGE) as device:
        device.simulator.missing_days.add(day(3))
        device.simulator.gaps.append((midnight(6) + timedelta(hours=6), midnight(6) + timedelta(hours=12)))
        qrun(look(), 60)


def test_the_days_go_into_a_file(qrun: QRun, tmp_path: Path) -> None:
    async def export() -> None:
        async with archive(tmp_path, device, "ingecon.daily") as shown:
            shown.export_csv()
            await until(lambda: shown.findChild(QFileDialog))
            saved(shown, file)
            await until(file.exists)

    file = tmp_path / "energies.csv"
    with plant(Kind.EMS_STORAGE) as device:
        qrun(export(), 60)
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][:3] == ["Day", "Covered by samples [%]", "Imported [kWh]"]
    assert rows[1][0] == f"{day(6):%Y-%m-%d}"
    assert len(rows) == 8
