"""A simulated meter: one request, one answer, then it hangs up; and it insists on its pace."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from app.scenario.site import Point, Site
from app.scenario.trouble import Trouble
from app.vendors.smartmac.simulator.load import Load, SiteLoad

PIN = "012345"
FIRST_ID = 1_728_053_249
STANDARD_S, EXTENDED_S = 60.0, 6.0
SLACK_S = 0.25
"""A device's clock and a network are not exact: so much earlier is still in time."""
_PAGE = "<html><head><title>smart-MAC</title></head><body><form>PIN <input name=devpass></form></body></html>"


class Form(Enum):
    """What a unit tells.

    MANUAL: three lines, as the manual's example. TOTALS: three lines with frequency, totals and `powset`, without
    reverse energy of the lines, as others recorded. SINGLE: one line, keys without a number.
    """

    MANUAL = "manual"
    TOTALS = "totals"
    SINGLE = "single"


MODELS = {
    "three-extended": (Form.MANUAL, True),
    "three-standard": (Form.TOTALS, False),
    "single-extended": (Form.SINGLE, True),
    "single-standard": (Form.SINGLE, False),
}
"""What `demo` makes, by name; without a name one after the other. Extended ones may be asked every 6 s."""
OTHER_PIN = "991177"
"""Somebody changed it."""


class SmartMacSimulator:
    """One meter; `index` tells several apart. Its loads run `speed` times as fast as the wall, its pace does not.

    `interval_s` is how often it answers. `stuck` is a relay that does not obey. `requests` are those that came, without
    their PIN; `early` counts the refused ones. At a `site` it measures the workshop, with one line the critical loads.
    """

    vendor = "smartmac"
    max_connections = 4
    keep_alive_s = 5.0
    tls = None
    announce: tuple[str, dict[str, str]] | None = None
    http_10 = True
    """Answers as HTTP/1.0, without a length: the end of the connection is the end of the answer."""

    def __init__(
        self,
        *,
        index: int = 0,
        extended: bool = True,
        form: Form = Form.MANUAL,
        pin: str = PIN,
        latency_ms: float = 0.0,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        site: Site | None = None,
    ) -> None:
        self.site = site
        self.id = str(FIRST_ID + index)
        self.form = form
        self.pin = pin
        self.interval_s = EXTENDED_S if extended else STANDARD_S
        self.latency_s = latency_ms / 1000
        self.relay = False
        self.stuck = False
        self.early = 0
        self.requests: list[str] = []
        lines = 1 if form is Form.SINGLE else 3
        point = Point.CRITICAL if lines == 1 else Point.WORKSHOP
        self.load = Load(index, lines) if site is None else SiteLoad(index, lines, site, point)
        self._speed = speed
        self._clock = clock
        self._started = clock()
        self._served: float | None = None

    @classmethod
    def models(cls) -> dict[str, str]:
        """The names that `demo` knows, and what they stand for."""
        phases = {"three": "three phases", "single": "one phase"}
        paces = {"extended": "every 6 s", "standard": "every 60 s"}
        return {name: ", ".join((phases | paces)[word] for word in name.split("-")) for name in MODELS}

    @classmethod
    def demo(cls, index: int = 0, latency_ms: float = 0.0, *, model: str = "", site: Site | None = None) -> Self:
        """A meter of the demo site: without a model extended and standard with three lines, then both with one."""
        form, extended = MODELS[model] if model else tuple(MODELS.values())[index % len(MODELS)]
        return cls(index=index, extended=extended, form=form, latency_ms=latency_ms, site=site)

    @property
    def login(self) -> tuple[str, str]:
        """Device id and PIN."""
        return self.id, self.pin

    def troubles(self) -> tuple[Trouble, ...]:
        """What can be wrong with it on demand."""
        right = self.pin
        return (
            Trouble(
                "pin",
                "has another PIN: somebody changed it",
                lambda: setattr(self, "pin", OTHER_PIN),
                lambda: setattr(self, "pin", right),
            ),
        )

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The device as an ASGI application."""
        request = Request(scope)
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        response = self._answer(request)
        response.headers["Server"] = "smart-MAC"
        response.headers["Connection"] = "close"
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        asked = dict(request.query_params)
        shown = "&".join(f"{key}={'…' if key == 'devpass' else value}" for key, value in asked.items())
        self.requests.append(f"{request.method} {request.url.path}{'?' if shown else ''}{shown}")
        if request.method != "GET":
            return PlainTextResponse("Only GET", 501)
        if request.url.path != "/":
            return PlainTextResponse("Not found", 404)
        if not asked:
            return Response(_PAGE, media_type="text/html")
        if asked.get("page") != "getdata":
            return PlainTextResponse("Unknown page", 404)
        right = hmac.compare_digest(asked.get("devpass", "").encode(), self.pin.encode())
        if asked.get("devid") != self.id or not right:
            return PlainTextResponse("Access denied", 403)
        return self._data(asked)

    def _data(self, asked: dict[str, str]) -> Response:
        now = self._clock()
        if self._served is not None and now - self._served < self.interval_s - SLACK_S:
            self.early += 1
            return PlainTextResponse("Too many requests", 429)
        if asked.keys() - {"page", "devid", "devpass", "pout"} or asked.get("pout", "0") not in ("0", "1"):
            return PlainTextResponse("Unknown command", 404)
        self._served = now
        if "pout" in asked and not self.stuck:
            self.relay = asked["pout"] == "0"
        return Response(self.body().encode(), media_type="application/json; charset=utf-8")

    def body(self) -> str:
        """The answer as it is now, with the raw line breaks that real units send."""
        data = ",".join(f'"{key}":{_entry(*entry)}' for key, *entry in self._values())
        powset = '"powset":"0",' if self.form is Form.TOTALS else ""
        return (
            f'{{"devid":"{self.id}","time":"{self._time()}","pout":"{int(self.relay)}",{powset}"data":{{{data}}}}}\r\n'
        )

    def _time(self) -> int:
        """What its clock says, in seconds since 1970."""
        return int(time.time() if self.site is None else self.site.clock.now().timestamp())

    def _values(self) -> list[tuple[Any, ...]]:
        lines = self.load.advance((self._clock() - self._started) * self._speed)
        single, totals = self.form is Form.SINGLE, self.form is Form.TOTALS
        found: list[tuple[Any, ...]] = []
        for number, line in enumerate(lines, start=1):
            index, word = ("", "") if single else (str(number), f" {number}")
            found += [
                (f"V{index}", f"Voltage{word}", "V", f"{line.volts:.2f}"),
                (f"A{index}", f"Current{word}", "A", f"{line.amps:.2f}"),
                (f"W{index}", f"Active Power{word}", "W", f"{max(line.watts, 0):.0f}"),
                (f"rW{index}", f"Rev. Active Power{word}", "W", f"{max(-line.watts, 0):.0f}"),
                (f"Wh{index}", f"Energy{word}", "Wh", f"{self.load.energy[number - 1]:.0f}"),
            ]
            if not totals:
                found.append((f"rWh{index}", f"Rev. Energy{word}", "Wh", f"{self.load.reverse[number - 1]:.0f}"))
            found.append((f"PF{index}", f"Power Factor{word}", "", f"{line.factor:.2f}"))
            if totals or single:
                found.append((f"Fr{index}", f"Frequency{word}", "Hz", "50.0"))
            found.append((f"br{number - 1}",))
        if totals:
            watts = sum(line.watts for line in lines)
            found += [
                ("A", "Current", "A", f"{sum(line.amps for line in lines):.2f}"),
                ("W", "Active Power", "W", f"{max(watts, 0):.0f}"),
                ("rW", "Rev. Active Power", "W", f"{max(-watts, 0):.0f}"),
                ("TWh", "Total Energy", "Wh", f"{sum(self.load.energy):.0f}"),
                ("rTWh", "Total Rev. Energy", "Wh", f"{sum(self.load.reverse):.0f}"),
                ("br3",),
            ]
        found.append(("T", "Temperature", "°C", "14"))
        return found


def _entry(*parts: str) -> str:
    if not parts:
        return '{"name":"\n"}'
    name, unit, value = parts
    return f'{{"name":"{name}","unit":"{unit}","value":"{value}"}}'
