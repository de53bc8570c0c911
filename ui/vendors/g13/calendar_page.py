"""What the five tabs of the tariff calendar share: what they are shown, and how they tell of edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.model.section import AnySection, Problem
from app.vendors.g13.meter.tariff_models import SwitchPoint, TariffCalendar, profiles_of


@dataclass(frozen=True)
class Shown:
    """The calendar as wanted and as on the device, and what is wrong with it."""

    value: TariffCalendar
    base: TariffCalendar
    problems: tuple[Problem, ...]

    @property
    def profiles(self) -> dict[int, tuple[SwitchPoint, ...]]:
        """The switch points as wanted, by day profile."""
        return profiles_of(self.value.switch_points)

    def of_field(self, name: str) -> list[Problem]:
        """What is wrong with one field."""
        return [problem for problem in self.problems if problem.field.partition("[")[0] == name]


def place_of(problem: Problem) -> tuple[str, int, str]:
    """Field, row (−1: the whole) and column of a problem: 'weeks[1].tue'."""
    name, _, rest = problem.field.partition("[")
    row, _, column = rest.partition("]")
    return name, int(row) if row.isdecimal() else -1, column.lstrip(".")


def worst(problems: list[Problem]) -> str:
    """error, warn or nothing."""
    if any(not problem.warning for problem in problems):
        return "error"
    return "warn" if problems else ""


class CalendarPage(QWidget):
    """A tab. `edited(field, rows)` is an edit that goes on until `finished`; `entry_changed` as for every body."""

    edited = Signal(str, object)
    finished = Signal()
    entry_changed = Signal()
    told = Signal(str)
    field = ""
    """The field that it edits; empty: none."""

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__()
        self.section = section
        self.read_only = read_only

    def hasHeightForWidth(self) -> bool:
        """No: the tabs are as high as there is room, whatever text wraps in one of them."""
        return False

    def show_calendar(self, shown: Shown, *, force: bool) -> None:
        """Show the calendar. Must not emit `edited`."""
        raise NotImplementedError

    def go_to(self, row: int, column: str) -> None:
        """Take the keyboard to a row of its field."""

    def unread(self) -> bool:
        """Is something half typed?"""
        return False

    def _edit(self, rows: Any) -> None:
        """One whole edit."""
        self.edited.emit(self.field, rows)
        self.finished.emit()
