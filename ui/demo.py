"""The demo: a site of simulated devices on this computer, found and driven exactly as real ones."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.discovery.identify import identify
from app.discovery.inventory import How
from app.model.device import parse_address
from app.net.pins import Pins
from app.registry import VENDORS
from app.simulators.process import SimulatorProcess
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile

from .showing import until_closed
from .window import Window
from .workbench import Handle, Workbench

DEVICES = ("g13", "whatwatt:2", "smartmac:2", "ingecon:6")
LATENCY_MS = 20.0
"""As slow as a friendly embedded web server."""
LOOPBACK = "127.0.0.1"
HINT = "This is a demo: the gateway's user is 'admin', its password 'admin', and it wants a new one at the first login."


@asynccontextmanager
async def demo_window(*, latency_ms: float = LATENCY_MS) -> AsyncIterator[Window]:
    """A window on a new demo site; simulators and site end with it."""
    with tempfile.TemporaryDirectory(prefix="wattwright-demo-", ignore_cleanup_errors=True) as folder:
        async with await SimulatorProcess.start(*DEVICES, latency_ms=latency_ms, announce=True) as simulators:
            site = SiteFile.open(Path(folder) / "Demo.wattwright")
            bench = Workbench(site, VENDORS, Pins.in_memory(), Passwords(), interfaces=[LOOPBACK])
            window = Window(bench)
            window.show()
            window.jobs.say(HINT)
            # Only the whatwatts announce themselves: the others are found as a sweep would find them.
            for device in simulators.devices:
                if device.vendor != "whatwatt":
                    bench.inventory.found(await identify(parse_address(device.url), VENDORS), how=How.SWEEP)
            yield window


async def demo() -> int:
    """Show the demo until its window is closed."""
    async with demo_window() as window:
        await until_closed(window)
    return 0


def device(window: Window, vendor: str) -> Handle | None:
    """The first device of a family that the window has found."""
    return next((h for h in window.bench.handles.values() if h.vendor is not None and h.vendor.key == vendor), None)
