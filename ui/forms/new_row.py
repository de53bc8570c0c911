"""What stands in a row that is added to a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.model.field import Field, Kind


def new_row(field: Field, rows: Sequence[Any]) -> Any:
    """A row to add: like the last one, but with the next entry of its first list that makes it a row of its own."""
    columns = field.columns
    values = {column.name: _first(column) for column in columns}
    if rows:
        values |= {c.name: getattr(rows[-1], c.name) for c in columns if not c.read_only and c.name != field.row_key}
    assert field.row is not None
    listed = next((c for c in columns if c.choices and not c.read_only), None)
    if listed is None or field.row_key:
        return field.row(**values)
    start = next((i for i, choice in enumerate(listed.choices) if choice.value == values[listed.name]), 0)
    for step in range(len(listed.choices)):
        choice = listed.choices[(start + step) % len(listed.choices)]
        made = field.row(**{**values, listed.name: choice.value})
        if made not in rows:
            return made
    return field.row(**values)


def _first(column: Field) -> Any:
    if column.choices:
        return column.choices[0].value
    low = column.minimum or 0
    return {
        Kind.TEXT: "",
        Kind.INTEGER: int(low),
        Kind.NUMBER: float(low),
        Kind.SWITCH: False,
        Kind.MOMENT: datetime.now().replace(microsecond=0),
    }.get(column.kind)
