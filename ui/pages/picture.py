"""The page of a picture of a live feed: it listens while it is on screen, and tells how it stands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.commission.live import Subscription
from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.quantity import Feed, Reading
from ui.forms.help import help_key, show_topic
from ui.forms.parts import icon_button, plain_label, push_button
from ui.icons import dress
from ui.plots.wording import duration_text
from ui.tasks import Tasks
from ui.theme import restyle
from ui.vendors import Picture

from .live_source import trouble_words, unreadable_words
from .record_button import RecordButton
from .topics import FLOW

if TYPE_CHECKING:
    from app.commission.hearing import Recordable
    from ui.forms.toast import Toasts
    from ui.recording import SiteRecording

STALE_S = 5.0
"""Events come every second: a reading that old is no longer live."""
STATE_MS = 500


class Drawn(Protocol):
    """What a family's picture must do."""

    def show_reading(self, feed: Feed, reading: Reading) -> None:
        """Show a reading, live or replayed."""
        ...

    def set_stale(self, stale: bool) -> None:
        """Show that the last reading is too long ago, or that it is not."""
        ...


class PicturePage(QWidget):
    """A picture with a title above and a line below that says how it stands with the feed."""

    contact = Signal(object)
    """An `AppError` when nothing is heard any more because of it, None when it is again."""

    def __init__(
        self,
        session: DeviceSession,
        feed: Feed,
        picture: Picture,
        *,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session, self.feed = session, feed
        self._tasks = tasks
        name = f"{session.vendor.key}.flow"
        self.setObjectName(name)
        self.setAccessibleName(picture.title)
        self._held: list[Subscription] = []
        self._asked_at = 0.0
        self._heard_at: float | None = None
        self._error: BaseException | None = None
        self._ended = self._lost = False
        self.widget: QWidget = picture.load()(f"{name}.picture")
        self._drawn = cast(Drawn, self.widget)
        self._state_icon, self._state = QLabel(), plain_label(wrap=True)
        self._state.setObjectName(f"{name}.state")
        self.record = RecordButton(f"{name}.record", self)
        self.help_button = icon_button("Help", f"{name}.help", "help", "Help (F1)")
        self.help_button.clicked.connect(self.show_help)
        help_key(self, self.show_help)
        self.retry = push_button("Retry", f"{name}.retry", "refresh", tip="Listen again")
        self.retry.hide()
        self.retry.clicked.connect(self.reload)
        self._lay_out(picture)
        self._clock = QTimer(self, interval=STATE_MS)
        self._clock.timeout.connect(self.tell)
        held = self._held
        self.destroyed.connect(lambda: [subscription.close() for subscription in held])

    def _lay_out(self, picture: Picture) -> None:
        icon = QLabel()
        dress(icon, picture.icon, "accent", 24)
        head = QHBoxLayout(spacing=8)
        head.addWidget(icon)
        head.addWidget(plain_label(picture.title, role="title"), 1)
        head.addWidget(self.record)
        head.addWidget(self.help_button)
        foot = QHBoxLayout(spacing=8)
        foot.addWidget(self._state_icon)
        foot.addWidget(self._state, 1)
        foot.addWidget(self.retry)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(16, 12, 16, 8)
        column.addLayout(head)
        column.addWidget(plain_label(picture.help, role="muted", wrap=True))
        column.addWidget(self.widget, 1)
        column.addLayout(foot)

    def show_help(self) -> None:
        """What the picture tells."""
        show_topic(FLOW, self)

    @property
    def state(self) -> str:
        """The sentence below."""
        return self._state.text()

    def offer_recording(self, recording: SiteRecording, toasts: Toasts) -> None:
        """Let the whole feed be recorded: what is played again shall move the whole picture."""
        self.record.offer(recording, self._recordable, toasts)

    def _recordable(self) -> list[Recordable]:
        from app.commission.hearing import Wanted

        every = [quantity.key for quantity in self.feed.quantities]
        return [Wanted(self.session, self.feed, "", "", every, shown=self.feed.plotted)]

    # Listening.

    def reload(self) -> None:
        """Listen again to a feed that has ended or is silent."""
        if self._ended or self._standing()[0] == "warn":
            self.release()
            self._ended, self._error = False, None
            self.listen()

    def listen(self) -> None:
        """Listen, unless that is so already or the feed has ended. Needs a running loop."""
        if not self._held and not self._ended:
            self._asked_at, self._heard_at = time.monotonic(), None
            feeds = self.session.feeds
            self._held.append(feeds.subscribe(self.feed, "", on_reading=self._heard, on_end=self._feed_ended))
        self.tell()

    def _heard(self, reading: Reading) -> None:
        self._heard_at = time.monotonic()
        self._drawn.show_reading(self.feed, reading)
        if self._lost:
            self._lost = False
            self.contact.emit(None)
        self.tell()

    def _feed_ended(self, error: BaseException | None) -> None:
        self._held.clear()
        self._error, self._ended = error, True
        if isinstance(error, AppError):
            self._lost = True
            self.contact.emit(error)
        elif error is not None:
            self._tasks.spawn(self, _raised(error))
        self.tell()

    def release(self) -> None:
        """Stop listening."""
        while self._held:
            self._held.pop().close()

    # What is said.

    def tell(self) -> None:
        """Bring the line below up to date."""
        tone, picture, words = self._standing()
        self._drawn.set_stale(tone != "ok")
        restyle(self._state, tone=tone)
        dress(self._state_icon, picture, tone)
        if self._state.text() != words:
            self._state.setText(words)
        self.retry.setVisible(self._ended)

    def _standing(self) -> tuple[str, str, str]:
        if self._ended:
            if isinstance(self._error, AppError):
                told = (f"{self._error.title}: {self._error.message}", self._error.hint)
                return "error", "error", " ".join(part for part in told if part)
            words = "The feed has ended." if self._error is None else "The feed failed by a fault in the program."
            return ("warn" if self._error is None else "error"), "warning", words
        now = time.monotonic()
        if self._heard_at is None:
            return (
                "info",
                "clock",
                f"Waiting for the first reading ({duration_text(now - self._asked_at)}){self._trouble()}",
            )
        age = now - self._heard_at
        if age > STALE_S:
            return "warn", "warning", f"No reading for {duration_text(age)}: reconnecting{self._trouble()}"
        spoiled = unreadable_words(self.feed.unreadable(self.session.connection))
        return "ok", "live", f"Live, last reading {duration_text(age)} ago{spoiled}"

    def _trouble(self) -> str:
        return trouble_words(self.feed, self.session.connection, "")

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.listen()
            self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page frees the device's stream, if nobody else listens."""
        super().hideEvent(event)
        if not event.spontaneous():
            self._clock.stop()
            self.release()


async def _raised(error: BaseException) -> None:
    raise error
