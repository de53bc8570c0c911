"""A section: one settable (or readable) topic of a device, declared once as data.

From the declaration come the form, the command line, the difference, the checks before sending, the read-back,
the journal entry and the template. The model of a section is a frozen `msgspec.Struct` whose fields are
annotated with a `Field`:

    class Clock(msgspec.Struct, frozen=True):
        time: Annotated[datetime, Field("Date and time", help="...", manual="6.3.12")]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec

from .field import Field, fields_of
from .finding import Finding
from .secrets import strike, texts_under
from .support import Capabilities, Support, support_of

M = TypeVar("M", bound=msgspec.Struct)
C = TypeVar("C")


class Scope(Enum):
    """Whose setting it is: the device's own, or one meter's behind it."""

    DEVICE = "device"
    METER = "meter"


class Step(msgspec.Struct, frozen=True):
    """One request that changes something. Plain data: shown before sending, kept in the journal.

    `secret` names the keys of `body`, however deep in it, whose values are never shown or kept.
    """

    title: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    fields: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Step({self.title!r}, {self.method!r}, {self.path!r}, {self.shown_body()!r}, {self.fields!r})"

    def shown_body(self) -> dict[str, Any] | None:
        """The body with its secrets struck out."""
        return None if self.body is None else strike(self.body, self._hidden())

    def secrets(self) -> tuple[str, ...]:
        """The secret values themselves, for whoever strikes them out of what a device says."""
        return tuple(texts_under(self.body, self._hidden()))

    def _hidden(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.secret)


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a draft, and where. `field` may name a table's cell: `channels[3].quantity`.

    A warning is shown but does not stop the sending.
    """

    field: str
    message: str
    warning: bool = False


class Change(msgspec.Struct, frozen=True):
    """One field of a section, as it is and as it shall be."""

    field: str
    before: Any
    after: Any


class Guide(msgspec.Struct, frozen=True):
    """What a change does that can cut the device off, and how it is found again.

    `words` says before the sending what will happen; `host` is the address that the device will listen at
    (empty: the same, or not known), `mask` that address's subnet mask. `patience_s` is how long it may be gone.
    `lost` says how to get it back when it does not turn up.
    """

    words: str
    host: str = ""
    mask: str = ""
    patience_s: float = 120.0
    lost: str = ""


def _no_problems(_: Any) -> list[Problem]:
    return []


def _nothing_impossible(_before: Any, _after: Any) -> list[Problem]:
    return []


def _no_guide(_before: Any, _after: Any) -> Guide | None:
    return None


def _erases_nothing(_before: Any, _after: Any) -> tuple[str, ...]:
    return ()


def _finds_nothing(_: Any) -> tuple[Finding, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Section(Generic[M, C]):
    """One topic of a device.

    `read(client, target)` gives the model; `plan(before, after, target)` gives the smallest list of requests that
    turns `before` into `after` (None: nothing can be set). `target` is the meter's serial, or the device's own
    id for a section of scope DEVICE. `erases` names what the device throws away when these are sent.
    `needs_read` and `needs_write` are capabilities as the vendor names them. `resources` are the requests
    that are used, as the manual writes them. `now` makes a value 'as of this computer', such as a clock. `summary` says
    under the form what the values amount to.
    """

    key: str
    title: str
    model: type[M]
    read: Callable[[C, str], Awaitable[M]]
    plan: Callable[[M, M, str], list[Step]] | None = None
    problems: Callable[[M], list[Problem]] = _no_problems
    change_problems: Callable[[M, M], list[Problem]] = _nothing_impossible
    """What stands against this change though both values are possible: what the device cannot delete."""
    guide: Callable[[M, M], Guide | None] = _no_guide
    """A change that can cut the device off says so here; it is then found again by its identity."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The device's own names of fields, where its refusals use others than ours: {"dmc": "channels"}."""
    erases: Callable[[M, M], tuple[str, ...]] = _erases_nothing
    archive: str = ""
    """The key of the archive that is erased then: its export is offered first."""
    normalise: Callable[[M], M] | None = None
    """Makes values that mean the same the same: a weekday where no week is used. Done before anything is planned."""
    now: Callable[[M], M] | None = None
    now_label: str = ""
    answered: Callable[[C], datetime | None] | None = None
    """answered(client): when the answer came that `read` shows, of a device that may be asked only now and then."""
    summary: Callable[[M], str] | None = None
    findings: Callable[[M], tuple[Finding, ...]] = _finds_nothing
    """What is to be noticed in the values as the device has them: shown above them, the gravest first."""
    watched: bool = False
    """Read when the page of its device opens, so that its findings show before anybody looks for them."""
    described: bool = False
    """The help of each value stands beside it: for values that nobody knows by their names alone."""
    scope: Scope = Scope.DEVICE
    group: str = "Settings"
    help: str = ""
    manual: str = ""
    icon: str = ""
    needs_read: tuple[str, ...] = ()
    needs_write: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    fields: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", fields_of(self.model))

    def field(self, name: str) -> Field:
        """The declared field of that name; `channels[3].level` finds the table's column.

        Raises:
            KeyError: there is none.
        """
        table, _, column = name.partition(".")
        plain = table.partition("[")[0]
        found = next((f for f in self.fields if f.name == plain), None)
        if found is None:
            raise KeyError(name)
        if not column:
            return found
        return next(c for c in found.columns if c.name == column)

    def support(self, capabilities: Capabilities) -> Support:
        """Can this be read and written, given what the device offers to this account?"""
        return support_of(self.title, capabilities, self.needs_read, self.needs_write, settable=self.plan is not None)


AnySection = Section[Any, Any]
