"""A whole simulated site for tests: a clock that only they move, and plain requests to its devices."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from app.registry import vendor
from app.scenario.clock import SiteClock
from app.scenario.site import Site
from app.simulators.host import Running, SimulatorHost, create
from app.vendors.smartmac.simulator import SmartMacSimulator
from app.vendors.smartmac.simulator.device import PIN

NOON = datetime(2026, 6, 19, 12)
DEVICES = (
    "g13/commissioned",
    "whatwatt/p1",
    "whatwatt/mbus",
    "smartmac/three-extended",
    "smartmac/single-standard",
    "ingecon/ems-storage",
    "ingecon/ems-phases",
    "ingecon/storage-1play",
    "ingecon/3play",
)


class OneSite:
    """The running devices of one site, by their spec; `pass_s` lets its time go on."""

    def __init__(self, host: SimulatorHost, site: Site, wall: list[float]) -> None:
        self.host = host
        self.site = site
        self._wall = wall
        self.devices: dict[str, Running] = {}
        counts: dict[str, int] = {}
        for spec in DEVICES:
            family, _, model = spec.partition("/")
            index = counts.get(family, 0)
            counts[family] = index + 1
            simulator = create(vendor(family), index, model=model, site=site)
            if isinstance(simulator, SmartMacSimulator):
                simulator.interval_s = 0.0
            self.devices[spec] = host.add(simulator)

    def pass_s(self, seconds: float) -> None:
        """So many seconds pass on the wall; the devices look at their clocks when they are asked."""
        self._wall[0] += seconds

    @property
    def time_s(self) -> float:
        return self.site.clock.time_s()

    def whatwatt(self, model: str = "p1") -> dict[str, Any]:
        return json.loads(get(self.devices[f"whatwatt/{model}"], "/api/v1/report"))["report"]

    def meter(self, number: int, path: str = "power") -> dict[str, Any]:
        serial = f"ABB01EM{14_500 + number:09d}"
        return json.loads(get(self.devices["g13/commissioned"], f"/meters/{serial}/{path}", "admin:commissioned"))

    def smartmac(self, model: str) -> dict[str, float]:
        running = self.devices[f"smartmac/{model}"]
        simulator = running.simulator
        assert isinstance(simulator, SmartMacSimulator)
        text = get(running, f"/?page=getdata&devid={simulator.id}&devpass={PIN}").replace("\n", " ")
        data = json.loads(text)["data"]
        return {key: float(entry["value"]) for key, entry in data.items() if "value" in entry}

    def plant(self, model: str = "ems-storage") -> list[dict[str, Any]]:
        """The phases of the next event of an EMS."""
        request = urllib.request.Request(
            f"{self.devices[f'ingecon/{model}'].url}/system/events/sse/stream", headers={"Accept": "text/event-stream"}
        )
        with urllib.request.urlopen(request, timeout=10) as stream:
            data = next(line for line in stream if line.startswith(b"data: "))
        return json.loads(data.removeprefix(b"data: "))["Phases"]

    def samples(self, day: str) -> list[dict[str, Any]]:
        return json.loads(
            get(self.devices["ingecon/ems-storage"], f"/ems/datalogger/samples/{day}/3", "installer:installer", b"")
        )

    def inverter(self, model: str) -> dict[str, float]:
        text = get(
            self.devices[f"ingecon/{model}"],
            "/inverter/properties/read/1",
            "installer:installer",
            b'{"readdb": true}',
        )
        return {row["name"]: row["value"] for row in json.loads(text)["Data"] if row["type"] == "number"}


def get(running: Running, path: str, login: str = "", body: bytes | None = None) -> str:
    """One request, and the text that comes back."""
    request = urllib.request.Request(running.url + path, data=body)
    if login:
        request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    unknown = ssl._create_unverified_context() if urlsplit(running.url).scheme == "https" else None
    with urllib.request.urlopen(request, timeout=10, context=unknown) as answer:
        text: bytes = answer.read()
    return text.decode()


@contextmanager
def one_site(speed: float = 1.0, *, seed: int = 0, begin: datetime = NOON) -> Iterator[OneSite]:
    wall = [1000.0]
    clock = SiteClock(begin, speed, tick=lambda: wall[0], epoch=lambda: 1_781_870_400.0)
    with SimulatorHost() as host:
        yield OneSite(host, Site(clock, seed=seed), wall)
