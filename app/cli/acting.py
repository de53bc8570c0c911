"""`do`: tell a device to do something once, and look whether it did."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from app.cli.console import Console
from app.cli.opening import check_meter, locate, named, opened, where
from app.cli.options import Options
from app.cli.passwords import ask_parameter
from app.cli.sending import CODES, PREVIEW, How
from app.cli.wanted import pairs
from app.commission.action import action_plain, action_steps
from app.commission.plain import parse_value
from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.errors import AccessDenied, ExitCode, NotFound, UsageError
from app.model.job import Progress
from app.model.section import Guide


async def do(console: Console, options: Options, key: str, meter: str, given: Sequence[str], how: How) -> ExitCode:
    """Do an action; without its name, list which there are."""
    values = pairs(given)
    place = await locate(options)
    action = named(place.vendor.action, place.vendor.actions, key, "action") if key else None
    async with opened(place, options, console, records=action is not None and not how.dry_run) as (session, _):
        check_meter(session, meter)
        if action is None:
            return await _listed(console, session, meter)
        await _check(session, action, meter)
        parameters = _parameters(console, action, values)
        target = session.target(action, meter)
        steps = action_steps(action, parameters, target)
        erases = action.erases(parameters)
        guide = action.guide(parameters)
        advice = "" if guide is None else session.advice(guide)
        planned = _planned(action, [step.title for step in steps], erases, guide, advice)
        if how.dry_run:
            console.document(
                {
                    **where(session, meter),
                    "action": action.key,
                    "outcome": PREVIEW,
                    "steps": [
                        {"title": step.title, "method": step.method, "path": step.path, "body": step.shown_body()}
                        for step in steps
                    ],
                    "erases": list(erases),
                    "message": "",
                    "hint": "",
                }
            )
            console.say(*planned)
            return ExitCode.DONE
        if action.danger and not how.yes:
            console.note(*planned)
            if not console.interactive:
                raise UsageError(
                    "Nothing was done: nobody is here to confirm it.", hint="Use --yes to do it without a question."
                )
            if not console.confirm(f"{action.verb}?"):
                raise UsageError("Nothing was done.", hint="It was not confirmed.")
        receipt = await _done(console, session, action, meter, parameters)
        console.document({**where(session, meter), **action_plain(action, receipt)})
        console.say(
            f"{action.title}: {receipt.outcome.value}",
            *(f"  {step.title}: {step.state.value}" for step in receipt.steps),
            *(f"  Erased: {what}." for what in receipt.erases if receipt.outcome is Outcome.VERIFIED),
            *(f"  {line}" for line in (receipt.message, receipt.hint) if line),
        )
        return CODES[receipt.outcome]


async def _listed(console: Console, session: DeviceSession, meter: str) -> ExitCode:
    listed = []
    for action in session.actions(meter):
        support = await session.support(action, meter)
        console.say(f"{action.key}  {action.title}" + ("" if support.writable else f" ({support.reason})"))
        console.say(*(f"  {field.name}: {field.limits() or field.kind.value}" for field in action.fields))
        listed.append(
            {
                "key": action.key,
                "title": action.title,
                "help": action.help,
                "manual": action.manual,
                "supported": support.writable,
                "reason": support.reason,
                "parameters": {field.name: field.limits() or field.kind.value for field in action.fields},
                "resources": list(action.resources),
            }
        )
    if not listed:
        console.say("There is nothing that it can be told to do.")
    console.document({**where(session, meter), "actions": listed})
    return ExitCode.DONE


async def _check(session: DeviceSession, action: AnyAction, meter: str) -> None:
    support = await session.support(action, meter)
    if support.writable:
        return
    capabilities = await session.capabilities(session.target(action, meter))
    kind = NotFound if capabilities.may_write else AccessDenied
    raise kind(f"{action.title}: {support.reason}")


def _parameters(console: Console, action: AnyAction, given: dict[str, str]) -> msgspec.Struct:
    """The parameters as typed, over those that stand at first. A secret is asked for, never given as an option."""
    known = {field.name: field for field in action.fields}
    for name in given:
        if name not in known:
            hint = f"It has: {', '.join(known)}." if known else "It has none."
            raise UsageError(f"{action.title} has no parameter '{name}'.", hint=hint)
        if known[name].secret:
            raise UsageError(f"{known[name].label} is asked for, not given here.", hint="Others could read it there.")
    values: dict[str, Any] = {name: parse_value(action.parameters, known[name], text) for name, text in given.items()}
    values |= {field.name: ask_parameter(console, field) for field in action.fields if field.secret}
    parameters: msgspec.Struct = msgspec.structs.replace(action.first(), **values)
    return parameters


def _planned(
    action: AnyAction, titles: Sequence[str], erases: Sequence[str], guide: Guide | None, advice: str
) -> list[str]:
    return [
        f"{action.title}: {action.help}".rstrip(": "),
        *(f"  {title}" for title in titles),
        *(f"  This erases {what}." for what in erases),
        *(f"  {line}" for line in ((guide.words, advice) if guide is not None else ()) if line),
    ]


async def _done(
    console: Console, session: DeviceSession, action: AnyAction, meter: str, parameters: msgspec.Struct
) -> Receipt:
    receipt: Receipt | None = None
    said = ""
    async with aclosing(session.act(action, meter, parameters)) as doing:
        async for event in doing:
            if isinstance(event, Progress):
                if event.text != said:
                    said = event.text
                    console.note(said)
            else:
                receipt = event
    assert receipt is not None, "an action ends with its receipt"
    return receipt
