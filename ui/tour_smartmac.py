"""The tour's stops at a smart-MAC meter: its login, its values and the wait for the next, relay, live and history."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.commission.receipt import Outcome
from ui.demo import device
from ui.pages.device import DevicePage
from ui.stage import StageError, appear, dialog, enter, press, until, write

if TYPE_CHECKING:
    from ui.tour_stops import Tour

DEVICE_ID, PIN = "1728053249", "012345"
"""Of the demo's first meter, which is an extended one."""
EXTENDED_S = 6
READINGS = 4


async def smartmac_stops(tour: Tour) -> None:
    """Everything that such a meter tells and can be told."""
    page = await _login(tour)
    await tour.open(page, "smartmac.pace")
    enter(page, "smartmac.pace.interval_s", EXTENDED_S)
    await tour.sent(page, "smartmac.pace")
    values = await tour.open(page, "smartmac.values")
    await tour.picture("smartmac-values", "A meter's values by line, and when it may be asked again.")
    press(page, "smartmac.values.reload")
    await tour.picture("smartmac-too-soon", "Asked too early: it is read by itself as soon as the meter allows it.")
    await until("the next reading", lambda: values.waiting is False)  # type: ignore[attr-defined]
    await tour.open(page, "smartmac.energy")
    await tour.picture("smartmac-energy", "The registers in all and by line, import and export.")
    await _relay(tour, page)
    tour.clear_toasts()
    live = page.open("live")
    await until("some readings", lambda: live.source is not None and live.source.ring.readings >= READINGS)  # type: ignore[attr-defined]
    await tour.picture("smartmac-live", "Live, as often as the meter may be asked; the line below says when next.")
    await tour.open(page, "smartmac.history")
    await tour.picture(
        "smartmac-history", "The meter keeps nothing: the site keeps every reading, as curves and table."
    )


async def _login(tour: Tour) -> DevicePage:
    window = tour.window
    handle = await until("a smart-MAC", lambda: device(window, "smartmac"))
    window.select(handle)
    connecting = asyncio.ensure_future(window.connect_device(handle))
    shown = await dialog(window, "login")
    write(shown, "login.user", DEVICE_ID)
    write(shown, "login.password", PIN)
    await tour.picture("smartmac-login", "A login is called what the device calls it: here device id and PIN.")
    press(shown, "login.accept")
    await connecting
    return window.page(handle)


async def _relay(tour: Tour, page: DevicePage) -> None:
    session = page.session
    where = ("smartmac.relay", session.target(session.vendor.action("relay"), ""))
    await tour.open(page, "smartmac.device")
    await appear(page, "smartmac.relay.start")
    press(page, "smartmac.relay.start")
    shown = await dialog(tour.window, "smartmac.relay.dialog")
    await tour.picture("smartmac-relay", "The relay: what is switched with it, and when, is said before.")
    press(shown, "smartmac.relay.dialog.accept")
    await until("the relay switched", lambda: where in session.receipts, 60)
    receipt = session.receipts[where]
    if receipt.outcome is not Outcome.VERIFIED:
        raise StageError(f"the relay: {receipt.outcome.value} {receipt.message}")
    await until("its toast", lambda: tour.window.toasts.shown)
    await tour.picture("smartmac-relay-done", "The next answer proves that it was switched.")
