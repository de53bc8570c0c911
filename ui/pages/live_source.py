"""A feed as the live page hears it: its readings, and in words how it stands with it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.commission.live import Subscription
from app.model.errors import AppError
from app.model.quantity import Feed, Reading
from ui.plots.wording import duration_text

if TYPE_CHECKING:
    from ui.plots.ring import Ring

SILENCE_INTERVALS = 3.0


@dataclass(eq=False)
class Source:
    """One feed that the page listens to, with what it gave so far."""

    feed: Feed
    ring: Ring
    ticked: tuple[str, ...]
    subscription: Subscription | None = None
    asked_at: float = 0.0
    heard_at: float | None = None
    error: BaseException | None = None
    ended: bool = False

    def heard(self, reading: Reading) -> None:
        """Keep a reading."""
        self.ring.append(reading)
        self.heard_at = time.monotonic()

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
        return "info", "clock", f"Waiting for the first reading ({duration_text(waited)})"
    age = now - source.heard_at
    if age > SILENCE_INTERVALS * source.ring.interval_s:
        return "warn", "warning", f"No reading for {duration_text(age)}: reconnecting"
    return "ok", "live", f"Live, last reading {duration_text(age)} ago"
