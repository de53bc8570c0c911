"""The editor of the tariff calendar: five tabs and what is wrong, in place of a form of four tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.parts import push_button
from ui.icons import icon
from ui.theme import notifier
from ui.vendors.g13.calendar_day import DayPage
from ui.vendors.g13.calendar_findings import Findings
from ui.vendors.g13.calendar_page import CalendarPage, Shown, place_of, worst
from ui.vendors.g13.calendar_season import SeasonPage, SpecialDayPage
from ui.vendors.g13.calendar_week import WeekPage
from ui.vendors.g13.calendar_year import YearPage

_ICONS = {"error": ("error", "error"), "warn": ("warning", "warn")}
_SMALLEST = 340


class CalendarBody(Body):
    """Day, Week, Season, Special days, Year."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        self.tabs = QTabWidget(objectName=f"{section.key}.tabs", accessibleName="Parts of the tariff calendar")
        self.tabs.tabBar().setObjectName(f"{section.key}.tab")
        self.tabs.setDocumentMode(False)
        kinds = (DayPage, WeekPage, SeasonPage, SpecialDayPage, YearPage)
        self.pages: tuple[CalendarPage, ...] = tuple(kind(section, read_only=read_only) for kind in kinds)
        self._titles = ("Day", "Week", "Season", "Special days", "Year")
        for page, title in zip(self.pages, self._titles, strict=True):
            self.tabs.addTab(page, title)
            page.edited.connect(self.edited)
            page.finished.connect(self.finished)
            page.entry_changed.connect(self.entry_changed)
            page.told.connect(self.told)
        self._back = push_button("Revert this part", f"{section.key}.part.revert", "undo", role="flat")
        self.tabs.setCornerWidget(self._back)
        self.findings = Findings(section.key)
        layout = QVBoxLayout(self, spacing=6)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.findings)
        self.setMinimumHeight(_SMALLEST)
        self._shown: Shown | None = None
        self._changed: frozenset[str] = frozenset()
        self._stale: set[CalendarPage] = set()
        self.findings.go.connect(self.go_to)
        self._back.clicked.connect(lambda: self.revert.emit(self.page.field))
        self.tabs.currentChanged.connect(self._open)
        notifier.theme_changed.connect(self._mark_tabs)

    @property
    def page(self) -> CalendarPage:
        """The tab that is open."""
        return self.pages[self.tabs.currentIndex()]

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show the draft; pages that are not open follow when they are opened, unless something is half typed there."""
        self._shown = Shown(draft.value, draft.base, tuple(problems))
        self._changed = frozenset(change.field for change in draft.changes())
        self._stale = set(self.pages)
        for page in self.pages:
            if page is self.page or force or page.unread():
                page.show_calendar(self._shown, force=force)
                self._stale.discard(page)
        self.findings.show_problems(self._shown.problems)
        self._mark_tabs()

    def unread(self) -> list[str]:
        """The fields whose entry cannot be read."""
        return [page.field for page in self.pages if page.unread()]

    def go_to(self, problem: Problem) -> None:
        """Open the place that a problem names."""
        name, row, column = place_of(problem)
        for page in self.pages:
            if page.field == name:
                self.tabs.setCurrentWidget(page)
                page.go_to(row, column)

    def _open(self, _: int) -> None:
        if self._shown is not None and self.page in self._stale:
            self._stale.discard(self.page)
            self.page.show_calendar(self._shown, force=False)
        self._mark_tabs()

    def _mark_tabs(self) -> None:
        if self._shown is None:
            return
        for index, (page, title) in enumerate(zip(self.pages, self._titles, strict=True)):
            bad = self._shown.of_field(page.field) if page.field else []
            tone = worst(bad)
            changed = page.field in self._changed
            self.tabs.setTabText(index, f"{title} •" if changed else title)
            self.tabs.setTabIcon(index, icon(*_ICONS[tone]) if tone else QIcon())
            said = [f"{len(bad)} findings"] if bad else []
            said += ["changed, not sent"] if changed else []
            self.tabs.setTabToolTip(index, ", ".join(said))
        field = self.page.field
        self._back.setVisible(bool(field) and field in self._changed and not self.read_only)
