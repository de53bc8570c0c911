"""The tariff calendar's editor on a simulated meter over HTTPS: bars, tables, the year, findings; mouse and keys."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QTableView, QTabWidget

from app.model.support import Capabilities
from app.vendors.g13.meter.tariff_models import (
    Season,
    SpecialDay,
    SwitchPoint,
    Week,
    profiles_of,
)
from app.vendors.g13.simulator.tariff_calendar import Calendar
from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, control, press, until
from tests.ui.test_keyboard import keyboard, tab_to
from tests.ui.test_keyboard import press as key
from ui.forms.panel import SectionPanel
from ui.theme import THEMES, apply_theme
from ui.vendors.g13.calendar import CalendarBody
from ui.vendors.g13.calendar_bar import DayBar
from ui.vendors.g13.calendar_list import EntryList
from ui.vendors.g13.calendar_points import added, moved, removed, switched
from ui.vendors.g13.calendar_year import YearView

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier
DAY = (SwitchPoint(1, "00:00", 2), SwitchPoint(1, "06:00", 1), SwitchPoint(1, "17:00", 5), SwitchPoint(1, "22:00", 2))


async def opened(bench: Bench) -> tuple[SectionPanel, CalendarBody]:
    bench.window.resize(920, 640)
    panel = await bench.ready("g13.calendar")
    assert isinstance(panel._form, CalendarBody)
    return panel, panel._form


def inside(bench: Bench) -> Calendar:
    return bench.device.simulator.gateway.wired(MAIN).part(Calendar)


def wanted(panel: SectionPanel, profile: int) -> list[tuple[str, int]]:
    assert panel.draft is not None
    return [(p.start, p.action) for p in profiles_of(panel.draft.value.switch_points)[profile]]


def open_tab(body: CalendarBody, index: int) -> None:
    body.tabs.setCurrentIndex(index)


# Edits of points.


def test_a_point_stays_between_its_neighbours_of_the_same_kind() -> None:
    assert moved(DAY, 1, 600)[0][1].start == "10:00"
    assert moved(DAY, 1, 0)[0][1].start == "00:01"
    # Past the output's point, up to the next tariff.
    points, index = moved(DAY, 1, 1439)
    assert (points[index].start, index) == ("21:59", 2)
    assert moved(DAY, 3, 5000)[0][3].start == "23:59"


def test_points_are_added_switched_and_removed() -> None:
    found = added(DAY, 1)
    assert found is not None
    points, index = found
    assert points[index] == SwitchPoint(1, "14:00", 2)
    assert added(DAY, 1, 360)[0][2] == SwitchPoint(1, "06:01", 2)
    assert added((), 3) == ((SwitchPoint(3, "00:00", 1),), 0)
    assert added(tuple(SwitchPoint(1, f"01:{n:02d}", 1) for n in range(30)), 1) is None
    assert switched(DAY, 0, 4)[0][0].action == 4
    assert removed(DAY, 3) == (DAY[:3], 2)


# By the keyboard alone.


def test_a_day_is_edited_by_keys_alone_sent_and_verified(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, _ = await opened(bench)
        control(panel, "undo").setFocus()
        panel.setFocus()
        control(panel, "help").setFocus()
        tab_to("g13.calendar.profiles")
        key(Key.Key_Down, times=2)
        key(Key.Key_Up)
        tab_to("g13.calendar.bar")
        assert "1 of 1: 00:00 Tariff 2" in keyboard().accessibleDescription()
        key(Key.Key_Insert)
        assert wanted(panel, 2) == [("00:00", 2), ("12:00", 3)]
        key(Key.Key_Right, times=2)
        key(Key.Key_Left, SHIFT)
        key(Key.Key_1)
        assert wanted(panel, 2) == [("00:00", 2), ("12:29", 1)]
        assert "2 of 2: 12:29 Tariff 1" in keyboard().accessibleDescription()
        key(Key.Key_Up)
        key(Key.Key_4)
        assert wanted(panel, 2) == [("00:00", 4), ("12:29", 1)]
        key(Key.Key_Z, CONTROL)
        assert wanted(panel, 2) == [("00:00", 2), ("12:29", 1)]
        key(Key.Key_Return, CONTROL)
        await until(lambda: panel.state.startswith("Sent and verified"))
        assert inside(bench).days[2] == ((2, "00:00"), (1, "12:29"))
        assert keyboard().objectName() == "g13.calendar.bar"

    on_bench(test)


def test_every_step_of_the_bar_is_one_undo_and_redo(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, _ = await opened(bench)
        bar = control(panel, "bar", DayBar)
        bar.setFocus()
        QTest.keyClick(bar, Key.Key_Down)
        for _ in range(3):
            QTest.keyClick(bar, Key.Key_Right)
        assert wanted(panel, 1)[1] == ("06:45", 1)
        panel.undo()
        assert wanted(panel, 1)[1] == ("06:30", 1)
        panel.undo()
        panel.undo()
        assert wanted(panel, 1)[1] == ("06:00", 1)
        assert panel.unsent == 0
        panel.redo()
        assert wanted(panel, 1)[1] == ("06:15", 1)

    on_bench(test)


# By the mouse.


def test_a_dragged_point_is_one_edit(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, _ = await opened(bench)
        bar = control(panel, "bar", DayBar)
        lane = bar._lane(0)

        def at(hour: float) -> QPoint:
            return QPointF(lane.left() + lane.width() * hour / 24, lane.center().y()).toPoint()

        QTest.mousePress(bar, Qt.MouseButton.LeftButton, PLAIN, at(6))
        for hour in (6.5, 7, 8.02):
            QTest.mouseMove(bar, at(hour))
        QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, PLAIN, at(8.02))
        assert wanted(panel, 1)[1] == ("08:00", 1)
        panel.undo()
        assert panel.unsent == 0
        QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, PLAIN, at(12.1))
        assert wanted(panel, 1)[2] == ("12:00", 2)

    on_bench(test)


# Day profiles.


def test_profiles_are_added_copied_and_only_new_ones_removed(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, _ = await opened(bench)
        press(panel, "profile.add")
        assert wanted(panel, 5) == [("00:00", 1)]
        control(panel, "profiles", EntryList).setCurrentRow(2)
        assert not control(panel, "profile.remove").isEnabled()
        press(panel, "profile.copy")
        assert wanted(panel, 6) == wanted(panel, 3)
        press(panel, "profile.remove")
        press(panel, "profile.remove")
        assert panel.unsent == 0

    on_bench(test)


def test_the_table_below_edits_the_same_points(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, body = await opened(bench)
        view = control(panel, "switch_points", QTableView)
        model = view.model()
        assert model.rowCount() == 3
        view.setCurrentIndex(model.index(1, 0))
        assert model.setData(model.index(1, 0), "23:00")
        # The row goes to its place in time, and is the chosen one in the bar too.
        assert wanted(panel, 1) == [("00:00", 2), ("22:00", 2), ("23:00", 1)]
        assert control(panel, "bar", DayBar).index == 2
        model.setData(model.index(1, 0), "25:00")
        assert "is no time of day" in body.findings.text
        assert not control(panel, "send").isEnabled()
        panel.undo()
        table = body.pages[0].table
        view.selectRow(2)
        table.remove_rows()
        assert wanted(panel, 1) == [("00:00", 2), ("22:00", 2)]
        # The last one stays: a profile is nothing without one.
        view.selectAll()
        table.remove_rows()
        assert len(wanted(panel, 1)) == view.model().rowCount() == 2

    on_bench(test)


# Weeks, seasons, special days.


def test_weeks_are_named_and_their_days_chosen(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, body = await opened(bench)
        open_tab(body, 1)
        press(panel, "week.add")
        line = control(panel, "week.name", QLineEdit)
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, "Holidays")
        tuesday = control(panel, "week.tue", QComboBox)
        tuesday.setFocus()
        QTest.keyClick(tuesday, Key.Key_End)
        assert panel.draft.value.weeks[2] == Week("Holidays", 1, 4, 1, 1, 1, 2, 2)
        assert "No season uses the week profile 'Holidays'" in body.findings.text
        panel.undo()
        panel.undo()
        assert panel.draft.value.weeks[2].name == "Week 1"
        press(panel, "week.remove")
        assert panel.unsent == 0

    on_bench(test)


def test_a_dangling_name_is_found_and_the_way_leads_to_it(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, body = await opened(bench)
        weeks = panel.draft.value.weeks
        panel._take("weeks", (msgspec.structs.replace(weeks[0], name="Other", wed=9), weeks[1]))
        assert not control(panel, "send").isEnabled()
        assert "Week 'Other', Wed: there is no day profile 9" in body.findings.text
        press(panel, "finding.go")
        assert body.tabs.currentIndex() == 1
        await until(lambda: keyboard().objectName() == "g13.calendar.week.wed")
        press(panel, "finding.next")
        assert body.findings.text == "Season 'Summer': there is no week profile 'Summer week'."
        press(panel, "finding.go")
        assert body.tabs.currentIndex() == 2
        view = control(panel, "seasons", QTableView)
        assert (view.currentIndex().row(), view.currentIndex().column()) == (0, 3)
        view.model().setData(view.currentIndex(), "Other")
        assert [season.week for season in panel.draft.value.seasons] == ["Other", "Winter week"]
        body.tabs.setCurrentIndex(1)
        press(panel, "part.revert")
        assert panel.draft.value.weeks == weeks

    on_bench(test)


def test_special_days_show_their_dates_in_words_and_get_the_next_number(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, body = await opened(bench)
        open_tab(body, 3)
        model = control(panel, "special_days", QTableView).model()
        assert model.text(5, 5) == "last Monday of August, every year"
        press(panel, "special_days.add")
        for column, text in ((1, "2031"), (2, "June"), (3, "second last"), (6, "Profile 2")):
            model.setData(model.index(6, column), text)
        assert model.text(6, 5) == "second last day of June, 2031"
        assert panel.draft.value.special_days[6] == SpecialDay(number=7, year=2031, month=6, day=253, day_profile=2)
        panel.send()
        await until(lambda: panel.state.startswith("Sent and verified"))
        assert inside(bench).special_days[6].date.day == 253
        model.remove([6])
        assert "cannot be deleted" in body.findings.text
        assert not control(panel, "send").isEnabled()

    on_bench(test)


# The year.


def test_the_year_shows_each_day_and_the_probe_names_the_rule(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        panel, body = await opened(bench)
        open_tab(body, 4)
        view = control(panel, "year", YearView)
        view.pick(date(2026, 12, 23))
        view.setFocus()
        key(Key.Key_Right)
        assert view.chosen == date(2026, 12, 24)
        assert len(view.results) == 365
        probe = control(panel, "probe", QLabel)
        assert probe.text() == "Tariff 1, by special day 3 (day profile 4)"
        tab_to("g13.calendar.probe.time")
        for _ in range(9):
            key(Key.Key_Up)
        assert probe.text() == "Tariff 2, by special day 3 (day profile 4)"
        assert view.accessibleDescription().startswith("On 24 December 2026 at 21:00: tariff 2")
        view.setFocus()
        key(Key.Key_Up)
        key(Key.Key_PageDown)
        assert view.chosen == date(2027, 11, 24)
        assert "by season Winter, week Winter week" in probe.text()
        # What is edited elsewhere is seen at once.
        panel._take("special_days", (*panel.draft.value.special_days, SpecialDay(month=11, day=24, day_profile=2)))
        assert probe.text().startswith("Tariff 2, by special day")
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, PLAIN, view._cell(date(2027, 7, 14)).center().toPoint())
        assert view.chosen == date(2027, 7, 14)

    on_bench(test)


# Hostile names, reading only, looks.


def test_names_from_a_device_are_never_markup(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        name = "<img src=x><b>W</b>\n&amp;"
        calendar = inside(bench)
        calendar.weeks = (msgspec.structs.replace(calendar.weeks[0], profile=name), calendar.weeks[1])
        calendar.seasons = (msgspec.structs.replace(calendar.seasons[0], profile="<h1>S", weekprofile=name),)
        panel, body = await opened(bench)
        for index in range(5):
            open_tab(body, index)
            body.grab()
        for label in panel.findChildren(QLabel):
            assert label.textFormat() != Qt.TextFormat.RichText
            if "<" in label.text():
                assert label.textFormat() is Qt.TextFormat.PlainText
        item = control(panel, "weeks", EntryList).item(0)
        assert "<b>" not in item.toolTip()
        assert "&lt;b&gt;" in item.toolTip()

    on_bench(test)


def test_who_may_only_look_can_look_at_everything_and_change_nothing(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(bench: Bench) -> None:
        capabilities = Capabilities(None, may_write=False, reason="View Only")

        async def looking(_: Any) -> Capabilities:
            return capabilities

        monkeypatch.setattr(bench.session.connection, "capabilities", looking)
        panel, body = await opened(bench)
        bar = control(panel, "bar", DayBar)
        bar.setFocus()
        for pressed in (Key.Key_Down, Key.Key_Right, Key.Key_Insert, Key.Key_Delete, Key.Key_3):
            QTest.keyClick(bar, pressed)
        assert bar.index == 1
        bar.add()
        bar.remove()
        QTest.mousePress(bar, Qt.MouseButton.LeftButton, PLAIN, bar._grip(bar.points[1]).center().toPoint())
        QTest.mouseMove(bar, bar._lane(0).center().toPoint())
        assert panel.unsent == 0
        assert not control(panel, "week.tue").isEnabled()
        for page in body.pages[2:4]:
            assert page.table.read_only

    on_bench(test)


@pytest.mark.parametrize("theme", THEMES)
def test_it_fits_the_panel_and_is_drawn_in_every_theme(on_bench: OnBench, qapp: QApplication, theme: str) -> None:
    async def test(bench: Bench) -> None:
        apply_theme(qapp, theme)
        panel, body = await opened(bench)
        panel._take(
            "switch_points",
            (*panel.draft.value.switch_points, SwitchPoint(9, "12:00", 4), SwitchPoint(16, "08:00", 12)),
        )
        panel._take("seasons", (*panel.draft.value.seasons, Season("Third", 7, 1, "Winter week")))
        for index in range(5):
            open_tab(body, index)
            assert body.minimumSizeHint().width() <= 880
            assert body.minimumSizeHint().height() <= 480
            shot = body.grab().toImage()
            colours = {shot.pixel(x, y) for x in range(0, shot.width(), 7) for y in range(0, shot.height(), 7)}
            assert len(colours) > 5
        body.grab()

    on_bench(test)


def test_every_control_has_a_name_and_words(on_bench: OnBench) -> None:
    async def test(bench: Bench) -> None:
        _, body = await opened(bench)
        for kind in (QTabWidget, DayBar, EntryList, YearView, QComboBox, QTableView):
            for widget in body.findChildren(kind):
                assert widget.accessibleName()
                assert widget.objectName().startswith("g13.calendar.")

    on_bench(test)
