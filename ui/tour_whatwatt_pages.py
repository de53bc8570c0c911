"""The tour's stops at a whatwatt: what it says of itself and of its meter, settings, memory card, firmware."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ui.pages.device import DevicePage
from ui.stage import appear, dialog, enter, press, until

if TYPE_CHECKING:
    from ui.tour_stops import Tour

PAGES = (
    ("device", "A whatwatt: name, firmware, licence, and its clock against this computer's."),
    ("clouds", "The services it reports to, and whether it gets through."),
    ("sd_card", "The memory card in it."),
    ("meter", "The meter that it reads."),
    ("wifi", "The wireless network it is in."),
    ("ethernet", "The wired network."),
    ("report", "The last report as a table: a value that the meter does not send is no zero."),
    ("energy", "The registers by tariff; what the meter does not send is said below."),
)
"""Pages that are only looked at, and what is seen there."""
FED_BY_ITS_METER = "A842E39F8125"
"""The demo's second device, by its identifier."""
KEY = "00112233445566778899aabbccddeeff"
NO_KEY = "0011223344"
FIRST_BYTES = 24_000
"""Then the speed is told."""


async def whatwatt_stops(tour: Tour, page: DevicePage) -> None:
    """The pages of a device that is well."""
    for name, caption in PAGES:
        await _look(tour, page, name, caption)
    await _settings(tour, page)
    await _card(tour, page)
    await _told_once(tour, page)
    await _firmware(tour, page)


async def troubled_stops(tour: Tour, page: DevicePage) -> None:
    """A device that is fed by its meter and short of power: warnings, and files that come slowly."""
    await until("the warning", lambda: page.warnings)
    await _look(
        tour, page, "supply", "Warnings stand on top, in the list of pages and in the tree, with what to do.", "-low"
    )
    shown = await tour.open(page, "whatwatt.card")
    from ui.vendors.whatwatt.card import CardPage

    assert isinstance(shown, CardPage)
    files = shown.list.select_logs(1)
    with tempfile.TemporaryDirectory(prefix="wattwright-tour-") as folder:
        shown.fetching.start(files, Path(folder), tour.window.tasks)
        await until("the first pieces", lambda: shown.fetching.done > FIRST_BYTES)
        await tour.picture(
            "whatwatt-card-slow", "Powered by the meter: files come at 6 KB/s, so that it does not restart."
        )
        shown.fetching.stop()
        await until("the end of the fetching", lambda: not shown.fetching.running)


async def _look(tour: Tour, page: DevicePage, name: str, caption: str, ending: str = "") -> None:
    await tour.open(page, f"whatwatt.{name}")
    await tour.picture(f"whatwatt-{name.replace('_', '-')}{ending}", caption)


async def _settings(tour: Tour, page: DevicePage) -> None:
    """Services are sent, and a key of the wrong length is refused."""
    await _look(tour, page, "access", "Name, host name and password.")
    await tour.open(page, "whatwatt.services")
    await appear(page, "whatwatt.services.sd_interval_s")
    enter(page, "whatwatt.services.sd_interval_s", 60)
    enter(page, "whatwatt.services.report_interval_s", 120)
    await tour.picture("whatwatt-services", "Services and intervals: only what is changed is sent.")
    await tour.sent(page, "whatwatt.services")
    await tour.open(page, "whatwatt.meter_port")
    await appear(page, "whatwatt.meter_port.encryption_key")
    enter(page, "whatwatt.meter_port.encryption_key", NO_KEY)
    await tour.picture("whatwatt-key-refused", "A key of the wrong length is refused beside its field.")
    enter(page, "whatwatt.meter_port.encryption_key", KEY)
    enter(page, "whatwatt.meter_port.encryption", True)
    await tour.picture("whatwatt-meter-port", "How it speaks with the meter. Keys are written only, and never shown.")
    press(page, "whatwatt.meter_port.revert")


async def _card(tour: Tour, page: DevicePage) -> None:
    """Files are listed, and the log of a day is plotted."""
    from ui.vendors.whatwatt.card import CardPage

    shown = await tour.open(page, "whatwatt.card")
    assert isinstance(shown, CardPage)
    shown.list.select_logs(1)
    await tour.picture("whatwatt-card", "The memory card: folders, logs by day, and how long fetching takes.")
    press(page, "whatwatt.card.plot")
    await asyncio.sleep(0.05)
    plotted = page.stack.currentWidget()
    await until("the log", lambda: getattr(plotted, "records", None) and plotted.records.count)
    await tour.picture("whatwatt-log", "The log of a day, plotted and as a table.")


async def _told_once(tour: Tour, page: DevicePage) -> None:
    """Restart, and the question before a factory reset."""
    await _look(tour, page, "restart", "Restarting is asked about, watched and proven.")
    await tour.open(page, "whatwatt.factory_reset")
    await appear(page, "whatwatt.factory_reset.start")
    press(page, "whatwatt.factory_reset.start")
    asked = await dialog(tour.window, "whatwatt.factory_reset.dialog")
    await tour.picture("whatwatt-factory-reset", "Before a factory reset: everything that is lost is named.")
    asked.reject()


async def _firmware(tour: Tour, page: DevicePage) -> None:
    """A file is chosen; it stays here."""
    from ui.pages.firmware import FirmwarePage

    shown = await tour.open(page, "firmware")
    assert isinstance(shown, FirmwarePage)
    with tempfile.TemporaryDirectory(prefix="wattwright-tour-") as folder:
        file = Path(folder) / "whatwatt-go-1.11.0.bin"
        file.write_bytes(bytes(range(256)) * 4000)
        shown.take(file)
        await until("the file", lambda: shown.image is not None)
        await tour.picture("whatwatt-firmware", "Firmware of a device without meters: its file, with size and hash.")
