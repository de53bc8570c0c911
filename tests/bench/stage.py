"""The window with many live streams, as the benchmarks of lateness, streams and memory watch it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QAbstractScrollArea

from app.commission.live import Subscription
from app.commission.session import DeviceSession
from app.model.quantity import Feed, Reading
from app.net.pins import Pins
from app.registry import VENDORS
from app.simulators.process import SimulatorProcess
from app.site.credentials import Passwords
from app.site.sitefile import SiteFile
from app.vendors.whatwatt.feeds import live_values
from app.vendors.whatwatt.simulator import WhatwattSimulator
from app.vendors.whatwatt.simulator.pages import live_data
from ui.pages.site_choice import SiteChoice
from ui.pages.site_live import SiteLivePage
from ui.showing import painted, warm_up
from ui.window import Window
from ui.workbench import Workbench

from . import simulators

LOOPBACK = "127.0.0.1"
LIVE = "live"
PATIENCE_S = 60.0
SETTLE_S = 0.5
ARRIVED_S = 2.0
PAST_S = 300
"""The window of time that a live page shows at first."""
SHOWN_DEVICES = 4
SHOWN = ("power.total", "voltage.l1", "current.l1")
"""Of each device that is shown: twelve curves in three plots."""


class Paintings(QObject):
    """Counts how often the widgets that it is installed on are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at every event, take none."""
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return False


class Stream:
    """One device's live feed, its readings kept in a ring as the live page keeps them."""

    def __init__(self, session: DeviceSession, feed: Feed, heard: Callable[[], None]) -> None:
        from ui.plots.ring import Ring

        self.ring = Ring(len(feed.quantities))
        self.session = session
        self.feed = feed
        self.begun = 0
        """How many readings had come before the present listening began."""
        self._heard = heard
        self._subscription: Subscription | None = None

    def start(self) -> None:
        """Listen. The device's only stream is shared with its live page, if that is shown."""
        self.begun = self.ring.readings
        self._subscription = self.session.feeds.subscribe(self.feed, "", on_reading=self._keep, on_end=self._ended)

    def stop(self) -> None:
        """Stop listening."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def _keep(self, reading: Reading) -> None:
        self.ring.append(reading)
        self._heard()

    def _ended(self, error: BaseException | None) -> None:
        raise RuntimeError("a stream has ended by itself") from error


@dataclass(eq=False)
class _Wish:
    """So many readings of each stream, and who waits for them."""

    counts: list[int]
    granted: asyncio.Event


class Stage:
    """A window, and the streams behind it. While they run, the site's page shows quantities of several devices."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.paintings = Paintings()
        self.streams: list[Stream] = []
        self._page: SiteLivePage | None = None
        self._wish: _Wish | None = None

    async def connect(self, devices: SimulatorProcess) -> None:
        """Add the devices by their addresses, and open a session with each."""
        for address in simulators.addresses(devices):
            handle = await self.window.bench.add_address(address.url, vendor="whatwatt")
            session = await self.window.bench.open(handle, self.window.questions)
            feed = next(feed for feed in session.vendor.feeds if feed.key == LIVE)
            self.streams.append(Stream(session, feed, self._heard))
        await asyncio.sleep(SETTLE_S)

    async def start(self) -> None:
        """Show the live page and let every stream run; returns when all of them bring readings."""
        self.window.show_site()
        if self._page is None:
            self._page = await self._made()
        for stream in self.streams:
            stream.start()
        await self.heard(2)

    async def _made(self) -> SiteLivePage:
        """The page, with what it would show after a while: empty plots are painted fast."""
        page = self.window.site_page().live
        if page.plots is None:
            ready = asyncio.Event()
            page.ready.connect(ready.set)
            async with asyncio.timeout(PATIENCE_S):
                await ready.wait()
        assert isinstance(page.list, SiteChoice)
        shown = self.streams[:SHOWN_DEVICES]
        sessions = [stream.session for stream in shown]
        page.list.show_none()
        for channel in page.channels():
            if channel.session in sessions and channel.feed.key == LIVE:
                for key in SHOWN:
                    page.list.tick(channel.title, key)
        assert page.plots is not None
        if sum(len(plot.curves) for plot in page.plots.plots) != len(shown) * len(SHOWN):
            raise RuntimeError("the site's page does not show what was chosen")
        for index, source in enumerate(page.chosen()):
            for reading in past(PAST_S, index):
                source.keep(reading)
        for area in page.plots.findChildren(QAbstractScrollArea):
            area.viewport().installEventFilter(self.paintings)
        return page

    async def stop(self) -> None:
        """Back to the empty window; no stream is left."""
        self.window.show_node(None)
        for stream in self.streams:
            stream.stop()
        await asyncio.sleep(SETTLE_S)

    async def arrived(self, devices: SimulatorProcess) -> tuple[int, int]:
        """Stop the devices and wait for what is under way: how many events they sent, how many became readings."""
        sent = await simulators.stopped(devices)

        def heard() -> list[int]:
            return [stream.ring.readings - stream.begun for stream in self.streams]

        with suppress(TimeoutError):
            async with asyncio.timeout(ARRIVED_S):
                while heard() != sent:  # noqa: ASYNC110 - looked at from outside
                    await asyncio.sleep(0.01)
        return sum(sent), sum(heard())

    @property
    def readings(self) -> int:
        """How many readings have come, of all streams together."""
        return sum(stream.ring.readings for stream in self.streams)

    async def heard(self, more: int, *, within_s: float = PATIENCE_S) -> None:
        """Wait until each stream has brought so many readings more.

        Raises:
            TimeoutError: one of them has not.
        """
        self._wish = _Wish([stream.ring.readings + more for stream in self.streams], asyncio.Event())
        async with asyncio.timeout(within_s):
            await self._wish.granted.wait()

    def _heard(self) -> None:
        wish = self._wish
        # The last to start is asked first: most readings then cost one comparison.
        if wish is not None and all(
            stream.ring.readings >= count
            for stream, count in zip(reversed(self.streams), reversed(wish.counts), strict=True)
        ):
            wish.granted.set()
            self._wish = None


def past(seconds: int, index: int = 0) -> Iterator[Reading]:
    """What a house would have told once a second until now."""
    house_s = 0
    house = WhatwattSimulator(index=index, clock=lambda: house_s)
    now = time.time()
    for house_s in range(1, seconds + 1):
        yield Reading(now - seconds + house_s, live_values(live_data(house.state())))


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """An empty window on a new site, with everything loaded that the first minutes need."""
    site = SiteFile.open(folder / "bench.wattwright")
    bench = Workbench(site, VENDORS, Pins.in_memory(), Passwords(), interfaces=[LOOPBACK])
    window = Window(bench)
    window.show()
    try:
        await painted()
        await asyncio.to_thread(warm_up)
        yield Stage(window)
    finally:
        await window.shut_down()
