"""Keeps a device's event stream open: reconnects with back-off, watches for silence, tells what cannot pass.

How the reconnecting was chosen: docs/decisions/004-own-event-source.md.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Protocol

from app.model.errors import (
    AccessDenied,
    AppError,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    DeviceSilent,
    DeviceUnreachable,
    LoginFailed,
    NotFound,
)
from app.net.eventsource import Event, EventParser

MEDIA_TYPE = "text/event-stream"
LONGEST_RETRY_S = 300.0
LONGEST_ID = 1024
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class StreamState(Enum):
    """What a stream is doing. WAITING is the pause before the next attempt."""

    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    ENDED = "ended"


class NotAnEventStream(BadReply):
    """Something else than an event stream answers; asking again would not change it."""

    title = "No event stream"


class ByteStream(Protocol):
    """An opened answer. Header names are in lower case; `body` is filled when the status is not 200."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def body(self) -> bytes: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


Opener = Callable[[Mapping[str, str]], AbstractAsyncContextManager[ByteStream]]


@dataclass(frozen=True)
class Backoff:
    """How long to wait before the next attempt: from `first_s` doubled up to `longest_s`, in seconds.

    Each pause is lengthened by up to a half at random, so that many streams do not return in the same instant.
    `random` gives 0 to 1.
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    least_s: float = 0.5
    """No pause is shorter, even if the device asks for it."""
    random: Callable[[], float] = random.random

    def delay_s(self, failures: int, retry_s: float | None) -> float:
        """The pause after so many attempts in a row that brought nothing.

        `retry_s` is the device's wish: it takes the place of `first_s`, up to five minutes.
        """
        first = self.first_s if retry_s is None else min(max(retry_s, self.least_s), LONGEST_RETRY_S)
        grown = min(first * 2.0 ** min(failures, 16), max(first, self.longest_s))
        return grown * (1 + self.random() / 2)


class EventStream:
    """The events of one device, over as many connections as it takes.

    `open(headers)` makes the request and limits its own time. `watchdog_s()` is how many seconds without a byte
    are too many; it is asked again whenever that long has passed, since a report interval may be changed.
    `on_state` hears of every change of `state`; `last_error` is set before. `name` stands for the device in messages.

    `last_error` is the reason for the last interruption, or None while the stream is live. An event that breaks the
    parser's limits is left out and interrupts nothing: the parser's `on_spoiled` hears of it.
    """

    def __init__(
        self,
        open: Opener,
        *,
        watchdog_s: Callable[[], float],
        on_state: Callable[[StreamState], None] | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        parser: EventParser | None = None,
        name: str = "The device",
    ) -> None:
        self.state = StreamState.CONNECTING
        self.last_error: AppError | None = None
        self._open = open
        self._watchdog_s = watchdog_s
        self._on_state = on_state
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._parser = parser or EventParser()
        self._name = name

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield events until the device ends the stream for good (204) or going on makes no sense.

        One at a time: most devices serve a single stream. Use `contextlib.aclosing` around it when leaving early,
        so that the connection is closed at once; cancelling the task does so in any case while an event is awaited.

        Raises:
            LoginFailed, AccessDenied, CertificateNotTrusted, DeviceRefused, NotAnEventStream and whatever else
            `open` raises that is neither `DeviceUnreachable`, `DeviceFailed` nor `BadReply`: these do not pass.
        """
        failures = 0
        try:
            while True:
                self._enter(StreamState.CONNECTING)
                try:
                    async with AsyncExitStack() as connection:
                        stream = await self._connect(connection)
                        if stream is None:
                            return
                        while chunk := await stream.next():
                            for event in self._parser.feed(chunk):
                                failures = 0
                                yield event
                            self._parser.check()
                        raise DeviceUnreachable(
                            f"{self._name} closed its event stream.",
                            hint="Is another program reading it? Many devices serve only one at a time.",
                        )
                except NotAnEventStream:
                    raise
                except (DeviceUnreachable, DeviceFailed, BadReply) as error:
                    self.last_error = error
                self._enter(StreamState.WAITING)
                await self._sleep(self._backoff.delay_s(failures, self._parser.retry_s))
                failures += 1
        except AppError as error:
            self.last_error = error
            raise
        finally:
            self._enter(StreamState.ENDED)

    async def _connect(self, connection: AsyncExitStack) -> _Watched | None:
        """Open and go live; None when the device has nothing more to say. `connection` closes what was opened."""
        stream = await connection.enter_async_context(self._open(self._headers()))
        if stream.status == HTTPStatus.NO_CONTENT:
            return None
        self._check(stream)
        chunks = aiter(stream)
        if isinstance(chunks, AsyncGenerator):
            connection.push_async_callback(chunks.aclose)
        self._parser.restart()
        self.last_error = None
        self._enter(StreamState.LIVE)
        return connection.enter_context(_Watched(chunks, self._watchdog_s, self._name))

    def _enter(self, state: StreamState) -> None:
        self.state = state
        if self._on_state is not None:
            self._on_state(state)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": MEDIA_TYPE, "Cache-Control": "no-cache"}
        last = self._parser.last_event_id.strip(" ")
        # The id comes from the device: what is no clean header value is not sent back, rather than break the request.
        if last and len(last) <= LONGEST_ID and last.isascii() and last.isprintable():
            headers["Last-Event-ID"] = last
        return headers

    def _check(self, stream: ByteStream) -> None:
        """Raise what speaks against this being the event stream."""
        status = stream.status
        if status != HTTPStatus.OK:
            raise self._refusal(status, stream.body.decode("utf-8", "replace").strip()[:500])
        came = stream.headers.get("content-type", "")
        if came.partition(";")[0].strip().lower() != MEDIA_TYPE:
            raise NotAnEventStream(
                f"{self._name} answers with '{came[:100] or 'no content type'}' instead of {MEDIA_TYPE}."
            )

    def _refusal(self, status: int, text: str) -> AppError:
        said = f"{self._name} answers {status} to the request for its event stream."
        if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return DeviceFailed(said, status=status, hint="It is asked again by itself.", details=text)
        if status == HTTPStatus.UNAUTHORIZED:
            return LoginFailed(said, details=text)
        if status == HTTPStatus.FORBIDDEN:
            return AccessDenied(said, details=text)
        if status == HTTPStatus.NOT_FOUND:
            return NotFound(said, status=status, details=text)
        if status >= HTTPStatus.BAD_REQUEST:
            return DeviceRefused(
                said, status=status, hint="The device's type or firmware may not offer this.", details=text
            )
        return NotAnEventStream(said, details=text)


class _Watched:
    """The bytes of a stream, with an eye on silence.

    One timer for many waits: a timer for every chunk would be dear on Qt's loop, where a cancelled one stays
    until its time has come.
    """

    def __init__(self, chunks: AsyncIterator[bytes], limit_s: Callable[[], float], name: str) -> None:
        self._chunks = chunks
        self._limit_s = limit_s
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._wait: asyncio.Timeout | None = None

    def __enter__(self) -> _Watched:
        self._timer = self._loop.call_later(self._limit_s(), self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    async def next(self) -> bytes:
        """The next bytes; none at the end of the stream.

        Raises:
            DeviceSilent: nothing came for too long.
        """
        self._since = self._loop.time()
        try:
            async with asyncio.timeout(None) as self._wait:
                while not (chunk := await anext(self._chunks)):
                    pass
                return chunk
        except StopAsyncIteration:
            return b""
        except TimeoutError as error:
            raise DeviceSilent(f"{self._name} has sent nothing for {self._limit_s():g} s.") from error
        finally:
            self._wait = None

    def _look(self) -> None:
        """Break off the present wait if it lasts too long; look again when it would."""
        limit, now = self._limit_s(), self._loop.time()
        due = now + limit
        if self._wait is not None:
            if now >= self._since + limit:
                self._wait.reschedule(now)
                # Told once: a wait that is just being broken off takes no second word.
                self._wait = None
            else:
                due = self._since + limit
        self._timer = self._loop.call_at(due, self._look)
