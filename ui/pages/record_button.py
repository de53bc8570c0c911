"""The button of a live page that records what is ticked there into the site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QWidget

from app.model.errors import AppError
from ui.forms.parts import plain_tip
from ui.forms.toast import Toasts
from ui.icons import dress

if TYPE_CHECKING:
    from app.commission.hearing import Recordable
    from ui.recording import SiteRecording

TIP = "Record what is ticked here into the site, also while other pages are shown"


class RecordButton(QPushButton):
    """Hidden until there is a site to record into."""

    _chosen: Callable[[], Sequence[Recordable]]
    _toasts: Toasts

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__("Record", parent, objectName=name, accessibleName="Record", toolTip=plain_tip(TIP))
        self.setAutoDefault(False)
        self.setCheckable(True)
        self._recording: SiteRecording | None = None
        dress(self, "record", "error")
        self.hide()

    def offer(self, recording: SiteRecording, chosen: Callable[[], Sequence[Recordable]], toasts: Toasts) -> None:
        """Record with this from now on."""
        self._recording, self._chosen, self._toasts = recording, chosen, toasts
        self.clicked.connect(self._press)
        recording.begun.connect(self._follow)
        recording.ended.connect(self._follow)
        self._follow()
        self.show()

    def _press(self) -> None:
        recording = self._recording
        assert recording is not None, "shown only with a site to record into"
        running = recording.recorder
        if running is not None:
            words = f"'{running.title}' goes on. A site records one at a time: stop it in the line below first."
            self._toasts.info("Recording already", words)
        else:
            try:
                recording.start(self._chosen())
            except AppError as error:
                self._toasts.tell(error)
        self._follow()

    def _follow(self, *_: object) -> None:
        """Pressed while something is recorded. Its words stay: a longer one would not fit a small screen."""
        self.setChecked(self._recording is not None and self._recording.running)
