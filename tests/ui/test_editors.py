"""Editors: what can be typed, what is told, and that nothing half typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import msgspec
import pytest
from PySide6.QtCore import QLocale, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.model.field import Choice, Field, Kind, fields_of
from app.model.section import Problem
from ui.forms.editor import Editor
from ui.forms.editors import ValueLabel, make_editor
from ui.forms.entry import Unreadable, in_words, read_entry
from ui.forms.moment import MomentEditor
from ui.forms.rows_diff import RowState, tell_rows
from ui.forms.table import TableEditor

QUANTITIES = tuple(Choice(number, f"Quantity {number}") for number in range(40))


class Mode(Enum):
    SLOW = "slow"
    FAST = "fast"


class Row(msgspec.Struct, frozen=True):
    name: Annotated[str, Field("Name", max_length=8)]
    level: Annotated[int, Field("Level", minimum=1, maximum=9)]
    mode: Annotated[Mode, Field("Mode")]
    state: Annotated[str, Field("State", read_only=True)] = ""


class Thing(msgspec.Struct, frozen=True):
    alias: Annotated[str, Field("Alias", max_length=5, help="How it is called.")]
    count: Annotated[int, Field("Count", minimum=1, maximum=9999, unit="A")]
    factor: Annotated[float, Field("Factor", decimals=3)]
    spare: Annotated[int | None, Field("Spare")]
    active: Annotated[bool, Field("Active")]
    time: Annotated[datetime, Field("Time")]
    period: Annotated[int, Field("Period", choices=(Choice(60, "1 min"), Choice(900, "15 min")))]
    quantity: Annotated[int, Field("Quantity", choices=QUANTITIES)]
    baud: Annotated[int, Field("Baud", choices=(Choice(2400, "2400"),), suggestions=True)]
    key: Annotated[str, Field("Key", secret=True)]
    rows: Annotated[tuple[Row, ...], Field("Rows", max_rows=4)]
    keyed: Annotated[tuple[Row, ...], Field("Keyed", row_key="name")]
    serial: Annotated[str, Field("Serial", read_only=True)]


FIELDS = {field.name: field for field in fields_of(Thing)}
ROWS = (Row("one", 1, Mode.SLOW, "up"), Row("two", 2, Mode.FAST, "down"), Row("three", 3, Mode.SLOW))


@pytest.fixture
def german() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)


def editor(qtbot: QtBot, name: str, value: Any, **more: Any) -> Any:
    made = make_editor(FIELDS[name], f"demo.thing.{name}", **more)
    qtbot.addWidget(made)
    made.set_value(value)
    made.show()
    made.heard = []
    made.edited.connect(made.heard.append)
    return made


def retype(qtbot: QtBot, made: Editor, text: str) -> None:
    qtbot.keyClick(made.control, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(made.control, text) if text else qtbot.keyClick(made.control, Qt.Key.Key_Delete)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", " 42 ", 42),
        ("count", "-7", -7),
        ("factor", "1.5", 1.5),
        ("factor", "1,5", 1.5),
        ("factor", "1e3", 1000.0),
        ("spare", "", None),
        ("active", "ON", True),
        ("time", "2026-03-29 02:30", datetime(2026, 3, 29, 2, 30)),
        ("period", "15 MIN", 900),
        ("period", "60", 60),
        ("baud", "4800", 4800),
        ("alias", " x ", " x "),
    ],
)
def test_what_is_typed_is_read(name: str, text: str, value: Any) -> None:
    assert read_entry(FIELDS[name], text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count", "4 2"),
        ("count", "1,000"),
        ("count", "1e3"),
        ("count", "٣"),
        ("count", "9" * 5000),
        ("factor", "1,234.5"),
        ("factor", "1,500"),
        ("factor", "nan"),
        ("factor", "."),
        ("active", "perhaps"),
        ("time", "tomorrow"),
        ("period", "7 min"),
        ("baud", "fast"),
    ],
)
def test_what_cannot_be_read_is_said_and_never_guessed(name: str, text: str) -> None:
    with pytest.raises(Unreadable):
        read_entry(FIELDS[name], text, before=0)


@pytest.mark.usefixtures("german")
def test_numbers_are_written_as_the_user_writes_them(qtbot: QtBot) -> None:
    made = editor(qtbot, "factor", 0.5)
    assert made.control.text() == "0,500"
    assert in_words(FIELDS["factor"], 0.25) == "0,250"
    retype(qtbot, made, "1,500")
    assert made.heard[-1] == 1.5
    with pytest.raises(Unreadable):
        read_entry(FIELDS["factor"], "1.500", 1.0)


def test_controls_are_found_by_name_and_by_label(qtbot: QtBot) -> None:
    for name, value in (
        ("alias", "x"),
        ("count", 1),
        ("active", True),
        ("period", 60),
        ("rows", ROWS),
        ("serial", "1"),
    ):
        made = editor(qtbot, name, value)
        assert made.control.objectName() == f"demo.thing.{name}"
        assert made.control.accessibleName().startswith(FIELDS[name].label)


def test_a_half_typed_number_is_kept_and_complained_of(qtbot: QtBot) -> None:
    made = editor(qtbot, "count", 100)
    complaints: list[str] = []
    made.entry_changed.connect(lambda: complaints.append(made.problem()))
    retype(qtbot, made, "")
    assert made.problem() == "a whole number is missing."
    assert made.value() == 100
    qtbot.keyClicks(made.control, "2x")
    assert made.control.text() == "2x"
    assert made.problem() == "'2x' is no whole number."
    qtbot.keyClick(made.control, Qt.Key.Key_Backspace)
    assert made.problem() == ""
    assert made.heard == [2, 2]
    assert complaints[-1] == ""


def test_a_number_shows_its_unit(qtbot: QtBot) -> None:
    made = editor(qtbot, "count", 100)
    assert "A" in [label.text() for label in made.findChildren(QLabel)]


def test_a_text_that_is_too_long_is_kept_and_counted(qtbot: QtBot) -> None:
    made = editor(qtbot, "alias", "abc")
    qtbot.keyClicks(made.control, "defgh")
    assert made.heard[-1] == "abcdefgh"
    assert "8/5" in [label.text() for label in made.findChildren(QLabel)]


def test_a_devices_text_is_shown_as_it_came(qtbot: QtBot) -> None:
    made = editor(qtbot, "serial", "<b>1</b>\n2")
    assert isinstance(made, ValueLabel)
    assert made.control.textFormat() is Qt.TextFormat.PlainText
    assert made.control.text() == "<b>1</b>\n2"
    line = editor(qtbot, "alias", "a\nb")
    assert line.value() == "a\nb"
    assert not line.heard


def test_a_secret_is_dots(qtbot: QtBot) -> None:
    made = editor(qtbot, "key", "")
    assert made.control.echoMode() is QLineEdit.EchoMode.Password
    assert made.control.placeholderText() == "unchanged"


def test_a_switch_says_its_state_in_words(qtbot: QtBot) -> None:
    made = editor(qtbot, "active", None)
    assert made.control.text() == "not known"
    made.set_value(False)
    qtbot.keyClick(made.control, Qt.Key.Key_Space)
    assert made.heard == [True]
    assert made.control.text() == "on"


def test_an_unknown_choice_is_shown_as_it_came_and_goes_when_replaced(qtbot: QtBot) -> None:
    made = editor(qtbot, "period", 77)
    assert made.control.currentText() == "77"
    assert made.value() == 77
    qtbot.keyClick(made.control, Qt.Key.Key_Up)
    assert made.heard == [900]
    made.set_value(900)
    made.set_value(60)
    assert [made.control.itemText(i) for i in range(made.control.count())] == ["1 min", "15 min"]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_long_list_is_searched_by_typing(qtbot: QtBot) -> None:
    made = editor(qtbot, "quantity", 3)
    line = made.control.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "quantity 3")
    assert made.heard[-1] == 3
    qtbot.keyClicks(line, "9x")
    assert made.problem() == "'quantity 39x' is not in the list."
    assert line.text() == "quantity 39x"
    qtbot.keyClick(line, Qt.Key.Key_Backspace)
    assert made.heard[-1] == 39
    assert not made.problem()


def test_the_wheel_changes_nothing_that_has_no_focus(qtbot: QtBot) -> None:
    made = editor(qtbot, "period", 60)
    made.control.clearFocus()
    where = QPointF(5, 5)
    turn = QWheelEvent(
        where, made.control.mapToGlobal(where), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(made.control, turn)
    assert made.control.currentText() == "1 min"
    assert not made.heard


def test_the_hour_that_summer_time_leaves_out_can_be_entered(qtbot: QtBot) -> None:
    made = editor(qtbot, "time", datetime(2026, 3, 29, 1, 30))
    assert isinstance(made, MomentEditor)
    made.control.setSelectedSection(made.control.Section.HourSection)
    qtbot.keyClick(made.control, Qt.Key.Key_Up)
    assert made.heard == [datetime(2026, 3, 29, 2, 30)]
    assert "device time" in [label.text() for label in made.findChildren(QLabel)]


def test_rows_are_added_each_a_row_of_its_own_up_to_the_limit(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    qtbot.keyClick(made.view, Qt.Key.Key_Insert)
    assert made.value()[3] == Row("three", 3, Mode.FAST)
    qtbot.keyClick(made.view, Qt.Key.Key_Insert)
    assert len(made.value()) == 4
    assert "4 of 4 rows" in [label.text() for label in made.findChildren(QLabel)]


def test_selected_rows_are_removed_by_key(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.view.selectRow(0)
    qtbot.keyClick(made.view, Qt.Key.Key_Delete)
    assert made.heard == [ROWS[1:]]
    assert made.view.currentIndex().row() == 0


def test_cells_are_copied_and_pasted_as_text_and_rows_are_made_for_them(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    told: list[str] = []
    made.told.connect(told.append)
    made.view.selectAll()
    qtbot.keyClick(made.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert text == "one\t1\tslow\tup\ntwo\t2\tfast\tdown\nthree\t3\tslow\t"
    QGuiApplication.clipboard().setText("a\t7\tfast\tnever\r\nb\t8\tslow\tnever\r\nc\t9\tslow\tnever")
    made.view.setCurrentIndex(made.model.index(2, 0))
    qtbot.keyClick(made.view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert made.heard == [(*ROWS[:2], Row("a", 7, Mode.FAST), Row("b", 8, Mode.SLOW))]
    assert told == ["1 rows were left out: at most 4 rows."]


def test_pasted_text_that_cannot_be_read_stays_in_its_cell(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.view.setCurrentIndex(made.model.index(1, 1))
    QGuiApplication.clipboard().setText("many")
    made.paste()
    assert made.problem() == "Row 2, Level: 'many' is no whole number."
    assert made.model.index(1, 1).data() == "many"
    assert made.value() == ROWS
    assert not made.model.index(1, 1).data(Qt.ItemDataRole.DecorationRole).isNull()
    made.view.setCurrentIndex(QModelIndex())
    made.view.clearSelection()
    made.view.selectRow(0)
    made.remove_rows()
    assert made.problem() == "Row 1, Level: 'many' is no whole number."
    made.model.put([(0, 1, "5")])
    assert made.problem() == ""
    assert made.value()[0].level == 5


def test_the_topmost_cells_are_filled_down(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.view.selectAll()
    qtbot.keyClick(made.view, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert made.value() == (ROWS[0], Row("one", 1, Mode.SLOW, "down"), Row("one", 1, Mode.SLOW))


def test_a_cell_is_edited_with_the_keyboard(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.view.setFocus()
    made.view.setCurrentIndex(made.model.index(0, 1))
    qtbot.keyClick(made.view, Qt.Key.Key_Return)
    line = made.view.findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "8")
    with qtbot.waitSignal(made.edited):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert made.value()[0].level == 8
    made.view.setCurrentIndex(made.model.index(0, 2))
    qtbot.keyClick(made.view, Qt.Key.Key_F2)
    combo = made.view.findChild(QComboBox)
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert made.value()[0].mode is Mode.FAST


def test_columns_that_can_only_be_read_are_not_edited(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.model.put([(0, 3, "x")])
    assert made.value() == ROWS
    assert not made.model.flags(made.model.index(0, 3)) & Qt.ItemFlag.ItemIsEditable
    shown: TableEditor = editor(qtbot, "rows", ROWS, read_only=True)
    qtbot.keyClick(shown.view, Qt.Key.Key_Insert)
    assert shown.value() == ROWS


def test_rows_that_are_not_as_on_the_device_say_so(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.set_base(ROWS)
    made.model.put([(0, 1, "9")])
    made.add_row()
    header = [made.model.headerData(row, Qt.Orientation.Vertical) for row in range(4)]
    assert header == ["1 •", "2", "3", "4 +"]
    assert "on the device: 1" in made.model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)


def test_problems_are_marked_in_their_cells(qtbot: QtBot) -> None:
    made: TableEditor = editor(qtbot, "rows", ROWS)
    made.set_problems([Problem("rows[1].level", "Level: <1> to 9."), Problem("rows[2]", "odd", warning=True)])
    assert "&lt;1&gt; to 9." in made.model.index(1, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert made.model.index(1, 1).data(Qt.ItemDataRole.DecorationRole) is not None
    assert made.model.index(2, 0).data(Qt.ItemDataRole.DecorationRole) is not None
    assert made.model.index(0, 1).data(Qt.ItemDataRole.DecorationRole) is None


def test_changed_rows_are_told_in_words() -> None:
    after = (Row("one", 1, Mode.SLOW, "other"), Row("new", 5, Mode.FAST), Row("three", 9, Mode.SLOW))
    by_key = tell_rows(FIELDS["keyed"], ROWS, after)
    assert [(row.state, row.title, row.before, row.after) for row in by_key] == [
        (RowState.ADDED, "new", "–", "new, 5, fast"),
        (RowState.CHANGED, "three", "Level: 3", "Level: 9"),
        (RowState.REMOVED, "two", "two, 2, fast", "–"),
    ]
    by_order = tell_rows(FIELDS["rows"], ROWS, ROWS[1:])
    assert [(row.state, row.title) for row in by_order] == [(RowState.REMOVED, "Row 1")]


def test_every_kind_of_field_has_an_editor(qtbot: QtBot) -> None:
    kinds = {field.kind for field in FIELDS.values()}
    assert kinds == set(Kind)
    for field in FIELDS.values():
        qtbot.addWidget(make_editor(field, f"demo.thing.{field.name}"))
