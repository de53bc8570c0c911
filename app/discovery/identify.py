"""Who answers at an address? Asked without a login, of every family that could be there, with few requests."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import re
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit

import msgspec

from app.discovery import plain_text
from app.model.device import DEFAULT_PORTS, Address
from app.model.errors import (
    AnswerLost,
    AppError,
    BadReply,
    DeviceSilent,
    DeviceUnreachable,
    NotRecognised,
    TlsRefused,
)
from app.model.vendor import Answer, Vendor
from app.net.probe import probe

CONNECT_S = 3.0
PROBE_S = 3.0
MAX_REDIRECTS = 3
_REDIRECTS = range(300, 400)
# Bounded repetition: the page is a stranger's, and a search over 64 KiB must not take seconds.
_TITLE = re.compile(rb"<title[^>]{0,128}>(.{0,512}?)</title", re.IGNORECASE | re.DOTALL)
# What tells an installer most comes first.
_TELLING: tuple[type, ...] = (BadReply, DeviceSilent, AnswerLost, TlsRefused, DeviceUnreachable, AppError)


class Found(msgspec.Struct, frozen=True):
    """A device that was recognised. `vendor` is the family's key, `title` its name."""

    address: Address
    vendor: str
    title: str


def candidates(host: str, port: int) -> tuple[Address, ...]:
    """What to try at a port: its own scheme where it has one, otherwise HTTPS, then HTTP."""
    usual = tuple(Address(host, port, scheme) for scheme, default in DEFAULT_PORTS.items() if default == port)
    return usual or (Address(host, port, "https"), Address(host, port, "http"))


async def identify(
    where: Address | Sequence[Address],
    vendors: Sequence[Vendor],
    *,
    connect_timeout_s: float = CONNECT_S,
    probe_timeout_s: float = PROBE_S,
) -> Found:
    """Find out which family answers at an address, or at the first of several that is one.

    Sends no credentials, holds one connection at a time, asks for each path once per address. A family that speaks
    HTTPS is not recognised over plain HTTP, lest its password be sent that way later.

    Raises:
        NotRecognised: something answers, and it is none of them; the message says what it looks like.
        DeviceUnreachable, TlsRefused, DeviceSilent, AnswerLost, BadReply: nothing there speaks HTTP.
    """
    addresses = (where,) if isinstance(where, Address) else tuple(where)
    inquiry = _Inquiry(tuple(vendors), connect_timeout_s, probe_timeout_s)
    return await inquiry.of(addresses)


class _Inquiry:
    """What was asked so far, and what came of it."""

    def __init__(self, vendors: tuple[Vendor, ...], connect_timeout_s: float, probe_timeout_s: float) -> None:
        self._vendors = vendors
        self._connect_timeout_s = connect_timeout_s
        self._probe_timeout_s = probe_timeout_s
        self._doors: dict[tuple[str, int], DeviceUnreachable | None] = {}
        self._pages: list[tuple[Address, Answer]] = []
        self._failures: list[AppError] = []

    async def of(self, addresses: tuple[Address, ...]) -> Found:
        """The first device among the addresses and those that they redirect to on the same host."""
        todo = deque(addresses)
        asked: set[Address] = set()
        redirects = 0
        while todo:
            address = todo.popleft()
            if address in asked:
                continue
            asked.add(address)
            before = len(self._pages)
            try:
                await self._knock(address)
                found = await self._ask(address)
            except DeviceUnreachable as error:
                self._failures.append(error)
                found = None
            if found is not None:
                return found
            for target in _elsewhere(self._pages[before:]):
                if target.host == address.host and target not in asked and redirects < MAX_REDIRECTS:
                    redirects += 1
                    todo.append(target)
        raise self._verdict(addresses)

    async def _knock(self, address: Address) -> None:
        """Is the port open? A closed one is found out cheaply, and once for both schemes."""
        door = (address.host, address.port)
        if door not in self._doors:
            self._doors[door] = await _closed(address, self._connect_timeout_s)
        closed = self._doors[door]
        if closed is not None:
            raise closed

    async def _ask(self, address: Address) -> Found | None:
        for path, families in self._paths(address).items():
            try:
                answer = await probe(address, path, timeout_s=self._probe_timeout_s)
            except BadReply as error:
                self._failures.append(error)
                continue
            for vendor in families:
                if vendor.recognise(answer):
                    return Found(address, vendor.key, vendor.title)
            self._pages.append((address, answer))
        return None

    def _paths(self, address: Address) -> dict[str, list[Vendor]]:
        """Who recognises what: the families at home on this scheme and port first."""
        possible = [vendor for vendor in self._vendors if address.scheme == "https" or vendor.scheme == "http"]
        possible.sort(key=lambda v: ((v.scheme, v.port) != (address.scheme, address.port), v.scheme != address.scheme))
        paths: dict[str, list[Vendor]] = {}
        for vendor in possible:
            paths.setdefault(vendor.probe_path, []).append(vendor)
        for vendor in possible:
            for path in vendor.also_probed:
                paths.setdefault(path, []).append(vendor)
        # Nobody to recognise: the front page may still lead to HTTPS, or say what this is.
        return paths or {"/": []}

    def _verdict(self, addresses: tuple[Address, ...]) -> AppError:
        if self._pages:
            address, answer = min(self._pages, key=lambda page: page[1].status != 200)
            return NotRecognised(
                f"{address} answers, but as no device that Wattwright knows: {describe(answer)}.",
                details="\n".join(f"{where}: {describe(page)}" for where, page in self._pages),
            )
        if len(self._failures) > 1 and all(type(error) is DeviceUnreachable for error in self._failures):
            hosts = " or ".join(dict.fromkeys(address.netloc for address in addresses))
            return DeviceUnreachable(
                f"Nothing answers at {hosts}.",
                details="\n".join(dict.fromkeys(error.message for error in self._failures)),
            )
        if not self._failures:
            return NotRecognised("There is no address to ask.")
        return min(self._failures, key=_rank)


def _rank(error: AppError) -> int:
    return min(_TELLING.index(kind) for kind in type(error).__mro__ if kind in _TELLING)


async def _closed(address: Address, timeout_s: float) -> DeviceUnreachable | None:
    """Why no connection can be made, or None if one was (and is closed again)."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(address.host, address.port)
    except TimeoutError:
        return DeviceUnreachable(f"Nothing answers at {address.netloc} within {timeout_s:g} s.")
    except OSError as error:
        return DeviceUnreachable(f"Nothing answers at {address.netloc}: {_reason(error)}.")
    except ValueError:
        return DeviceUnreachable(f"'{plain_text(address.host, 80)}' is no name that can be looked up.")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return None


def _reason(error: OSError) -> str:
    """The system's words; asyncio puts its own in their place, with the address once more."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return (error.strerror or str(error)).lower()
    return os.strerror(error.errno).lower()


def _elsewhere(pages: Sequence[tuple[Address, Answer]]) -> Iterator[Address]:
    """Where the redirects among the answers lead."""
    for address, answer in pages:
        if answer.status not in _REDIRECTS:
            continue
        try:
            target = urlsplit(urljoin(f"{address.url}/", answer.headers.get("location", "")))
            port = target.port
        except ValueError:
            continue
        if target.scheme in DEFAULT_PORTS and target.hostname:
            yield Address(target.hostname, port or DEFAULT_PORTS[target.scheme], target.scheme)


def describe(answer: Answer) -> str:
    """What an unknown answer looks like, as harmless text: status, server, title, where it redirects to."""
    parts = [f"HTTP {answer.status}"]
    if server := plain_text(answer.headers.get("server", ""), 60):
        parts.append(f"server '{server}'")
    if title := _title(answer.body):
        parts.append(f"page '{title}'")
    if answer.status in _REDIRECTS and (target := plain_text(answer.headers.get("location", ""), 80)):
        parts.append(f"redirects to '{target}'")
    if answer.status == 401:
        parts.append("wants a login")
    return ", ".join(parts)


def _title(body: bytes) -> str:
    found = _TITLE.search(body)
    if found is None:
        return ""
    text = html.unescape(re.sub(r"<[^>]*>", "", found.group(1).decode("utf-8", "replace")))
    return plain_text(text, 80)
