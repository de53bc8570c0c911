"""Do an action: its requests journalled one by one, followed until the device is done, then proven by looking again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import msgspec

from app.model.action import AnyAction
from app.model.errors import AppError, DeviceUnreachable, InvalidValue, UsageError
from app.model.job import Progress
from app.model.section import Change, Guide, Step
from app.model.vendor import Connection

from .checking import field_problems
from .plain import plain_value
from .receipt import Outcome, Receipt, StepState
from .records import Journal
from .steps import Sending

Search = Callable[[Guide], AsyncGenerator[Progress, None]]
"""search(guide): looks for a device that was cut off, and goes on where it is. Raises AppError when it is not found."""


def action_steps(action: AnyAction, parameters: msgspec.Struct, target: str) -> tuple[Step, ...]:
    """The requests of an action.

    Raises:
        InvalidValue: a parameter is not allowed.
    """
    for field in action.fields:
        for problem in field_problems(field, getattr(parameters, field.name)):
            raise InvalidValue(problem.field, problem.message)
    for problem in action.problems(parameters):
        if not problem.warning:
            raise InvalidValue(problem.field, problem.message)
    return tuple(action.steps(parameters, target))


async def act(
    action: AnyAction,
    connection: Connection,
    device: str,
    target: str,
    parameters: msgspec.Struct,
    *,
    journal: Journal,
    search: Search | None = None,
) -> AsyncGenerator[Progress | Receipt, None]:
    """Do it. Yields what goes on meanwhile, and at last the receipt. `device` is the journal's key of the device.

    `search` looks for a device that an action with a guide has cut off.

    Raises:
        AppError: nothing was sent: the device cannot be asked, a parameter is not allowed.
    """
    steps = action_steps(action, parameters, target)
    before = await action.look(connection, target)
    objection = action.objection(before, parameters)
    if objection:
        raise UsageError(objection)
    if action.ready is not None:
        async with aclosing(action.ready(connection, target)) as waiting:
            async for progress in waiting:
                yield progress
    asked = [Change(f.name, None, plain_value(f, getattr(parameters, f.name))) for f in action.fields]
    operation = journal.begin(device, target, action.key, asked, steps, action.erases(parameters))
    sending = Sending(connection, operation)
    receipt: Receipt | None = None
    try:
        yield Progress(0, 0, action.title, cancellable=False)
        await sending.perform(steps)
        if not _refused_at_once(sending):
            try:
                guide = action.guide(parameters)
                async with aclosing(_followed(action, connection, target, guide, search)) as following:
                    async for progress in following:
                        yield progress
            except AppError as error:
                sending.error = sending.error or error
        receipt = await _judged(action, connection, target, parameters, before, sending)
    finally:
        if receipt is None:
            sending.end(Outcome.UNKNOWN, {"message": "The program was stopped before it could look again."})
    sending.end(receipt.outcome, action_plain(action, receipt))
    yield receipt


async def _followed(
    action: AnyAction, connection: Connection, target: str, guide: Guide | None, search: Search | None
) -> AsyncGenerator[Progress, None]:
    """Watch it; a device that is lost on the way is looked for, so that it can be asked what it has done.

    Raises:
        AppError: it does not end well, or the device is not found again.
    """
    if action.follow is not None:
        try:
            async with aclosing(action.follow(connection, target)) as following:
                async for progress in following:
                    yield progress
            return
        except DeviceUnreachable:
            if guide is None or search is None:
                raise
    if guide is not None and search is not None:
        async with aclosing(search(guide)) as searching:
            async for progress in searching:
                yield progress


def _refused_at_once(sending: Sending) -> bool:
    return all(step.state in (StepState.REFUSED, StepState.NOT_SENT) for step in sending.done)


async def _judged(
    action: AnyAction, connection: Connection, target: str, parameters: msgspec.Struct, before: Any, sending: Sending
) -> Receipt:
    """Look again and say what stands."""
    error = sending.error
    wrong = ""
    looked = False
    try:
        wrong = action.proven(before, await action.look(connection, target), parameters)
        looked = True
    except AppError as failure:
        error = error or failure
    if _refused_at_once(sending) and not sending.broken_off:
        outcome = Outcome.REFUSED
    elif not looked:
        outcome = Outcome.UNKNOWN
    elif not wrong:
        outcome = Outcome.VERIFIED
    else:
        outcome = Outcome.UNKNOWN if sending.answer_lost else Outcome.DIFFERS
    message, hint, details = ("", "", "") if error is None else (error.message, error.hint, error.details)
    if outcome is Outcome.VERIFIED and error is not None:
        trouble = "The device reported a failure" if sending.broken_off else "An answer was lost on the way"
        message, hint = f"{trouble}, but it has done it.", ""
    elif sending.broken_off and wrong:
        message = f"{message} {wrong}"
    return Receipt(
        section=action.key,
        target=target,
        outcome=outcome,
        steps=tuple(sending.done),
        erases=action.erases(parameters),
        message=message or wrong,
        hint=hint or ("Look at the device, then try again." if wrong else ""),
        details=details,
    )


def action_plain(action: AnyAction, receipt: Receipt) -> dict[str, Any]:
    """A receipt of an action as JSON types, in the form that the command line prints."""
    return {
        "action": action.key,
        "outcome": receipt.outcome.value,
        "steps": [msgspec.to_builtins(step) for step in receipt.steps],
        "erases": list(receipt.erases),
        "message": receipt.message,
        "hint": receipt.hint,
    }
