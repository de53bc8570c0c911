"""The matrix of users and meters as Qt sees it: what each cell says, how it is marked, what may be done in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QFont

from app.model.section import AnySection, Problem
from ui.forms.parts import one_line, plain_tip
from ui.icons import icon
from ui.theme import current_theme

_Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

NO_ACCESS, VIEW_ONLY, CONFIGURE = "No Access", "View Only", "Configure"
"""The device's own words, as the section declares them."""
ADMIN, NO_ADMIN = "Administrator", "–"
DELETED = "will be deleted"
WORDS: Mapping[str, str] = {NO_ACCESS: "No access", VIEW_ONLY: "View only", CONFIGURE: "Configure"}
_PICTURES = {NO_ACCESS: ("lock", "muted"), VIEW_ONLY: ("eye", "text"), CONFIGURE: ("settings", "accent")}
NEXT = {NO_ACCESS: VIEW_ONLY, VIEW_ONLY: CONFIGURE, CONFIGURE: NO_ACCESS}
_LONGEST_HEAD = 18
_INDENT = "\u2003"
"""Meters stand a little to the right of their location."""


@dataclass(frozen=True)
class Line:
    """One row of the matrix: the administrators, a location above its meters, or a meter."""

    title: str
    serial: str = ""
    heading: bool = False


@dataclass(frozen=True)
class Person:
    """One column of the matrix."""

    name: str
    new: bool = False
    deleted: bool = False
    own: bool = False
    password: bool = False

    @property
    def state(self) -> str:
        """What is special about this user, in a word or two."""
        if self.deleted:
            return DELETED
        if self.new:
            return "new"
        if self.password:
            return "new password"
        return "logged in" if self.own else ""


class UsersModel(QAbstractTableModel):
    """Columns are users, rows are meters by location, with the administrators on top."""

    def __init__(self, section: AnySection, parent: Any = None) -> None:
        super().__init__(parent)
        self._section = section
        self.people: tuple[Person, ...] = ()
        self.lines: tuple[Line, ...] = ()
        self._now: dict[tuple[str, str], str] = {}
        self._before: dict[tuple[str, str], str] = {}
        self._problems: dict[tuple[str, str], str] = {}

    def show_rights(self, base: Any, value: Any, problems: Iterable[Problem]) -> None:
        """Show what is wanted, beside what the gateway has."""
        whole = completed(self._section, value)
        people, lines = _people(base, value), _lines(base)
        fresh = people != self.people or lines != self.lines
        if fresh:
            self.beginResetModel()
        self.people, self.lines = people, lines
        self._now, self._before = _cells(whole), _cells(base)
        self._problems = _named(value, problems)
        if fresh:
            self.endResetModel()
        elif self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.people)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Locations are there to be read only."""
        if not index.isValid() or self.lines[index.row()].heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def cell(self, row: int, column: int) -> tuple[str, str] | None:
        """User and serial number of a cell that can be changed; the administrators have no serial number."""
        line, person = self.lines[row], self.people[column]
        return None if line.heading or person.deleted else (person.name, line.serial)

    def access(self, place: tuple[str, str]) -> str:
        """What stands there now."""
        return self._now.get(place, NO_ACCESS)

    def _changed(self, place: tuple[str, str]) -> bool:
        return self._now.get(place, NO_ACCESS) != self._before.get(place, NO_ACCESS)

    def data(self, index: _Index, role: int = Role.DisplayRole) -> Any:
        line, person = self.lines[index.row()], self.people[index.column()]
        theme = current_theme()
        if line.heading:
            return QBrush(QColor(theme.surface_alt)) if role == Role.BackgroundRole else None
        if person.deleted:
            if role == Role.ForegroundRole:
                return QBrush(QColor(theme.text_disabled))
            return "–" if role == Role.DisplayRole else None
        place = (person.name, line.serial)
        if role == Role.DisplayRole:
            return self.words(place)
        if role == Role.DecorationRole:
            return self._picture(place)
        if role == Role.ToolTipRole:
            return plain_tip(self._tip(place, line, person))
        if role == Role.AccessibleTextRole:
            return f"{person.name}, {line.title}: {self.words(place)}"
        if role == Role.AccessibleDescriptionRole:
            return self._tip(place, line, person)
        return self._marks(place, role)

    def _marks(self, place: tuple[str, str], role: int) -> Any:
        """A changed cell is bold on its own ground; one with a problem on the ground of problems."""
        theme = current_theme()
        wrong, changed = place in self._problems, self._changed(place)
        if role == Role.BackgroundRole and (wrong or changed):
            return QBrush(QColor(theme.error_soft if wrong else theme.changed_soft))
        if role == Role.ForegroundRole:
            if wrong or changed:
                return QBrush(QColor(theme.error if wrong else theme.changed))
            return QBrush(QColor(theme.text_muted)) if self.access(place) == NO_ACCESS else None
        if role == Role.FontRole and changed:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def words(self, place: tuple[str, str]) -> str:
        """The cell in words."""
        now = self.access(place)
        if not place[1]:
            return ADMIN if now == CONFIGURE else NO_ADMIN
        return WORDS.get(now, one_line(now, _LONGEST_HEAD))

    def _picture(self, place: tuple[str, str]) -> Any:
        now = self.access(place)
        if not place[1]:
            return icon("ok", "ok") if now == CONFIGURE else None
        picture, tone = _PICTURES.get(now, ("warning", "warn"))
        return icon(picture, tone)

    def _tip(self, place: tuple[str, str], line: Line, person: Person) -> str:
        told = [f"{person.name}: {line.title}" + (f" ({line.serial})" if line.serial else "")]
        if self._changed(place):
            before = self._before.get(place, NO_ACCESS)
            words = WORDS.get(before, before) if place[1] else (ADMIN if before == CONFIGURE else "no administrator")
            told.append(f"On the device: {'not there yet' if person.new else words}")
        if place in self._problems:
            told.append(self._problems[place])
        return "\n".join(told)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        theme = current_theme()
        if orientation is Qt.Orientation.Vertical:
            line = self.lines[section]
            if role == Role.DisplayRole:
                indent = _INDENT if line.serial else ""
                return f"{indent}{one_line(line.title, 34)}"
            if role == Role.ToolTipRole:
                return plain_tip("\n".join(filter(None, (line.title, line.serial))))
            return int(Qt.AlignmentFlag.AlignVCenter) if role == Role.TextAlignmentRole else None
        person = self.people[section]
        if role == Role.DisplayRole:
            return f"{one_line(person.name, _LONGEST_HEAD)}\n{person.state or ' '}"
        if role in (Role.ToolTipRole, Role.AccessibleDescriptionRole):
            text = ". ".join(filter(None, (person.name, person.state, self._problems.get((person.name, "*"), ""))))
            return plain_tip(text) if role == Role.ToolTipRole else text
        if role == Role.ForegroundRole:
            if person.deleted or (person.name, "*") in self._problems:
                return QBrush(QColor(theme.error))
            return QBrush(QColor(theme.changed)) if person.new or person.password else None
        return None


def _people(base: Any, value: Any) -> tuple[Person, ...]:
    old, new = {user.name for user in base.users}, {user.name: user for user in value.users}
    standing = [
        Person(
            user.name,
            deleted=user.name not in new,
            own=user.name == base.account,
            password=user.name in new and bool(new[user.name].new_password),
        )
        for user in base.users
    ]
    return (*standing, *(Person(name, new=True) for name in new if name not in old))


def _lines(base: Any) -> tuple[Line, ...]:
    meters: dict[str, Any] = {}
    for row in base.access:
        meters.setdefault(row.serial, row)
    by_place: dict[str, list[Line]] = {}
    for row in meters.values():
        by_place.setdefault(row.location, []).append(Line(row.meter or row.serial, row.serial))
    lines = [Line("Gateway administrator")]
    for location, found in by_place.items():
        lines += [Line(location or "Without location", heading=True), *found]
    return tuple(lines)


def _cells(value: Any) -> dict[tuple[str, str], str]:
    cells = {(row.user, row.serial): row.access for row in value.access}
    return cells | {(user.name, ""): CONFIGURE if user.gateway_admin else NO_ACCESS for user in value.users}


def _named(value: Any, problems: Iterable[Problem]) -> dict[tuple[str, str], str]:
    """Problems by the cell that they are about; those of a user's name or password stand in its head."""
    found: dict[tuple[str, str], str] = {}
    for problem in problems:
        table, _, rest = problem.field.partition("[")
        number, _, column = rest.partition("].")
        rows: tuple[Any, ...] = getattr(value, table, ())
        if not number.rstrip("]").isdecimal() or int(number.rstrip("]")) >= len(rows):
            continue
        row = rows[int(number.rstrip("]"))]
        if table == "users":
            found[row.name, "" if column == "gateway_admin" else "*"] = problem.message
        else:
            found[row.user, row.serial] = problem.message
    return found


def completed(section: AnySection, value: Any) -> Any:
    """The rights with a row for each user and meter."""
    return section.normalise(value) if section.normalise else value


def given(section: AnySection, value: Any, places: Iterable[tuple[str, str]], access: str) -> tuple[Any, ...]:
    """The access table with these cells changed; a user that is new gets its rows."""
    wanted = set(places)
    return tuple(
        msgspec.structs.replace(row, access=access) if (row.user, row.serial) in wanted else row
        for row in completed(section, value).access
    )


def appointed(value: Any, names: Iterable[str], admin: bool) -> tuple[Any, ...]:
    """The users with these made administrators, or no more."""
    wanted = set(names)
    return tuple(
        msgspec.structs.replace(user, gateway_admin=admin) if user.name in wanted else user for user in value.users
    )
