"""The tabs of seasons and of special days: tables, the seasons with a strip of the year above them."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.model.field import Choice
from app.model.section import AnySection
from app.vendors.g13.meter.tariff_models import SpecialDay, TariffCalendar, numbered
from app.vendors.g13.meter.tariff_year import DayResult, Resolved
from ui.forms.parts import one_line, plain_label
from ui.theme import current_theme, notifier
from ui.vendors.g13.calendar_page import CalendarPage, Shown
from ui.vendors.g13.calendar_paint import mixed, sized
from ui.vendors.g13.calendar_rows import CalendarTable, SpecialDayTable

_MONTHS_HEIGHT = 20
_STRIP_HEIGHT = 40
_ROW_HEIGHT = 28


class SeasonStrip(QWidget):
    """The seasons side by side over this year, the one that wraps at both ends."""

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name)
        self.setAccessibleName("Seasons over the year")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._spans: list[tuple[int, int, DayResult]] = []
        self._days = 365
        self._year = datetime.now().astimezone().year
        notifier.theme_changed.connect(self.update)

    def show_calendar(self, calendar: TariffCalendar) -> None:
        """Show its seasons; special days are left out."""
        bare = TariffCalendar(calendar.switch_points, calendar.weeks, calendar.seasons, ())
        results = Resolved(bare).year(self._year)
        self._days = len(results)
        self._spans = []
        for index, result in enumerate(results):
            if self._spans and self._spans[-1][2].season_number == result.season_number:
                first, _, known = self._spans[-1]
                self._spans[-1] = (first, index + 1, known)
            else:
                self._spans.append((index, index + 1, result))
        told = [f"{one_line(r.season, 60) or 'none'} from {r.date:%d.%m.}" for _, _, r in self._spans]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, _MONTHS_HEIGHT + _STRIP_HEIGHT + 2)

    def paintEvent(self, _: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(1, _MONTHS_HEIGHT, self.width() - 2, _STRIP_HEIGHT)
        self._draw_months(painter, bar)
        for first, last, result in self._spans:
            part = QRectF(bar.left() + bar.width() * first / self._days, bar.top(), 0, bar.height())
            part.setRight(bar.left() + bar.width() * last / self._days)
            if not result.season_number:
                painter.fillRect(part, QColor(theme.surface_alt))
                self._say(painter, part, "no season", "", theme.text_muted)
                continue
            colour = theme.series[(result.season_number + 2) % len(theme.series)]
            painter.fillRect(part, mixed(theme.surface, colour, 0.38 if theme.dark else 0.24))
            if result.begins:
                painter.fillRect(QRectF(part.left(), part.top(), 3, part.height()), QColor(colour))
            self._say(painter, part, result.season, result.week, theme.text)
        painter.setPen(QPen(QColor(theme.line_strong), theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(bar, 3, 3)

    def _draw_months(self, painter: QPainter, bar: QRectF) -> None:
        theme, locale = current_theme(), QLocale()
        painter.setFont(sized(self.font(), 11))
        for month in range(12):
            day = (date(self._year, month + 1, 1) - date(self._year, 1, 1)).days
            x = bar.left() + bar.width() * day / self._days
            painter.setPen(QColor(theme.text_muted))
            words = locale.standaloneMonthName(month + 1, QLocale.FormatType.ShortFormat)
            box = QRectF(x + 3, 0, bar.width() / 12, _MONTHS_HEIGHT)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
            painter.setPen(QPen(QColor(theme.line_strong), 1))
            painter.drawLine(QPointF(x, bar.top() - 6), QPointF(x, bar.top()))

    def _say(self, painter: QPainter, part: QRectF, name: str, week: str, colour: str) -> None:
        inner = part.adjusted(9, 3, -4, -3)
        if inner.width() < 12:
            return
        painter.setPen(QColor(colour))
        for text, box, bold in (
            (name, QRectF(inner.left(), inner.top(), inner.width(), inner.height() / 2), True),
            (week, QRectF(inner.left(), inner.center().y(), inner.width(), inner.height() / 2), False),
        ):
            painter.setFont(sized(self.font(), 12 if bold else 11, bold=bold))
            shown = painter.fontMetrics().elidedText(one_line(text), Qt.TextElideMode.ElideRight, int(inner.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class SeasonPage(CalendarPage):
    """From which date on which week profile holds."""

    field = "seasons"

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__(section, read_only=read_only)
        self.strip = SeasonStrip(f"{section.key}.strip")
        self.table = CalendarTable(section.field(self.field), f"{section.key}.seasons", read_only=read_only)
        self.table.set_row_height(_ROW_HEIGHT)
        layout = QVBoxLayout(self, spacing=6)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.addWidget(self.strip)
        hint = "A season begins on its date, each year, and lasts until the next one begins."
        layout.addWidget(plain_label(hint, role="hint"))
        layout.addWidget(self.table, 1)
        _connect(self, self.table)
        self.table.edited.connect(self._edit)

    def show_calendar(self, shown: Shown, *, force: bool) -> None:
        """Show the seasons."""
        self.table.offer("week", tuple(Choice(week.name, week.name) for week in shown.value.weeks))
        self.table.show_rows(shown.value.seasons, shown.base.seasons, shown.of_field(self.field), force=force)
        self.strip.show_calendar(shown.value)

    def go_to(self, row: int, column: str) -> None:
        """Choose that cell."""
        self.table.go_to(row, column) if row >= 0 else self.table.view.setFocus()

    def unread(self) -> bool:
        """Is a cell half typed?"""
        return bool(self.table.problem())


class SpecialDayPage(CalendarPage):
    """Days that follow a day profile of their own."""

    field = "special_days"

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__(section, read_only=read_only)
        self.table = SpecialDayTable(section, read_only=read_only)
        layout = QVBoxLayout(self, spacing=6)
        layout.setContentsMargins(12, 10, 12, 8)
        hint = (
            "Special days win over the season; of several on one date the first decides. "
            "The meter cannot delete one: it can only be given another day profile."
        )
        layout.addWidget(plain_label(hint, role="hint", wrap=True))
        layout.addWidget(self.table, 1)
        _connect(self, self.table)
        self.table.edited.connect(self._take)

    def show_calendar(self, shown: Shown, *, force: bool) -> None:
        """Show the special days."""
        self.table.offer("day_profile", tuple(Choice(n, f"Profile {n}") for n in shown.profiles))
        self.table.show_rows(shown.value.special_days, shown.base.special_days, shown.of_field(self.field), force=force)

    def go_to(self, row: int, column: str) -> None:
        """Choose that cell."""
        self.table.go_to(row, column) if row >= 0 else self.table.view.setFocus()

    def unread(self) -> bool:
        """Is a cell half typed?"""
        return bool(self.table.problem())

    def _take(self, rows: tuple[SpecialDay, ...]) -> None:
        self._edit(numbered(rows))


def _connect(page: CalendarPage, table: CalendarTable) -> None:
    table.finished.connect(page.finished)
    table.readable_changed.connect(page.entry_changed)
    table.told.connect(page.told)
