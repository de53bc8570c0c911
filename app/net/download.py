"""Reads one long file from a device, no faster than it can bear, on a connection of its own."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from app.model.errors import AnswerLost, AppError, DeviceSilent

from .exchange import CONNECT_S, Handshake, fail, lower_names, read_body
from .tls import ssl_cause, wants_legacy

if TYPE_CHECKING:
    import httpx

    from .client import DeviceClient

PIECE = 2048
RECEIVE_BUFFER = 16 * 1024
"""What the system may take beforehand of a file that is read slowly; with its usual megabytes it would take it all
at full speed."""
STALL_S = 20.0
"""Nothing comes for that long: the file is given up."""
REFUSAL_BYTES = 64 * 1024


class Download:
    """One file. Iterate over `pieces()`; `status` and `total` are known from the first piece on.

    `bytes_per_s` 0 is as fast as it comes. A status other than 200 gives no pieces, and `body` holds its words.
    """

    def __init__(
        self,
        device: DeviceClient,
        path: str,
        *,
        bytes_per_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.status = 0
        self.total = 0
        """In bytes, as the device announces it; 0 where it does not."""
        self.body = b""
        self.done = 0
        self._device = device
        self._path = path
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._sleep = sleep

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The file, piece by piece. Leaving early closes the connection.

        Raises:
            DeviceUnreachable, TlsRefused, CertificateNotTrusted: nothing was asked.
            AnswerLost, DeviceSilent: it broke off; a part has come.
            LoginFailed: the device answered 401.
        """
        started = time.perf_counter()
        outcome = "stopped"
        try:
            async with aclosing(self._reading()) as reading:
                async for piece in reading:
                    yield piece
            outcome = f"HTTP {self.status}, {self.done} bytes"
        except AppError as error:
            outcome = error.title
            raise
        finally:
            # Of the file itself nothing is kept.
            self._device.record("GET", self._path, None, outcome, self.body, time.perf_counter() - started)

    async def _reading(self) -> AsyncGenerator[bytes, None]:
        import httpx

        limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
        while True:
            handshake = (_Narrow if self._bytes_per_s else Handshake)(self._device.check)
            timeout = httpx.Timeout(None, connect=CONNECT_S, read=STALL_S)
            async with self._device.new_client(limits, timeout) as http:
                request = http.build_request("GET", self._path, extensions={"trace": handshake.trace})
                try:
                    response = await http.send(request, stream=True)
                except httpx.HTTPError as error:
                    cause = ssl_cause(error)
                    if cause is not None and not handshake.done and self._device.try_legacy(wants_legacy(cause)):
                        continue
                    fail(error, self._device.address, "GET", self._path)
                try:
                    async with aclosing(self._taken(response)) as taken:
                        async for piece in taken:
                            yield piece
                finally:
                    await response.aclose()
            return

    async def _taken(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        import httpx

        self.status = response.status_code
        if self.status == HTTPStatus.UNAUTHORIZED:
            raise self._device.login_failed()
        if self.status != HTTPStatus.OK:
            self.body = await read_body(response, REFUSAL_BYTES)
            return
        length = lower_names(response.headers).get("content-length", "")
        self.total = int(length) if length.isascii() and length.isdigit() else 0
        begun = self._clock()
        coming = response.aiter_raw(PIECE)
        try:
            async for piece in coming:
                self.done += len(piece)
                yield piece
                ahead_s = self.done / self._bytes_per_s - (self._clock() - begun) if self._bytes_per_s else 0.0
                if ahead_s > 0:
                    await self._sleep(ahead_s)
        except httpx.ReadTimeout as error:
            raise DeviceSilent(
                f"{self._device.address} sent {self.done} bytes of {self._path} and then nothing for {STALL_S:g} s.",
                hint="It may be short of power. Wait some minutes before trying again.",
            ) from error
        except httpx.HTTPError as error:
            raise AnswerLost(
                f"The connection to {self._device.address} broke after {self.done} bytes of {self._path}.",
                hint="It may have restarted for lack of power. Wait some minutes before trying again.",
            ) from error
        finally:
            await response.aclose()
            # Whoever is stopped in the middle leaves the library's iterators standing: they end by reading on, which
            # fails at once now, and not by being forgotten, which fails unseen.
            with suppress(httpx.HTTPError, httpx.StreamError):
                async for _ in coming:
                    pass


class _Narrow(Handshake):
    """Keeps the system from taking in more of the file than is read."""

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The transport's hook."""
        await super().trace(event, info)
        if event == "connection.connect_tcp.complete":
            channel = info["return_value"].get_extra_info("socket")
            if channel is not None:
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
