"""The tour's stops at INGECON SUN: an EMS with its energy flow and its days, then the inverters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog

from ui.pages.archive import ArchivePage
from ui.pages.archive_query import Span
from ui.pages.device import DevicePage
from ui.pages.live import LivePage
from ui.stage import StageError, appear, press, until, write

if TYPE_CHECKING:
    from ui.tour_stops import Tour
    from ui.workbench import Handle

PASSWORD = "installer"  # noqa: S105 – the demo's, shown in the documentation
WATCHED_S = 12.0


async def ingecon_stops(tour: Tour) -> None:
    """Everything that an EMS and an inverter show."""
    pages = [await _connected(tour, handle) for handle in _found(tour)]
    ems = next((page for page in pages if "flow" in page.keys()), None)  # noqa: SIM118 – the page's sections
    if ems is None:
        raise StageError("the demo has no INGECON EMS")
    await _ems(tour, ems)
    for page in pages:
        if "ingecon.codes" in page.keys():  # noqa: SIM118
            await _inverter(tour, page)


def _found(tour: Tour) -> list[Handle]:
    handles = tour.window.bench.handles.values()
    return [handle for handle in handles if handle.vendor is not None and handle.vendor.key == "ingecon"]


async def _connected(tour: Tour, handle: Handle) -> DevicePage:
    """The device's page, after its login."""
    window = tour.window
    if handle.session is None:
        connecting = asyncio.ensure_future(window.connect_device(handle))
        login = await until("the login or the device", lambda: connecting.done() or _login(tour))
        if login is not True:
            write(window, "login.password", PASSWORD)
            press(window, "login.accept")
        await connecting
    return _page(tour, handle)


def _login(tour: Tour) -> QDialog | None:
    return next((shown for shown in tour.window.findChildren(QDialog, "login") if shown.isVisible()), None)


def _page(tour: Tour, handle: Handle) -> DevicePage:
    node = tour.window.model.node_of(handle)
    assert node is not None
    tour.window.tree.select(node)
    page = tour.window.page(handle)
    assert isinstance(page, DevicePage)
    return page


def _select(tour: Tour, page: DevicePage) -> None:
    handle = tour.window.bench.handle_of(page.session)
    assert handle is not None
    _page(tour, handle)


async def _ems(tour: Tour, page: DevicePage) -> None:
    """The energy flow in every theme, the values, the days."""
    _select(tour, page)
    await tour.open(page, "flow")
    await tour.watch(WATCHED_S / 6)
    await tour.picture("energy-flow", "INGECON EMS: where the power comes from and where it goes, live.")
    await tour.in_other_themes("energy-flow", "The energy flow")
    for key, caption in (
        ("ingecon.plant", "Every phase of the plant, as the EMS tells it."),
        ("ingecon.storage", "A plant with a STORAGE 1Play TLM: every value with its unit and what it means."),
    ):
        if key in page.keys():  # noqa: SIM118
            await tour.open(page, key)
            await tour.picture(f"ems-{key.partition('.')[2]}", caption)
    await _days(tour, page)
    live = page.open("live")
    assert isinstance(live, LivePage)
    live.window_choice.setCurrentIndex(0)
    await tour.watch(WATCHED_S)
    await tour.picture("ems-live", "The EMS's stream as curves: power by origin, and how full the battery is.")


async def _days(tour: Tour, page: DevicePage) -> None:
    samples = await tour.open(page, "ingecon.datalogger")
    assert isinstance(samples, ArchivePage)
    press(samples, "ingecon.datalogger.day_before")
    await _drawn(samples)
    await tour.picture("datalogger-day", "The datalogger: a day in samples of three minutes, picked from a calendar.")
    samples.bar.choose(Span.WEEK)
    await appear(samples, "ingecon.datalogger.read")
    samples.reload()
    await _drawn(samples)
    await tour.picture("datalogger-days", "Several days joined. Gaps stay gaps, and missing days are named.")
    daily = await tour.open(page, "ingecon.daily")
    assert isinstance(daily, ArchivePage)
    await _drawn(daily)
    await tour.picture("daily-energies", "What flowed on each day, added up from samples, and how much they cover.")


async def _drawn(shown: ArchivePage) -> None:
    """Wait until what was read is in the plots."""
    await until("records read", lambda: not shown.reading and shown.records.count)
    await until("records drawn", lambda: shown.picture.plots is not None and shown.picture.plots.plots)


async def _inverter(tour: Tour, page: DevicePage) -> None:
    """The pages of one inverter, named after its model."""
    _select(tour, page)
    identity = page.session.identity
    title = identity.name if identity else "inverter"
    stem = f"inverter-{title.lower().replace(' ', '-')}"
    values = page.keys()[0]
    await tour.open(page, values)
    await tour.picture(f"{stem}-values", f"INGECON SUN {title}: every value with its unit and its meaning.")
    for key, caption in (
        ("ingecon.codes", "alarm, warning and state codes, with every bit that is set."),
        ("ingecon.answer", "everything as it came."),
    ):
        await tour.open(page, key)
        await tour.picture(f"{stem}-{key.partition('.')[2]}", f"INGECON SUN {title}: {caption}")
