"""The tables of the tariff calendar: one profile's switch points, seasons, special days with their dates in words."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from PySide6.QtCore import Signal

from app.model.field import Choice, Field, Kind
from app.model.section import AnySection, Problem
from app.vendors.g13.meter.tariff_models import FIRST_PROFILE, MAX_POINTS, SpecialDay, SwitchPoint
from ui.forms.table import TableEditor
from ui.vendors.g13.calendar_points import Points, added

_YEARS_AHEAD = 12
_LEAST_ROWS = 2
_ROW_HEIGHT = 28


class CalendarTable(TableEditor):
    """A table whose lists can change: the names of weeks, the numbers of day profiles."""

    readable_changed = Signal()
    """A cell became readable or not. `entry_changed` comes in the middle of a removal too: showing the draft then
    would bring the rows back."""

    def __init__(self, field: Field, name: str, *, read_only: bool) -> None:
        super().__init__(field, name, read_only=read_only)
        self._unread = False
        self.entry_changed.connect(self._look_again)

    def _look_again(self) -> None:
        unread = bool(self.problem())
        if unread != self._unread:
            self._unread = unread
            self.readable_changed.emit()

    def show_rows(self, rows: Any, base: Any, problems: Iterable[Problem], *, force: bool) -> None:
        """Show rows; what is half typed is replaced only with `force`."""
        if force or not (self.problem() and self.value() == tuple(rows)):
            self.set_value(rows)
        self.set_base(base)
        self.set_problems(problems)

    def offer(self, name: str, choices: tuple[Choice, ...]) -> None:
        """What a column's list has to offer from now on; other values stay possible."""
        columns = tuple(
            replace(column, choices=choices, suggestions=True, kind=Kind.CHOICE) if column.name == name else column
            for column in self.field.columns
        )
        if columns != self.field.columns:
            self.field = replace(self.field, columns=columns)
            self.model.field = self.field
            self.model.columns = columns

    def go_to(self, row: int, column: str = "") -> None:
        """Choose a cell and take the keyboard."""
        if 0 <= row < self.model.rowCount():
            places = [c.name for c in self.field.columns]
            self.view.setFocus()
            self._go(row, places.index(column) if column in places else 0)

    def go_to_row(self, row: int, column: int) -> None:
        """Choose a cell; the keyboard stays where it is."""
        if 0 <= row < self.model.rowCount():
            self._go(row, column)

    def set_row_height(self, height: int) -> None:
        """Lower rows, where many must be seen."""
        self.view.verticalHeader().setMinimumSectionSize(height)
        self.view.verticalHeader().setDefaultSectionSize(height)
        self.view.setMinimumHeight(self.view.horizontalHeader().sizeHint().height() + _LEAST_ROWS * height)


class PointTable(CalendarTable):
    """The switch points of one day profile."""

    widest = "action"

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        declared = section.field("switch_points")
        columns = tuple(column for column in declared.columns if column.name != "profile")
        field = replace(declared, label="Points", columns=columns, max_rows=MAX_POINTS)
        super().__init__(field, f"{section.key}.switch_points", read_only=read_only)
        self.profile = 1
        # One time in several rows is never wanted.
        if "fill" in self._buttons:
            self._buttons.pop("fill").hide()

    def show_profile(self, profile: int) -> None:
        """New rows belong to this profile from now on."""
        self.profile = profile
        made = cast("Any", functools.partial(SwitchPoint, profile=profile))
        self.field = replace(self.field, row=made)
        self.model.field = self.field

    def add_row(self) -> None:
        """A switch point in the middle of the longest stretch."""
        found = None if self.read_only else added(cast("Points", self.model.rows()), self.profile)
        if found is not None:
            points, index = found
            self.model.insert(index, [points[index]])
            self.view.setFocus()
            self._go(index, 0)


class SpecialDayTable(CalendarTable):
    """The special days, each with its date in words."""

    widest = "in_words"

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__(_special_days_field(section), f"{section.key}.special_days", read_only=read_only)
        self.set_row_height(_ROW_HEIGHT)
        self.offer("year", _years_to_choose(section.field("special_days.year").choices))

    def add_row(self) -> None:
        """A special day tomorrow, as a date to begin with."""
        rows = self.model.rows()
        if self.read_only or self._room() <= 0:
            return
        when = datetime.now().astimezone().date() + timedelta(days=1)
        profile = rows[-1].day_profile if rows else FIRST_PROFILE
        day = SpecialDay(year=when.year, month=when.month, day=when.day, day_profile=profile)
        self.model.insert(len(rows), [day])
        self.view.setFocus()
        self._go(len(rows), 1)


def _special_days_field(section: AnySection) -> Field:
    """The declared table, with each date in words in a column of its own."""
    declared = section.field("special_days")
    told = Field("In words", name="in_words", read_only=True, kind=Kind.TEXT)
    number, *dates, profile = declared.columns
    return replace(declared, columns=(number, *dates, told, profile), row=cast("Any", _new_special_day))


def _years_to_choose(every: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Every year, and the next ones."""
    this_year = datetime.now().astimezone().year
    return every + tuple(Choice(year, str(year)) for year in range(this_year, this_year + _YEARS_AHEAD))


def _new_special_day(**values: Any) -> SpecialDay:
    return SpecialDay(**{name: value for name, value in values.items() if name != "in_words"})
