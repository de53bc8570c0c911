"""The smoke test of the frozen program: the demo, and of every family the pages that are found by their names only."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from ui.demo import demo_window, device
from ui.handle import Handle, State
from ui.stage import press, until

if TYPE_CHECKING:
    from ui.pages.device import DevicePage
    from ui.window import Window

WATCHED_S = 3.0
RECORDED = 2
"""As many readings show that a recording is written and can be played again."""
SECTIONS = {
    "g13": ("g13.name", "g13.users"),
    "whatwatt": ("whatwatt.mqtt", "whatwatt.report"),
    "smartmac": ("smartmac.values",),
}
"""Sections by family, some with widgets of their own."""


async def smoke() -> int:
    """Run it. Returns the exit code; a failure is raised."""
    async with demo_window(latency_ms=0.0, alive=True) as window:
        window.questions = Unattended()
        window.tasks.spawn(window, window.bench.browse())
        gateway = await until("the gateway", lambda: device(window, "g13"))
        await window.connect_device(gateway)
        await _sections(window)
        await _pages(window)
        await _energy_flow(window)
        readings = await _plotted_and_recorded(window)
        await _replayed(window)
        await _site(window)
        await window.shut_down()
    if readings < WATCHED_S - 1:
        sys.stderr.write(f"only {readings} readings were plotted\n")
        return 1
    sys.stdout.write(f"smoke ok: {readings} readings plotted\n")
    return 0


async def _connected(window: Window, family: str) -> DevicePage:
    """The page of a family's first device."""

    def found() -> Handle | None:
        handle = device(window, family)
        return handle if handle is not None and handle.state is State.CONNECTED else None

    handle = await until(f"a connected {family}", found)
    window.select(handle)
    return window.page(handle)


async def _sections(window: Window) -> None:
    """Sections of every family are read, the gateway's over HTTPS."""
    for family, keys in SECTIONS.items():
        page = await _connected(window, family)
        for key in keys:
            page.open(key)
            section = page.session.vendor.section(key)
            await until(key, lambda page=page, section=section: page.session.live(section, ""))  # type: ignore[misc]


async def _pages(window: Window) -> None:
    """The files on a memory card are listed; the other pages in place of a usual one open."""
    gateway, meter = await _connected(window, "g13"), await _connected(window, "whatwatt")
    gateway.open("g13.compare")
    meter.open("whatwatt.wifi_scan")
    card: Any = meter.open("whatwatt.card")
    await until("the files on the card", lambda: card.list.count)


async def _energy_flow(window: Window) -> None:
    """The picture of the plant is live."""
    from ui.pages.picture import PicturePage

    plant = await _connected(window, "ingecon")
    picture = plant.open("flow")
    assert isinstance(picture, PicturePage)
    await until("the energy flow", lambda: picture.state.startswith("Live"))


async def _plotted_and_recorded(window: Window) -> int:
    """A stream is plotted for some seconds while it is recorded. Returns how many readings were plotted."""
    from ui.pages.live import LivePage

    live = (await _connected(window, "whatwatt")).open("live")
    assert isinstance(live, LivePage)
    source = await until("the stream", lambda: live.source)
    press(live, live.record.objectName())
    recorder = window.bench.recording.recorder
    assert recorder is not None, "recording has begun"
    await asyncio.sleep(WATCHED_S)
    await until("recorded readings", lambda: recorder.readings >= RECORDED)
    press(window, "recording.stop")
    return source.ring.readings


async def _replayed(window: Window) -> None:
    """What was recorded is in the list, and is played again."""
    page = window.show_recordings()
    page.list.open.click()
    await until("the replay", lambda: page.replay is not None and page.replay.plots is not None)
    page.close_replay()


async def _site(window: Window) -> None:
    """Devices of all families are live on one page."""
    window.show_site()
    live = window.site_page().live
    await until("the site's plots", lambda: live.plots is not None)
    await until("a reading on the site's page", lambda: any(source.ring.readings for source in live.chosen()))
    families = {channel.session.vendor.key for channel in live.channels()}
    assert families >= {"whatwatt", "smartmac", "ingecon"}, families


class Unattended:
    """Answers the questions of the demo's gateway, which nobody else has."""

    async def accept_certificate(self, *_: object) -> bool:
        """The demo's own certificate."""
        return True

    async def login(self, _address: object, user: str, *_: object) -> object:
        """The gateway as delivered."""
        from app.model.device import Credentials

        return Credentials(user, "admin")

    async def new_password(self, *_: object) -> str:
        """Any other."""
        return "demo password"
