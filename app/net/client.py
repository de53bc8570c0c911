"""One `DeviceClient` per device: TLS with a pinned certificate, login, pacing, caps on size and time.

Every failure of the transport leaves here as an `AppError`; what a status other than 401 means, the vendor knows.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from app.model.device import Address, Credentials
from app.model.errors import (
    AppError,
    BadReply,
    CertificateChanged,
    CertificateNotTrusted,
    DeviceSilent,
    LoginFailed,
)
from app.model.login import USER_AND_PASSWORD, LoginWords

from .exchange import CONNECT_S, IDEMPOTENT, Handshake, fail, lower_names, read_body, same_origin
from .pace import Pace, sent_nothing
from .pins import Pins
from .recorder import Recorder, quiet_logs, secrets_in, strike_query, strike_values
from .stream import Stream
from .tls import Certificate, Profile, context, describe, fingerprint, ssl_cause, wants_legacy

if TYPE_CHECKING:
    import httpx

# httpx itself is imported where it is first needed: it would cost the window a quarter of its start.

MAX_BYTES = 16 * 1024 * 1024
MAX_REDIRECTS = 3


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
    password_in_query: str = ""
    """The password travels in the URL under this name: it is filled in where a path has the name without a value."""
    login: LoginWords = USER_AND_PASSWORD
    """What the login is called in messages."""


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
        pace: Pace | None = None,
    ) -> None:
        self.address = address
        self.policy = policy or Policy()
        self.pins = pins
        self.recorder = recorder or Recorder()
        self.pace = pace
        """How often the device may be asked; None: as often as one likes."""
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
            TooSoon: the device's pace does not allow it yet; nothing was sent.
        """
        async with self._turn:
            if self.pace is not None:
                self.pace.begin()
            started = time.perf_counter()
            outcome, received, sent = "", b"", True
            try:
                reply = await self._within(method, path, body, headers, max_bytes, timeout_s or self.policy.timeout_s)
                outcome, received = f"HTTP {reply.status}", reply.body
            except AppError as error:
                outcome = error.title
                sent = not sent_nothing(error)
                raise
            finally:
                elapsed_s = time.perf_counter() - started
                if self.pace is not None:
                    self.pace.ended(sent=sent)
                self.record(method, path, body, outcome or "cancelled", received, elapsed_s, secret=secret)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            raise self.login_failed()
        return reply

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """For a connection besides the usual one: waits until nothing else is asked of a device with one connection."""
        async with self._turn:
            if self.policy.one_connection:
                await self._drop()
            yield

    def record(
        self,
        method: str,
        path: str,
        sent: bytes | None,
        outcome: str,
        received: bytes,
        elapsed_s: float,
        *,
        secret: tuple[str, ...] = (),
    ) -> None:
        """Keep an exchange in the flight recorder, without this login and without secrets."""
        self.recorder.note(
            method=method,
            url=f"{self.address.url}{path}",
            sent=sent,
            secret=secret,
            outcome=outcome,
            received=received,
            elapsed_s=elapsed_s,
            known=self._secrets(sent, secret),
        )

    def stream(self, path: str, *, headers: Mapping[str, str] | None = None, connect_timeout_s: float = 10.0) -> Stream:
        """Open an endless answer on a connection of its own. Use it with `async with`."""
        return Stream(self, path, headers or {}, connect_timeout_s)

    def concealer(self, sent: bytes | None, secret: tuple[str, ...] = ()) -> Callable[[str], str]:
        """Strikes out of a device's words what it must not repeat to anybody: the login, and secrets just sent."""
        known = self._secrets(sent, secret)
        return lambda text: strike_values(text, known)

    def _secrets(self, sent: bytes | None, secret: tuple[str, ...]) -> tuple[str, ...]:
        login = self._credentials
        if login is None:
            return secrets_in(sent, secret)
        token = base64.b64encode(f"{login.user}:{login.password}".encode("utf-8", "replace")).decode("ascii")
        return (*secrets_in(sent, secret), login.password, token)

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
                f"{self.address} did not finish its answer to {method} {strike_query(path)} within {limit_s:g} s.",
                hint="" if method not in IDEMPOTENT else "It may be busy or restarting. Wait a moment and refresh.",
            ) from error

    async def _persistently(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None, max_bytes: int
    ) -> Reply:
        """Once; again in the legacy TLS profile; a GET again if the device had hung up on an idle connection."""
        import httpx

        again = method in IDEMPOTENT
        while True:
            handshake = Handshake(self.check)
            try:
                return await self._once(method, path, body, headers, max_bytes, handshake)
            except httpx.HTTPError as error:
                await self._drop()
                cause = ssl_cause(error)
                if cause is not None and not handshake.done and self.try_legacy(wants_legacy(cause)):
                    continue
                reused = not handshake.connected
                if again and reused and isinstance(error, httpx.RemoteProtocolError | httpx.NetworkError):
                    again = False
                    continue
                fail(error, self.address, method, strike_query(path))

    def try_legacy(self, worthwhile: bool) -> bool:
        """Go on in the legacy profile, if that was not tried yet and the failure is one that it may cure."""
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
        handshake: Handshake,
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
            if response.has_redirect_location and method in IDEMPOTENT and self.pace is None:
                path = same_origin(self.address, response)
                continue
            if response.is_client_error and body is not None:
                # These servers leave the refused body unread: the next request would be parsed from its middle.
                await self._drop()
            return Reply(response.status_code, lower_names(response.headers), received, time.perf_counter() - started)
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

    def new_client(self, limits: httpx.Limits, timeout: httpx.Timeout, *, endless: bool = False) -> httpx.AsyncClient:
        """An HTTP client for this device alone, in its present TLS profile. `endless`: for an answer without end."""
        import httpx

        from .auth import authentication
        from .transport import Transport

        quiet_logs()
        return httpx.AsyncClient(
            base_url=self.address.url,
            transport=Transport(context(self.profile), limits, plain=endless and self.address.scheme == "http"),
            trust_env=False,
            auth=authentication(
                self._credentials,
                basic_at_once=self.policy.basic_at_once,
                in_query=self.policy.password_in_query,
            ),
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

    def login_failed(self) -> LoginFailed:
        """What a 401 means with the login in use."""
        words = self.policy.login
        if self._credentials is None:
            return LoginFailed(f"{self.address} wants its {words.both}.", hint=words.where)
        return LoginFailed(f"{self.address} does not accept {words.wrong(self._credentials.user)}.", hint=words.where)


def preload() -> None:
    """Import the HTTP library now, on the caller's thread, so that the first request does not wait for it."""
    importlib.import_module("app.net.transport")
