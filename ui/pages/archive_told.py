"""How far a long reading of an archive is, in the job bar and in words, looked at a few times a second."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from app.commission.session import DeviceSession
from app.model.archive import AnyArchive
from ui.jobs import Job
from ui.pages.amounts import progress_words

LOOK_MS = 250


class ReadingTold(QObject):
    """Tells the progress of one reading at a time. `changed` when `words` are others."""

    changed = Signal()

    def __init__(self, parent: QObject, archive: AnyArchive, session: DeviceSession) -> None:
        super().__init__(parent)
        self.words = ""
        self._archive, self._session = archive, session
        self._job: Job | None = None
        self._clock = QTimer(self, interval=LOOK_MS)
        self._clock.timeout.connect(self._look)

    def start(self, job: Job) -> None:
        """Tell of the reading that begins now."""
        self._job, self.words = job, ""
        self._clock.start()

    def stop(self) -> None:
        """The reading is over."""
        self._clock.stop()
        self._job, self.words = None, ""

    def _look(self) -> None:
        progress = self._archive.progress(self._session.connection)
        if progress is None or self._job is None or not isValid(self._job):
            return
        self._job.progress(progress)
        words = progress_words(progress)
        if words != self.words:
            self.words = words
            self.changed.emit()
