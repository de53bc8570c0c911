"""What every live page is: plots with window, pause, zoom and export, and a line that tells how it stands.

pyqtgraph and numpy are loaded when the first live page is shown, in a thread, so that the window goes on.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.model.errors import AppError
from ui.forms.help import Topic, help_key, show_topic
from ui.forms.parts import icon_button, plain_label, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.plots.wording import duration_text
from ui.tasks import Tasks
from ui.theme import restyle

from .live_export import LiveExport
from .live_source import Source
from .record_button import RecordButton
from .topics import LIVE

if TYPE_CHECKING:
    from app.commission.hearing import Recordable
    from ui.plots.stack import PlotStack
    from ui.recording import SiteRecording

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

Write = Callable[[Path], None]


def load_plots() -> None:
    """Import what plots need; in a thread, as it takes most of a second."""
    for name in HEAVY:
        importlib.import_module(name)


class LiveView(QWidget):
    """Listens while it is on screen; what was heard stays while the page lives.

    A page of this kind puts what it has of its own between `_build` and `_lay_out`: `values` above the plots, `list`
    beside them. `ready` when the plots are loaded and it listens for the first time.
    """

    ready = Signal()
    contact = Signal(object)
    """An `AppError` when nothing is heard any more because of it, None when it is again."""

    values: QWidget
    list: QWidget
    topic: Topic = LIVE

    def __init__(self, name: str, *, tasks: Tasks, toasts: Toasts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._toasts = toasts
        self._prefix = name
        self._sources: dict[object, Source] = {}
        self._loading = False
        self._lost = False
        self.plots: PlotStack | None = None
        self.setObjectName(name)
        self._build()
        self._clock = QTimer(self, interval=STATE_MS)
        self._clock.timeout.connect(self.tell)
        sources = self._sources
        self.destroyed.connect(lambda: [source.close() for source in sources.values()])

    # What a page of this kind says of itself.

    @abstractmethod
    def chosen(self) -> Iterable[Source]:
        """The sources to listen to while the page is on screen."""

    @abstractmethod
    def start(self) -> None:
        """The plots are there: show what is chosen."""

    @abstractmethod
    def tell(self) -> None:
        """Bring the values and the line below up to date."""

    @abstractmethod
    def file_stem(self) -> tuple[str, ...]:
        """What the name of an exported file is made of."""

    @abstractmethod
    def table(self) -> tuple[int, Write]:
        """How many readings there are now, and what writes these as a table (in a thread)."""

    # Building.

    def _build(self) -> None:
        name = self._prefix
        self.window_choice = QComboBox(objectName=f"{name}.window", accessibleName="Window")
        for seconds, words in WINDOWS:
            self.window_choice.addItem(words, seconds)
        self.window_choice.setCurrentIndex(self.window_choice.findData(FIRST_WINDOW_S))
        self.pause = push_button("Pause", f"{name}.pause", "pause", tip="Let the plots stand still (Space)")
        self.reset = push_button("Unzoom", f"{name}.reset", "zoom", tip="Leave the zoom (0 or double click)")
        # Without a zoom it is not there: in large letters the bar is full.
        self.reset.setEnabled(False)
        self.reset.hide()
        self.record = RecordButton(f"{name}.record", self)
        self.list_button = push_button("Quantities", f"{name}.quantities", "meters", tip="Choose what is shown")
        self.list_button.setCheckable(True)
        self.export = push_button("Export", f"{name}.export", "export", tip="Keep what is shown in a file")
        self.help_button = icon_button("Help", f"{name}.help", "help", "Help (F1)")
        self.help_button.clicked.connect(self.show_help)
        help_key(self, self.show_help)
        self.exports = LiveExport(self, name, self._tasks, self._toasts)
        self.export.setMenu(self.exports.menu(self))
        self.state_icon, self.state = QLabel(), plain_label(wrap=True)
        self.state.setObjectName(f"{name}.state")
        self.at = plain_label(role="muted")
        self.at.setObjectName(f"{name}.at")
        self.retry = push_button("Retry", f"{name}.retry", "refresh")
        self.retry.hide()
        self.window_choice.currentIndexChanged.connect(self._window_chosen)
        self.pause.clicked.connect(lambda: self.plots and self.plots.set_paused(not self.plots.paused))
        self.reset.clicked.connect(lambda: self.plots and self.plots.reset_zoom())
        self.retry.clicked.connect(self.reload)

    def _lay_out(self, *first: QWidget, list_width: int = 232) -> None:
        """`first` come first in the bar."""
        bar = QHBoxLayout(spacing=6)
        for widget in (*first, self.window_choice, self.pause, self.record, self.reset):
            bar.addWidget(widget)
        bar.addStretch(1)
        for widget in (self.list_button, self.export, self.help_button):
            bar.addWidget(widget)
        card = QFrame()
        card.setProperty("role", "card")
        self._canvas = QVBoxLayout(card)
        self._canvas.setContentsMargins(12, 8, 4, 4)
        self.waiting = plain_label("Preparing the plots …", role="muted")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._canvas.addWidget(self.waiting)
        self._split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self._split.addWidget(card)
        self._split.addWidget(self.list)
        self._split.setStretchFactor(0, 1)
        self._split.setSizes([640, list_width])
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
        self.list.hide()
        self.list_button.toggled.connect(self.list.setVisible)

    def show_help(self) -> None:
        """What is shown here, and what mouse and keys do."""
        show_topic(self.topic, self)

    # Listening.

    async def _prepare(self) -> None:
        await asyncio.to_thread(load_plots)
        from ui.plots.stack import PlotStack

        self.plots = PlotStack()
        self.plots.set_window(self.window_choice.currentData())
        self.plots.paused_changed.connect(self._paused_changed)
        self.plots.zoomed_changed.connect(self.reset.setEnabled)
        self.plots.zoomed_changed.connect(self.reset.setVisible)
        self.plots.hovered.connect(self._hovered)
        self.waiting.hide()
        self._canvas.addWidget(self.plots)
        self.start()
        self.ready.emit()

    def listen(self) -> None:
        """Listen to what is chosen and to nothing else, if the page is on screen."""
        chosen = set(self.chosen()) if self.isVisible() else set()
        for source in self._sources.values():
            if source not in chosen:
                source.close()
        for source in self.chosen() if chosen else ():
            source.listen(partial(self._heard, source), partial(self._ended, source))

    def _heard(self, _source: Source) -> None:
        if self._lost:
            self._lost = False
            self.contact.emit(None)

    def _ended(self, _source: Source, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, AppError):
            self._tasks.spawn(self, _raised(error))
        elif error is not None and all(source.ended for source in self.chosen()):
            self._lost = True
            self.contact.emit(error)
        self.tell()

    def reload(self) -> None:
        """Listen again to what has ended; what is silent is asked now, and not when its next turn would have come."""
        for source in self.chosen():
            if source.ended:
                source.error, source.ended = None, False
            elif source.silent:
                source.close()
        self.listen()
        self.tell()

    def offer_recording(self, recording: SiteRecording) -> None:
        """Let what is ticked here be recorded into the site, on and on whichever page is shown."""
        self.record.offer(recording, self.recordable, self._toasts)

    def recordable(self) -> list[Recordable]:
        """What is ticked, as a recording hears it."""
        return [source.recordable() for source in self.chosen() if source.ticked]

    # What is shown.

    def say(self, tone: str, picture: str, words: str) -> None:
        """The line below the plots."""
        restyle(self.state, tone=tone)
        dress(self.state_icon, picture, tone)
        if self.state.text() != words:
            self.state.setText(words)

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

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if event.spontaneous():
            return
        if self.plots is None and not self._loading:
            self._loading = True
            self.list_button.setChecked(self.width() >= ROOMY)
            self._tasks.spawn(self, self._prepare())
        self.listen()
        self._clock.start()
        self.tell()

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
