"""What a command line wants set: `name=value` pairs, or a JSON file of a person's or of `read`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.commission.draft import Draft
from app.commission.plain import NOW, parse_value
from app.model.errors import UsageError
from app.model.field import Kind
from app.model.section import AnySection

STANDARD_INPUT = "-"


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Read `name=value` pairs.

    Raises:
        UsageError: one is none, or a name comes twice.
    """
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"'{pair}' sets nothing.", hint="Write name=value, for example ct_numerator=100.")
        if name.strip() in found:
            raise UsageError(f"'{name.strip()}' is given twice.")
        found[name.strip()] = value
    return found


def document_of(path: str) -> dict[str, Any]:
    """Read a JSON object from a file, or from standard input when it is named `-`.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    try:
        text = sys.stdin.read().encode() if path == STANDARD_INPUT else Path(path).read_bytes()
        return msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UsageError(
            f"{name} holds no JSON object: {error}.", hint="Expected: fields and values, or what `read --json` printed."
        ) from error


def of_section(section: AnySection, document: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a section in a document, whose form is that of `read` or plainly field to value.

    What can only be read is left out, so that the output of `read` may go back as it came.

    Raises:
        UsageError: it holds nothing for this section.
    """
    read = document.get("sections")
    if isinstance(read, dict) and all(field.name != "sections" for field in section.fields):
        entry = read.get(section.key)
        if not isinstance(entry, dict) or not isinstance(entry.get("value"), dict):
            raise UsageError(
                f"The file has no value of {section.key}.", hint=f"It has: {', '.join(read) or 'nothing'}."
            )
        document = entry["value"]
    fixed = {field.name for field in section.fields if field.read_only}
    return {name: value for name, value in document.items() if name not in fixed}


def put(section: AnySection, draft: Draft[Any], values: Mapping[str, Any]) -> tuple[str, ...]:
    """Set the values in a draft; returns the names of the fields.

    Raises:
        UsageError: there is nothing to set, no such field, or it can only be read.
        InvalidValue: a value cannot be read as the field's kind.
    """
    settable = [field.name for field in section.fields if not field.read_only]
    hint = f"Fields of {section.key}: {', '.join(settable)}." if settable else ""
    if section.plan is None:
        raise UsageError(f"{section.title} can only be read.")
    if not values:
        raise UsageError("There is nothing to set.", hint=hint)
    for name in values:
        if all(field.name != name for field in section.fields):
            raise UsageError(f"{section.title} has no field '{name}'.", hint=hint)
        if name not in settable:
            raise UsageError(f"'{name}' can only be read.", hint=hint)
    for name, given in values.items():
        field = section.field(name)
        if field.kind is Kind.MOMENT and given == NOW and section.now is not None:
            draft.take_now()
        else:
            draft.set(name, parse_value(section.model, field, given))
    return tuple(values)
