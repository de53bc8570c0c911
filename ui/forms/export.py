"""Asks where to keep what a device has stored, and keeps all of it: before it is erased, or for its own sake."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from app.commission.export import save_records
from app.commission.paging import read_all
from app.commission.session import DeviceSession
from app.model.archive import AnyArchive
from app.model.field import Choice
from app.model.job import Progress
from ui.forms.toast import Toasts
from ui.jobs import JobBar

MOST_FILES = 64
LONGEST_PART = 40
"""A file name has 255 characters at most."""


def file_stem(*parts: str) -> str:
    """A file name from what devices say of themselves: it shall not name a folder."""
    stem = "-".join(part[:LONGEST_PART] for part in (*parts, f"{datetime.now():%Y-%m-%d-%H%M}") if part)
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


async def chosen_folder(parent: QWidget, name: str, title: str, begin: Path) -> Path | None:
    """Ask for a folder; None when it was cancelled."""
    answer: asyncio.Future[Path | None] = asyncio.get_running_loop().create_future()
    dialog = QFileDialog(parent, title, str(begin))
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)

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
                await asyncio.to_thread(save_records, place, records)
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
