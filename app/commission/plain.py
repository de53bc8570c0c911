"""Values of sections as plain JSON and as text: for the site file, the journal and the command line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec

from app.model.errors import InvalidValue, UsageError
from app.model.field import Field, Kind
from app.model.secrets import STRUCK
from app.model.section import AnySection

NOW = "now"
"""What the command line accepts for a moment: the time of this computer when it is sent."""

_SWITCH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def to_plain(value: Any) -> Any:
    """A model or one of its values as JSON types. Secrets are left out of models."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return msgspec.to_builtins(value)


def plain_of(section: AnySection, value: msgspec.Struct) -> dict[str, Any]:
    """A section's value as a JSON object without its secret fields and columns."""
    return {field.name: plain_value(field, getattr(value, field.name)) for field in section.fields if not field.secret}


def plain_value(field: Field, value: Any) -> Any:
    """A field's value as JSON types. A secret is struck out; so is a secret column of a table."""
    if field.secret:
        return STRUCK
    plain = to_plain(value)
    secret = {column.name for column in field.columns if column.secret}
    if secret and plain is not None:
        return [{name: cell for name, cell in row.items() if name not in secret} for row in plain]
    return plain


def field_from_plain(model: type[msgspec.Struct], name: str, plain: object) -> Any:
    """One field of what `plain_of` made, back again.

    Raises:
        UsageError: it is no value of that field: a file of another program or version.
    """
    try:
        return msgspec.convert(plain, _type_of(model, name), strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"This is no value for {model.__name__}.{name}: {error}.") from error


def parse_value(model: type[msgspec.Struct], field: Field, given: object) -> Any:
    """Read a field's value from the command line's text or from JSON.

    Raises:
        InvalidValue: it cannot be read as this kind of value. Limits are checked later, with all fields at hand.
    """
    if isinstance(given, str) and field.kind is not Kind.CHOICE:
        given = _from_text(field, given)
    elif field.kind is Kind.CHOICE:
        given = _chosen(field, given)
    try:
        return msgspec.convert(given, _type_of(model, field.name), strict=False)
    except msgspec.ValidationError as error:
        raise InvalidValue(field.name, f"{field.name}: {error}.", hint=_expected(field)) from error


def _from_text(field: Field, text: str) -> object:
    if field.kind is Kind.SWITCH:
        if text.lower() not in _SWITCH:
            raise InvalidValue(field.name, f"{field.name}: '{text}' is neither on nor off.")
        return _SWITCH[text.lower()]
    if field.kind is Kind.TABLE:
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidValue(
                field.name,
                f"{field.name}: rows are given as a JSON list: {error}.",
                hint=f"Example: {field.name}='[{json.dumps({c.name: '…' for c in field.columns})}]'",
            ) from error
    return text


def _chosen(field: Field, given: object) -> object:
    for choice in field.choices:
        if given == to_plain(choice.value) or (isinstance(given, str) and given.lower() == choice.label.lower()):
            return to_plain(choice.value)
    return given


def _expected(field: Field) -> str:
    limits = field.limits()
    return f"Expected: {field.kind.value}{', ' + limits if limits else ''}."


def _type_of(model: type[msgspec.Struct], name: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(model) if field.name == name)
