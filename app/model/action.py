"""An action: something that a device does once when it is told to: restart, clear a log, reset a register.

Declared once as data; from the declaration come the button with its question, the command line's `do`, the journal
entry and the proof afterwards. A setting that stays is a `Section` and not an action.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from .archive import NoParameters
from .field import Field, fields_of
from .job import Progress
from .section import Guide, Problem, Scope, Step
from .support import Capabilities, Support, support_of

P = TypeVar("P", bound=msgspec.Struct)
C = TypeVar("C")


def _no_problems(_: Any) -> list[Problem]:
    return []


def _no_objection(_looked: Any, _parameters: Any) -> str:
    return ""


def _erases_nothing(_: Any) -> tuple[str, ...]:
    return ()


def _no_guide(_: Any) -> Guide | None:
    return None


async def _looks_at_nothing(_client: Any, _target: str) -> Any:
    return None


@dataclass(frozen=True, kw_only=True)
class Action(Generic[P, C]):
    """One thing that a device can be told to do.

    `steps(parameters, target)` are the requests. `look(client, target)` reads what proves the action, once before and
    once after; `proven(before, after, parameters)` is '' when the device has done it, else what is wrong in words.
    `follow(client, target)` watches what goes on after the requests (a restart) and ends when it is over; it raises an
    `AppError` when it does not end well. `erases` is what is thrown away; `archive` the key of the archive that is
    offered for export before that. `beside` is the key of the section or archive on whose page the button stands;
    without it the action has a page of its own in `group`. `verb` is what the button says.
    """

    key: str
    title: str
    verb: str
    steps: Callable[[P, str], list[Step]]
    proven: Callable[[Any, Any, P], str]
    look: Callable[[C, str], Awaitable[Any]] = _looks_at_nothing
    ready: Callable[[C, str], AsyncGenerator[Progress, None]] | None = None
    """ready(client, target): waits until the device may be told, and says how long that takes. Nothing is sent yet."""
    follow: Callable[[C, str], AsyncGenerator[Progress, None]] | None = None
    parameters: type[P]
    first: Callable[[], P]
    """The parameters as they stand before anybody has chosen."""
    problems: Callable[[P], list[Problem]] = _no_problems
    objection: Callable[[Any, P], str] = _no_objection
    """objection(looked, parameters): why the device as it was just looked at would refuse; '' when it would not."""
    guide: Callable[[P], Guide | None] = _no_guide
    """guide(parameters): what it does to the connection, if it can cut it. A device that is then lost (`follow` says so
    by `DeviceUnreachable`, or there is no `follow`) is looked for by its identity; the session goes on where it is."""
    may_be_left: str = ""
    """What goes on in the device when nobody watches it any more: its watching may be given up. Empty: it may not."""
    erases: Callable[[P], tuple[str, ...]] = _erases_nothing
    archive: str = ""
    beside: str = ""
    scope: Scope = Scope.DEVICE
    group: str = "Gateway"
    help: str = ""
    manual: str = ""
    icon: str = ""
    danger: bool = True
    """It is asked about before it is done."""
    needs_write: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    fields: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", fields_of(self.parameters))

    def support(self, capabilities: Capabilities) -> Support:
        """Can it be done, given what the device offers to this account?"""
        return support_of(self.title, capabilities, (), self.needs_write, settable=True)


AnyAction = Action[Any, Any]
NOTHING = NoParameters()
"""The parameters of an action that needs none."""
