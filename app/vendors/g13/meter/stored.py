"""What all stored values share: status bits in words, times, names and units, and the paths that ask for a period.

Decided here, the manual being silent: a count asks for the first values from a moment on. So the last values are
asked for by their period, and of what came the newest are kept.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from app.model.archive import Query
from app.model.errors import InvalidValue, NotFound
from app.vendors.g13.client import G13Client
from app.vendors.g13.tables import PARAMETERS

T = TypeVar("T")

UNAVAILABLE = 4294967295.0
"""The value that stands for 'not available'."""
PATIENCE_S = 300.0
"""How long a whole memory may take: the gateway fetches it from the meter over a slow bus while it answers."""
EARLIEST = datetime(2000, 1, 1)
LATEST = datetime(2099, 12, 31, 23, 59, 59)

OK = "OK"
DATA_ERROR = "data error"
NOT_AVAILABLE = "not available"
POWER_OFF = "power off"

_EXISTS, _ERROR, _OFF = 1, 2, 4
_PROFILE_FLAGS = (
    (0x02, "restarted"),
    (0x04, "interval too long"),
    (0x08, "interval too short"),
    (0x10, "time changed"),
    (0x20, "bad value"),
    (0x40, "reserved bit 6"),
    (0x80, "reserved bit 7"),
)


def snapshot_status(code: object) -> str:
    """The status of a previous value or demand value (manual 6.3.69): what weighs most decides."""
    bits = whole(code)
    if bits is None or bits > 7:
        return f"code {code}"
    if bits & _ERROR:
        return DATA_ERROR
    if not bits & _EXISTS:
        return NOT_AVAILABLE
    return POWER_OFF if bits & _OFF else OK


def profile_status(code: object) -> str:
    """The status of a load profile's item (manual 6.3.73): every bit that is set, in words."""
    bits = whole(code)
    if bits is None or bits > 0xFF:
        return f"code {code}"
    if not bits & _EXISTS:
        return NOT_AVAILABLE
    return ", ".join(words for bit, words in _PROFILE_FLAGS if bits & bit) or OK


class ProfileWords(dict[int, str]):
    """The words of each status that occurs, made once."""

    def __missing__(self, code: int) -> str:
        self[code] = words = profile_status(code)
        return words


def whole(code: object) -> int | None:
    """A number or digits as a number; None for anything else."""
    if isinstance(code, bool) or not isinstance(code, int | str):
        return None
    text = str(code).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def number(value: object) -> float:
    """A stored value; NaN where it is not available or no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return math.nan if found == UNAVAILABLE else found


def moment(text: object) -> datetime | str:
    """The device's local time; what is no date stays as it came."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        return str(text)


def in_order(times: Sequence[datetime | str]) -> list[int] | None:
    """The order by time, None when it is in order already. A time that is no date stays behind its predecessor."""
    keys: list[datetime] = []
    last = datetime(1, 1, 1)
    for time in times:
        last = time if isinstance(time, datetime) else last
        keys.append(last)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return None if all(map(int.__le__, order, order[1:])) else order


def _plain_name(name: str) -> str:
    return name.lower().replace("_energy", "")


_BY_NAME: Mapping[str, str] = {_plain_name(known.name): known.label for known in PARAMETERS.values()}


def mapped(entry: object) -> tuple[str, str]:
    """Label and unit of one entry of `mapping`; a name that we do not know is shown as it came.

    The device writes W and Wh for reactive and apparent quantities too.
    """
    written = entry if isinstance(entry, list | tuple) else [entry]
    # What has no unit may come with null in its place, as with measured values (manual 6.3.60).
    parts = ["" if part is None else str(part) for part in written]
    name = parts[0].strip() if parts else ""
    unit = parts[1].strip() if len(parts) > 1 else ""
    if name.lower().startswith("reactive"):
        unit = unit.replace("W", "var")
    elif name.lower().startswith("apparent"):
        unit = unit.replace("W", "VA")
    return _BY_NAME.get(_plain_name(name), name.replace("_", " ") or "Value"), unit


def period(query: Query, most: int) -> str:
    """The end of the path that asks for this: '' for everything, else from a moment to another, or so many.

    Raises:
        InvalidValue: more than `most` are asked for, or the end lies before the beginning.
    """
    if query.count < 0 or query.count > most:
        raise InvalidValue("count", f"{query.count} values are not allowed; 1 to {most} can be asked for at once.")
    if query.begin is not None and query.end is not None and query.end < query.begin:
        raise InvalidValue("end", "The end of the period lies before its beginning.")
    if query.begin is None and query.end is None:
        return ""
    begin = in_url(query.begin or EARLIEST)
    if query.count and query.end is None:
        return f"/{begin}/{query.count}"
    return f"/{begin}/{in_url(query.end or LATEST)}"


def in_url(time: datetime) -> str:
    """A moment as it stands in a path. Years that the device does not know give way to its first and last."""
    return min(max(time.replace(tzinfo=None), EARLIEST), LATEST).isoformat(timespec="seconds")


def all_of_it() -> str:
    """Everything, asked for by a period: for a gateway that does not know the path without one."""
    return f"/{in_url(EARLIEST)}/{in_url(LATEST)}"


async def fetched(client: G13Client, topic: str, paths: Sequence[str], decode: Callable[[bytes], T]) -> T:
    """GET the first of these paths that the gateway knows; the answer is decoded on a thread of its own.

    `paths` are several ways to write the same: the manual is not of one mind. Which way works is remembered by `topic`.

    Raises:
        AppError: the device cannot be asked, or says no.
    """

    async def off_the_loop(body: bytes) -> T:
        return await asyncio.to_thread(decode, body)

    known = client.ways.get(topic)
    if known is not None and known < len(paths):
        return await client.fetch(paths[known], off_the_loop, timeout_s=PATIENCE_S)
    for way, path in enumerate(paths):
        try:
            found = await client.fetch(path, off_the_loop, timeout_s=PATIENCE_S)
        except NotFound:
            if way == len(paths) - 1:
                raise
            continue
        client.ways[topic] = way
        return found
    raise NotFound("The gateway has no path for this.")


def not_available(count: int) -> tuple[str, ...]:
    """The remark that so many values are missing."""
    if not count:
        return ()
    return ("1 value is not available." if count == 1 else f"{count} values are not available.",)


def erased(before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether a memory was emptied between two looks at the times of its oldest values.

    A memory goes on storing: what has come since the erasing may be there already, but nothing of before.
    """
    return set(before).isdisjoint(after)
