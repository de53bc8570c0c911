"""A feed as a live page hears it: whose it is, its readings, and in words how it stands with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.commission.live import Subscription
from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.quantity import Feed, Reading
from ui.plots.wording import duration_text

if TYPE_CHECKING:
    from ui.plots.ring import Ring

SILENCE_INTERVALS = 3.0


@dataclass(frozen=True, eq=False)
class Channel:
    """One feed of one device or of one meter behind it, and what people call that."""

    session: DeviceSession
    feed: Feed
    meter: str = ""
    title: str = ""

    @property
    def key(self) -> tuple[int, str, str]:
        """The same for the same feed, whatever it is called."""
        return id(self.session), self.feed.key, self.meter


@dataclass(eq=False)
class Source:
    """One channel that a page listens to, with what it gave so far."""

    channel: Channel
    ring: Ring
    ticked: tuple[str, ...]
    subscription: Subscription | None = None
    asked_at: float = 0.0
    heard_at: float | None = None
    error: BaseException | None = None
    ended: bool = False

    @property
    def feed(self) -> Feed:
        """What it listens to."""
        return self.channel.feed

    def listen(self, heard: Callable[[], None], ended: Callable[[BaseException | None], None]) -> None:
        """Listen, unless that is so already or the feed has ended. Needs a running loop."""
        if self.subscription is not None or self.ended:
            return
        self.asked_at, self.heard_at = time.monotonic(), None

        def take(reading: Reading) -> None:
            self.ring.append(reading)
            self.heard_at = time.monotonic()
            heard()

        def end(error: BaseException | None) -> None:
            self.subscription = None
            self.error, self.ended = error, True
            ended(error)

        self.subscription = self.channel.session.feeds.subscribe(
            self.feed, self.channel.meter, on_reading=take, on_end=end
        )

    def close(self) -> None:
        """Stop listening."""
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.close()


def state_of(source: Source) -> tuple[str, str, str]:
    """Tone, icon and words for the line below the plots."""
    now = time.monotonic()
    if source.ended:
        error = source.error
        if isinstance(error, AppError):
            return "error", "error", " ".join(part for part in (f"{error.title}: {error.message}", error.hint) if part)
        words = "The feed has ended." if error is None else "The feed failed by a fault in the program."
        return ("warn" if error is None else "error"), "warning", words
    if source.heard_at is None:
        waited = now - source.asked_at
        return "info", "clock", f"Waiting for the first reading ({duration_text(waited)}){left_out_words(source)}"
    age = now - source.heard_at
    if age > SILENCE_INTERVALS * source.ring.interval_s:
        return "warn", "warning", f"No reading for {duration_text(age)}: reconnecting{left_out_words(source)}"
    return "ok", "live", f"Live, last reading {duration_text(age)} ago{left_out_words(source)}"


def left_out_words(source: Source) -> str:
    """How many events of the device could not be read, for the end of a sentence; empty where all could."""
    if source.feed.left_out is None:
        return ""
    count = source.feed.left_out(source.channel.session.connection)
    return f" · {count} {'event' if count == 1 else 'events'} could not be read" if count else ""


def brief_state_of(source: Source) -> tuple[str, str, str]:
    """Like `state_of`, short enough for a column of a table."""
    tone, picture, _ = state_of(source)
    if source.ended:
        return tone, picture, source.error.title if isinstance(source.error, AppError) else "Ended"
    if source.heard_at is None:
        return tone, picture, "Waiting"
    age = duration_text(time.monotonic() - source.heard_at)
    return tone, picture, f"Live, {age} ago" if tone == "ok" else f"Silent for {age}"
