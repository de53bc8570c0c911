"""A simulated gateway for tests, and sessions on it: real sockets, real TLS, a real site file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

from app.commission.session import DeviceSession
from app.model.device import Credentials, parse_address
from app.net.pins import Pins
from app.net.tls import Profile, handshake
from app.registry import vendor
from app.simulators.host import Running, SimulatorHost
from app.site.sitefile import SiteFile
from app.vendors.g13.simulator import G13Simulator

PASSWORD = "cabinet 7"
MAIN = "ABB01EM000014501"
"""A registered meter, three phase, behind transformers, with every capability."""


class Gateway:
    """A running gateway whose password was changed already."""

    def __init__(self, host: SimulatorHost, running: Running) -> None:
        self.host = host
        self.running = running
        self.simulator = cast(G13Simulator, running.simulator)
        self.address = running.address
        self.faults = running.faults

    @property
    def requests(self) -> list[str]:
        """Method and path of every request that came."""
        return self.simulator.requests

    def writes(self) -> list[str]:
        """The requests that change something, sessions left out."""
        return [r for r in self.requests if not r.startswith("GET") and r.split()[1] not in ("/login", "/logout")]


@contextmanager
def gateway(*, latency_ms: float = 0.0, fresh: bool = False) -> Iterator[Gateway]:
    """A gateway; `fresh` still has its default password admin/admin."""
    simulator = G13Simulator.demo(0, latency_ms)
    if not fresh:
        admin = simulator.gateway.users.by_name["admin"]
        admin.password, admin.must_reset = PASSWORD, False
    with SimulatorHost([simulator]) as host:
        yield Gateway(host, host[0])


@asynccontextmanager
async def session(
    device: Gateway, folder: Path, *, user: str = "admin", password: str = PASSWORD, trusted: bool = True
) -> AsyncIterator[DeviceSession]:
    """A session that is not opened yet; its certificate is accepted unless `trusted` is false."""
    pins = Pins.in_memory()
    if trusted:
        shown, profile = await handshake(device.address.host, device.address.port)
        pins.accept(device.address.netloc, shown.fingerprint, Profile(profile))
    site = SiteFile.open(folder / "site.wattwright")
    made = DeviceSession(
        vendor("g13"),
        parse_address(device.running.url)[0],
        pins=pins,
        journal=site.journal,
        drafts=site.drafts,
        credentials=Credentials(user, password),
    )
    try:
        yield made
    finally:
        await made.aclose()
        site.close()
