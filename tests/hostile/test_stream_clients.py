"""The stream clients of every family, over real sockets, from devices whose small HTTP stacks do what real ones do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.session import DeviceSession
from app.model.device import Credentials
from app.model.errors import AccessDenied
from app.model.quantity import Feed, Reading
from app.net.pins import Pins
from app.registry import vendor
from app.simulators.host import Running, SimulatorHost
from app.site.sitefile import SiteFile
from app.vendors.ingecon.simulator import IngeconSimulator
from app.vendors.ingecon.simulator import Kind as IngeconKind
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.conftest import Run
from tests.hostile.test_event_streams import HEAD, Device, Peer

WHATWATT_DATA = msgspec.json.encode({"P_In": 1.5, "P_Out": 0, "V_P1": 230.1, "V_P2": 229.0, "V_P3": 231.5})
EMS_DATA = msgspec.json.encode({"Phases": [{"Phase": "1", "W": 1500.0, "V": 230.1}, {"Phase": "2", "W": 1.0}]})
SYSTEM = msgspec.json.encode({"device": {"id": "A842E39F8124"}, "meter": {"report": {"interval": 1}}})


@dataclass(frozen=True)
class Family:
    """A family with a stream: its feed, the name and data of its events, what it asks before the stream."""

    vendor: str
    feed: str
    name: bytes
    data: bytes
    power_w: float
    before: bytes = b""


FAMILIES = (
    Family("whatwatt", "live", b"live", WHATWATT_DATA, 1500.0, SYSTEM),
    Family("ingecon", "plant", b"/ems/sse/phases", EMS_DATA, 1501.0),
)
BOTH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.vendor)


def stream(family: Family, play: Callable[[Peer], Awaitable[None]]) -> Callable[[Peer], Awaitable[None]]:
    """A device: what is asked before the stream is answered as usual, the stream is played."""

    async def script(peer: Peer) -> None:
        if peer.headers.get("accept") == "text/event-stream" or not family.before:
            await play(peer)
            return
        body = family.before
        await peer.packet(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
            + b"%d\r\n\r\n%s" % (len(body), body)
        )

    return script


def session_of(family: Family, device: Device | Any, folder: Path, site: SiteFile) -> DeviceSession:
    return DeviceSession(
        vendor(family.vendor),
        device.address,
        pins=Pins.in_memory(),
        journal=site.journal,
        drafts=site.drafts,
        credentials=Credentials("admin", "x"),
    )


@asynccontextmanager
async def listening(family: Family, device: Any, folder: Path) -> Any:
    """The readings of the family's stream, and what its feed says of unreadable events."""
    with SiteFile.open(folder / "site.wattwright") as site:
        session = session_of(family, device, folder, site)
        feed: Feed = next(feed for feed in session.vendor.feeds if feed.key == family.feed)
        try:
            async with aclosing(feed.open(session.connection, "")) as readings:
                yield readings, lambda: feed.unreadable(session.connection)
        finally:
            await session.aclose()


async def power(readings: AsyncGenerator[Reading, None]) -> float:
    return (await anext(readings)).values[0]


def event(family: Family, data: bytes | None = None, end: bytes = b"\n") -> bytes:
    return b"event: " + family.name + end + b"data: " + (family.data if data is None else data) + end + end


@BOTH
def test_chunks_in_pieces_split_headers_and_line_ends_of_all_kinds(
    run: Run[None], tmp_path: Path, family: Family
) -> None:
    async def play(peer: Peer) -> None:
        for piece in (HEAD[:31], HEAD[31:44], HEAD[44:70], HEAD[70:-3], HEAD[-3:]):
            await peer.packet(piece)
        for end in (b"\n", b"\r", b"\r\n"):
            whole = (b"\xef\xbb\xbf" if end == b"\n" else b"") + event(family, end=end)
            # The size of a chunk goes ahead, what it announced follows in pieces.
            await peer.packet(b"%x\r\n" % len(whole))
            for at in range(0, len(whole), 7):
                await peer.packet(whole[at : at + 7])
            await peer.packet(b"\r")
            await peer.packet(b"\n")
        await peer.chunk(b"event: live\n\nid: 4\0\nretry: soon\n\n" + event(family) + b"data: {")
        await peer.packet(b"0\r\n\r\n0\r\n\r\n")
        await peer.hung_up()

    async def main() -> None:
        async with (
            Device(stream(family, play)) as device,
            listening(family, device, tmp_path) as (readings, unreadable),
        ):
            first = [await power(readings) for _ in range(4)]
            assert first == [family.power_w] * 4
            assert unreadable() == 0

    run(main())


SPOILED = {
    "a huge line": b"9" * 200_000,
    "bytes that are no UTF-8": b'{"P_In":1,"\xff\xfe":1,"Phases":[{"Phase":1,"W":1}]}',
    "half a letter": b'{"P_In":1,"\xe2\x82":1,"Phases":[{"Phase":1,"W":1}]}',
    "broken JSON": b'{"P_In": oops, "Phases": oops}',
    "JSON that breaks off": b'{"P_In": 1, "Phases": [',
    "JSON that is nested without end": b"[" * 30_000,
    "a huge event of many lines": b"\ndata: ".join([b"7" * 60_000] * 20),
}


@BOTH
@pytest.mark.parametrize("wrong", SPOILED.values(), ids=SPOILED.keys())
def test_one_spoiled_event_is_counted_and_left_out_on_the_same_connection(
    run: Run[None], tmp_path: Path, family: Family, wrong: bytes
) -> None:
    opened: list[Peer] = []

    async def play(peer: Peer) -> None:
        opened.append(peer)
        await peer.packet(HEAD)
        await peer.chunk(event(family) + event(family, wrong) + event(family))
        await peer.hung_up()

    async def main() -> None:
        async with (
            Device(stream(family, play)) as device,
            listening(family, device, tmp_path) as (readings, unreadable),
        ):
            assert await power(readings) == await power(readings)
            assert unreadable() == 1
            assert len(opened) == 1

    run(main())


@BOTH
def test_a_server_that_wants_the_accept_header_gets_it(run: Run[None], tmp_path: Path, family: Family) -> None:
    asked: list[str | None] = []

    async def strict(peer: Peer) -> None:
        asked.append(peer.headers.get("accept"))
        if peer.headers.get("accept") != "text/event-stream":
            await peer.packet(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        await peer.packet(HEAD)
        await peer.chunk(event(family))
        await peer.hung_up()

    async def main() -> None:
        async with Device(stream(family, strict)) as device, listening(family, device, tmp_path) as (readings, _):
            await power(readings)

    run(main())
    assert asked == ["text/event-stream"]


@BOTH
def test_a_403_all_the_same_is_said_and_not_asked_again(run: Run[None], tmp_path: Path, family: Family) -> None:
    asked: list[Peer] = []

    async def never(peer: Peer) -> None:
        asked.append(peer)
        await peer.packet(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    async def main() -> None:
        async with Device(stream(family, never)) as device, listening(family, device, tmp_path) as (readings, _):
            with pytest.raises(AccessDenied):
                await anext(readings)

    run(main())
    assert len(asked) == 1


def simulators() -> list[tuple[Family, Any]]:
    return [
        (FAMILIES[0], WhatwattSimulator(speed=50.0)),
        (FAMILIES[1], IngeconSimulator(IngeconKind.EMS_PHASES, interval_s=0.02)),
    ]


@pytest.mark.parametrize(("family", "simulator"), simulators(), ids=lambda one: getattr(one, "vendor", ""))
def test_of_a_devices_seven_sockets_none_stays_in_use(
    run: Run[None], tmp_path: Path, family: Family, simulator: Any
) -> None:
    simulator.max_connections = 7

    async def main(running: Running) -> None:
        for turn in range(20):
            folder = tmp_path / str(turn)
            folder.mkdir()
            async with listening(family, running, folder) as (readings, _):
                await power(readings)

    with SimulatorHost([simulator]) as host:
        run(main(host[0]))
        running = host[0]
    assert running.wire.accepted >= 20
    assert running.wire.refused == 0
