"""A simulated INGECON SUN device: an inverter's card of one of four models, or an EMS of one of two layouts.

As strict as the manual: a GET where POST is documented is refused, so is another login, so is another question.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Self

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.scenario.clock import MIDNIGHT
from app.scenario.energy import EnergyMeter
from app.scenario.site import LINE_OF, Point, Site
from app.scenario.sunny_day import Moment, sunny_day
from app.scenario.trouble import STREAMS_TAKEN, Trouble
from app.vendors.ingecon.simulator.inverters import FIRMWARES, rows
from app.vendors.ingecon.simulator.plant import INTERVAL, at_inverter, sample, three_phases, with_storage

HANG_UP = "wattwright.hang_up"
"""The host's ASGI extension: closes the connection."""

REALM = "INGECON SUN"
USER = PASSWORD = "installer"  # noqa: S105 -- of the manual's example; nothing real is opened with it
LONGEST_LINE = 200_000
FIRST_WH = 20_677_000.0
"""What an inverter has counted before."""
DEMO_HOUR = 11
"""The demo's day begins here, whatever the hour: at night there would be little to see."""
KEPT_DAYS = 40
"""How far back the datalogger goes."""


class Kind(Enum):
    """Which device it is; the value is the inverter model's key or the EMS's layout."""

    PLAY_1 = "play1"
    PLAY_3 = "play3"
    STORAGE_1 = "storage1"
    STORAGE_3 = "storage3"
    EMS_PHASES = "EMS, three phases"
    EMS_STORAGE = "EMS, STORAGE 1Play TLM"

    @property
    def ems(self) -> bool:
        """Is it an EMS?"""
        return self in (Kind.EMS_PHASES, Kind.EMS_STORAGE)


MODELS = {
    "ems-storage": Kind.EMS_STORAGE,
    "storage-1play": Kind.STORAGE_1,
    "3play": Kind.PLAY_3,
    "1play": Kind.PLAY_1,
    "storage-3play": Kind.STORAGE_3,
    "ems-phases": Kind.EMS_PHASES,
}
"""What `demo` makes, by name; without a name one after the other."""


class Spoiled(Enum):
    """What can be wrong with one event of the stream."""

    BAD_JSON = "the data is no JSON"
    NO_LIST = "Phases is no list"
    HUGE = "the data is a single line of 200 kB"
    NOT_UTF8 = "a byte that is no UTF-8"
    TEXTS = "numbers come as strings, with a trailing comma"
    STALL = "nothing more comes on this connection"
    DROP = "the connection breaks"


class IngeconSimulator:
    """One device. Its time runs `speed` times as fast as the wall's, from `begin` on (default: now).

    `failing` names the values that the inverter says it could not read; `alarm` is its alarm code. `spoiled` is what
    will be wrong with the next events. `missing_days` and `gaps` (begin, end) are what the datalogger did not keep.
    `serial` is what the card's own page tells, which the manual does not know: without one there is no such page.
    `realm` is what its demand for a login names. `stream_needs_login` as seen on units; the manual shows none.
    At a `site` it has that site's time and measures what flows there; `begin` and `speed` are then the site's.
    """

    vendor = "ingecon"
    max_connections = 7
    keep_alive_s = 5.0
    tls = None
    announce: tuple[str, dict[str, str]] | None = None

    def __init__(
        self,
        kind: Kind = Kind.PLAY_1,
        *,
        begin: datetime | None = None,
        latency_ms: float = 0.0,
        speed: float = 1.0,
        interval_s: float = 1.0,
        serial: str = "",
        firmware: str = "",
        realm: str = REALM,
        stream_needs_login: bool = False,
        clock: Callable[[], float] = time.monotonic,
        site: Site | None = None,
    ) -> None:
        self.kind = kind
        self.site = site
        self.serial = serial
        self.firmware = firmware or FIRMWARES.get(kind.value, "")
        self.realm = realm
        self.stream_needs_login = stream_needs_login
        self.interval_s = interval_s
        self.latency_s = latency_ms / 1000
        self.alarm = 0
        self.battery = True
        self.failing: set[str] = set()
        self.spoiled: deque[Spoiled] = deque()
        self.missing_days: set[date] = set()
        self.gaps: list[tuple[datetime, datetime]] = []
        self.event_names: tuple[str, ...] = ("/ems/sse/phases",)
        self.requests: list[str] = []
        self.streams = 0
        self.stream_taken = False
        """Others hold all the streams that it has."""
        self.spoiling = False
        """Every other event is spoiled, until this is over."""
        self._taken = asyncio.Event()
        self._counter = EnergyMeter(site, self._point) if site is not None else None
        self._speed = speed
        self._begin = begin or datetime.now()
        self._clock = clock
        self._started = clock()
        self._routes: ASGIApp = Starlette(routes=list(self._documented()))

    @classmethod
    def models(cls) -> dict[str, str]:
        """The names that `demo` knows, and what they stand for."""
        return {name: kind.value if kind.ems else f"inverter {kind.value}" for name, kind in MODELS.items()}

    @classmethod
    def demo(cls, index: int = 0, latency_ms: float = 0.0, *, model: str = "", site: Site | None = None) -> Self:
        """A device of the demo site: without a model the EMS with storage first, then the inverters."""
        kind = MODELS[model] if model else tuple(MODELS.values())[index % len(MODELS)]
        begin = datetime.now().replace(hour=DEMO_HOUR, minute=0, second=0, microsecond=0)
        return cls(kind, begin=begin, latency_ms=latency_ms, serial=f"4040{index:08d}", site=site)

    @property
    def _point(self) -> Point:
        """Where at a site this device is wired."""
        if self.kind.ems:
            return Point.GRID
        return Point.HYBRID if self.kind in (Kind.STORAGE_1, Kind.STORAGE_3) else Point.PV

    @property
    def login(self) -> tuple[str, str]:
        """Who may ask it."""
        return USER, PASSWORD

    def troubles(self) -> tuple[Trouble, ...]:
        """What can be wrong with it on demand."""
        if not self.kind.ems:
            return (
                Trouble("values", "answers that it cannot read its values (success: false)", self._fail, self._work),
            )

        def take() -> None:
            self.stream_taken = True
            self._taken.set()

        def give_back() -> None:
            self.stream_taken = False
            self._taken = asyncio.Event()

        def spoil(on: bool) -> Callable[[], None]:
            return lambda: setattr(self, "spoiling", on)

        return (
            Trouble("streams", STREAMS_TAKEN, take, give_back),
            Trouble(
                "events", "every other event is spoiled: bad JSON, bad UTF-8, a huge line", spoil(True), spoil(False)
            ),
        )

    def _fail(self) -> None:
        self.failing = {row["name"] for row in self.answer()["Data"] if row["type"] == "number"}

    def _work(self) -> None:
        self.failing = set()

    def _documented(self) -> list[Route]:
        found = [Route("/system/info/device", self._card)] if self.serial else []
        if not self.kind.ems:
            return [*found, Route("/inverter/properties/read/{node:int}", self._properties, methods=["POST"])]
        return [
            *found,
            Route("/system/events/sse/stream", self._stream),
            Route("/ems/datalogger/samples/{day}/{minutes:int}", self._samples, methods=["POST"]),
        ]

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The device as an ASGI application."""
        request = Request(scope)
        self.requests.append(f"{request.method} {request.url.path}")
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if self._needs_login(request) and not _right(request.headers.get("authorization", "")):
            demand = {"WWW-Authenticate": f'Basic realm="{self.realm}"'}
            await PlainTextResponse("Unauthorized", 401, demand)(scope, receive, send)
            return
        await self._routes(scope, receive, send)

    def _needs_login(self, request: Request) -> bool:
        if request.method == "POST" or request.url.path == "/system/info/device":
            return True
        return self.stream_needs_login

    def now(self) -> datetime:
        """The device's local time."""
        if self.site is not None:
            return self.site.clock.now()
        return self._begin + timedelta(seconds=(self._clock() - self._started) * self._speed)

    def moment(self) -> Moment:
        """The plant as it is now."""
        return self._plant_at(self.now())

    def _plant_at(self, time: datetime) -> Moment:
        return plant_at(time) if self.site is None else self.site.plant((time - MIDNIGHT).total_seconds())

    def answer(self) -> dict[str, Any]:
        """What the inverter answers now."""
        time_s = (self.now() - MIDNIGHT).total_seconds()
        moment = self.moment()
        energy_wh = FIRST_WH + time_s % 1e9 / 3600 * 900
        volts = round(230 + 2 * (time_s % 300) / 300, 1)
        hertz = 50 + 0.02 * ((time_s % 60) / 60 - 0.5)
        if self.site is not None and self._counter is not None:
            line = self.site.lines(self._point, time_s)[LINE_OF.get(self._point, 0)]
            moment = at_inverter(moment, hybrid=self._point is Point.HYBRID)
            energy_wh = FIRST_WH + sum(self._counter.until(time_s).exported)
            volts, hertz = line.volts, self.site.frequency_hz(time_s)
        data = rows(
            self.kind.value,
            moment,
            energy_wh=energy_wh,
            hours=28_251 + time_s % 1e9 // 3600,
            volts=round(volts, 1),
            hertz=hertz,
            alarm=self.alarm,
        )
        for row in data:
            row["success"] = row["name"] not in self.failing
        return {"Modbusnode": 1, "canid": -1, "firmware": self.firmware, "connection": "", "Data": data}

    def event(self) -> dict[str, Any]:
        """What the EMS tells now."""
        alarm = f"{self.alarm:04X}" if self.alarm else ""
        if self.site is None:
            moment = self.moment()
            if self.kind is Kind.EMS_PHASES:
                return three_phases(moment)
            return with_storage(moment, battery=self.battery, alarm=alarm)
        time_s = self.site.clock.time_s()
        moment = self.site.plant(time_s)
        if self.kind is Kind.EMS_PHASES:
            return three_phases(moment, [line.watts for line in self.site.lines(Point.GRID, time_s)])
        return with_storage(moment, battery=self.battery, alarm=alarm, hybrid=True)

    async def _card(self, _request: Request) -> Response:
        return _json({"SerialNumber": self.serial, "HwType": "AAX0060", "ApiVersion": 102})

    async def _properties(self, request: Request) -> Response:
        if request.path_params["node"] != 1:
            return PlainTextResponse("No such inverter", 404)
        try:
            asked = msgspec.json.decode(await request.body())
        except msgspec.DecodeError:
            return PlainTextResponse("No JSON", 400)
        if asked != {"readdb": True}:
            return PlainTextResponse("readdb expected", 400)
        return _json(self.answer())

    async def _samples(self, request: Request) -> Response:
        try:
            day = datetime.strptime(request.path_params["day"], "%Y%m%d").date()
        except ValueError:
            return PlainTextResponse("Bad date", 400)
        if request.path_params["minutes"] != INTERVAL // timedelta(minutes=1):
            return PlainTextResponse("Bad interval", 400)
        return _json(self.day(day))

    def day(self, day: date) -> list[dict[str, Any]]:
        """The samples of a day, as far as it has come."""
        now = self.now()
        if day in self.missing_days or day < (now - timedelta(days=KEPT_DAYS)).date():
            return []
        moment = datetime.combine(day, datetime.min.time())
        found: list[dict[str, Any]] = []
        while moment.date() == day and moment <= now:
            if not any(begin <= moment < end for begin, end in self.gaps):
                found.append(sample(moment, self._plant_at(moment), len(found) + 1))
            moment += INTERVAL
        return found

    async def _stream(self, request: Request) -> Response:
        if "text/event-stream" not in request.headers.get("accept", ""):
            return PlainTextResponse("Forbidden", 403)
        if self.stream_taken:
            return PlainTextResponse("Too many connections", 503)
        hang_up = request.scope.get("extensions", {}).get(HANG_UP, lambda: None)
        return StreamingResponse(
            self._events(hang_up), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
        )

    async def _over(self) -> bool:
        """Wait for the time of the next event; true when the streams were taken away meanwhile."""
        try:
            async with asyncio.timeout(self.interval_s):
                await self._taken.wait()
        except TimeoutError:
            return False
        return True

    async def _events(self, hang_up: Callable[[], None]) -> AsyncIterator[bytes]:
        self.streams += 1
        number = 0
        try:
            while True:
                spoiled = self.spoiled.popleft() if self.spoiled else None
                if self.spoiling and number % 2:
                    spoiled = _SPOILING[number // 2 % len(_SPOILING)]
                if spoiled is Spoiled.DROP:
                    hang_up()
                    return
                if spoiled is Spoiled.STALL:
                    await asyncio.Event().wait()
                name = self.event_names[number % len(self.event_names)]
                number += 1
                head = f"event: {name}\n".encode() if name else b""
                yield head + b"data: " + _spoil(msgspec.json.encode(self.event()), spoiled) + b"\n\n"
                if await self._over():
                    hang_up()
                    return
        finally:
            self.streams -= 1


def plant_at(time: datetime) -> Moment:
    """The plant of no particular site at a local time."""
    return sunny_day((time - MIDNIGHT).total_seconds())


_SPOILING = (Spoiled.BAD_JSON, Spoiled.NOT_UTF8, Spoiled.HUGE)


def _right(authorization: str) -> bool:
    scheme, _, sent = authorization.partition(" ")
    try:
        given = base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, f"{USER}:{PASSWORD}".encode())


def _spoil(data: bytes, spoiled: Spoiled | None) -> bytes:
    if spoiled is Spoiled.BAD_JSON:
        return b"{Phases: oops}"
    if spoiled is Spoiled.NO_LIST:
        return b'{"Phases":"none"}'
    if spoiled is Spoiled.HUGE:
        return b'{"Phases":"' + b"9" * LONGEST_LINE + b'"}'
    if spoiled is Spoiled.NOT_UTF8:
        return data.replace(b'"Phase":', b'"\xff\xfe":1,"Phase":', 1)
    if spoiled is Spoiled.TEXTS:
        return data.replace(b'"Phase":', b'"W":"1234","Phase":', 1).replace(b"]}", b",]}")
    return data


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
