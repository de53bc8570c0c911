"""`send`, `register` and `unregister`: draft, preview, question, sending, read-back, receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from app.cli.console import Console, table
from app.cli.opening import Place, check_meter, locate, opened, section_of
from app.cli.options import Options
from app.cli.wanted import document_of, of_section, pairs, put
from app.commission.plain import plain_value, to_plain
from app.commission.receipt import Outcome, Receipt
from app.commission.send import Preview, receipt_plain
from app.commission.session import DeviceSession
from app.model.errors import AccessDenied, ExitCode, NotFound, UsageError
from app.model.job import Progress
from app.model.lines import line_changes
from app.model.section import AnySection, Change

PREVIEW = "preview"
METERS = "meters"
"""The field of a family's `meters_section` that holds the registered meters, a row each."""

CODES = {
    Outcome.VERIFIED: ExitCode.DONE,
    Outcome.UNCHANGED: ExitCode.DONE,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.DIFFERS: ExitCode.NOT_VERIFIED,
    Outcome.UNKNOWN: ExitCode.NOT_VERIFIED,
}


class How(msgspec.Struct, frozen=True):
    """How to go about a sending: only show it, ask nothing, ask at all."""

    dry_run: bool = False
    yes: bool = False
    unasked: bool = False
    """Without somebody to ask, it is sent all the same: the command itself said all there is to decide."""


async def send(
    console: Console, options: Options, key: str, meter: str, given: Sequence[str], file: str, how: How
) -> ExitCode:
    """Set fields of a section from `name=value` pairs, from a file, or both (the pairs win)."""
    assigned = pairs(given)
    document = document_of(file) if file else {}
    place = await locate(options)
    section = section_of(place, key)
    values = {**(of_section(section, document) if file else {}), **assigned}

    def wish(session: DeviceSession) -> tuple[str, ...]:
        draft = session.draft(section, meter)
        assert draft is not None
        return put(section, draft, values)

    return await _deliver(console, options, place, section, meter, wish, how)


async def register(console: Console, options: Options, serial: str, alias: str, location: str, how: How) -> ExitCode:
    """Add a scanned meter to the registered ones; one that is there gets this name and location."""
    place = await locate(options)
    section = _meters_section(place)
    row = {"serial": serial, "alias": alias, "location": location}

    def wish(session: DeviceSession) -> tuple[str, ...]:
        others = [known for known in _registered(session, section) if known["serial"] != serial]
        return _put_meters(session, section, [*others, row])

    return await _deliver(console, options, place, section, "", wish, how)


async def unregister(console: Console, options: Options, serial: str, how: How) -> ExitCode:
    """Delete a meter's registration."""
    place = await locate(options)
    section = _meters_section(place)

    def wish(session: DeviceSession) -> tuple[str, ...]:
        check_meter(session, serial)
        return _put_meters(
            session, section, [known for known in _registered(session, section) if known["serial"] != serial]
        )

    return await _deliver(console, options, place, section, "", wish, how)


def _meters_section(place: Place) -> AnySection:
    if not place.vendor.meters_section:
        raise UsageError(f"{place.vendor.title} registers no meters.")
    return place.vendor.section(place.vendor.meters_section)


def _registered(session: DeviceSession, section: AnySection) -> list[Mapping[str, Any]]:
    draft = session.draft(section, "")
    assert draft is not None
    rows: list[Mapping[str, Any]] = to_plain(getattr(draft.base, METERS))
    return rows


def _put_meters(session: DeviceSession, section: AnySection, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    draft = session.draft(section, "")
    assert draft is not None
    return put(section, draft, {METERS: list(rows)})


async def _deliver(
    console: Console,
    options: Options,
    place: Place,
    section: AnySection,
    meter: str,
    wish: Callable[[DeviceSession], tuple[str, ...]],
    how: How,
) -> ExitCode:
    """Read, apply the wish, show it, ask, send, and tell what came of it.

    Raises:
        AppError: nothing was sent.
    """
    if section.plan is None:
        raise UsageError(f"{section.title} can only be read.")
    async with opened(place, options, console, records=not how.dry_run) as (session, _):
        check_meter(session, meter)
        await _check_writable(session, section, meter)
        await session.read(section, meter)
        fields = wish(session)
        plan = session.preview(section, meter, fields)
        _warn(console, session, section, meter)
        if how.dry_run:
            console.document(_preview_plain(section, plan))
            console.say(*(_planned(section, plan) if plan.changes else ["Nothing would change."]))
            return ExitCode.DONE
        if not plan.changes:
            receipt = Receipt(section.key, session.target(section, meter), Outcome.UNCHANGED)
        else:
            _ask(console, section, plan, how)
            session.keep(section, meter)
            receipt = await session.send(section, meter, fields, told=_teller(console))
        console.document(receipt_plain(section, receipt))
        console.say(*_told(section, receipt))
        return CODES[receipt.outcome]


async def _check_writable(session: DeviceSession, section: AnySection, meter: str) -> None:
    support = await session.support(section, meter)
    if support.writable:
        return
    capabilities = await session.capabilities(session.target(section, meter))
    if not capabilities.may_write:
        raise AccessDenied(f"{section.title}: {support.reason}")
    raise NotFound(f"{section.title}: {support.reason}")


def _warn(console: Console, session: DeviceSession, section: AnySection, meter: str) -> None:
    draft = session.draft(section, meter)
    assert draft is not None
    console.note(*(f"Warning: {problem.message}" for problem in draft.problems() if problem.warning))


def _ask(console: Console, section: AnySection, plan: Preview, how: How) -> None:
    """Raises UsageError when it is not to be sent, or there is nobody to say so."""
    if how.yes or (how.unasked and not console.interactive):
        return
    console.note(*_planned(section, plan))
    if not console.interactive:
        raise UsageError(
            "Nothing was sent: nobody is here to confirm it.", hint="Use --yes to send without a question."
        )
    if not console.confirm("Send this?"):
        raise UsageError("Nothing was sent.", hint="It was not confirmed.")


def _preview_plain(section: AnySection, plan: Preview) -> dict[str, Any]:
    """A preview in the form of a receipt: steps with what they would send, nothing read back."""

    def shown(name: str, value: Any) -> Any:
        return plain_value(section.field(name), value)

    return {
        "section": section.key,
        "outcome": PREVIEW if plan.changes else Outcome.UNCHANGED.value,
        "changes": [
            {"field": c.field, "before": shown(c.field, c.before), "after": shown(c.field, c.after), "now": None}
            for c in plan.changes
        ],
        "steps": [
            {"title": step.title, "method": step.method, "path": step.path, "body": step.shown_body()}
            for step in plan.steps
        ],
        "erases": list(plan.erases),
        "message": "",
        "hint": "",
    }


def _planned(section: AnySection, plan: Preview) -> list[str]:
    rows = [
        (field.label, field.show(change.before), "→", field.show(change.after))
        for change in plan.changes
        for field in (section.field(change.field),)
    ]
    return [
        f"{section.title}:",
        *table(rows, "  "),
        *(line for change in plan.changes for line in _lines_of(section, change)),
        *(f"  {step.title}: {step.method} {step.path}" for step in plan.steps),
        *(f"  This erases {what}." for what in plan.erases),
        *(
            [f"  To keep it first: wattwright records ADDRESS {section.archive.rpartition('.')[2]}"]
            if plan.erases and section.archive
            else ()
        ),
        *(f"  {line}" for line in ((plan.guide.words, plan.advice) if plan.guide is not None else ()) if line),
    ]


def _lines_of(section: AnySection, change: Change) -> list[str]:
    """The lines of a text that differ, as - and +."""
    field = section.field(change.field)
    if not field.lines or field.secret:
        return []
    shown = [f"  {field.label}:"]
    for line in line_changes(change.before or "", change.after or ""):
        pair = (("-", line.before), ("+", line.after))
        shown += [f"    {sign} {line.number:>3}  {text}" for sign, text in pair if text is not None]
    return shown


def _teller(console: Console) -> Callable[[Progress], None]:
    """Says what goes on while a device is looked for, each thing once."""
    said = ""

    def tell(progress: Progress) -> None:
        nonlocal said
        if progress.text != said:
            said = progress.text
            console.note(said)

    return tell


def _told(section: AnySection, receipt: Receipt) -> list[str]:
    rows = [
        (
            field.label,
            field.show(change.before),
            "→",
            field.show(change.after),
            "not told" if field.secret else f"now {'unknown' if change.now is None else field.show(change.now)}",
        )
        for change in receipt.changes
        for field in (section.field(change.field),)
    ]
    return [
        f"{section.title}: {receipt.outcome.value}",
        *(table(rows, "  ") if rows else []),
        *(f"  {step.title}: {step.state.value}" for step in receipt.steps),
        *(f"  {part.label}: {part.outcome.value}" for part in receipt.parts if len(receipt.parts) > 1),
        *(f"  Erased: {what}." for what in receipt.erases if receipt.outcome is Outcome.VERIFIED),
        *(f"  {line}" for line in (receipt.message, receipt.hint) if line),
    ]
