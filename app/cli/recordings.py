"""`recordings`: what was recorded in a site, as a list, as CSV or as JSON. Needs no device."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from app.cli.console import Console, table
from app.cli.wanted import STANDARD_INPUT
from app.commission.recorded import Recording
from app.commission.recorded_csv import save_recording, write_recording
from app.model.errors import ExitCode, UsageError
from app.site.sitefile import SiteFile


def recordings(console: Console, site: Path, recording: int, csv: str) -> ExitCode:
    """List the recordings of a site file; with `csv` write the readings of one.

    Raises:
        UsageError: there is no such file or recording, or it is not said which one is meant.
        StorageFailed: the site cannot be read, or the table not be written.
    """
    if not site.is_file():
        raise UsageError(f"There is no site file {site}.", hint="Name a file that ends in .wattwright.")
    with SiteFile.open(site) as opened:
        found = opened.recordings.all()
        wanted = [one for one in found if one.id == recording] if recording else list(found)
        if recording and not wanted:
            known = ", ".join(str(one.id) for one in found) or "none"
            raise UsageError(f"{site.name} has no recording {recording}.", hint=f"It has: {known}.")
        if not csv:
            _list(console, site, wanted)
            return ExitCode.DONE
        if len(wanted) != 1:
            raise UsageError(f"{site.name} has {len(wanted)} recordings.", hint="Say which one: --recording ID.")
        _write(console, opened, wanted[0], csv)
    return ExitCode.DONE


def _list(console: Console, site: Path, found: list[Recording]) -> None:
    console.document({"site": str(site), "recordings": [_plain(one) for one in found]})
    if not found:
        console.say(f"Nothing was recorded in {site.name}.")
        return
    head = ("ID", "Begun", "Duration [s]", "Readings", "Bytes", "Title", "Devices", "")
    rows = [
        (
            str(one.id),
            f"{datetime.fromtimestamp(one.begun_s):%Y-%m-%d %H:%M:%S}",
            f"{one.length_s:.0f}",
            str(one.readings),
            str(one.size),
            one.title,
            ", ".join(one.devices),
            "cut off" if one.interrupted or one.trouble else "",
        )
        for one in found
    ]
    console.say(*table([head, *rows]))


def _write(console: Console, opened: SiteFile, one: Recording, csv: str) -> None:
    if csv == STANDARD_INPUT:
        if console.as_json:
            raise UsageError("Standard output has room for one: --json, or --csv -.")
        write_recording(sys.stdout, opened.recordings, one)
        return
    count = save_recording(Path(csv), opened.recordings, one)
    console.note(f"{count} readings written to {csv}.")
    console.document({**_plain(one), "csv": csv})


def _plain(one: Recording) -> dict[str, Any]:
    """A recording as JSON types; times with the offset of this computer."""
    return {
        "id": one.id,
        "title": one.title,
        "begun": _moment(one.begun_s),
        "ended": _moment(one.ended_s),
        "readings": one.readings,
        "bytes": one.size,
        "cut_off": one.interrupted or bool(one.trouble),
        "trouble": one.trouble,
        "marks": [{"time": _moment(mark.time_s), "name": mark.name} for mark in one.marks],
        "channels": [
            {
                "device": channel.device,
                "name": channel.device_title,
                "meter": channel.meter or None,
                "title": channel.title,
                "feed": channel.feed,
                "quantities": [
                    {"key": q.key, "title": q.title, "unit": q.unit.value, "phase": q.phase.value}
                    for q in channel.quantities
                ],
            }
            for channel in one.channels
        ],
    }


def _moment(time_s: float) -> str:
    return datetime.fromtimestamp(time_s).astimezone().isoformat(timespec="milliseconds")
