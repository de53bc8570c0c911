"""A feed as a live page hears it: whose it is, its readings, and in words how it stands with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.commission.live import Subscription
from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.quantity import Feed, Reading
from ui.forms.parts import one_line
from ui.plots.wording import duration_text

if TYPE_CHECKING:
    from app.commission.hearing import Recordable
    from ui.plots.ring import Ring

SILENCE_INTERVALS = 3.0
SLOW_S = 3.0
"""Of readings that are further apart it is said when the next one comes."""
LONGEST_TROUBLE = 240
"""Characters of what is said about it."""
FIRST_INTERVAL_S = 2.0
"""How often a source tells is not known before its second reading."""


@dataclass(frozen=True, eq=False)
class Channel:
    """One feed of one device or of one meter behind it, and what people call that."""

    session: DeviceSession
    feed: Feed
    meter: str = ""
    title: str = ""
    """What people call it. Untrusted text."""

    @property
    def serial(self) -> str:
        """The meter's, or the device's own."""
        return self.meter or (self.session.identity.id if self.session.identity else "")

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
    followers: list[Callable[[Reading], None]] = field(default_factory=list)
    """Who else is told of each reading, after it was kept."""

    @property
    def feed(self) -> Feed:
        """What it listens to."""
        return self.channel.feed

    @property
    def pace_s(self) -> float:
        """How many seconds apart the device's own pace lets readings come; 0 where it has none."""
        return self.feed.interval_s(self.channel.session.connection)

    @property
    def interval_s(self) -> float:
        """The usual seconds between two readings, as heard, or as the device's pace has it until some were."""
        heard_s = self.ring.interval_s if self.ring.readings > 1 else FIRST_INTERVAL_S
        return max(heard_s, self.pace_s)

    @property
    def unreadable(self) -> int:
        """How many events of the device could not be read and were left out."""
        return self.feed.unreadable(self.channel.session.connection)

    @property
    def trouble(self) -> str:
        """Why nothing comes at present, and what helps; empty where that is not known."""
        return trouble_words(self.feed, self.channel.session.connection, self.channel.meter)

    def place(self, key: str) -> int:
        """In which column of the ring a quantity is."""
        return next(place for place, quantity in enumerate(self.feed.quantities) if quantity.key == key)

    def keep(self, reading: Reading) -> None:
        """Put a reading into the ring."""
        self.ring.append(reading)

    def blocked(self) -> str:
        """Why nothing can be heard at all, in words; empty when that is not so."""
        return ""

    def listen(self, heard: Callable[[], None], ended: Callable[[BaseException | None], None]) -> None:
        """Listen, unless that is so already or the feed has ended. Needs a running loop."""
        if self.subscription is not None or self.ended:
            return
        self.asked_at, self.heard_at = time.monotonic(), None

        def take(reading: Reading) -> None:
            self.keep(reading)
            self.heard_at = time.monotonic()
            heard()
            for follower in tuple(self.followers):
                follower(reading)

        def end(error: BaseException | None) -> None:
            self.subscription = None
            self.error, self.ended = error, True
            ended(error)

        self.subscription = self.channel.session.feeds.subscribe(
            self.feed, self.channel.meter, on_reading=take, on_end=end
        )

    def recordable(self) -> Recordable:
        """What is ticked of it, as a recording hears it: on its own, whether or not the page does."""
        from app.commission.hearing import Wanted

        channel = self.channel
        meter = next((meter for meter in channel.session.meters if meter.serial == channel.meter), None)
        title = channel.title or (meter.alias or meter.serial if meter is not None else "")
        return Wanted(channel.session, channel.feed, channel.meter, title, self.ticked)

    @property
    def silent(self) -> bool:
        """Is it listened to, and nothing comes although it should?"""
        return self.subscription is not None and not self.ended and state_of(self)[0] == "warn"

    def close(self) -> None:
        """Stop listening."""
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.close()


def state_of(source: Source) -> tuple[str, str, str]:
    """Tone, icon and words for the line below the plots."""
    now = time.monotonic()
    if source.blocked():
        return "warn", "warning", source.blocked()
    if source.ended:
        error = source.error
        if isinstance(error, AppError):
            return "error", "error", " ".join(part for part in (f"{error.title}: {error.message}", error.hint) if part)
        words = "The feed has ended." if error is None else "The feed failed by a fault in the program."
        return ("warn" if error is None else "error"), "warning", words
    if source.heard_at is None:
        waited = now - source.asked_at
        often = f"; the device may be asked once in {source.pace_s:g} s" if source.pace_s > SLOW_S else ""
        return "info", "clock", f"Waiting for the first reading ({duration_text(waited)}){often}{source.trouble}"
    age = now - source.heard_at
    # Where it is known that something is wrong, it is said with the first reading that is missing.
    patience = 1.0 if source.trouble else SILENCE_INTERVALS
    if age > patience * source.interval_s:
        return "warn", "warning", f"No reading for {duration_text(age)}: reconnecting{source.trouble}"
    words = f"Live, last reading {duration_text(age)} ago"
    if source.pace_s > SLOW_S:
        left = source.pace_s - age
        words += f", the next in {duration_text(left)}" if left > 0 else ", the next is due"
    return "ok", "live", words + unreadable_words(source.unreadable)


def trouble_words(feed: Feed, connection: object, meter: str) -> str:
    """Sentences about why nothing comes, to go on with; nothing where that is not known."""
    error = feed.trouble(connection, meter)
    return "" if error is None else ". " + one_line(f"{error.message} {error.hint}".strip(), LONGEST_TROUBLE)


def unreadable_words(count: int) -> str:
    """Half a sentence about events that were left out; nothing where none was."""
    return f"; {count} {'event' if count == 1 else 'events'} could not be read" if count else ""


def brief_state_of(source: Source) -> tuple[str, str, str]:
    """Like `state_of`, short enough for a column of a table."""
    tone, picture, words = state_of(source)
    if source.blocked():
        return tone, picture, words
    if source.ended:
        return tone, picture, source.error.title if isinstance(source.error, AppError) else "Ended"
    if source.heard_at is None:
        return tone, picture, "Waiting"
    age = duration_text(time.monotonic() - source.heard_at)
    return tone, picture, f"Live, {age} ago" if tone == "ok" else f"Silent for {age}"


def standing_of(sources: Sequence[Source], what: str) -> tuple[str, str, str]:
    """Tone, icon and words for several together, called `what`; of those that do not answer the names."""
    states = [(source, state_of(source)) for source in sources]
    if len(states) == 1:
        return states[0][1]
    ended = [source for source, state in states if source.ended]
    bad = [source for source, state in states if state[0] == "warn" and not source.ended]
    live = sum(state[0] == "ok" for _, state in states)
    words = f"{live} of {len(states)} {what} live"
    for group, how in ((ended, "ended"), (bad, "silent")):
        if group:
            names = ", ".join(one_line(source.channel.title, 40) for source in group[:3])
            words += f"; {how}: {names}" + (f" and {len(group) - 3} more" if len(group) > 3 else "")
    if len(bad) == 1 and not ended:
        words += bad[0].trouble
    if ended:
        return "error", "error", words
    if bad:
        return "warn", "warning", words
    return ("ok", "live", words) if live == len(states) else ("info", "clock", f"{words}, waiting for the others")
