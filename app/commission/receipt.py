"""What came of a sending, for the footer, the toast, the journal and the command line."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec


class Outcome(Enum):
    """How a sending ended. Only VERIFIED and UNCHANGED are good."""

    VERIFIED = "verified"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    UNCHANGED = "unchanged"
    NOT_SENT = "not sent"
    """Of a part only: an earlier request failed."""


class StepState(Enum):
    """What is known of one request."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


class SentStep(msgspec.Struct, frozen=True):
    """One request and what came of it."""

    title: str
    method: str
    path: str
    state: StepState
    message: str = ""


class SentChange(msgspec.Struct, frozen=True):
    """One field: what the device had, what was wanted, what it has now (None: could not be read)."""

    field: str
    before: Any
    after: Any
    now: Any


class Part(msgspec.Struct, frozen=True):
    """What became of one changed field."""

    field: str
    label: str
    outcome: Outcome


class Receipt(msgspec.Struct, frozen=True):
    """The whole story of one sending. `message` and `hint` say what to do when it did not end well."""

    section: str
    target: str
    outcome: Outcome
    changes: tuple[SentChange, ...] = ()
    steps: tuple[SentStep, ...] = ()
    erases: tuple[str, ...] = ()
    message: str = ""
    hint: str = ""
    details: str = ""
    parts: tuple[Part, ...] = ()
    field: str = ""
    """The field that a refusal is about, where the device or the request says so."""
