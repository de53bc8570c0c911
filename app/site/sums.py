"""The sums of a site: which quantities of which devices are added up, as the installer has put them together."""

from __future__ import annotations

import msgspec

from app.commission.derived import SubMetering

from .database import Database
from .stored import as_json, from_json


class SiteSums:
    """Sums in a site file, by name. Every method raises `StorageFailed` when the file cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[SubMetering, ...]:
        """Every sum, in the order in which they were made."""
        rows = self._database.rows("SELECT name, content FROM sum ORDER BY position, name")
        path = self._database.path
        # The name is the row's: a copy of it inside must not be another.
        return tuple(msgspec.structs.replace(from_json(path, text, SubMetering), name=str(name)) for name, text in rows)

    def put(self, wanted: SubMetering, *, instead_of: str = "") -> None:
        """Keep a sum; in the place of another one where that is named, or of the one with the same name."""
        replaced = instead_of or wanted.name
        place = "SELECT coalesce(max(position) + 1, 0) FROM sum"
        with self._database.transaction():
            rows = self._database.rows("SELECT position FROM sum WHERE name = ?", replaced)
            self._database.execute("DELETE FROM sum WHERE name IN (?, ?)", replaced, wanted.name)
            content = as_json(wanted)
            if rows:
                insert = "INSERT INTO sum (name, content, position) VALUES (?, ?, ?)"
                self._database.execute(insert, wanted.name, content, rows[0][0])
            else:
                insert = f"INSERT INTO sum (name, content, position) VALUES (?, ?, ({place}))"
                self._database.execute(insert, wanted.name, content)

    def drop(self, name: str) -> None:
        """Forget a sum; none is fine."""
        self._database.write("DELETE FROM sum WHERE name = ?", name)
