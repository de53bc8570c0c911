"""The wireless networks that the device hears (manual 5.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.model.archive import AnyArchive, Archive, Column, ColumnKind, Period, Query, Records
from app.model.errors import BadReply
from app.net.lenient import convert
from app.vendors.whatwatt.client import SYSTEM, WhatwattClient
from app.vendors.whatwatt.models import Wifi
from app.vendors.whatwatt.places import fill

PATH = "/api/v1/wifi/scan"
SCANNING_S = 45.0
MOST = 200
HIDDEN = "(hidden)"
"""In place of a name that the network does not tell."""
_BARS = ((-60.0, 4, "very good"), (-67.0, 3, "good"), (-75.0, 2, "fair"), (-math.inf, 1, "weak"))

COLUMNS = (
    Column("ssid", "Network", width=24),
    Column("signal", "Signal", ColumnKind.NUMBER, unit="%", decimals=0, width=8),
    Column("rssi", "Level", ColumnKind.NUMBER, unit="dBm", decimals=0, width=8),
    Column("security", "Security", filtered=True, width=14),
    Column("joined", "Joined", width=8),
    Column("channel", "Channel", ColumnKind.NUMBER, decimals=0, width=8),
    Column("wps", "WPS", width=6),
    Column("bssid", "Access point", width=18),
    Column("ht", "Width", width=6),
    Column("cipher", "Cipher", width=12),
    Column("group_cipher", "Group cipher", width=12),
    Column("phy", "Standards", width=9),
    Column("country", "Country", width=8),
)


class Network(msgspec.Struct, frozen=True):
    """One network as the device hears it; texts as they came."""

    ssid: str = ""
    bssid: str = ""
    channel: float | None = None
    ht: str = ""
    rssi: float | None = None
    signal: float | None = None
    auth_mode: str = ""
    pairwise_cipher: str = ""
    group_cipher: str = ""
    phy: str = ""
    wps: bool | str | None = None
    country: str = ""


def networks_of(document: object) -> tuple[Network, ...]:
    """The networks of an answer, the strongest first.

    Raises:
        BadReply: it is no list of networks.
    """
    rows = document.get("networks") if isinstance(document, Mapping) else document
    if not isinstance(rows, list):
        raise BadReply(f"The device's answer to {PATH} is no list of networks.")
    found = [convert(_texts(row), Network, "networks") for row in rows[:MOST]]
    return tuple(sorted(found, key=lambda network: -math.inf if network.rssi is None else network.rssi, reverse=True))


def _texts(row: object) -> object:
    """Texts may come as numbers: a network may be called 1234."""
    if not isinstance(row, dict):
        return row
    named = ("ssid", "bssid", "ht", "auth_mode", "pairwise_cipher", "group_cipher", "phy", "country")
    return {
        key: str(value) if key in named and isinstance(value, int | float) else value
        for key, value in row.items()
        if value is not None
    }


async def _read(client: WhatwattClient, _target: str, _query: Query) -> Records:
    found = networks_of(await client.document(PATH, fresh=True, timeout_s=SCANNING_S))
    now = fill(Wifi, await client.system())
    data: Sequence[Sequence[Any]] = (
        [plain_text(network.ssid) or HIDDEN for network in found],
        [_number(network.signal) for network in found],
        [_number(network.rssi) for network in found],
        [plain_text(network.auth_mode) for network in found],
        ["yes" if _is_joined(network, now) else "" for network in found],
        [_number(network.channel) for network in found],
        [_yes(network.wps) for network in found],
        [mac_text(network.bssid) for network in found],
        [plain_text(network.ht) for network in found],
        [plain_text(network.pairwise_cipher) for network in found],
        [plain_text(network.group_cipher) for network in found],
        [plain_text(network.phy) for network in found],
        [plain_text(network.country) for network in found],
    )
    return Records(COLUMNS, tuple(data))


def _is_joined(network: Network, now: Wifi) -> bool:
    """Is that the one that the device is in? Several access points may have one name."""
    if (now.status or "").upper() != "OK" or network.ssid != now.ssid:
        return False
    return not (network.bssid and now.bssid) or network.bssid.casefold() == now.bssid.replace(":", "").casefold()


def strength(rssi_dbm: float) -> tuple[int, str]:
    """A level in dBm as bars, 0 (not told) to 4, and as a word. From -75 dBm down, radio costs power and reports."""
    if math.isnan(rssi_dbm):
        return 0, "not told"
    return next((bars, word) for least, bars, word in _BARS if rssi_dbm >= least)


def plain_text(text: str) -> str:
    """A name as it may be shown: what is not printable is replaced, and no longer than a line."""
    return "".join(character if character.isprintable() else "�" for character in text[:200])


def mac_text(digits: str) -> str:
    """A MAC address with colons; anything else as it came."""
    if len(digits) != 12 or not all(digit in "0123456789ABCDEFabcdef" for digit in digits):
        return plain_text(digits)
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2)).upper()


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _yes(value: bool | str | None) -> str:
    if isinstance(value, str):
        value = value.strip().lower() in ("true", "1", "yes")
    return "yes" if value else ""


ARCHIVES: tuple[AnyArchive, ...] = (
    Archive(
        key="whatwatt.wifi_scan",
        title="Networks in reach",
        read=_read,
        period=Period.NONE,
        group="Network",
        icon="wifi",
        help="The wireless networks that the device hears now, the strongest first. Takes some seconds; a device that "
        "is reached by Wi-Fi may not answer meanwhile.",
        manual="5.5",
        resources=(f"GET {PATH}", f"GET {SYSTEM}"),
    ),
)
