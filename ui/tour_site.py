"""The tour's stops at the site itself: devices of all families live on one axis of time, and a sum across them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog

from app.commission.derived import total_of
from ui.handle import Handle, State
from ui.pages.site_live import SiteLivePage
from ui.pages.site_offer import SiteChannel
from ui.pages.site_sum import SumDialog
from ui.stage import StageError, dialog, press, until, write

if TYPE_CHECKING:
    from ui.tour_stops import Tour

LOGINS = {"smartmac": ("1728053249", "012345"), "ingecon": ("installer", "installer")}
"""Those of the demo's simulators. Without an entry a device wants no login, or was logged in before."""
SHOWN = {"whatwatt": 2, "smartmac": 1, "ingecon": 2}
"""How many of each family are watched."""
WATCHED_S = 25.0
MAIN = "Main incomer"
AT_THE_GRID = ("Main building", "EMS with storage")
"""A whatwatt and an EMS that measure what the gateway's main meter measures."""
WORKSHOP = "1728053249"
"""A smart-MAC: the workshop has no meter behind the gateway."""
INVERTER = "3Play"


async def site_stops(tour: Tour) -> None:
    """The site's page with its devices, a sum put together, and both in the themes for dark rooms and for sunlight."""
    window = tour.window
    for family, count in SHOWN.items():
        handles = [h for h in window.bench.handles.values() if h.vendor is not None and h.vendor.key == family]
        for handle in handles[:count]:
            await _connected(tour, handle)
    window.show_site()
    live = window.site_page().live
    await until("the site's plots", lambda: live.plots is not None)
    live.window_choice.setCurrentIndex(live.window_choice.findText("1 min"))
    channels = {channel.title: channel for channel in live.channels()}
    press(window, "site.live.list.none")
    for title in (MAIN, *AT_THE_GRID, WORKSHOP, INVERTER):
        _tick_total(live, channels[title])
    for line in ("l1", "l2", "l3"):
        live.list.tick(MAIN, f"voltage.{line}")
    tour.clear_toasts()
    await tour.watch(WATCHED_S)
    await tour.picture(
        "site-live",
        "The site: devices of all families live on one axis of time. Three of them measure the grid, and agree.",
    )
    press(window, "site.live.list.add_sum")
    asked = await dialog(window, "site.sum")
    assert isinstance(asked, SumDialog)
    write(asked, "site.sum.name", "House")
    asked.main.setCurrentIndex(asked.main.findText(MAIN))
    for part in asked.parts:
        behind = part.channel.session is channels[MAIN].session
        part.tick.setChecked(behind and part.tick.isEnabled())
    await tour.picture("site-add-sum", "A sum: the main meter against its sub-meters, of whichever family they are.")
    press(asked, "site.sum.accept")
    press(window, "site.live.list.none")
    live.list.show_sum("House")
    _tick_total(live, channels[WORKSHOP])
    await tour.watch(WATCHED_S)
    await tour.picture(
        "site-sum", "The main meter against its sub-meters: the workshop has none, and is in the difference."
    )
    await tour.in_other_themes("site-live", "The site live")


def _tick_total(live: SiteLivePage, channel: SiteChannel) -> None:
    total = total_of(channel.feed)
    assert total is not None
    live.list.tick(channel.title, total.key)


async def _connected(tour: Tour, handle: Handle) -> None:
    """Connect a device from the site's page, with its login where it wants one."""
    window = tour.window
    if handle.session is not None:
        return
    window.contact.connect_here([handle])

    def settled() -> QDialog | State | None:
        shown = next((d for d in window.findChildren(QDialog, "login") if d.isVisible()), None)
        return shown or (handle.state if handle.state in (State.CONNECTED, State.FAILED) else None)

    found = await until(f"{handle.name} or its login", settled)
    if isinstance(found, QDialog):
        user, password = LOGINS[handle.vendor.key if handle.vendor else ""]
        write(found, "login.user", user)
        write(found, "login.password", password)
        press(found, "login.accept")
        await until(handle.name, lambda: handle.state in (State.CONNECTED, State.FAILED))
    if handle.state is not State.CONNECTED:
        raise StageError(f"{handle.name}: {handle.error}")
