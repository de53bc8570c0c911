"""What happened to a section, in the words of notices and toasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.commission.checking import same
from app.commission.draft import Draft
from app.commission.receipt import Outcome, Receipt
from app.model.action import AnyAction
from app.model.section import AnySection, Change
from ui.forms.entry import in_words
from ui.forms.toast import Toasts


def after_reload(
    section: AnySection, base: Any, edited: Sequence[Change], draft: Draft[Any]
) -> tuple[str, str, str, str] | None:
    """What to say after reading again with unsent changes, as tone, icon, title and text; None: nothing.

    `base` is what had been read before (None: this is the first time), `edited` were the changes then.
    """
    changes = draft.changes()
    if base is None:
        if not changes:
            return None
        names = ", ".join(section.field(change.field).label for change in changes)
        return ("changed", "edited", "Unsent changes from before are still here", names)
    if not edited:
        return None
    moved = [
        f"{field.label}: {in_words(field, before)} → {in_words(field, after)}"
        for field in section.fields
        for before, after in [(getattr(base, field.name), getattr(draft.base, field.name))]
        if not field.tolerance and not field.read_only and not same(field, before, after)
    ]
    if moved:
        return ("warn", "warning", "The device has other values than before; your changes are kept", "\n".join(moved))
    return ("info", "info", "", "Read again: the device has not changed, and your changes are kept.")


_TITLES = {
    Outcome.DIFFERS: "Differs from what was sent",
    Outcome.UNKNOWN: "Outcome unknown",
    Outcome.REFUSED: "Refused by the device",
}


def action_toast(toasts: Toasts, action: AnyAction, where: str, receipt: Receipt) -> None:
    """Green for done and proven, red for everything else."""
    topic = f"{action.title}, {where}"
    if receipt.outcome is Outcome.VERIFIED:
        toasts.ok("Done and verified", "\n".join(part for part in (topic, receipt.message) if part))
        return
    text = f"{topic}: {receipt.message}" if receipt.message else topic
    title = "Not done as it should be" if receipt.outcome is Outcome.DIFFERS else _TITLES[receipt.outcome]
    toasts.error(title, text, receipt.hint, "\n".join([*_asked(receipt), *_erased(receipt), receipt.details]).strip())


def receipt_toast(toasts: Toasts, section: AnySection, where: str, receipt: Receipt) -> None:
    """Green for sent and verified, blue for nothing to do, red for everything else."""
    topic = f"{section.title}, {where}"
    if receipt.outcome is Outcome.VERIFIED:
        toasts.ok("Sent and verified", "\n".join([topic, *_changes(section, receipt)]))
    elif receipt.outcome is Outcome.UNCHANGED:
        toasts.info("Nothing to send", f"{topic}: the device has these values already.")
    else:
        text = f"{topic}: {receipt.message}" if receipt.message else topic
        toasts.error(_TITLES[receipt.outcome], text, receipt.hint, _details(section, receipt))


def _changes(section: AnySection, receipt: Receipt) -> list[str]:
    lines = []
    for change in receipt.changes:
        field = section.field(change.field)
        if field.secret:
            lines.append(f"{field.label}: taken; the device never tells it")
            continue
        lines.append(f"{field.label}: {in_words(field, change.before) or '(empty)'} → {in_words(field, change.now)}")
    return lines


def _details(section: AnySection, receipt: Receipt) -> str:
    values = []
    for change in receipt.changes:
        field = section.field(change.field)
        if field.secret:
            values.append(f"{field.label}: not shown, and never told by the device")
            continue
        now = "could not be read" if change.now is None else in_words(field, change.now)
        values.append(
            f"{field.label}: before {in_words(field, change.before)}, wanted {in_words(field, change.after)}, now {now}"
        )
    return "\n".join([*_asked(receipt), "", *values, *_erased(receipt), "", receipt.details]).strip()


def _asked(receipt: Receipt) -> list[str]:
    return [
        f"{step.method} {step.path} ({step.title}): {step.state.value}{', ' + step.message if step.message else ''}"
        for step in receipt.steps
    ]


def _erased(receipt: Receipt) -> list[str]:
    return [f"Erased, if it was taken: {text}" for text in receipt.erases]
