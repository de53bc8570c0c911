"""`sections` and `read`: what can be read and set, and what the device has now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from app.cli.console import Console, error_plain, table
from app.cli.opening import check_meter, locate, opened, section_of, where
from app.cli.options import Options
from app.commission.plain import plain_of, to_plain
from app.commission.session import DeviceSession
from app.model.errors import AppError, CertificateNotTrusted, DeviceUnreachable, ExitCode, LoginFailed
from app.model.field import Field, Kind
from app.model.lines import split_lines
from app.model.section import AnySection

LONGEST_LIMITS = 100


async def sections(console: Console, options: Options, meter: str) -> ExitCode:
    """The sections of a device, or of one of its meters, and whether they can be used here."""
    place = await locate(options)
    async with opened(place, options, console) as (session, _):
        check_meter(session, meter)
        listed = []
        for section in session.sections(meter):
            support = await session.support(section, meter)
            listed.append(
                {
                    "key": section.key,
                    "title": section.title,
                    "group": section.group,
                    "help": section.help,
                    "manual": section.manual,
                    "fields": [field_plain(field) for field in section.fields],
                    "supported": support.readable,
                    "writable": support.writable,
                    "reason": support.reason,
                    "resources": list(section.resources),
                }
            )
            state = "" if support.readable else " (not supported here)"
            console.say(f"{section.key}  {section.title}{state}", *_fields_shown(section.fields))
            if support.reason:
                console.say(f"  {support.reason}")
        console.document({**where(session, meter), "sections": listed})
    return ExitCode.DONE


def field_plain(field: Field) -> dict[str, Any]:
    """A field's declaration as JSON types."""
    return {
        "name": field.name,
        "label": field.label,
        "type": field.kind.value,
        "unit": field.unit,
        "limits": field.limits(),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "max_length": field.max_length,
        "lines": field.lines,
        "max_rows": field.max_rows,
        "choices": [{"value": to_plain(choice.value), "label": choice.label} for choice in field.choices],
        "read_only": field.read_only,
        "secret": field.secret,
        "help": field.help,
        "manual": field.manual,
        "columns": [field_plain(column) for column in field.columns],
    }


def _fields_shown(fields: Sequence[Field], indent: str = "  ") -> list[str]:
    rows = [
        (field.name, field.kind.value, "read only" if field.read_only else _short(field.limits())) for field in fields
    ]
    lines = []
    for field, line in zip(fields, table(rows, indent), strict=True):
        lines += [line, *_fields_shown(field.columns, f"{indent}  ")]
    return lines


def _short(limits: str) -> str:
    return limits if len(limits) <= LONGEST_LIMITS else f"{limits[:LONGEST_LIMITS]}… (--json lists all)"


async def read(console: Console, options: Options, meter: str, keys: Sequence[str]) -> ExitCode:
    """Read the named sections, or all of the device or meter. The exit code is that of the first that failed."""
    place = await locate(options)
    chosen = [section_of(place, key) for key in keys]
    async with opened(place, options, console) as (session, _):
        check_meter(session, meter)
        wanted = chosen or session.sections(meter)
        for section in wanted:
            session.target(section, meter)
        reading = _Reading(console, session, meter)
        found = {section.key: await reading.of(section) for section in wanted}
        console.document({**where(session, meter), "sections": found})
    return reading.code


class _Reading:
    """One section after the other, until the device itself is lost."""

    def __init__(self, console: Console, session: DeviceSession, meter: str) -> None:
        self._console = console
        self._session = session
        self._meter = meter
        self._lost: AppError | None = None
        self.code = ExitCode.DONE

    async def of(self, section: AnySection) -> dict[str, Any]:
        """`value`, `unsupported` or `error` of one section."""
        self._console.say(section.title)
        if self._lost is not None:
            return self._failed(self._lost)
        try:
            support = await self._session.support(section, self._meter)
            if not support.readable:
                self._console.say(f"  not supported: {support.reason}")
                return {"unsupported": support.reason}
            live = await self._session.read(section, self._meter)
        except AppError as error:
            if type(error) is DeviceUnreachable or isinstance(error, LoginFailed | CertificateNotTrusted):
                self._lost = error
            return self._failed(error)
        self._console.say(*value_shown(section, live.value))
        found = section.findings(live.value)
        if not found:
            return {"value": plain_of(section, live.value)}
        return {"value": plain_of(section, live.value), "findings": [msgspec.to_builtins(one) for one in found]}

    def _failed(self, error: AppError) -> dict[str, Any]:
        self.code = self.code or error.exit_code
        self._console.say(f"  {error.title}: {error.message} {error.hint}".rstrip())
        return {"error": error_plain(error)}


def value_shown(section: AnySection, value: Any) -> list[str]:
    """A section's value in words, one field a line, tables below them."""
    simple = [field for field in section.fields if field.kind is not Kind.TABLE]
    lines = table([(field.label, field.show(getattr(value, field.name))) for field in simple], "  ") if simple else []
    for field in simple:
        text = getattr(value, field.name)
        if field.lines and text and not field.secret:
            lines += [f"  {field.label}:", *(f"    {line}" for line in split_lines(text))]
    for field in section.fields:
        if field.kind is Kind.TABLE:
            rows = getattr(value, field.name)
            lines.append(f"  {field.label}: {field.show(rows)}")
            if rows:
                head = [column.label for column in field.columns]
                cells = [[column.show(getattr(row, column.name)) for column in field.columns] for row in rows]
                lines += table([head, *cells], "    ")
    if section.summary is not None and (summary := section.summary(value)):
        lines.append(f"  {summary}")
    return lines + [
        f"  {found.weight.value}: {found.title}. {found.advice}".rstrip() for found in section.findings(value)
    ]
