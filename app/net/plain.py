"""TCP without TLS for endless answers: the socket is watched all the time, not anew for every piece that comes.

httpcore's own connection stops reading after each piece and begins again with the next. On Qt's loop that makes and
breaks a notifier for every event of every stream, which is a quarter of what an event costs.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import httpcore

ADDRESS_S = 3.0
"""So long one address of a name is tried before the next."""
MOST_WAITING = 256 * 1024
"""Bytes that wait to be read before the device is made to wait."""


class PlainBackend(httpcore.AnyIOBackend):
    """Makes such connections. They cannot change to TLS, and nobody asks for options of their sockets."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return await _connected(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            # The latter of a name that cannot be written into a question.
            raise httpcore.ConnectError(str(error)) from error


async def _connected(host: str, port: int) -> PlainConnection:
    """The first of a name's addresses that answers.

    Not by the loop's own way of trying several at once: cancelled at the wrong moment, that leaves a socket open.
    """
    failed = OSError("it has no address")
    found = await _addresses(host, port)
    for place, (family, address) in enumerate(found, 1):
        try:
            # The last one has all the time that is left: there is no other to try instead.
            async with asyncio.timeout(ADDRESS_S if place < len(found) else None):
                return await _connected_to(family, address)
        except OSError as error:
            failed = error
    raise failed


async def _connected_to(family: int, address: tuple[Any, ...]) -> PlainConnection:
    loop = asyncio.get_running_loop()
    with ExitStack() as unless_connected:
        tcp = socket.socket(family, socket.SOCK_STREAM)
        unless_connected.callback(tcp.close)
        tcp.setblocking(False)
        await loop.sock_connect(tcp, address)
        unless_connected.pop_all()
    _, connection = await loop.create_connection(PlainConnection, sock=tcp)
    return connection


async def _addresses(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    """Where a name leads, with the kind of address; an address leads to itself, and nobody is asked."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]
    return [(socket.AF_INET6 if version == 6 else socket.AF_INET, (host, port))]


class PlainConnection(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection, with the bytes that have come and are not read yet."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._paused = False
        self._over = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._closed = asyncio.Event()

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) > MOST_WAITING and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        self._over = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over, self._error = True, exc
        self._news.set()
        self._closed.set()

    # What httpcore asks.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._waiting and not self._over:
            self._news.clear()
            if timeout is None:
                await self._news.wait()
            else:
                await self._within(timeout)
        if self._waiting:
            return self._taken(max_bytes)
        if self._error is not None:
            raise httpcore.ReadError(str(self._error)) from self._error
        return b""

    async def _within(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error

    def _taken(self, most: int) -> bytes:
        piece = bytes(self._waiting[:most])
        del self._waiting[:most]
        if self._paused and len(self._waiting) <= MOST_WAITING // 2 and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Without waiting: all that is ever sent here is the head of a request."""
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection was closed") from self._error
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Returns when the socket is closed: a device with one stream is free for the next."""
        self._transport.abort()
        await self._closed.wait()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._over or bool(self._waiting)
        names = {"client_addr": "sockname", "server_addr": "peername", "socket": "socket"}
        return self._transport.get_extra_info(names[info]) if info in names else None
