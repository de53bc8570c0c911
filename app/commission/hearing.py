"""What can be recorded, and how it is heard: a feed of a device, or a sum across devices, session after session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from app.model.errors import AppError
from app.model.quantity import Feed, Reading

from .derived import Evaluation, Point, SubMetering
from .live import Subscription
from .recorded import RecordedChannel

if TYPE_CHECKING:
    from .session import DeviceSession

log = logging.getLogger(__name__)

ASKED_AGAIN_S = 30.0
"""A feed that has ended is opened again after so long."""
LOOKED_EVERY_S = 5.0
"""How often a sum looks for parts that fell silent."""

Take = Callable[[Reading], None]


class Hearing(Protocol):
    """One channel while it is heard. A device that goes leaves it silent until it is back."""

    @property
    def silent(self) -> bool:
        """Does nothing come, as a feed has ended or a device is gone?"""
        ...

    def joined(self, session: DeviceSession) -> None:
        """A device is connected (again): what is its own is heard from this session."""
        ...

    def left(self, session: DeviceSession) -> None:
        """A session is closed."""
        ...

    def close(self) -> None:
        """Hear nothing any more."""
        ...


class Recordable(Protocol):
    """What a recording can be made of."""

    keys: Sequence[str]
    """The quantities that are recorded; none: nothing of it."""

    def channel(self) -> RecordedChannel:
        """It in words that need no device."""
        ...

    def hear(self, take: Take) -> Hearing:
        """Begin to hear it: `take` gets readings of exactly the channel's quantities. Needs a running loop."""
        ...


class FeedHearing:
    """The chosen quantities of one feed, from whichever session its device has."""

    def __init__(self, device: str, meter: str, feed: str, keys: Sequence[str], title: str, take: Take) -> None:
        self._device, self._meter, self._feed, self._title, self._take = device, meter, feed, title, take
        self._keys = tuple(keys)
        self._session: DeviceSession | None = None
        self._subscription: Subscription | None = None
        self._again: asyncio.TimerHandle | None = None

    @property
    def silent(self) -> bool:
        """Does nothing come, as the feed has ended or the device is gone?"""
        return self._subscription is None

    def joined(self, session: DeviceSession) -> None:
        """Hear it from this session, if that is of its device and the feed still has all its quantities."""
        if session.key != self._device:
            return
        feed = next((feed for feed in session.vendor.feeds if feed.key == self._feed), None)
        places = {quantity.key: place for place, quantity in enumerate(feed.quantities)} if feed else {}
        if feed is not None and all(key in places for key in self._keys):
            self.close()
            self._session = session
            self._listen(session, feed, tuple(places[key] for key in self._keys))

    def left(self, session: DeviceSession) -> None:
        """Its session is closed: wait for the next one."""
        if session is self._session:
            self.close()
            self._session = None

    def close(self) -> None:
        """Hear nothing any more."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _listen(self, session: DeviceSession, feed: Feed, places: tuple[int, ...]) -> None:
        self._again = None

        def take(reading: Reading) -> None:
            self._take(Reading(reading.time_s, tuple(reading.values[place] for place in places)))

        def end(error: BaseException | None) -> None:
            self._subscription = None
            if error is not None and not isinstance(error, AppError):
                # A page that shows the feed tells a fault of ours; it is noted here for when none does.
                log.error("%s: the feed failed", self._title, exc_info=error)
            self._again = asyncio.get_running_loop().call_later(ASKED_AGAIN_S, self._listen, session, feed, places)

        self._subscription = session.feeds.subscribe(feed, self._meter, on_reading=take, on_end=end)


@dataclass(frozen=True, eq=False)
class Wanted:
    """The quantities of these keys of one feed of a device, or of a meter behind it."""

    session: DeviceSession
    feed: Feed
    meter: str
    title: str
    keys: Sequence[str]
    shown: Sequence[str] = ()
    """What a replay shows first; none: all."""

    def channel(self) -> RecordedChannel:
        """The same in words that need no device."""
        identity = self.session.identity
        name = (identity.name or identity.model if identity else "") or self.session.vendor.title
        return RecordedChannel(
            device=self.session.key,
            device_title=name,
            meter=self.meter,
            title=self.title or name,
            feed=self.feed.key,
            feed_title=self.feed.title,
            quantities=tuple(quantity for quantity in self.feed.quantities if quantity.key in self.keys),
            shown=tuple(self.shown),
        )

    def hear(self, take: Take) -> Hearing:
        """Begin to hear it."""
        keys = [quantity.key for quantity in self.channel().quantities]
        hearing = FeedHearing(self.session.key, self.meter, self.feed.key, keys, self.title, take)
        hearing.joined(self.session)
        return hearing


class SumHearing:
    """A sum across devices: hears all its parts, and tells when it was reckoned."""

    def __init__(self, kept: SubMetering, places: Sequence[int], take: Take) -> None:
        self._take, self._places = take, tuple(places)
        self._evaluation = Evaluation(kept.derived)
        self._parts = {
            point: FeedHearing(
                point.device, point.meter, point.feed, (point.quantity,), kept.name, partial(self._heard, point)
            )
            for point in self._evaluation.points
        }
        self._timer = asyncio.get_running_loop().call_later(LOOKED_EVERY_S, self._look)

    @property
    def silent(self) -> bool:
        """Is one of its parts silent?"""
        return any(part.silent for part in self._parts.values())

    def joined(self, session: DeviceSession) -> None:
        """Hear the parts that are of this device."""
        for part in self._parts.values():
            part.joined(session)

    def left(self, session: DeviceSession) -> None:
        """The parts of this session are missing."""
        for part in self._parts.values():
            part.left(session)

    def close(self) -> None:
        """Hear nothing any more."""
        self._timer.cancel()
        for part in self._parts.values():
            part.close()

    def _heard(self, point: Point, reading: Reading) -> None:
        self._tell(self._evaluation.heard(point, reading.time_s, reading.values[0]))

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOKED_EVERY_S, self._look)
        self._tell(self._evaluation.overdue(time.time()))

    def _tell(self, reading: Reading | None) -> None:
        if reading is not None:
            self._take(Reading(reading.time_s, tuple(reading.values[place] for place in self._places)))


@dataclass(frozen=True, eq=False)
class WantedSum:
    """The quantities of these keys of a sum across devices; `feed` names what a sum has, `sessions` may tell it."""

    kept: SubMetering
    feed: Feed
    sessions: Sequence[DeviceSession]
    keys: Sequence[str]

    def channel(self) -> RecordedChannel:
        """It in words that need no device: it belongs to none."""
        return RecordedChannel(
            device="",
            device_title=self.kept.name,
            meter="",
            title=self.kept.name,
            feed="sum",
            feed_title=self.feed.title,
            quantities=tuple(quantity for quantity in self.feed.quantities if quantity.key in self.keys),
        )

    def hear(self, take: Take) -> Hearing:
        """Begin to hear its parts."""
        places = [place for place, quantity in enumerate(self.feed.quantities) if quantity.key in self.keys]
        hearing = SumHearing(self.kept, places, take)
        for session in self.sessions:
            hearing.joined(session)
        return hearing
