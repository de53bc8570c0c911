"""One simulator's socket: uvicorn's HTTP/1.1 behind an accept loop that has a small device's limits.

uvicorn's own server accepts without limit and counts only finished handshakes. A device with two sockets has two,
whatever is spoken over them: so connections are counted where they are accepted.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import suppress
from typing import Any, Protocol, cast

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from app.simulators.faults import Fault, Faults

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HANG_UP = "wattwright.hang_up"
"""ASGI extension: a function without arguments that closes the connection once everything sent is out."""

LEAVE = "wattwright.leave"
"""ASGI extension: leave(seconds, host, back) takes the device off the network once this answer is out. It comes back
after so many seconds, at `host` if one is given, with the same port, and then calls `back`. An address that is not
on this computer's loopback cannot be had: then nobody reaches it any more."""

_HOME = "127.0.0.1"
_GOODBYE_S = 1.0
_TRIES = 50
_RETRY_S = 0.1
_HANDSHAKE_S = 10.0
_SHUTDOWN_S = 0.2
"""A small device does not wait for the client's goodbye: its sockets are too few."""

_CLEAR_TEXT = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FILLER = b" " * 4096
_ALERTS = {"UNSUPPORTED_PROTOCOL": 70, "NO_SHARED_CIPHER": 40}
_INTERNAL_ERROR = 80


class Simulator(Protocol):
    """What a vendor's simulator offers to its host. Vendors cannot import this module: the shape is what counts."""

    vendor: str
    """The vendor's key."""
    max_connections: int
    """How many sockets the device has; one more is closed at once."""
    keep_alive_s: float
    """How long the device keeps an idle connection."""
    announce: tuple[str, dict[str, str]] | None
    """Name and TXT record of its mDNS service `_http._tcp.local.`, for a device that announces itself."""

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The server's side of TLS, or None for plain HTTP."""
        ...

    @property
    def app(self) -> App:
        """The device itself, as an ASGI application."""
        ...


class Wire:
    """The listening socket of one simulator on this computer's loopback, and its open connections."""

    def __init__(self, simulator: Simulator, faults: Faults, port: int = 0) -> None:
        self.simulator = simulator
        self.faults = faults
        self.accepted = 0
        self.refused = 0
        self.most_open = 0
        self._config = Config(
            simulator.app,
            http=_LimitedConnection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
        )
        self._config.load()
        self._state = ServerState()
        self._open: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.host = _HOME
        self._listening = _listening_at(self.host, port)
        self.port: int = self._listening.getsockname()[1]
        self._accepting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to accept; to be called on the host's loop."""
        self._accepting = self._spawn(self._accept())

    def leave(self, seconds: float, host: str, back: Callable[[], None]) -> None:
        """Be gone for so long, and come back at `host` (empty: where it was)."""
        self._spawn(self._absence(seconds, host or self.host, back))

    async def _absence(self, seconds: float, host: str, back: Callable[[], None]) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        self._listening.close()
        await self._hang_up()
        self.host = host
        await asyncio.sleep(seconds)
        if not host.startswith("127."):
            return
        for _ in range(_TRIES):
            try:
                self._listening = _listening_at(host, self.port)
            except OSError:
                # The port may be somebody else's for a moment.
                await asyncio.sleep(_RETRY_S)
                continue
            self.start()
            back()
            return

    def cut(self) -> None:
        """Break every open connection at once."""
        for connection in list(self._state.connections):
            assert isinstance(connection, _LimitedConnection)
            connection.transport.abort()

    async def _hang_up(self) -> None:
        """Close every connection, but let what was written go out."""
        connections = [one for one in self._state.connections if isinstance(one, _LimitedConnection)]
        for connection in connections:
            connection.transport.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                for connection in connections:
                    await connection.gone.wait()
        for connection in connections:
            connection.transport.abort()

    async def stop(self) -> None:
        """Close every socket and wait until nothing of this simulator runs any more."""
        self._listening.close()
        for connection in list(self._state.connections):
            assert isinstance(connection, _LimitedConnection)
            connection.transport.abort()
            await connection.gone.wait()
        running = [*self._tasks, *self._state.tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self) -> None:
        loop, door = asyncio.get_running_loop(), self._listening
        while True:
            try:
                connection, _ = await loop.sock_accept(door)
            except asyncio.CancelledError:
                if door.entered is not None:
                    door.entered.close()
                raise
            door.entered = None
            self.accepted += 1
            if len(self._open) >= self.simulator.max_connections:
                self.refused += 1
                connection.close()
                continue
            self._open.add(connection)
            self.most_open = max(self.most_open, len(self._open))
            self._spawn(self._serve(connection))

    async def _serve(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        # A socket accepted like this waits for acknowledgements between small chunks, 40 ms each; no device does.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.simulator.tls is None:
                await self._speak(connection, None)
            elif self.faults.next_for_connection() is not None:
                await asyncio.get_running_loop().sock_sendall(connection, _CLEAR_TEXT)
            else:
                await self._speak_tls(connection, self.simulator.tls)
        except OSError:
            # A handshake that fails or a client that leaves is the client's affair: ssl.SSLError is an OSError too.
            return
        finally:
            self._open.discard(connection)
            connection.close()

    async def _speak_tls(self, connection: socket.socket, tls: ssl.SSLContext) -> None:
        # asyncio closes a failed handshake without sending OpenSSL's alert, by which a client knows an old device.
        with connection.dup() as spare:
            try:
                await self._speak(connection, tls)
            except ssl.SSLError as error:
                alert = _ALERTS.get(error.reason or "", _INTERNAL_ERROR)
                spare.send(bytes((0x15, 3, 1, 0, 2, 2, alert)))
                raise

    async def _speak(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        _, protocol = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: _LimitedConnection(self._config, self._state, self),
            connection,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else _HANDSHAKE_S,
            ssl_shutdown_timeout=None if tls is None else _SHUTDOWN_S,
        )
        await protocol.gone.wait()


class _LimitedConnection(H11Protocol):
    """One connection: uvicorn's, with a device's idle time-out from the first moment and its faults."""

    def __init__(self, config: Config, server_state: ServerState, wire: Wire) -> None:
        super().__init__(config, server_state, {})
        # uvicorn declares whole seconds but only hands the value to call_later.
        self.timeout_keep_alive = wire.simulator.keep_alive_s  # type: ignore[assignment]
        self.gone = asyncio.Event()
        self.app = self._device
        self._wire = wire

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if getattr(self._wire.simulator, "http_10", False):
            self.transport = cast(asyncio.Transport, _Http10(transport))
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self.gone.set()

    async def _device(self, scope: Any, receive: Any, send: Any) -> None:
        leaving: list[tuple[float, str, Callable[[], None]]] = []
        scope["extensions"] = {
            **scope.get("extensions", {}),
            HANG_UP: self.transport.close,
            LEAVE: lambda *how: leaving.append(how),
        }
        fault = self._wire.faults.next_for_request(scope["method"], scope["path"])
        with suppress(asyncio.CancelledError):
            # Cancelled only by Wire.stop(), after the connection is gone: ending quietly is right.
            await self._answer(fault, scope, receive, send)
            for seconds, host, back in leaving:
                self._wire.leave(seconds, host, back)

    async def _answer(self, fault: Fault | None, scope: Any, receive: Receive, send: Send) -> None:
        app = self._wire.simulator.app
        if fault is None:
            await app(scope, receive, self._while_well(send))
            return
        if fault is Fault.STALL:
            await self.gone.wait()
            return
        if fault is Fault.CUT_BODY:
            await app(scope, receive, _half_of(send, self.transport.abort))
        elif fault is Fault.ENDLESS_BODY:
            await app(scope, receive, self._without_end(send))
        elif fault is Fault.DROP_AFTER:
            await app(scope, receive, _nowhere)
        await asyncio.sleep(0)
        self.transport.abort()
        await self.gone.wait()

    def _while_well(self, send: Send) -> Send:
        """Send, until a fault begins that strikes streams too: then they fall silent or break."""
        half = _half_of(send, self.transport.abort)

        async def struck(message: Message) -> None:
            standing = self._wire.faults.standing if message["type"] == "http.response.body" else None
            if standing is None:
                await send(message)
            elif standing is Fault.CUT_BODY:
                await half(message)
            else:
                await self.gone.wait()

        return struck

    def _without_end(self, send: Send) -> Send:
        async def endless(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(k, v) for k, v in message["headers"] if k.lower() != b"content-length"]
                await send({**message, "headers": headers})
                return
            await send({**message, "more_body": True})
            while not message.get("more_body") and not self.gone.is_set():
                await send({"type": "http.response.body", "body": _FILLER, "more_body": True})
                await asyncio.sleep(0)

        return endless


class _Http10:
    """A transport that makes an HTTP/1.0 answer of an HTTP/1.1 one, without its length: the end of the connection is
    the end of the answer."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 "):
            head, blank, rest = data.partition(b"\r\n\r\n")
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
            data = b"\r\n".join(lines).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + blank + rest
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Door(socket.socket):
    """A listening socket that remembers whom it let in last: a cancelled accept would leave him unclosed."""

    entered: socket.socket | None = None

    def accept(self) -> tuple[socket.socket, Any]:
        self.entered, address = super().accept()
        return self.entered, address


def _listening_at(host: str, port: int) -> _Door:
    listening = _Door(fileno=socket.create_server((host, port), reuse_port=False).detach())
    listening.setblocking(False)
    return listening


async def _nowhere(_: Message) -> None:
    """Swallow an answer."""


def _half_of(send: Send, abort: Callable[[], None]) -> Send:
    """Send the head, and of the body's parts the first half of the first one; what goes on after that breaks."""
    begun = False

    async def cut(message: Message) -> None:
        nonlocal begun
        if message["type"] == "http.response.start":
            await send(message)
        elif not begun:
            begun = True
            body = message.get("body", b"")
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        else:
            abort()

    return cut
