"""Send a draft: the smallest set of requests, journalled one by one, then read back and compared.

A device's 'success' proves nothing, and a lost answer proves nothing either: only the read-back counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app.model.errors import (
    AppError,
    ChangedMeanwhile,
    DeviceRefused,
    InvalidValue,
    UsageError,
)
from app.model.secrets import STRUCK
from app.model.section import AnySection, Change, Guide, Step
from app.model.vendor import Connection

from .checking import problems_of, same, settled
from .draft import changes_between
from .plain import plain_value
from .receipt import Outcome, Part, Receipt, SentChange, StepState
from .records import Journal
from .steps import Sending


@dataclass(frozen=True)
class Preview:
    """What a sending would do, before it is done."""

    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    erases: tuple[str, ...]
    after: msgspec.Struct
    guide: Guide | None = None
    advice: str = ""
    """What this computer lacks to reach the device afterwards."""


async def _stay(_: Guide) -> None:
    """Where nobody follows a device that moves."""


def preview(
    section: AnySection, target: str, fresh: msgspec.Struct, changes: Sequence[Change], *, now: bool = False
) -> Preview:
    """Plan the sending of `changes` onto what the device has now.

    Raises:
        UsageError: the section cannot be set.
        InvalidValue: a value breaks a limit; the first such field is named.
        ChangedMeanwhile: the device's value of a changed field is neither the one read before nor the wanted one.
    """
    if section.plan is None:
        raise UsageError(f"{section.title} can only be read.")
    for change in changes:
        declared = section.field(change.field)
        there = getattr(fresh, change.field)
        if (
            not declared.tolerance
            and not same(declared, there, change.before)
            and not same(declared, there, change.after)
        ):
            raise ChangedMeanwhile(
                f"{declared.label} is now {declared.show(there)} on the device; "
                f"it was {declared.show(change.before)} when it was read."
            )
    after = msgspec.structs.replace(fresh, **{change.field: change.after for change in changes})
    if now and section.now is not None:
        after = section.now(after)
    if section.normalise is not None:
        after = section.normalise(after)
    for problem in (*problems_of(section, after), *section.change_problems(fresh, after)):
        if not problem.warning:
            raise InvalidValue(problem.field, problem.message)
    actual = changes_between(section, fresh, after, now=now)
    if not actual:
        return Preview((), (), (), after)
    steps = tuple(section.plan(fresh, after, target))
    return Preview(actual, steps, section.erases(fresh, after), after, section.guide(fresh, after))


async def send(
    section: AnySection,
    connection: Connection,
    device: str,
    target: str,
    changes: Sequence[Change],
    *,
    journal: Journal,
    now: bool = False,
    follow: Callable[[Guide], Awaitable[None]] = _stay,
    looked: Callable[[msgspec.Struct], None] = lambda _: None,
) -> Receipt:
    """Send the changes, read back, and say what stands. `device` is the key under which the journal keeps it.

    `follow` finds the device again after a guided change, so that it can be read back where it is then; `looked`
    hears of everything that was read back.

    A refusal or a lost answer is told by the receipt, not raised: the journal and the caller need the whole story.

    Raises:
        AppError: nothing was sent: the device cannot be read, the values are not allowed, it was changed meanwhile.
    """
    fresh = await section.read(connection, target)
    plan = preview(section, target, fresh, changes, now=now)
    if not plan.changes:
        return Receipt(section.key, target, Outcome.UNCHANGED)
    operation = journal.begin(
        device,
        target,
        section.key,
        [_plain_change(section, change) for change in plan.changes],
        plan.steps,
        plan.erases,
    )
    sending = Sending(connection, operation)
    receipt: Receipt | None = None
    try:
        await sending.perform(plan.steps)
        now_there = None
        if await _still_there(plan, sending, follow):
            now_there = await _read_back(section, connection, target, sending)
        if now_there is not None:
            looked(now_there)
        receipt = _receipt(section, target, plan, sending, now_there)
    finally:
        if receipt is None:
            sending.end(Outcome.UNKNOWN, {"message": "The program was stopped before the read-back."})
    sending.end(receipt.outcome, receipt_plain(section, receipt))
    if sending.unkept is not None and sending.unkept is not sending.error:
        told = f"{receipt.message} The journal lacks what came of it: {sending.unkept.message}".strip()
        receipt = msgspec.structs.replace(receipt, message=told, hint=receipt.hint or sending.unkept.hint)
    return receipt


async def _still_there(plan: Preview, sending: Sending, follow: Callable[[Guide], Awaitable[None]]) -> bool:
    """Find a device that was told to move. False when it is not to be found, and so cannot be read back."""
    if plan.guide is None or all(step.state in (StepState.REFUSED, StepState.NOT_SENT) for step in sending.done):
        return True
    try:
        await follow(plan.guide)
    except AppError as error:
        # A lost answer is the lesser news: the device itself is lost.
        sending.error = error
        return False
    return True


async def _read_back(
    section: AnySection, connection: Connection, target: str, sending: Sending
) -> msgspec.Struct | None:
    try:
        found: msgspec.Struct = await section.read(connection, target)
    except AppError as error:
        sending.error = sending.error or error
        return None
    return found


def _receipt(
    section: AnySection, target: str, plan: Preview, sending: Sending, found: msgspec.Struct | None
) -> Receipt:
    changes = tuple(_sent_change(section, change, found) for change in plan.changes)
    outcome = _outcome(section, plan, sending, found)
    error = sending.error
    message, hint, details = ("", "", "") if error is None else (error.message, error.hint, error.details)
    if outcome is Outcome.VERIFIED and error is not None and error is not sending.unkept:
        trouble = "The device reported a failure" if sending.broken_off else "An answer was lost on the way"
        message, hint = f"{trouble}, but the device has the values that were sent.", ""
    elif outcome is Outcome.DIFFERS:
        wrong = ", ".join(section.field(name).label for name in differing(section, plan, sending, found))
        message = message or f"The device said yes, but has other values now: {wrong}."
        hint = hint or "Look at the values that the device has now; correct them or send again."
    return Receipt(
        section=section.key,
        target=target,
        outcome=outcome,
        changes=changes,
        steps=tuple(sending.done),
        erases=plan.erases,
        message=message,
        hint=hint,
        details=details,
        parts=_parts(section, plan, sending, found),
        field=_blamed(section, plan, sending),
    )


def _parts(section: AnySection, plan: Preview, sending: Sending, found: msgspec.Struct | None) -> tuple[Part, ...]:
    """What became of each changed field: some may stand while the request for the next was refused."""
    wrong = set(differing(section, plan, sending, found))
    parts = []
    for change in plan.changes:
        states = [
            sent.state for sent, step in zip(sending.done, plan.steps, strict=True) if change.field in step.fields
        ]
        outcome = Outcome.DIFFERS
        if found is not None and change.field not in wrong:
            outcome = Outcome.VERIFIED
        elif StepState.UNKNOWN in states or (found is None and (StepState.DONE in states or sending.broken_off)):
            untouched = states and all(state is StepState.NOT_SENT for state in states)
            outcome = Outcome.NOT_SENT if untouched else Outcome.UNKNOWN
        elif (
            StepState.REFUSED in states and StepState.DONE not in states and not _taken_in_part(section, change, found)
        ):
            outcome = Outcome.REFUSED
        elif states and all(state is StepState.NOT_SENT for state in states):
            outcome = Outcome.NOT_SENT
        parts.append(Part(change.field, section.field(change.field).label, outcome))
    return tuple(parts)


def _blamed(section: AnySection, plan: Preview, sending: Sending) -> str:
    """The field that a refusal is about: the one that the device names, else the only one of the refused request."""
    tag = sending.error.field if isinstance(sending.error, DeviceRefused) else ""
    named = section.tags.get(tag, tag)
    if any(field.name == named for field in section.fields):
        return named
    changed = {change.field for change in plan.changes}
    for sent, step in zip(sending.done, plan.steps, strict=True):
        if sent.state is StepState.REFUSED:
            about = [name for name in step.fields if name in changed]
            return about[0] if len(about) == 1 else ""
    return ""


def _outcome(section: AnySection, plan: Preview, sending: Sending, found: msgspec.Struct | None) -> Outcome:
    if found is None:
        refused_at_once = all(step.state in (StepState.REFUSED, StepState.NOT_SENT) for step in sending.done)
        return Outcome.REFUSED if refused_at_once and not sending.broken_off else Outcome.UNKNOWN
    if not differing(section, plan, sending, found):
        return Outcome.VERIFIED
    if sending.answer_lost:
        return Outcome.UNKNOWN
    if sending.error is not None and not any(step.state is StepState.DONE for step in sending.done):
        return Outcome.DIFFERS if _moved(section, plan, found) else Outcome.REFUSED
    return Outcome.DIFFERS


def _moved(section: AnySection, plan: Preview, found: msgspec.Struct) -> bool:
    """Has the device taken a part of what it refused? Clocks move by themselves and prove nothing."""
    return any(_taken_in_part(section, change, found) for change in plan.changes)


def _taken_in_part(section: AnySection, change: Change, found: msgspec.Struct | None) -> bool:
    """Does a field have another value now than before?"""
    field = section.field(change.field)
    return found is not None and not field.tolerance and not same(field, getattr(found, change.field), change.before)


def differing(section: AnySection, plan: Preview, sending: Sending, found: msgspec.Struct | None) -> list[str]:
    """The changed fields that the device now has otherwise than wanted, as far as can be told.

    A secret is never read back: there the device's own yes is all the proof, and without it there is none.
    """
    if found is None:
        return [change.field for change in plan.changes]
    unproven = {
        name
        for sent, step in zip(sending.done, plan.steps, strict=True)
        if step.secret and sent.state is not StepState.DONE
        for name in step.fields
    }
    return [
        change.field
        for change in plan.changes
        if change.field in unproven
        or not settled(section.field(change.field), getattr(plan.after, change.field), getattr(found, change.field))
    ]


def receipt_plain(section: AnySection, receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON types, in the form that the command line prints. Secret values are struck out."""

    def shown(name: str, value: Any) -> Any:
        return plain_value(section.field(name), value)

    return {
        "section": receipt.section,
        "outcome": receipt.outcome.value,
        "changes": [
            {
                "field": change.field,
                "before": shown(change.field, change.before),
                "after": shown(change.field, change.after),
                "now": shown(change.field, change.now),
            }
            for change in receipt.changes
        ],
        "parts": [{"field": part.field, "outcome": part.outcome.value} for part in receipt.parts],
        "steps": [msgspec.to_builtins(step) for step in receipt.steps],
        "erases": list(receipt.erases),
        "message": receipt.message,
        "hint": receipt.hint,
    }


def _sent_change(section: AnySection, change: Change, found: msgspec.Struct | None) -> SentChange:
    """A change and what became of it. A receipt is shown and printed, so it holds no secret."""
    if section.field(change.field).secret:
        return SentChange(change.field, "", STRUCK, None)
    return SentChange(
        change.field, change.before, change.after, None if found is None else getattr(found, change.field)
    )


def _plain_change(section: AnySection, change: Change) -> Change:
    """A change as the journal keeps it: JSON types, without secrets."""
    field = section.field(change.field)
    return Change(change.field, plain_value(field, change.before), plain_value(field, change.after))
