"""Texts of several lines: their lines, what differs between two, and line ends that stay as they came."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import msgspec

_END = re.compile("\r\n|\n|\r|\u2029")


_NAMES = {"\r\n": "CR LF", "\n": "LF", "\r": "CR", "\u2029": "PS"}


class LineChange(msgspec.Struct, frozen=True):
    """One line that is not the same any more; None where there is none.

    `number` counts from 1 in the new text; that of a line that is gone, in the old one.
    """

    number: int
    before: str | None
    after: str | None


def split_lines(text: str) -> list[str]:
    """The lines without their ends; at least one, which may be empty."""
    return _END.split(text)


def line_changes(before: str, after: str) -> list[LineChange]:
    """The lines that differ, in order. Where there are several kinds of line ends, these are named and count, too."""
    old, new = _told_lines(before, after)
    changes: list[LineChange] = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(a1 - a0, b1 - b0)
        changes += [LineChange(b0 + i + 1, old[a0 + i], new[b0 + i]) for i in range(paired)]
        changes += [LineChange(i + 1, old[i], None) for i in range(a0 + paired, a1)]
        changes += [LineChange(i + 1, None, new[i]) for i in range(b0 + paired, b1)]
    return changes


def with_line_ends(edited: str, before: str) -> str:
    """An edited text with the line ends of the text before.

    An editor knows only one kind of line end. Lines before and after the place that was edited keep theirs; new ones
    get the end that is most frequent in `before`, a line feed where it had none.
    """
    ends = _END.findall(before)
    if all(end == "\n" for end in ends):
        return edited
    old, new = split_lines(before), split_lines(edited)
    usual = max(_NAMES, key=ends.count)
    head = _common(old, new)
    tail = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - head)
    count = len(new) - 1
    kept = [ends[i] if i < head and i < len(ends) else None for i in range(count)]
    for back in range(1, min(tail, count, len(ends)) + 1):
        kept[count - back] = kept[count - back] or ends[len(ends) - back]
    return "".join(line + (kept[i] or usual if i < count else "") for i, line in enumerate(new))


def _common(left: list[str], right: list[str]) -> int:
    """How many lines are the same from the beginning on."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _told_lines(*texts: str) -> list[list[str]]:
    kinds = {end for text in texts for end in _END.findall(text)}
    told = []
    for text in texts:
        ends = [f"  [{_NAMES[end]}]" if len(kinds) > 1 else "" for end in _END.findall(text)]
        told.append([line + end for line, end in zip(split_lines(text), [*ends, ""], strict=True)])
    return told
