"""The energy flow of a plant as a picture: sources on the left, what draws on the right, the house between them."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QStyle, QVBoxLayout, QWidget

from app.model.quantity import Feed, Reading, Unit
from app.vendors.ingecon.flow import EnergyFlow, flow_words, reading_flow
from ui.forms.parts import plain_label
from ui.icons import dress
from ui.plots.wording import value_text
from ui.theme import current_theme, notifier

from .flow_card import PartCard
from .flow_lines import Line, line_between, paint_line, speed_of
from .flow_parts import Part, parts_of, routes_words, used

FRAME_MS = 80
HUB = 148
HUB_ICON = 48
SPREAD = 34
"""Pixels between the ends of two lines at the house."""
GAP = 6
_PLACES = {"sun": (0, 0), "grid": (1, 0), "battery": (2, 0), "car": (0, 2), "loads": (1, 2), "critical": (2, 2)}


class House(QFrame):
    """In the middle: what house and car draw together."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "card")
        self.setFixedSize(HUB, HUB)
        picture = QLabel()
        dress(picture, "house", "accent", HUB_ICON)
        self.value = plain_label(role="title")
        self.value.setObjectName(f"{name}.value")
        column = QVBoxLayout(self, spacing=2)
        column.setContentsMargins(8, 8, 8, 8)
        column.addStretch(1)
        for label in (picture, plain_label("In use", role="muted"), self.value):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(1)

    def show_use(self, power: float, *, fresh: bool) -> None:
        """Show what is in use, in W."""
        self.value.setText(value_text(power, Unit.WATT))
        self.value.setEnabled(fresh and not math.isnan(power))
        self.setAccessibleName(f"In use: {self.value.text()}")


class FlowPicture(QWidget):
    """Shows one reading of an EMS after the other, live or replayed; moves while it is on screen and something flows.

    `flow` is what is shown; None before the first reading.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.flow: EnergyFlow | None = None
        self._fresh = False
        self._largest = 0.0
        self._parts: dict[str, Part] = {}
        self._lines: dict[str, Line] = {}
        self._moved: dict[str, float] = {}
        self._frame_at = 0.0
        self.cards = {key: PartCard(f"{name}.{key}") for key in _PLACES}
        self.house = House(f"{name}.house")
        self.routes = plain_label(role="muted", wrap=True)
        self.routes.setObjectName(f"{name}.routes")
        self.routes.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
        grid = QGridLayout(self, horizontalSpacing=0, verticalSpacing=8)
        grid.setContentsMargins(0, 0, 0, 0)
        for key, (row, column) in _PLACES.items():
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            grid.addWidget(self.cards[key], row, column, side | Qt.AlignmentFlag.AlignVCenter)
            grid.setRowStretch(row, 1)
        grid.addWidget(self.house, 0, 1, 3, 1, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self.routes, 3, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._frame)
        notifier.theme_changed.connect(self.update)
        self._show(EnergyFlow())

    def sizeHint(self) -> QSize:
        return QSize(760, 440)

    # What is shown.

    def show_reading(self, feed: Feed, reading: Reading) -> None:
        """Show a reading of one of the EMS's feeds."""
        self._fresh = True
        self.flow = reading_flow(feed, reading)
        self._show(self.flow)

    def set_stale(self, stale: bool) -> None:
        """Show that the last reading is too long ago: everything grey, nothing moves."""
        fresh = self.flow is not None and not stale
        if fresh != self._fresh:
            self._fresh = fresh
            self._show(self.flow or EnergyFlow())

    @property
    def moving(self) -> bool:
        """Do arrows move now?"""
        return self._timer.isActive()

    def part(self, key: str) -> Part:
        """What is shown of sun, grid, battery, car, loads or critical."""
        return self._parts[key]

    def _show(self, flow: EnergyFlow) -> None:
        self._parts = {part.key: part for part in parts_of(flow)}
        known = [abs(part.power) for part in self._parts.values() if part.known]
        self._largest = max((self._largest, *known))
        for key, part in self._parts.items():
            self.cards[key].show_part(part, fresh=self._fresh or self.flow is None)
        self.house.show_use(used(flow), fresh=self._fresh)
        told = routes_words(flow)
        self.routes.setText(f"What goes where: {told}" if told else "")
        words = flow_words(flow) or "nothing is known yet"
        self.setAccessibleName(f"Energy flow: {words}{'' if self._fresh or self.flow is None else ', no longer live'}")
        self._run()
        self.update()

    # Movement.

    def _run(self) -> None:
        """Move while there is something to see: on screen, live, a flow, and a system that wants movement."""
        wanted = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self) > 0
        flows = self._fresh and any(part.moving for part in self._parts.values())
        if wanted and flows and self.isVisible():
            if not self._timer.isActive():
                self._frame_at = time.monotonic()
                self._timer.start()
        else:
            self._timer.stop()

    def _frame(self) -> None:
        now = time.monotonic()
        passed, self._frame_at = min(now - self._frame_at, 1.0), now
        for key, part in self._parts.items():
            self._moved[key] = self._moved.get(key, 0.0) + speed_of(part, self._largest) * passed
        left, right = self._rooms()
        self.update(left)
        self.update(right)

    def moved(self, key: str) -> float:
        """How far the arrows of a part have come, in pixels; above zero towards the house."""
        return self._moved.get(key, 0.0)

    # Painting.

    def _rooms(self) -> tuple[QRect, QRect]:
        """Where the lines are: left and right of the house."""
        house, left, right = self.house.geometry(), self.cards["sun"].geometry(), self.cards["car"].geometry()
        height = self.routes.geometry().top()
        return (
            QRect(left.right() + 1, 0, house.left() - left.right() - 1, height),
            QRect(house.right() + 1, 0, right.left() - house.right() - 1, height),
        )

    def _measure(self) -> None:
        house = self.house.geometry()
        for key, (row, column) in _PLACES.items():
            card = self.cards[key].geometry()
            at = house.center().y() + (row - 1) * SPREAD
            if column:
                start, end = QPointF(card.left() - GAP, card.center().y()), QPointF(house.right() + GAP, at)
            else:
                start, end = QPointF(card.right() + GAP, card.center().y()), QPointF(house.left() - GAP, at)
            self._lines[key] = line_between(start, end)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for key, line in self._lines.items():
            paint_line(
                painter, current_theme(), line, self._parts[key],
                largest=self._largest, moved=self.moved(key), fresh=self._fresh,
            )  # fmt: skip
        painter.end()

    # Qt's own.

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.layout().activate()
        self._measure()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure()
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
