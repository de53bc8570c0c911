"""A gateway that answers nonsense: whatever stands in a reply, the installer gets a value or an error in words."""

from __future__ import annotations

import asyncio
import copy
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from app.commission.checking import problems_of
from app.model.device import Address, Credentials
from app.model.errors import AnswerLost, AppError, BadReply, DeviceRefused, UsageError
from app.model.section import AnySection
from app.net.client import DeviceClient, Policy
from app.net.pins import Pins
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.feeds import reading
from app.vendors.g13.gateway.basics import ABOUT, CLOCK, NAME
from app.vendors.g13.gateway.registration import METERS
from app.vendors.g13.meter.demand import DEMAND
from app.vendors.g13.meter.naming import NAMING
from app.vendors.g13.meter.ratios import RATIOS
from app.vendors.g13.meter.status import INFO
from tests.conftest import Run

SERIAL = "ABB_8"


class Liar:
    """A server that answers every request with what it is told to, and keeps the connection."""

    def __init__(self) -> None:
        self.body = b"{}"
        self.head = b"HTTP/1.1 200 OK"
        self.asked: list[bytes] = []
        self.connections = 0
        self.heard = asyncio.Event()
        self.closed = asyncio.Event()
        self.silent = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.asked.append(head.split(b"\r\n")[0])
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]) if length else 0)
                self.heard.set()
                if self.silent:
                    await reader.read()
                    return
                writer.write(self.head + b"\r\nContent-Length: %d\r\n\r\n" % len(self.body) + self.body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.closed.set()
            writer.transport.abort()


@asynccontextmanager
async def lying(credentials: Credentials | None = None) -> AsyncIterator[tuple[Liar, G13Client]]:
    liar = Liar()
    listening = await asyncio.start_server(liar.serve, "127.0.0.1", 0)
    address = Address("127.0.0.1", listening.sockets[0].getsockname()[1], "http")
    policy = Policy(idle_s=30, basic_at_once=True, timeout_s=5)
    client = G13Client(DeviceClient(address, credentials=credentials, pins=Pins.in_memory(), policy=policy))
    try:
        yield liar, client
    finally:
        await client.http.aclose()
        listening.close()
        await listening.wait_closed()


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**40,
    1.5,
    "",
    "--5",
    "²",
    "12",
    "9" * 5000,
    "<b>x</b>\n\x1b[2J",
    "x" * 70_000,
    [],
    [[]],
    [None, None],
    {},
    {"value": 1},
)

DOCUMENTS: dict[str, Any] = {
    "about": {"cosemversion": 6, "firmwareversion": "G0.0.0.0", "releasedate": "2012-08-30T14:06:26", "serial": 1234},
    "gateway": {"alias": "Gateway", "location": "Cellar", "serial": "ABB1"},
    "clock": {"datetime": "2012-08-30T14:06:26", "status": "set"},
    "meters": {
        "alias": "Gateway",
        "serial": "ABB1",
        "locations": [
            {
                "location": "Level1",
                "serial": " ",
                "meters": [{"alias": "A", "serial": SERIAL, "protocol": "3", "address": "17", "status": 1}],
            }
        ],
    },
    "scanned": {"scanresult": [{"serial": "A", "token": 1, "protocol": "3", "address": "17"}], "scancomplete": 1},
    "association": {"associationobjects": [1, 0, "1"], "role": "View Only", "serial": SERIAL},
    "info": {
        "manufacturing": {"serial": "1231", "label": "A44 514-100", "firmwareversion": "A0.0.0.0"},
        "ratio": {"ctdenum": "1", "ctnum": "1", "vtdenum": "1", "vtnum": "1"},
        "conversionfactor": {"co2": [1.123, "kg/kWh"], "currency": [100.789, "curr/kWh"]},
        "power": {"powerfailcounter": "4", "poweroutagetime": "0"},
    },
    "instrument": {"l1": {"current": ["0.00", "A"]}, "total": {"powerfactor": ["0.000", None]}},
    "demand": {"dmc": [[59, 1], [60, 99]], "interval": [900, 60], "period": "weekly", "weekday": 2},
}


async def look(client: G13Client, section: AnySection) -> None:
    """All that the window does with a section before anything is sent."""
    value = await section.read(client, SERIAL)
    for field in section.fields:
        field.show(getattr(value, field.name))
        for row in getattr(value, field.name) if field.columns else ():
            for column in field.columns:
                column.show(getattr(row, column.name))
    if section.summary is not None:
        section.summary(value)
    problems_of(section, value)
    msgspec.json.encode(value)


async def measure(client: G13Client) -> None:
    values = await client.instrument(SERIAL)
    reading(values, values, 0.0)


def of(*sections: AnySection) -> Callable[[G13Client], Awaitable[None]]:
    async def use(client: G13Client) -> None:
        for section in sections:
            await look(client, section)

    return use


USES: dict[str, Callable[[G13Client], Awaitable[Any]]] = {
    "about": of(ABOUT),
    "gateway": of(NAME),
    "clock": of(CLOCK),
    "meters": of(METERS, NAMING),
    "scanned": G13Client.scanned,
    "association": lambda client: client.capabilities(SERIAL),
    "info": of(INFO, RATIOS),
    "instrument": measure,
    "demand": of(DEMAND),
}


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, the document itself first."""
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from places(value, (*path, index))


def spoiled(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copied = copy.deepcopy(document)
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return copied


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_odd_value_anywhere_in_a_reply_is_a_value_or_an_error_in_words(run: Run, name: str) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.body = msgspec.json.encode(DOCUMENTS[name])
            await USES[name](client)
            for path in places(DOCUMENTS[name]):
                for odd in ODD:
                    # The standard encoder, as only it writes numbers without a limit.
                    liar.body = msgspec.json.encode(spoiled(DOCUMENTS[name], path, "@@")).replace(b'"@@"', written(odd))
                    error = await told(USES[name](client))
                    assert error is None or len(error.message) < 2000, (path, odd)

    run(ask())


async def told(asking: Awaitable[Any]) -> AppError | None:
    """What the installer is told; anything but an `AppError` fails the test."""
    try:
        await asking
    except AppError as error:
        return error
    return None


def written(value: Any) -> bytes:
    return str(value).encode() if type(value) is int else msgspec.json.encode(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>It works</h1></html>",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 800 + b"]" * 800,
        b"9" * 100_000,
        b"1e999",
        b'{"locations": [',
        b'"\\ud800"',
        b"\xff\xfe\x00{",
        b"nul",
        b'{"status": {"error": []}, "des": []}',
        b'{"status": "ERROR", "des": 5}',
        b'{"status": "error"}',
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("code", [200, 204, 302, 400, 403, 404, 418, 500, 502])
def test_a_reply_that_is_no_data_is_an_error_in_words(run: Run, body: bytes, code: int) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.head, liar.body = b"HTTP/1.1 %d Odd\r\nLink: /lasterror/7" % code, b"" if code == 204 else body
            for name, use in USES.items():
                error = await told(use(client))
                assert error is None or len(error.message) < 2000
                # Firmware that has never heard of functions leaves them to be tried.
                unheard_of = (name, code) == ("association", 404)
                assert error is not None or unheard_of or code == 200, "only an answer that says OK can be believed"
            error = await told(client.update("POST", "/gateway", {"alias": "x"}))
            assert error is not None or code == 200

    run(ask())


@pytest.mark.parametrize(
    "location", [b"http://[::1", b"http://127.0.0.1:99999999/", b"//", b"http://\xe2\x80\xa4/", b"file:///etc/passwd"]
)
def test_a_redirect_to_nowhere_is_an_error_in_words(run: Run, location: bytes) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.head = b"HTTP/1.1 302 Found\r\nLocation: " + location
            with pytest.raises(BadReply):
                await client.about()

    run(ask())


@pytest.mark.parametrize(
    "challenge",
    [
        b"Digest",
        b"Digest nonsense",
        b'Digest realm="x", nonce="y", algorithm=ROT13',
        b'Digest realm="x", nonce="y", qop="auth-int"',
        b'Digest realm="x"',
        b"\xff",
    ],
)
def test_a_login_challenge_that_cannot_be_answered_is_an_error_in_words(run: Run, challenge: bytes) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.head = b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + challenge
            http = DeviceClient(client.http.address, credentials=Credentials("u", "p"), pins=Pins.in_memory())
            with pytest.raises(AppError):
                await http.request("GET", "/")
            await http.aclose()

    run(ask())


@pytest.mark.parametrize("serial", ["", ".", "..", "scanned", "firmware", "x" * 70_000, "a\nb", "a\ud800"])
def test_what_can_be_no_serial_reaches_no_other_resource(serial: str) -> None:
    with pytest.raises(UsageError, match="no serial"):
        meter_path(serial, "info")


@pytest.mark.parametrize("serial", ["a/../../gateway", "a?b=c", "a#b", "a b", "ä%2e", "..%2f", "https://x/"])
def test_odd_characters_of_a_serial_stay_within_its_place_in_the_path(run: Run, serial: str) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.body = msgspec.json.encode(DOCUMENTS["info"])
            await client.meter_info(serial)
            (line,) = liar.asked
            target = line.split(b" ")[1].decode("ascii")
            assert target.startswith("/meters/")
            assert target.endswith("/info")
            assert target.count("/") == 3
            assert not set(target) & set("?# ")

    run(ask())


def test_a_unit_that_is_null_costs_no_reading(run: Run) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.body = b'{"l1":{"voltage":["227.1","V"],"current":[null,"A"]},"total":{"powerfactor":["0.98",null]}}'
            values = await client.instrument(SERIAL)
            found = [value for value in reading(values, {}, 0.0).values if not math.isnan(value)]
            assert found == [227.1, 0.98]

    run(ask())


def test_the_limit_of_an_update_counts_bytes(run: Run) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            await client.update("POST", "/x", {"a": "ä" * 252})
            with pytest.raises(AppError, match="514 bytes"):
                await client.update("POST", "/x", {"a": "ä" * 253})
            assert len(liar.asked) == 1

    run(ask())


def test_a_gateway_without_a_serial_is_not_taken_for_a_meter(run: Run) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.body = b"{}"
            identity = await client.identity()
            before = len(liar.asked)
            assert (await client.capabilities(identity.id)).offered is None
            assert len(liar.asked) == before

    run(ask())


def test_a_cancelled_request_frees_the_turn_and_closes_its_connection(run: Run) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.silent = True
            waiting = asyncio.get_running_loop().create_task(client.about())
            await liar.heard.wait()
            waiting.cancel()
            await asyncio.wait((waiting,))
            assert waiting.cancelled()
            await liar.closed.wait()
            liar.silent = False
            await client.about()
            assert liar.connections == 2

    run(ask())


def test_a_refused_update_drops_the_connection_and_names_the_tag(run: Run) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            liar.head = b"HTTP/1.1 400 Bad Request"
            liar.body = b'{"status":"error","des":"missing alias tag in JSON"}'
            with pytest.raises(DeviceRefused) as refused:
                await client.update("POST", "/gateway", {"x": 1})
            assert refused.value.field == "alias"
            liar.head, liar.body = b"HTTP/1.1 200 OK", b"{}"
            await client.about()
            assert liar.connections == 2

    run(ask())


def test_a_lost_answer_to_a_password_change_keeps_the_login_and_says_what_to_try(run: Run) -> None:
    async def ask() -> None:
        async with lying(Credentials("admin", "old pass")) as (liar, client):
            liar.silent = True
            client.http.policy = Policy(basic_at_once=True, timeout_s=0.3)
            with pytest.raises(AnswerLost) as lost:
                await client.change_password("admin", "old pass", "new pass")
            assert "log in with it" in lost.value.hint
            assert client.http.credentials == Credentials("admin", "old pass")

    run(ask())
