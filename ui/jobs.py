"""The bar at the bottom: long work with its progress and cancel, the last result, network activity."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.model.job import Progress
from ui.forms.parts import ElidedLabel


class Job(QWidget):
    """One piece of long work in the bar."""

    ended = Signal()

    def __init__(self, title: str, cancel: Callable[[], None] | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = title
        self.running = True
        self.cancellable = cancel is not None
        self._label = ElidedLabel(title)
        self._label.setMinimumWidth(200)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(220)
        self._bar.setAccessibleName(f"Progress of {title}")
        self._cancel = QPushButton("Stop", self)
        self._cancel.setObjectName("job.cancel")
        self._cancel.setAccessibleName(f"Stop {title}")
        self._cancel.setVisible(self.cancellable)
        if cancel is not None:
            self._cancel.clicked.connect(lambda: cancel())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label, 1)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)

    def progress(self, step: Progress) -> None:
        """Show how far the work is."""
        self._label.setText(f"{self.title}: {step.text}")
        self._bar.setRange(0, step.total)
        self._bar.setValue(step.done)
        self._cancel.setEnabled(step.cancellable)
        self.cancellable = step.cancellable

    def done(self, text: str) -> None:
        """The work is finished; `text` stays as the last result."""
        self._end(f"{self.title}: {text}")

    def failed(self, text: str) -> None:
        """The work ended early; `text` says why."""
        self._end(f"{self.title}: {text}")

    def _end(self, text: str) -> None:
        if self.running:
            self.running = False
            self.title = text
            self.ended.emit()


class JobBar(QWidget):
    """All running jobs, and a line with the last result and the network's state."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobs")
        self._jobs: list[Job] = []
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(12, 4, 12, 4)
        self._rows.setSpacing(4)
        line = QHBoxLayout()
        self._last = ElidedLabel("Ready")
        self._last.setObjectName("jobs.last")
        self._network = ElidedLabel(greedy=False)
        self._network.setObjectName("jobs.network")
        line.addWidget(self._last, 1)
        line.addWidget(self._network)
        self._rows.addLayout(line)

    def start(self, title: str, cancel: Callable[[], None] | None = None) -> Job:
        """Show a new job; without `cancel` it cannot be stopped."""
        job = Job(title, cancel, self)
        self._jobs.append(job)
        self._rows.insertWidget(self._rows.count() - 1, job)
        job.ended.connect(lambda: self._ended(job))
        return job

    def add_row(self, row: QWidget) -> None:
        """Put a line of its own above all jobs; it shows and hides itself."""
        self._rows.insertWidget(0, row)

    def say(self, text: str) -> None:
        """The last result, in one line."""
        self._last.setText(text)

    def network(self, text: str) -> None:
        """What the network is doing, in one line."""
        self._network.setText(text)

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs under way."""
        return tuple(self._jobs)

    def _ended(self, job: Job) -> None:
        self._jobs.remove(job)
        self._last.setText(job.title)
        self._rows.removeWidget(job)
        job.hide()
        job.deleteLater()


class GuidedJob:
    """The job of a sending that looks for its device afterwards: it is in the bar only from the first progress on."""

    def __init__(self, title: str, jobs: JobBar | None) -> None:
        self._title, self._jobs = title, jobs
        self._job: Job | None = None
        self._said = ""

    def told(self, step: Progress) -> None:
        """Show how far the search is. It must not be stopped: the change is on its way already."""
        self._said = step.text
        if self._jobs is None or not isValid(self._jobs):
            return
        if self._job is None:
            self._job = self._jobs.start(self._title)
        self._job.progress(replace(step, cancellable=False))

    def end(self) -> None:
        """Take it out of the bar; the last word stays there."""
        if self._job is not None and isValid(self._job):
            self._job.done(self._said)
