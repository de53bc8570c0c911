"""An endless answer of a device, on a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING

from app.model.errors import DeviceSilent

from .exchange import Handshake, fail, lower_names, read_body
from .tls import ssl_cause, wants_legacy

if TYPE_CHECKING:
    import httpx

    from .client import DeviceClient

REFUSAL_BYTES = 64 * 1024
"""As much of a refusal's body as is read for its words."""


class Stream:
    """An endless answer: `status`, `headers`, and the bytes as they come. Closed at once when left."""

    def __init__(self, device: DeviceClient, path: str, headers: Mapping[str, str], connect_timeout_s: float) -> None:
        self._device = device
        self._path = path
        self._sent = dict(headers)
        self._limit_s = connect_timeout_s
        self._http: httpx.AsyncClient | None = None
        self._response: httpx.Response | None = None
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def __aenter__(self) -> Stream:
        try:
            async with asyncio.timeout(self._limit_s):
                await self._open()
        except TimeoutError as error:
            await self._close()
            raise DeviceSilent(
                f"{self._device.address} did not start its stream {self._path} within {self._limit_s:g} s.",
                hint="Another program may hold the only stream. Close it and try again.",
            ) from error
        except BaseException:
            await self._close()
            raise
        return self

    async def _open(self) -> None:
        import httpx

        while True:
            handshake = Handshake(self._device.check)
            limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
            self._http = self._device.new_client(limits, httpx.Timeout(None), endless=True)
            request = self._http.build_request(
                "GET", self._path, headers=self._sent, extensions={"trace": handshake.trace}
            )
            try:
                self._response = await self._http.send(request, stream=True)
            except httpx.HTTPError as error:
                await self._close()
                cause = ssl_cause(error)
                if cause is not None and not handshake.done and self._device.try_legacy(wants_legacy(cause)):
                    continue
                fail(error, self._device.address, "GET", self._path)
            break
        self.status = self._response.status_code
        self.headers = lower_names(self._response.headers)
        if self.status == HTTPStatus.UNAUTHORIZED:
            raise self._device.login_failed()
        if self.status != HTTPStatus.OK:
            self.body = await read_body(self._response, REFUSAL_BYTES)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        response, self._response = self._response, None
        client, self._http = self._http, None
        if response is not None:
            await response.aclose()
        if client is not None:
            await client.aclose()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import httpx

        if self._response is None or self.status != HTTPStatus.OK:
            return
        try:
            async for chunk in self._response.aiter_raw():
                yield chunk
        except httpx.HTTPError as error:
            fail(error, self._device.address, "GET", self._path)
