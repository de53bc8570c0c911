"""Drafts, checks and values: what happens between reading a section and sending it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import pytest

from app.commission.checking import problems_of, same
from app.commission.draft import Draft
from app.commission.plain import field_from_plain, parse_value, plain_of, to_plain
from app.model.device import Credentials, parse_address
from app.model.errors import AppError, InvalidValue, UsageError
from app.model.field import Choice, Field, Kind, fields_of
from app.model.section import Problem, Section
from app.model.support import Capabilities

LEVELS = (Choice(1, "Low"), Choice(2, "High"))


class Row(msgspec.Struct, frozen=True):
    name: Annotated[str, Field("Name", max_length=5)]
    level: Annotated[int, Field("Level", choices=LEVELS)] = 1
    state: Annotated[str, Field("State", read_only=True)] = ""


class Model(msgspec.Struct, frozen=True):
    name: Annotated[str, Field("Name", max_length=8, pattern=r"[a-z]*", pattern_help="lower case letters")]
    count: Annotated[int, Field("Count", unit="A", minimum=1, maximum=10)]
    share: Annotated[float, Field("Share", decimals=2)]
    on: Annotated[bool, Field("On")]
    at: Annotated[datetime, Field("At", tolerance=timedelta(seconds=10))]
    rows: Annotated[tuple[Row, ...], Field("Rows", max_rows=2, row_key="name")] = ()
    key: Annotated[str, Field("Key", secret=True)] = ""


MOMENT = datetime(2026, 3, 1, 12, 0, 0)
BASE = Model("abc", 5, 0.1, False, MOMENT, (Row("a"), Row("b", 2, "online")))


async def _never(_client: object, _target: str) -> Model:
    raise AssertionError("not read in these tests")


def _own_rule(model: Model) -> list[Problem]:
    return [Problem("count", "Count: odd ones only.")] if model.count % 2 == 0 else []


SECTION: Section[Model, object] = Section(
    key="test.section",
    title="Test",
    model=Model,
    read=_never,
    plan=lambda before, after, target: [],
    problems=_own_rule,
    now=lambda model: msgspec.structs.replace(model, at=MOMENT + timedelta(days=1)),
    needs_read=("read X",),
    needs_write=("configure X",),
)


@pytest.fixture
def draft() -> Draft[Model]:
    return Draft(SECTION, BASE)


def test_undo_and_redo_walk_through_the_edits(draft: Draft[Model]) -> None:
    draft.set("count", 7)
    draft.set("count", 7)
    draft.set("name", "xyz")
    assert draft.undo()
    assert (draft.value.count, draft.value.name) == (7, "abc")
    assert draft.redo()
    assert draft.value.name == "xyz"
    assert draft.undo()
    draft.set("on", True)
    assert not draft.redo(), "a new edit forgets what was taken back"
    assert draft.undo()
    assert draft.undo()
    assert not draft.undo()
    assert draft.value == BASE


def test_a_field_set_back_is_no_change(draft: Draft[Model]) -> None:
    draft.set("count", 7)
    draft.set("count", 5)
    assert draft.changes() == ()
    assert not draft.sendable()


def test_rebase_keeps_the_edits_and_follows_the_device_in_the_rest(draft: Draft[Model]) -> None:
    draft.set("count", 7)
    draft.rebase(msgspec.structs.replace(BASE, name="new", count=6))
    assert draft.value.name == "new"
    assert [(c.field, c.before, c.after) for c in draft.changes()] == [("count", 6, 7)]


def test_revert_one_field_or_all(draft: Draft[Model]) -> None:
    draft.set("count", 7)
    draft.set("name", "xyz")
    draft.revert("count")
    assert [c.field for c in draft.changes()] == ["name"]
    draft.revert()
    assert draft.changes() == ()
    assert draft.undo(), "a revert can be taken back"
    assert draft.value.name == "xyz"


def test_now_counts_as_a_change_even_when_the_clock_is_right(draft: Draft[Model]) -> None:
    draft.take_now()
    assert [c.field for c in draft.changes()] == ["at"]
    draft.set("at", MOMENT)
    assert not draft.now


def test_rows_are_compared_by_what_can_be_set_and_not_by_their_order() -> None:
    field = SECTION.field("rows")
    assert same(field, BASE.rows, (Row("b", 2, "offline"), Row("a", 1)))
    assert not same(field, BASE.rows, (Row("a"), Row("b", 1)))


def test_limits_are_named(draft: Draft[Model]) -> None:
    value = Model("TOO LONG NAME", 11, float("nan"), True, MOMENT, (Row("toolong"), Row("b", 3), Row("c")))
    messages = {problem.field: problem.message for problem in problems_of(SECTION, value)}
    assert "at most 8" in messages["name"]
    assert "1 to 10 A" in messages["count"]
    assert "at most 2" in messages["rows"]
    assert "at most 5" in messages["rows[0].name"]
    assert "Low, High" in messages["rows[1].level"]
    assert "share" in messages


def test_a_sections_own_rule_speaks_only_about_possible_values() -> None:
    even = msgspec.structs.replace(BASE, count=4)
    assert [p.message for p in problems_of(SECTION, even)] == ["Count: odd ones only."]
    outside = msgspec.structs.replace(BASE, count=40)
    assert len(problems_of(SECTION, outside)) == 1


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "7", 7),
        ("share", "0.25", 0.25),
        ("on", "yes", True),
        ("on", "OFF", False),
        ("at", "2026-05-01T10:00:00", datetime(2026, 5, 1, 10)),
        ("name", "7", "7"),
        ("rows", '[{"name": "x", "level": 2}]', (Row("x", 2),)),
    ],
)
def test_values_are_read_from_the_command_line(name: str, text: str, value: object) -> None:
    assert parse_value(SECTION.model, SECTION.field(name), text) == value


@pytest.mark.parametrize(("name", "text"), [("count", "many"), ("on", "perhaps"), ("rows", "[1"), ("at", "yesterday")])
def test_what_is_no_value_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_value(SECTION.model, SECTION.field(name), text)
    assert refused.value.field == name
    assert name in refused.value.message


def test_secrets_are_in_no_plain_value_and_in_no_words() -> None:
    with_key = msgspec.structs.replace(BASE, key="hunter2")
    assert "hunter2" not in str(plain_of(SECTION, with_key))
    assert "hunter2" not in SECTION.field("key").show("hunter2")
    assert "hunter2" not in repr(Credentials("u", "hunter2"))


def test_plain_values_come_back_the_same() -> None:
    plain = plain_of(SECTION, BASE)
    assert all(field_from_plain(Model, name, value) == getattr(BASE, name) for name, value in plain.items())
    assert to_plain(MOMENT) == "2026-03-01T12:00:00"
    with pytest.raises(UsageError):
        field_from_plain(Model, "count", "many")


def test_support_says_why_not() -> None:
    assert SECTION.support(Capabilities()).writable
    assert not SECTION.support(Capabilities(frozenset())).readable
    only_read = SECTION.support(Capabilities(frozenset({"read X"})))
    assert only_read.readable
    assert "configure X" in only_read.reason
    viewer = SECTION.support(Capabilities(frozenset({"read X", "configure X"}), may_write=False, reason="View Only"))
    assert (viewer.readable, viewer.writable, viewer.reason) == (True, False, "View Only")


def test_a_model_that_no_editor_knows_is_found_at_once() -> None:
    class Undeclared(msgspec.Struct, frozen=True):
        name: str

    class Unknown(msgspec.Struct, frozen=True):
        name: Annotated[bytes, Field("Name")]

    with pytest.raises(TypeError, match="declares no Field"):
        fields_of(Undeclared)
    with pytest.raises(TypeError, match="no editor"):
        fields_of(Unknown)


def test_kinds_and_words() -> None:
    kinds = [field.kind for field in fields_of(Model)]
    assert kinds == [Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.SWITCH, Kind.MOMENT, Kind.TABLE, Kind.TEXT]
    shown = [field.show(getattr(BASE, field.name)) for field in fields_of(Model)]
    assert shown == ["abc", "5 A", "0.10", "off", "2026-03-01 12:00:00", "2 rows", "unchanged"]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("192.168.1.12", ["https://192.168.1.12", "http://192.168.1.12"]),
        ("192.168.1.12:80", ["http://192.168.1.12"]),
        ("meter.local:8080", ["https://meter.local:8080", "http://meter.local:8080"]),
        ("HTTPS://10.0.0.1:8443/", ["https://10.0.0.1:8443"]),
        ("fe80::1", ["https://[fe80::1]", "http://[fe80::1]"]),
        ("http://[::1]:8080", ["http://[::1]:8080"]),
    ],
)
def test_addresses_are_read(text: str, urls: list[str]) -> None:
    assert [address.url for address in parse_address(text)] == urls


@pytest.mark.parametrize(
    "text",
    ["", "   ", "ftp://x", "1.2.3.4.5", "999.1.1.1", "host:99999", "a b", "http://", "http://u:p@host", "<b>x</b>"],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AppError) as refused:
        parse_address(text)
    assert refused.value.hint
