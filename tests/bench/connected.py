"""The process with a window on one G13 gateway. Child of `tree` and `stored`; prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QTimer

from app.model.device import Address, Credentials
from app.net.pins import Pins
from app.net.recorder import Recorder
from app.net.tls import context, handshake
from app.registry import VENDORS
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile
from tests.gateways import MAIN, PASSWORD
from ui.application import run
from ui.pages.archive import ArchivePage
from ui.pages.archive_query import Span
from ui.showing import painted, warm_up
from ui.window import Window
from ui.workbench import Handle, Workbench

from . import simulators
from .section import USER
from .ticker import ticking

LOOPBACK = "127.0.0.1"
SETTLE_S = 0.5
PATIENCE_S = 60.0
ITEMS = 40_000
ARCHIVE = "g13.stored_profiles"


class Connected(msgspec.Struct, frozen=True):
    """From pressing Connect until the gateway's page rests: requests, milliseconds, and MB more than before."""

    requests: int
    ms: float
    rows: int
    mb: float


class Painted(msgspec.Struct, frozen=True):
    """Milliseconds of (the page, a plain download and `json.loads`), and longest stalls (page, idle window)."""

    pairs: list[tuple[float, float]]
    stalls: list[tuple[float, float]]
    kilobytes: float


@asynccontextmanager
async def trusted(folder: Path, address: Address) -> AsyncIterator[tuple[Window, Handle]]:
    """A window with a gateway in its tree that it need ask nobody about: certificate and password are known."""
    pins, passwords = Pins.in_memory(), Passwords()
    shown, profile = await handshake(address.host, address.port)
    pins.accept(address.netloc, shown.fingerprint, profile)
    await passwords.remember(address.netloc, Credentials(USER, PASSWORD))
    site = SiteFile.open(folder / "bench.wattwright")
    window = Window(Workbench(site, VENDORS, pins, passwords, interfaces=[LOOPBACK]))
    window.show()
    try:
        await painted()
        await asyncio.to_thread(warm_up)
        yield window, await window.bench.add_address(address.url, vendor="g13")
    finally:
        await window.shut_down()


async def rest(window: Window) -> None:
    """Wait until nothing is under way any more, and what came of it is painted."""
    async with asyncio.timeout(PATIENCE_S):
        while window.tasks.running or window.jobs.running:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.001)
    await painted()


async def tree(options: argparse.Namespace, folder: Path) -> Connected:
    """Connect, and leave the tree alone."""
    async with (
        await simulators.start(f"g13m:{options.meters}") as devices,
        trusted(folder, simulators.addresses(devices)[0]) as (window, handle),
    ):
        await asyncio.sleep(SETTLE_S)
        before = settled_mb()
        started = time.perf_counter()
        await window.connect_device(handle)
        await rest(window)
        ms = (time.perf_counter() - started) * 1000
        # Whatever would be asked a little later, of meters that nobody looks at, counts too.
        await asyncio.sleep(SETTLE_S)
        await rest(window)
        node = window.model.node_of(handle)
        assert handle.session is not None
        assert node is not None
        asked = len(handle.session.client.recorder.exchanges())
        return Connected(asked, ms, len(node.children), settled_mb() - before)


async def profile(options: argparse.Namespace, folder: Path) -> Painted:
    """The archive page reads everything, and an HTTP client downloads it: in turns."""
    async with (
        await simulators.start(f"g13:{ITEMS}") as devices,
        trusted(folder, simulators.addresses(devices)[0]) as (window, handle),
    ):
        page = await _opened(window, handle)
        session = page.session
        session.client.recorder = recorder = Recorder()
        await _shown(page)
        path = recorder.exchanges()[-1].url.removeprefix(session.address.url)
        pairs, stalls, size = [], [], 0
        for _ in range(options.turns):
            ms, stall = await _shown(page)
            async with ticking() as idle:
                await asyncio.sleep(ms / 1000)
            # The page's connection is closed first: the gateway takes two, and lets go of one late.
            async with session.client.turn():
                by_hand, size = _downloaded(session.address, context(session.client.profile), path)
            pairs.append((ms, by_hand))
            stalls.append((stall, idle.worst_ms))
        return Painted(pairs, stalls, size / 1e3)


async def _opened(window: Window, handle: Handle) -> ArchivePage:
    """The page of the load profiles in the connected window, everything chosen."""
    await window.connect_device(handle)
    page = window.page(handle, MAIN).open(ARCHIVE)
    window.show_node(window.model.node_of(handle, MAIN))
    assert isinstance(page, ArchivePage)
    await rest(window)
    page.bar.choose(Span.ALL)
    return page


async def _shown(page: ArchivePage) -> tuple[float, float]:
    """Milliseconds from `reload` until table and plots are painted, and the longest stall of the loop meanwhile."""
    session = page.session
    # Neither side is charged with a handshake: an idle connection is gone after a second.
    await session.connection.about()
    seen = Seen(page)
    async with ticking() as ticker, asyncio.timeout(PATIENCE_S):
        started = time.perf_counter()
        page.reload()
        await seen.everything.wait()
        took = (time.perf_counter() - started) * 1000
    if page.records.count != ITEMS:
        raise RuntimeError(f"{page.records.count} items were shown instead of {ITEMS}: {page.state}")
    async with asyncio.timeout(PATIENCE_S):
        while page.reading:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.001)
    return took, ticker.worst_ms


def _downloaded(address: Address, tls: ssl.SSLContext, path: str) -> tuple[float, int]:
    """Milliseconds that a plain HTTP client takes for the same answer and `json.loads`; and the answer's size."""
    with httpx.Client(base_url=address.url, verify=tls, auth=(USER, PASSWORD), trust_env=False) as plain:
        plain.get("/about")
        started = time.perf_counter()
        body = plain.get(path).content
        count = len(json.loads(body)["items"])
        took = (time.perf_counter() - started) * 1000
    if count != ITEMS:
        raise RuntimeError(f"{count} items were downloaded instead of {ITEMS}")
    return took, len(body)


class Seen(QObject):
    """Waits until the next records of a page are painted, in its table and in its plots."""

    def __init__(self, page: ArchivePage) -> None:
        super().__init__(page)
        self._page = page
        self._table = False
        self.everything = asyncio.Event()
        page.shown.connect(self._shown)
        page.picture.drawn.connect(self._drawn)

    def _shown(self) -> None:
        self._page.table.viewport().installEventFilter(self)

    def _drawn(self) -> None:
        for view in self._page.picture.findChildren(pg.PlotWidget):
            view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at paintings, take none. All widgets are painted in one turn of the loop: the next comes after."""
        if event.type() == QEvent.Type.Paint:
            if watched is self._page.table.viewport():
                self._table = True
            elif self._table and _has_curve(watched):
                QTimer.singleShot(0, self, self._end)
        return False

    def _end(self) -> None:
        if not self.everything.is_set():
            self._page.shown.disconnect(self._shown)
            self._page.picture.drawn.disconnect(self._drawn)
            self.everything.set()
            self.deleteLater()


def _has_curve(viewport: QObject) -> bool:
    """Has the plot of this viewport its numbers, or only its axes yet?"""
    view = viewport.parent()
    curves = view.getPlotItem().curves if isinstance(view, pg.PlotWidget) else []
    return any(isinstance(curve, pg.PlotCurveItem) and curve.xData is not None and len(curve.xData) for curve in curves)


def settled_mb() -> float:
    """Resident memory; NaN where the system does not tell."""
    gc.collect()
    if not sys.platform.startswith("linux"):
        return float("nan")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure one of the two."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("tree", "profile"))
    parser.add_argument("--meters", type=int, default=1)
    parser.add_argument("--turns", type=int, default=1)
    options = parser.parse_args()
    measure = {"tree": tree, "profile": profile}[options.what]

    async def measured() -> int:
        with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
            print(msgspec.json.encode(await measure(options, Path(folder))).decode(), flush=True)
        return 0

    # As the program itself runs: garbage is collected on the window's thread, and not while somebody waits.
    sys.exit(run(measured))


if __name__ == "__main__":
    main()
