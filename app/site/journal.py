"""The journal of a site: what was sent to which device, noted before and after every step. It only grows.

An operation is a row of events: begin, then before and after for each step, then end. Where the row breaks off,
the program died, and the outcome of what was on its way is unknown.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import msgspec

from app.commission.records import OperationRecord, StepRecord
from app.model.secrets import STRUCK
from app.model.section import Change, Step

from .database import Database
from .stored import as_json, from_json, moment, moment_now

_COLUMNS = "operation, time, device, target, section, event, payload"
_SHORTEST_SECRET = 4
"""A shorter secret is struck out only where it is a whole value: '1' would strike out half of every text."""


class Event(Enum):
    """The kinds of journal entries."""

    BEGIN = "begin"
    BEFORE = "before"
    AFTER = "after"
    END = "end"


class _Begin(msgspec.Struct, frozen=True):
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    erases: tuple[str, ...]


class _Before(msgspec.Struct, frozen=True):
    index: int
    step: Step


class _After(msgspec.Struct, frozen=True):
    index: int
    outcome: str
    message: str


class _End(msgspec.Struct, frozen=True):
    outcome: str
    receipt: Any


class SiteOperation:
    """An `Operation` in a site file: one sending while it runs."""

    def __init__(self, journal: SiteJournal, where: tuple[str, str, str], secrets: Iterable[str]) -> None:
        self.id = uuid.uuid4().hex
        self._journal = journal
        self._where = where
        self._secrets = set(secrets)

    def begin(self, changes: Sequence[Change], steps: Sequence[Step], erases: Sequence[str]) -> None:
        """Note the intention, so that even a power cut leaves it."""
        noted = [Change(c.field, self._struck_out(c.before), self._struck_out(c.after)) for c in changes]
        self._note(Event.BEGIN, _Begin(tuple(noted), tuple(map(self._shown, steps)), tuple(erases)), durable=True)

    def before(self, step_index: int, step: Step) -> None:
        """This step is about to be sent; what is noted is its body with the secrets struck out."""
        self._secrets.update(step.secrets())
        self._note(Event.BEFORE, _Before(step_index, self._shown(step)))

    def after(self, step_index: int, outcome: str, message: str) -> None:
        """This step was answered, refused or lost."""
        self._note(Event.AFTER, _After(step_index, outcome, self._struck_out(message)))

    def end(self, outcome: str, receipt: object) -> None:
        """The sending is over."""
        self._note(Event.END, _End(outcome, self._struck_out(receipt)), durable=True)
        self._journal.ended(self.id)

    def _note(self, event: Event, payload: msgspec.Struct, *, durable: bool = False) -> None:
        self._journal.note(self.id, self._where, event, payload, durable=durable)

    def _shown(self, step: Step) -> Step:
        return msgspec.structs.replace(step, body=self._struck_out(step.shown_body()))

    def _struck_out(self, value: object) -> Any:
        """The value, plain, without the secrets: devices repeat them in messages, and changes may hold them too."""
        return _without(msgspec.to_builtins(value), self._secrets)


class SiteJournal:
    """A `Journal` in a site file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[str] = set()

    @property
    def sending(self) -> bool:
        """Is an operation of this program begun and not ended?"""
        return bool(self._running)

    def begin(
        self,
        device: str,
        target: str,
        section: str,
        changes: Sequence[Change],
        steps: Sequence[Step],
        erases: Sequence[str],
    ) -> SiteOperation:
        """Note what is going to be sent, before anything is. Values of changes are plain JSON."""
        secrets = {secret for step in steps for secret in step.secrets()}
        operation = SiteOperation(self, (device, target, section), secrets)
        operation.begin(changes, steps, erases)
        self._running.add(operation.id)
        return operation

    def operations(self, limit: int = 100) -> tuple[OperationRecord, ...]:
        """The last operations, the newest first."""
        chosen = "SELECT operation FROM journal WHERE event = 'begin' ORDER BY number DESC LIMIT ?"
        return self._records(chosen, limit)[::-1]

    def unfinished(self) -> tuple[OperationRecord, ...]:
        """Operations that an earlier run of the program began and never ended, the oldest first."""
        ended = "SELECT operation FROM journal WHERE event = 'end'"
        chosen = f"SELECT operation FROM journal WHERE event = 'begin' AND operation NOT IN ({ended})"
        return tuple(record for record in self._records(chosen) if record.id not in self._running)

    def settle(self, operation_id: str, outcome: str, receipt: object = None) -> None:
        """End an unfinished operation afterwards. One that is unknown or ended already is left as it is."""
        for record in self.unfinished():
            if record.id == operation_id:
                where = (record.device, record.target, record.section)
                self.note(operation_id, where, Event.END, _End(outcome, receipt), durable=True)

    def note(
        self, operation: str, where: tuple[str, str, str], event: Event, payload: msgspec.Struct, *, durable: bool
    ) -> None:
        """Append one entry. `where` is device key, target and section."""
        self._database.write(
            f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            operation,
            moment_now(),
            *where,
            event.value,
            as_json(payload),
            durable=durable,
        )

    def ended(self, operation: str) -> None:
        """An operation of this program has come to its end."""
        self._running.discard(operation)

    def _records(self, chosen: str, *values: object) -> tuple[OperationRecord, ...]:
        """The operations that the query `chosen` names, in the order in which they began."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM journal WHERE operation IN ({chosen}) ORDER BY number",
            *values,
        )
        records: dict[str, OperationRecord] = {}
        for row in rows:
            self._take(records, row)
        return tuple(records.values())

    def _take(self, records: dict[str, OperationRecord], row: tuple[Any, ...]) -> None:
        operation, time, device, target, section, event, payload = row
        path = self._database.path
        at = moment(path, time)
        if event == Event.BEGIN.value:
            begin: _Begin = from_json(path, payload, _Begin)
            steps = tuple(StepRecord(step) for step in begin.steps)
            records[operation] = OperationRecord(
                operation, device, target, section, at, begin.changes, steps, begin.erases
            )
        elif operation in records and event == Event.BEFORE.value:
            before: _Before = from_json(path, payload, _Before)
            records[operation] = _with_step(records[operation], before.index, step=before.step, sent_at=at)
        elif operation in records and event == Event.AFTER.value:
            after: _After = from_json(path, payload, _After)
            noted = {"answered_at": at, "outcome": after.outcome, "message": after.message}
            records[operation] = _with_step(records[operation], after.index, **noted)
        elif operation in records and event == Event.END.value:
            end: _End = from_json(path, payload, _End)
            records[operation] = msgspec.structs.replace(
                records[operation], ended_at=at, outcome=end.outcome, receipt=end.receipt
            )


def _with_step(record: OperationRecord, index: int, **facts: Any) -> OperationRecord:
    """The record with these facts in one of its steps; an index that it has not leaves it as it is."""
    if not 0 <= index < len(record.steps):
        return record
    step = msgspec.structs.replace(record.steps[index], **facts)
    return msgspec.structs.replace(record, steps=(*record.steps[:index], step, *record.steps[index + 1 :]))


def _without(value: Any, secrets: set[str]) -> Any:
    if isinstance(value, str):
        if value in secrets:
            return STRUCK
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                value = value.replace(secret, STRUCK)
        return value
    if isinstance(value, dict):
        return {key: _without(part, secrets) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without(part, secrets) for part in value]
    return value
