"""What commissioning wants kept: drafts, journal, readings. The site file keeps them; tests may keep them otherwise.

Everything that goes in is plain JSON (`plain.py` makes it so) and free of secrets, except the bodies of steps:
of those a store keeps `Step.shown_body()` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from app.model.quantity import Reading
from app.model.section import Change, Step


class StoredDraft(msgspec.Struct, frozen=True):
    """An unsent draft as it was kept: what had been read (`base`), what is wanted (`value`), when edited (UTC)."""

    device: str
    target: str
    section: str
    base: Any
    value: Any
    edited_at: datetime


class StepRecord(msgspec.Struct, frozen=True):
    """What the journal knows of one step. Times are UTC and this computer's.

    `step.body` has its secrets struck out. Without `sent_at` the step was never sent; with `sent_at` and no
    `answered_at` the program died in between, and nobody knows whether the device took it.
    """

    step: Step
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    outcome: str = ""
    message: str = ""

    @property
    def unknown(self) -> bool:
        """Was it sent without its outcome being noted?"""
        return self.sent_at is not None and self.answered_at is None


class OperationRecord(msgspec.Struct, frozen=True):
    """One sending as the journal tells it. Without `ended_at` the program died before its end."""

    id: str
    device: str
    target: str
    section: str
    begun_at: datetime
    changes: tuple[Change, ...]
    steps: tuple[StepRecord, ...]
    erases: tuple[str, ...]
    ended_at: datetime | None = None
    outcome: str = ""
    receipt: Any = None


class DraftStore(Protocol):
    """Drafts that survive the program. A draft is found by device key, target and section key.

    Every method raises `StorageFailed` when the store cannot be read or written; what was kept before stays.
    """

    def save(self, device: str, target: str, section: str, base: object, value: object) -> None:
        """Keep a draft, in place of the one kept before. On return it survives the end of the program."""
        ...

    def load(self, device: str, target: str, section: str) -> StoredDraft | None:
        """The draft that was kept, if any."""
        ...

    def drop(self, device: str, target: str, section: str) -> None:
        """Forget a draft; none is fine."""
        ...

    def all(self) -> tuple[StoredDraft, ...]:
        """Every draft, the one edited longest ago first."""
        ...


class Operation(Protocol):
    """One sending while it runs. Each call is kept before it returns, or raises `StorageFailed`."""

    @property
    def id(self) -> str:
        """Its name in the journal."""
        ...

    def before(self, step_index: int, step: Step) -> None:
        """This step is about to be sent. `step_index` counts from 0."""
        ...

    def after(self, step_index: int, outcome: str, message: str) -> None:
        """This step was answered, refused or lost."""
        ...

    def end(self, outcome: str, receipt: object) -> None:
        """The sending is over; `receipt` is plain JSON."""
        ...


class Journal(Protocol):
    """The record of everything that was sent. It only grows.

    Every method raises `StorageFailed` when the store cannot be read or written.
    """

    def begin(
        self,
        device: str,
        target: str,
        section: str,
        changes: Sequence[Change],
        steps: Sequence[Step],
        erases: Sequence[str],
    ) -> Operation:
        """Note what is going to be sent, before anything is."""
        ...

    def operations(self, limit: int = 100) -> tuple[OperationRecord, ...]:
        """The last operations, the newest first."""
        ...

    def unfinished(self) -> tuple[OperationRecord, ...]:
        """Operations that an earlier run of the program began and never ended, the oldest first."""
        ...

    def settle(self, operation_id: str, outcome: str, receipt: object = None) -> None:
        """End an unfinished operation afterwards, once a read-back or the installer has told how it ended."""
        ...


class KeptFeed(msgspec.Struct, frozen=True):
    """A feed of which readings are kept: whose (`target` is a meter behind the device, or ''), which, how many.

    Times are seconds since 1970.
    """

    device: str
    target: str
    feed: str
    count: int
    first_s: float
    last_s: float


class ReadingStore(Protocol):
    """Readings by time. `keys` name the quantities of the values; they may change with the version of the program.

    Every method raises `StorageFailed` when the store cannot be read or written.
    """

    def add(self, device: str, target: str, feed: str, keys: Sequence[str], readings: Sequence[Reading]) -> None:
        """Keep readings, all of them in one go. A moment that is kept already stays as it is."""
        ...

    def read(
        self,
        device: str,
        target: str,
        feed: str,
        keys: Sequence[str],
        *,
        begin_s: float | None = None,
        end_s: float | None = None,
        limit: int = 0,
    ) -> tuple[Reading, ...]:
        """The readings of a period, the oldest first, with the values in the order of `keys`; NaN where none was kept.

        Both ends are within the period. `limit` keeps the last ones; 0 keeps all. May be called in a thread.
        """
        ...

    def feeds(self) -> tuple[KeptFeed, ...]:
        """Everything of which readings are kept."""
        ...

    def prune(self, device: str, target: str, feed: str, *, keep: int) -> int:
        """Forget all but the last `keep` readings; tells how many were forgotten."""
        ...
