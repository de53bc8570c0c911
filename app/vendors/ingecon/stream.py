"""The EMS's event stream, one connection shared by everybody who listens (manual 7.1)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from app.model.errors import AppError, BadReply, DeviceSilent
from app.net.client import DeviceClient
from app.net.eventdata import EventData
from app.net.eventstream import StreamState
from app.net.stream import Stream
from app.vendors.ingecon.wire import Phases, phases

STREAM = "/system/events/sse/stream"
WATCHDOG_S = 15.0
"""An event comes every second; so long a silence is a dead connection."""
FRESH_S = 3.0
FIRST_S = 10.0
"""How long a page waits for the next event when nobody listens yet."""
MOST_WAITING = 100
"""Events that a slow listener is behind at most; then it misses the oldest."""


@dataclass(eq=False)
class _Listener:
    waiting: deque[tuple[float, Phases]] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class SharedStream:
    """Open while somebody listens.

    `with_storage` is the layout that was seen last, None before any event.
    """

    def __init__(
        self, device: DeviceClient, refuse: Callable[[Stream], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.state = StreamState.ENDED
        self.opened = 0
        self.with_storage: bool | None = None
        self._device = device
        self._refuse = refuse
        self._clock = clock
        self._data = EventData(str(device.address), phases)
        self._listeners: list[_Listener] = []
        self._pump: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._latest: tuple[float, Phases] | None = None

    @property
    def trouble(self) -> AppError | None:
        """Why the stream is gone that is tried again; None while it is there."""
        return self._data.trouble

    @property
    def bad_events(self) -> int:
        """How many events could not be read and were left out."""
        return self._data.unreadable

    async def events(self) -> AsyncGenerator[tuple[float, Phases], None]:
        """What the EMS tells, with the laptop's time of its coming, until it is closed; reconnects by itself.

        Raises:
            LoginFailed, AccessDenied, NotFound, NotAnEventStream: trying again would not help.
        """
        listener = _Listener()
        self._listeners.append(listener)
        if self._pump is None or self._pump.done():
            running = self._run(self._closing)
            self._pump = asyncio.get_running_loop().create_task(running, name=f"EMS of {self._device.address}")
            self._pump.add_done_callback(self._ended)
        pump = self._pump
        try:
            while True:
                while listener.waiting:
                    yield listener.waiting.popleft()
                if pump.done():
                    error = None if pump.cancelled() else pump.exception()
                    if error is not None:
                        raise error
                    return
                listener.woken.clear()
                await listener.woken.wait()
        finally:
            self._listeners.remove(listener)
            if not self._listeners:
                await self._close(pump)

    async def latest(self, patience_s: float = FIRST_S) -> Phases:
        """What the EMS told last; waits for the next event when that is old.

        Raises:
            DeviceSilent: none came in time.
            AppError: the stream cannot be opened.
        """
        kept = self._latest
        if kept is not None and self._clock() - kept[0] < FRESH_S:
            return kept[1]
        try:
            async with asyncio.timeout(patience_s), aclosing(self.events()) as events:
                return (await anext(events))[1]
        except TimeoutError as error:
            raise DeviceSilent(
                f"{self._device.address} has opened its stream and told no values within {patience_s:g} s."
            ) from error
        except StopAsyncIteration as error:
            raise BadReply(f"{self._device.address} has ended its event stream for good.") from error

    async def aclose(self) -> None:
        """Close the connection, whoever listens."""
        if self._pump is not None:
            await self._close(self._pump)

    async def _close(self, pump: asyncio.Task[None]) -> None:
        if self._pump is pump:
            self._pump, self._closing = None, pump
        pump.cancel()
        await asyncio.wait((pump,))

    def _ended(self, pump: asyncio.Task[None]) -> None:
        if not pump.cancelled():
            # Looked at in any case: nobody may be left to be told.
            pump.exception()
        for listener in self._listeners:
            listener.woken.set()

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            # The device may serve one stream only: the last one must be closed.
            await asyncio.wait((before,))
        values = self._data.values(self._open, watchdog_s=lambda: WATCHDOG_S, on_state=self._enter)
        async with aclosing(values):
            async for told in values:
                self._tell(told)

    def _enter(self, state: StreamState) -> None:
        self.state = state
        if state is StreamState.LIVE:
            self.opened += 1

    def _tell(self, told: Phases) -> None:
        self.with_storage = told.with_storage
        self._latest = self._clock(), told
        for listener in self._listeners:
            listener.waiting.append((time.time(), told))
            listener.woken.set()

    @asynccontextmanager
    async def _open(self, headers: Mapping[str, str]) -> AsyncIterator[Stream]:
        async with self._device.stream(STREAM, headers=headers) as stream:
            self._refuse(stream)
            yield stream
