"""The question of what a sum is made of: a name, the main meter, and the sub-meters that are added or subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QLineEdit, QScrollArea, QWidget

from app.commission.derived import Point, SubMetering, Term, counterpart, objection, total_of
from app.model.quantity import Quantity
from ui.dialogs import Question
from ui.forms.parts import ElidedLabel, on_button, one_line, plain_tip
from ui.theme import restyle

from .site_offer import SiteChannel, quantity_of

LIST_HEIGHT = 230
LIST_WIDTH = 560
ADDED, SUBTRACTED = 1, -1


@dataclass(eq=False)
class Part:
    """One candidate: its tick, how it counts, and which quantity of it that is about."""

    channel: SiteChannel
    tick: QCheckBox
    sign: QComboBox
    words: ElidedLabel
    quantity: Quantity | None = None


class SumDialog(Question):
    """Asks for a sum. `wanted` is what was put together; it can be accepted only when there is nothing against it."""

    def __init__(
        self,
        parent: QWidget | None,
        channels: Sequence[SiteChannel],
        taken: Sequence[str],
        before: SubMetering | None = None,
        names: dict[Point, str] | None = None,
    ) -> None:
        title = "Add a sum" if before is None else "Change the sum"
        super().__init__(parent, "site.sum", title, "Add" if before is None else "Change")
        self._channels = [channel for channel in channels if total_of(channel.feed) is not None]
        self._taken = tuple(taken)
        self._before = before
        # Parts whose devices are not connected just now stay: they cannot be looked at, but need not be lost.
        known = {channel.key for channel in self._channels}
        self._absent = [] if before is None else [t for t in before.parts if _where(t.point) not in known]
        self._absent_main = before is not None and _where(before.main) not in known
        self.say("The main meter against the sum of its sub-meters: shown are both, and the difference between them.")
        self.name = QLineEdit("" if before is None else before.name)
        self.name.setPlaceholderText("House without the garage")
        self.main = QComboBox()
        self.quantity = QComboBox()
        self.field("Name", self.name, "name")
        self.field("Main meter", self.main, "main")
        self.field("Quantity", self.quantity, "quantity")
        if before is not None and self._absent_main:
            self.main.addItem(
                f"{one_line((names or {}).get(before.main, before.main.device), 60)} (not connected)", None
            )
        for channel in self._channels:
            self.main.addItem(one_line(channel.title, 60), channel)
        self.parts = [self._part(number, channel) for number, channel in enumerate(self._channels)]
        self.field("Sub-meters", self._list(), "parts")
        if self._absent:
            gone = ", ".join(one_line((names or {}).get(t.point, t.point.device), 40) for t in self._absent[:4])
            self.note(f"Not connected, and kept as a part: {gone}{' …' if len(self._absent) > 4 else ''}")
        self.problem = self.note("")
        self.problem.setObjectName("site.sum.problem")
        self._restore()
        self.main.currentIndexChanged.connect(self._main_chosen)
        self.quantity.currentIndexChanged.connect(self._quantity_chosen)
        self.name.textChanged.connect(self._check)
        self._check()

    def _part(self, number: int, channel: SiteChannel) -> Part:
        name = f"site.sum.part.{number}"
        tick = QCheckBox(on_button(channel.title, 44), objectName=name, accessibleName=one_line(channel.title))
        tick.setToolTip(plain_tip(f"{one_line(channel.title)}\n{channel.serial}"))
        sign = QComboBox(objectName=f"{name}.sign", accessibleName=f"{one_line(channel.title)} counts as")
        sign.addItem("added", ADDED)
        sign.addItem("subtracted", SUBTRACTED)
        sign.setEnabled(False)
        words = ElidedLabel()
        restyle(words, role="hint")
        tick.toggled.connect(sign.setEnabled)
        tick.toggled.connect(self._check)
        sign.currentIndexChanged.connect(self._check)
        return Part(channel, tick, sign, words)

    def _list(self) -> QScrollArea:
        inside = QWidget()
        inside.setProperty("role", "page")
        grid = QGridLayout(inside)
        grid.setContentsMargins(8, 6, 8, 6)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, part in enumerate(self.parts):
            grid.addWidget(part.tick, row, 0)
            grid.addWidget(part.words, row, 1)
            grid.addWidget(part.sign, row, 2)
        grid.setRowStretch(len(self.parts), 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.StyledPanel)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(LIST_WIDTH)
        area.setFixedHeight(min(LIST_HEIGHT, inside.sizeHint().height() + 4))
        area.setWidget(inside)
        return area

    def _restore(self) -> None:
        """Fill in what it was before, or begin with the first device and its total."""
        before = self._before
        if before is None:
            self._main_chosen()
            return
        if not self._absent_main:
            keys = [channel.key for channel in self._channels]
            self.main.setCurrentIndex(keys.index(_where(before.main)))
        self._main_chosen()
        place = self.quantity.findData(before.main.quantity)
        self.quantity.setCurrentIndex(max(0, place))
        self._quantity_chosen()
        terms = {_where(term.point): term for term in before.parts}
        for part in self.parts:
            term = terms.get(part.channel.key)
            if term is not None:
                part.quantity = quantity_of(part.channel, term.point.quantity) or part.quantity
                part.tick.setChecked(True)
                part.sign.setCurrentIndex(part.sign.findData(term.sign))
                self._show_words(part)

    # What is chosen.

    @property
    def _main_channel(self) -> SiteChannel | None:
        channel = self.main.currentData()
        return channel if isinstance(channel, SiteChannel) else None

    @property
    def _main_quantity(self) -> Quantity | None:
        channel = self._main_channel
        return None if channel is None else quantity_of(channel, str(self.quantity.currentData()))

    def _main_chosen(self) -> None:
        channel = self._main_channel
        self.quantity.blockSignals(True)
        self.quantity.clear()
        if channel is None:
            self.quantity.addItem("As it was", self._before.main.quantity if self._before else "")
        else:
            plotted = [q for q in channel.feed.quantities if q.key in channel.feed.plotted]
            for quantity in plotted or channel.feed.quantities:
                self.quantity.addItem(quantity.title, quantity.key)
            total = total_of(channel.feed)
            self.quantity.setCurrentIndex(max(0, self.quantity.findData(total.key if total else "")))
        self.quantity.blockSignals(False)
        self._quantity_chosen()

    def _quantity_chosen(self) -> None:
        """Of each device the quantity that means the same; one that has none cannot be a part."""
        wanted = self._main_quantity
        for part in self.parts:
            if wanted is not None:
                part.quantity = counterpart(wanted, part.channel.feed)
            else:
                part.quantity = total_of(part.channel.feed)
                if self._before is not None and part.quantity is not None and part.quantity.unit != self._before.unit:
                    part.quantity = None
            possible = part.quantity is not None and part.channel is not self._main_channel
            if not possible:
                part.tick.setChecked(False)
            part.tick.setEnabled(possible)
            self._show_words(part)
        self._check()

    def _show_words(self, part: Part) -> None:
        if part.channel is self._main_channel:
            part.words.setText("the main meter")
        else:
            part.words.setText(part.quantity.title if part.quantity is not None else "has nothing of the kind")

    @property
    def wanted(self) -> SubMetering | None:
        """What was put together; None without a main meter."""
        channel, quantity, before = self._main_channel, self._main_quantity, self._before
        if channel is not None and quantity is not None:
            main, unit = channel.point(quantity.key), quantity.unit
        elif before is not None and channel is None:
            main, unit = before.main, before.unit
        else:
            return None
        absent = self._absent if before is not None and unit is before.unit else []
        parts = (
            Term(part.channel.point(part.quantity.key), int(part.sign.currentData()))
            for part in self.parts
            if part.tick.isChecked() and part.quantity is not None
        )
        return SubMetering(self.name.text().strip(), unit, main, (*parts, *absent))

    def _check(self) -> None:
        wanted = self.wanted
        words = "There is no main meter." if wanted is None else objection(wanted, self._taken)
        self.problem.setText(words)
        self.accept_button.setEnabled(not words)


def _where(point: Point) -> tuple[str, str, str]:
    return point.device, point.meter, point.feed
