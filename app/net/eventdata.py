"""What a device tells in its event stream, read event by event: one that cannot be read is counted and left out.

Every family with a stream listens through this, so that all of them treat a spoiled event alike.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from app.model.errors import AppError, BadReply

from .eventsource import Event, EventParser
from .eventstream import EventStream, Opener, StreamState
from .lenient import JsonReader

T = TypeVar("T")

log = logging.getLogger(__name__)

_REPLACED = "\ufffd"
"""What the rules put in place of bytes that are no UTF-8."""


def any_event(_: Event) -> bool:
    """Where the names of the events tell nothing."""
    return True


class EventData(Generic[T]):
    """The events of one device as values. `name` stands for the device in messages and in the log.

    `understand(document)` makes a value of decoded JSON, None of one that is of no concern, and raises `BadReply` for
    one that makes no sense. `wanted` picks events before they are decoded: what is not wanted cannot be spoiled.
    `unreadable` counts the events that were left out, over all connections: too long, no UTF-8, no JSON, no sense.
    """

    def __init__(
        self, name: str, understand: Callable[[object], T | None], *, wanted: Callable[[Event], bool] = any_event
    ) -> None:
        self.unreadable = 0
        self._name = name
        self._understand = understand
        self._wanted = wanted
        self._json = JsonReader(name)
        self._stream: EventStream | None = None

    @property
    def trouble(self) -> AppError | None:
        """Why the connection is gone, or was when it was last tried; None since events came, and before the first."""
        return None if self._stream is None else self._stream.last_error

    async def values(
        self,
        open: Opener,
        *,
        watchdog_s: Callable[[], float],
        on_state: Callable[[StreamState], None] | None = None,
    ) -> AsyncGenerator[T, None]:
        """What the device tells, over as many connections as it takes; `open`, `watchdog_s`, `on_state`: `EventStream`.

        Raises:
            AppError: what does not pass by asking again, see `EventStream.events`.
        """
        stream = EventStream(
            open,
            watchdog_s=watchdog_s,
            on_state=on_state,
            parser=EventParser(on_spoiled=self._left_out),
            name=self._name,
        )
        self._stream = stream
        async with aclosing(stream.events()) as events:
            async for event in events:
                if not self._wanted(event):
                    continue
                try:
                    value = self._read(event)
                except BadReply as error:
                    self._left_out(error)
                    continue
                if value is not None:
                    yield value

    def _read(self, event: Event) -> T | None:
        if _REPLACED in event.data:
            raise BadReply("The device's event holds bytes that are no UTF-8.")
        return self._understand(self._json.decode(event.data.encode()))

    def _left_out(self, error: BadReply) -> None:
        self.unreadable += 1
        if self.unreadable == 1:
            log.warning("%s: an event of the stream is left out: %s", self._name, error.message)
