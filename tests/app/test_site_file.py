"""A site file opens where it should, says what is wrong where it cannot, and never harms what is there."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.model.device import Address
from app.model.errors import StorageFailed, UsageError
from app.model.section import Step
from app.site import schema
from app.site.database import Database, NoSite, SiteInUse
from app.site.sitefile import SiteDevice, SiteFile
from tests.conftest import Run

TOP = Path(__file__).parents[2]
GATEWAY = SiteDevice("g13", "2CMA123", Address("192.168.1.12", 443, "https"), "Main board", "G13")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "house.wattwright"


def _files(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _refused(path: Path) -> StorageFailed:
    """Open what cannot be opened; the file must stay as it is, byte for byte."""
    before = path.read_bytes()
    with pytest.raises(StorageFailed) as caught:
        SiteFile.open(path)
    assert path.read_bytes() == before
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def test_devices_are_there_at_the_next_start_in_the_order_they_were_added(path: Path) -> None:
    seen = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    second = SiteDevice("whatwatt", "ABC", Address("fe80::1%2", 8080, "http"), "Größe \ud83d", "Go", seen)
    with SiteFile.open(path) as site:
        site.put_device(GATEWAY)
        site.put_device(second)
        site.put_device(GATEWAY)
    with SiteFile.open(path) as site:
        first, other = site.devices()
    assert first == GATEWAY
    assert other.address == second.address
    assert other.last_seen == seen
    assert other.name == "Größe \\ud83d"


def test_a_device_that_was_not_seen_again_keeps_when_it_was_seen(path: Path) -> None:
    seen = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    with SiteFile.open(path) as site:
        site.put_device(SiteDevice("g13", "1", GATEWAY.address, last_seen=seen))
        site.put_device(SiteDevice("g13", "1", Address("10.0.0.5", 443, "https"), "New name"))
        (device,) = site.devices()
    assert device.last_seen == seen
    assert (device.name, device.address.host) == ("New name", "10.0.0.5")


def test_a_device_keeps_its_place_and_drafts_when_its_id_becomes_known(path: Path) -> None:
    nameless = SiteDevice("g13", "", GATEWAY.address)
    other = SiteDevice("g13", "9", Address("192.168.1.13", 443, "https"))
    with SiteFile.open(path) as site:
        site.put_device(nameless)
        site.put_device(other)
        site.drafts.save(nameless.key, "meter", "g13.clock", {}, {"a": 1})
        site.put_device(GATEWAY)
        assert [device.key for device in site.devices()] == ["g13:2CMA123", "g13:9"]
        assert [draft.device for draft in site.drafts.all()] == ["g13:2CMA123"]


def test_removing_a_device_takes_its_drafts_but_not_its_journal(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.put_device(GATEWAY)
        site.drafts.save(GATEWAY.key, "meter", "g13.clock", {}, {"a": 1})
        site.journal.begin(GATEWAY.key, "meter", "g13.clock", [], [Step("Set", "PUT", "/x")], [])
        site.remove_device(GATEWAY.key)
        site.remove_device("never seen")
        assert site.devices() == ()
        assert site.drafts.all() == ()
        assert len(site.journal.operations()) == 1


def test_settings_are_kept_replaced_and_forgotten(path: Path) -> None:
    with SiteFile.open(path) as site:
        assert site.setting("window") is None
        site.put_setting("window", b"\x00\xff")
        site.put_setting("window", b"\x01")
    with SiteFile.open(path) as site:
        assert site.setting("window") == b"\x01"
        site.put_setting("window", None)
        assert site.setting("window") is None


def test_an_unsaved_site_lies_in_the_program_s_folder_and_survives(home: Path) -> None:
    with SiteFile.open() as site:
        assert site.unsaved
        assert site.path == home / "unsaved.wattwright"
        site.put_device(GATEWAY)
    with SiteFile.open() as site:
        assert site.devices() == (GATEWAY,)


def test_a_second_program_gets_an_unsaved_site_of_its_own(home: Path) -> None:
    with SiteFile.open(), SiteFile.open() as second:
        assert second.path == home / "unsaved-2.wattwright"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_its_user_may_read_a_site(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.put_device(GATEWAY)
        for name in _files(path.parent):
            assert (path.parent / name).stat().st_mode & 0o077 == 0, name


def test_when_closed_the_site_is_one_plain_file(path: Path) -> None:
    site = SiteFile.open(path)
    site.put_device(GATEWAY)
    assert len(_files(path.parent)) > 1
    site.close()
    site.close()
    assert _files(path.parent) == [path.name]
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert plain.execute("SELECT id FROM device").fetchone() == ("2CMA123",)


# One at a time


def test_the_same_site_cannot_be_opened_twice_in_one_program(path: Path) -> None:
    with SiteFile.open(path), pytest.raises(SiteInUse, match="open in this program"):
        SiteFile.open(path)
    SiteFile.open(path).close()


@contextmanager
def _another_program(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the site open until it is killed."""
    code = "import sys\nfrom pathlib import Path\nfrom app.site.sitefile import SiteFile\n"
    code += "site = SiteFile.open(Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TOP
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_site_that_another_program_has_open_is_refused_until_that_dies(path: Path) -> None:
    with _another_program(path), pytest.raises(SiteInUse, match="another window or program"):
        SiteFile.open(path)
    SiteFile.open(path).close()


def test_a_refused_second_opening_does_not_let_a_third_in(path: Path) -> None:
    code = "import sys\nfrom pathlib import Path\nfrom app.site.sitefile import SiteFile\n"
    code += "from app.site.database import SiteInUse\ntry:\n    SiteFile.open(Path(sys.argv[1]))\n"
    code += "except SiteInUse:\n    print('in use')"
    with SiteFile.open(path):
        with pytest.raises(SiteInUse):
            SiteFile.open(path)
        said = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=TOP, check=True
        )
    assert said.stdout == "in use\n"


# What is no site, or none any more


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a site", b"x" * 5000, b"SQLite format 3\x00"])
def test_a_file_that_is_no_site_is_named_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "no site file" in _refused(path).message


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE song (title)", "PRAGMA user_version = 3", "PRAGMA application_id = 9"]
)
def test_another_program_s_database_is_left_alone(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement)
    assert "no site file" in _refused(path).message


@pytest.mark.parametrize("statements", [(), ("BEGIN EXCLUSIVE", "COMMIT")])
def test_an_empty_file_or_database_becomes_a_site(path: Path, statements: tuple[str, ...]) -> None:
    """Both are what a kill leaves while a site is created."""
    path.touch()
    with closing(sqlite3.connect(path, isolation_level=None)) as plain:
        for statement in statements:
            plain.execute(statement)
    with SiteFile.open(path) as site:
        assert site.devices() == ()


def test_a_folder_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(NoSite, match="is no file"):
        SiteFile.open(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="nowhere"):
        SiteFile.open(tmp_path / "nowhere" / "house.wattwright")


def _filled(path: Path) -> None:
    with SiteFile.open(path) as site:
        for number in range(60):
            site.drafts.save("g13:1", f"meter-{number}", "g13.clock", {}, {"text": "x" * 3000})


def test_a_site_that_was_cut_off_is_said_to_be_damaged(path: Path) -> None:
    _filled(path)
    os.truncate(path, path.stat().st_size // 2)
    assert "damaged" in _refused(path).message


def test_a_site_with_overwritten_pages_is_said_to_be_damaged(path: Path) -> None:
    _filled(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)
    assert "damaged" in _refused(path).message


def test_an_entry_that_makes_no_sense_names_the_file(path: Path) -> None:
    _filled(path)
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("UPDATE draft SET value = '{\"cut'")
        plain.execute("INSERT INTO device VALUES ('a', 'g13', '1', 'nowhere at all', '', '', NULL, 0)")
        plain.execute("INSERT INTO journal VALUES (1, 'x', 'yesterday', '', '', '', 'begin', '{}')")
        plain.execute(
            "INSERT INTO journal VALUES (2, 'y', '2024-01-01T00:00:00+00:00', '', '', '', 'begin', ?)", ["[" * 99999]
        )
        plain.commit()
    with SiteFile.open(path) as site:
        for ask in (site.drafts.all, site.devices, site.journal.operations, lambda: site.journal.operations(1)):
            with pytest.raises(NoSite, match="damaged"):
                ask()


def test_a_foreign_trigger_in_a_site_is_refused(path: Path) -> None:
    _filled(path)
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("CREATE TRIGGER spy AFTER INSERT ON draft BEGIN DELETE FROM device; END")
    assert "has not the tables" in _refused(path).message


# Older and newer


def test_a_site_of_a_newer_version_is_left_alone(path: Path) -> None:
    _filled(path)
    with closing(sqlite3.connect(path)) as plain:
        plain.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    assert "newer version" in _refused(path).message
    assert _files(path.parent) == [path.name]


OLD_FORMAT = """
PRAGMA application_id = 0x57617474;
PRAGMA user_version = 1;
CREATE TABLE device (key TEXT PRIMARY KEY, vendor TEXT NOT NULL, id TEXT NOT NULL, address TEXT NOT NULL,
    name TEXT NOT NULL, model TEXT NOT NULL, last_seen TEXT, position INTEGER NOT NULL);
INSERT INTO device VALUES ('g13:7', 'g13', '7', 'https://192.168.1.12', 'Old board', 'G13', NULL, 0);
"""


@pytest.fixture
def migrations(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A history in which format 1 had nothing but devices, and today's first format came after it."""
    (first, *rest) = schema.MIGRATIONS[0]
    history = [(first,), tuple(rest)]
    monkeypatch.setattr(schema, "MIGRATIONS", history)
    return history


def test_an_older_site_is_copied_and_brought_up_to_date(path: Path, migrations: list[tuple[str, ...]]) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(OLD_FORMAT)
    with SiteFile.open(path) as site:
        assert [device.name for device in site.devices()] == ["Old board"]
        site.drafts.save("g13:7", "7", "g13.clock", {}, {"a": 1})
    assert _files(path.parent) == ["house.format-1.wattwright", "house.wattwright"]
    header = schema.header_of(path)
    assert header is not None
    assert header.version == len(migrations)
    with closing(sqlite3.connect(path.parent / "house.format-1.wattwright")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT name FROM device").fetchone() == ("Old board",)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_migration_that_fails_leaves_the_site_as_it_was(path: Path, migrations: list[tuple[str, ...]]) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(OLD_FORMAT)
    migrations.append(("DELETE FROM device", "INSERT INTO no_such_table VALUES (1)"))
    for _ in range(2):
        with pytest.raises(StorageFailed, match="no_such_table"):
            SiteFile.open(path)
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA user_version").fetchone() == (2,)
        assert plain.execute("SELECT name FROM device").fetchone() == ("Old board",)
    assert "house.format-2.wattwright" in _files(path.parent), "the first copy must not be overwritten"
    migrations[-1] = ("UPDATE device SET name = 'New board'",)
    with SiteFile.open(path) as site:
        assert site.devices()[0].name == "New board"


# A disk that will not take it


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder with a site, in which this process may write nothing (root may anywhere, so it steps down)."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such permissions")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _filled(folder / "house.wattwright")
        (folder / "house.wattwright").chmod(0o444)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


def test_a_read_only_site_says_so(read_only_folder: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        SiteFile.open(read_only_folder / "house.wattwright")
    assert "cannot be written" in caught.value.message
    assert "folder of your own" in caught.value.hint


def test_a_new_site_in_a_read_only_folder_says_so(read_only_folder: Path) -> None:
    with pytest.raises(StorageFailed, match=r"new\.wattwright cannot be read or written: Permission denied"):
        SiteFile.open(read_only_folder / "new.wattwright")


@contextmanager
def _no_file_longer_than(size: int) -> Iterator[None]:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_more_is_said_and_loses_nothing(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.drafts.save("g13:1", "meter", "g13.clock", {}, {"text": "kept"})
        log = path.with_name(f"{path.name}-wal").stat().st_size
        with _no_file_longer_than(log), pytest.raises(StorageFailed) as caught:
            site.drafts.save("g13:1", "meter", "g13.clock", {}, {"text": "x" * 200_000})
        assert str(path) in caught.value.message
        draft = site.drafts.load("g13:1", "meter", "g13.clock")
        assert draft is not None
        assert draft.value == {"text": "kept"}
        site.drafts.save("g13:1", "meter", "g13.clock", {}, {"text": "again"})
    with SiteFile.open(path) as site:
        assert site.drafts.all()[0].value == {"text": "again"}


# Copies


def test_a_copy_is_a_site_of_its_own(run: Run[Any], path: Path) -> None:
    target = path.with_name("copy.wattwright")
    with SiteFile.open(path) as site:
        site.put_device(GATEWAY)
        run(site.copy_to(target))
        run(site.copy_to(target))
        with SiteFile.open(target) as copy:
            assert copy.devices() == (GATEWAY,)
            with pytest.raises(SiteInUse):
                run(site.copy_to(target))
        with pytest.raises(UsageError):
            run(site.copy_to(path))
    assert _files(path.parent) == ["copy.wattwright", "house.wattwright"]


def test_a_copy_does_not_replace_what_is_no_site(run: Run[Any], path: Path) -> None:
    letter = path.with_name("letter.txt")
    letter.write_text("Dear customer")
    with SiteFile.open(path) as site, pytest.raises(NoSite):
        run(site.copy_to(letter))
    assert letter.read_text() == "Dear customer"


def test_saving_an_unsaved_site_moves_it(run: Run[Any], path: Path, home: Path) -> None:
    site = SiteFile.open()
    site.put_device(GATEWAY)
    with run(site.save_as(path)) as saved:
        assert not saved.unsaved
        assert saved.devices() == (GATEWAY,)
    assert _files(home) == []


def test_a_site_is_not_moved_while_something_is_sent(run: Run[Any], path: Path) -> None:
    with SiteFile.open() as site:
        operation = site.journal.begin("g13:1", "1", "g13.clock", [], [], [])
        with pytest.raises(UsageError, match="being sent"):
            run(site.save_as(path))
        operation.end("verified", {})
        run(site.save_as(path)).close()


def test_what_is_written_during_a_copy_is_in_the_saved_site(run: Run[Any], path: Path) -> None:
    """Edits go on while a thread copies: the copy has whole transactions, and saving loses none of them."""

    async def edit_while_saving(site: SiteFile) -> tuple[SiteFile, int]:
        saving = asyncio.create_task(site.save_as(path))
        number = 0
        while not saving.done() and number < 100_000:
            number += 1
            site.put_setting("left", str(number).encode())
            site.put_setting("right", str(number).encode())
            await asyncio.sleep(0)
        return await saving, number

    site = SiteFile.open()
    for number in range(300):
        site.drafts.save("g13:1", f"meter-{number}", "g13.clock", {}, {"text": "x" * 5000})
    saved, edits = run(edit_while_saving(site))
    with saved:
        assert len(saved.drafts.all()) == 300
        assert saved.setting("left") == saved.setting("right") == str(edits).encode()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_closing_a_site_ends_its_copy_and_leaves_no_half_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _filled(path)
    database = Database.open(path)
    copying = threading.Event()
    sleep = time.sleep

    def until_closed(_: float) -> None:
        copying.set()
        while not database.closing:
            sleep(0.001)

    monkeypatch.setattr(time, "sleep", until_closed)
    with ThreadPoolExecutor(1) as pool:
        copy = pool.submit(database.copy_to, path.with_name("copy.wattwright"))
        assert copying.wait(10)
        database.close()
        with pytest.raises(StorageFailed, match="before its copy was complete"):
            copy.result(10)
    assert _files(path.parent) == [path.name]
