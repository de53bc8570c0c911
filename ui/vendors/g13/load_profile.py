"""The load profiles' configuration: the form, and under it how the channels share the memory, each for how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QLocale, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.commission.draft import Draft
from app.model.field import Field
from app.model.section import AnySection, Problem
from ui.forms.body import Body
from ui.forms.form import SectionForm
from ui.forms.parts import plain_label
from ui.icons import dress
from ui.theme import current_theme, notifier, restyle

BUDGET = 40_000
"""Items of all channels together (manual 6.3.75)."""
_BAR_HEIGHT = 18
_DAY_S = 86_400
_INDENT = 16
"""Under the table of the form: left of that is the mark of what has changed."""


class Share(msgspec.Struct, frozen=True):
    """One channel's part of the memory."""

    number: int
    quantity: str
    interval: str
    items: int
    lasts_s: int


def shares_of(section: AnySection, value: Any) -> list[Share]:
    """The channels of a draft as parts of the memory."""
    columns: dict[str, Field] = {column.name: column for column in section.field("channels").columns}
    return [
        Share(
            number,
            columns["quantity"].show(channel.quantity),
            _interval(columns["interval_s"], channel.interval_s),
            max(channel.items, 0),
            max(channel.items, 0) * max(channel.interval_s, 0),
        )
        for number, channel in enumerate(value.channels, start=1)
    ]


def _interval(column: Field, interval_s: int) -> str:
    """One of the usual intervals in words; another one, which a meter may have, in seconds."""
    words = column.show(interval_s)
    return f"{words} s" if words == str(interval_s) else words


def days(seconds: int) -> str:
    """How long a channel lasts, in days, under two days in hours; in the user's way to write numbers."""
    locale = QLocale()
    if seconds < 2 * _DAY_S:
        return f"{locale.toString(seconds / 3600, 'f', 1)} h"
    count = seconds / _DAY_S
    return f"{locale.toString(count, 'f', 1 if count < 100 else 0)} days"


class BudgetBar(QWidget):
    """The memory as a bar, one piece for each channel; what is too much is hatched beyond the mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: Sequence[int] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        notifier.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As high as a line of text, and as wide as there is room."""
        return QSize(320, _BAR_HEIGHT + 2)

    def show_items(self, items: Sequence[int]) -> None:
        """Show so many items of each channel."""
        self._items = items
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw the pieces from left to right."""
        theme = current_theme()
        painter = QPainter(self)
        whole = QRectF(0.5, 0.5, self.width() - 1, _BAR_HEIGHT)
        total = max(sum(self._items), BUDGET)
        painter.fillRect(whole, QColor(theme.surface_alt))
        left = whole.left()
        for index, count in enumerate(self._items):
            width = whole.width() * count / total
            piece = QRectF(left, whole.top(), width, whole.height())
            painter.fillRect(piece, QColor(theme.series[index % len(theme.series)]))
            self._write(painter, piece, str(index + 1), QColor(theme.surface))
            # A line between the pieces: neighbours are told apart without their colours.
            painter.setPen(QPen(QColor(theme.surface), 2))
            painter.drawLine(piece.topRight(), piece.bottomRight())
            left += width
        if total > BUDGET:
            mark = whole.left() + whole.width() * BUDGET / total
            excess = QRectF(mark, whole.top(), whole.right() - mark, whole.height())
            painter.fillRect(excess, QColor(theme.error_soft))
            painter.fillRect(excess, QBrush(QColor(theme.error), Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(QColor(theme.error), 3))
            painter.drawLine(int(mark), 0, int(mark), self.height())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.line_strong), theme.border))
        painter.drawRect(whole)

    def _write(self, painter: QPainter, piece: QRectF, text: str, colour: QColor) -> None:
        if piece.width() >= painter.fontMetrics().horizontalAdvance(text) + 4:
            painter.setPen(colour)
            painter.drawText(piece, Qt.AlignmentFlag.AlignCenter, text)


class Swatch(QWidget):
    """A channel's colour beside its words."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self.setFixedSize(12, 12)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Fill it."""
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.series[self._index % len(theme.series)]))


class Budget(QWidget):
    """The bar, what it adds up to, and one line for each channel."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.bar = BudgetBar()
        self.total = plain_label(role="subtitle")
        self._picture = QLabel()
        self._lines = QGridLayout(horizontalSpacing=12, verticalSpacing=2)
        self._lines.setColumnStretch(5, 1)
        head = QHBoxLayout(spacing=6)
        head.addWidget(self._picture)
        head.addWidget(self.total, 1)
        layout = QVBoxLayout(self, spacing=6)
        layout.setContentsMargins(_INDENT, 4, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addLayout(self._lines)
        self._shown: list[Share] | None = None

    def show_shares(self, shares: list[Share]) -> None:
        """Show how the channels share the memory."""
        if shares == self._shown:
            return
        self._shown = shares
        locale = QLocale()
        used = sum(share.items for share in shares)
        over = used > BUDGET
        left = f"{locale.toString(used - BUDGET)} too many" if over else f"{locale.toString(BUDGET - used)} free"
        self.total.setText(f"{locale.toString(used)} of {locale.toString(BUDGET)} items, {left}")
        restyle(self.total, tone="error" if over else "")
        dress(self._picture, "error" if over else "storage", "error" if over else "muted")
        self.bar.show_items([share.items for share in shares])
        self.setAccessibleName(f"Memory: {self.total.text()}")
        self._show_lines(shares, locale)

    def lines(self) -> list[str]:
        """What the lines say, for who cannot see them."""
        return [
            f"Channel {share.number}: {share.quantity}, {share.interval}, lasts {days(share.lasts_s)}"
            for share in self._shown or []
        ]

    def _show_lines(self, shares: list[Share], locale: QLocale) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for row, share in enumerate(shares):
            cells = (
                Swatch(row),
                plain_label(f"{share.number}"),
                plain_label(share.quantity),
                plain_label(share.interval, role="muted"),
                plain_label(f"{locale.toString(share.items)} items", role="muted"),
                plain_label(f"lasts {days(share.lasts_s)}"),
            )
            for column, cell in enumerate(cells):
                right = column == 4
                self._lines.addWidget(
                    cell,
                    row,
                    column,
                    (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
                    | Qt.AlignmentFlag.AlignVCenter,
                )
        self.setAccessibleDescription("\n".join(self.lines()))


class LoadProfileBody(Body):
    """The usual form over the budget."""

    def __init__(self, section: AnySection, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(section, read_only=read_only, parent=parent)
        self.form = SectionForm(section, read_only=read_only)
        self.budget = Budget(f"{section.key}.budget")
        for told in ("edited", "entry_changed", "finished", "revert", "by_hand", "told"):
            getattr(self.form, told).connect(getattr(self, told))
        layout = QVBoxLayout(self, spacing=8)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form, 1)
        layout.addWidget(self.budget)

    def show_draft(self, draft: Draft[Any], problems: Iterable[Problem], *, force: bool) -> None:
        """Show the draft and what it comes to."""
        self.form.show_draft(draft, problems, force=force)
        self.budget.show_shares(shares_of(self.section, draft.value))

    def unread(self) -> list[str]:
        """The fields whose entry cannot be read."""
        return self.form.unread()
