"""The matrix of users and meters: by keyboard alone, by mouse, marked, undone, sent, and never a password in sight."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit

from app.commission.receipt import Outcome
from app.vendors.g13.gateway.users import USERS
from app.vendors.g13.simulator.gateway import Registration
from app.vendors.g13.simulator.users import Role
from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, until
from ui.forms.panel import SectionPanel
from ui.theme import apply_theme
from ui.vendors.g13.users import UsersBody
from ui.vendors.g13.users_model import DELETED, WORDS

OTHER = "ABB01EM000014502"
SECRET = "Schluessel 7"


MOST_COLUMNS = 40


def people(bench: Bench) -> None:
    gateway = bench.device.simulator.gateway
    gateway.users.add("anna", "anna 1", {MAIN: Role.VIEW})
    gateway.users.add("berta", "berta 1", {gateway.serial: Role.CONFIGURE})


async def opened(bench: Bench) -> tuple[SectionPanel, UsersBody]:
    people(bench)
    panel = await bench.ready(USERS.key, meter="")
    body = panel._form
    assert isinstance(body, UsersBody)
    body.view.setFocus()
    return panel, body


def key(body: UsersBody, *keys: Qt.Key) -> None:
    for one in keys:
        QTest.keyClick(body.view, one)


def shown(body: UsersBody) -> list[list[str]]:
    rows, columns = range(body.model.rowCount()), range(body.model.columnCount())
    return [[str(body.model.index(row, column).data() or "") for column in columns] for row in rows]


def heads(body: UsersBody) -> list[str]:
    horizontal = Qt.Orientation.Horizontal
    return [
        body.model.headerData(column, horizontal).replace("\n", " ").strip()
        for column in range(body.model.columnCount())
    ]


def dialog(name: str) -> QDialog:
    found = [w for w in QApplication.topLevelWidgets() if w.objectName() == name and w.isVisible()]
    assert len(found) == 1
    assert isinstance(found[0], QDialog)
    return found[0]


def type_in(asked: QDialog, **entries: str) -> None:
    for name, text in entries.items():
        line = asked.findChild(QLineEdit, f"{asked.objectName()}.{name}")
        assert line is not None
        line.setFocus()
        QTest.keyClicks(line, text)


def test_the_words_of_the_matrix_are_those_of_the_declaration() -> None:
    assert {choice.value: choice.label for choice in USERS.field("access.access").choices} == WORDS


def test_the_matrix_shows_who_may_do_what_by_location(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        _, body = await opened(bench)
        assert heads(body) == ["admin logged in", "anna", "berta"]
        assert shown(body) == [
            ["Administrator", "–", "Administrator"],
            ["", "", ""],
            ["Configure", "View only", "Configure"],
            ["Configure", "No access", "Configure"],
        ]
        vertical = Qt.Orientation.Vertical
        titles = [body.model.headerData(row, vertical).strip() for row in range(body.model.rowCount())]
        assert titles == ["Gateway administrator", "Main distribution", "Main incomer", "Ventilation"]

    on_bench(look)


def test_the_whole_workflow_by_keyboard_alone(on_bench: OnBench) -> None:
    async def work(bench: Bench) -> None:
        panel, body = await opened(bench)
        # anna: configure the main incomer, look at the other.
        key(body, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_C, Qt.Key.Key_Down, Qt.Key.Key_V)
        # A new user, an administrator.
        key(body, Qt.Key.Key_Insert)
        asked = dialog("g13.users.add_dialog")
        type_in(asked, name="carl", new=SECRET, again=SECRET)
        QTest.keyClick(asked, Qt.Key.Key_Return)
        key(body, Qt.Key.Key_Space)
        # A new password for anna, and berta goes.
        key(body, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_F2)
        asked = dialog("g13.users.password_dialog")
        type_in(asked, new=SECRET, again=SECRET)
        QTest.keyClick(asked, Qt.Key.Key_Return)
        key(body, Qt.Key.Key_Right, Qt.Key.Key_Delete)
        assert heads(body) == ["admin logged in", "anna new password", f"berta {DELETED}", "carl new"]
        receipt = await bench.session.send(USERS, "")
        assert receipt.outcome is Outcome.VERIFIED
        panel.reload()
        await until(lambda: heads(body) == ["admin logged in", "anna", "carl"])
        assert shown(body)[2:] == [["Configure", "Configure", "No access"], ["Configure", "View only", "No access"]]
        assert shown(body)[0] == ["Administrator", "–", "Administrator"]
        users = bench.device.simulator.gateway.users
        assert users.authenticate("anna", SECRET) is not None
        assert users.authenticate("carl", SECRET) is not None

    on_bench(work)


def test_a_second_click_goes_on_to_the_next_access_and_the_first_only_selects(on_bench: OnBench) -> None:
    async def click(bench: Bench) -> None:
        _, body = await opened(bench)
        place = body.view.visualRect(body.model.index(3, 1)).center()

        def once() -> str:
            QTest.mouseClick(body.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
            return shown(body)[3][1]

        assert [once() for _ in range(4)] == ["No access", "View only", "Configure", "No access"]

    on_bench(click)


def test_several_selected_cells_change_together_and_undo_takes_it_back(on_bench: OnBench) -> None:
    async def select(bench: Bench) -> None:
        panel, body = await opened(bench)
        body.view.selectColumn(1)
        key(body, Qt.Key.Key_C)
        assert [row[1] for row in shown(body)] == ["–", "", "Configure", "Configure"]
        assert body.model.index(2, 1).data(Qt.ItemDataRole.FontRole).bold()
        assert "On the device: View only" in body.model.index(2, 1).data(Qt.ItemDataRole.ToolTipRole)
        panel.undo()
        assert [row[1] for row in shown(body)] == ["–", "", "View only", "No access"]
        assert panel.unsent == 0

    on_bench(select)


def test_the_account_in_use_is_protected_and_the_reason_shown(on_bench: OnBench) -> None:
    async def try_it(bench: Bench) -> None:
        panel, body = await opened(bench)
        assert not body.delete_button.isEnabled()
        assert not body.password_button.isEnabled()
        key(body, Qt.Key.Key_Delete, Qt.Key.Key_F2)
        assert panel.unsent == 0
        key(body, Qt.Key.Key_Space)
        assert "account in use" in body._problems.words
        assert not panel._footer.send_button.isEnabled()
        key(body, Qt.Key.Key_Space)
        assert body._problems.words == ""

    on_bench(try_it)


def test_a_new_user_that_goes_again_leaves_nothing_and_a_deleted_one_can_be_kept(on_bench: OnBench) -> None:
    async def there_and_back(bench: Bench) -> None:
        panel, body = await opened(bench)
        body._add("carl", SECRET)
        key(body, Qt.Key.Key_Down, Qt.Key.Key_C)
        assert panel.unsent == 2
        key(body, Qt.Key.Key_Delete)
        assert panel.unsent == 0
        body._go(("anna", ""))
        key(body, Qt.Key.Key_Delete)
        assert body.delete_button.text() == "Keep user"
        assert [row[1] for row in shown(body)] == ["–", "", "–", "–"]
        key(body, Qt.Key.Key_C, Qt.Key.Key_Space)
        key(body, Qt.Key.Key_Delete)
        assert panel.unsent == 0
        assert heads(body)[1] == "anna"

    on_bench(there_and_back)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"name": "Emil", "new": "x", "again": "x"}, "lower case"),
        ({"name": "anna", "new": "x", "again": "x"}, "already"),
        ({"name": "emil", "new": "x", "again": "y"}, "differ"),
        ({"name": "emil", "new": "", "again": ""}, "At most 32"),
        ({"name": "", "new": "x", "again": "x"}, "At most 32"),
    ],
)
def test_a_user_that_cannot_be_is_refused_in_the_dialog(on_bench: OnBench, entries: dict[str, str], words: str) -> None:
    async def ask(bench: Bench) -> None:
        _, body = await opened(bench)
        key(body, Qt.Key.Key_Insert)
        asked = dialog("g13.users.add_dialog")
        type_in(asked, **entries)
        assert not asked.accept_button.isEnabled()
        assert any(words in label.text() for label in asked.findChildren(QLabel))
        asked.reject()

    on_bench(ask)


def test_a_password_is_nowhere_to_be_read(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        panel, body = await opened(bench)
        body._renew("anna", SECRET)
        panel.preview()
        await until(lambda: bench.window.findChild(QDialog, "g13.users.preview_dialog") or _previews())
        texts = list(_texts())
        assert any("anna" in text for text in texts)
        assert not [text for text in texts if SECRET in text]
        next(iter(_previews())).reject()
        await until(lambda: not _previews())

    on_bench(look)


def _previews() -> list[QDialog]:
    return [
        w
        for w in QApplication.topLevelWidgets()
        if isinstance(w, QDialog) and w.objectName() == "g13.users.preview_dialog" and w.isVisible()
    ]


def _texts() -> Iterator[str]:
    from PySide6.QtWidgets import QAbstractItemView, QPlainTextEdit, QWidget

    for widget in QApplication.allWidgets():
        if isinstance(widget, QLabel):
            yield widget.text()
        elif isinstance(widget, QPlainTextEdit):
            yield widget.toPlainText()
        elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
            yield from _cells(widget)
        assert isinstance(widget, QWidget)
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())


def _cells(view: object) -> Iterator[str]:
    model = view.model()
    # A list of one column keeps the number of its columns to itself: it only tells which cells there are.
    todo = [
        model.index(row, column)
        for row in range(model.rowCount())
        for column in range(MOST_COLUMNS)
        if model.hasIndex(row, column)
    ]
    while todo:
        index = todo.pop()
        yield from (str(index.data(role) or "") for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole))
        if index.column() == 0:
            todo += [
                model.index(row, column, index)
                for row in range(model.rowCount(index))
                for column in range(model.columnCount(index))
            ]


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_ten_users_and_32_meters_fit_and_scroll_inside(on_bench: OnBench, qapp: QApplication, theme: str) -> None:
    async def fill(bench: Bench) -> None:
        apply_theme(qapp, theme)
        gateway = bench.device.simulator.gateway
        meter = gateway.wired(MAIN)
        for number in range(30):
            serial = f"ABB01EM00009{number:04d}"
            gateway.registered[serial] = Registration(meter, f"Flat {number}", f"Floor {number // 6}", 0.0)
        for number in range(7):
            gateway.users.add(f"tenant{number}", "x", {})
        _, body = await opened(bench)
        assert body.model.columnCount() == 10
        assert sum(bool(line.serial) for line in body.model.lines) == 32
        assert bench.window.minimumSizeHint().width() <= 900
        assert bench.window.minimumSizeHint().height() <= 640
        assert body.view.horizontalScrollBar().maximum() > 0
        assert body.view.verticalScrollBar().maximum() > 0

    on_bench(fill)
