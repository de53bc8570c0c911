"""A sweep asks every address once, gently, stops at once, and refuses what is no site."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any

import pytest

from app.discovery.identify import Found
from app.discovery.sweep import MAX_AT_ONCE, SweepPlan, plan_sweep, sweep, usual_ports
from app.model.device import Address
from app.model.errors import UsageError
from app.model.job import Progress
from app.model.vendor import Answer, Vendor

Run = Callable[[Coroutine[Any, Any, Any]], Any]
GATEWAY = b"HTTP/1.1 401 Unauthorized\r\nServer: embOS/IP\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


def no_connection(_: Any) -> Any:
    raise AssertionError("discovery only probes")


def vendor(key: str, recognise: Callable[[Answer], bool], *, scheme: str = "http", port: int = 80) -> Vendor:
    return Vendor(
        key=key,
        title=key.title(),
        kind="meter",
        scheme=scheme,
        port=port,
        default_user="",
        connect=no_connection,
        recognise=recognise,
        probe_path=f"/{key}",
        sections=(),
        simulator="",
    )


EMBOS = vendor("gateway", lambda answer: answer.status == 401 and answer.headers.get("server") == "embOS/IP")


class Traffic:
    """Counts connections as the devices see them."""

    def __init__(self, awaited: int) -> None:
        self.open_at: Counter[str] = Counter()
        self.most_at: Counter[str] = Counter()
        self.most_in_all = 0
        self.reached = asyncio.Event()
        """Set when so many addresses have been asked."""
        self._awaited = awaited

    def opened(self, host: str) -> None:
        self.open_at[host] += 1
        self.most_at[host] = max(self.most_at[host], self.open_at[host])
        self.most_in_all = max(self.most_in_all, self.open_at.total())
        if len(self.most_at) == self._awaited:
            self.reached.set()


class Device(asyncio.Protocol):
    """Answers every request alike, or never."""

    def __init__(self, answer: bytes | None, traffic: Traffic) -> None:
        self._answer = answer
        self._traffic = traffic
        self._host = ""
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = transport.get_extra_info("sockname")[0]
        self._traffic.opened(self._host)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if data[:1] == b"\x16":
            # A TLS handshake, at a server that knows none.
            self._transport.close()
        elif b"\r\n\r\n" in self._received and self._answer is not None:
            self._transport.write(self._answer)

    def eof_received(self) -> None:
        self._closed()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed()

    def _closed(self) -> None:
        if self._host:
            self._traffic.open_at[self._host] -= 1
            self._host = ""


@contextlib.asynccontextmanager
async def devices(answers: dict[str, bytes | None], *, awaited: int = 0) -> AsyncIterator[tuple[int, Traffic]]:
    """One device on each of these loopback addresses, all on one port."""
    loop = asyncio.get_running_loop()
    traffic = Traffic(awaited)
    port = 0
    async with contextlib.AsyncExitStack() as stack:
        for host, answer in answers.items():
            server = await loop.create_server(functools.partial(Device, answer, traffic), host, port)
            await stack.enter_async_context(server)
            port = server.sockets[0].getsockname()[1]
        yield port, traffic


async def results(plan: SweepPlan, vendors: Iterable[Vendor] = (EMBOS,), **times: float) -> list[Progress | Found]:
    async with contextlib.aclosing(sweep(plan, tuple(vendors), **times)) as events:
        return [event async for event in events]


def test_a_range_is_asked_whole_and_the_devices_in_it_are_found(run: Run) -> None:
    async def scene() -> None:
        there: dict[str, bytes | None] = {"127.0.0.3": GATEWAY, "127.0.0.9": PAGE, "127.0.0.17": GATEWAY}
        async with devices(there) as (port, _):
            events = await results(plan_sweep("127.0.0.1-127.0.0.20", [port]))
        found = {event.address for event in events if isinstance(event, Found)}
        assert found == {Address("127.0.0.3", port, "http"), Address("127.0.0.17", port, "http")}
        progress = [event for event in events if isinstance(event, Progress)]
        assert [(event.done, event.total) for event in progress] == [(done, 20) for done in range(21)]
        assert progress[-1].text.endswith("2 found")
        assert all(event.cancellable for event in progress)

    run(scene())


def test_a_device_is_reported_before_the_progress_that_counts_its_address(run: Run) -> None:
    async def scene() -> None:
        async with devices({"127.0.0.1": GATEWAY}) as (port, _):
            events = await results(plan_sweep("127.0.0.1", [port]))
        assert [type(event) for event in events] == [Progress, Found, Progress]

    run(scene())


def test_no_address_sees_two_connections_at_once_nor_the_network_more_than_64(run: Run) -> None:
    async def scene() -> None:
        hosts = [f"127.0.1.{last}" for last in range(1, 101)]
        families = [vendor(f"family{number}", lambda _: False) for number in range(4)]
        async with devices(dict.fromkeys(hosts, PAGE)) as (port, traffic):
            # The port beside it is closed on most of them, which is one more thing to find out in turn.
            await results(plan_sweep("127.0.1.1-100", [port, max(1, port - 1)]), families)
        assert set(traffic.most_at) == set(hosts)
        assert set(traffic.most_at.values()) == {1}
        assert 1 < traffic.most_in_all <= MAX_AT_ONCE

    run(scene())


def test_64_silent_devices_are_asked_at_once_and_the_others_wait(run: Run) -> None:
    async def scene() -> None:
        hosts = [f"127.0.2.{last}" for last in range(1, 81)]
        async with devices(dict.fromkeys(hosts), awaited=MAX_AT_ONCE) as (port, traffic):

            async def listen() -> None:
                await results(plan_sweep("127.0.2.1-80", [port]), probe_timeout_s=600)

            listening = asyncio.create_task(listen())
            async with asyncio.timeout(10):
                await traffic.reached.wait()
            listening.cancel()
            await asyncio.wait([listening])
            assert len(traffic.most_at) == MAX_AT_ONCE

    run(scene())


def sweeping() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task.get_name() == "sweep"}


def test_cancelling_who_listens_stops_every_probe_at_once(run: Run) -> None:
    async def scene() -> None:
        hosts = [f"127.0.3.{last}" for last in range(1, 31)]
        async with devices(dict.fromkeys(hosts), awaited=len(hosts)) as (port, traffic):

            async def listen() -> None:
                await results(plan_sweep("127.0.3.1-30", [port]), probe_timeout_s=600)

            listening = asyncio.create_task(listen())
            async with asyncio.timeout(10):
                await traffic.reached.wait()
            assert len(sweeping()) == len(hosts)
            listening.cancel()
            await asyncio.wait([listening])
            assert listening.cancelled()
            assert not sweeping()

    run(scene())


def test_closing_the_sweep_between_two_events_leaves_no_task(run: Run) -> None:
    async def scene() -> None:
        async with devices({"127.0.0.1": None}) as (port, _):
            async with contextlib.aclosing(sweep(plan_sweep("127.0.0.1-5", [port]), [EMBOS])) as events:
                await anext(events)
                await anext(events)
                assert sweeping()
            assert not sweeping()

    run(scene())


def test_several_devices_on_ports_of_one_address_are_all_found(run: Run) -> None:
    async def scene() -> None:
        async with devices({"127.0.0.1": GATEWAY}) as (one, _), devices({"127.0.0.1": GATEWAY}) as (other, _):
            events = await results(plan_sweep("127.0.0.1", [one, other]))
        assert [event.address.port for event in events if isinstance(event, Found)] == [one, other]

    run(scene())


def test_a_failure_of_ours_stops_the_sweep_and_is_seen(run: Run) -> None:
    def broken(_: Answer) -> bool:
        raise ZeroDivisionError

    async def scene() -> None:
        async with devices({"127.0.0.1": PAGE}) as (port, _):
            with pytest.raises(ZeroDivisionError):
                await results(plan_sweep("127.0.0.1-9", [port]), [vendor("broken", broken)])
            assert not sweeping()

    run(scene())


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("192.168.1.0/24", "192.168.1.1", "192.168.1.254", 254),
        ("192.168.1.77/24", "192.168.1.1", "192.168.1.254", 254),
        (" 192.168.1.10-50 ", "192.168.1.10", "192.168.1.50", 41),
        ("192.168.1.250 - 192.168.2.5", "192.168.1.250", "192.168.2.5", 12),
        ("192.168.1.12", "192.168.1.12", "192.168.1.12", 1),
        ("192.168.1.12/32", "192.168.1.12", "192.168.1.12", 1),
        ("192.168.1.12/31", "192.168.1.12", "192.168.1.13", 2),
        ("10.0.0.0/255.255.255.252", "10.0.0.1", "10.0.0.2", 2),
        ("172.16.0.0/20", "172.16.0.1", "172.16.15.254", 4094),
        ("169.254.0.0-169.254.15.255", "169.254.0.0", "169.254.15.255", 4096),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", 1),
    ],
)
def test_ranges_are_read_as_installers_write_them(text: str, first: str, last: str, count: int) -> None:
    plan = plan_sweep(text, [443])
    assert (plan.addresses[0], plan.addresses[-1], len(plan.addresses)) == (first, last, count)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "10.0.0.0/19", "192.168.0.0-192.168.16.0", "127.0.0.0/8"])
def test_more_than_4096_addresses_are_refused_with_the_limit_and_what_to_do(text: str) -> None:
    with pytest.raises(UsageError, match="at most 4096") as refused:
        plan_sweep(text, [443])
    assert "/24" in refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8",
        "0.0.0.0/0",
        "100.64.0.0/24",
        "192.0.2.0/24",
        "172.32.0.1",
        "192.167.255.250-192.168.0.5",
        "224.0.0.0/24",
    ],
)
def test_only_private_link_local_and_loopback_ranges_are_swept(text: str) -> None:
    with pytest.raises(UsageError, match=r"only private .* link-local .* and loopback"):
        plan_sweep(text, [443])


@pytest.mark.parametrize(
    "text",
    ["", "meter.local", "192.168.1", "192.168.1.0/33", "192.168.1.5-300", "192.168.1.9-2", "fe80::/64", "192.168.1.1-"],
)
def test_what_is_no_range_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        plan_sweep(text, [443])
    assert "192.168.1.10-50" in refused.value.hint


@pytest.mark.parametrize("ports", [[], [0], [65536], [-1], range(1, 18)])
def test_ports_have_limits(ports: Iterable[int]) -> None:
    with pytest.raises(UsageError, match="port"):
        plan_sweep("192.168.1.1", ports)


def test_https_is_asked_first_and_each_port_once() -> None:
    assert plan_sweep("192.168.1.1", [80, 8080, 443, 80]).ports == (443, 80, 8080)


def test_the_usual_ports_are_those_of_the_families() -> None:
    families = [vendor("a", bool, port=443), vendor("b", bool, port=80), vendor("c", bool, port=80)]
    assert usual_ports(families) == (443, 80)
