"""A file sent in small pieces: its progress, its form, giving up, and every way in which it can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from app.model.device import Address, Credentials
from app.model.errors import AnswerLost, AppError, BadReply, DeviceSilent, DeviceUnreachable, LoginFailed
from app.net.client import DeviceClient, Policy
from app.net.pins import Pins
from app.net.upload import PIECE, File, Upload, safe_name
from tests.conftest import Run

OK = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n{"status":"success"}'
CONTENT = bytes(range(256)) * 800
Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Device:
    """Takes one upload as a plain socket does. `head` and `body` are what came."""

    def __init__(self, answer: bytes = OK) -> None:
        self.answer = answer
        self.head = b""
        self.body = b""
        self.connections = 0
        self.left = asyncio.Event()
        self.over = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.head = await reader.readuntil(b"\r\n\r\n")
            await self.take(reader)
            writer.write(self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()

    @property
    def length(self) -> int:
        lines = self.head.decode().lower().split("\r\n")
        return next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))

    async def take(self, reader: asyncio.StreamReader) -> None:
        self.body = await reader.readexactly(self.length)


@asynccontextmanager
async def talking(device: Device) -> AsyncIterator[DeviceClient]:
    server = await asyncio.start_server(device.serve, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    client = DeviceClient(
        Address("127.0.0.1", port, "http"),
        credentials=Credentials("admin", "cabinet 7"),
        pins=Pins.in_memory(),
        policy=Policy(basic_at_once=True),
    )
    try:
        yield client
    finally:
        await client.aclose()
        server.close()
        await server.wait_closed()


def file(content: bytes = CONTENT) -> File:
    return File("image", "g13.bin", content)


async def sent(upload: Upload) -> list[int]:
    async with aclosing(upload.progress()) as going:
        return [step.done async for step in going]


def test_the_form_carries_the_file_and_its_length(run: Run) -> None:
    async def story() -> None:
        device = Device()
        async with talking(device) as client:
            upload = Upload(client, "/firmware", file())
            steps = await sent(upload)
            assert upload.reply is not None
            assert upload.reply.body == b'{"status":"success"}'
        head = device.head.decode().lower()
        assert head.startswith("post /firmware http/1.1\r\n")
        assert "transfer-encoding" not in head
        assert "authorization: basic " in head
        mark = device.head.split(b"boundary=")[1].split(b"\r\n")[0]
        before, _, rest = device.body.partition(b"\r\n\r\n")
        assert before.startswith(b"--" + mark)
        assert b'name="image"; filename="g13.bin"' in before
        assert rest == CONTENT + b"\r\n--" + mark + b"--\r\n"
        assert steps[-1] == len(CONTENT)
        assert steps == sorted(steps)

    run(story())


def test_a_login_by_challenge_sends_the_file_again(run: Run) -> None:
    class Asking(Device):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.answer = OK
            if not self.connections:
                self.answer = (
                    b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nConnection: close\r\n'
                    b"Content-Length: 0\r\n\r\n"
                )
            await super().serve(reader, writer)

    async def story() -> None:
        device = Asking()
        async with talking(device) as client:
            client.policy = Policy(basic_at_once=False)
            upload = Upload(client, "/firmware", file())
            await sent(upload)
            assert upload.reply is not None
            assert upload.reply.status == 200
            assert device.connections == 2
            assert CONTENT in device.body

    run(story())


def test_a_device_that_takes_nothing_more_is_given_up(run: Run) -> None:
    class Stuck(Device):
        async def take(self, reader: asyncio.StreamReader) -> None:
            await reader.readexactly(PIECE)
            await self.over.wait()

    async def story() -> None:
        device = Stuck()
        async with talking(device) as client:
            with pytest.raises(DeviceSilent, match=r"did nothing for 0\.3 s") as failed:
                await sent(Upload(client, "/firmware", file(CONTENT * 40), stall_s=0.3))
            assert "a part of the file" in failed.value.hint
            device.over.set()
            await device.left.wait()

    run(story())


def test_a_connection_that_breaks_says_how_far_it_got(run: Run) -> None:
    class Breaking(Device):
        async def take(self, reader: asyncio.StreamReader) -> None:
            await reader.readexactly(40_000)
            raise ConnectionResetError

    async def story() -> None:
        async with talking(Breaking()) as client:
            with pytest.raises(AnswerLost, match=r"\d+ of \d+ bytes were sent") as failed:
                await sent(Upload(client, "/firmware", file(CONTENT * 40)))
            assert "a part of the file" in failed.value.hint

    run(story())


def test_giving_up_closes_the_connection_and_frees_the_turn(run: Run) -> None:
    async def story() -> None:
        device = Device()
        async with talking(device) as client:
            upload = Upload(client, "/firmware", file(CONTENT * 100))
            async with aclosing(upload.progress()) as going:
                async for step in going:
                    if step.done:
                        break
            await asyncio.wait_for(device.left.wait(), 5)
            assert device.body == b""
            device.answer = OK
            assert (await client.request("POST", "/about", body=b"{}")).status == 200

    run(story())


def test_other_requests_wait_for_their_turn(run: Run) -> None:
    async def story() -> None:
        device = Device()
        async with talking(device) as client:
            order: list[str] = []

            async def ask() -> None:
                await client.request("POST", "/about", body=b"{}")
                order.append("asked")

            async with aclosing(Upload(client, "/firmware", file()).progress()) as going:
                await anext(going)
                asking = asyncio.create_task(ask())
                async for _ in going:
                    assert order == []
                order.append("sent")
            await asking
            assert order == ["sent", "asked"]

    run(story())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", LoginFailed),
        (b"SSH-2.0-dropbear\r\n\r\n", BadReply),
        (b"", AnswerLost),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b" " * 100_000, BadReply),
    ],
)
def test_odd_answers_become_errors_of_ours(run: Run, answer: bytes, kind: type[AppError]) -> None:
    async def story() -> None:
        async with talking(Device(answer)) as client:
            with pytest.raises(kind):
                await sent(Upload(client, "/firmware", file()))

    run(story())


def test_nobody_there(run: Run) -> None:
    async def story() -> None:
        async with talking(Device()) as client:
            client.address = Address("127.0.0.1", 1, "http")
            with pytest.raises(DeviceUnreachable) as failed:
                await sent(Upload(client, "/firmware", file()))
            assert not isinstance(failed.value, AnswerLost)

    run(story())


def test_the_recorder_keeps_name_and_size_and_nothing_of_the_file(run: Run) -> None:
    async def story() -> None:
        async with talking(Device()) as client:
            await sent(Upload(client, "/firmware", file(b"the maker's secret " * 1000)))
            kept = client.recorder.last()
            assert '"file":"g13.bin"' in kept
            assert '"bytes":19000' in kept
            assert "maker" not in kept

    run(story())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("g13 v1.5.bin", "g13 v1.5.bin"),
        ('a"b\r\nX: y.bin', "a_b__X_ y.bin"),
        ("C:\\Users\\me\\grün.bin", "gr_n.bin"),
        ("/etc/passwd", "passwd"),
        ("x" * 100, "x" * 64),
        ("/", "image"),
    ],
)
def test_a_file_name_cannot_leave_its_quotes(name: str, safe: str) -> None:
    assert safe_name(name) == safe
