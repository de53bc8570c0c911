"""Renew firmware: the image goes up, then the device or its meters take it over; each journalled, each with a receipt.

That the device says 'success' is not enough: only a version that has changed proves an installation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import msgspec

from app.model.errors import AnswerLost, AppError, BadReply, StorageFailed, UsageError
from app.model.firmware import FAILED, SUCCESS, Firmware, Image, Installing
from app.model.job import Progress
from app.model.section import Change, Step

from .receipt import Outcome, Part, Receipt, SentChange, SentStep, StepState
from .records import Operation
from .session import DeviceSession

log = logging.getLogger(__name__)

DEVICE = ""
"""Stands for the device itself where meters are named."""
ATTEMPTS = 4
AGAIN_S = 2.0
"""A meter that has just restarted may not answer at once."""


def firmware_of(session: DeviceSession) -> Firmware:
    """What is known of renewing this family's firmware.

    Raises:
        UsageError: nothing.
    """
    if session.vendor.firmware is None:
        raise UsageError(f"{session.vendor.title}: its firmware cannot be renewed from here.")
    return session.vendor.firmware


async def upload(session: DeviceSession, image: Image) -> AsyncGenerator[Progress | Receipt, None]:
    """Send the image. Yields how far it is, in bytes, and at last the receipt. May be given up by closing it.

    Raises:
        InvalidValue: it can be no image. Nothing was sent.
        StorageFailed: the journal cannot be written. Nothing was sent.
    """
    firmware = firmware_of(session)
    firmware.check_image(image.name, image.size)
    step = firmware.upload_step(image)
    shown = f"{image.name}, {image.size} bytes, sha256 {image.sha256}"
    noted = _Noted(session, firmware, step, [Change("image", None, shown)])
    try:
        async with aclosing(firmware.upload(session.connection, image)) as sending:
            async for progress in sending:
                yield progress
        noted.step(StepState.DONE)
    except AppError as error:
        noted.failed(error)
    finally:
        noted.stopped("The upload was stopped. The device may hold a part of the file: upload it again.")
    state = noted.sent.state
    ends = {StepState.DONE: Outcome.VERIFIED, StepState.REFUSED: Outcome.REFUSED}
    yield noted.end(ends.get(state, Outcome.UNKNOWN))


async def install(
    session: DeviceSession, meters: tuple[str, ...], before: Mapping[str, str]
) -> AsyncGenerator[Installing | Receipt, None]:
    """Let the device itself (no meters) or these meters take over what was uploaded; at last comes the receipt.

    `before` are the versions that were read beforehand, by serial ('' for the device itself); what is missing is read
    now. Not to be given up: what was begun goes on in the device.

    Raises:
        InvalidValue: not these meters together. Nothing was sent.
        StorageFailed: the journal cannot be written. Nothing was sent.
    """
    firmware = firmware_of(session)
    firmware.check_meters(meters)
    targets = meters or (DEVICE,)
    versions = {target: before.get(target) or await _version(session, firmware, target) for target in targets}
    step = firmware.install_step(meters)
    noted = _Noted(session, firmware, step, [Change(target, versions[target], None) for target in targets])
    states: dict[str, str] = {}
    taken = False
    try:
        async with aclosing(firmware.install(session.connection, meters)) as following:
            async for look in following:
                if not taken:
                    taken = True
                    noted.step(StepState.DONE)
                states.update((target.meter, target.state) for target in look.targets)
                yield look
    except AppError as error:
        noted.failed(error)
    else:
        noted.step(StepState.DONE)
    finally:
        noted.stopped("The program was stopped while the device was installing.")
    refused = noted.sent.state is StepState.REFUSED
    now = {
        target: versions[target]
        if refused
        else await _version(session, firmware, target, patient=states.get(target) != FAILED)
        for target in targets
    }
    parts = tuple(
        Part(target, target or "the device", _judged(noted, states.get(target, ""), versions[target], now[target]))
        for target in targets
    )
    changes = tuple(SentChange(target, versions[target], None, now[target]) for target in targets)
    yield noted.end(_worst(parts), parts, changes)


async def read_version(session: DeviceSession, meter: str) -> str:
    """The version that the device itself ('') or a meter has now.

    Raises:
        AppError: it cannot be asked.
    """
    return await firmware_of(session).version(session.connection, meter)


async def _version(session: DeviceSession, firmware: Firmware, target: str, *, patient: bool = False) -> str:
    """The version now; empty when it cannot be read."""
    for attempt in range(ATTEMPTS if patient else 1):
        if attempt:
            await asyncio.sleep(AGAIN_S)
        try:
            return await firmware.version(session.connection, target)
        except AppError:
            continue
    return ""


def _judged(noted: _Noted, state: str, before: str, now: str) -> Outcome:
    if noted.sent.state is StepState.REFUSED:
        return Outcome.REFUSED
    if not now:
        return Outcome.DIFFERS if state == FAILED else Outcome.UNKNOWN
    if now != before and before and state in (SUCCESS, ""):
        return Outcome.VERIFIED
    if noted.error is not None or not before:
        return Outcome.UNKNOWN
    return Outcome.DIFFERS


def _worst(parts: tuple[Part, ...]) -> Outcome:
    order = (Outcome.UNKNOWN, Outcome.DIFFERS, Outcome.REFUSED, Outcome.VERIFIED)
    found = {part.outcome for part in parts}
    return next(outcome for outcome in order if outcome in found)


class _Noted:
    """One request in the journal, from its intention to its end, and the receipt of it."""

    def __init__(self, session: DeviceSession, firmware: Firmware, step: Step, changes: list[Change]) -> None:
        self._session = session
        self._firmware = firmware
        self._target = session.identity.id if session.identity else ""
        self._operation: Operation = session.journal.begin(
            session.key, self._target, firmware.key, changes, (step,), ()
        )
        self._operation.before(0, step)
        self.sent = SentStep(step.title, step.method, step.path, StepState.NOT_SENT)
        self.error: AppError | None = None

    def step(self, state: StepState, message: str = "") -> None:
        """Note what became of the request, once."""
        if self.sent.state is StepState.NOT_SENT:
            self.sent = msgspec.structs.replace(self.sent, state=state, message=message)
            try:
                self._operation.after(0, state.value, message)
            except StorageFailed as error:
                self._unkept(error)

    def failed(self, error: AppError) -> None:
        """The request, or what followed, went wrong."""
        self.error = error
        lost = isinstance(error, AnswerLost | BadReply)
        self.step(StepState.UNKNOWN if lost else StepState.REFUSED, error.message)

    def stopped(self, words: str) -> None:
        """If neither is noted, it was given up."""
        if self.sent.state is StepState.NOT_SENT:
            self.step(StepState.UNKNOWN, words)
            self._close(Outcome.UNKNOWN, {"message": words})

    def end(self, outcome: Outcome, parts: tuple[Part, ...] = (), changes: tuple[SentChange, ...] = ()) -> Receipt:
        """Close the journal's entry."""
        error = self.error
        message, hint, details = ("", "", "") if error is None else (error.message, error.hint, error.details)
        if outcome is not Outcome.VERIFIED and not message:
            message, hint = _differing(parts, changes)
        receipt = Receipt(
            section=self._firmware.key,
            target=self._target,
            outcome=outcome,
            changes=changes,
            steps=(self.sent,),
            message=message,
            hint=hint,
            details=details,
            parts=parts,
        )
        self._close(outcome, firmware_plain(receipt))
        return receipt

    def _close(self, outcome: Outcome, receipt: dict[str, Any]) -> None:
        try:
            self._operation.end(outcome.value, receipt)
        except StorageFailed as error:
            self._unkept(error)

    def _unkept(self, error: StorageFailed) -> None:
        """What was sent was sent: the story of that must not give way to a journal that cannot be written."""
        log.warning("the journal misses what became of %s: %s", self.sent.title, error.message)


def _differing(parts: tuple[Part, ...], changes: tuple[SentChange, ...]) -> tuple[str, str]:
    wrong = [
        f"{part.label} {_has(change)}"
        for part, change in zip(parts, changes, strict=True)
        if part.outcome is not Outcome.VERIFIED
    ]
    good = len(parts) - len(wrong)
    return (
        f"{f'{good} of {len(parts)} renewed. ' if good else ''}Not proven to be renewed: {', '.join(wrong)}.",
        "Is the file meant for them, and newer? Do they have power?",
    )


def _has(change: SentChange) -> str:
    if not change.now:
        return "does not tell its version"
    return f"still has {change.now}" if change.now == change.before else f"has {change.now}"


def firmware_plain(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON types, in the form that the command line prints."""
    return {
        "section": receipt.section,
        "outcome": receipt.outcome.value,
        "targets": [
            {
                "meter": change.field or None,
                "outcome": part.outcome.value,
                "before": change.before or None,
                "now": change.now or None,
            }
            for part, change in zip(receipt.parts, receipt.changes, strict=True)
        ],
        "steps": [msgspec.to_builtins(step) for step in receipt.steps],
        "message": receipt.message,
        "hint": receipt.hint,
    }
