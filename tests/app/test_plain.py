"""Connections of event streams: every byte in order, a flood held back, and every end told as what it is."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpcore
import pytest

from app.net.plain import PlainBackend, PlainConnection
from tests.conftest import Run

PIECES, PIECE = 400, 64 * 1024
Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def connected(serve: Served) -> AsyncIterator[PlainConnection]:
    """A connection to a device that does as `serve` says."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        connection = await PlainBackend().connect_tcp("127.0.0.1", port, timeout=5.0)
        assert isinstance(connection, PlainConnection)
        try:
            yield connection
        finally:
            await connection.aclose()


async def everything(connection: PlainConnection, most: int = 1000) -> bytes:
    parts = []
    while part := await connection.read(most):
        parts.append(part)
    return b"".join(parts)


def test_what_is_sent_and_what_comes_arrives_whole_and_in_order(run: Run[bytes]) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readexactly(4)
        for number in range(3000):
            writer.write(b"%s %d;" % (request, number))
        await writer.drain()
        writer.close()

    async def story() -> bytes:
        async with connected(echo) as connection:
            await connection.write(b"GET ")
            return await everything(connection, 7)

    assert run(story()) == b"".join(b"GET  %d;" % number for number in range(3000))


def test_a_flood_waits_at_the_device(run: Run[None]) -> None:
    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _number in range(PIECES):
            writer.write(bytes(PIECE))
            await writer.drain()
        writer.close()

    async def story() -> None:
        async with connected(flood) as connection:
            await connection.read(1)
            async with asyncio.timeout(5):
                while connection._transport.is_reading():  # noqa: ASYNC110 - looked at from outside
                    await asyncio.sleep(0.005)
            assert connection.get_extra_info("is_readable")
            assert len(connection._waiting) < PIECES * PIECE / 10
            assert 1 + len(await everything(connection, 1 << 20)) == PIECES * PIECE

    run(story())


def test_a_reset_is_an_error_after_what_came_before_it(run: Run[None]) -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"last words")
        await writer.drain()
        own = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await gone.wait()
        writer.transport.abort()

    async def story() -> None:
        async with connected(reset) as connection:
            assert await connection.read(100) == b"last words"
            gone.set()
            with pytest.raises(httpcore.ReadError):
                await connection.read(100)
            with pytest.raises(httpcore.WriteError):
                await connection.write(b"GET ")

    gone = asyncio.Event()
    run(story())


def test_silence_is_told_only_where_a_limit_is_set(run: Run[None]) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def story() -> None:
        async with connected(silent) as connection:
            with pytest.raises(httpcore.ReadTimeout):
                await connection.read(100, timeout=0.02)
            assert not connection.get_extra_info("is_readable")

    run(story())


def test_closing_frees_the_device_at_once(run: Run[None]) -> None:
    ended = asyncio.Event()

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    async def story() -> None:
        async with connected(listening) as connection:
            reading = asyncio.ensure_future(connection.read(100))
            await asyncio.sleep(0)
            await connection.aclose()
            assert await reading == b""
            async with asyncio.timeout(5):
                await ended.wait()

    run(story())


def test_a_closed_door_and_an_unknown_name_are_no_connection(run: Run[None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody_knows(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def story() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(httpcore.ConnectError) as refused:
            await PlainBackend().connect_tcp("127.0.0.1", port, timeout=5.0)
        assert isinstance(refused.value.__cause__, ConnectionRefusedError)
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nobody_knows)
        with pytest.raises(httpcore.ConnectError) as unknown:
            await PlainBackend().connect_tcp("no-such-device.invalid", port, timeout=5.0)
        assert isinstance(unknown.value.__cause__, socket.gaierror)

    run(story())


def test_the_next_address_of_a_name_is_tried(run: Run[None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"here")
        writer.close()

    async def story() -> None:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports = (free.getsockname()[1], server.sockets[0].getsockname()[1])

        async def two(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in ports]

        monkeypatch.setattr(loop, "getaddrinfo", two)
        async with server:
            connection = await PlainBackend().connect_tcp("meter.local", 80, timeout=5.0)
            assert await connection.read(100) == b"here"
            await connection.aclose()

    run(story())


def test_a_name_that_no_network_has_is_no_connection(run: Run[None]) -> None:
    async def story() -> None:
        for name in ("meter..local", "x" * 64 + ".local"):
            with pytest.raises(httpcore.ConnectError):
                await PlainBackend().connect_tcp(name, 80, timeout=5.0)

    run(story())


def test_given_up_while_it_connects_it_leaves_no_socket(run: Run[None]) -> None:
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(nothing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            # Once in every turn of the loop that connecting takes, and one more.
            for turns in range(8):
                connecting = asyncio.ensure_future(PlainBackend().connect_tcp("127.0.0.1", port, timeout=5.0))
                for _ in range(turns):
                    await asyncio.sleep(0)
                if connecting.cancel():
                    with pytest.raises(asyncio.CancelledError):
                        await connecting
                else:
                    await (await connecting).aclose()
        gc.collect()

    with warnings.catch_warnings():
        # An open socket tells of itself when it is collected.
        warnings.simplefilter("error", ResourceWarning)
        run(story())
