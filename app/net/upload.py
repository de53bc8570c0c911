"""Sends one file as multipart/form-data, in small pieces and on a connection of its own, and tells how far it is."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from app.model.errors import AnswerLost, AppError, DeviceSilent

from .exchange import Handshake, fail, lower_names, read_body
from .tls import ssl_cause, wants_legacy

if TYPE_CHECKING:
    import httpx

    from .client import DeviceClient, Reply

PIECE = 512
"""So many bytes at a time, as small devices want it."""
SEND_BUFFER = 16 * 1024
"""What the system may hold back: with its usual megabytes a file would look sent long before it is."""
STALL_S = 20.0
"""The device takes nothing for that long: it is given up. The whole may take as long as it needs."""
ANSWER_S = 120.0
"""After the last byte the device may write to its memory before it answers."""
STEP_S = 0.1
"""Told at most so often."""
REPLY_BYTES = 64 * 1024
_HALF = "The device may hold a part of the file: send it again before it is used."
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
_LONGEST_NAME = 64


class File(msgspec.Struct, frozen=True):
    """What is sent: `field` is the form's name for it, `name` the file's own."""

    field: str
    name: str
    content: bytes


class Sent(msgspec.Struct, frozen=True):
    """How many bytes of the file the device has taken so far."""

    done: int
    total: int


class Upload:
    """One sending. Iterate over `progress()`; afterwards `reply` holds the device's answer."""

    def __init__(self, device: DeviceClient, path: str, file: File, *, stall_s: float = STALL_S) -> None:
        self._device = device
        self._path = path
        self._file = file
        self._stall_s = stall_s
        self._body = _Body(file)
        self.reply: Reply | None = None

    async def progress(self) -> AsyncGenerator[Sent, None]:
        """Send, and tell how far it is. Leaving early closes the connection: the device then holds a part of the file.

        Waits its turn where the device takes one request at a time, and gives that turn back only at the end.

        Raises:
            DeviceUnreachable, TlsRefused, CertificateNotTrusted, CertificateChanged: nothing was sent.
            AnswerLost, DeviceSilent: the device may hold a part of the file, or all of it.
            LoginFailed: the device answered 401.
            BadReply: no HTTP, or an answer that is too long.
        """
        started = time.perf_counter()
        outcome, received = "stopped", b""
        async with self._device.turn():
            try:
                async for sent in self._sending():
                    yield sent
                if self.reply is not None:
                    outcome, received = f"HTTP {self.reply.status}", self.reply.body
            except AppError as error:
                outcome = error.title
                raise
            finally:
                # Of the file itself nothing is kept.
                note = {"file": self._file.name, "bytes": len(self._file.content), "taken": self._body.done}
                self._device.record(
                    "POST", self._path, msgspec.json.encode(note), outcome, received, time.perf_counter() - started
                )
        if self.reply is not None and self.reply.status == HTTPStatus.UNAUTHORIZED:
            raise self._device.login_failed()

    async def _sending(self) -> AsyncGenerator[Sent, None]:
        task = asyncio.create_task(self._exchange())
        total = len(self._file.content)
        moved, seen = time.monotonic(), -1
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=STEP_S)
                if self._body.passed != seen:
                    moved, seen = time.monotonic(), self._body.passed
                    yield Sent(self._body.done, total)
                limit_s = ANSWER_S if self._body.complete else self._stall_s
                if not task.done() and time.monotonic() - moved > limit_s:
                    raise DeviceSilent(
                        f"{self._device.address} took {self._body.done} of {total} bytes and then did nothing for "
                        f"{limit_s:g} s.",
                        hint=_HALF,
                    )
            self.reply = task.result()
            yield Sent(self._body.done, total)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, AppError):
                await task

    async def _exchange(self) -> Reply:
        """Once, and again in the legacy TLS profile; on a connection that is closed afterwards."""
        import httpx

        from .client import Reply

        headers = {"Content-Type": self._body.kind, "Content-Length": str(len(self._body))}
        while True:
            handshake = _Narrow(self._device.check)
            limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
            async with self._device.new_client(limits, httpx.Timeout(None, connect=5.0)) as http:
                started = time.perf_counter()
                request = http.build_request(
                    "POST", self._path, content=self._body, headers=headers, extensions={"trace": handshake.trace}
                )
                try:
                    response = await http.send(request, stream=True)
                    body = await read_body(response, REPLY_BYTES)
                except httpx.HTTPError as error:
                    cause = ssl_cause(error)
                    if cause is not None and not handshake.done and self._device.try_legacy(wants_legacy(cause)):
                        continue
                    self._broken(error)
                return Reply(response.status_code, lower_names(response.headers), body, time.perf_counter() - started)

    def _broken(self, error: httpx.HTTPError) -> NoReturn:
        """As `fail`, with the file in mind."""
        try:
            fail(error, self._device.address, "POST", self._path)
        except AnswerLost as lost:
            far = f"{self._body.done} of {len(self._file.content)} bytes were sent."
            raise AnswerLost(f"{lost.message} {far}", hint=_HALF) from error


class _Narrow(Handshake):
    """Keeps the system from swallowing more of the file than the device has taken."""

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """The transport's hook."""
        await super().trace(event, info)
        if event == "connection.connect_tcp.complete":
            channel = info["return_value"].get_extra_info("socket")
            if channel is not None:
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


class _Body:
    """The form with its one file, cut into pieces; counts what has gone out. Begins anew each time it is iterated."""

    def __init__(self, file: File) -> None:
        mark = f"----Wattwright{secrets.token_hex(8)}"
        self.kind = f"multipart/form-data; boundary={mark}"
        self._head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="{file.field}"; filename="{safe_name(file.name)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode("ascii")
        self._tail = f"\r\n--{mark}--\r\n".encode("ascii")
        self._content = file.content
        self.passed = 0
        """Bytes of the form."""

    def __len__(self) -> int:
        return len(self._head) + len(self._content) + len(self._tail)

    @property
    def done(self) -> int:
        """Bytes of the file that have gone out."""
        return min(max(0, self.passed - len(self._head)), len(self._content))

    @property
    def complete(self) -> bool:
        """Everything has gone out."""
        return self.passed >= len(self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.passed = 0
        content = memoryview(self._content)
        yield self._head
        self.passed = len(self._head)
        for begin in range(0, len(content), PIECE):
            piece = bytes(content[begin : begin + PIECE])
            yield piece
            # Asked for the next one: this one has left.
            self.passed += len(piece)
        yield self._tail
        self.passed = len(self)


def safe_name(name: str) -> str:
    """A file name that fits between the quotes of a header: ASCII, no path, at most 64 characters."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2])
    return plain[-_LONGEST_NAME:] or "image"
