"""How values are written in a site file: JSON and UTC moments as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from .database import damaged


def as_json(value: object) -> str:
    """A value as JSON text: pure ASCII, so that every string survives, half characters included."""
    return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))


def from_json(path: Path, text: object, type_: Any = Any) -> Any:
    """What `as_json` wrote, as a value of that type.

    Raises:
        StorageFailed: it is something else; `path` is the site file that holds it.
    """
    try:
        return msgspec.convert(json.loads(str(text)), type_)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise damaged(path, f"an entry cannot be read ({error})") from error


def moment_now() -> str:
    """This moment, UTC, in ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def moment(path: Path, text: object) -> datetime:
    """A moment that `moment_now` wrote.

    Raises:
        StorageFailed: it is something else; `path` is the site file that holds it.
    """
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise damaged(path, f"'{text}' is no time") from error
    return found.replace(tzinfo=found.tzinfo or UTC)
