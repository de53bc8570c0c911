"""The page of an archive: read, paged, plotted, sorted, filtered, copied, exported, erased."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDateTime, Qt, QTimeZone
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from app.commission.export import save_records
from app.commission.paging import before, read_all
from app.model.archive import Column, Period, Records
from app.model.errors import DeviceUnreachable, StorageFailed
from app.model.quantity import Phase
from tests.gateways import MAIN
from tests.ui.archives import COLUMNS, NAN, START, STEP, Channel, Shelf, erasing, page, records
from tests.ui.conftest import Bench, OnBench, control, press, until
from ui.forms.action_dialog import Answer
from ui.forms.actions import ActionButtons
from ui.forms.export import export_everything, file_stem
from ui.jobs import JobBar
from ui.pages.archive import ArchivePage
from ui.pages.archive_query import Span, bounds
from ui.pages.archive_table import RecordsModel, sorted_rows

Role = Qt.ItemDataRole


async def read(shown: ArchivePage) -> None:
    await until(lambda: not shown.reading and shown.state.startswith("Read "))


def times(shown: ArchivePage) -> list[str]:
    rows = shown.table.rows
    return [rows.text(row, 0) for row in range(rows.rowCount())]


def saved(parent: Any, path: Path) -> None:
    """Answer the file dialog that is open."""
    dialog = parent.findChild(QFileDialog)
    # While its line has the keyboard, `selectFile` leaves what stands in it.
    dialog.findChild(QLineEdit, "fileNameEdit").setText(str(path))
    dialog.accept()


# Reading.


def test_it_reads_when_it_is_shown_and_tells_the_truth_about_it(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf(records(40, notes=("4 values are not available.",)))
        shown = page(bench, shelf.declared())
        await read(shown)
        assert "40 rows" in shown.state
        assert shown.notes.text() == "· 4 values are not available."
        assert times(shown)[0] == "2026-03-01 09:45:00", "the newest come first"
        begin = shelf.asked[0].begin
        assert begin is not None
        assert begin.date() == datetime.now().date() - timedelta(days=6)
        QTest.keyClick(shown.table, Qt.Key.Key_F5)
        await until(lambda: len(shelf.asked) == 2)
        await read(shown)

    on_bench(look)


def test_a_real_load_profile_comes_over_https_with_its_channels(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        archive = bench.session.vendor.archive("stored_profiles")
        shown = ArchivePage(
            archive, MAIN, bench.session, tasks=bench.tasks, toasts=bench.toasts, jobs=JobBar(bench.window)
        )
        bench.window.layout().addWidget(shown)
        await read(shown)
        assert shown.records.count > 100
        assert len(shown.bar.choices("channel")) > 1
        await until(lambda: shown.picture.plots is not None and shown.picture.plots.plots)
        assert shown.picture.isVisible()
        assert shown.table.isVisible()
        assert "g13.erase_profiles" in shown.actions_row.buttons

    on_bench(look)


def test_leaving_the_page_stops_the_reading_and_coming_back_reads_again(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf(slow=asyncio.Event())
        shown = page(bench, shelf.declared())
        await until(lambda: shelf.asked)
        shown.hide()
        await until(lambda: shelf.cut_off == 1)
        await until(lambda: not shown.reading)
        assert shown.state == "Not read yet"
        assert shelf.slow is not None
        shelf.slow.set()
        shown.show()
        await read(shown)

    on_bench(look)


def test_a_reading_can_be_stopped_and_what_was_read_before_stays(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        shown = page(bench, shelf.declared())
        await read(shown)
        shelf.slow = asyncio.Event()
        press(shown, "read")
        await until(lambda: len(shelf.asked) == 2)
        assert not control(shown, "read").isEnabled()
        press(shown, "stop")
        await until(lambda: shelf.cut_off == 1 and not shown.reading)
        assert "40 rows" in shown.state
        assert shown._jobs.running == ()

    on_bench(look)


def test_a_failure_is_told_on_the_page_and_gone_after_the_next_reading(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        shown = page(bench, shelf.declared())
        heard: list[object] = []
        shown.contact.connect(heard.append)
        await read(shown)
        shelf.failing = True
        press(shown, "read")
        await until(lambda: shown.state.startswith("Could not be read; shown as read"))
        assert "Nothing answers." in shown._failure.words
        assert isinstance(heard[-1], DeviceUnreachable)
        shelf.failing = False
        press(shown, "read")
        await read(shown)
        assert not shown._failure.words
        assert heard[-1] is None

    on_bench(look)


def test_what_is_not_offered_here_is_not_asked_for(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        archive = shelf.declared(needs_read=("read SOMETHING_ELSE",), scope=bench.session.vendor.archives[-1].scope)
        shown = page(bench, archive)
        shown.meter = MAIN
        await until(lambda: shown.state == "Not offered here")
        assert "read SOMETHING_ELSE" in shown._notice.words
        assert not shelf.asked
        assert not control(shown, "read").isEnabled()

    on_bench(look)


def test_nothing_found_in_a_period_says_how_to_find_more(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf(erased=True)
        shown = page(bench, shelf.declared(longest=5000))
        await read(shown)
        assert "choose a longer one, or Everything" in shown.state
        shown.read_everything()
        await until(lambda: len(shelf.asked) == 2)
        assert shelf.asked[1].begin is None
        assert shelf.asked[1].count == 5000
        await read(shown)
        assert shown.state.endswith("nothing is kept here")

    on_bench(look)


def test_an_archive_of_few_rows_is_at_first_read_whole(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        await read(page(bench, shelf.declared(longest=500)))
        assert shelf.asked[0].begin is None

    on_bench(look)


# What is asked for.


@pytest.mark.parametrize(
    ("span", "begin"),
    [
        (Span.TODAY, datetime(2026, 11, 22)),
        (Span.WEEK, datetime(2026, 11, 16)),
        (Span.MONTH, datetime(2026, 10, 24)),
        (Span.THIS_MONTH, datetime(2026, 11, 1)),
        (Span.ALL, None),
    ],
)
def test_a_period_begins_at_midnight_and_its_end_stays_open(span: Span, begin: datetime | None) -> None:
    assert bounds(span, date(2026, 11, 22)) == (begin, None)


def test_a_period_that_ends_before_it_begins_is_not_asked_for(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        shown = page(bench, shelf.declared())
        await read(shown)
        shown.bar.choose(Span.FROM_TO)
        assert "something else is chosen now" in shown.state
        late, early = datetime(2026, 5, 2, 12), datetime(2026, 5, 1)
        for edit, at in ((shown.bar.begin, late), (shown.bar.end, early)):
            edit.setDateTime(QDateTime(at.date(), at.time(), QTimeZone.utc()))
        assert shown.state == "The period ends before it begins."
        assert not control(shown, "read").isEnabled()
        shown.bar.end.setDateTime(QDateTime(date(2026, 5, 3), late.time(), QTimeZone.utc()))
        press(shown, "read")
        await until(lambda: len(shelf.asked) == 2)
        assert (shelf.asked[1].begin, shelf.asked[1].end) == (late, datetime(2026, 5, 3, 12))
        await read(shown)

    on_bench(look)


def test_the_devices_own_choices_are_offered_and_the_first_is_asked_for(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        shown = page(bench, shelf.declared(parameters=Channel, options=shelf.options))
        await read(shown)
        assert shelf.asked[0].parameters == Channel(1)
        combo = control(shown, "channel")
        assert combo.count() == 2
        combo.setFocus()
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert "something else is chosen now" in shown.state
        press(shown, "read")
        await until(lambda: len(shelf.asked) == 2)
        assert shelf.asked[1].parameters == Channel(2)
        await read(shown)

    on_bench(look)


def test_earlier_pages_come_in_front_and_shared_rows_are_kept_once(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        at = START + STEP * 20
        shelf = Shelf(records(20, first=20, earlier=at))
        shown = page(bench, shelf.declared(period=Period.UNTIL))
        await read(shown)
        shelf.kept = records(14, first=8)
        press(shown, "earlier")
        await until(lambda: len(shelf.asked) == 2)
        assert shelf.asked[1].end == at
        await until(lambda: shown.records.count == 32)
        assert list(shown.records.data[0]) == [START + STEP * row for row in range(8, 40)]
        assert not control(shown, "earlier").isEnabled(), "there is no page before"

    on_bench(look)


def test_a_page_with_nothing_new_is_the_end() -> None:
    newer = records(10, earlier=START)
    assert before(records(1, earlier=START), newer).earlier is None
    assert before(records(1, earlier=START), newer).data == newer.data
    assert before(records(0), newer).earlier is None


def test_everything_is_read_page_by_page_to_the_beginning(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        pages = {None: records(10, first=20, earlier=START + STEP * 20), START + STEP * 20: records(20)}

        async def answer(_client: Any, _target: str, query: Any) -> Records:
            return pages[query.end]

        archive = Shelf().declared(period=Period.UNTIL)
        object.__setattr__(archive, "read", answer)
        assert (await read_all(bench.session, archive, "", Channel())).count == 30

    on_bench(look)


# The table.


def test_rows_are_looked_up_and_not_copied() -> None:
    model = RecordsModel()
    model.show_records(records(40_000))
    assert model.rowCount() == 40_000
    assert isinstance(model._order, range)
    assert model.text(0, 0) == "2027-04-21 15:45:00"


def test_a_column_sorts_both_ways_and_what_is_not_there_comes_last() -> None:
    assert sorted_rows(range(4), [3.0, NAN, 1.0, 2.0], descending=False) == [2, 3, 0, 1]
    assert sorted_rows(range(4), [3.0, NAN, 1.0, 2.0], descending=True) == [0, 3, 2, 1]
    odd = [START + STEP, "12:31:2327 17:3:9", START]
    assert sorted_rows(range(3), odd, descending=False) == [2, 0, 1]
    assert sorted_rows(range(3), ["b", "C", "a"], descending=False) == [2, 0, 1]


def test_a_filter_shows_the_rows_with_its_text_and_the_sentence_says_so(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shown = page(bench, Shelf().declared())
        await read(shown)
        choice = control(shown, "filter_status")
        assert [choice.itemText(row) for row in range(choice.count())] == ["All", "OK", "Power off"]
        choice.setCurrentText("Power off")
        assert shown.table.rows.rowCount() == 4
        assert shown.state.endswith("40 rows, 4 rows shown")
        shown.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        assert times(shown)[0] == "2026-03-01 00:45:00"
        shown.reload()
        await read(shown)
        assert shown.table.rows.rowCount() == 4, "the filter outlives a reading"
        choice.setCurrentIndex(0)
        assert shown.table.rows.rowCount() == 40

    on_bench(look)


def test_a_doubtful_row_has_a_sign_and_not_only_a_colour() -> None:
    model = RecordsModel()
    model.show_records(records(4))
    doubtful, fine = model.index(0, 4), model.index(1, 4)
    assert model.data(doubtful, Role.DisplayRole) == "Power off"
    assert not model.data(doubtful, Role.DecorationRole).isNull()
    assert model.data(fine, Role.DecorationRole) is None
    assert model.data(model.index(0, 3), Role.DisplayRole) == "–"
    assert model.headerData(3, Qt.Orientation.Horizontal) == "Active power (W)"


def test_the_selected_rows_are_copied_with_their_titles(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shown = page(bench, Shelf().declared())
        await read(shown)
        shown.table.setFocus()
        shown.table.selectRow(0)
        QTest.keyClick(shown.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(shown.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: not bench.tasks.running)
        assert QGuiApplication.clipboard().text().split("\n") == [
            "Time\tVoltage L1 (V)\tVoltage L2 (V)\tActive power (W)\tStatus",
            "2026-03-01 09:45:00\t234.0\t235.0\t3900\tOK",
            "2026-03-01 09:30:00\t233.0\t234.0\t3800\tOK",
        ]

    on_bench(look)


# The plots.


def test_the_page_alone_loads_no_plots() -> None:
    code = "import sys, ui.pages.archive; print(sorted({'numpy', 'pyqtgraph'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_curves_of_one_unit_share_a_plot_and_are_told_apart_by_their_conductor() -> None:
    from ui.plots.records import curves_of, titles_of

    curves = curves_of(records(10), (1, 2, 3), gaps=True)
    assert [(curve.name, curve.unit, curve.phase) for curve in curves] == [
        ("L1", "V", Phase.L1),
        ("L2", "V", Phase.L2),
        ("", "W", Phase.TOTAL),
    ]
    assert titles_of([COLUMNS[index] for index in (1, 2, 3)]) == {"V": "Voltage", "W": "Active power"}


def test_missing_rows_break_the_line_and_a_clock_set_back_does_not() -> None:
    from ui.plots.records import curves_of

    moments = [START + STEP * row for row in (*range(10), *range(50, 60))]
    columns = (COLUMNS[0], COLUMNS[1])
    with_gap = Records(columns, (moments, [1.0] * 20))
    values = curves_of(with_gap, (1,), gaps=True)[0].ring.column(0)
    assert [index for index, value in enumerate(values) if value != value] == [10]
    back = Records(columns, ([START, START + 2 * STEP, START + STEP, "no date"], [1.0, 3.0, 2.0, 4.0]))
    assert list(curves_of(back, (1,), gaps=True)[0].ring.column(0)) == [1.0, 2.0, 3.0]


def test_the_time_axis_tells_the_devices_own_dates() -> None:
    from ui.plots.date_axis import DateAxis, tick_text
    from ui.plots.records import DAY_S, EPOCH

    axis = DateAxis((START - EPOCH).total_seconds())
    step, ticks = axis.tickValues(0.0, 2 * DAY_S, 500.0)[0]
    assert step == DAY_S / 2
    assert axis.tickStrings(ticks, 1.0, step) == ["1 Mar", "12:00", "2 Mar", "12:00", "3 Mar"]
    step, ticks = axis.tickValues(0.0, 200 * DAY_S, 400.0)[0]
    assert axis.tickStrings(ticks, 1.0, step) == ["Mar 2026", "May 2026", "Jul 2026", "Sep 2026"]
    assert tick_text(START + STEP, 60.0) == "00:15"


@pytest.mark.parametrize("shape", ["line", "steps", "bars"])
def test_a_plot_can_be_zoomed_with_the_keyboard(on_bench: OnBench, shape: str) -> None:
    async def look(bench: Bench) -> None:
        shown = page(bench, Shelf().declared(shape=shape))
        await read(shown)
        await until(lambda: shown.picture.plots is not None and shown.picture.plots.plots)
        plots = shown.picture.plots
        assert plots is not None
        assert [plot.title for plot in plots.plots] == ["Voltage in V", "Active power in W"]
        await until(lambda: all(plot._span is not None for plot in plots.plots))
        whole = plots.shown
        plots.setFocus()
        QTest.keyClick(plots, Qt.Key.Key_Plus)
        assert plots.zoomed
        assert plots.shown[0] > whole[0]
        QTest.keyClick(plots, Qt.Key.Key_Left)
        QTest.keyClick(plots, Qt.Key.Key_0)
        assert plots.shown == whole
        plots._hovered(3600.0)
        plots._show_hover()
        assert shown.picture.at.text() == "2026-03-01 01:00:00, device time"
        assert plots.plots[1]._legend._entries[0].value == "400 W"

    on_bench(look)


def test_another_choice_of_curves_is_plotted(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shown = page(bench, Shelf().declared())
        await read(shown)
        await until(lambda: shown.picture.plots is not None and len(shown.picture.plots.plots) == 2)
        actions = {action.objectName(): action for action in shown.picture._menu.actions()}
        actions["g13.shelf.picture.curve_power"].trigger()
        await until(lambda: len(shown.picture.plots.plots) == 1)
        for name in ("l1", "l2"):
            actions[f"g13.shelf.picture.curve_{name}"].trigger()
        await until(lambda: not shown.picture.plots.plots)

    on_bench(look)


# Files.


def test_a_file_has_iso_times_and_points_and_no_formulas(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    columns = (*COLUMNS[:2], Column("text", "Text"))
    texts = ["=HYPERLINK(1)", "a,b", "-5.5", "\t=1"]
    moments = [START, "12:31:2327", START, START]
    save_records(place, Records(columns, (moments, [230.2, NAN, float("inf"), 0.1], texts)))
    assert place.read_bytes().startswith(b"\xef\xbb\xbf")
    assert place.read_text(encoding="utf-8-sig").splitlines() == [
        "Time,Voltage L1 [V],Text",
        "2026-03-01T00:00:00,230.2,'=HYPERLINK(1)",
        '12:31:2327,,"a,b"',
        "2026-03-01T00:00:00,,-5.5",
        "2026-03-01T00:00:00,0.1,'\t=1",
    ]
    assert file_stem("g13", "../x").startswith("g13-___x-")
    assert len(file_stem("g13", "9" * 10_000)) < 100


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "folder"
    place.mkdir()
    with pytest.raises(StorageFailed):
        save_records(place, records(3))
    assert list(tmp_path.iterdir()) == [place]


def test_what_was_read_is_exported_as_a_table_and_as_a_picture(on_bench: OnBench, tmp_path: Path) -> None:
    async def look(bench: Bench) -> None:
        shown = page(bench, Shelf().declared())
        await read(shown)
        await until(lambda: shown.picture.plots is not None and shown.picture.plots.plots)
        shown.table.rows.filter_by(4, "Power off")
        shown.export_csv()
        await until(lambda: shown.findChild(QFileDialog))
        saved(shown, tmp_path / "shelf.csv")
        await until(lambda: not bench.tasks.running)
        assert len((tmp_path / "shelf.csv").read_text(encoding="utf-8-sig").splitlines()) == 41
        QApplication.sendPostedEvents(None, 52)
        shown.export_png()
        await until(lambda: shown.findChild(QFileDialog))
        saved(shown, tmp_path / "shelf.png")
        await until(lambda: not bench.tasks.running)
        assert (tmp_path / "shelf.png").read_bytes().startswith(b"\x89PNG")
        assert [toast.title for toast in bench.toasts.shown] == ["Exported", "Exported"]

    on_bench(look)


# Erasing.


def answers(*, export: bool, asked: list[str]) -> Any:
    async def ask(_parent: Any, action: Any, _target: str, _where: str, exportable: str) -> Answer:
        asked.append(exportable)
        return Answer(action.first(), export)

    return ask


def erase(shown: ArchivePage) -> None:
    button = shown.actions_row.buttons["g13.erase_shelf"]
    assert button.isEnabled()
    button.click()


def test_everything_is_exported_before_it_is_erased(on_bench: OnBench, tmp_path: Path) -> None:
    async def look(bench: Bench) -> None:
        shelf, asked = Shelf(), list[str]()
        shown = page(bench, shelf.declared(longest=500), erasing(shelf),
                     ask=answers(export=True, asked=asked))  # fmt: skip
        await read(shown)
        erase(shown)
        await until(lambda: shown.findChild(QFileDialog))
        assert asked == ["Shelf"], "the question offers the export"
        assert not shelf.erased
        saved(shown, tmp_path / "kept.csv")
        await until(lambda: shelf.erased and shown.records.count == 0 and not shown.reading)
        assert shelf.asked[1].begin is None, "not only the period that is shown"
        assert len((tmp_path / "kept.csv").read_text(encoding="utf-8-sig").splitlines()) == 41
        assert [toast.title for toast in bench.toasts.shown] == ["Exported", "Done and verified"]
        assert bench.device.writes() == ["DELETE /meters/scanned"]

    on_bench(look)


def test_nothing_is_erased_when_the_export_is_given_up_or_fails(on_bench: OnBench, tmp_path: Path) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        shown = page(bench, shelf.declared(), erasing(shelf), ask=answers(export=True, asked=[]))
        await read(shown)
        erase(shown)
        await until(lambda: shown.findChild(QFileDialog))
        shown.findChild(QFileDialog).reject()
        await until(lambda: not bench.tasks.running)
        QApplication.sendPostedEvents(None, 52)
        shelf.failing = True
        erase(shown)
        await until(lambda: shown.findChild(QFileDialog))
        saved(shown, tmp_path / "kept.csv")
        await until(lambda: not bench.tasks.running)
        assert [toast.title for toast in bench.toasts.shown] == ["Device not reachable"]
        assert not shelf.erased
        assert not bench.device.writes()

    on_bench(look)


def test_an_export_has_a_file_for_each_channel_that_is_about_to_be_erased(on_bench: OnBench, tmp_path: Path) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        archive = shelf.declared(parameters=Channel, options=shelf.options)
        for wanted, names in ((Channel(0), ["Channel_1__V", "Channel_2__W"]), (Channel(2), ["Channel_2__W"])):
            folder = tmp_path / str(wanted.channel)
            folder.mkdir()
            work = export_everything(bench.window, bench.session, archive, "", wanted, bench.toasts)
            exporting = bench.tasks.spawn(bench.window, work)
            await until(lambda: bench.window.findChild(QFileDialog))
            saved(bench.window, folder / "kept.csv")
            assert await exporting
            assert sorted(file.name for file in folder.iterdir()) == [f"kept-{name}.csv" for name in names]
            QApplication.sendPostedEvents(None, 52)

    on_bench(look)


def test_an_erase_action_that_stands_beside_something_else_is_offered_all_the_same(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        shelf = Shelf()
        action = erasing(shelf)
        object.__setattr__(action, "beside", "g13.elsewhere")
        shown = page(bench, shelf.declared(), action)
        assert isinstance(shown.actions_row, ActionButtons)
        assert list(shown.actions_row.buttons) == [action.key]
        await read(shown)

    on_bench(look)
