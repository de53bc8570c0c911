"""The line above the jobs while something is recorded: how long, how much, a mark, and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.commission.recorded import MOST_TITLE
from app.model.errors import StorageFailed
from ui.dialogs import Question, answered
from ui.forms.parts import ElidedLabel, one_line, plain_label, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.plots.wording import duration_text
from ui.recording import SiteRecording
from ui.tasks import Tasks

if TYPE_CHECKING:
    from app.commission.recording import Recorder

RENEWED_MS = 1000


def size_text(size: int) -> str:
    """Bytes in the unit that suits them, in the user's locale."""
    return QLocale().formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)


def count_text(count: int, word: str) -> str:
    """A number with its word: '1 reading', '1,200 readings'."""
    return f"{QLocale().toString(count)} {word}{'' if count == 1 else 's'}"


class RecordingBar(QWidget):
    """Shown only while the site records."""

    def __init__(self, recording: SiteRecording, parent: QWidget, *, tasks: Tasks, toasts: Toasts) -> None:
        super().__init__(parent)
        self.setObjectName("recording")
        self.setAccessibleName("Recording")
        self._recording, self._tasks, self._toasts = recording, tasks, toasts
        dot = QLabel()
        dress(dot, "record", "error", 16)
        self.word = plain_label("Recording", role="subtitle", tone="error")
        self.facts = ElidedLabel()
        self.facts.setObjectName("recording.facts")
        self.mark = push_button("Mark…", "recording.mark", "flag", tip="Name this moment, such as 'kettle on' (Ctrl+M)")
        self.mark.setShortcut("Ctrl+M")
        self.stop = push_button("Stop recording", "recording.stop", "stop")
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(dot)
        row.addWidget(self.word)
        row.addWidget(self.facts, 1)
        row.addWidget(self.mark)
        row.addWidget(self.stop)
        self.mark.clicked.connect(self._ask_mark)
        self.stop.clicked.connect(recording.stop)
        self._clock = QTimer(self, interval=RENEWED_MS)
        self._clock.timeout.connect(self._tell)
        recording.begun.connect(self._begun)
        recording.ended.connect(self._ended)
        self.hide()

    def _begun(self, _: Recorder) -> None:
        self._clock.start()
        self._tell()
        self.show()

    def _ended(self, recorder: Recorder, trouble: StorageFailed | None) -> None:
        self._clock.stop()
        self.hide()
        if trouble is not None:
            kept = count_text(recorder.readings, "reading")
            self._toasts.error("The recording was stopped", trouble.message, hint=f"{trouble.hint} {kept} are kept.")
            return
        words = f"{one_line(recorder.title, 60)}: {self._amount(recorder)}. Site > Recordings plays it again."
        self._toasts.ok("Recorded", words)

    def _tell(self) -> None:
        recorder = self._recording.recorder
        if recorder is None:
            return
        parts = [self._amount(recorder), size_text(recorder.size)]
        if recorder.marks:
            parts.append(count_text(recorder.marks, "mark"))
        if recorder.silent:
            parts.append(f"silent: {', '.join(one_line(title, 30) for title in recorder.silent[:3])}")
        self.facts.setText(f"{one_line(recorder.title, 40)} · {' · '.join(parts)}")

    def _amount(self, recorder: Recorder) -> str:
        readings = count_text(recorder.readings, "reading")
        return f"{duration_text(recorder.length_s)} · {readings} of {count_text(len(recorder.channels), 'source')}"

    def _ask_mark(self) -> None:
        recorder = self._recording.recorder
        if recorder is not None:
            # The moment is that of the key, not of the last letter of its name.
            self._tasks.spawn(self, self._marked(recorder, recorder.now()))

    async def _marked(self, recorder: Recorder, time_s: float) -> None:
        dialog = Question(self.window(), "recording.mark_dialog", "Mark this moment", "Mark")
        line = QLineEdit(placeholderText=f"Mark {recorder.marks + 1}")
        line.setMaxLength(MOST_TITLE)
        dialog.field("Name", line, "name")
        dialog.note("The mark stands at the moment at which you asked for it, however long the name takes.")
        if await answered(dialog) and recorder.running:
            recorder.mark(line.text().strip() or f"Mark {recorder.marks + 1}", time_s)
            self._tell()
