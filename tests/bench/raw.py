"""The baselines: HTTP/1.1 on asyncio's streams and nothing more, as one would write it for a single purpose."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any, Self

from app.model.device import Address


class RawClient:
    """One connection that stays open. No retries, no limits, no pins: what the wire costs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def open(cls, address: Address, *, tls: ssl.SSLContext | None = None, authorization: str = "") -> Self:
        """Connect; `authorization` goes with every request."""
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=tls)
        login = f"Authorization: {authorization}\r\n" if authorization else ""
        return cls(reader, writer, f"Host: {address.netloc}\r\nAccept-Encoding: identity\r\n{login}\r\n")

    async def request(self, method: str, path: str) -> bytes:
        """One request without a body; the whole body of a 200."""
        length = await self._begin(method, path)
        if length is not None:
            return await self._reader.readexactly(length)
        parts = [chunk async for chunk in self._chunks()]
        return b"".join(parts)

    async def events(self, path: str) -> AsyncIterator[Any]:
        """The data of an endless event stream, decoded."""
        await self._begin("GET", path)
        rest = b""
        async for chunk in self._chunks():
            *whole, rest = (rest + chunk).split(b"\n\n")
            for block in whole:
                for line in block.split(b"\n"):
                    if line.startswith(b"data:"):
                        yield json.loads(line[5:])

    async def _begin(self, method: str, path: str) -> int | None:
        """Send the request and read the head of its answer: the length of the body, None for chunks."""
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        if status.split()[1] != "200":
            raise RuntimeError(f"{method} {path}: {status}")
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                return int(value)
        return None

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)

    def close(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()
