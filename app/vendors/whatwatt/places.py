"""Fills a flat model from the device's nested JSON: every field names its place."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from app.net.lenient import convert, text_of

M = TypeVar("M", bound=msgspec.Struct)

_ISO = re.compile(r"^(?P<date>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d:\d\d)(?:\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d|)$")


@dataclass(frozen=True)
class At:
    """Where a field's value stands in the document, keys joined by dots; further places are tried in order.

    Several keys joined by a space are put together as one text, as in a date and a time.
    """

    path: str
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClockAt(At):
    """Where a date and time stands. What comes with a Z is local time all the same: see `clock_text`."""


def dig(document: object, path: str) -> object:
    """What stands at a dotted path; None where it or anything on the way is missing."""
    found = document
    for key in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def clock_text(document: object, path: str) -> str | None:
    """A date and time as the device's clock shows it; what cannot be read stays as it came, None where there is none.

    The plain entry ends in Z and is local time, so the entries that name their zone come first.
    """
    for suffix, zone in (("_local", r"\g<zone>"), ("_utc", "UTC"), ("", "")):
        text = text_of(dig(document, path + suffix))
        if text:
            return _ISO.sub(rf"\g<date> \g<time> {zone}", text).rstrip()
    return None


def fill(model: type[M], document: object) -> M:
    """The model with what the document has; where it has nothing, what the model has by itself, mostly None.

    Raises:
        BadReply: a value is of another kind than the manual says; the message names its place.
    """
    found = ((name, _value(document, at, kind)) for name, at, kind in places_of(model))
    return model(**{name: value for name, value in found if value is not None})


def nested(model: msgspec.Struct, names: Iterable[str]) -> dict[str, Any]:
    """These fields of a model as the device's nested JSON, each at its place."""
    body: dict[str, Any] = {}
    places = {name: at.path for name, at, _ in places_of(type(model))}
    for name in names:
        *way, last = places[name].split(".")
        inner = body
        for key in way:
            inner = inner.setdefault(key, {})
        inner[last] = getattr(model, name)
    return body


def changed(before: msgspec.Struct, after: msgspec.Struct) -> tuple[str, ...]:
    """The fields with a place in which two values of a model differ, in order."""
    names = (name for name, _, _ in places_of(type(after)))
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _value(document: object, at: At, kind: type) -> Any:
    if isinstance(at, ClockAt):
        return clock_text(document, at.path)
    for path in (at.path, *at.otherwise):
        parts = [part for part in (dig(document, place) for place in path.split(" ")) if part is not None]
        if parts and kind is str:
            return " ".join(map(text_of, parts))
        if parts and parts[0] != "":
            return convert(parts[0], kind, path)
    return None


@functools.cache
def places_of(model: type[msgspec.Struct]) -> tuple[tuple[str, At, type], ...]:
    """Name, place and type of each field that names a place."""
    places = []
    for name, hint in get_type_hints(model, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        base, *notes = get_args(hint)
        at = next((note for note in notes if isinstance(note, At)), None)
        if get_origin(base) in (Union, UnionType):
            base = next(part for part in get_args(base) if part is not type(None))
        if at is not None:
            places.append((name, at, base))
    return tuple(places)
