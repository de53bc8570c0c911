"""An archive: what a device keeps by time: event logs, previous values, load profiles, demand.

Declared once as data; from the declaration come the page with its period, filter, plot and table, the command
line's `records`, and the CSV export. What is read comes in columns, so that 40000 rows stay cheap.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec

from .field import Choice, Field, fields_of
from .job import Progress
from .section import Scope
from .support import Capabilities, Support, support_of

C = TypeVar("C")


class ColumnKind(Enum):
    """What stands in a column."""

    MOMENT = "date and time"
    NUMBER = "number"
    TEXT = "text"


class Column(msgspec.Struct, frozen=True):
    """One column of records. `decimals` None shows numbers as they are; `plotted` puts it into the plot.

    `filtered` offers the texts that occur as a filter (a category, a status). `width` is a hint in characters.
    """

    key: str
    title: str
    kind: ColumnKind = ColumnKind.TEXT
    unit: str = ""
    decimals: int | None = None
    plotted: bool = False
    filtered: bool = False
    width: int = 0
    whole_days: bool = False
    """Of its moments only the day means something."""


class Records(msgspec.Struct, frozen=True):
    """What was read: one sequence for each column, all of the same length, oldest row first.

    A MOMENT column holds naive `datetime` (the device's local time) or, where the device sent no date, its text as it
    came. A NUMBER column holds `float`; NaN is 'not available'. Everything else is `str`. `notes` are remarks for the
    installer, such as what was left out. `earlier` is the moment to ask with for the page before this one.
    """

    columns: tuple[Column, ...]
    data: tuple[Sequence[Any], ...]
    notes: tuple[str, ...] = ()
    earlier: datetime | None = None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.data[0]) if self.data else 0


class Period(Enum):
    """How an archive is asked for a time."""

    NONE = "everything at once"
    FROM_TO = "from one moment to another, or everything"
    UNTIL = "page by page back from a moment"
    DAYS = "by days, each of them asked for by itself"


class Query(msgspec.Struct, frozen=True):
    """What is asked for. Times are the device's local time; None leaves them open. `count` 0 is the device's default.

    `parameters` is an instance of the archive's own `parameters` model.
    """

    begin: datetime | None = None
    end: datetime | None = None
    count: int = 0
    parameters: Any = None


class NoParameters(msgspec.Struct, frozen=True):
    """Nothing has to be said."""


Told = Callable[[Progress], None]
"""What hears how far a reading is."""


async def _no_options(_client: Any, _target: str) -> Mapping[str, tuple[Choice, ...]]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Archive(Generic[C]):
    """One archive of a device or of a meter.

    `read(client, target, query)` gives the records, oldest first. `parameters` declares what else can be said (a
    channel); `options(client, target)` gives the choices of its fields that only the device knows. `shape` says how the
    numbers are plotted. Who throws it away says so: an `Action` or a `Section` whose `archive` is this one's key.
    """

    key: str
    title: str
    read: Callable[[C, str, Query], Awaitable[Records]]
    period: Period = Period.FROM_TO
    parameters: type[msgspec.Struct] = NoParameters
    options: Callable[[C, str], Awaitable[Mapping[str, tuple[Choice, ...]]]] = _no_options
    read_told: Callable[[C, str, Query, Told], Awaitable[Records]] | None = None
    """Reads the same and tells how far it is, where a reading takes long."""
    longest: int = 0
    """The most rows that can be asked for at once; 0 says nothing."""
    most_days: int = 0
    """The most days that can be asked for at once; 0 says nothing."""
    of_feed: str = ""
    """The key of a feed whose kept readings these are: then the site is read and the device is not asked."""
    shape: str = "line"
    """line, steps or bars."""
    scope: Scope = Scope.DEVICE
    group: str = "Stored values"
    help: str = ""
    manual: str = ""
    icon: str = ""
    needs_read: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    fields: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", fields_of(self.parameters))

    def support(self, capabilities: Capabilities) -> Support:
        """Can it be read, given what the device offers to this account?"""
        return support_of(self.title, capabilities, self.needs_read, (), settable=False)


AnyArchive = Archive[Any]
