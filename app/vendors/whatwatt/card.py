"""The memory card: what is on it (manual 5.10). The names of its files are somebody else's: none is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import quote

import msgspec

from app.model.archive import AnyArchive, Archive, Column, ColumnKind, Period, Query, Records
from app.model.errors import BadReply, DeviceFailed, DeviceRefused, InvalidValue
from app.model.field import Choice, Field
from app.net.lenient import convert
from app.vendors.whatwatt.client import SD_CARD, SYSTEM, WhatwattClient
from app.vendors.whatwatt.models import SdCard
from app.vendors.whatwatt.places import dig, fill
from app.vendors.whatwatt.wifi_scan import plain_text

LONGEST_PATH = 255
MOST = 5000
FILE, FOLDER = "file", "dir"
_WINDOWS = frozenset('<>:"|?*')

FULL = 0.97
"""Of its size the card keeps a part for itself: from here on it counts as full."""
MEGABYTE = 1024 * 1024
LARGEST_SIZE = 2**63
"""What is said to be larger is no size of a file, and more digits than a float can hold are possible."""

COLUMNS = (
    Column("name", "Name", width=24),
    Column("type", "Type", filtered=True, width=8),
    Column("size", "Size", ColumnKind.NUMBER, unit="bytes", decimals=0, width=12),
    Column("day", "Log of", width=12),
    Column("path", "Path", width=32),
    Column("remark", "Remark", width=24),
)


class Entry(msgspec.Struct, frozen=True):
    """A file or a folder, as the card calls it."""

    name: str = ""
    size: int = 0
    type: str = FILE


class Folder(msgspec.Struct, frozen=True):
    """Which folder of the card is listed."""

    folder: Annotated[
        str,
        Field("Folder", max_length=LONGEST_PATH, suggestions=True, help="Empty is the card's root.", manual="5.10"),
    ] = ""


def card_path(path: str) -> str:
    """The address of a file or folder of the card, such as 'LOGS/A.CSV', as it goes out: nothing else is reached.

    Raises:
        InvalidValue: it is no path on the card.
    """
    parts = [part for part in path.split("/") if part]
    for part in parts:
        if part in (".", ".."):
            raise InvalidValue("path", f"'{plain_text(path)}' leads out of the card: no '.' or '..' are allowed.")
        if "\\" in part or not part.isprintable():
            raise InvalidValue("path", f"'{plain_text(path)}' is no path on a memory card.")
    if len(path) > LONGEST_PATH:
        raise InvalidValue("path", f"The path has {len(path)} characters, at most {LONGEST_PATH} are allowed.")
    return SD_CARD + "/".join(quote(part, safe="~") for part in parts)


def safe_name(path: str) -> str:
    """The name under which a file of the card may be saved in a folder of this computer: one that leads nowhere else.

    Raises:
        InvalidValue: nothing of it is left.
    """
    name = path.replace("\\", "/").rpartition("/")[2]
    kept = "".join("_" if character in _WINDOWS or not character.isprintable() else character for character in name)
    kept = kept.strip(" .")[-100:]
    if not kept:
        raise InvalidValue("file", f"'{plain_text(path)}' is no name for a file.")
    return f"_{kept}" if kept.partition(".")[0].upper() in _DEVICES else kept


_DEVICES = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"COM{number}" for number in range(10)), *(f"LPT{number}" for number in range(10)))
)
"""Names that mean no files to some systems."""


def can_be_asked_for(name: str) -> bool:
    """Is it a name that a request can carry, and one level of the card?"""
    return "/" not in name and "\\" not in name and name not in ("", ".", "..") and name.isprintable()


def day_of(name: str) -> str:
    """The day of a log by its name, such as 20240929.CSV, in ISO form; empty for everything else."""
    stem, _, suffix = name.upper().rpartition(".")
    try:
        return date(int(stem[:4]), int(stem[4:6]), int(stem[6:])).isoformat() if _is_log(stem, suffix) else ""
    except ValueError:
        return ""


def _is_log(stem: str, suffix: str) -> bool:
    return suffix == "CSV" and len(stem) == 8 and stem.isascii() and stem.isdigit()


async def entries(client: WhatwattClient, folder: str = "") -> tuple[Entry, ...]:
    """What is in a folder of the card, folders first, then by name.

    Raises:
        InvalidValue: it is no path on the card.
        DeviceFailed: there is no card.
        BadReply: the answer is no listing.
    """
    path = card_path(folder)
    try:
        document = await client.document(path if path.endswith("/") else f"{path}/", fresh=True)
    except DeviceFailed as error:
        if error.status == 503:
            raise DeviceFailed("The device has no memory card, or cannot read it.", status=503, hint=_NO_CARD) from None
        raise
    listed = dig(document, "files")
    if not isinstance(listed, list):
        raise BadReply(f"The device's answer to {path} lists no files.")
    found = [convert(row, Entry, "files") for row in listed[:MOST]]
    return tuple(sorted(found, key=lambda entry: (entry.type != FOLDER, entry.name)))


_NO_CARD = "Push a microSD card into the device until it clicks, wait a moment and refresh."


async def _read(client: WhatwattClient, _target: str, query: Query) -> Records:
    folder = query.parameters.folder if isinstance(query.parameters, Folder) else ""
    found = await entries(client, folder)
    inside = "/".join(part for part in folder.split("/") if part)
    notes = []
    strange = [plain_text(entry.name) for entry in found if not can_be_asked_for(entry.name)]
    if strange:
        notes.append(f"Cannot be fetched, since their names are none of files: {', '.join(strange[:5])}.")
    if any(entry.type == FILE and not entry.size for entry in found):
        notes.append("The size of the log that is being written lags behind; it may be listed with 0 bytes.")
    if not inside:
        notes += _room(sum(max(entry.size, 0) for entry in found), fill(SdCard, await client.system()))
    return Records(
        COLUMNS,
        (
            [plain_text(entry.name) for entry in found],
            ["folder" if entry.type == FOLDER else plain_text(entry.type) for entry in found],
            [float(min(max(entry.size, 0), LARGEST_SIZE)) for entry in found],
            [day_of(entry.name) for entry in found],
            [f"{inside}/{entry.name}".lstrip("/") if can_be_asked_for(entry.name) else "" for entry in found],
            ["" if can_be_asked_for(entry.name) else STRANGE for entry in found],
        ),
        notes=tuple(notes),
    )


STRANGE = "cannot be fetched: no file's name"
"""Of a name that leads elsewhere or cannot be written."""


def _room(used: int, card: SdCard) -> list[str]:
    """What is to be said of the card's size, which the device tells in MB."""
    if not card.size or used < FULL * card.size * MEGABYTE:
        return []
    return ["The card is full: nothing more is logged. Fetch what is needed, then put in an empty one."]


async def _folders(client: WhatwattClient, _target: str) -> Mapping[str, tuple[Choice, ...]]:
    """The folders of the card's root; deeper ones are typed. Without a card there is the root alone."""
    try:
        found = await entries(client)
    except DeviceRefused:
        found = ()
    folders = [entry.name for entry in found if entry.type == FOLDER and can_be_asked_for(entry.name)]
    return {"folder": (Choice("", "the whole card"), *(Choice(name, name) for name in folders))}


ARCHIVES: tuple[AnyArchive, ...] = (
    Archive(
        key="whatwatt.card",
        title="Files on the card",
        read=_read,
        period=Period.NONE,
        parameters=Folder,
        options=_folders,
        group="SD card",
        icon="storage",
        help="What is on the memory card. A log has one file a day.",
        manual="5.10",
        resources=("GET /sdcard/<path>", f"GET {SYSTEM}"),
    ),
)
