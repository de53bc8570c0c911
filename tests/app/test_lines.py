"""Texts of several lines: what differs, line ends that stay, and what is allowed in them."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from app.commission.checking import problems_of
from app.commission.draft import Draft
from app.model.field import Field, fields_of
from app.model.lines import LineChange, line_changes, split_lines, with_line_ends
from app.model.section import Section


class Letter(msgspec.Struct, frozen=True):
    """A text, a line, and what the device tells by itself."""

    text: Annotated[str, Field("Text", lines=4, max_length=40)] = ""
    line: Annotated[str, Field("Line")] = ""
    told: Annotated[int, Field("Told", read_only=True)] = 0


async def _never(_client: object, _target: str) -> Letter:
    raise AssertionError


LETTER: Section[Letter, object] = Section(key="test.letter", title="Letter", model=Letter, read=_never)


@pytest.mark.parametrize(
    ("before", "edited", "kept"),
    [
        ("a\nb", "a\nx\nb", "a\nx\nb"),
        ("a\r\nb\r\n", "a\nb\nc\n", "a\r\nb\r\nc\r\n"),
        ("a\rb\nc\r\nd", "a\nb\nc\nd!", "a\rb\nc\r\nd!"),
        ("a\rb\nc\r\nd", "a!\nb\nc\nd", "a!\rb\nc\r\nd"),
        ("a\nb\r\nc", "a\nc", "a\nc"),
        ("a\u2029b", "a\nb\nc", "a\u2029b\u2029c"),
        ("", "a\nb", "a\nb"),
        ("a\r\nb", "", ""),
    ],
)
def test_line_ends_stay_as_they_came(before: str, edited: str, kept: str) -> None:
    assert with_line_ends(edited, before) == kept
    assert split_lines(kept) == edited.split("\n")


def test_the_lines_that_differ_are_told() -> None:
    assert line_changes("a\nb\nc", "a\nB\nc\nd") == [LineChange(2, "b", "B"), LineChange(4, None, "d")]
    assert line_changes("a\nb\nc", "a\nc") == [LineChange(2, "b", None)]
    assert line_changes("same", "same") == []


def test_where_only_line_ends_differ_they_are_named() -> None:
    assert line_changes("a\nb", "a\r\nb") == [LineChange(1, "a  [LF]", "a  [CR LF]")]


def test_line_breaks_are_allowed_where_the_field_says_so_and_nowhere_else() -> None:
    assert problems_of(LETTER, Letter(text="a\r\n\tb")) == []
    (line,) = problems_of(LETTER, Letter(line="a\nb"))
    assert line.message == "Line: line breaks and control characters are not allowed."
    (text,) = problems_of(LETTER, Letter(text="a\x07"))
    assert text.message == "Text: control characters are not allowed."


def test_a_long_text_is_told_by_its_size() -> None:
    field = fields_of(Letter)[0]
    assert field.show("one line") == "one line"
    assert field.show("a\r\nb\nc") == "3 lines, 6 characters"


def test_what_the_device_tells_by_itself_does_not_end_the_undo() -> None:
    draft = Draft(LETTER, Letter(text="a", told=1))
    draft.set("text", "b")
    draft.rebase(Letter(text="a", told=2))
    assert draft.undo()
    assert draft.value == Letter(text="a", told=2)
    assert draft.redo()
    draft.rebase(Letter(text="else", told=3))
    assert not draft.can_undo
    assert draft.value == Letter(text="b", told=3)
