"""What is wrong with a value before anything is sent: the limits that its fields declare, then its own rules."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from app.model.field import Field, Kind
from app.model.section import AnySection, Problem


def problems_of(section: AnySection, value: msgspec.Struct) -> list[Problem]:
    """All problems of a value, those of single fields first. Without any but warnings, it may be sent."""
    found = [problem for field in section.fields for problem in field_problems(field, getattr(value, field.name))]
    wrong = {_field_name(problem) for problem in found}
    # A section's own rules assume values that are possible at all: say each thing once.
    return found + [problem for problem in section.problems(value) if _field_name(problem) not in wrong]


def _field_name(problem: Problem) -> str:
    return problem.field.partition("[")[0]


def field_problems(field: Field, value: Any, name: str = "") -> Iterator[Problem]:
    """The problems of one field by its declaration; `name` is where it stands, for cells of a table."""
    where = name or field.name
    if field.read_only or value is None:
        return
    if field.kind is Kind.TABLE:
        if field.max_rows is not None and len(value) > field.max_rows:
            yield Problem(where, f"{field.label}: {len(value)} rows, at most {field.max_rows} are allowed.")
        for index, row in enumerate(value):
            for column in field.columns:
                yield from field_problems(column, getattr(row, column.name), f"{where}[{index}].{column.name}")
        return
    if field.choices and not field.suggestions and all(choice.value != value for choice in field.choices):
        yield Problem(where, f"{field.label}: '{value}' is not {field.limits()}.")
        return
    yield from _range(field, value, where)
    yield from _text(field, value, where)


def _range(field: Field, value: Any, where: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    low, high = field.minimum, field.maximum
    outside = (low is not None and value < low) or (high is not None and value > high)
    if outside or (isinstance(value, float) and not math.isfinite(value)):
        yield Problem(where, f"{field.label}: {field.show(value)} is not allowed; {field.limits()}.")


def _text(field: Field, value: Any, where: str) -> Iterator[Problem]:
    if not isinstance(value, str) or field.choices:
        return
    if field.max_length is not None and len(value) > field.max_length:
        yield Problem(where, f"{field.label}: {len(value)} characters, at most {field.max_length} are allowed.")
    elif wrong := _control_problem(field, value):
        yield Problem(where, f"{field.label}: {wrong}")
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield Problem(where, f"{field.label}: a character in it is only half there; type it again.")
    elif field.pattern and not re.fullmatch(field.pattern, value):
        yield Problem(where, f"{field.label}: {field.pattern_help or 'not in the right form'}.")


def _control_problem(field: Field, value: str) -> str:
    allowed = "\r\n\t" if field.lines else ""
    if all((ord(character) >= 32 and ord(character) != 127) or character in allowed for character in value):
        return ""
    return f"{'' if field.lines else 'line breaks and '}control characters are not allowed."


def same(field: Field, left: Any, right: Any) -> bool:
    """Are two values of a field the same, as far as a read-back can tell?"""
    if left is None or right is None:
        return left is right
    if field.kind is Kind.TABLE:
        return _rows(field, left) == _rows(field, right)
    if field.tolerance and field.kind is Kind.MOMENT:
        return bool(abs(_naive(left) - _naive(right)) <= field.tolerance)
    if isinstance(left, float) or isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-9)
    return bool(left == right)


def settled(field: Field, wanted: Any, found: Any) -> bool:
    """Does a read-back show what was wanted? A secret is never given back: of that nothing can be told."""
    if field.secret:
        return True
    if field.kind is Kind.TABLE and wanted is not None and found is not None:
        return _rows(field, wanted, secrets=False) == _rows(field, found, secrets=False)
    return same(field, wanted, found)


def _rows(field: Field, table: Any, *, secrets: bool = True) -> list[tuple[Any, ...]]:
    """What counts of a table: the columns that can be set, in the order that counts."""
    names = [
        column.name
        for column in field.columns
        if column.name == field.row_key or (not column.read_only and (secrets or not column.secret))
    ]
    rows = [tuple(getattr(row, name) for name in names) for row in table]
    # By their words: cells may be empty, and nothing is no number.
    return sorted(rows, key=repr) if field.row_key else rows


def _naive(moment: Any) -> Any:
    return moment.replace(tzinfo=None)
