"""Whenever the program is killed, what it has kept is there at the next start, and the file is whole."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from app.commission.records import OperationRecord
from app.site.sitefile import SiteFile

from . import site_writer

KILLS = 50
CREATING_KILLS = 20
TOP = Path(__file__).parents[2]


class Promised(NamedTuple):
    """What the writer was promised before it died: the last edit of each draft, the events of each operation."""

    drafts: dict[str, tuple[str, int]]
    events: dict[str, int]


def _killed_writer(path: Path, first: int, after: int, linger_s: float = 0) -> Promised:
    """Run the writer, kill it `linger_s` after it has acknowledged `after` records, and return all that it said."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    command = [sys.executable, "-m", "tests.app.site_writer", str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=TOP) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(after)]
        time.sleep(linger_s)
        writer.kill()
        said += writer.stdout.readlines()
    assert said[0], "the writer did not even start"
    promised = Promised({}, {})
    for line in said:
        if not line.endswith("\n"):
            continue
        kind, name, number = line.split()
        if kind == "event":
            promised.events[name] = int(number)
        else:
            promised.drafts[name] = (kind, int(number))
    return promised


def _events_of(operation: OperationRecord) -> int:
    """How many entries the journal has of it, which must be the first ones in order."""
    noted = [True]
    for step in operation.steps:
        noted += [step.sent_at is not None, step.answered_at is not None]
    noted.append(operation.ended_at is not None)
    assert noted == sorted(noted, reverse=True), f"a gap in the journal: {noted}"
    return sum(noted)


def _check_drafts(site: SiteFile, promised: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """Each draft is as promised, or as the one edit that was kept while its acknowledgement was on its way."""
    stored = {draft.target: draft for draft in site.drafts.all()}
    kept = {target: ("draft", draft.value["number"]) for target, draft in stored.items()}
    for target, (kind, number) in kept.items():
        assert stored[target].value == site_writer.value(number), "a draft is half written"
        assert number >= promised.get(target, (kind, 0))[1], "an older draft than promised"
    surprises = [target for target in promised if promised[target] != kept.get(target, ("drop", promised[target][1]))]
    assert len(surprises) <= 1, f"more drafts differ than can have been on their way: {surprises}"
    return kept


def _check_journal(site: SiteFile, promised: dict[str, int], known: set[str]) -> set[str]:
    """Each entry that was promised is there, and at most one more. Returns the operations that are new."""
    last = site.journal.operations(limit=len(promised) + 1)
    new = [operation for operation in last if operation.id not in known]
    kept = {operation.id: _events_of(operation) for operation in new}
    for name, events in promised.items():
        assert kept[name] >= events, f"{events} entries were promised, {kept[name]} are kept"
    extra = sum(kept[name] - promised.get(name, 0) for name in kept)
    assert extra <= 1, f"{extra} entries more than promised"
    for operation in new:
        assert operation.changes[0].after == (operation.steps[0].step.body or {})["text"], "an entry is half written"
    unfinished = {operation.id for operation in site.journal.unfinished()}
    assert unfinished == {name for name in kept if kept[name] < 2 + 2 * site_writer.STEPS}
    return set(kept)


def test_after_fifty_kills_nothing_that_was_kept_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "site.wattwright"
    chance = random.Random(20240607)
    drafts: dict[str, tuple[str, int]] = {}
    operations: set[str] = set()
    interrupted = 0
    for kill in range(KILLS):
        promised = _killed_writer(path, kill * 1000, after=chance.randint(1, 160), linger_s=chance.uniform(0, 0.003))
        with SiteFile.open(path) as site:
            drafts = _check_drafts(site, drafts | promised.drafts)
            operations |= _check_journal(site, promised.events, operations)
            for operation in site.journal.unfinished():
                site.journal.settle(operation.id, "unknown")
                interrupted += 1
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name], "more than the one file is left"
        with closing(sqlite3.connect(path)) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with SiteFile.open(path) as site:
        assert operations == {operation.id for operation in site.journal.operations(limit=10**6)}
    assert interrupted, "no kill fell into a sending: the test proves nothing"


def test_a_site_that_was_being_created_at_the_kill_can_be_opened(tmp_path: Path) -> None:
    chance = random.Random(20240608)
    for kill in range(CREATING_KILLS):
        folder = tmp_path / str(kill)
        folder.mkdir()
        promised = _killed_writer(folder, 0, after=chance.randint(1, 5), linger_s=chance.uniform(0, 0.02))
        _, created = promised.drafts[folder.name]
        with SiteFile.open(folder / f"{created}.wattwright") as site:
            assert site.setting("number") == str(created).encode()
        with SiteFile.open(folder / f"{created + 1}.wattwright") as site:
            assert site.setting("number") in (None, str(created + 1).encode())


def test_a_site_is_free_again_when_its_program_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "site.wattwright"
    _killed_writer(path, 0, after=1)
    SiteFile.open(path).close()
