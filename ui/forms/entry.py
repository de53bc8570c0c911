"""What is typed, as a value, and a value as it is typed: in the user's own way of writing numbers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from PySide6.QtCore import QLocale

from app.model.field import Field, Kind

DAY_FORMAT = "%Y-%m-%d"
MOMENT_FORMAT = "%Y-%m-%d %H:%M:%S"
_MOMENTS = (MOMENT_FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([.,'’ \u00a0\u202f][0-9]{3})+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_SWITCH = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


class Unreadable(ValueError):
    """What was typed cannot be read as a value of this field; the text says what is expected."""


def written(field: Field, value: Any) -> str:
    """A value as it stands in an entry: no unit, numbers with the user's decimal sign."""
    if value is None:
        return ""
    for choice in field.choices:
        if choice.value == value:
            return choice.label
    if field.kind is Kind.SWITCH:
        return "on" if value else "off"
    if isinstance(value, datetime):
        return value.strftime(MOMENT_FORMAT)
    if isinstance(value, float):
        text = f"{value:.{field.decimals}f}" if field.decimals is not None else f"{value:.15g}"
        return text.replace(".", QLocale().decimalPoint())
    return str(value)


def in_words(field: Field, value: Any) -> str:
    """A value as it is told: with its unit, numbers with the user's decimal sign."""
    text = field.show(value)
    known = any(choice.value == value for choice in field.choices)
    if isinstance(value, float) and not known and not field.secret:
        return text.replace(".", QLocale().decimalPoint(), 1)
    return text


def read_entry(field: Field, text: str, before: Any = None) -> Any:
    """The value that was typed. `before` is what stood there: where nothing stood, nothing may be typed.

    Raises:
        Unreadable: it is half typed, or something else.
    """
    plain = text.strip()
    if before is None and not plain and field.kind is not Kind.TEXT:
        return None
    if field.kind is Kind.CHOICE:
        return _choice(field, plain, before)
    if field.kind is Kind.INTEGER:
        return _whole(plain)
    if field.kind is Kind.NUMBER:
        return _number(plain)
    if field.kind is Kind.SWITCH:
        if plain.lower() not in _SWITCH:
            raise Unreadable("on or off")
        return _SWITCH[plain.lower()]
    if field.kind is Kind.MOMENT:
        return _moment(plain, before)
    return text


def _whole(plain: str) -> int:
    if not plain:
        raise Unreadable("a whole number is missing")
    if _GROUPED.fullmatch(plain):
        raise Unreadable("write the number without separators")
    if not _WHOLE.fullmatch(plain):
        raise Unreadable(f"'{_short(plain)}' is no whole number")
    return int(plain)


def _number(plain: str) -> float:
    point = QLocale().decimalPoint()
    if not plain:
        raise Unreadable("a number is missing")
    # A lone point or comma before three digits may separate thousands: only the user's own sign is sure.
    if _GROUPED.fullmatch(plain) and not (plain.count(point) == 1 and _NUMBER.fullmatch(plain.replace(point, "."))):
        raise Unreadable("write the number without separators")
    uniform = plain.replace(point, ".")
    if "," in uniform:
        uniform = uniform.replace(",", ".")
    if not _NUMBER.fullmatch(uniform):
        raise Unreadable(f"'{_short(plain)}' is no number")
    return float(uniform)


def _moment(plain: str, before: Any) -> datetime:
    for form in _MOMENTS:
        try:
            moment = datetime.strptime(plain, form)
        except ValueError:
            continue
        return moment.replace(tzinfo=before.tzinfo) if isinstance(before, datetime) else moment
    raise Unreadable("expected: year-month-day hours:minutes:seconds")


def _choice(field: Field, plain: str, before: Any) -> Any:
    for choice in field.choices:
        if plain.lower() == choice.label.lower():
            return choice.value
    for choice in field.choices:
        if plain == str(choice.value):
            return choice.value
    if before is not None and plain == written(field, before):
        return before
    if not field.suggestions:
        raise Unreadable(f"'{_short(plain)}' is not in the list")
    kind = type(field.choices[0].value) if field.choices else str
    if kind is int:
        return _whole(plain)
    return _number(plain) if kind is float else plain


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"
