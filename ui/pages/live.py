"""The live page: what the device measures now, large and as curves.

pyqtgraph and numpy are loaded when the first live page is shown, in a thread, so that the window goes on.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.quantity import Feed, Reading
from ui.forms.parts import plain_label, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.plots.wording import duration_text
from ui.tasks import Tasks
from ui.theme import restyle

from .live_export import LiveExport
from .live_quantities import QuantityList, ValueTable, curve_name
from .live_source import Source, state_of

if TYPE_CHECKING:
    from ui.plots.stack import PlotStack

WINDOWS = (
    (60, "1 min"),
    (300, "5 min"),
    (900, "15 min"),
    (3600, "1 h"),
    (3 * 3600, "3 h"),
    (6 * 3600, "6 h"),
    (12 * 3600, "12 h"),
    (24 * 3600, "24 h"),
)
FIRST_WINDOW_S = 300
STATE_MS = 500
ROOMY = 1000
"""From that width on there is room for the list of quantities beside the plots."""
HEAVY = ("numpy", "pyqtgraph")


def _load() -> None:
    for name in HEAVY:
        importlib.import_module(name)


class LivePage(QWidget):
    """Listens to one of the feeds while it is on screen; what was heard stays while the page lives.

    `ready` when the plots are loaded and it listens for the first time.
    """

    ready = Signal()
    contact = Signal(object)
    """An `AppError` when the feed ended by one, None when it is heard again."""

    def __init__(
        self,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        feeds: tuple[Feed, ...],
        meter: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.meter = meter
        self._tasks = tasks
        self._toasts = toasts
        self._feeds = feeds
        self._prefix = f"{session.vendor.key}.live"
        self._sources: dict[str, Source] = {}
        self._loading = False
        self._lost = False
        self._shown_readings = -1
        self.plots: PlotStack | None = None
        self.setObjectName(self._prefix)
        self._build()
        self._lay_out()
        self._clock = QTimer(self, interval=STATE_MS)
        self._clock.timeout.connect(self._tell)
        sources = self._sources
        self.destroyed.connect(lambda: [source.close() for source in sources.values()])

    def _build(self) -> None:
        name = self._prefix
        self.feed = QComboBox(objectName=f"{name}.feed", accessibleName="Source")
        for feed in self._feeds:
            self.feed.addItem(feed.title, feed.key)
        self.window_choice = QComboBox(objectName=f"{name}.window", accessibleName="Window")
        for seconds, words in WINDOWS:
            self.window_choice.addItem(words, seconds)
        self.window_choice.setCurrentIndex(self.window_choice.findData(FIRST_WINDOW_S))
        self.pause = push_button("Pause", f"{name}.pause", "pause", tip="Let the plots stand still (Space)")
        self.reset = push_button("Whole window", f"{name}.reset", "zoom", tip="Leave the zoom (0 or double click)")
        self.reset.setEnabled(False)
        self.list_button = push_button("Quantities", f"{name}.quantities", "meters", tip="Choose what is shown")
        self.list_button.setCheckable(True)
        self.export = push_button("Export", f"{name}.export", "export", tip="Keep what is shown in a file")
        self.exports = LiveExport(self, name, self._tasks, self._toasts)
        self.export.setMenu(self.exports.menu(self))
        self.values = ValueTable(name)
        self.list = QuantityList()
        self.list.setObjectName(f"{name}.list")
        self.list.hide()
        self.state_icon, self.state = QLabel(), plain_label()
        self.state.setObjectName(f"{name}.state")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.at = plain_label(role="muted")
        self.at.setObjectName(f"{name}.at")
        self.retry = push_button("Retry", f"{name}.retry", "refresh")
        self.retry.hide()
        self._wire()

    def _wire(self) -> None:
        self.feed.currentIndexChanged.connect(self._feed_chosen)
        self.window_choice.currentIndexChanged.connect(self._window_chosen)
        self.pause.clicked.connect(lambda: self.plots and self.plots.set_paused(not self.plots.paused))
        self.reset.clicked.connect(lambda: self.plots and self.plots.reset_zoom())
        self.list_button.toggled.connect(self.list.setVisible)
        self.list.chosen.connect(self._quantities_chosen)
        self.retry.clicked.connect(self.reload)

    def _lay_out(self) -> None:
        bar = QHBoxLayout(spacing=8)
        if len(self._feeds) > 1:
            bar.addWidget(self.feed)
        for widget in (self.window_choice, self.pause, self.reset):
            bar.addWidget(widget)
        bar.addStretch(1)
        for widget in (self.list_button, self.export):
            bar.addWidget(widget)
        card = QFrame()
        card.setProperty("role", "card")
        self._canvas = QVBoxLayout(card)
        self._canvas.setContentsMargins(12, 8, 4, 4)
        self._waiting = plain_label("Preparing the plots …", role="muted")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._canvas.addWidget(self._waiting)
        self._split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self._split.addWidget(card)
        self._split.addWidget(self.list)
        self._split.setStretchFactor(0, 1)
        self._split.setSizes([640, 232])
        foot = QHBoxLayout(spacing=8)
        foot.addWidget(self.state_icon)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.at)
        foot.addWidget(self.retry)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.values)
        column.addWidget(self._split, 1)
        column.addLayout(foot)

    # Listening.

    @property
    def source(self) -> Source | None:
        """The feed that is shown now; None until the plots are loaded."""
        return self._sources.get(self.feed.currentData())

    async def _prepare(self) -> None:
        await asyncio.to_thread(_load)
        from ui.plots.stack import PlotStack

        self.plots = PlotStack()
        self.plots.set_window(self.window_choice.currentData())
        self.plots.paused_changed.connect(self._paused_changed)
        self.plots.zoomed_changed.connect(self.reset.setEnabled)
        self.plots.hovered.connect(self._hovered)
        self._waiting.hide()
        self._canvas.addWidget(self.plots)
        self._feed_chosen()
        self.ready.emit()

    def _feed_chosen(self) -> None:
        if self.plots is None or not self._feeds:
            return
        from ui.plots.ring import Ring

        for source in self._sources.values():
            source.close()
        feed = next(feed for feed in self._feeds if feed.key == self.feed.currentData())
        if feed.key not in self._sources:
            self._sources[feed.key] = Source(feed, Ring(len(feed.quantities)), feed.plotted)
        if self.isVisible():
            self._listen(self._sources[feed.key])
        self.list.offer(feed.quantities, self._sources[feed.key].ticked)
        self._tell()

    def _listen(self, source: Source) -> None:
        if source.subscription is None and not source.ended:
            source.asked_at, source.heard_at = time.monotonic(), None
            source.subscription = self.session.feeds.subscribe(
                source.feed,
                self.meter,
                on_reading=lambda reading: self._heard(source, reading),
                on_end=lambda error: self._ended(source, error),
            )

    def _heard(self, source: Source, reading: Reading) -> None:
        source.heard(reading)
        if self._lost:
            self._lost = False
            self.contact.emit(None)

    def reload(self) -> None:
        """Listen again when the feed has ended."""
        source = self.source
        if source is not None and source.ended:
            source.error, source.ended = None, False
            self._listen(source)
            self._tell()

    def _ended(self, source: Source, error: BaseException | None) -> None:
        source.subscription = None
        source.error, source.ended = error, True
        if error is not None and not isinstance(error, AppError):
            self._tasks.spawn(self, _raised(error))
        elif error is not None:
            self._lost = True
            self.contact.emit(error)
        self._tell()

    # What is shown.

    def _quantities_chosen(self) -> None:
        source = self.source
        if source is None or self.plots is None:
            return
        from ui.plots.curve import Curve

        source.ticked = self.list.ticked()
        chosen = [(index, q) for index, q in enumerate(source.feed.quantities) if q.key in source.ticked]
        self.values.offer([quantity for _, quantity in chosen])
        self.plots.show_curves([Curve(source.ring, index, curve_name(q), q.unit, q.phase) for index, q in chosen])
        self._shown_readings = -1
        self._tell()

    def _window_chosen(self) -> None:
        if self.plots is not None:
            self.plots.set_window(self.window_choice.currentData())

    def _paused_changed(self, paused: bool) -> None:
        self.pause.setText("Continue" if paused else "Pause")
        self.pause.setAccessibleName(self.pause.text())
        dress(self.pause, "play" if paused else "pause")

    def _hovered(self, time_s: float | None) -> None:
        if time_s is None:
            self.at.setText("")
        else:
            ago = duration_text(time.time() - time_s)
            clock = time.strftime("%H:%M:%S", time.localtime(time_s))
            self.at.setText(f"At {clock}, {ago} ago")

    def _tell(self) -> None:
        """Bring the values and the line below up to date."""
        source = self.source
        if source is None:
            return
        if source.ring.readings != self._shown_readings:
            self._shown_readings = source.ring.readings
            for index, quantity in enumerate(source.feed.quantities):
                self.values.show_value(quantity.key, source.ring.last(index))
        tone, picture, words = state_of(source)
        self.values.set_stale(tone != "ok")
        restyle(self.state, tone=tone)
        dress(self.state_icon, picture, tone)
        if self.state.text() != words:
            self.state.setText(words)
        self.retry.setVisible(source.ended)

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if event.spontaneous():
            return
        if self.plots is None and not self._loading:
            self._loading = True
            self.list_button.setChecked(self.width() >= ROOMY)
            self._tasks.spawn(self, self._prepare())
        source = self.source
        if source is not None:
            self._listen(source)
        self._clock.start()
        self._tell()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page frees the device's stream. A minimised window goes on recording."""
        super().hideEvent(event)
        if not event.spontaneous():
            self._clock.stop()
            self.release()

    def release(self) -> None:
        """Stop listening to every feed."""
        for source in self._sources.values():
            source.close()


async def _raised(error: BaseException) -> None:
    raise error
