"""Users and their rights as a matrix: who may do what with which meter, by keyboard or mouse (manual 4.5.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.parts import Strip, one_line, plain_label, push_button
from ui.theme import notifier
from ui.vendors.g13.users_dialogs import NewUserDialog, UserPasswordDialog
from ui.vendors.g13.users_model import (
    CONFIGURE,
    DELETED,
    NEXT,
    NO_ACCESS,
    VIEW_ONLY,
    WORDS,
    Person,
    UsersModel,
    appointed,
    given,
)

_ROW_HEIGHT = 28
_COLUMN = 132
_HEAD = 46
_LEAST_ROWS = 5
_MOST_SHOWN = 3
_LETTERS = {Qt.Key.Key_N: NO_ACCESS, Qt.Key.Key_V: VIEW_ONLY, Qt.Key.Key_C: CONFIGURE}
_HINT = "Space or a second click: next.  N: no access.  V: view only.  C: configure.  For several cells, select them."


class MatrixView(QTableView):
    """The cells. `chosen(access)`: the selected ones shall become that; `cycled`: the next after the current one's."""

    chosen = Signal(str)
    cycled = Signal()
    add = Signal()
    remove = Signal()
    renew = Signal()

    def __init__(self, model: UsersModel, name: str) -> None:
        super().__init__(objectName=name, accessibleName="Access to meters", wordWrap=False)
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        down, across = self.verticalHeader(), self.horizontalHeader()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(_ROW_HEIGHT)
        down.setHighlightSections(True)
        across.setDefaultSectionSize(_COLUMN)
        across.setMinimumSectionSize(96)
        across.setFixedHeight(_HEAD)
        across.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMinimumHeight(_HEAD + _LEAST_ROWS * _ROW_HEIGHT)
        self._pressed_on = QModelIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters and Space set cells; Insert, F2 and Delete are about the user of the column."""
        key = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        about_users = {Qt.Key.Key_Insert: self.add, Qt.Key.Key_Delete: self.remove, Qt.Key.Key_F2: self.renew}
        if plain and key in _LETTERS:
            self.chosen.emit(_LETTERS[key])
        elif plain and key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.cycled.emit()
        elif plain and key in about_users:
            about_users[key].emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, _: str) -> None:
        """Letters are no search here."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember whether the cell was the current one before."""
        index = self.indexAt(event.position().toPoint())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier and event.button() == Qt.MouseButton.LeftButton
        alone = len(self.selectionModel().selectedIndexes()) == 1
        self._pressed_on = index if plain and alone and index == self.currentIndex() else QModelIndex()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick clicks are two clicks."""
        self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the cell that was the current one already is for its value."""
        super().mouseReleaseEvent(event)
        pressed, self._pressed_on = self._pressed_on, QModelIndex()
        if pressed.isValid() and pressed == self.indexAt(event.position().toPoint()):
            self.cycled.emit()


class UsersBody(Body):
    """Users across, meters down, the administrators on top."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        self._base: Any = None
        self._value: Any = None
        key = section.key
        self.model = UsersModel(section, self)
        self.view = MatrixView(self.model, f"{key}.access")
        self.add_button = push_button("Add user", f"{key}.add", "add", tip="Add a user (Insert)")
        self.password_button = push_button("New password…", f"{key}.password", "lock", tip="For this user (F2)")
        self.delete_button = push_button("Delete user", f"{key}.delete", "remove", tip="Delete this user (Delete)")
        self._account = plain_label(role="muted")
        self._account.setObjectName(f"{key}.account")
        self._problems = Strip(f"{key}.problems")
        self._lay_out()
        self._connect()
        self._refresh()

    def _lay_out(self) -> None:
        bar = QHBoxLayout(spacing=8)
        bar.addWidget(self._account, 1)
        for button in (self.add_button, self.password_button, self.delete_button):
            bar.addWidget(button)
            button.setVisible(not self.read_only)
        hint = plain_label(_HINT, role="hint", wrap=True)
        hint.setVisible(not self.read_only)
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        column.addWidget(hint)
        column.addWidget(self._problems)

    def _connect(self) -> None:
        if not self.read_only:
            self.view.chosen.connect(self.choose)
            self.view.cycled.connect(self.cycle)
            self.view.horizontalHeader().customContextMenuRequested.connect(self._open_menu)
            for signal, slot in (
                (self.view.add, self.add_user),
                (self.view.remove, self.delete_user),
                (self.view.renew, self.renew_password),
                (self.add_button.clicked, self.add_user),
                (self.password_button.clicked, self.renew_password),
                (self.delete_button.clicked, self.delete_user),
            ):
                signal.connect(slot)
        self.view.selectionModel().currentChanged.connect(self._refresh)
        self.model.modelReset.connect(self._refresh)
        notifier.theme_changed.connect(self._dress)

    # Showing.

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show the draft; the current cell stays where it is."""
        told = list(problems)
        first = self._base is None
        self._base, self._value = draft.base, draft.value
        place = self._place()
        self.model.show_rights(draft.base, draft.value, told)
        self._go(place)
        if first:
            self._fit()
        self._account.setText(f"Logged in as {one_line(draft.base.account)}" if draft.base.account else "")
        self._say(told)
        self._refresh()

    def _fit(self) -> None:
        """The meters' names get the width that they need, within reason."""
        down, across = self.view.verticalHeader(), self.view.horizontalHeader()
        down.setMinimumWidth(150)
        down.setMaximumWidth(260)
        # The heads are bold, and the themes' fonts differ in size.
        across.setDefaultSectionSize(max(_COLUMN, round(1.2 * across.fontMetrics().horizontalAdvance(DELETED)) + 24))

    def _dress(self) -> None:
        """Another theme has other colours and fonts."""
        self._fit()
        self.view.viewport().update()

    def _say(self, problems: list[Problem]) -> None:
        wrong = [problem for problem in problems if not problem.warning] or problems
        texts = list(dict.fromkeys(problem.message for problem in wrong))
        more = [f"and {len(texts) - _MOST_SHOWN} more"] if len(texts) > _MOST_SHOWN else []
        tone = "warn" if all(problem.warning for problem in wrong) else "error"
        self._problems.say(tone, "warning" if tone == "warn" else "error", "", "\n".join(texts[:_MOST_SHOWN] + more))

    def _refresh(self) -> None:
        person = self._person()
        self.add_button.setEnabled(self._value is not None)
        self.password_button.setEnabled(person is not None and not person.deleted and not person.own)
        self.delete_button.setEnabled(person is not None and not person.own)
        words = "Keep user" if person is not None and person.deleted else "Delete user"
        self.delete_button.setText(words)
        self.delete_button.setAccessibleName(words)

    # Where the keyboard is.

    def _place(self) -> tuple[str, str] | None:
        """User and meter of the current cell."""
        index = self.view.currentIndex()
        if not index.isValid() or index.column() >= len(self.model.people) or index.row() >= len(self.model.lines):
            return None
        return self.model.people[index.column()].name, self.model.lines[index.row()].serial

    def _go(self, place: tuple[str, str] | None) -> None:
        """Back to a cell, also where its column has moved; at first to the administrators."""
        if not self.model.people:
            return
        names = [person.name for person in self.model.people]
        name, serial = place or (names[0], "")
        column = names.index(name) if name in names else min(self.view.currentIndex().column(), len(names) - 1)
        rows = [row for row, line in enumerate(self.model.lines) if line.serial == serial and not line.heading]
        wanted = self.model.index(rows[0] if rows else 0, max(column, 0))
        if wanted != self.view.currentIndex():
            self.view.setCurrentIndex(wanted)

    def _person(self) -> Person | None:
        index = self.view.currentIndex()
        people = self.model.people
        return people[index.column()] if index.isValid() and index.column() < len(people) else None

    def _selected(self) -> list[tuple[str, str]]:
        indexes = self.view.selectionModel().selectedIndexes()
        cells = (self.model.cell(index.row(), index.column()) for index in indexes)
        return [cell for cell in cells if cell is not None]

    # What the user does.

    def choose(self, access: str) -> None:
        """Set the selected cells; administrators only where nothing else is selected."""
        cells = self._selected()
        meters = [cell for cell in cells if cell[1]]
        if self._value is None or not cells:
            return
        if meters:
            self.edited.emit("access", given(self.section, self._value, meters, access))
        elif access != VIEW_ONLY:
            self.edited.emit("users", appointed(self._value, (name for name, _ in cells), access == CONFIGURE))

    def cycle(self) -> None:
        """The selected cells get what comes after the current one's value."""
        index = self.view.currentIndex()
        cell = self.model.cell(index.row(), index.column()) if index.isValid() else None
        if cell is None or self._value is None:
            return
        now = self.model.access(cell)
        if cell[1]:
            self.choose(NEXT.get(now, NO_ACCESS))
        else:
            names = (name for name, serial in self._selected() or [cell] if not serial)
            self.edited.emit("users", appointed(self._value, names, now != CONFIGURE))

    def add_user(self) -> None:
        """Ask for name and password of a new user."""
        if self._base is None or self._value is None:
            return
        name = f"{self.section.key}.add_dialog"
        dialog = NewUserDialog(
            self.window(), name, self._longest, self._name_problem, self.section.field("users.name").help
        )
        dialog.accepted.connect(lambda: self._add(dialog.user.text(), dialog.password.text()))
        dialog.finished.connect(dialog.deleteLater)
        self.destroyed.connect(dialog.deleteLater)
        dialog.open()

    @property
    def _longest(self) -> int:
        return self.section.field("users.new_password").max_length or 0

    def _account_row(self, name: str, password: str) -> Any:
        row = self.section.field("users").row
        assert row is not None, "a table declares its rows"
        return row(name=name, new_password=password)

    def _name_problem(self, name: str) -> str:
        """What stands against a user of that name."""
        if any(user.name == name for user in (*self._base.users, *self._value.users)):
            return f"There is a user '{one_line(name, 32)}' already."
        users = (*self._value.users, self._account_row(name, "?"))
        place = f"users[{len(users) - 1}].name"
        wanted = msgspec.structs.replace(self._value, users=users)
        problems = self.section.change_problems(self._base, wanted)
        return next((problem.message for problem in problems if problem.field == place), "")

    def _add(self, name: str, password: str) -> None:
        if self._value is None:
            return
        self.edited.emit("users", (*self._value.users, self._account_row(name, password)))
        self._go((name, ""))
        self.view.setFocus()

    def renew_password(self) -> None:
        """Ask for a new password of the user whose column this is."""
        person = self._person()
        if person is None or not self.password_button.isEnabled():
            return
        name = f"{self.section.key}.password_dialog"
        title = f"New password for '{one_line(person.name, 32)}'"
        dialog = UserPasswordDialog(self.window(), name, title, "Take over", self._longest)
        dialog.accepted.connect(lambda: self._renew(person.name, dialog.password.text()))
        dialog.finished.connect(dialog.deleteLater)
        self.destroyed.connect(dialog.deleteLater)
        dialog.open()

    def _renew(self, name: str, password: str) -> None:
        if self._value is None:
            return
        users = tuple(
            msgspec.structs.replace(user, new_password=password) if user.name == name else user
            for user in self._value.users
        )
        self.edited.emit("users", users)

    def delete_user(self) -> None:
        """Delete the user whose column this is, or keep it after all; nothing is sent yet."""
        person = self._person()
        if person is None or self._value is None or self._base is None or not self.delete_button.isEnabled():
            return
        if person.deleted:
            back = [user for user in self._base.users if user.name == person.name]
            names = [user.name for user in self._base.users]
            users = sorted(
                (*self._value.users, *back),
                key=lambda user: names.index(user.name) if user.name in names else len(names),
            )
            self.edited.emit("users", tuple(users))
            return
        if person.new:
            # Nobody on the gateway has this name: what was given to it means nothing any more.
            rows = tuple(row for row in self._value.access if row.user != person.name)
            if rows != self._value.access:
                self.edited.emit("access", rows)
        self.edited.emit("users", tuple(user for user in self._value.users if user.name != person.name))

    def _open_menu(self, at: QPoint) -> None:
        """What can be done with one user."""
        header = self.view.horizontalHeader()
        column = header.logicalIndexAt(at)
        if column < 0:
            return
        self.view.setCurrentIndex(self.model.index(max(self.view.currentIndex().row(), 0), column))
        menu = QMenu(self)
        menu.setObjectName(f"{self.section.key}.user_menu")
        for button, slot in ((self.password_button, self.renew_password), (self.delete_button, self.delete_user)):
            entry = menu.addAction(button.text())
            entry.setEnabled(button.isEnabled())
            entry.triggered.connect(slot)
        menu.addSeparator()
        for access, words in WORDS.items():
            entry = menu.addAction(f"All meters: {words}")
            entry.triggered.connect(lambda _=False, access=access: self._give_all(column, access))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(header.mapToGlobal(at))

    def _give_all(self, column: int, access: str) -> None:
        if self._value is None:
            return
        cells = (self.model.cell(row, column) for row in range(self.model.rowCount()))
        meters = [cell for cell in cells if cell is not None and cell[1]]
        if meters:
            self.edited.emit("access", given(self.section, self._value, meters, access))
