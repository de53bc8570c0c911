"""The tour's stops at a whatwatt's network: networks in reach, joining, pairing, a static address, the MQTT message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QListWidget, QTabBar, QWidget

from ui.pages.device import DevicePage
from ui.stage import dialog, enter, named, press, until

if TYPE_CHECKING:
    from ui.tour_stops import Tour

SCAN = "whatwatt.wifi_scan"
JOIN = "whatwatt.join"
PAIR = "whatwatt.wps"
ETHERNET = "whatwatt.ethernet_port"
MQTT = "whatwatt.mqtt"
PASSWORD = "paper & pencil"  # noqa: S105 – the demo's
MESSAGE = 1
SECOND = 1
"""A network that the device is not in."""
WRITTEN = '{\n  "meter": "${meter.id}",\n  "power_in": ${1_7_0},\n  "what": "${power_now}",\n  "id": ${sys.id}\n}'


async def whatwatt_network_stops(tour: Tour, page: DevicePage) -> None:
    """What brings the device into a network, and its values to a broker."""
    await _wifi(tour, page)
    await tour.open(page, ETHERNET)
    enter(page, f"{ETHERNET}.static_ip", True)
    enter(page, f"{ETHERNET}.ip", "192.168.1.201")
    enter(page, f"{ETHERNET}.netmask", "255.255.255.0")
    await tour.picture("ethernet-static", "A static address: what it needs is said before anything is sent.")
    press(page, f"{ETHERNET}.revert")
    await _mqtt(tour, page)


async def _wifi(tour: Tour, page: DevicePage) -> None:
    await tour.open(page, SCAN)
    named(page, f"{SCAN}.networks", QListWidget).setCurrentRow(SECOND)
    await tour.picture("wifi-networks", "The wireless networks that the device hears, to pick one from.")
    press(page, f"{SCAN}.join")
    question = await dialog(tour.window, f"{JOIN}.dialog")
    enter(question, f"{JOIN}.password", PASSWORD)
    await tour.picture("wifi-join", "Joining a network: what happens to the connection is said beforehand.")
    question.reject()
    # What asked must hear the answer before it asks again.
    await asyncio.sleep(0.05)
    press(page, f"{PAIR}.start")
    question = await dialog(tour.window, f"{PAIR}.dialog")
    press(question, f"{PAIR}.dialog.accept")
    await until("pairing", lambda: _pairing(page))
    await tour.picture("wifi-wps", "Pairing by WPS: two minutes, counted down.")
    await until("the end of pairing", lambda: not _pairing(page))
    tour.clear_toasts()


def _pairing(page: DevicePage) -> bool:
    return any(strip.isVisible() for strip in page.findChildren(QWidget, f"{SCAN}.pairing"))


async def _mqtt(tour: Tour, page: DevicePage) -> None:
    await tour.open(page, MQTT)
    enter(page, f"{MQTT}.url", "mqtts://broker.local")
    enter(page, f"{MQTT}.topic", "site/main")
    await tour.picture("mqtt-broker", "The MQTT client: broker and login.")
    named(page, f"{MQTT}.sheet", QTabBar).setCurrentIndex(MESSAGE)
    enter(page, f"{MQTT}.template", WRITTEN)
    await tour.picture(
        "mqtt-message",
        "The message with its variables, and what would be sent now: a name that is unknown and a mistake in the JSON.",
    )
    enter(page, f"{MQTT}.template", WRITTEN.replace("power_now", "tariff").replace("${sys.id}", '"${sys.id}"'))
    await tour.in_other_themes("mqtt", "The message mended,", ("dark",))
    press(page, f"{MQTT}.revert")
