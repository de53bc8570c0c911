"""`records`: what a device keeps by time, as a table, as CSV or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from app.cli.console import Console, table
from app.cli.opening import check_meter, locate, named, opened, where
from app.cli.options import Options
from app.cli.wanted import STANDARD_INPUT, pairs
from app.commission.export import csv_rows, save_records, write_records
from app.commission.plain import parse_value
from app.commission.session import DeviceSession
from app.model.archive import AnyArchive, Period, Query, Records
from app.model.errors import ExitCode, InvalidValue, NotFound, UsageError

DAY = "2026-03-01"
FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d")


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for, as it was typed. Empty or 0: not given."""

    archive: str = ""
    begin: str = ""
    end: str = ""
    count: int = 0
    values: tuple[str, ...] = ()
    csv: str = ""


async def records(console: Console, options: Options, meter: str, wanted: Wanted) -> ExitCode:
    """Read an archive; without its name, list which there are."""
    given = pairs(wanted.values)
    begin, end = moment(wanted.begin, "--begin"), moment(wanted.end, "--end")
    place = await locate(options)
    archive = named(place.vendor.archive, place.vendor.archives, wanted.archive, "archive") if wanted.archive else None
    async with opened(place, options, console) as (session, _):
        check_meter(session, meter)
        if archive is None:
            return await _listed(console, session, meter)
        support = await session.support(archive, meter)
        if not support.readable:
            raise NotFound(f"{archive.title}: {support.reason}")
        _check_period(archive, begin, end)
        if archive.period is Period.DAYS and end is not None and len(wanted.end) == len(DAY):
            # Where days are asked for, the last one that is named is meant too.
            end += timedelta(days=1)
        query = Query(begin, end, wanted.count, await _parameters(session, archive, meter, given))
        found = await session.records(archive, meter, query)
        _deliver(console, wanted.csv, {**where(session, meter), "archive": archive.key}, found)
    return ExitCode.DONE


async def _listed(console: Console, session: DeviceSession, meter: str) -> ExitCode:
    listed = []
    for archive in session.archives(meter):
        support = await session.support(archive, meter)
        choices = await session.options(archive, meter) if support.readable else {}
        console.say(f"{archive.key}  {archive.title}" + ("" if support.readable else f" ({support.reason})"))
        fields = {field.name: choices.get(field.name, field.choices) for field in archive.fields}
        for name, offered in fields.items():
            console.say(f"  {name}: " + "; ".join(f"{choice.value} {choice.label}" for choice in offered))
        listed.append(
            {
                "key": archive.key,
                "title": archive.title,
                "help": archive.help,
                "manual": archive.manual,
                "supported": support.readable,
                "reason": support.reason,
                "parameters": {
                    name: [{"value": c.value, "label": c.label} for c in offered] for name, offered in fields.items()
                },
                "resources": list(archive.resources),
            }
        )
    if not listed:
        console.say("It keeps nothing by time.")
    console.document({**where(session, meter), "archives": listed})
    return ExitCode.DONE


def moment(text: str, option: str) -> datetime | None:
    """A moment of the device's local time as it is typed; a day is its midnight.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return None
    for form in FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise UsageError(f"{option}: '{text}' is no date and time.", hint="Write 2026-03-01 or 2026-03-01T14:30:00.")


def _check_period(archive: AnyArchive, begin: datetime | None, end: datetime | None) -> None:
    if archive.period is Period.NONE and (begin or end):
        raise UsageError(f"{archive.title} is always read whole.", hint="Leave out --begin and --end.")
    if archive.period is Period.UNTIL and begin:
        raise UsageError(f"{archive.title} is read page by page back from a moment.", hint="Give --end, not --begin.")
    if begin and end and begin > end:
        raise UsageError("The period ends before it begins.")


async def _parameters(session: DeviceSession, archive: AnyArchive, meter: str, given: Mapping[str, str]) -> Any:
    """The archive's parameters: as typed, else the first that the device offers."""
    known = {field.name: field for field in archive.fields}
    for name in given:
        if name not in known:
            hint = f"It has: {', '.join(known)}." if known else ""
            raise UsageError(f"{archive.title} has no parameter '{name}'.", hint=hint)
    offered = await session.options(archive, meter) if known else {}
    values: dict[str, Any] = {}
    for name, field in known.items():
        choices = offered.get(name, field.choices)
        if name in given:
            values[name] = parse_value(archive.parameters, replace(field, choices=choices), given[name])
            if choices and not field.suggestions and all(choice.value != values[name] for choice in choices):
                allowed = ", ".join(f"{choice.value} ({choice.label})" for choice in choices)
                raise InvalidValue(name, f"{field.label}: '{given[name]}' is not offered; {allowed}.")
        elif choices:
            values[name] = choices[0].value
    try:
        return archive.parameters(**values)
    except TypeError as error:
        missing = ", ".join(name for name in known if name not in values)
        raise UsageError(f"{archive.title}: say {missing}.", hint=f"For example --set {missing}=…") from error


def _deliver(console: Console, csv: str, head: Mapping[str, Any], found: Records) -> None:
    if csv == STANDARD_INPUT:
        write_records(sys.stdout, found)
    elif csv:
        save_records(Path(csv), found)
        console.note(f"{found.count} rows written to {csv}.")
    else:
        console.say(*table(list(csv_rows(found))))
    console.note(*found.notes)
    console.document(
        {
            **head,
            "columns": [{"key": c.key, "title": c.title, "unit": c.unit, "kind": c.kind.value} for c in found.columns],
            "rows": [list(row) for row in zip(*found.data, strict=True)],
            "notes": list(found.notes),
            "earlier": found.earlier,
        }
    )
    if found.earlier is not None:
        console.note(f"Earlier rows: --end {found.earlier:%Y-%m-%dT%H:%M:%S}")
