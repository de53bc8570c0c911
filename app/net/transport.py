"""The HTTP transport of a device: httpx's, reading everything that has come at once instead of record by record.

Embedded servers write an answer in chunks of a few hundred bytes, each a TLS record of its own. With a turn of the
loop for every record, a load profile of 40000 items would take three times as long as the device needs to send it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from .plain import PlainBackend


class Transport(httpx.AsyncHTTPTransport):
    """Connections in one TLS profile, at most as many as `limits` says. `plain`: none of them will ever be TLS."""

    def __init__(self, tls: ssl.SSLContext, limits: httpx.Limits, *, plain: bool = False) -> None:
        super().__init__(verify=tls, trust_env=False, limits=limits)
        # httpx has no argument for the backend of the pool that it makes.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=PlainBackend() if plain else _Backend(),
        )


class _Backend(httpcore.AnyIOBackend):
    """TCP as httpcore makes it."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return EagerStream(await super().connect_tcp(host, port, timeout, local_address, socket_options))


class EagerStream(httpcore.AsyncNetworkStream):
    """A stream of httpcore's; over TLS, `read` gives all records that are here already."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._tls: ssl.SSLObject | None = inner.get_extra_info("ssl_object")
        self._broken: ssl.SSLError | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._broken is not None:
            raise httpcore.ReadError(str(self._broken)) from self._broken
        first = await self._inner.read(max_bytes, timeout)
        if self._tls is None or not first:
            return first
        return first + b"".join(self._waiting(self._tls, max_bytes - len(first)))

    def _waiting(self, tls: ssl.SSLObject, room: int) -> list[bytes]:
        """The records that have come and are not read yet."""
        records: list[bytes] = []
        try:
            while room > 0 and (record := tls.read(room)):
                records.append(record)
                room -= len(record)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLZeroReturnError):
            # Nothing more for now, or for ever: the next read waits for it, or says so.
            pass
        except ssl.SSLError as error:
            # What came before it is good; OpenSSL tells of a broken record only once.
            self._broken = error
        return records

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return EagerStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
