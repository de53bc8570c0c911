"""Reads a load profile's up to 40000 items without holding anything up: in slices, straight into typed rows.

Decoding 1.4 MB at a stretch would stop every other thread for as long, the window's too. So the items are cut into
slices at the ends of rows. What does not look as the manual says is read leniently, and more slowly.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from operator import le
from typing import Annotated

import msgspec

from app.net.lenient import convert, decode
from app.vendors.g13.meter.stored import UNAVAILABLE, ProfileWords, in_order, mapped, moment, number

SLICE_BYTES = 96 * 1024
"""About 2700 rows, and 5 ms."""

_Naive = Annotated[datetime, msgspec.Meta(tz=False)]
_TYPED = msgspec.json.Decoder(list[tuple[int, _Naive, float]], strict=False)
_AS_TEXT = msgspec.json.Decoder(list[tuple[int, str, float]], strict=False)
_ENDS = b" \t\r\n,"


class Reply(msgspec.Struct, frozen=True):
    """GET /meters/<serial>/loadprofiles (manual 6.3.73): `mapping` is [name, unit], an item [status, time, value]."""

    mapping: tuple[str | tuple[str | None, ...] | None, ...] = ()
    items: tuple[tuple[float | str | None, ...], ...] = ()


class Profile(msgspec.Struct, frozen=True):
    """A load profile in columns, sorted by time. A time that is no date stays text; NaN is a value not available."""

    quantity: str
    unit: str
    times: list[datetime | str]
    values: list[float]
    statuses: list[str]
    missing: int = 0


def read_profile(body: bytes) -> Profile:
    """Read the reply, fast when it is as the manual says.

    Raises:
        BadReply: it cannot be read even leniently.
    """
    try:
        return _quick(body)
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
        return _patient(body)


def _quick(body: bytes) -> Profile:
    first, last = _items(body)
    # The reply without its items must be a whole document: else the brackets found are not those of the items.
    head = msgspec.json.decode(body[:first] + body[last:], type=Reply, strict=False)
    times: list[datetime | str] = []
    values: list[float] = []
    codes: list[int] = []
    for part in _slices(body, first, last):
        slice_codes, slice_times, slice_values = _columns(part)
        codes.extend(slice_codes)
        times.extend(slice_times)
        values.extend(slice_values)
    return _sorted(head, times, values, codes)


def _items(body: bytes) -> tuple[int, int]:
    """Where the items begin and end, without the brackets around them.

    Raises:
        IndexError: there are none to be seen.
    """
    first = body.find(b"[", body.find(b'"items"') + 1) + 1
    last = body.rfind(b"]")
    if b'"items"' not in body or not 0 < first <= last:
        raise IndexError("no items")
    return first, last


def _slices(body: bytes, first: int, last: int) -> Iterator[bytes]:
    """The items in parts that are each a list of whole rows. A cut in the wrong place makes no valid part."""
    while first < last:
        end = last
        if last - first > SLICE_BYTES:
            end = body.find(b"]", first + SLICE_BYTES, last) + 1 or last
        yield b"[%b]" % body[first:end].strip(_ENDS)
        first = end


def _columns(part: bytes) -> tuple[tuple[int, ...], tuple[datetime | str, ...], tuple[float, ...]]:
    """Status, time and value of each row of a slice."""
    try:
        rows = _TYPED.decode(part)
    except msgspec.ValidationError:
        # A time that is no date: rare, and only its slice is slower.
        odd = _AS_TEXT.decode(part)
        return (
            tuple(row[0] for row in odd),
            tuple(moment(row[1]) for row in odd),
            tuple(row[2] for row in odd),
        )
    if not rows:
        return (), (), ()
    codes, times, values = zip(*rows, strict=True)
    return codes, times, values


def _sorted(head: Reply, times: list[datetime | str], values: list[float], codes: list[int]) -> Profile:
    if UNAVAILABLE in values:
        values = [number(value) for value in values]
    order = None if _ascending(times) else in_order(times)
    if order is not None:
        times, values, codes = ([column[i] for i in order] for column in (times, values, codes))  # type: ignore[assignment]
    quantity, unit = mapped(head.mapping[0] if _nested(head) else head.mapping)
    words = ProfileWords()
    return Profile(
        quantity,
        unit,
        times,
        values,
        [words[code] for code in codes],
        sum(map(float.__ne__, values, values)),
    )


def _nested(head: Reply) -> bool:
    return bool(head.mapping) and isinstance(head.mapping[0], tuple)


def _ascending(times: list[datetime | str]) -> bool:
    """In order already, as devices usually send them? Times of two kinds cannot be compared: then it is unknown."""
    try:
        return all(map(le, times, times[1:]))
    except TypeError:
        return False


def _patient(body: bytes) -> Profile:
    """Any reply that can be made sense of: trailing commas, numbers as text, rows that are too short or too long."""
    found = convert(decode(body), Reply)
    rows = [(*item, None, None, None) for item in found.items]
    return _sorted(
        found,
        [moment(row[1]) for row in rows],
        [number(row[2]) for row in rows],
        [_code(row[0]) for row in rows],
    )


def _code(status: float | str | None) -> int:
    found = number(status)
    return int(found) if found == found and abs(found) < 1e9 else -1
