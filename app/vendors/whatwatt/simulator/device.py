"""A simulated whatwatt Go: its pages, the live stream with its limit of one, settings, memory card and restarts."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.scenario.site import Point, Site
from app.scenario.trouble import BAD_EVENTS, STREAMS_TAKEN, Trouble
from app.vendors.whatwatt.simulator.card import MemoryCard
from app.vendors.whatwatt.simulator.firmware import file_of, version_of
from app.vendors.whatwatt.simulator.household import Household, SiteHousehold
from app.vendors.whatwatt.simulator.pages import State, Style, live_data, report_page, system_page, variables
from app.vendors.whatwatt.simulator.protection import Protection
from app.vendors.whatwatt.simulator.radio import LOST, Radio
from app.vendors.whatwatt.simulator.settings import METER, MQTT, Page, Refused, basics
from app.vendors.whatwatt.simulator.spoiling import SPOILING, Spoiled, spoil

HANG_UP = "wattwright.hang_up"
"""The host's ASGI extension: closes the connection."""

LEAVE = "wattwright.leave"
"""The host's ASGI extension: leave(seconds, host, back), as in a restart."""

PIECE = 1460
MOST_LOGGED = 2000
"""Lines of the log that are made up for at once after a long pause."""


class WhatwattSimulator:
    """One device; `index` tells several apart. Time in the house runs `speed` times as fast as on the wall.

    `spoiled` is what will be wrong with the next events. `licensed` false: the report needs a licence.
    At a `site` its meter measures a `point` of it, by the site's clock; it reports as often as ever.
    """

    vendor = "whatwatt"
    max_connections = 7
    keep_alive_s = 5.0
    tls = None

    def __init__(
        self,
        *,
        index: int = 0,
        name: str = "",
        style: Style = Style.P1,
        interval_s: float = 1.0,
        latency_ms: float = 0.0,
        speed: float = 1.0,
        password: str = "",
        digest: bool = True,
        licensed: bool = True,
        clock: Callable[[], float] = time.monotonic,
        site: Site | None = None,
        point: Point = Point.GRID,
    ) -> None:
        self.id = f"A842E3{0x9F8124 + index:06X}"
        self.announce: tuple[str, dict[str, str]] | None = (
            f"whatwatt Go {self.id[-6:]}",
            {"id": self.id, "type": "100"},
        )
        self.style = style
        self.latency_s = latency_ms / 1000
        self.licensed = licensed
        self.refuses_second_stream = False
        self.meter_status = "OK"
        self.v_scap = 4.75
        self.spoiled: deque[Spoiled] = deque()
        self.requests: list[str] = []
        self.streams = 0
        self.protection = Protection(f"whatwatt-{self.id}", password, digest)
        self.house = Household(index, interval_s) if site is None else SiteHousehold(index, interval_s, site, point)
        self.basics = Page(basics(f"whatwatt_{self.id[-6:]}"))
        self.basics.values["system"] |= {"name": name, "protection": bool(password), "password": password}
        self.meter_port = Page(METER)
        self.mqtt = Page(MQTT)
        self.radio = Radio(self.id)
        self.card = MemoryCard()
        self.card.installed = style is Style.P1
        self.card_bytes_per_s = 0.0
        """How fast files of the card come; 0: at once. Real ones bring 12700."""
        self.missing_file_status = 404
        self.downloads = 0
        self.most_downloads = 0
        self.v_usb = 5.16 if style is Style.P1 else 0.0
        self.firmware = "1.10.0" if style is Style.P1 else "1.2.6"
        self.restarts_itself = True
        """After new firmware has come."""
        self.restarting_s = 2.0
        self.moving_s = 0.5
        self.pairing_s = 3.0
        self.pairing_moves = ""
        """Where DHCP of the paired network puts the device; empty: where it was."""
        self.boots = 0
        self._new_firmware = ""
        self._pairs_at: float | None = None
        self._booted_s = 0.0
        self._first_number = 0
        self._logged = 0
        self._speed = speed if site is None else 1.0
        self._clock = clock if site is None else site.clock.run_s
        self._started = clock() if site is None else 0.0
        self.stream_taken = False
        """Another client holds the live stream, and this device refuses a second."""
        self.spoiling = False
        """Every other event is spoiled, until this is over."""
        self._stream: asyncio.Event | None = None
        self._routes: ASGIApp = Starlette(
            routes=[
                Route("/api/v1/system", self._system),
                Route("/api/v1/report", self._report),
                Route("/api/v1/live", self._live),
                Route("/api/v1/variables", self._variables),
                Route("/api/v1/settings", self._settings, methods=["GET", "PUT", "POST"]),
                Route("/api/v1/meter/settings", self._meter_port, methods=["GET", "PUT", "POST"]),
                Route("/api/v1/mqtt/settings", self._mqtt, methods=["GET", "PUT", "POST"]),
                Route("/api/v1/wifi/sta/settings", self._wifi, methods=["GET", "PUT", "POST", "DELETE"]),
                Route("/api/v1/eth/settings", self._ethernet, methods=["GET", "PUT", "POST"]),
                Route("/api/v1/wifi/scan", self._scan),
                Route("/api/v1/wifi/wps", self._wps, methods=["POST"]),
                Route("/api/v1/reboot", self._reboot, methods=["POST"]),
                Route("/api/v1/restore", self._restore, methods=["POST"]),
                Route("/sdcard/{path:path}", self._card),
                Route("/load", self._load, methods=["POST"]),
            ],
        )

    @property
    def settings(self) -> dict[str, Any]:
        """What GET /api/v1/settings answers."""
        return self.basics.told()

    @classmethod
    def models(cls) -> dict[str, str]:
        """The names that `demo` knows, and what they stand for."""
        return {
            "p1": "on the customer port P1, a reading every second",
            "mbus": "on M-Bus, a meter that tells totals only, a reading every 3 s",
        }

    @classmethod
    def demo(cls, index: int = 0, latency_ms: float = 0.0, *, model: str = "", site: Site | None = None) -> Self:
        """A device of the demo site: houses on P1, and, without a model, every third on M-Bus with a meter that says
        less. The first is at the grid connection."""
        name = ("Main building", "Workshop", "Annex")[index % 3]
        point = (Point.GRID, Point.WORKSHOP, Point.HEATING)[index % 3]
        mbus = model == "mbus" if model else index % 3 == 1
        made = cls(
            index=index,
            name=name,
            style=Style.MBUS if mbus else Style.P1,
            interval_s=3.0 if mbus else 1.0,
            latency_ms=latency_ms,
            site=site,
            point=point,
        )
        if mbus:
            # Fed by the meter alone, and with too much to do: what the window has to say of that is to be seen.
            made.v_scap, made.card.installed = 4.38, True
        return made

    def troubles(self) -> tuple[Trouble, ...]:
        """What can be wrong with it on demand."""

        def licence(there: bool) -> Callable[[], None]:
            return lambda: setattr(self, "licensed", there)

        def spoil(on: bool) -> Callable[[], None]:
            return lambda: setattr(self, "spoiling", on)

        def take() -> None:
            self.stream_taken = True
            if self._stream is not None:
                self._stream.set()

        return (
            Trouble("licence", "has no Plus licence", licence(False), licence(True)),
            Trouble("streams", STREAMS_TAKEN, take, lambda: setattr(self, "stream_taken", False)),
            Trouble("events", BAD_EVENTS, spoil(True), spoil(False)),
        )

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The device as an ASGI application."""
        request = Request(scope)
        self.requests.append(f"{request.method} {request.url.path}")
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        demand = self.protection.challenge(request.method, target, request.headers.get("authorization", ""))
        if demand:
            refusal = PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": demand})
            await refusal(scope, receive, send)
            return
        await self._routes(scope, receive, send)

    def elapsed_s(self) -> float:
        """How long the house has been running, by its own time."""
        return (self._clock() - self._started) * self._speed

    def advance(self) -> Household:
        """The house as it is now; its log on the card goes along."""
        now = int(self.elapsed_s() / self.house.interval_s)
        sd = self.basics.values["services"]["sd"]
        if sd["enable"] and self.card.installed:
            every = max(1, round(sd["frequency"] / self.house.interval_s))
            begin = max(self._logged, self.house.number, now - MOST_LOGGED * every)
            for number in range((begin // every + 1) * every, now + 1, every):
                self.house.advance(number)
                self.card.write(self._state(number * self.house.interval_s))
        self._logged = now
        self.house.advance(now)
        if self._pairs_at is not None and self._clock() >= self._pairs_at:
            self._pairs_at = None
            self.radio.pair()
        return self.house

    def state(self) -> State:
        """What the device would tell now."""
        self.advance()
        return self._state(self.elapsed_s())

    def _now(self, elapsed_s: float) -> datetime:
        """What its clock says after it has been running for so long."""
        if isinstance(self.house, SiteHousehold):
            return self.house.at(elapsed_s).astimezone()
        ahead_s = elapsed_s - self.elapsed_s() / self._speed
        return datetime.now().astimezone() + timedelta(seconds=ahead_s)

    def _state(self, elapsed_s: float) -> State:
        mqtt = self.mqtt.values
        cloud = self.basics.values["services"]["cloud"]
        return State(
            id=self.id,
            name=self.basics.values["system"]["name"],
            style=self.style,
            house=self.house,
            now=(now := self._now(elapsed_s)),
            clock=datetime.now().astimezone() if isinstance(self.house, SiteHousehold) else now,
            running_s=max(0.0, elapsed_s - self._booted_s),
            meter_status=self.meter_status,
            v_scap=self.v_scap,
            licensed=self.licensed,
            v_usb=self.v_usb,
            firmware=self.firmware,
            boots=self.boots,
            first_number=self._first_number,
            wifi=self.radio.wifi_page(),
            ethernet=self.radio.ethernet_page(),
            card=self.card.installed,
            card_mb=self.card.size_mb,
            clouds={
                "whatwatt": {"enabled": cloud["what_watt"], "connected": cloud["what_watt"]},
                "mystrom": {
                    "enabled": cloud["mystrom"],
                    "status": "CONNECTED" if cloud["mystrom"] else "DISABLED",
                },
                "solar_manager": {"enabled": cloud["solar_manager"], "connected": cloud["solar_manager"]},
                "mqtc": {"enabled": mqtt["enable"], "connected": mqtt["enable"] and bool(mqtt["url"])},
            },
            conv_factor=self.meter_port.values["conv_factor"],
        )

    async def _system(self, _request: Request) -> Response:
        return _json(system_page(self.state()))

    async def _report(self, _request: Request) -> Response:
        if not self.licensed:
            return _unlicensed()
        return _json(report_page(self.state()))

    async def _live(self, request: Request) -> Response:
        if self.stream_taken:
            return PlainTextResponse("Busy", 503)
        if self._stream is not None:
            if self.refuses_second_stream:
                return PlainTextResponse("Busy", 503)
            self._stream.set()
        over = self._stream = asyncio.Event()
        hang_up = request.scope.get("extensions", {}).get(HANG_UP, lambda: None)
        return StreamingResponse(
            self._events(over, hang_up), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
        )

    async def _events(self, over: asyncio.Event, hang_up: Callable[[], None]) -> AsyncIterator[bytes]:
        """An event for every reading of the meter, until another client takes the stream. No heartbeat."""
        self.streams += 1
        number = 0
        try:
            while not over.is_set():
                if await self._next_reading(over):
                    break
                spoiled = self.spoiled.popleft() if self.spoiled else None
                number += 1
                if self.spoiling and number % 2 == 0:
                    spoiled = SPOILING[number // 2 % len(SPOILING)]
                if spoiled is Spoiled.SILENT:
                    break
                yield b"event: live\ndata: " + spoil(msgspec.json.encode(live_data(self.state())), spoiled) + b"\n\n"
            hang_up()
        finally:
            self.streams -= 1
            if self._stream is over:
                self._stream = None

    async def _next_reading(self, over: asyncio.Event) -> bool:
        """Wait for the meter's next reading; true when the stream was taken away meanwhile."""
        number = self.advance().number + 1
        due = number * self.house.interval_s
        try:
            async with asyncio.timeout(max(0.0, due - self.elapsed_s()) / self._speed):
                await over.wait()
        except TimeoutError:
            self.house.advance(number)
            return False
        return True

    async def _variables(self, _request: Request) -> Response:
        return _json(variables(self.state())) if self.licensed else _unlicensed()

    async def _settings(self, request: Request) -> Response:
        """Manual 5.2."""
        answer = await self._page(self.basics, request)
        system = self.basics.values["system"]
        self.protection.password = system["password"] if system["protection"] else ""
        return answer

    async def _meter_port(self, request: Request) -> Response:
        """Manual 5.3. A key of zeros is none."""
        answer = await self._page(self.meter_port, request)
        for name in ("encryption_key", "authentication_key"):
            if not self.meter_port.values[name].strip("0"):
                self.meter_port.values[name] = ""
        return answer

    async def _mqtt(self, request: Request) -> Response:
        return await self._page(self.mqtt, request) if self.licensed else _unlicensed()

    async def _page(self, page: Page, request: Request) -> Response:
        if request.method != "GET":
            try:
                (page.put if request.method == "PUT" else page.post)(await _given(request))
            except Refused as refusal:
                return PlainTextResponse(str(refusal), 400)
        return _json(page.told())

    async def _wifi(self, request: Request) -> Response:
        """Manual 5.4."""
        if request.method == "GET":
            return _json(self.radio.wifi.told())
        return await self._moved(request, self.radio.change_wifi, self.radio.wifi)

    async def _ethernet(self, request: Request) -> Response:
        """Manual 5.7."""
        if request.method == "GET":
            return _json(self.radio.ethernet.told())
        return await self._moved(request, self.radio.change_ethernet, self.radio.ethernet)

    async def _moved(self, request: Request, change: Callable[[str, object], str | None], page: Page) -> Response:
        try:
            host = change(request.method, None if request.method == "DELETE" else await _given(request))
        except Refused as refusal:
            return PlainTextResponse(str(refusal), 400)
        if host is not None:
            self._leave(request, self.moving_s, host, lambda: None)
        return Response(status_code=204) if request.method == "DELETE" else _json(page.told())

    async def _scan(self, _request: Request) -> Response:
        return _json(self.radio.scan())

    async def _wps(self, request: Request) -> Response:
        self._pairs_at = self._clock() + self.pairing_s
        if self.pairing_moves and self.radio.pressed is not None:
            self._leave(request, self.pairing_s, self.pairing_moves, lambda: None)
        return Response(status_code=204)

    async def _reboot(self, request: Request) -> Response:
        self._leave(request, self.restarting_s, "", self.booted)
        return Response(status_code=204)

    async def _restore(self, request: Request) -> Response:
        """As delivered: no password, no network. The card keeps its files (manual 5.9)."""
        for page in (self.basics, self.meter_port, self.mqtt):
            page.reset()
        self.radio.reset()
        self.protection.password = ""
        self._leave(request, self.restarting_s, "" if self.radio.reachable else LOST, self.booted)
        return Response(status_code=204)

    def _leave(self, request: Request, seconds: float, host: str, back: Callable[[], None]) -> None:
        leave = request.scope.get("extensions", {}).get(LEAVE)
        if leave is not None:
            leave(seconds, host, back)

    def booted(self) -> None:
        """The device has started again."""
        self.boots += 1
        self._first_number = self.advance().number
        self._booted_s = self.elapsed_s()
        if self._new_firmware:
            self.firmware, self._new_firmware = self._new_firmware, ""

    async def _card(self, request: Request) -> Response:
        """Manual 5.10: a path without an extension is a folder. `Range` means nothing to it."""
        if not self.card.installed:
            return PlainTextResponse("SD card is not mounted", 503)
        self.card.lay_out(self.state)
        self.advance()
        path = request.path_params["path"].strip("/")
        content = self.card.files.get(path)
        if content is not None:
            kind = "text/csv" if path.upper().endswith(".CSV") else "application/octet-stream"
            return StreamingResponse(
                self._pieces(content), media_type=kind, headers={"Content-Length": str(len(content))}
            )
        listing = None if "." in path.rpartition("/")[2] else self.card.listing(path)
        if listing is None:
            return PlainTextResponse("Failed to open file", self.missing_file_status)
        return _json(listing)

    async def _pieces(self, content: bytes) -> AsyncIterator[bytes]:
        self.downloads += 1
        self.most_downloads = max(self.most_downloads, self.downloads)
        try:
            for begin in range(0, len(content), PIECE):
                yield content[begin : begin + PIECE]
                if self.card_bytes_per_s:
                    await asyncio.sleep(PIECE / self.card_bytes_per_s)
        finally:
            self.downloads -= 1

    async def _load(self, request: Request) -> Response:
        """Manual 5.11: the form's 'file' is written to the memory."""
        image = file_of(request.headers.get("content-type", ""), await request.body())
        if image is None:
            return PlainTextResponse("no file", 400)
        version = version_of(image)
        if version is None:
            return PlainTextResponse("not a firmware image", 400)
        self._new_firmware = version
        if self.restarts_itself:
            self._leave(request, self.restarting_s, "", self.booted)
        return PlainTextResponse("OK")


async def _given(request: Request) -> object:
    try:
        return msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise Refused("invalid JSON") from error


def _unlicensed() -> Response:
    return PlainTextResponse("License required", 404)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
