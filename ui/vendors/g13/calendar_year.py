"""The Year tab: every day of a year with its resolved day profile, and a probe that says what decides at a moment."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta

from PySide6.QtCore import QDate, QLocale, QPointF, QRectF, QSize, Qt, QTime, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QTimeEdit, QToolButton, QVBoxLayout, QWidget

from app.model.section import AnySection
from app.vendors.g13.meter.cosem_date import DST_MONTHS, YEARS
from app.vendors.g13.meter.tariff_models import OUTPUTS, TariffCalendar
from app.vendors.g13.meter.tariff_year import DayResult, Resolved, Rule
from ui.forms.parts import plain_label
from ui.theme import Theme, current_theme, notifier
from ui.vendors.g13.calendar_legend import Legend
from ui.vendors.g13.calendar_page import CalendarPage, Shown
from ui.vendors.g13.calendar_paint import draw_profile_cell, sized
from ui.vendors.g13.calendar_week import SmallDay

_COLUMNS = 37
"""A month of 31 days that begins on a Sunday reaches so far."""
_NAMES = 34
_HEAD = 18
_SIDE = 236
_LOWEST = 15
_BOTH = 19
"""Lower than that, a day has room for its profile's number and not for its date too."""


class YearView(QWidget):
    """Twelve rows of days, weekday under weekday. `picked` tells of another day.

    Arrow keys: a day left and right, a month up and down; Page Up and Page Down a year.
    """

    picked = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name)
        self.setAccessibleName("Year, day by day")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(12 * _LOWEST + _HEAD)
        self.results: tuple[DayResult, ...] = ()
        self.chosen = datetime.now().astimezone().date()
        notifier.theme_changed.connect(self.update)

    def show_year(self, results: tuple[DayResult, ...]) -> None:
        """Show these days, all of one year."""
        self.results = results
        self.update()

    def pick(self, day: date) -> None:
        """Another day is the chosen one."""
        if YEARS[0] <= day.year <= YEARS[1] and day != self.chosen:
            self.chosen = day
            self.picked.emit(day)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(600, 12 * 27 + _HEAD)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, day = Qt.Key, self.chosen
        moves = {
            keys.Key_Left: lambda: day - timedelta(days=1),
            keys.Key_Right: lambda: day + timedelta(days=1),
            keys.Key_Up: lambda: _months_later(day, -1),
            keys.Key_Down: lambda: _months_later(day, 1),
            keys.Key_PageUp: lambda: _months_later(day, -12),
            keys.Key_PageDown: lambda: _months_later(day, 12),
            keys.Key_Home: lambda: date(day.year, 1, 1),
            keys.Key_End: lambda: date(day.year, 12, 31),
        }
        move = moves.get(keys(event.key()))
        if move is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        else:
            self.pick(move())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for result in self.results:
            if self._cell(result.date).contains(event.position()):
                self.pick(result.date)

    def _cell(self, day: date) -> QRectF:
        width = (self.width() - _NAMES - 2) / _COLUMNS
        height = (self.height() - _HEAD - 2) / 12
        column = date(day.year, day.month, 1).weekday() + day.day - 1
        return QRectF(_NAMES + column * width, _HEAD + (day.month - 1) * height, width, height).adjusted(0, 0, -1, -1)

    def paintEvent(self, _: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        self._draw_names(painter, theme)
        for result in self.results:
            self._draw_day(painter, result, theme)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.results and self.chosen.year == self.results[0].date.year:
            painter.setPen(QPen(QColor(theme.focus if self.hasFocus() else theme.text), 2.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self._cell(self.chosen).adjusted(-0.5, -0.5, 0.5, 0.5), 2, 2)

    def _draw_names(self, painter: QPainter, theme: Theme) -> None:
        locale = QLocale()
        painter.setFont(sized(self.font(), 11))
        width = (self.width() - _NAMES - 2) / _COLUMNS
        height = (self.height() - _HEAD - 2) / 12
        middle = Qt.AlignmentFlag.AlignCenter
        for column in range(_COLUMNS):
            day = locale.standaloneDayName(column % 7 + 1, QLocale.FormatType.NarrowFormat)
            weekend = column % 7 >= 5
            painter.setPen(QColor(theme.text if weekend else theme.text_muted))
            painter.drawText(QRectF(_NAMES + column * width, 0, width, _HEAD), middle, day)
        for month in range(12):
            words = locale.standaloneMonthName(month + 1, QLocale.FormatType.ShortFormat)
            box = QRectF(0, _HEAD + month * height, _NAMES, height)
            own = self.chosen.month == month + 1
            painter.setFont(sized(self.font(), 11, bold=own))
            painter.setPen(QColor(theme.text if own else theme.text_muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _draw_day(self, painter: QPainter, result: DayResult, theme: Theme) -> None:
        cell = self._cell(result.date)
        if result.profile is None:
            painter.fillRect(cell, QColor(theme.surface_alt))
            grey = QColor(theme.line_strong)
            grey.setAlpha(48)
            painter.fillRect(cell, QBrush(grey, Qt.BrushStyle.FDiagPattern))
        else:
            draw_profile_cell(painter, cell, result.profile, theme)
        if result.begins:
            painter.fillRect(QRectF(cell.left(), cell.top(), 3, cell.height()), QColor(theme.text))
        if result.rule is Rule.SPECIAL_DAY:
            reach = min(6.0, cell.width() / 2)
            corner = [cell.topRight(), cell.topRight() - QPointF(reach, 0), cell.topRight() + QPointF(0, reach)]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.text))
            painter.drawPolygon(QPolygonF(corner))
        left = cell.left() + (3 if result.begins else 0)
        self._write(painter, cell, left, result, theme)

    def _write(self, painter: QPainter, cell: QRectF, left: float, result: DayResult, theme: Theme) -> None:
        middle, profile = Qt.AlignmentFlag.AlignCenter, "–" if result.profile is None else str(result.profile)
        if cell.height() < _BOTH:
            painter.setPen(QColor(theme.text))
            painter.setFont(sized(self.font(), 10, bold=True))
            painter.drawText(QRectF(left, cell.top(), cell.right() - left, cell.height()), middle, profile)
            return
        painter.setPen(QColor(theme.text_muted))
        painter.setFont(sized(self.font(), min(9, cell.height() * 0.36)))
        room = cell.right() - left - (4 if result.rule is Rule.SPECIAL_DAY else 0)
        painter.drawText(QRectF(left, cell.top() + 1, room, cell.height() * 0.42), middle, str(result.date.day))
        painter.setPen(QColor(theme.text))
        painter.setFont(sized(self.font(), min(13, cell.height() * 0.48), bold=True))
        bottom = QRectF(left, cell.top() + cell.height() * 0.4, cell.right() - left, cell.height() * 0.58)
        painter.drawText(bottom, middle, profile)


class YearPage(CalendarPage):
    """The year and the probe."""

    def __init__(self, section: AnySection, *, read_only: bool) -> None:
        super().__init__(section, read_only=read_only)
        key = section.key
        self._resolved: Resolved | None = None
        self._of: TariffCalendar | None = None
        self.view = YearView(f"{key}.year")
        self._year = plain_label(role="subtitle")
        self._back = _arrow("◂", f"{key}.year.back", "Year before", "Page Up")
        self._on = _arrow("▸", f"{key}.year.on", "Year after", "Page Down")
        self.legend = Legend()
        self.time = QTimeEdit(QTime(12, 0), objectName=f"{key}.probe.time", accessibleName="Time of the probe")
        self.sentence = plain_label(wrap=True)
        self.sentence.setObjectName(f"{key}.probe")
        self._date = plain_label(role="subtitle", wrap=True)
        self._outputs = plain_label(role="muted", wrap=True)
        self._profile = plain_label(role="muted")
        self._bar = SmallDay()
        self._note = plain_label(role="hint", wrap=True)
        self._lay_out()
        self.view.picked.connect(lambda _: self._show_day())
        self.time.timeChanged.connect(lambda _: self._probe())
        self._back.clicked.connect(lambda: self.view.pick(_months_later(self.view.chosen, -12)))
        self._on.clicked.connect(lambda: self.view.pick(_months_later(self.view.chosen, 12)))

    def _lay_out(self) -> None:
        head = QHBoxLayout(spacing=4)
        head.setContentsMargins(_NAMES, 0, 0, 0)
        head.addWidget(self._back)
        head.addWidget(self._year)
        head.addWidget(self._on)
        head.addSpacing(20)
        head.addWidget(self.legend, 1)
        left = QVBoxLayout(spacing=4)
        left.addLayout(head)
        left.addWidget(self.view, 1)
        row = QHBoxLayout(self, spacing=14)
        row.setContentsMargins(12, 8, 12, 8)
        row.addLayout(left, 1)
        row.addWidget(self._probe_card())

    def _probe_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        card.setFixedWidth(_SIDE)
        inside = QVBoxLayout(card, spacing=8)
        inside.setContentsMargins(14, 12, 14, 12)
        at = QHBoxLayout(spacing=8)
        label = QLabel("at")
        label.setBuddy(self.time)
        at.addWidget(label)
        at.addWidget(self.time)
        at.addStretch(1)
        inside.addWidget(plain_label("What holds when?", role="muted"))
        inside.addWidget(self._date)
        inside.addLayout(at)
        inside.addWidget(self.sentence)
        inside.addWidget(self._outputs)
        inside.addSpacing(4)
        inside.addWidget(self._profile)
        inside.addWidget(self._bar)
        inside.addStretch(1)
        inside.addWidget(self._note)
        return card

    def show_calendar(self, shown: Shown, *, force: bool) -> None:
        """Work the year out anew."""
        if self._of != shown.value:
            self._of = shown.value
            self._resolved = Resolved(shown.value)
            months = {season.month for season in shown.value.seasons} | {d.month for d in shown.value.special_days}
            follows = bool(months & set(DST_MONTHS))
            words = "Daylight saving is taken from the last Sunday of March to the last Sunday of October."
            self._note.setText(words if follows else "")
            self._show_day()

    def go_to(self, row: int, column: str) -> None:
        """To the days."""
        self.view.setFocus()

    def _show_day(self) -> None:
        if self._resolved is None:
            return
        day = self.view.chosen
        results = self._resolved.year(day.year)
        self.view.show_year(results)
        self._year.setText(str(day.year))
        self.legend.show_profiles(tuple(sorted({r.profile for r in results if r.profile is not None})))
        self._date.setText(QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.LongFormat))
        profile = self._resolved.day(day).profile
        points = None if profile is None else self._resolved.profiles.get(profile)
        self._profile.setText("" if profile is None else f"Day profile {profile}")
        self._bar.show_points(points)
        self._probe()

    def _probe(self) -> None:
        if self._resolved is None:
            return
        at = self.time.time()
        moment = datetime.combine(self.view.chosen, time(at.hour(), at.minute()))
        verdict = self._resolved.verdict(moment)
        self.sentence.setText(verdict[:1].upper() + verdict[1:])
        self.view.setAccessibleDescription(self._resolved.sentence(moment))
        states = [(output, self._resolved.output(output, moment)) for output in OUTPUTS]
        told = [f"Output {output} is {'on' if state else 'off'}" for output, state in states if state is not None]
        self._outputs.setText(". ".join(told) + "." if told else "")
        self._outputs.setVisible(bool(told))


def _arrow(sign: str, name: str, words: str, keys: str) -> QToolButton:
    button = QToolButton(objectName=name, text=sign, accessibleName=words, toolTip=f"{words} ({keys})")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the month's last."""
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    if not YEARS[0] <= year <= YEARS[1]:
        return day
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
