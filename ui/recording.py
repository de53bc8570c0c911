"""The recording of a site, as the window knows it: at most one runs, whichever page began it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QObject, Signal

from app.commission.recorded import RecordingStore
from app.model.errors import StorageFailed, UsageError

if TYPE_CHECKING:
    from app.commission.hearing import Recordable
    from app.commission.recording import Recorder
    from app.commission.session import DeviceSession


class SiteRecording(QObject):
    """Starts, marks and stops the recording of a site.

    `begun` and `ended` carry the `Recorder`, `ended` also the `StorageFailed` that forced it, or None.
    """

    begun = Signal(object)
    ended = Signal(object, object)
    changed = Signal()
    """Recordings were renamed or deleted."""

    def __init__(self, store: RecordingStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self.recorder: Recorder | None = None

    @property
    def running(self) -> bool:
        """Is something being recorded?"""
        return self.recorder is not None

    def start(self, wanted: Sequence[Recordable]) -> None:
        """Begin to record; the title is the present date and time. Needs a running loop.

        Raises:
            UsageError: one is running already, or nothing is wanted.
            StorageFailed: the site cannot be written.
        """
        from app.commission.recording import Recorder

        if self.recorder is not None:
            words = f"'{self.recorder.title}' is being recorded."
            raise UsageError(words, hint="A site records one at a time: stop it.")
        if not any(one.keys for one in wanted):
            raise UsageError("No quantity is ticked.", hint="Tick what shall be recorded.")
        recorder = Recorder(self.store, on_stopped=self._stopped)
        title = QLocale().toString(QDateTime.currentDateTime(), QLocale.FormatType.ShortFormat)
        recorder.start(f"Recording {title}", [one for one in wanted if one.keys])
        self.recorder = recorder
        self.begun.emit(recorder)

    def stop(self) -> None:
        """End the recording in order, if one runs."""
        if self.recorder is not None:
            self.recorder.stop()

    def _stopped(self, trouble: StorageFailed | None) -> None:
        recorder, self.recorder = self.recorder, None
        self.ended.emit(recorder, trouble)

    def rename(self, recording: int, title: str) -> None:
        """Give a recording another title; also the one that runs.

        Raises:
            StorageFailed: the site cannot be written.
        """
        self.store.rename(recording, title)
        if self.recorder is not None and self.recorder.id == recording:
            self.recorder.title = title
        self.changed.emit()

    def device_back(self, session: DeviceSession) -> None:
        """A device is connected: what is recorded of it goes on."""
        if self.recorder is not None:
            self.recorder.joined(session)

    def device_gone(self, session: DeviceSession) -> None:
        """A session is closed: what is recorded of it waits."""
        if self.recorder is not None:
            self.recorder.left(session)
