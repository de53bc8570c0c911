"""A day's log of the memory card as records: what the meter said, with a plot (manual 5.10).

Decided here, the manual being silent: the first line names the columns, an empty cell is no value, and the times are
the device's local ones though they end in Z. Power comes in kW and energy in kWh, as in the report.
"""

from __future__ import annotations

import asyncio
import csv
import io
import math
from array import array
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

import msgspec

from app.model.archive import AnyArchive, Archive, Column, ColumnKind, Period, Query, Records, Told
from app.model.errors import BadReply, DeviceRefused
from app.model.field import Choice, Field
from app.model.job import Progress
from app.vendors.whatwatt.card import FILE, LONGEST_PATH, can_be_asked_for, day_of, entries
from app.vendors.whatwatt.card_download import fetch
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.wifi_scan import plain_text

LONGEST_LOG = 64 * 1024 * 1024
MOST_ROWS = 200_000
TOLD_EVERY = 6000
"""Bytes: about once a second where files come slowly."""
MOST_COLUMNS = 128
_TIME, _NUMBER, _TEXT = "TIME", ColumnKind.NUMBER, ColumnKind.TEXT

_ENERGY = {
    "EAP": ("Active energy, import", "kWh"),
    "EAN": ("Active energy, export", "kWh"),
    "ERP": ("Reactive energy, positive", "kvarh"),
    "ERN": ("Reactive energy, negative", "kvarh"),
    "ERII": ("Reactive energy Q1", "kvarh"),
    "ERIC": ("Reactive energy Q2", "kvarh"),
    "EREI": ("Reactive energy Q3", "kvarh"),
    "EREC": ("Reactive energy Q4", "kvarh"),
    "MDAP": ("Highest demand, import", "kW"),
    "MDAN": ("Highest demand, export", "kW"),
}
_POWER = {
    "IPAP": ("Active power, import", "kW"),
    "IPAN": ("Active power, export", "kW"),
    "IPRP": ("Reactive power, positive", "kvar"),
    "IPRN": ("Reactive power, negative", "kvar"),
}
_PLOTTED = frozenset({"IPAP_T", "IPAN_T"})
_TEXTS = {"MID": "Meter", "MSTAT": "Status", "MIDENT": "Logical name", "MMODEL": "Model", "MIF": "Interface"}
_ENDINGS = {"T": "", "T1": ", tariff 1", "T2": ", tariff 2", "L1": " L1", "L2": " L2", "L3": " L3"}


def column_of(name: str) -> Column:
    """What stands in a column of a log, by its name in the file's first line."""
    known = {
        "RID": Column(name, "Report", _NUMBER, decimals=0, width=8),
        _TIME: Column(name, "Time", ColumnKind.MOMENT, width=20),
        "TARIFF": Column(name, "Tariff", _NUMBER, decimals=0, width=6),
        "PF": Column(name, "Power factor", _NUMBER, decimals=2),
        "IPA_T": Column(name, "Apparent power", _NUMBER, unit="kVA", decimals=3),
        "RP": Column(name, "Report interval", _NUMBER, unit="ms", decimals=0),
        "MPROT": Column(name, "Protocol", _TEXT),
    }
    head, _, end = name.rpartition("_")
    title, unit = {**_ENERGY, **_POWER, "V": ("Voltage", "V"), "I": ("Current", "A")}.get(head, ("", ""))
    if name in known:
        return known[name]
    if title and end in _ENDINGS:
        return Column(
            name,
            title + _ENDINGS[end],
            _NUMBER,
            unit=unit,
            decimals=3 if unit[0] == "k" else 2,
            plotted=name in _PLOTTED,
        )
    return Column(name, _TEXTS.get(name, plain_text(name)), _TEXT, filtered=name == "MSTAT")


def records_of(content: bytes) -> Records:
    """A log as records. Lines that are cut off or have other cells than the first line are left out, and counted.

    Raises:
        BadReply: it is no log.
    """
    text = io.StringIO(content.decode("utf-8", "replace").lstrip("\ufeff"), newline="")
    rows = csv.reader(text)
    try:
        names = [name.strip() for name in next(rows, [])][:MOST_COLUMNS]
        if _TIME not in names or len(set(names)) != len(names):
            raise BadReply(
                "That is no log of the device: its first line names no columns.", hint="Choose another file."
            )
        columns = tuple(column_of(name) for name in names)
        data, left_out, more = _cells(rows, columns)
    except csv.Error as error:
        raise BadReply(f"That is no log of the device: {error}.") from error
    notes = [f"{left_out} lines were left out: they are cut off."] if left_out else []
    if more:
        notes.append(f"Only the first {MOST_ROWS} lines are shown.")
    told = [place for place, column in enumerate(columns) if _says_something(column, data[place])]
    return Records(tuple(columns[place] for place in told), tuple(data[place] for place in told), tuple(notes))


def _cells(rows: Any, columns: tuple[Column, ...]) -> tuple[list[Any], int, bool]:
    data: list[Any] = [array("d") if column.kind is _NUMBER else [] for column in columns]
    left_out = 0
    for row in rows:
        if not row:
            continue
        if len(row) != len(columns):
            left_out += 1
            continue
        if len(data[0]) >= MOST_ROWS:
            return data, left_out, True
        for cells, column, text in zip(data, columns, row, strict=True):
            cells.append(_cell(column, text))
    return data, left_out, False


def _cell(column: Column, text: str) -> Any:
    if column.kind is ColumnKind.MOMENT:
        try:
            return datetime.fromisoformat(text.removesuffix("Z")[:19]).replace(tzinfo=None)
        except ValueError:
            return plain_text(text)
    if column.kind is _TEXT:
        return plain_text(text)
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _says_something(column: Column, cells: Sequence[Any]) -> bool:
    """A meter leaves most of the columns empty: those are not shown."""
    if column.kind is ColumnKind.MOMENT or not cells:
        return True
    if column.kind is _NUMBER:
        return any(not math.isnan(value) for value in cells)
    return any(cells)


_NONE = Choice("", "choose a day")


class Log(msgspec.Struct, frozen=True):
    """Which log."""

    file: Annotated[
        str, Field("Log", max_length=LONGEST_PATH, suggestions=True, help="One file for each day.", manual="5.10")
    ] = ""


async def _logs(client: WhatwattClient, _target: str) -> Mapping[str, tuple[Choice, ...]]:
    """The logs in the card's root, the newest first; before them none, so that no page fetches one unasked."""
    try:
        found = await entries(client)
    except DeviceRefused:
        found = ()
    names = [
        entry.name
        for entry in found
        if entry.type == FILE and entry.name.upper().endswith(".CSV") and can_be_asked_for(entry.name)
    ]
    return {"file": (_NONE, *(Choice(name, day_of(name) or plain_text(name)) for name in sorted(names, reverse=True)))}


def _nobody(_: Progress) -> None:
    """Nobody wants to know how far it is."""


async def _read(client: WhatwattClient, _target: str, query: Query, told: Told = _nobody) -> Records:
    file = query.parameters.file if isinstance(query.parameters, Log) else ""
    if not file:
        return Records((), (), notes=("Choose a day. Writing to the card is set under 'Services'.",))
    content = bytearray()
    async with aclosing(fetch(client, file)) as pieces:
        async for piece, progress in pieces:
            # Of every piece it would be told hundreds of times a second where the device has power of its own.
            if len(content) // TOLD_EVERY != progress.done // TOLD_EVERY:
                told(msgspec.structs.replace(progress, text=_how_far(progress)))
            content += piece
            if len(content) > LONGEST_LOG:
                raise BadReply(f"{file} is longer than {LONGEST_LOG // (1024 * 1024)} MiB: fetch it as a file.")
    # In a thread: a day has some million cells, and the window goes on meanwhile.
    return await asyncio.to_thread(records_of, bytes(content))


def _how_far(progress: Progress) -> str:
    whole = f" of {progress.total / 1000:.0f} KB" if progress.total else ""
    return f"{progress.done / 1000:.0f} KB{whole}. {progress.text}"


ARCHIVES: tuple[AnyArchive, ...] = (
    Archive(
        key="whatwatt.log",
        title="Log of a day",
        read=_read,
        period=Period.NONE,
        parameters=Log,
        options=_logs,
        read_told=_read,
        group="SD card",
        icon="chart",
        help="What the device has written to its card, one file a day. Without USB power it is read at 6 KB/s, which "
        "takes some minutes. Times are the device's own.",
        manual="5.10",
        resources=("GET /sdcard/<path>",),
    ),
)
