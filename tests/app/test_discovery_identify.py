"""Who answers at an address: recognised without a login, or said plainly what is there instead."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

import pytest

from app.discovery.identify import Found, candidates, describe, identify
from app.model.device import Address, parse_address
from app.model.errors import BadReply, DeviceSilent, DeviceUnreachable, NotRecognised, TlsRefused
from app.model.vendor import Answer, Vendor
from app.vendors.g13.simulator import SelfSigned

from .test_discovery_sweep import GATEWAY, PAGE, vendor

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Requests = list[tuple[str, str]]
EMBOS = vendor(
    "g13", lambda answer: answer.status == 401 and answer.headers.get("server") == "embOS/IP", scheme="https", port=443
)
METER = vendor("meter", lambda answer: b'"meter"' in answer.body)
METER_PAGE = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"meter":1}'
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def own_certificate() -> ssl.SSLContext:
    return SelfSigned.issue("gateway").server_context()


@contextlib.asynccontextmanager
async def server(
    answer: bytes | None, *, tls: ssl.SSLContext | None = None, greeting: bytes = b"", patient: bool = False
) -> AsyncIterator[tuple[int, Requests]]:
    """A server that answers all alike, or never (None); keeps what it was asked, path and Authorization.

    A patient one waits for the rest of a request when somebody speaks TLS to it, as some devices do.
    """
    requests: Requests = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            writer.write(greeting)
            first = await reader.readexactly(1)
            if first == b"\x16" and not patient:
                # A TLS handshake, at a server that knows none.
                return
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            login = "".join(line for line in head.splitlines() if line.lower().startswith("authorization"))
            requests.append((head.split(" ")[1], login))
            if answer is None:
                await reader.read()
            writer.write(answer or b"")
            await writer.drain()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with listening:
        yield listening.sockets[0].getsockname()[1], requests


async def at(port: int, vendors: Sequence[Vendor] = (EMBOS, METER), **times: float) -> Found:
    return await identify(candidates("127.0.0.1", port), vendors, **times)


def test_a_gateway_behind_tls_is_known_by_its_refusal_and_gets_no_login(run: Run) -> None:
    async def scene() -> None:
        async with server(GATEWAY, tls=own_certificate()) as (port, requests):
            assert await at(port) == Found(Address("127.0.0.1", port, "https"), "g13", "G13")
        assert requests == [("/g13", "")]

    run(scene())


def test_a_meter_without_tls_is_found_where_https_was_tried_first(run: Run) -> None:
    async def scene() -> None:
        async with server(METER_PAGE) as (port, requests):
            found = await at(port)
        assert found.address == Address("127.0.0.1", port, "http")
        assert requests == [("/meter", "")]

    run(scene())


def test_an_https_family_is_not_believed_over_plain_http(run: Run) -> None:
    async def scene() -> None:
        async with server(GATEWAY) as (port, requests):
            with pytest.raises(NotRecognised, match="HTTP 401, server 'embOS/IP', wants a login"):
                await at(port)
        assert [path for path, _ in requests] == ["/meter"]

    run(scene())


def test_each_path_is_asked_once_however_many_families_know_it(run: Run) -> None:
    async def scene() -> None:
        asked: list[str] = []

        def family(key: str, *, path: str) -> Vendor:
            def recognise(answer: Answer) -> bool:
                asked.append(key)
                return False

            made = vendor(key, recognise)
            return Vendor(**{**vars(made), "probe_path": path})

        families = [family("one", path="/"), family("two", path="/"), family("three", path="/about")]
        async with server(PAGE) as (port, requests):
            with pytest.raises(NotRecognised):
                await identify([Address("127.0.0.1", port, "http")] * 3, families)
        assert sorted(path for path, _ in requests) == ["/", "/about"]
        assert sorted(asked) == ["one", "three", "two"]

    run(scene())


def test_the_family_at_home_on_the_port_is_asked_first(run: Run) -> None:
    async def scene() -> None:
        async with server(NOT_FOUND) as (port, requests):
            families = [vendor("far", lambda _: False, port=1), vendor("home", lambda _: False, port=port)]
            with pytest.raises(NotRecognised):
                await identify(Address("127.0.0.1", port, "http"), families)
        assert [path for path, _ in requests] == ["/home", "/far"]

    run(scene())


def test_a_page_that_is_no_device_is_described_as_plain_text(run: Run) -> None:
    page = (
        b"HTTP/1.1 200 OK\r\nServer: Apache\x1b[31m/2\r\nContent-Length: 71\r\nConnection: close\r\n\r\n"
        b"<html><TITLE lang=de>Router &amp;\n <b>&lt;script&gt;\x07</b> Setup</TITLE></html>"
    )

    async def scene() -> NotRecognised:
        async with server(page) as (port, _):
            with pytest.raises(NotRecognised) as caught:
                await at(port)
        return caught.value

    error = run(scene())
    assert "HTTP 200" in error.message
    assert "page 'Router & <script> Setup'" in error.message
    assert error.message.isprintable()
    assert error.hint


def test_a_plain_device_that_lets_a_handshake_hang_is_found_and_keeps_no_socket(run: Run) -> None:
    async def scene() -> None:
        async with server(METER_PAGE, patient=True) as (port, _):
            assert (await at(port, probe_timeout_s=0.3)).address.scheme == "http"

    run(scene())


def test_a_redirect_to_https_on_the_same_host_is_followed(run: Run) -> None:
    async def scene() -> None:
        async with server(GATEWAY, tls=own_certificate()) as (secure, _):
            moved = f"HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:{secure}/x\r\nContent-Length: 0\r\n\r\n"
            async with server(moved.encode()) as (port, _):
                found = await identify(Address("127.0.0.1", port, "http"), [EMBOS])
        assert found.address == Address("127.0.0.1", secure, "https")

    run(scene())


@pytest.mark.parametrize(
    "target", ["http://198.51.100.7/", "//198.51.100.7", "http://[bad", "ftp://127.0.0.1/", "/login"]
)
def test_a_redirect_elsewhere_is_named_and_not_followed(run: Run, target: str) -> None:
    async def scene() -> None:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        async with server(moved.encode()) as (port, requests):
            with pytest.raises(NotRecognised) as caught:
                await at(port)
        assert f"redirects to '{target}'" in caught.value.message
        assert len(requests) == 1

    run(scene())


def test_a_chain_of_redirects_over_ports_ends(run: Run) -> None:
    async def scene() -> None:
        async with contextlib.AsyncExitStack() as stack:
            target, count = 9, []
            for _ in range(8):
                moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target}/\r\nContent-Length: 0\r\n\r\n"
                target, requests = await stack.enter_async_context(server(moved.encode()))
                count.append(requests)
            with pytest.raises(NotRecognised):
                await identify(Address("127.0.0.1", target, "http"), [METER])
        assert sum(map(len, count)) == 4

    run(scene())


def test_a_port_that_speaks_something_else_is_a_bad_reply(run: Run) -> None:
    async def scene() -> None:
        async with server(b"Welcome, please log in.\r\n\r\n") as (port, _):
            with pytest.raises(BadReply, match="no HTTP") as caught:
                await at(port)
            assert not isinstance(caught.value, NotRecognised)

    run(scene())


def test_a_port_that_greets_and_hangs_up_is_no_device(run: Run) -> None:
    async def scene() -> None:
        async with server(b"", greeting=b"SSH-2.0-OpenSSH_9.6\r\n") as (port, _):
            with pytest.raises((BadReply, DeviceUnreachable)) as caught:
                await at(port)
            assert not isinstance(caught.value, NotRecognised)

    run(scene())


def test_a_device_that_never_answers_is_silent_not_absent(run: Run) -> None:
    async def scene() -> None:
        async with server(None) as (port, _):
            with pytest.raises(DeviceSilent):
                await at(port, probe_timeout_s=0.2)

    run(scene())


def test_an_https_address_at_a_plain_server_is_refused_tls(run: Run) -> None:
    async def scene() -> None:
        async with server(PAGE) as (port, _):
            with pytest.raises(TlsRefused):
                await identify(Address("127.0.0.1", port, "https"), [EMBOS], probe_timeout_s=1)

    run(scene())


def test_a_body_without_end_is_still_recognised_by_its_beginning(run: Run) -> None:
    async def scene() -> None:
        endless = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{"meter":' + b"1" * 300_000
        async with server(endless) as (port, _):
            assert (await at(port)).vendor == "meter"

    run(scene())


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def test_a_closed_port_says_which_addresses_were_tried(run: Run) -> None:
    async def scene() -> None:
        one, other = free_port(), free_port()
        tried = [Address("127.0.0.1", one, "https"), Address("127.0.0.1", other, "http")]
        with pytest.raises(DeviceUnreachable) as caught:
            await identify(tried, [EMBOS, METER])
        assert f"127.0.0.1:{one} or 127.0.0.1:{other}" in caught.value.message
        assert "refused" in caught.value.details
        assert caught.value.hint

    run(scene())


@pytest.mark.parametrize("host", ["x" * 64 + ".local", "a..b"])
def test_a_name_that_cannot_be_looked_up_is_unreachable(run: Run, host: str) -> None:
    with pytest.raises(DeviceUnreachable):
        run(identify(Address(host, 80, "http"), [METER]))


def test_no_families_and_no_address_are_answered_too(run: Run) -> None:
    async def scene() -> None:
        async with server(PAGE) as (port, requests):
            with pytest.raises(NotRecognised):
                await identify(Address("127.0.0.1", port, "http"), [])
        assert [path for path, _ in requests] == ["/"]
        with pytest.raises(NotRecognised):
            await identify((), [METER])

    run(scene())


def test_usual_ports_have_one_scheme_and_others_both() -> None:
    assert [address.scheme for address in candidates("meter.local", 443)] == ["https"]
    assert [address.scheme for address in candidates("meter.local", 80)] == ["http"]
    assert [address.scheme for address in candidates("meter.local", 8443)] == ["https", "http"]


def test_what_the_user_typed_can_be_asked_as_it_was_read(run: Run) -> None:
    async def scene() -> None:
        async with server(METER_PAGE) as (port, _):
            assert (await identify(parse_address(f"127.0.0.1:{port}"), [METER])).vendor == "meter"

    run(scene())


@pytest.mark.parametrize("body", [b"<title>" * 9000, b"<title" * 10000, b"<title>" + b"<" * 60000, b"\xff\x00" * 30000])
def test_a_page_made_to_be_slow_has_no_title(body: bytes) -> None:
    assert describe(Answer(200, {}, body)) == "HTTP 200"
