"""A draft: a section as it is on the device, and as the installer wants it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from app.model.field import Kind
from app.model.section import Change, Problem, Section

from .checking import problems_of, same

M = TypeVar("M", bound=msgspec.Struct)


class Draft(Generic[M]):
    """The edited value of one section, with undo.

    `base` is what was read from the device, `value` what is wanted. `now` means that the section's time is to be
    taken from this computer at the moment of sending, not when the button was pressed.
    """

    def __init__(self, section: Section[M, Any], base: M, value: M | None = None, *, now: bool = False) -> None:
        self.section = section
        self.base = base
        self.value = base if value is None else value
        self.now = now
        self._undo: list[tuple[M, bool]] = []
        self._redo: list[tuple[M, bool]] = []

    def set(self, field: str, value: Any) -> None:
        """Change one field. Setting what it already is changes nothing and leaves no undo step."""
        if getattr(self.value, field) == value and type(getattr(self.value, field)) is type(value):
            return
        self._remember()
        if self.section.now is not None and self.section.field(field).tolerance:
            self.now = False
        self.value = msgspec.structs.replace(self.value, **{field: value})

    def take_now(self) -> None:
        """Take the time from this computer when it is sent."""
        if self.section.now is None:
            return
        self._remember()
        self.now = True
        self.value = self.section.now(self.value)

    def revert(self, field: str | None = None) -> None:
        """Back to the device's value: one field, or all."""
        wanted = self.base
        if field is not None:
            wanted = msgspec.structs.replace(self.value, **{field: getattr(self.base, field)})
        if wanted != self.value or self.now:
            self._remember()
            self.value = wanted
            if field is None or self.section.field(field).tolerance:
                self.now = False

    def undo(self) -> bool:
        """Take back the last edit. False when there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Do again what was taken back. False when there is nothing."""
        return self._step(self._redo, self._undo)

    @property
    def can_undo(self) -> bool:
        """Is there an edit to take back?"""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Is there an edit to do again?"""
        return bool(self._redo)

    def rebase(self, base: M) -> None:
        """The device was read again: unedited fields follow it, edited ones stay as wanted."""
        edited = {
            change.field: carried_over(self.section, change, getattr(base, change.field)) for change in self.changes()
        }
        settable = [field.name for field in self.section.fields if not field.read_only]
        if all(getattr(self.base, name) == getattr(base, name) for name in settable):
            # Only what the device tells by itself has moved on: the edits before are still steps to go back.
            told = {field.name: getattr(base, field.name) for field in self.section.fields if field.read_only}
            self._undo = [(msgspec.structs.replace(value, **told), now) for value, now in self._undo]
            self._redo = [(msgspec.structs.replace(value, **told), now) for value, now in self._redo]
        else:
            self._undo.clear()
            self._redo.clear()
        self.base = base
        self.value = msgspec.structs.replace(base, **edited)

    def changes(self) -> tuple[Change, ...]:
        """The fields that differ from the device, in the order of the form."""
        return changes_between(self.section, self.base, self.value, now=self.now)

    def problems(self) -> list[Problem]:
        """What stands against sending it."""
        return problems_of(self.section, self.value) + self.section.change_problems(self.base, self.value)

    def sendable(self) -> bool:
        """Are there changes, and nothing but warnings against them?"""
        return bool(self.changes()) and all(problem.warning for problem in self.problems())

    def _remember(self) -> None:
        self._undo.append((self.value, self.now))
        self._redo.clear()

    def _step(self, source: list[tuple[M, bool]], other: list[tuple[M, bool]]) -> bool:
        if not source:
            return False
        other.append((self.value, self.now))
        self.value, self.now = source.pop()
        return True


def changes_between(section: Section[M, Any], before: M, after: M, *, now: bool = False) -> tuple[Change, ...]:
    """The fields in which two values of a section differ. With `now`, a clock counts as changed in any case."""
    changes = []
    for field in section.fields:
        old, new = getattr(before, field.name), getattr(after, field.name)
        forced = now and bool(field.tolerance)
        if not field.read_only and (forced or old != new) and (forced or field.tolerance or not same(field, old, new)):
            changes.append(Change(field.name, old, new))
    return tuple(changes)


def carried_over(section: Section[M, Any], change: Change, fresh: Any) -> Any:
    """What is wanted of a field after the device was read again.

    In a table whose rows have names the edits are those of single rows: a meter that somebody else registered
    meanwhile is in nobody's way, and must not vanish because it was not in the list that was edited.
    """
    field = section.field(change.field)
    if field.kind is not Kind.TABLE or not field.row_key:
        return change.after
    set_here = [column.name for column in field.columns if not column.read_only]
    before, after, there = (
        {getattr(row, field.row_key): row for row in table} for table in (change.before, change.after, fresh)
    )
    if len(after) != len(change.after):
        return change.after

    def edits(key: Any) -> dict[str, Any]:
        wanted, was = after[key], before.get(key)
        return {n: getattr(wanted, n) for n in set_here if was is None or getattr(wanted, n) != getattr(was, n)}

    # A row that nobody edited and that is gone from the device stays gone.
    kept = [
        msgspec.structs.replace(there[key], **edits(key)) if key in there else after[key]
        for key in after
        if key in there or edits(key)
    ]
    return (*kept, *(row for key, row in there.items() if key not in after and key not in before))
