"""One HTTP exchange below the client: the handshake watched, the body capped, every failure turned into one of ours."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from app.model.device import Address
from app.model.errors import AnswerLost, AppError, BadReply, DeviceSilent, DeviceUnreachable, TlsRefused

from .tls import ssl_cause

if TYPE_CHECKING:
    import httpx

CONNECT_S = 5.0
IDEMPOTENT = frozenset({"GET", "HEAD"})


class Cleanup:
    """Closes the TCP connection of a handshake that failed or was cancelled: httpcore leaves it open on a cancel."""

    def __init__(self) -> None:
        self._tcp: Any = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The transport's hook."""
        if event == "connection.connect_tcp.complete":
            self._tcp = info["return_value"]
        elif event == "connection.start_tls.failed":
            await self._tcp.aclose()


class Handshake(Cleanup):
    """Watches one request: was a connection made for it, and does its certificate match before anything is sent?"""

    def __init__(self, check: Callable[[bytes, str], None]) -> None:
        super().__init__()
        self._check = check
        self.connected = False
        self.done = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The transport's hook."""
        await super().trace(event, info)
        if event == "connection.connect_tcp.started":
            self.connected = True
        elif event == "connection.start_tls.complete":
            self.done = True
            stream = info["return_value"]
            channel = stream.get_extra_info("ssl_object")
            try:
                self._check(channel.getpeercert(binary_form=True) or b"", channel.version() or "")
            except AppError:
                await stream.aclose()
                raise


async def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """The whole body, or `BadReply` as soon as it is longer than allowed."""
    parts, length = [], 0
    try:
        async for chunk in response.aiter_bytes():
            length += len(chunk)
            if length > max_bytes:
                raise BadReply(
                    f"The answer to {response.request.method} {response.request.url.path} is longer than the "
                    f"{max_bytes // 1024} KiB that this request may bring.",
                    hint="Is this the device you think it is? It sends more than its manual describes.",
                )
            parts.append(chunk)
    finally:
        await response.aclose()
    return b"".join(parts)


def same_origin(address: Address, response: httpx.Response) -> str:
    """The path of a redirect on the same origin.

    Raises:
        BadReply: it leads elsewhere; nobody follows it there, least of all with a password.
    """
    import httpx

    here = response.request.url
    try:
        target = here.join(response.headers["location"])
    except httpx.InvalidURL as error:
        raise BadReply(f"{address} redirects to something that is no address: {error}.") from error
    if (target.scheme, target.host, target.port) != (here.scheme, here.host, here.port):
        raise BadReply(
            f"{address} redirects to {target.scheme}://{target.host}, another place: not followed.",
            hint="Enter that address yourself if it is the device.",
        )
    return target.raw_path.decode("ascii")


def fail(error: httpx.HTTPError, address: Address, method: str, path: str) -> NoReturn:
    """Turn a failure of the transport into one of ours."""
    import httpx

    cause = ssl_cause(error)
    if isinstance(error, httpx.ConnectTimeout):
        raise DeviceUnreachable(f"Nothing answers at {address} within {CONNECT_S:g} s.") from error
    if cause is not None and isinstance(error, httpx.ConnectError):
        reason = (cause.reason or "the connection was closed during the handshake").replace("_", " ").lower()
        raise TlsRefused(f"{address} does not speak TLS with us: {reason}.") from error
    if isinstance(error, httpx.ConnectError) and _unknown_name(error):
        raise DeviceUnreachable(
            f"The name {address.host} is not known here.",
            hint="Check the spelling, or use the device's IP address.",
        ) from error
    if isinstance(error, httpx.ConnectError):
        raise DeviceUnreachable(f"Nothing answers at {address}: {_reason(error)}.") from error
    if isinstance(error, httpx.TimeoutException):
        raise DeviceSilent(f"{address} does not answer {method} {path}.") from error
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error) and "closed" not in str(error):
        raise BadReply(f"What answers at {address} speaks no HTTP: {error}.") from error
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        hint = "Check cable and power, then refresh." if method in IDEMPOTENT else ""
        raise AnswerLost(f"The connection to {address} broke during {method} {path}.", hint=hint) from error
    raise BadReply(f"The exchange with {address} failed: {error}.") from error


def _unknown_name(error: BaseException) -> bool:
    """Could the host's name not be looked up?"""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, socket.gaierror):
        seen = seen.__cause__ or seen.__context__
    return seen is not None


def _reason(error: BaseException) -> str:
    """The system's own words for a refused connection, without error numbers."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno).lower()
        if isinstance(seen, ExceptionGroup):
            seen = seen.exceptions[0]
            continue
        seen = seen.__cause__ or seen.__context__
    return str(error).lower() or "no connection"


def lower_names(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
