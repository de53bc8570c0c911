"""The host's sockets have a small device's limits and fail on demand, and nothing is left when it stops."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from app.model.errors import DeviceUnreachable, UsageError
from app.registry import VENDORS
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost, create
from app.simulators.process import SimulatorProcess, parse_specs, serve
from app.simulators.wire import Receive, Send
from app.vendors.g13.simulator import G13Simulator, SelfSigned, demo_gateway

Run = Callable[[Any], Any]
LOGIN = base64.b64encode(b"admin:Secret1").decode()
CERTIFICATE = SelfSigned.issue("gateway under test")


class Plain:
    """The smallest simulator: it counts its requests and says so."""

    vendor = "plain"
    max_connections = 2
    keep_alive_s = 0.2
    tls: ssl.SSLContext | None = None

    def __init__(self, name: str = "plain") -> None:
        self.announce: tuple[str, dict[str, str]] | None = (name, {"type": "100", "id": "0123456789ab"})
        self.requests = 0

    async def app(self, scope: Any, receive: Receive, send: Send) -> None:
        self.requests += 1
        body = f"request {self.requests}".encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def plain() -> Plain:
    return Plain()


@pytest.fixture
def host(plain: Plain) -> Iterator[SimulatorHost]:
    with SimulatorHost([plain]) as host:
        yield host


async def connect(
    running: Running, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = "127.0.0.1" if tls is not None else None
    return await asyncio.open_connection("127.0.0.1", running.address.port, ssl=tls, server_hostname=name)


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    return await reader.readexactly(length)


async def once(running: Running) -> bytes:
    """One request on a connection of its own: all that comes until the end."""
    reader, writer = await connect(running)
    try:
        writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return await reader.read()
    finally:
        await closed(writer)


def test_connection_is_reused_and_closed_when_idle(host: SimulatorHost, run: Run) -> None:
    async def story() -> None:
        reader, writer = await connect(host[0])
        assert await ask(reader, writer) == b"request 1"
        assert await ask(reader, writer) == b"request 2"
        assert await reader.read() == b""
        await closed(writer)

    run(story())
    assert host[0].wire.accepted == 1


def test_connection_that_never_asks_is_closed_too(host: SimulatorHost, run: Run) -> None:
    async def story() -> None:
        reader, writer = await connect(host[0])
        assert await reader.read() == b""
        await closed(writer)

    run(story())


def test_third_connection_is_closed_at_once_and_the_others_live(host: SimulatorHost, plain: Plain, run: Run) -> None:
    plain.keep_alive_s = 30.0

    async def story() -> None:
        first, second = await connect(host[0]), await connect(host[0])
        assert (await ask(*first), await ask(*second)) == (b"request 1", b"request 2")
        third = await connect(host[0])
        assert await third[0].read() == b""
        assert await ask(*first) == b"request 3"
        for _, writer in (first, second, third):
            await closed(writer)

    run(story())
    assert (host[0].wire.most_open, host[0].wire.refused) == (2, 1)


def test_place_of_a_closed_connection_is_free_again(host: SimulatorHost, run: Run) -> None:
    async def story() -> None:
        for number in range(1, 6):
            reader, writer = await connect(host[0])
            assert await ask(reader, writer) == f"request {number}".encode()
            writer.close()
            await writer.wait_closed()
            await asyncio.to_thread(host.call, lambda: None)

    run(story())
    assert host[0].wire.refused == 0


def test_stop_cuts_connections_and_ends_the_thread(plain: Plain, run: Run) -> None:
    plain.keep_alive_s = 30.0

    async def story() -> None:
        host = SimulatorHost([plain])
        host.start()
        reader, writer = await connect(host[0])
        await ask(reader, writer)
        await asyncio.to_thread(host.stop)
        assert await reader.read() == b""
        await closed(writer)
        assert host.running == ()

    run(story())
    assert "simulators" not in {thread.name for thread in threading.enumerate()}


def test_call_runs_on_the_simulators_thread_and_passes_on_what_it_raises(host: SimulatorHost) -> None:
    assert host.call(lambda: threading.current_thread().name) == "simulators"
    with pytest.raises(ZeroDivisionError):
        host.call(lambda: 1 // 0)


def test_host_that_is_stopped_does_nothing(plain: Plain) -> None:
    host = SimulatorHost([plain])
    host.stop()
    with pytest.raises(RuntimeError, match="not running"):
        host.add(plain)


def test_taken_port_is_an_error_and_leaves_the_host_running(host: SimulatorHost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match=r"in use|10048"):
        host.add(Plain(), port=taken.getsockname()[1])
    assert len(host.running) == 1


# Faults


def test_drop_before_leaves_the_device_untouched(host: SimulatorHost, plain: Plain, run: Run) -> None:
    host[0].faults.add(Fault.DROP_BEFORE)
    assert run(once(host[0])) == b""
    assert plain.requests == 0
    assert run(once(host[0])).endswith(b"request 1")


def test_drop_after_has_done_what_was_asked(host: SimulatorHost, plain: Plain, run: Run) -> None:
    host[0].faults.add(Fault.DROP_AFTER)
    assert run(once(host[0])) == b""
    assert plain.requests == 1


def test_cut_body_ends_before_its_length(host: SimulatorHost, run: Run) -> None:
    host[0].faults.add(Fault.CUT_BODY)

    async def story() -> bytes:
        reader, writer = await connect(host[0])
        writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 9" in head
        body = await reader.read()
        await closed(writer)
        return body

    assert run(story()) == b"requ"


def test_stall_lasts_until_the_client_gives_up(host: SimulatorHost, plain: Plain, run: Run) -> None:
    host[0].faults.add(Fault.STALL)
    with pytest.raises(TimeoutError):
        run(asyncio.wait_for(once(host[0]), 0.3))
    assert plain.requests == 0
    assert run(once(host[0])).endswith(b"request 1")


def test_endless_body_goes_on(host: SimulatorHost, run: Run) -> None:
    host[0].faults.add(Fault.ENDLESS_BODY)

    async def story() -> None:
        reader, writer = await connect(host[0])
        writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readexactly(300_000)
        await closed(writer)

    run(story())


def test_fault_strikes_only_the_request_that_was_named(host: SimulatorHost, run: Run) -> None:
    host[0].faults.add(Fault.STALL, method="POST", path="/x")
    host[0].faults.add(Fault.STALL, path="/y", times=5)
    assert run(once(host[0])).endswith(b"request 1")
    host[0].faults.clear()


# TLS


def gateway(**options: Any) -> G13Simulator:
    return G13Simulator(demo_gateway(admin_password="Secret1"), **options)


def trusting(certificate: SelfSigned) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate.certificate.decode())


async def about(running: Running, tls: ssl.SSLContext) -> bytes:
    reader, writer = await connect(running, tls)
    try:
        writer.write(f"GET /about HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {LOGIN}\r\n\r\n".encode())
        return await reader.readuntil(b"0\r\n\r\n")
    finally:
        await closed(writer)


def test_gateway_speaks_https_with_its_own_certificate(run: Run) -> None:
    simulator = gateway(certificate=CERTIFICATE)
    with SimulatorHost([simulator]) as host:
        assert host[0].url.startswith("https://127.0.0.1:")
        assert b"logicaldevicename" in run(about(host[0], trusting(CERTIFICATE)))


def test_replacement_has_the_address_and_another_certificate(run: Run) -> None:
    with SimulatorHost([gateway(certificate=CERTIFICATE)]) as host:
        old, other = host[0], gateway()
        new = host.replace(old, other)
        assert new.url == old.url
        assert other.certificate.fingerprint != CERTIFICATE.fingerprint
        with pytest.raises(ssl.SSLCertVerificationError):
            run(about(new, trusting(CERTIFICATE)))
        assert b"logicaldevicename" in run(about(new, trusting(other.certificate)))


def test_refused_tls_is_clear_text_on_the_port(run: Run) -> None:
    with SimulatorHost([gateway(certificate=CERTIFICATE)]) as host:
        host[0].faults.add(Fault.REFUSE_TLS)
        with pytest.raises(ssl.SSLError):
            run(about(host[0], trusting(CERTIFICATE)))
        assert b"200 OK" in run(about(host[0], trusting(CERTIFICATE)))


def test_failed_handshakes_do_not_use_up_the_connections(run: Run) -> None:
    with SimulatorHost([gateway(certificate=CERTIFICATE)]) as host:

        async def story() -> None:
            for _ in range(5):
                reader, writer = await connect(host[0])
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                await reader.read()
                await closed(writer)
            assert b"200 OK" in await about(host[0], trusting(CERTIFICATE))

        run(story())


def test_legacy_gateway_refuses_modern_clients_and_takes_old_ones(run: Run) -> None:
    simulator = gateway(legacy_tls=True)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with SimulatorHost([simulator]) as host:
        # Systems differ in what they mind first: the version, or the key of 1024 bits.
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version|key too weak|key too small"):
            run(about(host[0], trusting(simulator.certificate)))
        assert b"200 OK" in run(about(host[0], old))


def test_gateway_hangs_up_when_it_refuses_without_reading(run: Run) -> None:
    with SimulatorHost([gateway(certificate=CERTIFICATE)]) as host:

        async def story(length: int) -> bytes:
            reader, writer = await connect(host[0], trusting(CERTIFICATE))
            head = f"POST /gateway/datetime HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {LOGIN}\r\n"
            writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + b"x" * length)
            answer = await reader.read()
            await closed(writer)
            return answer

        refused = run(story(600))
        assert refused.startswith(b"HTTP/1.1 400")
        assert b"connection: close" not in refused.lower()


# Many, announced, in a process of their own


def test_created_by_the_vendors_record() -> None:
    simulators = [create(vendor, index, 5.0) for vendor in VENDORS for index in (0, 1)]
    with SimulatorHost(simulators) as host:
        assert [running.simulator.vendor for running in host.running] == [v.key for v in VENDORS for _ in (0, 1)]
        assert len({running.url for running in host.running}) == len(simulators)


def test_announced_over_mdns_on_loopback(run: Run) -> None:
    plain = Plain("plain-announced")
    with SimulatorHost([plain], announce=True) as host:

        async def story() -> AsyncServiceInfo:
            browser = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
            try:
                found = AsyncServiceInfo("_http._tcp.local.", "plain-announced._http._tcp.local.")
                assert await found.async_request(browser.zeroconf, 5000)
                return found
            finally:
                await browser.async_close()

        found = run(story())
        assert found.port == host[0].address.port
        assert found.properties == {b"type": b"100", b"id": b"0123456789ab"}
        assert found.parsed_addresses() == ["127.0.0.1"]


def test_a_second_one_of_a_name_is_announced_beside_the_first(run: Run) -> None:
    async def port_of(browser: AsyncZeroconf, name: str) -> int | None:
        found = AsyncServiceInfo("_http._tcp.local.", f"{name}._http._tcp.local.")
        assert await found.async_request(browser.zeroconf, 8000), name
        return found.port

    async def story() -> tuple[int | None, int | None, int]:
        browser = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
        try:
            await port_of(browser, "plain-twice")
            with SimulatorHost([Plain("plain-twice")], announce=True) as second:
                beside = await port_of(browser, "plain-twice-2")
                return await port_of(browser, "plain-twice"), beside, second[0].address.port
        finally:
            await browser.async_close()

    with SimulatorHost([Plain("plain-twice")], announce=True) as first:
        still, beside, port = run(story())
        assert (still, beside) == (first[0].address.port, port)


def test_specs_name_vendors_and_counts() -> None:
    wanted = parse_specs(["g13", "whatwatt:2", "ingecon/3play:2"], VENDORS)
    assert [(one.vendor.key, one.model) for one in wanted] == [
        ("g13", ""),
        ("whatwatt", ""),
        ("whatwatt", ""),
        ("ingecon", "3play"),
        ("ingecon", "3play"),
    ]
    assert tuple(one.vendor for one in parse_specs([], VENDORS)) == VENDORS


@pytest.mark.parametrize(
    "spec", ["g14", "g13:", "g13:0", "g13:-1", "g13:501", "g13:x", "", "g13:²", "g13/", "g13/3play", "/p1"]
)
def test_senseless_specs_are_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="simulator"):
        parse_specs([spec], VENDORS)


def test_too_many_simulators_are_refused() -> None:
    with pytest.raises(UsageError, match="600 simulators"):
        parse_specs(["g13:300", "whatwatt:300"], VENDORS)


CHILD = """
from app.simulators.process import serve
serve(['g13', 'whatwatt:2'], as_json=True, until_stdin_closes=True)
"""


def test_process_reports_its_devices_and_ends_with_its_input(run: Run) -> None:
    async def story() -> None:
        async with await SimulatorProcess.start(program=[sys.executable, "-c", CHILD]) as child:
            assert [device.vendor for device in child.devices] == ["g13", "whatwatt", "whatwatt"]
            for device in child.devices:
                port = int(device.url.rpartition(":")[2])
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                await closed(writer)
        with pytest.raises(OSError, match=r"[Cc]onnect"):
            await asyncio.open_connection("127.0.0.1", port)

    run(story())


def test_process_that_does_not_start_is_an_error(run: Run) -> None:
    with pytest.raises(DeviceUnreachable, match="did not start"):
        run(SimulatorProcess.start(program=[sys.executable, "-c", "print('no JSON')"]))
    with pytest.raises(DeviceUnreachable, match="within"):
        run(SimulatorProcess.start(program=[sys.executable, "-c", "input()"], timeout_s=0.2))


def test_serve_refuses_before_it_starts_anything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        serve(["nothing"])
    assert capsys.readouterr().out == ""
