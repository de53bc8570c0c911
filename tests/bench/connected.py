"""The process with a window on one G13 gateway. Child of `tree` and `stored`; prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from app.model.device import Address, Credentials, parse_address
from app.net.pins import Pins
from app.net.recorder import Recorder
from app.net.tls import context, handshake
from app.registry import VENDORS
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile
from tests.gateways import MAIN, PASSWORD
from ui.pages.archive import ArchivePage
from ui.pages.archive_query import Span
from ui.showing import painted, warm_up
from ui.theme import apply_theme
from ui.window import Window
from ui.workbench import Handle, Workbench

from . import simulators
from .section import USER
from .ticker import Ticker

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
    """Milliseconds of (the page, a plain download and `json.loads`), and the longest stalls while the page read."""

    pairs: list[tuple[float, float]]
    stalls: list[float]
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
    async with await simulators.start(f"g13m:{options.meters}") as devices:
        async with trusted(folder, simulators.addresses(devices)[0]) as (window, handle):
            await asyncio.sleep(SETTLE_S)
            before = settled_mb()
            started = time.perf_counter()
            await window.connect_device(handle)
            await rest(window)
            ms = (time.perf_counter() - started) * 1000
            assert handle.session is not None
            # Whatever would be asked a little later, of meters that nobody looks at, counts too.
            await asyncio.sleep(SETTLE_S)
            await rest(window)
            asked = len(handle.session.client.recorder.exchanges())
            node = window.model.node_of(handle)
            assert node is not None
            return Connected(asked, ms, len(node.children), settled_mb() - before)


async def profile(options: argparse.Namespace, folder: Path) -> Painted:
    """The archive page reads everything, and an HTTP client downloads it: in turns."""
    async with await simulators.start(f"g13:{ITEMS}") as devices:
        address = simulators.addresses(devices)[0]
        async with trusted(folder, address) as (window, handle):
            await window.connect_device(handle)
            page = window.page(handle, MAIN).open(ARCHIVE)
            node = window.model.node_of(handle, MAIN)
            window.show_node(node)
            assert isinstance(page, ArchivePage)
            await rest(window)
            page.bar.choose(Span.ALL)
            assert handle.session is not None
            handle.session.client.recorder = recorder = Recorder()
            await _shown(page)
            path = recorder.exchanges()[-1].url.removeprefix(address.url)
            tls = context(handle.session.client.profile)
            pairs, stalls = [], []
            with httpx.Client(base_url=address.url, verify=tls, auth=(USER, PASSWORD), trust_env=False) as plain:
                size = 0
                for _ in range(options.turns):
                    gc.collect()
                    ms, stall = await _shown(page)
                    gc.collect()
                    by_hand, size = _downloaded(plain, path)
                    pairs.append((ms, by_hand))
                    stalls.append(stall)
            return Painted(pairs, stalls, size / 1e3)
