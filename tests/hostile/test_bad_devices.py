"""Devices that lie, break off, never answer or never end: what the installer is told, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

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
from app.net.client import DeviceClient, Policy
from app.net.pins import Pins
from app.net.probe import probe
from app.net.tls import Profile, handshake
from app.simulators.faults import Fault
from app.simulators.host import SimulatorHost
from app.vendors.g13.simulator import G13Simulator
from tests.conftest import Run
from tests.gateways import Gateway, gateway, session

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[Address]:
    """A server of a few lines; it reads one request head before it acts."""
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            handlers.discard(task)
            writer.transport.abort()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield Address("127.0.0.1", listening.sockets[0].getsockname()[1], "http")
    finally:
        listening.close()
        for task in tuple(handlers):
            task.cancel()
        if handlers:
            await asyncio.wait(tuple(handlers))
        await listening.wait_closed()


@asynccontextmanager
async def client(address: Address, **policy: object) -> AsyncIterator[DeviceClient]:
    made = DeviceClient(address, pins=Pins.in_memory(), policy=Policy(**policy))  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.aclose()


def says(text: bytes) -> Serve:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()

    return serve


async def asked(serve: Serve, *, method: str = "GET", body: bytes | None = None, **limits: object) -> AppError:
    """Ask such a server once, and return what it came to."""
    async with server(serve) as address, client(address) as asking:
        with pytest.raises(AppError) as failed:
            await asking.request(method, "/x", body=body, **limits)  # type: ignore[arg-type]
        return failed.value


def test_nobody_there(run: Run) -> None:
    async def ask() -> None:
        async with client(Address("127.0.0.1", 1, "http")) as asking:
            with pytest.raises(DeviceUnreachable, match="refused") as failed:
                await asking.request("GET", "/")
            assert not isinstance(failed.value, AnswerLost)

    run(ask())


def test_a_device_that_never_answers(run: Run) -> None:
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    error = run(asked(silence, timeout_s=0.3))
    assert isinstance(error, DeviceSilent)
    assert "0.3 s" in error.message


def test_a_body_without_end_is_cut_at_the_cap(run: Run) -> None:
    sent = 0

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    error = run(asked(endless, max_bytes=256 * 1024))
    assert isinstance(error, BadReply)
    assert "256 KiB" in error.message
    assert sent < 32 * 1024 * 1024


def test_a_body_cut_by_a_broken_connection(run: Run) -> None:
    error = run(asked(says(b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"half":')))
    assert isinstance(error, AnswerLost)


def test_a_write_whose_answer_is_lost_says_that_it_is_unknown(run: Run) -> None:
    error = run(asked(says(b""), method="POST", body=b"{}"))
    assert isinstance(error, AnswerLost)
    assert "read it back" in error.hint


def test_something_that_speaks_no_http(run: Run) -> None:
    error = run(asked(says(b"220 mail.example ESMTP\r\n\r\n")))
    assert isinstance(error, BadReply)
    assert "no HTTP" in error.message


def test_a_redirect_to_another_host_is_not_followed(run: Run) -> None:
    error = run(asked(says(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/steal\r\nContent-Length: 0\r\n\r\n")))
    assert isinstance(error, BadReply)
    assert "192.0.2.1" in error.message


def test_credentials_never_follow_a_redirect_to_another_port(run: Run) -> None:
    seen: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(b"asked")

    async def ask() -> None:
        async with server(note) as other:
            location = f"HTTP/1.1 307 X\r\nLocation: {other.url}/\r\nContent-Length: 0\r\n\r\n".encode()
            async with server(says(location)) as address:
                pins, policy = Pins.in_memory(), Policy(basic_at_once=True)
                asking = DeviceClient(address, credentials=Credentials("u", "p"), pins=pins, policy=policy)
                with pytest.raises(BadReply):
                    await asking.request("GET", "/")
                await asking.aclose()

    run(ask())
    assert seen == []


def test_a_redirect_on_the_same_device_is_followed_and_a_circle_ends(run: Run) -> None:
    error = run(asked(says(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")))
    assert isinstance(error, BadReply)
    assert "circle" in error.message


def test_an_idle_connection_that_the_device_closed_costs_a_get_nothing(run: Run) -> None:
    connections = 0

    async def one_then_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        if connections == 1:
            # Takes the next request as if it kept the connection, and breaks it without an answer.
            await reader.readuntil(b"\r\n\r\n")

    async def ask() -> None:
        async with server(one_then_close) as address, client(address) as asking:
            assert (await asking.request("GET", "/")).body == b"ok"
            assert (await asking.request("GET", "/")).body == b"ok"
            assert connections == 2

    run(ask())


def test_a_write_on_such_a_connection_is_never_repeated(run: Run) -> None:
    requests = 0

    async def one_then_break(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")
        requests += 1

    async def ask() -> None:
        async with server(one_then_break) as address, client(address) as asking:
            await asking.request("GET", "/")
            with pytest.raises(AnswerLost):
                await asking.request("POST", "/", body=b"{}")

    run(ask())
    assert requests == 2


def test_clear_text_where_tls_is_expected(run: Run, tmp_path: Path) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            device.faults.add(Fault.REFUSE_TLS)
            with pytest.raises(TlsRefused):
                await opened.open()

    with gateway() as device:
        run(ask())


def test_an_unknown_certificate_stops_everything_before_a_byte_is_sent(run: Run, tmp_path: Path) -> None:
    async def ask() -> None:
        async with session(device, tmp_path, trusted=False) as opened:
            with pytest.raises(CertificateNotTrusted) as refused:
                await opened.open()
            assert refused.value.fingerprint == device.simulator.certificate.fingerprint

    with gateway() as device:
        run(ask())
        assert device.requests == []


def test_a_changed_certificate_is_refused_until_it_is_accepted(run: Run, tmp_path: Path) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.client.login(opened.client.credentials)
            other = G13Simulator(device.simulator.gateway)
            running = device.host.replace(device.running, other)
            replaced = Gateway(device.host, running)
            with pytest.raises(CertificateChanged) as refused:
                await opened.open()
            assert refused.value.pinned == device.simulator.certificate.fingerprint
            assert refused.value.fingerprint == other.certificate.fingerprint
            assert replaced.requests == []
            opened.client.accept(refused.value.fingerprint)
            await opened.open()

    with gateway() as device:
        run(ask())


def test_a_gateway_of_2013_is_reached_by_legacy_tls_and_it_is_remembered(run: Run, tmp_path: Path) -> None:
    old = G13Simulator(G13Simulator.demo().gateway, legacy_tls=True)

    async def ask(address: Address) -> None:
        shown, profile = await handshake(address.host, address.port)
        assert profile is Profile.LEGACY
        assert shown.key == "RSA 1024"
        answer = await probe(address, "/about")
        assert answer.status == 401
        pins = Pins.load(tmp_path / "pins.json")
        asking = DeviceClient(address, pins=pins)
        with pytest.raises(CertificateNotTrusted) as refused:
            await asking.request("GET", "/about")
        asking.accept(refused.value.fingerprint)
        await asking.aclose()
        again = DeviceClient(address, pins=Pins.load(tmp_path / "pins.json"))
        assert again.profile is Profile.LEGACY
        with pytest.raises(LoginFailed):
            await again.request("GET", "/about")
        await again.aclose()

    with SimulatorHost([old]) as host:
        run(ask(host[0].address))


def test_a_wrong_password_is_not_called_unreachable(run: Run, tmp_path: Path) -> None:
    async def ask() -> None:
        async with session(device, tmp_path, password="wrong") as opened:
            with pytest.raises(LoginFailed, match="admin") as refused:
                await opened.open()
            assert "wrong" not in str(refused.value)
            assert "wrong" not in opened.client.recorder.last()

    with gateway() as device:
        run(ask())


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.CUT_BODY])
def test_a_section_whose_answer_breaks_says_so_and_the_next_read_works(run: Run, tmp_path: Path, fault: Fault) -> None:
    from app.vendors.g13.gateway.basics import NAME

    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            device.faults.add(fault, times=2, method="GET", path="/gateway")
            with pytest.raises(AnswerLost):
                await opened.read(NAME, "")
            device.faults.clear()
            await opened.read(NAME, "")

    with gateway() as device:
        run(ask())
