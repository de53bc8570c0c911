"""One `DeviceClient` per device: TLS with a pinned certificate, login, pacing, caps on size and time.

Every failure of the transport leaves here as an `AppError`; what a status other than 401 means, the vendor knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from app.model.device import Address, Credentials
from app.model.errors import (
    AnswerLost,
    AppError,
    BadReply,
    CertificateChanged,
    CertificateNotTrusted,
    DeviceSilent,
    DeviceUnreachable,
    LoginFailed,
    TlsRefused,
)
from app.model.vendor import Answer

from .pins import Pins
from .recorder import Recorder
from .tls import Certificate, Profile, context, describe, fingerprint, ssl_cause, wants_legacy

if TYPE_CHECKING:
    import httpx

# httpx itself is imported where it is first needed: it would cost the window a quarter of its start.

MAX_BYTES = 16 * 1024 * 1024
PROBE_BYTES = 64 * 1024
CONNECT_S = 5.0
MAX_REDIRECTS = 3
HANG_UP_S = 0.2
IDEMPOTENT = frozenset({"GET", "HEAD"})


class Reply(msgspec.Struct, frozen=True):
    """A whole answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    elapsed_s: float

    def text(self) -> str:
        """The body as text for people, at most 500 characters. Untrusted: show it as plain text."""
        return self.body.decode("utf-8", "replace").strip()[:500]


@dataclass(frozen=True)
class Policy:
    """How a family of devices wants to be talked to."""

    one_connection: bool = True
    idle_s: float = 30.0
    basic_at_once: bool = False
    timeout_s: float = 15.0


class DeviceClient:
    """The connection to one device.

    Redirects are followed on the same origin only; credentials are sent to this address and nowhere else.
    """

    def __init__(
        self,
        address: Address,
        *,
        credentials: Credentials | None = None,
        pins: Pins,
        policy: Policy | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.address = address
        self.policy = policy or Policy()
        self.pins = pins
        self.recorder = recorder or Recorder()
        self.certificate: Certificate | None = None
        self._credentials = credentials
        pin = pins.get(address.netloc)
        self.profile = pin.profile if pin else Profile.MODERN
        self._turn = asyncio.Semaphore(1 if self.policy.one_connection else 4)
        self._http: httpx.AsyncClient | None = None

    @property
    def credentials(self) -> Credentials | None:
        """The login in use."""
        return self._credentials

    async def login(self, credentials: Credentials | None) -> None:
        """Use another login from the next request on, on a fresh connection."""
        self._credentials = credentials
        await self._drop()

    def accept(self, certificate: str) -> None:
        """Pin this fingerprint for the address, with the TLS profile that reached it."""
        self.pins.accept(self.address.netloc, certificate, self.profile)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BYTES,
        timeout_s: float | None = None,
        secret: tuple[str, ...] = (),
    ) -> Reply:
        """Send one request and read the whole answer.

        `secret` names keys of JSON bodies that the recorder strikes out, besides the usual ones.

        Raises:
            DeviceUnreachable, TlsRefused: nothing was sent.
            AnswerLost, DeviceSilent: it may have been carried out.
            CertificateNotTrusted, CertificateChanged: refused before anything was sent.
            LoginFailed: the device answered 401.
            BadReply: no HTTP, too long, or a redirect to another host.
        """
        async with self._turn:
            started = time.perf_counter()
            outcome, received = "", b""
            try:
                reply = await self._within(method, path, body, headers, max_bytes, timeout_s or self.policy.timeout_s)
                outcome, received = f"HTTP {reply.status}", reply.body
            except AppError as error:
                outcome = error.title
                raise
            finally:
                self.recorder.note(
                    method=method,
                    url=f"{self.address.url}{path}",
                    sent=body,
                    secret=secret,
                    outcome=outcome or "cancelled",
                    received=received,
                    elapsed_s=time.perf_counter() - started,
                )
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise self._login_failed()
        return reply

    def stream(self, path: str, *, headers: Mapping[str, str] | None = None, connect_timeout_s: float = 10.0) -> Stream:
        """Open an endless answer on a connection of its own. Use it with `async with`."""
        return Stream(self, path, headers or {}, connect_timeout_s)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._drop()

    async def _within(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        max_bytes: int,
        limit_s: float,
    ) -> Reply:
        try:
            async with asyncio.timeout(limit_s):
                return await self._persistently(method, path, body, headers, max_bytes)
        except TimeoutError as error:
            await self._drop()
            raise DeviceSilent(
                f"{self.address} did not finish its answer to {method} {path} within {limit_s:g} s.",
                hint="" if method not in IDEMPOTENT else "It may be busy or restarting. Wait a moment and refresh.",
            ) from error

    async def _persistently(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None, max_bytes: int
    ) -> Reply:
        """Once; again in the legacy TLS profile; a GET again if the device had hung up on an idle connection."""
        import httpx

        again = method in IDEMPOTENT
        while True:
            handshake = _Handshake(self)
            try:
                return await self._once(method, path, body, headers, max_bytes, handshake)
            except httpx.HTTPError as error:
                await self._drop()
                cause = ssl_cause(error)
                if cause is not None and not handshake.done and self._try_legacy(wants_legacy(cause)):
                    continue
                reused = not handshake.connected
                if again and reused and isinstance(error, httpx.RemoteProtocolError | httpx.NetworkError):
                    again = False
                    continue
                fail(error, self.address, method, path)

    def _try_legacy(self, worthwhile: bool) -> bool:
        if not worthwhile or self.profile is Profile.LEGACY:
            return False
        self.profile = Profile.LEGACY
        return True

    async def _once(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        max_bytes: int,
        handshake: _Handshake,
    ) -> Reply:
        started = time.perf_counter()
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        for _ in range(MAX_REDIRECTS + 1):
            request = self._client().build_request(
                method, path, content=body, headers=sent, extensions={"trace": handshake.trace}
            )
            response = await self._client().send(request, stream=True)
            try:
                received = await read_body(response, max_bytes)
            except BaseException:
                # A half-read answer poisons the connection for the next request.
                await response.aclose()
                await self._drop()
                raise
            if response.has_redirect_location and method in IDEMPOTENT:
                path = same_origin(self.address, response)
                continue
            if response.is_client_error and body is not None:
                # These servers leave the refused body unread: the next request would be parsed from its middle.
                await self._drop()
            return Reply(response.status_code, _lower(response.headers), received, time.perf_counter() - started)
        raise BadReply(f"{self.address} redirects in a circle.")

    def _client(self) -> httpx.AsyncClient:
        import httpx

        if self._http is None:
            connections = 1 if self.policy.one_connection else 4
            self._http = self.new_client(
                httpx.Limits(
                    max_connections=connections,
                    max_keepalive_connections=connections,
                    # Let go before the device does, so that no write meets a connection that is just being closed.
                    keepalive_expiry=self.policy.idle_s * 0.8,
                ),
                httpx.Timeout(None, connect=CONNECT_S),
            )
        return self._http

    def new_client(self, limits: httpx.Limits, timeout: httpx.Timeout) -> httpx.AsyncClient:
        """An HTTP client for this device alone, in its present TLS profile."""
        import httpx

        from .auth import authentication

        return httpx.AsyncClient(
            base_url=self.address.url,
            verify=context(self.profile),
            trust_env=False,
            auth=authentication(self._credentials, basic_at_once=self.policy.basic_at_once),
            limits=limits,
            timeout=timeout,
            headers={
                "Accept": "application/json, */*;q=0.5",
                "Accept-Encoding": "identity",
                "User-Agent": "Wattwright",
            },
        )

    async def _drop(self) -> None:
        client, self._http = self._http, None
        if client is not None:
            await client.aclose()

    def check(self, der: bytes, protocol: str) -> None:
        """Compare the certificate of a handshake with the pin.

        Raises:
            CertificateNotTrusted, CertificateChanged: nothing may be sent.
        """
        shown = fingerprint(der)
        if self.certificate is None or self.certificate.fingerprint != shown:
            self.certificate = describe(der, protocol)
        pin = self.pins.get(self.address.netloc)
        if pin is None:
            raise CertificateNotTrusted(
                f"{self.address} shows a certificate that was not accepted yet: {shown}.", fingerprint=shown
            )
        if pin.fingerprint != shown:
            raise CertificateChanged(
                f"{self.address} shows another certificate than the accepted: {shown} instead of {pin.fingerprint}.",
                fingerprint=shown,
                pinned=pin.fingerprint,
            )

    def _login_failed(self) -> LoginFailed:
        if self._credentials is None:
            return LoginFailed(f"{self.address} wants a user name and password.")
        return LoginFailed(f"{self.address} does not accept this password for user '{self._credentials.user}'.")


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
            handshake = _Handshake(self._device)
            limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
            self._http = self._device.new_client(limits, httpx.Timeout(None))
            request = self._http.build_request(
                "GET", self._path, headers=self._sent, extensions={"trace": handshake.trace}
            )
            try:
                self._response = await self._http.send(request, stream=True)
            except httpx.HTTPError as error:
                await self._close()
                cause = ssl_cause(error)
                if cause is not None and not handshake.done and self._device._try_legacy(wants_legacy(cause)):
                    continue
                fail(error, self._device.address, "GET", self._path)
            break
        self.status = self._response.status_code
        self.headers = _lower(self._response.headers)
        if self.status == HTTPStatus.UNAUTHORIZED:
            raise self._device._login_failed()
        if self.status != HTTPStatus.OK:
            self.body = await read_body(self._response, PROBE_BYTES)

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


class _Cleanup:
    """Closes the TCP connection of a handshake that failed or was cancelled: httpcore leaves it open on a cancel."""

    def __init__(self) -> None:
        self._tcp: Any = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The transport's hook."""
        if event == "connection.connect_tcp.complete":
            self._tcp = info["return_value"]
        elif event == "connection.start_tls.failed":
            await self._tcp.aclose()


class _Handshake(_Cleanup):
    """Watches one request: was a connection made for it, and does its certificate match before anything is sent?"""

    def __init__(self, device: DeviceClient) -> None:
        super().__init__()
        self._device = device
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
                self._device.check(channel.getpeercert(binary_form=True) or b"", channel.version() or "")
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
    target = response.request.url.join(response.headers["location"])
    here = response.request.url
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


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def preload() -> None:
    """Import the HTTP library now, on the caller's thread, so that the first request does not wait for it."""
    import httpx  # noqa: F401


async def probe(address: Address, path: str, *, timeout_s: float = 3.0) -> Answer:
    """Ask an unknown address once, without credentials and whatever certificate it shows.

    Raises:
        DeviceUnreachable, TlsRefused, DeviceSilent, AnswerLost, BadReply: nobody there, or nothing that we can read.
    """
    try:
        async with asyncio.timeout(timeout_s):
            try:
                return await _probe(address, path, Profile.MODERN)
            except AnswerLost:
                # Devices with two sockets hang up on a third while an earlier one is still closing.
                await asyncio.sleep(HANG_UP_S)
                return await _probe(address, path, Profile.MODERN)
    except TimeoutError as error:
        raise DeviceSilent(f"{address} does not answer within {timeout_s:g} s.") from error


async def _probe(address: Address, path: str, profile: Profile) -> Answer:
    import httpx

    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=address.url,
                verify=context(profile),
                trust_env=False,
                timeout=httpx.Timeout(None, connect=CONNECT_S),
                headers={"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "Wattwright"},
            )
        )
        try:
            request = client.build_request("GET", path, extensions={"trace": _Cleanup().trace})
            response = await client.send(request, stream=True)
            return Answer(response.status_code, _lower(response.headers), await _beginning(response))
        except httpx.HTTPError as error:
            cause = ssl_cause(error)
            if cause is None or profile is Profile.LEGACY or not wants_legacy(cause):
                fail(error, address, "GET", path)
    return await _probe(address, path, Profile.LEGACY)


async def _beginning(response: httpx.Response) -> bytes:
    """As much of a body as it takes to recognise a device; a stream without end is cut here."""
    received = b""
    try:
        async for chunk in response.aiter_bytes():
            received += chunk
            if len(received) >= PROBE_BYTES:
                break
    finally:
        await response.aclose()
    return received[:PROBE_BYTES]
