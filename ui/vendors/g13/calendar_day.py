"""The Day tab: the day profiles, and the switch points of one of them as a bar and as a table."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from app.model.section import AnySection
from app.vendors.g13.meter.tariff_models import (
    DAY_NAMES,
    FIRST_PROFILE,
    MAX_PROFILES,
    NO_ACTION,
    SwitchPoint,
    in_order,
    profiles_of,
    tidy_time,
)
from ui.forms.parts import ElidedLabel, plain_label, push_button
from ui.vendors.g13.calendar_bar import DayBar
from ui.vendors.g13.calendar_list import Entry, EntryList
from ui.vendors.g13.calendar_page import CalendarPage, Shown, place_of, worst
from ui.vendors.g13.calendar_rows import PointTable

_LIST_WIDTH = 212
_KEYS = "◂ ▸ 15 min, Shift 1 min  ·  ▴ ▾ choose  ·  1–4 tariff  ·  Ins add  ·  Del remove"


class DayPage(CalendarPage):
    """Up to 16 day profiles of up to 30 switch points."""

    field = "switch_points"

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__(section, read_only=read_only)
        self._shown: Shown | None = None
        self._profile = FIRST_PROFILE
        key = section.key
        self.list = EntryList(f"{key}.profiles", "Day profiles")
        self.bar = DayBar(f"{key}.bar", read_only=read_only)
        self.table = PointTable(section, read_only=read_only)
        self.table.set_row_height(26)
        self._title = plain_label(role="subtitle")
        self._use = ElidedLabel()
        self._use.setProperty("role", "muted")
        self._add = push_button("New", f"{key}.profile.add", "add", role="flat", tip="A new day profile")
        self._copy = push_button("Copy", f"{key}.profile.copy", "copy", role="flat", tip="A new one like this one")
        self._remove = push_button("Remove", f"{key}.profile.remove", "remove", role="flat")
        self._lay_out()
        self.list.picked.connect(self._pick)
        self.bar.edited.connect(self._bar_edited)
        self.bar.finished.connect(self.finished)
        self.bar.chosen.connect(self._follow_bar)
        self.table.edited.connect(self._table_edited)
        self.table.finished.connect(self.finished)
        self.table.readable_changed.connect(self.entry_changed)
        self.table.told.connect(self.told)
        self.table.view.selectionModel().currentRowChanged.connect(lambda now: self._follow_table(now.row()))
        self._add.clicked.connect(self.add_profile)
        self._copy.clicked.connect(self.copy_profile)
        self._remove.clicked.connect(self.remove_profile)

    def _lay_out(self) -> None:
        left = QVBoxLayout(spacing=4)
        left.addWidget(self.list, 1)
        if not self.read_only:
            buttons = QHBoxLayout(spacing=0)
            for button in (self._add, self._copy, self._remove):
                buttons.addWidget(button)
            buttons.addStretch(1)
            left.addLayout(buttons)
        self.list.setFixedWidth(_LIST_WIDTH)
        head = QHBoxLayout(spacing=12)
        head.addWidget(self._title)
        head.addWidget(self._use, 1)
        right = QVBoxLayout(spacing=2)
        right.addLayout(head)
        right.addWidget(self.bar)
        if not self.read_only:
            keys = plain_label(_KEYS, role="hint")
            keys.setAlignment(Qt.AlignmentFlag.AlignRight)
            keys.setContentsMargins(0, 0, 14, 0)
            # What helps must not be what makes the page too wide.
            keys.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            right.addWidget(keys)
        right.addWidget(self.table, 1)
        row = QHBoxLayout(self, spacing=16)
        row.setContentsMargins(12, 10, 12, 8)
        row.addLayout(left)
        row.addLayout(right, 1)

    # -- showing --

    def show_calendar(self, shown: Shown, *, force: bool) -> None:
        """Show the profiles, and the one that is open."""
        self._shown = shown
        profiles = shown.profiles
        if self._profile not in profiles and profiles:
            self._profile = min(profiles, key=lambda number: abs(number - self._profile))
        self._show_list(shown)
        self._show_profile(shown, force=force)

    def _show_list(self, shown: Shown) -> None:
        profiles, there = shown.profiles, profiles_of(shown.base.switch_points)
        bad: dict[int, list[Any]] = {}
        for problem in shown.of_field(self.field):
            _, row, _ = place_of(problem)
            if row >= 0:
                bad.setdefault(shown.value.switch_points[row].profile, []).append(problem)
        entries = [
            Entry(
                f"Profile {number}",
                _brief_use(shown, number),
                (points,),
                worst(bad.get(number, [])),
                changed=points != there.get(number),
            )
            for number, points in profiles.items()
        ]
        numbers = list(profiles)
        self.list.show_entries(entries, numbers.index(self._profile) if self._profile in profiles else -1)
        full = all(number in profiles for number in range(FIRST_PROFILE, MAX_PROFILES + 1))
        self._add.setEnabled(not full)
        self._copy.setEnabled(not full and self._profile in profiles)
        kept = self._profile in there
        self._remove.setEnabled(not kept and self._profile in profiles)
        why = "The meter keeps its day profiles: it has no way to delete one." if kept else "Remove this new profile"
        self._remove.setToolTip(why)

    def _show_profile(self, shown: Shown, *, force: bool) -> None:
        points = shown.profiles.get(self._profile, ())
        there = profiles_of(shown.base.switch_points).get(self._profile, ())
        self._title.setText(f"Day profile {self._profile}")
        self._use.setText(_use(shown, self._profile))
        self.bar.show_points(self._profile, points)
        other = self.table.profile != self._profile
        self.table.show_profile(self._profile)
        places = {
            index: place
            for place, index in enumerate(
                sorted(
                    (i for i, p in enumerate(shown.value.switch_points) if self._is_own(p)),
                    key=lambda i: in_order(shown.value.switch_points[i]),
                )
            )
        }
        problems = []
        for problem in shown.of_field(self.field):
            name, row, column = place_of(problem)
            if row in places:
                renamed = f"{name}[{places[row]}]" + (f".{column}" if column else "")
                problems.append(msgspec.structs.replace(problem, field=renamed))
        self.table.show_rows(points, there, problems, force=force or other)

    def _is_own(self, point: SwitchPoint) -> bool:
        return point.profile == self._profile and point.action != NO_ACTION

    def go_to(self, row: int, column: str) -> None:
        """Open the profile of that switch point, and choose it."""
        if self._shown is None or not 0 <= row < len(self._shown.value.switch_points):
            self.list.setFocus()
            return
        point = self._shown.value.switch_points[row]
        self._open(point.profile)
        own = self._shown.profiles.get(point.profile, ())
        if point in own:
            self.bar.choose(own.index(point))
        self.bar.setFocus()

    def unread(self) -> bool:
        """Is a cell half typed?"""
        return bool(self.table.problem())

    # -- editing --

    def add_profile(self) -> None:
        """A new day profile: tariff 1 all day."""
        self._new((SwitchPoint(FIRST_PROFILE, "00:00", 1),))

    def copy_profile(self) -> None:
        """A new day profile like the one that is open."""
        if self._shown is not None:
            self._new(self._shown.profiles.get(self._profile, ()))

    def remove_profile(self) -> None:
        """Take back a day profile that the meter does not have yet."""
        if self._shown is not None:
            gone = self._profile
            self._edit(tuple(p for p in self._shown.value.switch_points if p.profile != gone))

    def _new(self, like: tuple[SwitchPoint, ...]) -> None:
        if self._shown is None or self.read_only:
            return
        profiles = self._shown.profiles
        free = next((n for n in range(FIRST_PROFILE, MAX_PROFILES + 1) if n not in profiles), None)
        if free is not None and like:
            self._profile = free
            made = (msgspec.structs.replace(point, profile=free) for point in like)
            self._edit(tuple(sorted((*self._shown.value.switch_points, *made), key=in_order)))
            self.bar.setFocus()

    def _pick(self, row: int) -> None:
        if self._shown is not None:
            self._open(list(self._shown.profiles)[row])

    def _open(self, profile: int) -> None:
        if self._shown is not None and profile != self._profile:
            self._profile = profile
            self.show_calendar(self._shown, force=True)

    def _bar_edited(self, points: tuple[SwitchPoint, ...]) -> None:
        self.edited.emit(self.field, self._whole(points))

    def _table_edited(self, rows: tuple[SwitchPoint, ...]) -> None:
        place = self.table.view.currentIndex()
        row = rows[place.row()] if 0 <= place.row() < len(rows) else None
        tidied = tuple(msgspec.structs.replace(point, start=tidy_time(point.start)) for point in rows)
        points = tuple(sorted(tidied, key=in_order))
        if not points and self._shown is not None:
            # The last point stays: a profile is nothing without one.
            self.told.emit("A day profile keeps one switch point at least.")
            self._show_profile(self._shown, force=True)
            return
        self._edit(self._whole(points))
        if row is not None:
            # The row may have gone to another place: the keyboard goes with it.
            now = msgspec.structs.replace(row, start=tidy_time(row.start))
            self.table.go_to_row(points.index(now), place.column())
            self.bar.choose(points.index(now))

    def _whole(self, points: tuple[SwitchPoint, ...]) -> tuple[SwitchPoint, ...]:
        """All switch points, with these for the profile that is open."""
        assert self._shown is not None
        others = (p for p in self._shown.value.switch_points if p.profile != self._profile)
        return tuple(sorted((*others, *points), key=in_order))

    def _follow_bar(self, index: int) -> None:
        if self.table.view.currentIndex().row() != index:
            self.table.go_to_row(index, max(0, self.table.view.currentIndex().column()))

    def _follow_table(self, row: int) -> None:
        if 0 <= row < len(self.bar.points) and self.table.model.rowCount() == len(self.bar.points):
            self.bar.choose(row)


def _brief_use(shown: Shown, profile: int) -> str:
    weeks = sum(profile in week.days for week in shown.value.weeks)
    days = sum(day.day_profile == profile for day in shown.value.special_days)
    parts = [f"{weeks} {'week' if weeks == 1 else 'weeks'}"] if weeks else []
    parts += [f"{days} sp. {'day' if days == 1 else 'days'}"] if days else []
    return ", ".join(parts) or "not used"


def _use(shown: Shown, profile: int) -> str:
    """Who names a day profile, in words."""
    parts = []
    for week in shown.value.weeks:
        days = [name.capitalize() for name, number in zip(DAY_NAMES, week.days, strict=True) if number == profile]
        if days:
            parts.append(f"{week.name} ({_days(days)})")
    special = [str(day.number) for day in shown.value.special_days if day.day_profile == profile]
    if special:
        parts.append(f"special {'day' if len(special) == 1 else 'days'} {', '.join(special)}")
    return "used by " + "; ".join(parts) if parts else "used by no week and no special day"


def _days(days: list[str]) -> str:
    """'Mon–Fri' where they follow each other."""
    order = [name.capitalize() for name in DAY_NAMES]
    first = order.index(days[0])
    if len(days) > 2 and days == order[first : first + len(days)]:
        return f"{days[0]}–{days[-1]}"
    return ", ".join(days)
