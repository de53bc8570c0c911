"""How the whatwatt family joins the program."""

from __future__ import annotations

import re
from http import HTTPStatus

from app.model.errors import BadReply
from app.model.login import LoginWords
from app.model.vendor import Answer, Vendor
from app.net.lenient import decode
from app.vendors.whatwatt import card, card_download, card_log, restart, sections, variables, wifi_scan
from app.vendors.whatwatt.client import SYSTEM, WhatwattClient
from app.vendors.whatwatt.feeds import FEEDS
from app.vendors.whatwatt.firmware import FIRMWARE
from app.vendors.whatwatt.places import dig
from app.vendors.whatwatt.resources import RESOURCES
from app.vendors.whatwatt.settings import basics, ethernet_port, meter_port, mqtt, wifi_join, wifi_network

DEVICE_TYPE = "100"
_ID = re.compile(r"[0-9A-Fa-f]{12}")
_NAME = re.compile(r"whatwatt go [0-9a-f]{6}\b", re.IGNORECASE)
_REALM = re.compile(r'realm="?whatwatt-[0-9a-f]{6,12}', re.IGNORECASE)


def recognise(answer: Answer) -> bool:
    """Is that the system page of a whatwatt, or its demand for a login?"""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return _REALM.search(answer.headers.get("www-authenticate", "")) is not None
    if answer.status != HTTPStatus.OK:
        return False
    try:
        system = decode(answer.body)
    except BadReply:
        return False
    return str(dig(system, "device.model") or "").upper().startswith("WW") and dig(system, "device.id") is not None


def mdns_matches(name: str, txt: dict[str, str]) -> bool:
    """Is that service announced by a whatwatt (manual 2.2)?"""
    if txt.get("type") == DEVICE_TYPE and _ID.fullmatch(txt.get("id", "")):
        return True
    return _NAME.match(name) is not None


WHATWATT = Vendor(
    key="whatwatt",
    title="whatwatt Go",
    kind="Smart meter reader",
    scheme="http",
    port=80,
    default_user="",
    login=LoginWords(user="", where="The password that protects the device's own web page; it knows no user names."),
    connect=WhatwattClient,
    recognise=recognise,
    probe_path=SYSTEM,
    sections=(
        *sections.SECTIONS,
        *basics.SECTIONS,
        *meter_port.SECTIONS,
        *wifi_network.SECTIONS,
        *ethernet_port.SECTIONS,
        *mqtt.SECTIONS,
        *variables.SECTIONS,
    ),
    feeds=FEEDS,
    archives=(*wifi_scan.ARCHIVES, *card.ARCHIVES, *card_log.ARCHIVES),
    actions=(
        *restart.ACTIONS,
        *wifi_join.ACTIONS,
        *wifi_network.ACTIONS,
        *card_download.ACTIONS,
        *basics.ACTIONS,
        *meter_port.ACTIONS,
        *ethernet_port.ACTIONS,
        *mqtt.ACTIONS,
    ),
    firmware=FIRMWARE,
    resources=RESOURCES,
    groups=("System", "Meter", "Network", "Services", "SD card"),
    simulator="app.vendors.whatwatt.simulator:WhatwattSimulator",
    mdns_type="_http._tcp.local.",
    mdns_matches=mdns_matches,
    idle_s=5.0,
)
