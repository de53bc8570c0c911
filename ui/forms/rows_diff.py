"""Which rows of a table are new, changed or gone, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

import msgspec

from app.model.field import Field
from ui.forms.entry import in_words


class RowState(Enum):
    """What became of a row."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class RowMatch:
    """A row before and after; None where there is none."""

    state: RowState
    before: int | None
    after: int | None


@dataclass(frozen=True)
class ToldRow:
    """A row that is not the same any more, in words."""

    state: RowState
    title: str
    before: str
    after: str


def match_rows(field: Field, before: Sequence[msgspec.Struct], after: Sequence[msgspec.Struct]) -> list[RowMatch]:
    """Pair the rows: by the column that names them, or else by what stands in them, in their order."""
    names = [column.name for column in field.columns if not column.read_only]
    old = [tuple(getattr(row, name) for name in names) for row in before]
    new = [tuple(getattr(row, name) for name in names) for row in after]
    if field.row_key:
        return _by_key(field.row_key, before, after, old, new)
    return _by_order(old, new)


def _by_key(
    key: str, before: Sequence[Any], after: Sequence[Any], old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]
) -> list[RowMatch]:
    places: dict[Any, list[int]] = {}
    for index, row in enumerate(before):
        places.setdefault(getattr(row, key), []).append(index)
    matches = []
    for index, row in enumerate(after):
        known = places.get(getattr(row, key))
        if not known:
            matches.append(RowMatch(RowState.ADDED, None, index))
            continue
        place = known.pop(0)
        matches.append(RowMatch(RowState.SAME if old[place] == new[index] else RowState.CHANGED, place, index))
    gone = sorted(index for left in places.values() for index in left)
    return matches + [RowMatch(RowState.REMOVED, index, None) for index in gone]


def _by_order(old: list[tuple[Any, ...]], new: list[tuple[Any, ...]]) -> list[RowMatch]:
    matches: list[RowMatch] = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        state = RowState.SAME if tag == "equal" else RowState.CHANGED
        paired = min(a1 - a0, b1 - b0)
        matches += [RowMatch(state, a0 + i, b0 + i) for i in range(paired)]
        matches += [RowMatch(RowState.REMOVED, i, None) for i in range(a0 + paired, a1)]
        matches += [RowMatch(RowState.ADDED, None, i) for i in range(b0 + paired, b1)]
    return matches


def tell_rows(field: Field, before: Sequence[msgspec.Struct], after: Sequence[msgspec.Struct]) -> list[ToldRow]:
    """The rows that are not the same any more; of a changed one only the cells that changed."""
    told = []
    for match in match_rows(field, before, after):
        old = None if match.before is None else before[match.before]
        new = None if match.after is None else after[match.after]
        place = match.after if match.after is not None else match.before
        title = _title(field, new if new is not None else old, place or 0)
        if match.state is RowState.ADDED:
            told.append(ToldRow(match.state, title, "–", row_in_words(field, new)))
        elif match.state is RowState.REMOVED:
            told.append(ToldRow(match.state, title, row_in_words(field, old), "–"))
        elif match.state is RowState.CHANGED:
            names = {c.name for c in field.columns if getattr(old, c.name) != getattr(new, c.name) and not c.read_only}
            told.append(ToldRow(match.state, title, row_in_words(field, old, names), row_in_words(field, new, names)))
    return told


def _title(field: Field, row: Any, index: int) -> str:
    return str(getattr(row, field.row_key)) if field.row_key else f"Row {index + 1}"


def row_in_words(field: Field, row: Any, names: set[str] | None = None) -> str:
    """'Type: Max' of these columns, or 'Reactive power L1, Max, 1st' of all that can be set."""
    if names is None:
        values = (in_words(column, getattr(row, column.name)) for column in field.columns if not column.read_only)
        return ", ".join(value for value in values if value)
    columns = [column for column in field.columns if column.name in names]
    return ", ".join(f"{column.label}: {in_words(column, getattr(row, column.name)) or '–'}" for column in columns)
