"""Drafts and the journal are kept as they were given, and without secrets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.model.section import Change, Step
from app.site.sitefile import SiteFile

SECRET = "Tr0ub4dor&3"
CLOCK = Step("Set the clock", "PUT", "/clock", {"time": "2024-05-06T07:08:09"}, fields=("time",))
PASSWORD = Step("Change the password", "POST", "/login", {"name": "admin", "key": SECRET}, secret=("key",))
WHERE = ("g13:1", "g13:1", "g13.clock")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "house.wattwright"


@pytest.fixture
def site(path: Path) -> Iterator[SiteFile]:
    with SiteFile.open(path) as opened:
        yield opened


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Küche", "rows": [{"a": 1, "b": None}], "on": True, "ratio": 0.1 + 0.2},
        {"half a character": "\ud83d", "control": "\x00\x1f", "large": 2**63 + 1},
        [],
        None,
    ],
)
def test_a_draft_comes_back_as_it_was_kept(site: SiteFile, value: Any) -> None:
    site.drafts.save(*WHERE, {"base": value}, value)
    draft = site.drafts.load(*WHERE)
    assert draft is not None
    assert (draft.device, draft.target, draft.section) == WHERE
    assert (draft.base, draft.value) == ({"base": value}, value)
    assert abs(datetime.now(UTC) - draft.edited_at) < timedelta(minutes=1)


def test_a_draft_replaces_the_one_before_it_and_no_other(site: SiteFile) -> None:
    site.drafts.save("d", "meter", "s", 0, "mine")
    site.drafts.save("d", "other meter", "s", 0, "another")
    site.drafts.save("d", "meter", "s", 1, "mine, edited")
    assert [(draft.target, draft.value) for draft in site.drafts.all()] == [
        ("other meter", "another"),
        ("meter", "mine, edited"),
    ]


def test_a_dropped_draft_is_gone(site: SiteFile) -> None:
    site.drafts.save(*WHERE, 0, 1)
    site.drafts.drop(*WHERE)
    site.drafts.drop(*WHERE)
    assert site.drafts.load(*WHERE) is None


def test_keys_may_hold_anything_a_device_calls_itself(site: SiteFile) -> None:
    odd = "\ud83d'; DROP TABLE draft; --"
    site.drafts.save(odd, odd, odd, 0, 1)
    draft = site.drafts.load(odd, odd, odd)
    assert draft is not None
    assert draft.value == 1


def test_the_journal_tells_the_whole_sending(site: SiteFile) -> None:
    operation = site.journal.begin(*WHERE, [Change("time", "before", "after")], [CLOCK, PASSWORD], ["load profiles"])
    operation.before(0, CLOCK)
    operation.after(0, "done", "")
    operation.before(1, PASSWORD)
    operation.after(1, "refused", "not allowed")
    operation.end("refused", {"message": "not allowed"})
    (record,) = site.journal.operations()
    assert (record.id, record.device, record.target, record.section) == (operation.id, *WHERE)
    assert record.changes == (Change("time", "before", "after"),)
    assert record.erases == ("load profiles",)
    assert [step.step.title for step in record.steps] == ["Set the clock", "Change the password"]
    assert record.steps[0].step == CLOCK
    assert [(step.outcome, step.message) for step in record.steps] == [("done", ""), ("refused", "not allowed")]
    assert (record.outcome, record.receipt) == ("refused", {"message": "not allowed"})
    times = [record.begun_at]
    for step in record.steps:
        assert step.sent_at is not None
        assert step.answered_at is not None
        times += [step.sent_at, step.answered_at]
    assert record.ended_at is not None
    assert times == sorted(times)


def test_the_newest_operations_come_first(site: SiteFile) -> None:
    for number in range(5):
        site.journal.begin("d", str(number), "s", [], [], [])
    assert [record.target for record in site.journal.operations(limit=3)] == ["4", "3", "2"]


def test_a_step_of_which_the_plan_knew_nothing_does_no_harm(site: SiteFile) -> None:
    operation = site.journal.begin(*WHERE, [], [CLOCK], [])
    operation.before(7, CLOCK)
    (record,) = site.journal.operations()
    assert len(record.steps) == 1
    assert record.steps[0].sent_at is None


def test_what_runs_now_is_not_called_unfinished(site: SiteFile) -> None:
    operation = site.journal.begin(*WHERE, [], [CLOCK], [])
    assert site.journal.unfinished() == ()
    operation.end("verified", {})
    assert site.journal.unfinished() == ()


def test_the_next_start_finds_what_was_on_its_way(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.journal.begin(*WHERE, [], [CLOCK], []).end("verified", {})
        operation = site.journal.begin(*WHERE, [], [CLOCK, CLOCK, PASSWORD], [])
        operation.before(0, CLOCK)
        operation.after(0, "done", "")
        operation.before(1, CLOCK)
    with SiteFile.open(path) as site:
        (record,) = site.journal.unfinished()
        assert record.id == operation.id
        assert [step.unknown for step in record.steps] == [False, True, False]
        assert record.ended_at is None
        site.journal.settle(record.id, "verified", {"message": "read back"})
        site.journal.settle(record.id, "differs")
        site.journal.settle("nobody's", "unknown")
        assert site.journal.unfinished() == ()
        settled = site.journal.operations()[0]
        assert (settled.outcome, settled.receipt) == ("verified", {"message": "read back"})


def test_the_journal_cannot_be_rewritten(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.journal.begin(*WHERE, [], [CLOCK], [])
    plain = sqlite3.connect(path)
    for statement in ("DELETE FROM journal", "UPDATE journal SET time = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            plain.execute(statement)
    plain.close()


def _bytes_of(folder: Path) -> bytes:
    return b"".join(entry.read_bytes() for entry in folder.iterdir())


def test_no_secret_reaches_the_disk(path: Path) -> None:
    """Not in a step's body, and not where devices or careless callers repeat it."""
    with SiteFile.open(path) as site:
        operation = site.journal.begin(*WHERE, [Change("password", "", SECRET)], [PASSWORD], [])
        operation.before(0, PASSWORD)
        operation.after(0, "refused", f"'{SECRET}' is too short")
        operation.end("refused", {"details": [f"key={SECRET}"], "ok": False})
        (record,) = site.journal.operations()
        assert record.steps[0].step.body == {"name": "admin", "key": "…"}
        assert record.steps[0].message == "'…' is too short"
        assert record.changes[0].after == "…"
        assert record.receipt == {"details": ["key=…"], "ok": False}
        assert SECRET.encode() not in _bytes_of(path.parent)
    assert b"is too short" in _bytes_of(path.parent)
    assert SECRET.encode() not in _bytes_of(path.parent)


def test_a_secret_that_was_not_planned_is_struck_out_too(site: SiteFile, path: Path) -> None:
    operation = site.journal.begin(*WHERE, [], [CLOCK], [])
    operation.before(0, PASSWORD)
    operation.after(0, "done", SECRET)
    assert SECRET.encode() not in _bytes_of(path.parent)


def test_a_very_short_secret_does_not_strike_out_everything(site: SiteFile) -> None:
    step = Step("Set the PIN", "PUT", "/pin", {"pin": "1"}, secret=("pin",))
    operation = site.journal.begin(*WHERE, [Change("pin", "", "1")], [step], [])
    operation.before(0, step)
    operation.after(0, "done", "code 100")
    (record,) = site.journal.operations()
    assert record.changes[0].after == "…"
    assert record.steps[0].message == "code 100"
