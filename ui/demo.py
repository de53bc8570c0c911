"""The demo: a site of simulated devices on this computer, found and driven exactly as real ones."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from app.discovery.identify import identify
from app.discovery.inventory import How
from app.model.device import Credentials, parse_address
from app.net.pins import Pins
from app.registry import VENDORS
from app.simulators.process import SimulatedDevice, SimulatorProcess
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile

from .demo_site import DemoSite
from .showing import until_closed
from .window import Window
from .workbench import Handle, Workbench

DEVICES = (
    *("g13", "whatwatt/p1", "whatwatt/mbus", "smartmac/three-extended", "smartmac/single-standard"),
    *("ingecon/ems-storage", "ingecon/storage-1play", "ingecon/3play"),
)
"""One plausible site. All of them measure it, see docs/decisions/016-one-scenario.md."""
EVERY_MODEL = ("g13", "whatwatt:2", "smartmac:4", "ingecon:6")
"""For pictures of every page: more inverters than one site has."""
LATENCY_MS = 20.0
"""As slow as a friendly embedded web server."""
LOOPBACK = "127.0.0.1"
SUNNY_H = range(10, 16)
HINT = "This is a demo. Log in to the gateway as admin, password admin. The menu Demo has all logins and faults."


@asynccontextmanager
async def demo_window(
    *, latency_ms: float = LATENCY_MS, devices: Sequence[str] = DEVICES, alive: bool = False
) -> AsyncIterator[Window]:
    """A window on a new demo site; simulators and site end with it.

    `alive` lets all but the gateway connect by themselves, and gives the window its menu of faults.
    """
    with tempfile.TemporaryDirectory(prefix="wattwright-demo-", ignore_cleanup_errors=True) as folder:
        async with await SimulatorProcess.start(
            *devices, latency_ms=latency_ms, announce=True, begin=_begin(datetime.now())
        ) as simulators:
            site = SiteFile.open(Path(folder) / "Demo.wattwright")
            passwords = Passwords.in_memory()
            bench = Workbench(site, VENDORS, Pins.in_memory(), passwords, interfaces=[LOOPBACK])
            # Another demo on this computer announces the same devices at other ports.
            ports = {parse_address(simulated.url)[0].port for simulated in simulators.devices}
            bench.heeds = lambda sighting: sighting.port in ports
            window = Window(bench)
            window.show()
            if alive:
                window.jobs.say(HINT)
                for device in simulators.devices:
                    await _prepare_login(site, passwords, device)
                DemoSite(window, simulators)
            # Only the whatwatts announce themselves: the others are found as a sweep would find them.
            for device in simulators.devices:
                if device.vendor != "whatwatt":
                    bench.inventory.found(await identify(parse_address(device.url), VENDORS), how=How.SWEEP)
            yield window


def _begin(now: datetime) -> str:
    """The site's time of day: this computer's while the sun is high, noon else."""
    return f"{now:%H:%M}" if now.hour in SUNNY_H else "12:00"


async def _prepare_login(site: SiteFile, passwords: Passwords, device: SimulatedDevice) -> None:
    """Know the login beforehand, but for the gateway's: how that begins is part of what the demo shows."""
    if device.user and device.vendor != "g13":
        netloc = parse_address(device.url)[0].netloc
        site.put_setting(f"user {netloc}", device.user.encode())
        await passwords.remember(netloc, Credentials(device.user, device.password))


async def demo() -> int:
    """Show the demo until its window is closed."""
    async with demo_window(alive=True) as window:
        await until_closed(window)
    return 0


def device(window: Window, vendor: str) -> Handle | None:
    """The first device of a family that the window has found."""
    return next((h for h in window.bench.handles.values() if h.vendor is not None and h.vendor.key == vendor), None)
