"""The SQLite connection under a site file: one program at a time, whole transactions, errors in plain words.

Reasons and measurements: docs/decisions/006-site-file.md.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from app.model.errors import StorageFailed

from . import schema

PRIVATE_FILE = 0o600
BUSY_TIMEOUT_S = 0.3
"""How long to wait for another program that is just closing the file. The window stands still meanwhile."""
COPY_PAGES = 64
"""Pages copied at a time: a write of the window waits for no more than these."""
_MAX_COPIES = 1000

_log = logging.getLogger(__name__)
_in_use: set[tuple[int, int]] = set()
"""Device and inode of every site that this process has open. Reading such a file's header by ourselves would
drop SQLite's lock on it: closing any descriptor of a file releases the process's POSIX locks."""


class SiteInUse(StorageFailed):
    """The site is open in another window or program. It is free again as soon as that ends, however it ends."""

    title = "The site is already open"
    hint = "Close it there first, or open another site."


class NoSite(StorageFailed):
    """The file is not a site file, is damaged, or was written by a newer version. It was not changed."""

    title = "This site cannot be opened"


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system say about this file into `StorageFailed`."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise _sqlite_trouble(path, error) from error
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read or written: {error.strerror}.") from error


def _sqlite_trouble(path: Path, error: sqlite3.Error) -> StorageFailed:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return SiteInUse(f"{path} is open in another window or program.")
    if code == sqlite3.SQLITE_FULL:
        return StorageFailed(f"{path} cannot grow: the disk is full.", hint="Free some space, then try again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, str(error))
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StorageFailed(
            f"{path} cannot be written: {error}.",
            hint="Check who may write the file and its folder, or copy it to a folder of your own.",
        )
    return StorageFailed(f"{path} cannot be read or written: {error}.")


def damaged(path: Path, what: str) -> NoSite:
    """The error for a site whose content makes no sense."""
    return NoSite(
        f"{path} is damaged: {what}.",
        hint="Restore it from a backup or from the copy beside it, or move it away to begin anew.",
    )


class Database:
    """An open site file. `path` is absolute.

    Used from the loop's thread; `copy_to` and what is called `beside` alone are made for another one. Every method
    raises `StorageFailed`.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, inode: tuple[int, int]) -> None:
        self.path = path
        self._connection = connection
        self._inode = inode
        self._turn = threading.Lock()
        self._copying = threading.Lock()
        self.closing = False
        """Has `close` been called? A copy that is being made then gives up."""
        self.writes = 0
        """How many transactions were made since it was opened."""

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open a site file, or begin one where there is none; an older one is copied and brought up to date.

        Raises:
            SiteInUse: it is open already, here or in another program.
            NoSite: no site, damaged or newer than this program; nothing was changed.
            StorageFailed: it cannot be read or written.
        """
        path = path.absolute()
        with in_words(path):
            inode = _claim(path)
            try:
                connection = sqlite3.connect(
                    path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
                )
                try:
                    _prepare(connection, path)
                except BaseException:
                    connection.close()
                    raise
            except BaseException:
                _in_use.discard(inode)
                raise
        return cls(path, connection, inode)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows that a query finds."""
        with in_words(self.path):
            return self._connection.execute(sql, [_storable(value) for value in values]).fetchall()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Everything executed within happens wholly or not at all.

        It survives the end of the program in any case; with `durable` also a power cut, for one `fsync` more.
        """
        with self._turn, in_words(self.path):
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
                self.writes += 1
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def execute(self, sql: str, *values: Any) -> None:
        """Execute one statement, within a transaction."""
        self._connection.execute(sql, [_storable(value) for value in values])

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row, within a transaction. The values must be numbers or bytes."""
        self._connection.executemany(sql, rows)

    def rows_beside(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """As `rows`, but may be called in a thread. A write of the window waits for it, so ask for few rows at a time.

        Raises:
            StorageFailed: also when the site is closed meanwhile.
        """
        with self._turn:
            self._refuse_closed()
            return self.rows(sql, *values)

    def write_beside(self, sql: str, *values: Any) -> int:
        """As `write`, but may be called in a thread; tells how many rows it changed. Change few at a time.

        Raises:
            StorageFailed: also when the site is closed meanwhile.
        """
        with self._turn, in_words(self.path):
            self._refuse_closed()
            count = self._connection.execute(sql, [_storable(value) for value in values]).rowcount
            self.writes += 1
            return count

    def _refuse_closed(self) -> None:
        if self.closing:
            raise StorageFailed(f"{self.path} was closed.", hint="Open the site again.")

    def write(self, sql: str, *values: Any, durable: bool = False) -> None:
        """A transaction of one statement."""
        with self.transaction(durable=durable):
            self.execute(sql, *values)

    def copy_to(self, target: Path) -> int:
        """Copy the whole site into a file, which appears only when it is complete. Blocks: call it in a thread.

        What is written meanwhile is in the copy too, by whole transactions. Returns `writes` as of the copy.
        """
        with self._copying:
            copied = 0

            def step(status: int, remaining: int, total: int) -> None:
                nonlocal copied
                copied = self.writes
                if remaining:
                    self._give_way()

            _copy(self._connection, target, self._turn, step)
            return copied

    def _give_way(self) -> None:
        """Between two steps of a copy: let the window write."""
        self._turn.release()
        try:
            time.sleep(0.0005)
        finally:
            self._turn.acquire()
        if self.closing:
            raise StorageFailed(f"{self.path} was closed before its copy was complete.", hint="Copy it again.")

    def close(self) -> None:
        """Fold everything into the one file and let go of it. Closing twice is fine."""
        if self.closing:
            return
        self.closing = True
        with self._copying, self._turn:
            try:
                self._connection.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.Error as error:
                # Nothing is lost: the next opening reads the write-ahead log that stays beside the file.
                _log.warning("%s keeps its write-ahead log: %s", self.path, error)
            finally:
                self._connection.close()
                _in_use.discard(self._inode)


def _claim(path: Path) -> tuple[int, int]:
    """Make sure that the file is there, ours to use and not open in this process; note it as open."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise NoSite(f"{path} is no file.", hint="Choose a file that ends in .wattwright.")
    inode = (state.st_dev, state.st_ino)
    if inode in _in_use:
        raise SiteInUse(f"{path} is open in this program already.")
    header = schema.header_of(path)
    if header is not None:
        _check_header(path, header)
    _in_use.add(inode)
    return inode


def _check_header(path: Path, header: schema.Header) -> None:
    if header.application != schema.APPLICATION_ID:
        raise NoSite(f"{path} is no site file of Wattwright.", hint="Choose a file that ends in .wattwright.")
    if header.version > len(schema.MIGRATIONS):
        raise NoSite(
            f"{path} was written by a newer version of Wattwright (format {header.version}; "
            f"this version knows up to {len(schema.MIGRATIONS)}). It was left as it is.",
            hint="Open it with that version, or update this one.",
        )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Lock the file, check it, bring it up to date and switch to the write-ahead log."""
    # In this mode the lock is held until the connection ends, and the operating system lets it go even when
    # the program is killed. It must be set before the first access, so that no shared-memory file is needed.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")
    trouble = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if trouble != "ok":
        raise damaged(path, trouble)
    version = schema.version_of(connection)
    if version < len(schema.MIGRATIONS):
        # Migrations run without the log, so that the file's own header always tells its version.
        connection.execute("PRAGMA journal_mode = DELETE")
        if version:
            _copy(connection, _free_name(path, version))
        schema.migrate(connection, schema.MIGRATIONS)
    if not schema.is_ours(connection, schema.MIGRATIONS):
        raise NoSite(f"{path} has not the tables of a site file.", hint="Restore it from a backup.")
    connection.execute("PRAGMA journal_mode = WAL")


def _free_name(path: Path, version: int) -> Path:
    """A name beside the file for the copy of its older format."""
    names = (f"{path.stem}.format-{version}{'' if n == 1 else f'-{n}'}{path.suffix}" for n in range(1, _MAX_COPIES))
    for name in names:
        if not path.with_name(name).exists():
            return path.with_name(name)
    raise StorageFailed(f"Too many copies of {path} lie beside it.", hint="Move the copies away.")


def _copy(
    connection: sqlite3.Connection,
    target: Path,
    turn: AbstractContextManager[Any] | None = None,
    progress: Callable[[int, int, int], object] | None = None,
) -> None:
    part = target.with_name(f"{target.name}.part")
    with in_words(target):
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
            with closing(sqlite3.connect(part)) as copy:
                with turn or nullcontext():
                    connection.backup(copy, pages=COPY_PAGES, progress=progress)
                copy.execute("PRAGMA journal_mode = DELETE")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _storable(value: Any) -> Any:
    """Half a character (a lone surrogate, as a cut-off device name may have) is no UTF-8: write it as \\udXXX."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
