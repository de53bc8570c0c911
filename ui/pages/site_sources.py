"""What the live page of a site listens to: feeds of which it keeps only what was chosen, and sums across them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from app.commission.derived import Evaluation, Point
from app.model.quantity import Feed, Reading
from ui.plots.ring import Ring

from .live_source import Source
from .site_offer import SiteChannel, SumChannel, quantity_of, short_title


class SiteSource(Source):
    """A feed of which only those quantities are kept that were chosen once: a day of every quantity of fifty devices
    would not fit into memory.
    """

    def __init__(self, channel: SiteChannel, keys: Iterable[str], shade: int) -> None:
        self._columns = list(dict.fromkeys(keys))
        super().__init__(channel, Ring(len(self._columns)), ())
        self.shade = shade
        self.lost = False
        """Ended because the device could not be reached any more: it listens again when that is mended."""
        self._pick()

    def _pick(self) -> None:
        keys = [quantity.key for quantity in self.feed.quantities]
        self._places = [keys.index(key) if key in keys else -1 for key in self._columns]

    def want(self, keys: Iterable[str]) -> None:
        """Keep these from now on, besides those that are kept already."""
        more = [key for key in dict.fromkeys(keys) if key not in self._columns]
        if more:
            self._columns += more
            self.ring.widen(len(more))
            self._pick()

    def offered_by(self, channel: SiteChannel) -> None:
        """Go on with this channel: it may be called otherwise, or be of a new session with the same device."""
        again = channel.session is not self.channel.session
        self.channel = channel
        if again:
            self.close()
            self.begin_again()
            self._pick()

    def begin_again(self) -> None:
        """It may be listened to again, whatever has ended it."""
        self.error, self.ended, self.lost = None, False, False

    @property
    def kept(self) -> tuple[str, ...]:
        """The keys of what is kept, in the order of the ring."""
        return tuple(self._columns)

    def place(self, key: str) -> int:
        return self._columns.index(key)

    def keep(self, reading: Reading) -> None:
        values = reading.values
        picked = tuple(values[place] if place >= 0 else float("nan") for place in self._places)
        self.ring.append(Reading(reading.time_s, picked))


class SumSource:
    """A sum, in the shape of a source: its main meter, the sum of its parts and the difference in a ring.

    It listens to nothing by itself; `bind` tells it the sources of its parts, which it follows.
    """

    subscription = None
    ended = False
    error = None
    unreadable = 0
    trouble = ""

    def __init__(self, channel: SumChannel, shade: int) -> None:
        self.channel = channel
        self.shade = shade
        self.ring = Ring(len(channel.feed.quantities))
        self.ticked: tuple[str, ...] = ()
        self.asked_at = time.monotonic()
        self.heard_at: float | None = None
        self._names: dict[Point, str] = {}
        self._evaluation = Evaluation(channel.kept.derived)
        self._following: list[tuple[SiteSource, Callable[[Reading], None]]] = []
        self._unbound: set[Point] = set()

    @property
    def feed(self) -> Feed:
        """Its three quantities."""
        return self.channel.feed

    @property
    def kept(self) -> tuple[str, ...]:
        """The keys of what is kept, in the order of the ring."""
        return tuple(quantity.key for quantity in self.feed.quantities)

    def place(self, key: str) -> int:
        """In which column of the ring a quantity is."""
        return next(place for place, quantity in enumerate(self.feed.quantities) if quantity.key == key)

    def bind(self, sources: Mapping[Point, SiteSource], names: Mapping[Point, str]) -> None:
        """Follow these sources; a part that has none is missing from now on. `names` are for what is told of it."""
        self.unbind()
        self._names = dict(names)
        for point in self._evaluation.points:
            source = sources.get(point)
            quantity = quantity_of(source.channel, point.quantity) if source is not None else None
            if source is None or quantity is None:
                self._unbound.add(point)
                self._keep(self._evaluation.lost(point, time.time()))
                continue
            follower = partial(self._heard, point, source.feed.quantities.index(quantity))
            source.followers.append(follower)
            self._following.append((source, follower))
        if not self.ring.readings:
            self._begin(sources)

    def _begin(self, sources: Mapping[Point, SiteSource]) -> None:
        """What the parts have told last counts already: one that tells once a minute would be waited for that long."""
        last = [(s.ring.last_s, point, s.ring.last(s.place(point.quantity))) for point, s in sources.items()]
        for time_s, point, value in sorted(one for one in last if one[0] is not None):
            if math.isfinite(value):
                self._keep(self._evaluation.heard(point, time_s, value))

    def unbind(self) -> None:
        """Follow nothing any more."""
        for source, follower in self._following:
            source.followers.remove(follower)
        self._following.clear()
        self._unbound.clear()

    def _heard(self, point: Point, place: int, reading: Reading) -> None:
        self._keep(self._evaluation.heard(point, reading.time_s, reading.values[place]))

    def look(self) -> None:
        """Time has passed: a part may have been silent for too long."""
        self._keep(self._evaluation.overdue(time.time()))

    def _keep(self, reading: Reading | None) -> None:
        if reading is not None:
            self.ring.append(reading)
            self.heard_at = time.monotonic()

    @property
    def pace_s(self) -> float:
        """That of the slowest part: a sum comes no sooner."""
        return max((source.pace_s for source, _ in self._following), default=0.0)

    @property
    def interval_s(self) -> float:
        """The usual seconds between two values: those of the slowest part."""
        slowest = max((source.interval_s for source, _ in self._following), default=0.0)
        return max(self.ring.interval_s, slowest)

    def blocked(self) -> str:
        """Which of its parts are missing, in words; empty when none is."""
        silent = self._evaluation.silent(time.time())
        if not silent:
            return ""
        names = [short_title(self._names.get(point, point.device)) for point in silent[:3]]
        more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
        return f"Waiting for {', '.join(names)}{more}"
