"""Fetches a file from the memory card: slowly where the device lives on the meter's power, and into one folder only.

At full speed the device's buffer is drained within a minute, and it restarts (measured on units in the field).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from secrets import token_hex
from typing import Annotated
from urllib.parse import unquote

import msgspec

from app.model.action import Action, AnyAction
from app.model.errors import (
    AnswerLost,
    DeviceFailed,
    InvalidValue,
    NotFound,
    StorageFailed,
    UsageError,
)
from app.model.field import Field
from app.model.job import Progress
from app.model.section import Problem, Step
from app.net.download import Download
from app.vendors.whatwatt.card import LONGEST_PATH, card_path, safe_name
from app.vendors.whatwatt.client import WhatwattClient, refuse
from app.vendors.whatwatt.models import Supply

PACED_BYTES_PER_S = 6000.0
ENOUGH_USB_V = 4.5
LARGEST = 512 * 1024 * 1024
_MISSING = (404, 500)
_TRIES = 1000


def pace_for(supply: Supply) -> float:
    """How many bytes a second the device bears; 0 is any number: it has power of its own."""
    return 0.0 if supply.v_usb is not None and supply.v_usb >= ENOUGH_USB_V else PACED_BYTES_PER_S


def pace_words(supply: Supply) -> str:
    """How fast files come, and why."""
    usb = "no USB power is told" if supply.v_usb is None else f"USB has {supply.v_usb:.2f} V"
    if pace_for(supply):
        return (
            f"Files come at {PACED_BYTES_PER_S / 1000:g} KB/s: the device is powered by the meter ({usb}, "
            f"{ENOUGH_USB_V:g} V are needed), and faster reading has made such devices restart."
        )
    return f"Files come as fast as the device sends them: it has power of its own ({usb})."


async def fetch(client: WhatwattClient, path: str) -> AsyncGenerator[tuple[bytes, Progress], None]:
    """A file of the card, piece by piece, with how far it is. One at a time; a second one is refused.

    Raises:
        InvalidValue: it is no path on the card. Nothing was asked.
        UsageError: another file is being fetched.
        NotFound: there is no such file.
        DeviceFailed: there is no card.
        AnswerLost, DeviceSilent: it broke off.
    """
    address = card_path(path)
    if client.fetching.locked():
        raise UsageError(
            "Another file is being fetched from this device.", hint="Two at once have made devices restart: wait."
        )
    async with client.fetching:
        pace = pace_for(await client.supply())
        download = Download(client.http, address, bytes_per_s=pace)
        words = f"Reading at {pace / 1000:g} KB/s, as the meter powers the device" if pace else "Reading"
        async with aclosing(download.pieces()) as pieces:
            async for piece in pieces:
                if download.done > LARGEST:
                    raise DeviceFailed(f"{path} is longer than any log: stopped after {download.done} bytes.")
                yield piece, Progress(download.done, download.total, words)
        _judge(download, path)


def _judge(download: Download, path: str) -> None:
    if download.status in _MISSING:
        raise NotFound(
            f"The device has no file {path} on its card (it answers {download.status}).",
            status=download.status,
            hint="List the card again: names are in capitals and as they stand there.",
        )
    if download.status == 503:
        raise DeviceFailed("The device has no memory card, or cannot read it.", status=503)
    refuse(download.status, download.body.decode("utf-8", "replace").strip()[:500], f"GET /sdcard/{path}")
    if download.total and download.done < download.total:
        raise AnswerLost(f"Of {path} only {download.done} of {download.total} bytes came.")


async def save(client: WhatwattClient, path: str, folder: Path) -> AsyncGenerator[Progress, None]:
    """Fetch a file of the card into a folder. Afterwards `client.saved` says under which name, and how long it is.

    Nothing is written outside the folder, nothing that is there is overwritten, and half a file is not left behind.

    Raises:
        InvalidValue, StorageFailed: the folder cannot be written to.
        AppError: see `fetch`.
    """
    name = safe_name(path)
    # A name of its own: logs of several devices have the same name, and may be fetched at the same time.
    part = folder / f".{name}.{token_hex(8)}.part"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be written to: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            async with aclosing(fetch(client, path)) as pieces:
                async for piece, progress in pieces:
                    file.write(piece)
                    yield progress
            size = file.tell()
        client.saved = (_kept(part, folder, name), size)
    except OSError as error:
        raise StorageFailed(f"{folder / name} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _kept(part: Path, folder: Path, name: str) -> str:
    """Give the whole file its name; where that is taken, one with a number."""
    stem, dot, suffix = name.rpartition(".")
    for number in range(_TRIES):
        tried = name if not number else f"{stem} ({number}).{suffix}" if dot else f"{name} ({number})"
        target = folder / tried
        try:
            # Reserves the name: whoever comes later takes another.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            continue
        part.replace(target)
        return str(target)
    raise StorageFailed(f"{folder} holds too many files called {name}.")


class CardFile(msgspec.Struct, frozen=True):
    """Which file, and where to."""

    file: Annotated[
        str,
        Field("File", max_length=LONGEST_PATH, help="Its path as it stands in the list of files.", manual="5.10"),
    ] = ""
    folder: Annotated[str, Field("Save in", help="A folder of this computer. What is there stays.")] = ""


def _problems(wanted: CardFile) -> list[Problem]:
    try:
        card_path(wanted.file)
        safe_name(wanted.file)
    except InvalidValue as error:
        return [Problem("file", f"File: {error.message}")]
    folder = Path(wanted.folder)
    if not wanted.folder or not folder.is_absolute():
        return [Problem("folder", "Save in: say the whole path of a folder.")]
    if not folder.is_dir():
        return [Problem("folder", f"Save in: there is no folder {folder}.")]
    return []


def _steps(wanted: CardFile, _target: str) -> list[Step]:
    return [
        Step(f"Fetch {wanted.file} from the card", "GET", card_path(wanted.file), {"folder": wanted.folder}, ("file",))
    ]


async def _follow(client: WhatwattClient, _target: str) -> AsyncGenerator[Progress, None]:
    assert client.ordered is not None, "a step has ordered a file"
    (path, folder), client.ordered = client.ordered, None
    async with aclosing(save(client, _plain(path), Path(folder))) as saving:
        async for progress in saving:
            yield progress


def _plain(address: str) -> str:
    """The path on the card out of the address that goes out."""
    return unquote(address.removeprefix("/sdcard/"))


async def _look(client: WhatwattClient, _target: str) -> tuple[str, int] | None:
    await asyncio.sleep(0)
    return client.saved


def _proven(_before: tuple[str, int] | None, after: tuple[str, int] | None, _wanted: CardFile) -> str:
    if after is None:
        return "No file was saved."
    path, size = after
    try:
        there = Path(path).stat().st_size
    except OSError:
        there = -1
    return "" if there == size else f"{path} is not as it was written."


DOWNLOAD = Action(
    key="whatwatt.download",
    title="Fetch a file",
    verb="Fetch…",
    steps=_steps,
    proven=_proven,
    look=_look,
    follow=_follow,
    parameters=CardFile,
    first=lambda: CardFile(folder=str(Path.home())),
    problems=_problems,
    beside="whatwatt.card",
    group="SD card",
    icon="export",
    danger=False,
    help="Saves a file of the card. A device without USB power is read at 6 KB/s, so that it does not restart: a log "
    "of a day may take some minutes.",
    manual="5.10",
    resources=("GET /sdcard/<path>",),
)

ACTIONS: tuple[AnyAction, ...] = (DOWNLOAD,)
