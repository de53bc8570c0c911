"""The Week tab: up to four week profiles, each seven days with their day profiles."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.model.section import AnySection
from app.vendors.g13.meter.tariff_models import DAY_NAMES, FIRST_PROFILE, MAX_WEEKS, SwitchPoint, Week
from app.vendors.g13.tables import WEEKDAYS
from ui.forms.editors import make_editor
from ui.forms.parts import plain_label, push_button
from ui.icons import dress
from ui.theme import notifier, restyle
from ui.vendors.g13.calendar_list import Entry, EntryList
from ui.vendors.g13.calendar_page import CalendarPage, Shown, place_of, worst
from ui.vendors.g13.calendar_paint import draw_day, draw_hours

_LIST_WIDTH = 212
_COMBO = 176


class SmallDay(QWidget):
    """A day profile as a bar, or the hours above one."""

    def __init__(self, *, hours: bool = False) -> None:
        super().__init__()
        self._hours = hours
        self._points: tuple[SwitchPoint, ...] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        notifier.theme_changed.connect(self.update)

    def show_points(self, points: tuple[SwitchPoint, ...] | None) -> None:
        """Another profile; None: there is no such profile."""
        self._points = points
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, 20 if self._hours else 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 20 if self._hours else 22)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._hours:
            draw_hours(painter, rect)
        elif self._points is not None:
            draw_day(painter, rect, self._points)


class WeekPage(CalendarPage):
    """Which day profile each weekday follows."""

    field = "weeks"

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__(section, read_only=read_only)
        self._shown: Shown | None = None
        self._row = 0
        key = section.key
        self.list = EntryList(f"{key}.weeks", "Week profiles")
        self.name = make_editor(section.field("weeks.name"), f"{key}.week.name", read_only=read_only)
        self._add = push_button("New", f"{key}.week.add", "add", role="flat", tip="A new week profile")
        self._remove = push_button("Remove", f"{key}.week.remove", "remove", role="flat", tip="Remove this week")
        self._none = plain_label("There is no week profile yet.", role="muted")
        self._days = [self._day(name, words) for name, (_, words) in zip(DAY_NAMES, WEEKDAYS, strict=True)]
        self._lay_out()
        self.list.picked.connect(self._pick)
        self.name.edited.connect(lambda text: self._change(going_on=True, name=text))
        self.name.finished.connect(self.finished)
        self.name.entry_changed.connect(self.entry_changed)
        self._add.clicked.connect(self.add_week)
        self._remove.clicked.connect(self.remove_week)

    def _day(self, name: str, words: str) -> tuple[QLabel, QComboBox, QLabel, SmallDay]:
        combo = QComboBox(objectName=f"{self.section.key}.week.{name}", accessibleName=words)
        combo.setFixedWidth(_COMBO)
        combo.setProperty("role", "low")
        combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        combo.setEnabled(not self.read_only)
        combo.activated.connect(lambda: self._change(**{name: combo.currentData()}))
        label = plain_label(words)
        label.setBuddy(combo)
        return label, combo, QLabel(), SmallDay()

    def _lay_out(self) -> None:
        left = QVBoxLayout(spacing=4)
        left.addWidget(self.list, 1)
        self.list.setFixedWidth(_LIST_WIDTH)
        if not self.read_only:
            buttons = QHBoxLayout(spacing=0)
            buttons.addWidget(self._add)
            buttons.addWidget(self._remove)
            buttons.addStretch(1)
            left.addLayout(buttons)
        self._grid_of_days = QWidget()
        grid = QGridLayout(self._grid_of_days, horizontalSpacing=10, verticalSpacing=4)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(plain_label("Name"), 0, 0)
        grid.addWidget(self.name, 0, 1, 1, 3)
        grid.addWidget(SmallDay(hours=True), 1, 3)
        for row, (label, combo, mark, bar) in enumerate(self._days, start=2):
            grid.addWidget(label, row, 0)
            grid.addWidget(combo, row, 1)
            grid.addWidget(mark, row, 2)
            grid.addWidget(bar, row, 3)
            mark.setFixedWidth(18)
        grid.setColumnStretch(3, 1)
        grid.setRowStretch(9, 1)
        right = QVBoxLayout()
        right.addWidget(self._grid_of_days, 1)
        right.addWidget(self._none, 1, Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self, spacing=16)
        row.setContentsMargins(12, 10, 14, 8)
        row.addLayout(left)
        row.addLayout(right, 1)

    # -- showing --

    def show_calendar(self, shown: Shown, *, force: bool) -> None:
        """Show the weeks, and the days of the one that is open."""
        self._shown = shown
        weeks, profiles = shown.value.weeks, shown.profiles
        self._row = max(0, min(self._row, len(weeks) - 1))
        bad: dict[int, list[Any]] = {}
        for problem in shown.of_field(self.field):
            bad.setdefault(place_of(problem)[1], []).append(problem)
        entries = [
            Entry(
                week.name or "(no name)",
                _use(shown, week),
                tuple(profiles.get(number, ()) for number in week.days),
                worst(bad.get(row, [])),
                changed=week not in shown.base.weeks,
            )
            for row, week in enumerate(weeks)
        ]
        self.list.show_entries(entries, self._row if weeks else -1)
        self._add.setEnabled(len(weeks) < MAX_WEEKS and bool(profiles))
        self._remove.setEnabled(bool(weeks))
        self._grid_of_days.setVisible(bool(weeks))
        self._none.setVisible(not weeks)
        if weeks:
            wrong = {place_of(problem)[2]: problem.message for problem in bad.get(self._row, ())}
            self._show_week(weeks[self._row], profiles, wrong, force=force)

    def _show_week(
        self, week: Week, profiles: dict[int, tuple[SwitchPoint, ...]], wrong: dict[str, str], *, force: bool
    ) -> None:
        if force or self.name.value() != week.name:
            self.name.set_value(week.name)
            if isinstance(self.name.control, QLineEdit) and not self.name.control.hasFocus():
                self.name.control.setCursorPosition(0)
        self.name.mark("error" if "name" in wrong and not week.name.strip() else "")
        for name, number, (_, combo, mark, bar) in zip(DAY_NAMES, week.days, self._days, strict=True):
            combo.clear()
            for offered in profiles:
                combo.addItem(f"Day profile {offered}", offered)
            if number not in profiles:
                combo.addItem(f"{number}: does not exist", number)
            combo.setCurrentIndex(combo.findData(number))
            restyle(combo, tone="error" if name in wrong else "")
            mark.setVisible(name in wrong)
            if name in wrong:
                dress(mark, "error", "error")
                mark.setAccessibleName(wrong[name])
            combo.setAccessibleDescription(wrong.get(name, ""))
            bar.show_points(profiles.get(number))

    def go_to(self, row: int, column: str) -> None:
        """Open that week, at that day."""
        if self._shown is not None and 0 <= row < len(self._shown.value.weeks):
            self._row = row
            self.show_calendar(self._shown, force=True)
        if column in DAY_NAMES:
            self._days[DAY_NAMES.index(column)][1].setFocus()
        elif column == "name":
            self.name.setFocus()
        else:
            self.list.setFocus()

    def unread(self) -> bool:
        """Is the name half typed?"""
        return bool(self.name.problem())

    # -- editing --

    def add_week(self) -> None:
        """A new week, each day like the open one, or with the first day profile."""
        if self._shown is None or self.read_only or len(self._shown.value.weeks) >= MAX_WEEKS:
            return
        weeks, profiles = self._shown.value.weeks, self._shown.profiles
        names = {week.name for week in weeks}
        name = next(f"Week {n}" for n in range(1, MAX_WEEKS + 2) if f"Week {n}" not in names)
        first = next(iter(profiles), FIRST_PROFILE)
        made = msgspec.structs.replace(weeks[self._row], name=name) if weeks else Week(name, *(first,) * 7)
        self._row = len(weeks)
        self._edit((*weeks, made))
        self.name.setFocus()

    def remove_week(self) -> None:
        """Remove the open week; a season that names it is told of in the findings."""
        if self._shown is not None and self._shown.value.weeks and not self.read_only:
            weeks, row = self._shown.value.weeks, self._row
            self._edit(weeks[:row] + weeks[row + 1 :])

    def _change(self, *, going_on: bool = False, **news: Any) -> None:
        if self._shown is None or not self._shown.value.weeks:
            return
        weeks = list(self._shown.value.weeks)
        weeks[self._row] = msgspec.structs.replace(weeks[self._row], **news)
        self.edited.emit(self.field, tuple(weeks))
        if not going_on:
            self.finished.emit()

    def _pick(self, row: int) -> None:
        if self._shown is not None and row != self._row:
            self._row = row
            self.show_calendar(self._shown, force=True)


def _use(shown: Shown, week: Week) -> str:
    names = [season.name for season in shown.value.seasons if season.week == week.name]
    return ", ".join(names) or "not used"
