"""Keeps what an archive page shows: the records as a table for other programs, the plots as a picture."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from app.commission.session import DeviceSession
from app.model.archive import AnyArchive, Column, ColumnKind, Records
from app.model.errors import StorageFailed
from app.model.field import Choice
from app.model.job import Progress
from ui.forms.toast import Toasts
from ui.jobs import JobBar

from .archive_paging import read_all

MOST_FILES = 64

FORMULA = ("=", "+", "-", "@", "\t")
"""A text that begins so is taken for a formula by spreadsheets: it gets a sign in front."""


def write_records(path: Path, records: Records) -> None:
    """Write all records, the oldest first: a line of titles with units, then one line a row.

    Times in ISO 8601 without a zone (they are the device's own), points in numbers, commas between, UTF-8 with the
    mark that spreadsheets look for, empty where there is no value. May be called in a thread. The file appears when it
    is complete.

    Raises:
        StorageFailed: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    cells = [cells_of(column, data) for column, data in zip(records.columns, records.data, strict=True)]
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(
                [f"{column.title} [{column.unit}]" if column.unit else column.title for column in records.columns]
            )
            rows.writerows(zip(*cells, strict=True))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageFailed(f"{path.name} cannot be written: {error.strerror or error}.") from error


def cells_of(column: Column, data: Any) -> list[str]:
    """One column as it stands in the file."""
    if column.kind is ColumnKind.NUMBER:
        return ["" if value != value else f"{value:.15g}" for value in data]
    if column.kind is ColumnKind.MOMENT:
        return [value.isoformat() if isinstance(value, datetime) else harmless(str(value)) for value in data]
    return [harmless(str(value)) for value in data]


def harmless(text: str) -> str:
    """A device's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def file_stem(*parts: str) -> str:
    """A file name from what devices say of themselves: it shall not name a folder."""
    stem = "-".join(part for part in (*parts, f"{datetime.now():%Y-%m-%d-%H%M}") if part)
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in stem)


async def chosen_path(parent: QWidget, name: str, title: str, kinds: str, suffix: str, stem: str) -> Path | None:
    """Ask where to; None when it was cancelled."""
    answer: asyncio.Future[Path | None] = asyncio.get_running_loop().create_future()
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(stem)

    def finished(result: int) -> None:
        if not answer.done():
            chosen = dialog.selectedFiles() if result == QFileDialog.DialogCode.Accepted else []
            answer.set_result(Path(chosen[0]) if chosen else None)

    dialog.finished.connect(finished)
    dialog.open()
    return await answer


async def export_everything(
    parent: QWidget,
    session: DeviceSession,
    archive: AnyArchive,
    meter: str,
    wanted: msgspec.Struct,
    toasts: Toasts,
    jobs: JobBar | None = None,
) -> bool:
    """Ask for a file, read all that an archive keeps, and write it: one file for each thing that can be chosen.

    `wanted` are the parameters of the action that comes next: what it leaves alone need not be exported. False when
    the installer gave up.

    Raises:
        AppError: it cannot be read or written; then nothing must be erased.
    """
    options = await session.options(archive, meter)
    whose = meter or (session.identity.id if session.identity else "")
    stem = file_stem(session.vendor.key, whose, archive.key.rpartition(".")[2])
    path = await chosen_path(parent, f"{archive.key}.export_dialog", "Export first", "Table (*.csv)", "csv", stem)
    if path is None:
        return False
    job = jobs.start(f"Export of {archive.title}") if jobs is not None else None
    said = "stopped"
    try:
        files, rows = 0, 0
        for label, parameters in variants(archive, options, wanted):
            if job is not None and isValid(job):
                job.progress(Progress(0, 0, label or "reading", cancellable=False))
            records = await read_all(session, archive, meter, parameters)
            if records.count or not files:
                place = path.with_stem(f"{path.stem}-{_word(label)}") if label else path
                await asyncio.to_thread(write_records, place, records)
                files, rows = files + 1, rows + records.count
        said = f"{rows} rows in {files} {'file' if files == 1 else 'files'}"
    finally:
        if job is not None and isValid(job):
            job.done(said)
    toasts.ok("Exported", f"{archive.title}: {said}, {path.name}.")
    return True


def variants(
    archive: AnyArchive, options: Mapping[str, tuple[Choice, ...]], wanted: msgspec.Struct
) -> list[tuple[str, msgspec.Struct]]:
    """What has to be read to have everything: label and parameters. A value that `wanted` names too is the only one."""
    found: list[tuple[str, msgspec.Struct]] = [("", archive.parameters())]
    for field in archive.fields:
        choices = options.get(field.name, field.choices)
        named = getattr(wanted, field.name, None)
        kept = [choice for choice in choices if choice.value == named] or list(choices)
        if kept:
            found = [
                (" ".join(part for part in (label, choice.label) if part), replace(value, **{field.name: choice.value}))
                for label, value in found
                for choice in kept
            ]
    return found[:MOST_FILES]


def _word(label: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in label)[:40].strip("_")
