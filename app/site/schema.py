"""The tables of a site file, and the steps that bring an older file up to date.

A file says by SQLite's `application_id` that it is a site, and by `user_version` how many of MIGRATIONS it has
seen. Released migrations are never changed; a new need is a new entry at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

APPLICATION_ID = 0x57617474
"""'Watt' in ASCII."""

_MAGIC = b"SQLite format 3\x00"
_START_BYTES = 105
"""The header of a database, and that of its first page."""
_PAGES_AT, _VERSION_AT, _APPLICATION_AT, _OBJECTS_AT = 28, 60, 68, 103

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE device (
            key TEXT PRIMARY KEY,
            vendor TEXT NOT NULL,
            id TEXT NOT NULL,
            address TEXT NOT NULL,
            name TEXT NOT NULL,
            model TEXT NOT NULL,
            last_seen TEXT,
            position INTEGER NOT NULL
        )""",
        """CREATE TABLE draft (
            device TEXT NOT NULL,
            target TEXT NOT NULL,
            section TEXT NOT NULL,
            base TEXT NOT NULL,
            value TEXT NOT NULL,
            edited_at TEXT NOT NULL,
            PRIMARY KEY (device, target, section)
        )""",
        """CREATE TABLE journal (
            number INTEGER PRIMARY KEY,
            operation TEXT NOT NULL,
            time TEXT NOT NULL,
            device TEXT NOT NULL,
            target TEXT NOT NULL,
            section TEXT NOT NULL,
            event TEXT NOT NULL,
            payload TEXT NOT NULL
        )""",
        "CREATE INDEX journal_operation ON journal (operation)",
        "CREATE INDEX journal_event ON journal (event, operation)",
        """CREATE TRIGGER journal_keeps BEFORE DELETE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
        """CREATE TRIGGER journal_stands BEFORE UPDATE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
        "CREATE TABLE setting (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
    ),
    (
        # The names stand once, so that a reading costs little more than its values.
        """CREATE TABLE series (
            number INTEGER PRIMARY KEY,
            device TEXT NOT NULL,
            target TEXT NOT NULL,
            feed TEXT NOT NULL,
            keys TEXT NOT NULL,
            UNIQUE (device, target, feed, keys)
        )""",
        """CREATE TABLE reading (
            series INTEGER NOT NULL,
            time INTEGER NOT NULL,
            vals BLOB NOT NULL,
            PRIMARY KEY (series, time)
        ) WITHOUT ROWID""",
    ),
    (
        # Counts are kept with every batch of readings: a list of recordings must not count millions of rows.
        """CREATE TABLE recording (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL,
            begun INTEGER NOT NULL,
            last INTEGER NOT NULL,
            ended INTEGER,
            trouble TEXT NOT NULL DEFAULT '',
            readings INTEGER NOT NULL DEFAULT 0,
            size INTEGER NOT NULL DEFAULT 0
        )""",
        """CREATE TABLE recording_channel (
            number INTEGER PRIMARY KEY,
            recording INTEGER NOT NULL,
            place INTEGER NOT NULL,
            facts TEXT NOT NULL,
            UNIQUE (recording, place)
        )""",
        """CREATE TABLE recording_mark (
            number INTEGER PRIMARY KEY,
            recording INTEGER NOT NULL,
            time INTEGER NOT NULL,
            name TEXT NOT NULL
        )""",
        "CREATE INDEX recording_mark_of ON recording_mark (recording, time)",
        """CREATE TABLE recorded (
            channel INTEGER NOT NULL,
            time INTEGER NOT NULL,
            vals BLOB NOT NULL,
            PRIMARY KEY (channel, time)
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE sum (
            name TEXT PRIMARY KEY,
            content TEXT NOT NULL,
            position INTEGER NOT NULL
        )""",
    ),
)


class Header(msgspec.Struct, frozen=True):
    """What the first bytes of a file say of it. `version` counts the migrations it has seen."""

    application: int
    version: int


def header_of(path: Path) -> Header | None:
    """Read what a file claims to be, without SQLite touching it. None: it is missing or empty.

    Empty is also a database in which nothing was ever made: what is left of a site when the program is killed
    while it creates it. A file that is no database at all has `application` -1.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    except FileNotFoundError:
        return None
    if not start:
        return None
    if len(start) < _START_BYTES or not start.startswith(_MAGIC):
        return Header(-1, 0)
    header = Header(_number(start, _APPLICATION_AT), _number(start, _VERSION_AT))
    nothing_made = _number(start, _PAGES_AT) == 1 and _number(start, _OBJECTS_AT, 2) == 0
    return None if nothing_made and header == Header(0, 0) else header


def _number(start: bytes, at: int, length: int = 4) -> int:
    return int.from_bytes(start[at : at + length], "big", signed=True)


def version_of(connection: sqlite3.Connection) -> int:
    """How many migrations the open file has seen; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    """Apply the migrations that are missing, each in a transaction of its own: it is done wholly or not at all.

    Raises:
        sqlite3.Error: one failed; the file is as the migration before it left it.
    """
    for version in range(version_of(connection), len(migrations)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in migrations[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def is_ours(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> bool:
    """Has the file our tables, and no trigger or view but ours?

    Site files travel by mail and memory stick: a foreign trigger would run with our writes.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        migrate(model, migrations)
        tables, programs = _objects(model)
    found_tables, found_programs = _objects(connection)
    return tables <= found_tables and programs == found_programs


def _objects(connection: sqlite3.Connection) -> tuple[set[str], set[tuple[str, str]]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    tables = {name for kind, name, _ in rows if kind == "table"}
    return tables, {(name, sql) for kind, name, sql in rows if kind in ("trigger", "view")}
