"""Tables fit their page: widths from what stands in them, no numbers that say nothing, words for no rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated

import msgspec
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QTableView, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.model.field import Choice, Field, fields_of
from tests.ui.conftest import Bench, OnBench, control
from ui.forms.cells import Cells
from ui.forms.columns import Want, shares
from ui.forms.parts import plain_tip
from ui.forms.table import TableEditor
from ui.theme import THEMES, apply_theme

AMONG_OTHERS = (815, 594)
"""What a page has beside tree and list of a window of 1366×768."""
LOW = (815, 430)
PAGES = ("energy", "power", "instrument", "voltage_harmonics", "current_harmonics", "quantities", "flags", "alarms")
REMARK = "Read again: the device has not changed, and your changes are kept."
RIGHT, LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
ROLE = Qt.ItemDataRole


class Line(msgspec.Struct, frozen=True):
    """A row that carries its own number."""

    number: Annotated[int, Field("No.", read_only=True)]
    name: Annotated[str, Field("Name")]
    level: Annotated[float, Field("Level", decimals=1)] = 0.0
    on: Annotated[bool, Field("On")] = False
    mode: Annotated[int, Field("Mode", choices=(Choice(0, "a mode with many words"), Choice(1, "fast")))] = 0


class Settings(msgspec.Struct, frozen=True):
    """A table of them."""

    lines: Annotated[tuple[Line, ...], Field("Lines", max_rows=3, empty="No lines: all is well.")]


LINES = (Line(1, "one", 1.5, on=True), Line(2, "two"), Line(3, "three", 12.0))


def table(qtbot: QtBot, rows: tuple[Line, ...] = LINES, *, read_only: bool = False, width: int = 700) -> TableEditor:
    """A table on the screen, with its rows as on the device."""
    made = TableEditor(fields_of(Settings)[0], "settings.lines", read_only=read_only)
    qtbot.addWidget(made)
    made.resize(width, 300)
    made.show()
    made.set_value(rows)
    made.set_base(rows)
    return made


def widths(made: TableEditor) -> list[int]:
    """The columns' widths."""
    return [made.view.columnWidth(column) for column in range(made.model.columnCount())]


def bars(page: QWidget) -> tuple[bool, bool]:
    """Does a page scroll sideways, does it scroll up and down?"""
    area = page.findChild(QScrollArea)
    return area.horizontalScrollBar().isVisible(), area.verticalScrollBar().isVisible()


def laid_out(qapp: QApplication) -> None:
    """Let every layout that was asked for happen; one may ask for another."""
    for _ in range(3):
        qapp.sendPostedEvents()


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (300, [100, 200]),
        (250, [75, 175]),
        (200, [50, 150]),
        (100, [50, 150]),
        (330, [110, 220]),
        (390, [130, 260]),
        (900, [130, 260]),
    ],
)
def test_columns_give_way_and_grow_in_proportion_within_their_limits(room: int, expected: list[int]) -> None:
    assert shares([Want(50, 100, 130), Want(150, 200, 260)], room) == expected


def test_columns_fill_the_room_to_the_pixel() -> None:
    wants = [Want(40, 100, 200), Want(30, 71, 113), Want(60, 60, 60)]
    for room in range(130, 373):
        assert sum(shares(wants, room)) == room


def test_a_table_of_numbers_only_does_not_spread_them(qtbot: QtBot) -> None:
    made = table(qtbot, read_only=True, width=1500)
    number, name, level, _, _ = widths(made)
    assert max(number, level) < 120
    assert name > made.view.fontMetrics().horizontalAdvance("three")
    assert sum(widths(made)) < made.view.viewport().width()


def test_columns_follow_the_view_until_the_user_takes_them_over(qtbot: QtBot) -> None:
    made = table(qtbot, width=1000)
    before = widths(made)
    made.resize(440, 300)
    assert sum(widths(made)) <= made.view.viewport().width() < sum(before)
    made.view.horizontalHeader().resizeSection(1, 222)
    made.resize(1000, 300)
    assert widths(made)[1] == 222


def test_a_longer_text_gets_its_room_and_keeps_it(qtbot: QtBot) -> None:
    made = table(qtbot, width=1000)
    before = widths(made)[1]
    longer = (msgspec.structs.replace(LINES[0], name="a name that is much longer"), *LINES[1:])
    made.set_value(longer)
    grown = widths(made)[1]
    assert grown > before
    made.set_value(LINES)
    assert widths(made)[1] == grown


def test_numbers_and_their_header_stand_at_the_right(qtbot: QtBot) -> None:
    made = table(qtbot)
    for column, side in ((1, LEFT), (2, RIGHT)):
        assert made.model.headerData(column, Qt.Orientation.Horizontal, ROLE.TextAlignmentRole) & side
        assert made.model.index(0, column).data(ROLE.TextAlignmentRole) & side


def test_what_can_only_be_read_has_words_for_boxes_and_no_row_numbers(qtbot: QtBot) -> None:
    made = table(qtbot, read_only=True)
    assert not made.view.verticalHeader().isVisible()
    assert [made.model.index(row, 3).data() for row in range(3)] == ["yes", "–", "–"]
    assert made.model.index(0, 3).data(ROLE.CheckStateRole) is None
    assert table(qtbot).model.index(0, 3).data(ROLE.CheckStateRole) == Qt.CheckState.Checked


def test_rows_that_count_themselves_are_not_counted_twice_and_are_still_marked(qtbot: QtBot) -> None:
    made = table(qtbot)
    assert not made.view.verticalHeader().isVisible()
    made.model.put([(1, 1, "other")])
    assert [made.model.index(row, 0).data() for row in range(3)] == ["1", "• 2", "3"]
    assert made.model.index(1, 0).data(ROLE.EditRole) == "2"
    made.set_value((LINES[0], LINES[2]))
    assert made.view.verticalHeader().isVisible(), "1 and 3 do not count the rows"
    assert made.model.index(1, 0).data() == "3"


def test_as_many_rows_as_the_device_always_has_are_no_warning(qtbot: QtBot) -> None:
    made = table(qtbot)
    assert made._count.text() == "3 of 3 rows"
    assert not made._count.property("tone")
    made.set_base(LINES[:2])
    assert made._count.property("tone") == "warn"


def test_a_table_without_rows_says_so(qtbot: QtBot) -> None:
    made = table(qtbot, rows=())
    assert made.view.empty == "No lines: all is well."
    empty = made.view.viewport().grab().toImage()
    made.view.empty = ""
    assert made.view.viewport().grab().toImage() != empty


def test_a_text_that_does_not_fit_is_in_the_tooltip(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    tips = SimpleNamespace(showText=lambda _at, text, _view: told.append(text))
    monkeypatch.setattr("ui.forms.cells.QToolTip", tips)
    name = "a name that is longer than any column may be, by a good deal, so that it ends in <dots>"
    made = table(qtbot, rows=(Line(1, name), Line(2, "short")), read_only=True, width=400)
    viewport = made.view.viewport()
    for row in range(2):
        place = made.view.visualRect(made.model.index(row, 1)).center()
        QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, place, viewport.mapToGlobal(place)))
    assert told == [plain_tip(name)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("page", PAGES)
def test_pages_of_tables_do_not_scroll_sideways(on_bench: OnBench, qapp: QApplication, page: str, theme: str) -> None:
    async def look(bench: Bench) -> None:
        apply_theme(qapp, theme)
        panel = await bench.ready(f"g13.{page}")
        panel.setFixedSize(*AMONG_OTHERS)
        laid_out(qapp)
        assert bars(panel) == (False, False)
        for cells in panel.findChildren(Cells):
            # In the large letters of the contrast theme eleven columns of registers are wider than the page.
            assert not cells.horizontalScrollBar().isVisible() or (page, theme) == ("energy", "contrast")

    on_bench(look)


@pytest.mark.parametrize("theme", THEMES)
def test_the_tariff_calendar_fits_under_a_notice(on_bench: OnBench, qapp: QApplication, theme: str) -> None:
    async def look(bench: Bench) -> None:
        apply_theme(qapp, theme)
        panel = await bench.ready("g13.calendar")
        panel._notice.say("info", "info", "", REMARK)
        tabs = control(panel, "tabs", QTabWidget)
        for size, down in ((AMONG_OTHERS, False), (LOW, True)):
            panel.setFixedSize(*size)
            for index in range(tabs.count()):
                tabs.setCurrentIndex(index)
                laid_out(qapp)
                assert bars(panel) == (False, down)
                for cells in tabs.currentWidget().findChildren(QTableView):
                    assert down or not cells.horizontalScrollBar().isVisible()

    on_bench(look)


def test_nothing_stands_over_the_last_month_of_the_year(on_bench: OnBench, qapp: QApplication) -> None:
    async def look(bench: Bench) -> None:
        panel = await bench.ready("g13.calendar")
        panel.setFixedSize(*LOW)
        control(panel, "tabs", QTabWidget).setCurrentIndex(4)
        laid_out(qapp)
        page = panel._form.pages[4]
        assert not page.legend.geometry().intersects(page.view.geometry())
        assert page.rect().contains(page.view.geometry())

    on_bench(look)
