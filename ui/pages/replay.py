"""A recording shown again: the live plots, fed from the site file, at a moment that plays or is dragged."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.commission.recorded import RecordedChannel, Recording, RecordingStore, Track
from app.commission.recorded_csv import save_recording
from app.commission.replay import OnReading, Replay
from app.model.errors import StorageFailed
from app.model.quantity import Reading
from ui.forms.export import chosen_path, file_stem
from ui.forms.parts import Strip, one_line, plain_label, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.plots.wording import duration_text
from ui.recording_bar import count_text
from ui.tasks import Tasks

from .live_quantities import curve_name
from .live_view import ROOMY, WINDOWS, load_plots
from .recordings_table import moment_text
from .replay_choice import ReplayChoice
from .replay_picture import ReplayPicture, pictured

if TYPE_CHECKING:
    from ui.plots.replay_stack import ReplayStack
    from ui.plots.track_columns import TrackColumns

SPEEDS = (1, 2, 5, 10, 20, 50, 100)
FIRST_SPEED = 10
STEP_MS = 200
SLIDER_S = 0.1
"""A step of the slider."""
PAGE_PART = 20
LEAST_WHOLE_S = 10.0
LIST_WIDTH = 232
TITLE = 40


class ReplayPage(QWidget):
    """Reads the recording in a thread, shows all of it, and plays it on demand. `ready` when it can be played."""

    ready = Signal()
    back_wanted = Signal()

    def __init__(
        self,
        recording: Recording,
        store: RecordingStore,
        *,
        tasks: Tasks,
        toasts: Toasts,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("replay")
        self.recording, self._store, self._tasks, self._toasts = recording, store, tasks, toasts
        self.replay: Replay | None = None
        self.plots: ReplayStack | None = None
        self.drawn: ReplayPicture | None = None
        self._pictured = pictured(recording)
        self._columns: list[TrackColumns] = []
        self._listeners: list[OnReading] = []
        self._stepped_s = 0.0
        self._titles = _titles(recording)
        self.setAccessibleName(f"Replay of {one_line(recording.title)}")
        self._build()
        self._lay_out()
        self._clock = QTimer(self, interval=STEP_MS)
        self._clock.timeout.connect(self._step)
        self._offer()
        tasks.spawn(self, self._prepare())

    def follow(self, on_reading: OnReading) -> None:
        """Tell every reading that is played, with its channel: for pictures that move with a stream."""
        self._listeners.append(on_reading)

    # Building.

    def _build(self) -> None:
        one = self.recording
        self.banner = Strip("replay.banner")
        words = f"Begun {moment_text(one.begun_s)}, {duration_text(one.length_s)} long. These are no present values."
        if one.trouble:
            words += f" It was cut off: {one.trouble}"
        self.banner.say("changed", "recordings", f"Replay of {one_line(one.title, 80)}", words)
        self.back = push_button("All recordings", "replay.back", "undo", tip="Back to the list (Escape)")
        self.back.setShortcut("Escape")
        self.banner.add_button(self.back)
        self.play = push_button("Play", "replay.play", "play", role="primary", tip="Play or pause (Space in the plots)")
        self.speed = QComboBox(objectName="replay.speed", accessibleName="Speed")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed} ×", speed)
        self.speed.setCurrentIndex(self.speed.findData(FIRST_SPEED))
        self.whole = push_button("All at once", "replay.whole", "chart", tip="Show the whole recording")
        self.window_choice = QComboBox(objectName="replay.window", accessibleName="Window")
        self.window_choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.reset = push_button("Whole window", "replay.reset", "zoom", tip="Leave the zoom (0 or double click)")
        self.list_button = push_button("Quantities", "replay.quantities", "meters", tip="Choose what is shown")
        self.list_button.setCheckable(True)
        self.picture_button = push_button("Picture", "replay.picture_button")
        self.picture_button.setCheckable(True)
        self.picture_button.setVisible(self._pictured is not None)
        self._name_picture_button()
        self.export = push_button("Export", "replay.export", "export", tip="Keep it in a file")
        menu = QMenu(self)
        for key, text, slot in (
            ("csv", "All readings as a table (CSV)…", lambda: self._tasks.spawn(self, self._exported_csv())),
            ("png", "The plots as a picture (PNG)…", lambda: self._tasks.spawn(self, self._exported_png())),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"replay.export_{key}")
            action.triggered.connect(slot)
        self.export.setMenu(menu)
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="replay.slider", accessibleName="Moment")
        self.choice = ReplayChoice("replay.list", one.channels, self._titles)
        self.moment = plain_label()
        self.moment.setObjectName("replay.moment")
        self.at = plain_label(role="muted")
        self.at.setObjectName("replay.at")
        self.back.clicked.connect(self.back_wanted)
        self.play.clicked.connect(self.toggle)
        self.whole.clicked.connect(self.show_whole)
        self.window_choice.currentIndexChanged.connect(self._window_chosen)
        self.reset.clicked.connect(lambda: self.plots and self.plots.reset_zoom())
        self.slider.valueChanged.connect(self._dragged)
        self.choice.chosen.connect(self._show_curves)
        self.picture_button.toggled.connect(self._show_picture)

    def _lay_out(self) -> None:
        bar = QHBoxLayout(spacing=8)
        for widget in (self.play, self.speed, self.whole, self.window_choice, self.reset):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.list_button)
        bar.addWidget(self.export)
        card = QFrame()
        card.setProperty("role", "card")
        self._canvas = QVBoxLayout(card)
        self._canvas.setContentsMargins(12, 8, 4, 4)
        self.waiting = plain_label("Reading the recording …", role="muted")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._canvas.addWidget(self.waiting)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(card)
        split.addWidget(self.choice)
        split.setStretchFactor(0, 1)
        split.setSizes([640, LIST_WIDTH])
        foot = QHBoxLayout(spacing=12)
        foot.addWidget(self.slider, 1)
        foot.addWidget(self.moment)
        foot.addWidget(self.at)
        foot.addWidget(self.picture_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addLayout(bar)
        column.addWidget(split, 1)
        column.addLayout(foot)
        self.choice.hide()
        self.list_button.toggled.connect(self.choice.setVisible)

    def _offer(self) -> None:
        players = (self.play, self.speed, self.whole, self.window_choice, self.slider)
        for widget in (*players, self.picture_button, self.export):
            widget.setEnabled(self.replay is not None)
        self.reset.setEnabled(False)

    # Reading.

    async def _prepare(self) -> None:
        tracks = await asyncio.to_thread(self._read)
        from ui.plots.replay_stack import ReplayStack
        from ui.plots.track_columns import TrackColumns

        # One at a time, so that a day of many devices does not hold the window up.
        for track in tracks:
            self._columns.append(await asyncio.to_thread(TrackColumns, track))
        self.replay = Replay(self.recording, tracks, self._told)
        self.plots = ReplayStack(self.replay.end_s, self.recording.marks)
        self.plots.play_wanted.connect(self.toggle)
        self.plots.zoomed_changed.connect(self.reset.setEnabled)
        self.plots.hovered.connect(self._hovered)
        self.waiting.hide()
        self._canvas.addWidget(self.plots)
        self._offer_windows()
        self.slider.setRange(0, max(1, round(self.replay.length_s / SLIDER_S)))
        self.slider.setSingleStep(max(1, self.slider.maximum() // 200))
        self.slider.setPageStep(max(1, self.slider.maximum() // PAGE_PART))
        self.list_button.setChecked(self.width() >= ROOMY)
        self._show_curves()
        self._offer()
        self.show_whole()
        self.play.setFocus()
        self.ready.emit()

    def _read(self) -> list[Track]:
        load_plots()
        return [self._store.track(self.recording.id, place) for place in range(len(self.recording.channels))]

    def _offer_windows(self) -> None:
        assert self.replay is not None, "the recording is read"
        whole = max(self.replay.length_s, LEAST_WHOLE_S)
        self.window_choice.blockSignals(True)
        self.window_choice.addItem("Whole recording", whole)
        for seconds, words in WINDOWS:
            if seconds < whole:
                self.window_choice.addItem(words, float(seconds))
        self.window_choice.blockSignals(False)

    def _show_curves(self) -> None:
        if self.plots is None:
            return
        from ui.plots.curve import Curve

        curves = []
        several = len(self.recording.channels) > 1
        for place, column in self.choice.ticked():
            quantity = self.recording.channels[place].quantities[column]
            title = self._titles[place]
            name = f"{title} · {quantity.title}" if several else curve_name(quantity)
            of = title if several else ""
            curves.append(Curve(self._columns[place], column, name, quantity.unit, quantity.phase, of=of))
        self.plots.show_curves(curves)

    def _name_picture_button(self) -> None:
        """It says what it leads to."""
        if self._pictured is not None:
            picture = self._pictured.picture
            back = self.picture_button.isChecked()
            self.picture_button.setText("Plots" if back else picture.title)
            self.picture_button.setAccessibleName(self.picture_button.text())
            dress(self.picture_button, "chart" if back else picture.icon)

    def _show_picture(self, on: bool) -> None:
        """The picture instead of the plots, or the plots again."""
        if self.replay is None or self.plots is None or self._pictured is None:
            return
        if self.drawn is None:
            self.drawn = ReplayPicture(self._pictured)
            self.follow(self.drawn.show_reading)
            self._canvas.addWidget(self.drawn)
        self._name_picture_button()
        self.plots.setVisible(not on)
        self.drawn.setVisible(on)
        self.seek(self.replay.at_s)

    # Playing.

    @property
    def playing(self) -> bool:
        """Does the moment move by itself?"""
        return self._clock.isActive()

    def toggle(self) -> None:
        """Play from where it stands, from the beginning if that is the end; or pause."""
        if self.replay is None:
            return
        if self.playing:
            self._clock.stop()
        else:
            if self.replay.at_end:
                self._leave_whole()
                self.replay.seek(self.replay.begin_s)
            self._stepped_s = time.monotonic()
            self._clock.start()
        self._tell()

    def show_whole(self) -> None:
        """All at once: the whole recording, with its end as the moment."""
        if self.replay is None or self.plots is None:
            return
        self._clock.stop()
        self.window_choice.setCurrentIndex(0)
        self.plots.set_window(self.window_choice.currentData())
        self.seek(self.replay.end_s)

    def seek(self, time_s: float) -> None:
        """Go to a moment (seconds since 1970)."""
        if self.replay is not None:
            self.replay.seek(time_s)
            self._tell()

    def _leave_whole(self) -> None:
        """Over the whole recording nothing would be seen to move: take the longest window that is half of it."""
        if self.window_choice.currentIndex() == 0 and self.window_choice.count() > 1 and self.replay is not None:
            half = self.replay.length_s / 2
            fitting = [at for at in range(1, self.window_choice.count()) if self.window_choice.itemData(at) <= half]
            self.window_choice.setCurrentIndex(fitting[-1] if fitting else 1)

    def _step(self) -> None:
        assert self.replay is not None, "only what was read is played"
        now = time.monotonic()
        passed, self._stepped_s = now - self._stepped_s, now
        self.replay.advance(passed * self.speed.currentData())
        if self.replay.at_end:
            self._clock.stop()
        self._tell()

    def _told(self, channel: RecordedChannel, reading: Reading) -> None:
        for listener in self._listeners:
            listener(channel, reading)

    def _dragged(self, value: int) -> None:
        if self.replay is not None:
            self.seek(self.replay.begin_s + value * SLIDER_S)

    def _window_chosen(self) -> None:
        if self.plots is not None:
            self.plots.set_window(self.window_choice.currentData())

    # What is shown.

    def _tell(self) -> None:
        replay, plots = self.replay, self.plots
        if replay is None or plots is None:
            return
        plots.show_moment(replay.at_s)
        if self.drawn is not None:
            self.drawn.show_moment(replay.at_s)
        self.slider.blockSignals(True)
        self.slider.setValue(round((replay.at_s - replay.begin_s) / SLIDER_S))
        self.slider.blockSignals(False)
        clock = time.strftime("%H:%M:%S", time.localtime(replay.at_s))
        at, length = duration_text(replay.at_s - replay.begin_s), duration_text(replay.length_s)
        self.moment.setText(f"{clock}, {at} of {length}")
        words = "Pause" if self.playing else "Play"
        if self.play.text() != words:
            self.play.setText(words)
            self.play.setAccessibleName(words)
            dress(self.play, "pause" if self.playing else "play", "on_accent")

    def _hovered(self, time_s: float | None) -> None:
        self.at.setText("" if time_s is None else f"Crosshair {time.strftime('%H:%M:%S', time.localtime(time_s))}")

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is looked at: it waits."""
        super().hideEvent(event)
        if not event.spontaneous() and self.playing:
            self.toggle()

    # Export.

    async def _exported_csv(self) -> None:
        stem = file_stem(self.recording.title)
        path = await chosen_path(self, "replay.export_dialog", "Export recording", "Table (*.csv)", "csv", stem)
        if path is not None:
            count = await asyncio.to_thread(save_recording, path, self._store, self.recording)
            self._toasts.ok("Exported", f"{count_text(count, 'reading')} are in {path.name}.")

    async def _exported_png(self) -> None:
        stem = file_stem(self.recording.title)
        path = await chosen_path(self, "replay.export_dialog", "Export picture", "Picture (*.png)", "png", stem)
        if path is not None:
            self._save_picture(path)

    def _save_picture(self, path: Path) -> None:
        if self.plots is None or not self.plots.picture().save(str(path), "PNG"):
            raise StorageFailed(f"{path.name} cannot be written.")
        self._toasts.ok("Exported", f"The plots are in {path.name}.")


def _titles(recording: Recording) -> list[str]:
    """What each channel is called here; where two would be called the same, with their source."""
    titles = [one_line(channel.title, TITLE) for channel in recording.channels]
    return [
        one_line(f"{title}, {channel.feed_title}", 2 * TITLE) if titles.count(title) > 1 else title
        for title, channel in zip(titles, recording.channels, strict=True)
    ]
