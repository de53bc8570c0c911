"""A recording shown again: the live plots, fed from the site file, at a moment that plays or is dragged."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.commission.recorded import RecordedChannel, Recording, RecordingStore, Track, thinned
from app.commission.recorded_csv import save_recording
from app.commission.replay import OnReading, Replay
from app.model.errors import StorageFailed
from app.model.quantity import Reading
from ui.forms.export import chosen_path, file_stem
from ui.forms.parts import Strip, one_line, plain_label, push_button
from ui.forms.toast import Toasts
from ui.plots.wording import duration_text
from ui.recording_bar import count_text
from ui.tasks import Tasks

from .live_quantities import curve_name
from .live_view import ROOMY, load_plots
from .recordings_table import moment_text
from .replay_bar import ReplayBar
from .replay_choice import ReplayChoice
from .replay_picture import RecordedPicture, picture_in

if TYPE_CHECKING:
    from ui.plots.replay_stack import ReplayStack
    from ui.plots.track_columns import TrackColumns

STEP_MS = 200
SLIDER_S = 0.1
"""A step of the slider."""
PAGE_PART = 20
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
        self._columns: list[TrackColumns] = []
        self._picture: RecordedPicture | None = None
        self._listeners: list[OnReading] = []
        self._stepped_s = 0.0
        self._titles = _titles(recording)
        self.setAccessibleName(f"Replay of {one_line(recording.title)}")
        self._build()
        self._lay_out()
        self._clock = QTimer(self, interval=STEP_MS)
        self._clock.timeout.connect(self._step)
        self.slider.setEnabled(False)
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
        if thinned(one) > 1:
            words += f" It is very long: one of {thinned(one)} readings is shown, the CSV file has all."
        self.banner.say("changed", "recordings", f"Replay of {one_line(one.title, 80)}", words)
        self.back = push_button("All recordings", "replay.back", "undo", tip="Back to the list (Escape)")
        self.back.setShortcut("Escape")
        self.banner.add_button(self.back)
        self.bar = ReplayBar()
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="replay.slider", accessibleName="Moment")
        self.choice = ReplayChoice("replay.list", one.channels, self._titles)
        self.moment = plain_label()
        self.moment.setObjectName("replay.moment")
        self.at = plain_label(role="muted")
        self.at.setObjectName("replay.at")
        self.back.clicked.connect(self.back_wanted)
        self.bar.csv.triggered.connect(lambda: self._tasks.spawn(self, self._exported_csv()))
        self.bar.png.triggered.connect(lambda: self._tasks.spawn(self, self._exported_png()))
        self.bar.play.clicked.connect(self.toggle)
        self.bar.whole.clicked.connect(self.show_whole)
        self.bar.window_choice.currentIndexChanged.connect(self._window_chosen)
        self.bar.reset.clicked.connect(lambda: self.plots and self.plots.reset_zoom())
        self.slider.valueChanged.connect(self._dragged)
        self.choice.chosen.connect(self._show_curves)

    def _lay_out(self) -> None:
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
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.bar)
        column.addWidget(split, 1)
        column.addLayout(foot)
        self.choice.hide()
        self.bar.list.toggled.connect(self.choice.setVisible)

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
        self.plots.zoomed_changed.connect(self.bar.reset.setEnabled)
        self.plots.hovered.connect(self._hovered)
        self.waiting.hide()
        self._canvas.addWidget(self.plots)
        self._offer_picture()
        self.bar.offer_windows(self.replay.length_s)
        self.slider.setRange(0, max(1, round(self.replay.length_s / SLIDER_S)))
        self.slider.setSingleStep(max(1, self.slider.maximum() // 200))
        self.slider.setPageStep(max(1, self.slider.maximum() // PAGE_PART))
        self.bar.list.setChecked(self.width() >= ROOMY)
        self._show_curves()
        self.bar.offer(True)
        self.slider.setEnabled(True)
        self.show_whole()
        self.bar.play.setFocus()
        self.ready.emit()

    def _read(self) -> list[Track]:
        load_plots()
        every = thinned(self.recording)
        return [self._store.track(self.recording.id, place, every) for place in range(len(self.recording.channels))]

    def _offer_picture(self) -> None:
        """What a family draws of a feed moves with its recording too."""
        self._picture = picture = picture_in(self.recording)
        if picture is not None:
            self.bar.offer_picture(picture.title, picture.icon)
            self.bar.picture.toggled.connect(self._show_picture)
            self._canvas.addWidget(picture.widget)
            picture.widget.hide()
            self.follow(picture.show_reading)

    def _show_picture(self, shown: bool) -> None:
        if self._picture is not None and self.plots is not None:
            self._picture.widget.setVisible(shown)
            self.plots.setVisible(not shown)

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
                self.bar.leave_whole()
                self.replay.seek(self.replay.begin_s)
            self._stepped_s = time.monotonic()
            self._clock.start()
        self._tell()

    def show_whole(self) -> None:
        """All at once: the whole recording, with its end as the moment."""
        if self.replay is None or self.plots is None:
            return
        self._clock.stop()
        self.bar.window_choice.setCurrentIndex(0)
        self.plots.set_window(self.bar.window_choice.currentData())
        self.seek(self.replay.end_s)

    def seek(self, time_s: float) -> None:
        """Go to a moment (seconds since 1970)."""
        if self.replay is not None:
            self.replay.seek(time_s)
            self._tell()

    def _step(self) -> None:
        assert self.replay is not None, "only what was read is played"
        now = time.monotonic()
        passed, self._stepped_s = now - self._stepped_s, now
        self.replay.advance(passed * self.bar.speed.currentData())
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
            self.plots.set_window(self.bar.window_choice.currentData())

    # What is shown.

    def _tell(self) -> None:
        replay, plots = self.replay, self.plots
        if replay is None or plots is None:
            return
        plots.show_moment(replay.at_s, moving=self.playing)
        if self._picture is not None:
            self._picture.show_moment(replay.at_s)
        self.slider.blockSignals(True)
        self.slider.setValue(round((replay.at_s - replay.begin_s) / SLIDER_S))
        self.slider.blockSignals(False)
        clock = time.strftime("%H:%M:%S", time.localtime(replay.at_s))
        at, length = duration_text(replay.at_s - replay.begin_s), duration_text(replay.length_s)
        self.moment.setText(f"{clock}, {at} of {length}")
        self.bar.say_playing(self.playing)

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
