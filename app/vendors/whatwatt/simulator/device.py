"""A simulated whatwatt Go: system page, polled report, live stream with its limit of one, and the basic settings."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Self

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.vendors.whatwatt.simulator.household import Household
from app.vendors.whatwatt.simulator.pages import State, Style, live_data, report_page, system_page
from app.vendors.whatwatt.simulator.protection import Protection

HANG_UP = "wattwright.hang_up"
"""The host's ASGI extension: closes the connection."""

LONGEST_NAME = 31
LONGEST_EVENT = 200_000

_DEFAULTS: dict[str, Any] = {
    "system": {"name": "", "host_name": "", "protection": False},
    "services": {
        "cloud": {"what_watt": True, "solar_manager": False, "mystrom": True},
        "local": {"solar_manager": True},
        "broadcast": True,
        "report_interval": 30,
        "sd": {"frequency": 15, "enable": False},
    },
}


class Spoiled(Enum):
    """What can be wrong with one event of the live stream."""

    BAD_JSON = "the data is no JSON"
    CUT = "the data ends in the middle"
    HUGE = "the data is a single line of 200 kB"
    SLOPPY = "the data has trailing commas and numbers as strings"
    SILENT = "the device closes the stream instead"


class WhatwattSimulator:
    """One device; `index` tells several apart. Time in the house runs `speed` times as fast as on the wall.

    `spoiled` is what will be wrong with the next events. `licensed` false: the report needs a licence.
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
        self.house = Household(index, interval_s)
        self.settings = msgspec.json.decode(msgspec.json.encode(_DEFAULTS))
        self.settings["system"].update(name=name, host_name=f"whatwatt_{self.id[-6:]}", protection=bool(password))
        self._speed = speed
        self._clock = clock
        self._started = clock()
        self._stream: asyncio.Event | None = None
        self._routes: ASGIApp = Starlette(
            routes=[
                Route("/api/v1/system", self._system),
                Route("/api/v1/report", self._report),
                Route("/api/v1/live", self._live),
                Route("/api/v1/settings", self._settings, methods=["GET", "PUT", "POST"]),
            ],
        )

    @classmethod
    def demo(cls, index: int = 0, latency_ms: float = 0.0) -> Self:
        """A device of the demo site: houses on P1, and every third on M-Bus with a meter that says less."""
        name = ("Main building", "Workshop", "Annex")[index % 3]
        if index % 3 == 1:
            return cls(index=index, name=name, style=Style.MBUS, interval_s=3.0, latency_ms=latency_ms)
        return cls(index=index, name=name, latency_ms=latency_ms)

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
        """The house as it is now."""
        self.house.advance(int(self.elapsed_s() / self.house.interval_s))
        return self.house

    def state(self) -> State:
        """What the device would tell now."""
        elapsed = self.elapsed_s()
        ahead = elapsed - elapsed / self._speed
        return State(
            id=self.id,
            name=self.settings["system"]["name"],
            style=self.style,
            house=self.advance(),
            now=datetime.now().astimezone() + timedelta(seconds=ahead),
            running_s=elapsed,
            meter_status=self.meter_status,
            v_scap=self.v_scap,
            licensed=self.licensed,
        )

    async def _system(self, _request: Request) -> Response:
        return _json(system_page(self.state()))

    async def _report(self, _request: Request) -> Response:
        if not self.licensed:
            return PlainTextResponse("License required", 404)
        return _json(report_page(self.state()))

    async def _live(self, request: Request) -> Response:
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
        try:
            while not over.is_set():
                if await self._next_reading(over):
                    break
                spoiled = self.spoiled.popleft() if self.spoiled else None
                if spoiled is Spoiled.SILENT:
                    break
                yield b"event: live\ndata: " + _spoil(msgspec.json.encode(live_data(self.state())), spoiled) + b"\n\n"
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

    async def _settings(self, request: Request) -> Response:
        """GET tells all but the password; PUT merges; POST replaces, with defaults for what is missing (manual 5.1)."""
        if request.method == "GET":
            return _json(self.settings)
        try:
            given = msgspec.json.decode(await request.body(), type=dict[str, Any])
            base = self.settings if request.method == "PUT" else _DEFAULTS
            merged = _merged(base, given)
        except (msgspec.DecodeError, ValueError) as error:
            return PlainTextResponse(str(error), 400)
        if len(merged["system"]["name"]) > LONGEST_NAME:
            return PlainTextResponse("name is too long", 400)
        self.settings = merged
        password = given.get("system", {}).get("password")
        if not merged["system"]["protection"]:
            self.protection.password = ""
        elif isinstance(password, str) and password:
            self.protection.password = password
        return _json(self.settings)


def _merged(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """`base` with what is given for the settings that it has; what else is given is passed over.

    Raises:
        ValueError: a value is of another type than the setting.
    """
    merged = {}
    for key, value in base.items():
        new = given.get(key, value)
        if type(new) is not type(value):
            raise ValueError(f"{key} has the wrong type")
        merged[key] = _merged(value, new) if isinstance(value, dict) else new
    return merged


def _spoil(data: bytes, spoiled: Spoiled | None) -> bytes:
    if spoiled is Spoiled.BAD_JSON:
        return b"{P_In: oops}"
    if spoiled is Spoiled.CUT:
        return data[: len(data) // 2]
    if spoiled is Spoiled.HUGE:
        return b'{"P_In":"' + b"9" * LONGEST_EVENT + b'"}'
    if spoiled is Spoiled.SLOPPY:
        return data.replace(b'"P_In":', b'"P_In":"', 1).replace(b",", b'",', 1)[:-1] + b",}"
    return data


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
