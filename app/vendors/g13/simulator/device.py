"""The simulated gateway's HTTPS side: who may pass, how requests are read, how answers look on the wire.

Decided here, the manual being silent: a body of more than 512 bytes, a query string, a GET with a body and a wrong
content type are refused with 400; a request that is refused before its body was read loses its connection.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NoReturn, Self

from starlette.requests import ClientDisconnect, Request

from app.scenario.site import Site
from app.scenario.trouble import Trouble
from app.vendors.g13.simulator.calls import Call, Encoded, Reply, Resource, UploadedForm
from app.vendors.g13.simulator.certificate import SelfSigned
from app.vendors.g13.simulator.event_log import STARTED, EventLog
from app.vendors.g13.simulator.gateway import Gateway
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.resources import RESOURCES
from app.vendors.g13.simulator.site import commission, demo_gateway
from app.vendors.g13.simulator.users import User
from app.vendors.g13.tables import MAX_UPDATE_BYTES

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_HANG_UP = "wattwright.hang_up"
"""The host's way to close a connection after an answer; without it the connection just stays."""

_LEAVE = "wattwright.leave"
"""The host's way to take a device off the network for a while; without it the device just stays."""

COMMISSIONED = "commissioned"
"""The password of a gateway that was put into service already."""

_CHUNK_BYTES = 240
_SERVER = (b"Server", b"embOS/IP")
_UNAUTHORISED = (
    b"<HTML>\r\n<HEAD><TITLE>401 Unauthorized</TITLE></HEAD>\r\n<BODY>\r\n<H1>401 Unauthorized</H1>\r\n"
    b"Browser not authentication-capable or\r\nauthentication failed.\r\n</BODY>\r\n</HTML>\r\n"
)
_RESET_PASSWORD = b"Please reset password and try again."


class G13Simulator:
    """One gateway. `latency_ms` passes before every answer; `legacy_tls` leaves it TLS 1.0 and RSA-1024 only.

    Without a `certificate` it signs a new one for itself; a gateway that is to come back as itself gets its old one.
    """

    vendor = "g13"
    max_connections = 2
    keep_alive_s = 1.0
    announce: tuple[str, dict[str, str]] | None = None

    def __init__(
        self,
        gateway: Gateway,
        *,
        latency_ms: float = 0.0,
        legacy_tls: bool = False,
        certificate: SelfSigned | None = None,
    ) -> None:
        self.gateway = gateway
        self.latency_ms = latency_ms
        self.certificate = certificate or SelfSigned.issue(gateway.serial, bits=1024 if legacy_tls else 2048)
        self.tls = self.certificate.server_context(legacy=legacy_tls)
        self.requests: list[str] = []
        """Method and path of every request, in order; nothing else of it."""
        self._broken: list[str] = []

    @classmethod
    def models(cls) -> dict[str, str]:
        """The names that `demo` knows, and what they stand for."""
        return {
            "delivered": "two of seven meters registered, ratios 1/1, the default password",
            "commissioned": f"all meters registered and set, password '{COMMISSIONED}'",
            "legacy": "as delivered, with TLS 1.0 and RSA-1024 only",
        }

    @classmethod
    def demo(cls, index: int = 0, latency_ms: float = 0.0, *, model: str = "", site: Site | None = None) -> Self:
        """The demo's gateway: without a model its password is still the default one."""
        done = model == "commissioned"
        gateway = demo_gateway(index, site=site, admin_password=COMMISSIONED if done else None)
        if done:
            commission(gateway)
        return cls(gateway, latency_ms=latency_ms, legacy_tls=model == "legacy")

    @property
    def login(self) -> tuple[str, str]:
        """The first administrator."""
        return "admin", self.gateway.users.by_name["admin"].password

    def troubles(self) -> tuple[Trouble, ...]:
        """What can be wrong with it on demand."""
        meter = self.gateway.meters[0]
        return (
            Trouble(
                "meter",
                f"meter {meter.serial} has no power",
                lambda: setattr(meter, "powered", False),
                lambda: setattr(meter, "powered", True),
            ),
        )

    def break_reply(self, description: str, *, times: int = 1) -> None:
        """Cut the JSON of the next good answers to a GET in the middle; the reason is then told by /lasterror."""
        self._broken.extend([description] * times)

    async def app(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """The ASGI application."""
        request = Request(scope, receive)
        self.requests.append(f"{request.method} {scope['path']}")
        if self.latency_ms:
            await asyncio.sleep(self.latency_ms / 1000)
        wire = _Wire(scope, send, has_body=_has_body(request))
        user = self._user(request)
        path = scope["path"].rstrip("/")
        if user is None:
            await wire.refuse(401, _UNAUTHORISED, b"text/html")
            return
        if user.must_reset and not (request.method == "POST" and path == "/login" and wire.has_body):
            closing = [(b"X-Pad", b"avoid browser bug"), (b"Connection", b"close")]
            await wire.refuse(403, _RESET_PASSWORD, b"text/html", closing)
            return
        try:
            resource, places = _find(request, path)
            if resource.of_admin and not self.gateway.users.is_admin(user):
                raise Refusal(403, "Forbidden. Access Denied")
            body = await (_read_form if resource.takes_file else _read_body)(request, wire)
            reply = resource.answer(Call(self.gateway, user, places, body, self._leaving(scope)))
        except Refusal as refusal:
            await self._say_no(wire, refusal)
            return
        if reply is None:
            await wire.empty()
        elif request.method == "GET" and self._broken:
            await wire.broken(reply, self.gateway.fail_later(self._broken.pop(0)))
        else:
            await wire.stream(_json(reply), 0)

    def _leaving(self, scope: MutableMapping[str, Any]) -> Callable[[float, str], None]:
        """How this device leaves the network. Without a new address it restarts, and notes when it is back."""
        unplug = scope.get("extensions", {}).get(_LEAVE)

        def leave(seconds: float, host: str = "") -> None:
            if unplug is not None:
                unplug(seconds, host, _moved if host else self.booted)

        return leave

    def booted(self) -> None:
        """It has started again: nobody is logged in any more."""
        self.gateway.users.sessions.clear()
        self.gateway.part(EventLog).add(STARTED)

    async def _say_no(self, wire: _Wire, refusal: Refusal) -> None:
        body = _json({"status": "error", "des": refusal.description})
        if refusal.status == 200:
            await wire.stream(body, self.gateway.fail_later(refusal.description))
        else:
            await wire.refuse(refusal.status, body, b"application/json")

    def _user(self, request: Request) -> User | None:
        kind, _, coded = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self.gateway.users.authenticate(name, password)


class _Wire:
    """The answer to one request, as embOS/IP writes it."""

    def __init__(self, scope: MutableMapping[str, Any], send: Send, *, has_body: bool) -> None:
        self.has_body = has_body
        self.body_was_read = False
        self._hang_up: Callable[[], None] | None = scope.get("extensions", {}).get(_HANG_UP)
        self._send = send

    async def stream(self, body: bytes, error: int) -> None:
        """A 200 in chunks. `error` is the number under which /lasterror tells more."""
        await self._start(200, [(b"Content-Type", b"application/json"), _link(error)])
        for begin in range(0, len(body), _CHUNK_BYTES):
            part = body[begin : begin + _CHUNK_BYTES]
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def broken(self, reply: Reply, error: int) -> None:
        """A 200 whose JSON ends in the middle, properly ended as HTTP."""
        body = _json(reply)
        await self.stream(body[: len(body) // 2], error)

    async def empty(self) -> None:
        """A 200 without a body, as login and logout give it."""
        await self._start(200, [(b"Content-Type", b"application/json"), _link(0), (b"Content-Length", b"0")])
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, status: int, body: bytes, kind: bytes, more: Headers | None = None) -> None:
        """An answer of 4xx or 5xx. A body that was not read would be taken for the next request: so hang up."""
        headers = [
            (b"Accept-Ranges", b"bytes"),
            (b"Content-Length", b"%d" % len(body)),
            (b"Content-Type", kind),
            *(more or []),
        ]
        await self._start(status, headers)
        await self._send({"type": "http.response.body", "body": body})
        if self.has_body and not self.body_was_read and self._hang_up is not None:
            self._hang_up()

    async def _start(self, status: int, headers: Headers) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": [_SERVER, *headers]})


def _moved() -> None:
    """Nothing is noted when it is back at another address: that it moves was noted before."""


def _link(error: int) -> tuple[bytes, bytes]:
    return b"Link", b"/lasterror/%d" % error


def _json(reply: Reply) -> bytes:
    if isinstance(reply, Encoded):
        return reply.content
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode()


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _find(request: Request, path: str) -> tuple[Resource, dict[str, str]]:
    if request.scope["query_string"]:
        raise Refusal(400, "Invalid Request.")
    for resource in RESOURCES:
        found = resource.path.fullmatch(path)
        if found is not None and resource.method == request.method:
            return resource, found.groupdict()
    raise Refusal(404, "URI not found.")


async def _read_body(request: Request, wire: _Wire) -> object:
    """The parsed body, None without one. Nothing is read of a body that is refused for its size or kind."""
    if not wire.has_body:
        return None
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    length = request.headers.get("content-length", "")
    if request.method == "GET" or kind != "application/json" or not length.isdecimal():
        raise Refusal(400, "Invalid Request.")
    if int(length) > MAX_UPDATE_BYTES:
        raise Refusal(400, f"payload exceeds {MAX_UPDATE_BYTES} bytes.")
    text = await request.body()
    wire.body_was_read = True
    try:
        parsed: object = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal(400, "JSON parse error.") from None
    if not isinstance(parsed, dict):
        raise Refusal(400, "JSON parse error.")
    return parsed


async def _read_form(request: Request, wire: _Wire) -> object:
    """A form with a file as far as it came; what is no form is read, and refused, like any other body."""
    kind, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    if not kind.lower().startswith("multipart/form-data") or not boundary:
        return await _read_body(request, wire)
    text = bytearray()
    try:
        async for part in request.stream():
            text += part
    except ClientDisconnect:
        return UploadedForm(boundary.strip('"').encode("latin-1"), bytes(text), whole=False)
    wire.body_was_read = True
    return UploadedForm(boundary.strip('"').encode("latin-1"), bytes(text), whole=True)


def _no_number(_: str) -> NoReturn:
    raise ValueError
