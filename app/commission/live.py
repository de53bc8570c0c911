"""One running source per device and feed, shared by everybody who looks: devices allow a single stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.model.quantity import Feed, Reading

Keep = Callable[[Feed, str, Reading], None]
"""What is told of every reading once, with the feed and the meter, whoever else listens."""


def _keeps_nothing(_feed: Feed, _meter: str, _reading: Reading) -> None:
    """Where readings are only looked at."""


@dataclass(eq=False)
class Subscription:
    """One listener of a feed. `on_end` gets the error that ended the feed, or None when it simply ended."""

    on_reading: Callable[[Reading], None]
    on_end: Callable[[BaseException | None], None]
    _source: _Source | None = None

    def close(self) -> None:
        """Stop listening; the last listener's leaving closes the stream on the device."""
        source, self._source = self._source, None
        if source is not None:
            source.leave(self)

    def listens_to(self, source: _Source) -> bool:
        """Is it open, and on this source?"""
        return self._source is source


@dataclass(eq=False)
class _Source:
    feed: Feed
    connection: Any
    meter: str
    forget: Callable[[], None]
    keep: Keep
    ending: tuple[asyncio.Task[None], ...] = ()
    """Feeds that are being closed: a device that serves one stream must be rid of it before the next."""
    listeners: list[Subscription] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def join(self, listener: Subscription) -> None:
        self.listeners.append(listener)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._run(), name=f"feed {self.feed.key} {self.meter}")
            self.task.add_done_callback(self._ended)

    def leave(self, listener: Subscription) -> None:
        if listener in self.listeners:
            self.listeners.remove(listener)
        if not self.listeners and self.task is not None:
            self.forget()
            self.task.cancel()

    async def _run(self) -> None:
        if self.ending:
            await asyncio.wait(self.ending)
        async with aclosing(self.feed.open(self.connection, self.meter)) as readings:
            async for reading in readings:
                self.keep(self.feed, self.meter, reading)
                for listener in tuple(self.listeners):
                    # What one listener does may close another: that one is told nothing any more.
                    if listener.listens_to(self):
                        listener.on_reading(reading)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Tell every listener, who knows an expected failure from a bug of ours: nothing is swallowed."""
        if task.cancelled():
            return
        self.forget()
        error = task.exception()
        for listener in tuple(self.listeners):
            if listener.listens_to(self):
                listener.on_end(error)


class FeedHub:
    """The running feeds of one device."""

    def __init__(self, connection: Any, keep: Keep = _keeps_nothing) -> None:
        self._connection = connection
        self._keep = keep
        self._sources: dict[tuple[str, str], _Source] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def subscribe(
        self,
        feed: Feed,
        meter: str,
        *,
        on_reading: Callable[[Reading], None],
        on_end: Callable[[BaseException | None], None],
    ) -> Subscription:
        """Listen to a feed; starts it if nobody does yet. Needs a running loop."""
        key = (feed.key, meter)
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = _Source(
                feed, self._connection, meter, lambda: None, self._keep, tuple(self._ending)
            )
            source.forget = partial(self._forget, key, source)
        subscription = Subscription(on_reading, on_end, source)
        source.join(subscription)
        return subscription

    @property
    def running(self) -> int:
        """How many feeds are open on the device."""
        return len(self._sources)

    def _forget(self, key: tuple[str, str], source: _Source) -> None:
        # Whoever leaves a feed that has ended must not take down the one that was begun anew in its place.
        if self._sources.get(key) is source:
            del self._sources[key]
        if source.task is not None and not source.task.done():
            # Held until it has closed its connection, so that nothing is collected half-way.
            self._ending.add(source.task)
            source.task.add_done_callback(self._ending.discard)

    async def aclose(self) -> None:
        """Close all feeds and wait until their connections are closed."""
        for key, source in list(self._sources.items()):
            if source.task is not None:
                source.task.cancel()
            self._forget(key, source)
        if self._ending:
            await asyncio.wait(tuple(self._ending))
