"""Event streams over real sockets, from devices that stall, hang up, refuse, babble or serve somebody else."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from app.model.device import Address
from app.model.errors import (
    AccessDenied,
    AppError,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    DeviceSilent,
    DeviceUnreachable,
    LoginFailed,
    NotFound,
)
from app.net.client import DeviceClient
from app.net.eventsource import EventParser
from app.net.eventstream import Backoff, EventStream, NotAnEventStream, StreamState
from app.net.pins import Pins

Run = Callable[..., Any]
PATH = "/api/v1/live"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
STEADY = Backoff(random=lambda: 0.0)


class Peer:
    """One connection, seen from the device."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: dict[str, str]) -> None:
        self._reader = reader
        self._writer = writer
        self.headers = headers
        self.gone = asyncio.Event()

    async def packet(self, data: bytes) -> None:
        """Send these bytes, and let the other side read them before anything else goes out."""
        self._writer.write(data)
        await self._writer.drain()
        for _ in range(5):
            await asyncio.sleep(0)

    async def chunk(self, data: bytes) -> None:
        """Send one chunk, in one packet."""
        await self.packet(b"%x\r\n%s\r\n" % (len(data), data))

    async def hung_up(self) -> None:
        """Wait until the program has closed the connection."""
        while await self._reader.read(1024):
            pass
        self.gone.set()


Script = Callable[[Peer], Awaitable[None]]


class Device:
    """A device on 127.0.0.1 that plays one script per connection, the last one again and again."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self._tasks: set[asyncio.Task[None]] = set()
        self.peers: list[Peer] = []
        self.address = Address("127.0.0.1", 0, "http")

    async def __aenter__(self) -> Device:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.address.port)
        self.address = Address("127.0.0.1", self._server.sockets[0].getsockname()[1], "http")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        # The program has left by now, so every script has come to its end or is about to.
        await asyncio.gather(*self._tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
            pairs = (line.split(": ", 1) for line in head.splitlines()[1:] if line)
            peer = Peer(reader, writer, {name.lower(): value for name, value in pairs})
            self.peers.append(peer)
            await self._scripts[min(len(self.peers), len(self._scripts)) - 1](peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Watcher:
    """What a page would see of a stream, and its pauses without waiting for them."""

    def __init__(self) -> None:
        self.seen: list[tuple[StreamState, AppError | None]] = []
        self.pauses: list[float] = []
        self.stream: EventStream
        self.in_pause: Callable[[], Awaitable[None]] | None = None

    def on_state(self, state: StreamState) -> None:
        """The program's hook."""
        self.seen.append((state, self.stream.last_error))

    async def sleep(self, pause_s: float) -> None:
        """Note the pause, and do what the test wants done in it."""
        self.pauses.append(pause_s)
        if self.in_pause is not None:
            await self.in_pause()

    @property
    def errors(self) -> list[AppError | None]:
        """Why it paused, each time."""
        return [error for state, error in self.seen if state is StreamState.WAITING]


@asynccontextmanager
async def watching(
    device: Device, *, watchdog_s: float = 20, backoff: Backoff = STEADY, parser: EventParser | None = None
) -> AsyncIterator[Watcher]:
    """A stream of that device, through the real client."""
    client = DeviceClient(device.address, pins=Pins.in_memory())
    watcher = Watcher()
    watcher.stream = EventStream(
        lambda headers: client.stream(PATH, headers=headers, connect_timeout_s=5),
        watchdog_s=lambda: watchdog_s,
        on_state=watcher.on_state,
        backoff=backoff,
        sleep=watcher.sleep,
        parser=parser,
        name="The meter",
    )
    try:
        yield watcher
    finally:
        await client.aclose()


async def first(watcher: Watcher, count: int) -> list[str]:
    """The data of that many events; then the stream is left."""
    got: list[str] = []
    async with aclosing(watcher.stream.events()) as events:
        async for event in events:
            got.append(event.data)
            if len(got) == count:
                break
    return got


async def failure(watcher: Watcher) -> AppError:
    """The error that ends the stream."""
    with pytest.raises(AppError) as caught:
        await first(watcher, 1)
    return caught.value


def answering(head: bytes) -> Script:
    """A device that answers so, and closes."""

    async def script(peer: Peer) -> None:
        await peer.packet(head)

    return script


def status(code: int, body: bytes = b"") -> Script:
    """A device that answers with this status, and closes."""
    return answering(b"HTTP/1.1 %d Word\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (code, len(body), body))


def sending(*events: bytes) -> Script:
    """A device that sends these and holds the connection until the other side hangs up."""

    async def script(peer: Peer) -> None:
        await peer.packet(HEAD)
        for event in events:
            await peer.chunk(event)
        await peer.hung_up()

    return script


def closing_after(*events: bytes) -> Script:
    """A device that sends these and ends the answer."""

    async def script(peer: Peer) -> None:
        await peer.packet(HEAD)
        for event in events:
            await peer.chunk(event)
        await peer.packet(b"0\r\n\r\n")

    return script


def test_header_values_chunk_sizes_and_letters_split_over_packets(run: Run) -> None:
    async def script(peer: Peer) -> None:
        for part in (HEAD[:40], HEAD[40:50], HEAD[50:-2], HEAD[-2:]):
            await peer.packet(part)
        event = b"\xef\xbb\xbfdata:" + "1 €".encode() + b"\r\n\r\n"
        for place in range(len(event)):
            await peer.packet(b"1\r\n")
            await peer.packet(event[place : place + 1])
            await peer.packet(b"\r\n")
        await peer.packet(b"1")
        await peer.packet(b"0\r")
        await peer.packet(b"\ndata:2\r\n\r")
        await peer.packet(b"\nxxxxx\r\n")
        await peer.hung_up()

    async def main() -> None:
        async with Device(script) as device, watching(device) as watcher:
            assert await first(watcher, 2) == ["1 €", "2"]
            await device.peers[0].gone.wait()

    run(main())


def test_every_way_to_cut_a_stream_into_packets_gives_the_same_events(run: Run) -> None:
    chance = random.Random(4)
    wire = HEAD + b"".join(b"%x\r\ndata:%d\r\n\r\n\r\n" % (len(b"data:%d\r\n\r\n" % n), n) for n in range(5))

    async def script(peer: Peer) -> None:
        rest = wire
        while rest:
            length = chance.randint(1, 30)
            await peer.packet(rest[:length])
            rest = rest[length:]
        await peer.hung_up()

    async def main() -> None:
        async with Device(script) as device:
            for _ in range(20):
                async with watching(device) as watcher:
                    assert await first(watcher, 5) == ["0", "1", "2", "3", "4"]

    run(main())


def test_an_end_of_the_answer_sent_twice_is_just_an_end(run: Run) -> None:
    async def twice(peer: Peer) -> None:
        await peer.packet(HEAD)
        await peer.chunk(b"data:1\n\n")
        await peer.packet(b"0\r\n\r\n0\r\n\r\n")
        await peer.hung_up()

    async def main() -> None:
        async with Device(twice, sending(b"data:2\n\n")) as device, watching(device) as watcher:
            assert await first(watcher, 2) == ["1", "2"]
            assert "closed its event stream" in str(watcher.errors[0])

    run(main())


def test_a_server_that_insists_on_the_accept_header_is_served(run: Run) -> None:
    async def strict(peer: Peer) -> None:
        if peer.headers.get("accept") != "text/event-stream" or peer.headers.get("cache-control") != "no-cache":
            await status(403)(peer)
            return
        await sending(b"data:1\n\n")(peer)

    async def main() -> None:
        async with Device(strict) as device, watching(device) as watcher:
            assert await first(watcher, 1) == ["1"]
            assert device.peers[0].headers["connection"] == "keep-alive"

    run(main())


def test_silence_is_noticed_and_the_stream_goes_on_where_it_was(run: Run) -> None:
    async def main() -> None:
        scripts = sending(b"id:7\ndata:1\n\nid:8\ndata:lost"), sending(b"data:2\n\n")
        async with Device(*scripts) as device, watching(device, watchdog_s=0.2) as watcher:

            async def closed_before_the_next() -> None:
                await device.peers[0].gone.wait()

            watcher.in_pause = closed_before_the_next
            assert await first(watcher, 2) == ["1", "2"]
            assert "last-event-id" not in device.peers[0].headers
            assert device.peers[1].headers["last-event-id"] == "7"
            assert [state.value for state, _ in watcher.seen] == [
                "connecting", "live", "waiting", "connecting", "live", "ended",
            ]  # fmt: skip
            assert isinstance(watcher.errors[0], DeviceSilent)
            assert str(watcher.errors[0]) == "The meter has sent nothing for 0.2 s."
            assert watcher.seen[4] == (StreamState.LIVE, None)

    run(main())


def test_a_stream_that_never_says_anything_is_given_up_again_and_again(run: Run) -> None:
    async def main() -> None:
        silent = sending()
        async with (
            Device(silent, silent, sending(b"data:1\n\n")) as device,
            watching(device, watchdog_s=0.1) as watcher,
        ):
            assert await first(watcher, 1) == ["1"]
            assert [type(error) for error in watcher.errors] == [DeviceSilent, DeviceSilent]
            assert watcher.pauses == [1.0, 2.0]

    run(main())


def test_a_stream_of_mere_comments_is_alive(run: Run) -> None:
    async def comments(peer: Peer) -> None:
        await peer.packet(HEAD)
        for _ in range(8):
            await peer.chunk(b":\n")
            await asyncio.sleep(0.15)
        await peer.chunk(b"data:1\n\n")
        await peer.hung_up()

    async def main() -> None:
        async with Device(comments) as device, watching(device, watchdog_s=1.0) as watcher:
            assert await first(watcher, 1) == ["1"]
            assert len(device.peers) == 1

    run(main())


def test_a_slow_reader_is_not_taken_for_a_silent_device(run: Run) -> None:
    async def main() -> None:
        read_on = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.packet(HEAD)
            await peer.chunk(b"data:1\n\n")
            await read_on.wait()
            await peer.chunk(b"data:2\n\n")
            await peer.hung_up()

        async with Device(script) as device, watching(device, watchdog_s=0.3) as watcher:
            async with aclosing(watcher.stream.events()) as events:
                assert (await anext(events)).data == "1"
                await asyncio.sleep(0.7)
                read_on.set()
                assert (await anext(events)).data == "2"
            assert len(device.peers) == 1

    run(main())


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (status(401), LoginFailed),
        (status(403, b"no right"), AccessDenied),
        (status(404, b"License required"), NotFound),
        (status(400), DeviceRefused),
        (status(410), DeviceRefused),
        (status(205), NotAnEventStream),
        (answering(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"), NotAnEventStream),
    ],
)
def test_what_does_not_pass_is_raised_and_not_asked_again(run: Run, script: Script, error: type[AppError]) -> None:
    async def main() -> None:
        async with Device(script) as device, watching(device) as watcher:
            raised = await failure(watcher)
            assert type(raised) is error
            assert len(device.peers) == 1
            assert watcher.seen[-1] == (StreamState.ENDED, raised)
            assert watcher.pauses == []

    run(main())


def test_what_the_device_said_is_in_the_details(run: Run) -> None:
    async def main() -> None:
        async with Device(status(404, b"License required\n")) as device, watching(device) as watcher:
            raised = await failure(watcher)
            assert raised.details == "License required"
            assert raised.message == "The meter answers 404 to the request for its event stream."

    run(main())


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (b"Content-Type: text/html\r\n", "text/html"),
        (b"Content-Type: text/event-streams\r\n", "text/event-streams"),
        (b"", "no content type"),
    ],
)
def test_a_web_page_is_no_event_stream(run: Run, header: bytes, named: str) -> None:
    async def main() -> None:
        page = answering(b"HTTP/1.1 200 OK\r\n%sContent-Length: 9\r\n\r\ndata:1\n\n\n" % header)
        async with Device(page) as device, watching(device) as watcher:
            raised = await failure(watcher)
            assert isinstance(raised, BadReply)
            assert named in raised.message
            assert len(device.peers) == 1

    run(main())


def test_the_content_type_is_compared_without_case_and_parameters(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.packet(b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream ;charset=windows-1252\r\n\r\n")
        await peer.packet("data:ok…\n\n".encode())
        await peer.hung_up()

    async def main() -> None:
        async with Device(script) as device, watching(device) as watcher:
            assert await first(watcher, 1) == ["ok…"]

    run(main())


@pytest.mark.parametrize("code", [500, 503, 408, 409, 429])
def test_a_busy_device_is_asked_again(run: Run, code: int) -> None:
    async def main() -> None:
        async with Device(status(code, b"busy"), sending(b"data:1\n\n")) as device, watching(device) as watcher:
            assert await first(watcher, 1) == ["1"]
            refused = watcher.errors[0]
            assert isinstance(refused, DeviceFailed)
            assert (refused.status, refused.details) == (code, "busy")

    run(main())


def test_204_ends_the_stream_for_good(run: Run) -> None:
    async def main() -> None:
        async with Device(closing_after(b"data:1\n\n"), status(204)) as device, watching(device) as watcher:
            assert [event.data async for event in watcher.stream.events()] == ["1"]
            assert len(device.peers) == 2
            assert watcher.stream.state is StreamState.ENDED

    run(main())


def test_a_stream_taken_over_by_another_program_is_no_tight_loop(run: Run) -> None:
    async def main() -> None:
        taken = closing_after()
        scripts = [taken] * 7 + [closing_after(b"data:1\n\n"), taken, sending(b"data:2\n\n")]
        async with Device(*scripts) as device, watching(device) as watcher:
            assert await first(watcher, 2) == ["1", "2"]
            assert watcher.pauses == [1, 2, 4, 8, 16, 30, 30, 1, 2]
            assert all("Is another program reading it?" in error.hint for error in watcher.errors if error)
            assert len(device.peers) == 10

    run(main())


def test_a_connection_that_breaks_without_an_end_is_made_again(run: Run) -> None:
    async def main() -> None:
        async def breaks(peer: Peer) -> None:
            await peer.packet(HEAD)
            await peer.chunk(b"id:1\ndata:1\n\n")
            await peer.packet(b"ff\r\ndata:half an event\n")

        async with Device(breaks, sending(b"data:2\n\n")) as device, watching(device) as watcher:
            assert await first(watcher, 2) == ["1", "2"]
            assert isinstance(watcher.errors[0], DeviceUnreachable)
            assert device.peers[1].headers["last-event-id"] == "1"

    run(main())


def test_chunks_that_are_none_and_answers_that_are_no_http_are_asked_again(run: Run) -> None:
    async def main() -> None:
        scripts = answering(HEAD + b"zz\r\n"), answering(b"SSH-2.0-x\r\n\r\n"), sending(b"data:1\n\n")
        async with Device(*scripts) as device, watching(device) as watcher:
            assert await first(watcher, 1) == ["1"]
            assert [type(error) for error in watcher.errors] == [BadReply, BadReply]

    run(main())


def test_a_line_without_end_is_cut_off_and_the_limit_named(run: Run) -> None:
    async def endless(peer: Peer) -> None:
        await peer.packet(HEAD)
        await peer.chunk(b"data:1\n\n")
        for _ in range(100_000):
            await peer.chunk(b"data:" + b"x" * 4096)

    async def main() -> None:
        parser = EventParser(max_skipped=500_000)
        async with Device(endless, sending(b"data:2\n\n")) as device, watching(device, parser=parser) as watcher:
            assert await first(watcher, 2) == ["1", "2"]
            assert isinstance(watcher.errors[0], BadReply)
            assert "did not end within 500000 bytes" in watcher.errors[0].message

    run(main())


def test_an_event_beyond_the_limits_is_left_out_on_the_same_connection(run: Run) -> None:
    async def main() -> None:
        said: list[BadReply] = []
        flood = b"id:5\ndata:1\n\n" + b"data:%s\n" % (b"x" * 90) * 3 + b"\n" + b"y" * 9000 + b"\n\ndata:2\n\n"
        parser = EventParser(max_line=100, max_event=200, on_spoiled=said.append)
        async with Device(sending(flood)) as device, watching(device, parser=parser) as watcher:
            assert await first(watcher, 2) == ["1", "2"]
            assert len(device.peers) == 1
            assert [error.message for error in said] == [
                "The device sent an event of more than 200 bytes in its event stream.",
                "The device sent a line of more than 100 bytes in its event stream.",
            ]

    run(main())


@pytest.mark.parametrize(
    ("line", "pause_s"),
    [(b"retry:1500", 1.5), (b"retry:0", 0.5), (b"retry:99999999999999", 300.0), (b"retry:soon", 1.0)],
)
def test_the_pause_that_the_device_asks_for_is_kept_within_reason(run: Run, line: bytes, pause_s: float) -> None:
    async def main() -> None:
        scripts = closing_after(line + b"\ndata:1\n\n"), sending(b"data:2\n\n")
        async with Device(*scripts) as device, watching(device) as watcher:
            assert await first(watcher, 2) == ["1", "2"]
            assert watcher.pauses == [pause_s]

    run(main())


def test_pauses_grow_to_a_limit_and_chance_only_lengthens_them() -> None:
    early, late = Backoff(random=lambda: 0.0), Backoff(random=lambda: 1.0)
    assert [early.delay_s(failures, None) for failures in (0, 1, 2, 5, 10**6)] == [1, 2, 4, 30, 30]
    assert [late.delay_s(failures, None) for failures in (0, 1, 2, 5, 10**6)] == [1.5, 3, 6, 45, 45]
    assert [early.delay_s(failures, 20.0) for failures in (0, 1, 2)] == [20, 30, 30]
    assert [early.delay_s(failures, 60.0) for failures in (0, 1, 2)] == [60, 60, 60]
    assert len({Backoff().delay_s(0, None) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("id_line", "sent"),
    [
        (b"id:  5 ", "5"),
        ("id:…".encode(), None),
        (b"id:a\x01b", None),
        (b"id:" + b"9" * 5000, None),
        (b"id:1\ndata:0\n\nid", None),
    ],
)
def test_an_id_that_is_no_header_value_is_not_sent_back(run: Run, id_line: bytes, sent: str | None) -> None:
    async def main() -> None:
        scripts = closing_after(id_line + b"\ndata:1\n\n", b"data:2\n\n"), sending(b"data:end\n\n")
        async with Device(*scripts) as device, watching(device) as watcher:
            assert (await first(watcher, 3 + id_line.count(b"data")))[-1] == "end"
            assert device.peers[1].headers.get("last-event-id") == sent

    run(main())


def test_a_device_that_is_off_is_waited_for(run: Run) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        device = Device(sending(b"data:1\n\n"))
        device.address = Address("127.0.0.1", port, "http")
        async with watching(device) as watcher:

            async def switched_on() -> None:
                if len(watcher.pauses) == 3:
                    await device.__aenter__()

            watcher.in_pause = switched_on
            try:
                assert await first(watcher, 1) == ["1"]
            finally:
                await device.__aexit__()
            assert watcher.pauses == [1, 2, 4]
            assert all(isinstance(error, DeviceUnreachable) for error in watcher.errors)

    run(main())


class Plain:
    """An answer that comes from no HTTP client: its chunks are given, empty ones among them."""

    def __init__(self, status: int, *chunks: bytes) -> None:
        self.status = status
        self.headers = {"content-type": "text/event-stream"}
        self.body = b""
        self._chunks = list(chunks)
        self.closed = False

    async def __aenter__(self) -> Plain:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closed = True

    def __aiter__(self) -> Plain:
        return self

    async def __anext__(self) -> bytes:
        if not self._chunks:
            raise StopAsyncIteration
        return self._chunks.pop(0)


def test_any_source_of_bytes_can_be_the_stream(run: Run) -> None:
    async def main() -> None:
        answers = [Plain(200, b"", b"data:1\n", b"", b"\n"), Plain(401)]
        pauses: list[float] = []

        async def sleep(pause_s: float) -> None:
            pauses.append(pause_s)

        left = iter(answers)
        stream = EventStream(lambda _: next(left), watchdog_s=lambda: 20, sleep=sleep)
        async with aclosing(stream.events()) as events:
            assert (await anext(events)).data == "1"
            with pytest.raises(LoginFailed, match="The device answers 401"):
                await anext(events)
        assert 1 <= pauses.pop() <= 1.5
        assert all(answer.closed for answer in answers)
        assert stream.state is StreamState.ENDED

    run(main())


def test_reading_ends_before_the_connection_is_closed(run: Run) -> None:
    async def main() -> None:
        ended: list[str] = []

        class Generated(Plain):
            async def __aexit__(self, *_: object) -> None:
                ended.append("connection")

            async def __aiter__(self) -> AsyncIterator[bytes]:  # type: ignore[override]
                try:
                    yield b"data:1\n\n"
                finally:
                    ended.append("reading")

        stream = EventStream(lambda _: Generated(200), watchdog_s=lambda: 20)
        async with aclosing(stream.events()) as events:
            assert (await anext(events)).data == "1"
        assert ended == ["reading", "connection"]

    run(main())


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel it and see that it ends by that."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_cancelling_closes_the_connection_at_once(run: Run) -> None:
    async def main() -> None:
        async with Device(sending(b"data:1\n\n")) as device, watching(device) as watcher:
            live = asyncio.Event()
            reading: list[str] = []

            async def consume() -> None:
                async for event in watcher.stream.events():
                    reading.append(event.data)
                    live.set()

            task = asyncio.create_task(consume())
            await live.wait()
            await cancelled(task)
            await device.peers[0].gone.wait()
            assert reading == ["1"]
            assert watcher.stream.state is StreamState.ENDED

    run(main())


def test_cancelling_while_the_device_has_not_answered_closes_the_connection(run: Run) -> None:
    async def main() -> None:
        asked = asyncio.Event()

        async def mute(peer: Peer) -> None:
            asked.set()
            await peer.hung_up()

        async with Device(mute) as device, watching(device) as watcher:
            task = asyncio.create_task(first(watcher, 1))
            await asked.wait()
            await cancelled(task)
            await device.peers[0].gone.wait()
            assert [state for state, _ in watcher.seen] == [StreamState.CONNECTING, StreamState.ENDED]

    run(main())


def test_cancelling_in_the_pause_makes_no_further_attempt(run: Run) -> None:
    async def main() -> None:
        async with Device(status(503)) as device, watching(device) as watcher:
            pausing = asyncio.Event()

            async def forever() -> None:
                pausing.set()
                await asyncio.Event().wait()

            watcher.in_pause = forever
            task = asyncio.create_task(first(watcher, 1))
            await pausing.wait()
            await cancelled(task)
            assert len(device.peers) == 1
            assert watcher.stream.state is StreamState.ENDED

    run(main())


def test_leaving_early_closes_the_connection(run: Run) -> None:
    async def main() -> None:
        async with Device(sending(b"data:1\n\ndata:2\n\n")) as device, watching(device) as watcher:
            assert await first(watcher, 1) == ["1"]
            await device.peers[0].gone.wait()
            assert watcher.stream.state is StreamState.ENDED

    run(main())
