"""The site file: one `.wattwright` file with the devices of an installation, drafts, journal and readings.

Reasons and measurements: docs/decisions/006-site-file.md.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import msgspec

from app.commission.recorded import RecordingStore
from app.commission.records import DraftStore, Journal, ReadingStore
from app.model.device import Address, parse_address
from app.model.errors import UsageError

from . import home
from .database import Database, SiteInUse, damaged
from .drafts import SiteDrafts
from .journal import SiteJournal
from .readings import SiteReadings
from .recordings import SiteRecordings
from .stored import moment
from .sums import SiteSums

SUFFIX = ".wattwright"
_UNSAVED = "unsaved"
_MOST_UNSAVED = 16
_log = logging.getLogger(__name__)
_DEVICE_COLUMNS = "key, vendor, id, address, name, model, last_seen, position"


class SiteDevice(msgspec.Struct, frozen=True):
    """A device of the site. `id` is empty until it has been asked; `last_seen` is UTC."""

    vendor: str
    id: str
    address: Address
    name: str = ""
    model: str = ""
    last_seen: datetime | None = None

    @property
    def key(self) -> str:
        """Under which the device, its drafts and its journal are kept: its id, or until that is known its address."""
        return f"{self.vendor}:{self.id or self.address.netloc}"


class SiteFile:
    """An open site. `unsaved` means that the installer has not given it a name yet; it survives all the same.

    Reading and writing are short and done on the calling thread. Every method raises `StorageFailed` when the
    file cannot be read or written; what was kept before stays.
    """

    def __init__(self, database: Database, *, unsaved: bool) -> None:
        self._database = database
        self.unsaved = unsaved
        self._journal = SiteJournal(database)
        self.journal: Journal = self._journal
        self.drafts: DraftStore = SiteDrafts(database)
        self._readings = SiteReadings(database)
        self.readings: ReadingStore = self._readings
        self.recordings: RecordingStore = SiteRecordings(database)
        self.sums = SiteSums(database)

    @classmethod
    def open(cls, path: Path | None = None) -> SiteFile:
        """Open a site, or begin one where there is no file. None is the unsaved site of this user.

        The unsaved site of a program that still runs is left to it: a second program gets another one.

        Raises:
            SiteInUse: the file is open already, here or in another program.
            NoSite: no site file, damaged, or written by a newer version; it was not changed.
            StorageFailed: it cannot be read or written.
        """
        if path is not None:
            return cls(Database.open(path), unsaved=False)
        folder = home.data_dir()
        for number in range(1, _MOST_UNSAVED + 1):
            name = _UNSAVED if number == 1 else f"{_UNSAVED}-{number}"
            try:
                return cls(Database.open(folder / f"{name}{SUFFIX}"), unsaved=True)
            except SiteInUse:
                continue
        raise SiteInUse(f"{_MOST_UNSAVED} unsaved sites are open already.", hint="Close some, or save them.")

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._database.path

    def devices(self) -> tuple[SiteDevice, ...]:
        """The devices of the site, in the order in which they were added."""
        rows = self._database.rows(f"SELECT {_DEVICE_COLUMNS} FROM device ORDER BY position, key")
        return tuple(self._device(row) for row in rows)

    def put_device(self, device: SiteDevice) -> None:
        """Add a device, or note what is new of it.

        A device that was kept by its address because its id was not known yet keeps its place and its drafts.
        """
        nameless = msgspec.structs.replace(device, id="").key
        seen = None if device.last_seen is None else device.last_seen.astimezone(UTC).isoformat(timespec="milliseconds")
        facts = (device.vendor, device.id, device.address.url, device.name, device.model, seen)
        place = "SELECT coalesce(max(position) + 1, 0) FROM device"
        with self._database.transaction():
            if device.id:
                # The other way round, a draft that exists under both keys stays as it is under the id.
                self._database.execute("UPDATE OR IGNORE device SET key = ? WHERE key = ?", device.key, nameless)
                self._database.execute("DELETE FROM device WHERE key = ?", nameless)
                self._database.execute("UPDATE OR IGNORE draft SET device = ? WHERE device = ?", device.key, nameless)
                self._database.execute("DELETE FROM draft WHERE device = ?", nameless)
            self._database.execute(
                f"INSERT INTO device ({_DEVICE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ({place})) "
                "ON CONFLICT (key) DO UPDATE SET vendor = excluded.vendor, id = excluded.id, "
                "address = excluded.address, name = excluded.name, model = excluded.model, "
                "last_seen = coalesce(excluded.last_seen, last_seen)",
                device.key,
                *facts,
            )

    def remove_device(self, key: str) -> None:
        """Take a device out of the site, with drafts and readings. Its journal stays. An unknown key is fine."""
        with self._database.transaction():
            self._database.execute("DELETE FROM draft WHERE device = ?", key)
            self._readings.forget(key)
            self._database.execute("DELETE FROM device WHERE key = ?", key)

    def setting(self, key: str) -> bytes | None:
        """What was kept under this key, such as the state of the window."""
        rows = self._database.rows("SELECT CAST(value AS BLOB) FROM setting WHERE key = ?", key)
        return bytes(rows[0][0]) if rows else None

    def put_setting(self, key: str, value: bytes | None) -> None:
        """Keep a value; None forgets it."""
        if value is None:
            self._database.write("DELETE FROM setting WHERE key = ?", key)
        else:
            self._database.write("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", key, value)

    async def copy_to(self, path: Path) -> None:
        """Copy the site into another file, which replaces a site file of that name.

        Raises:
            UsageError: that is this very file.
            SiteInUse, NoSite: the file there is an open site, or something else than a site.
        """
        await asyncio.to_thread(self._database.copy_to, self._replaceable(path))

    async def save_as(self, path: Path) -> SiteFile:
        """Go on in another file: copy the site, close this one, open the copy. An unsaved site is gone afterwards.

        Raises:
            UsageError: something is being sent just now, or that is this very file.
            StorageFailed: the copy failed; this site is still open.
        """
        target = self._replaceable(path)
        copied = await asyncio.to_thread(self._database.copy_to, target)
        if self._journal.sending:
            raise UsageError("Something is being sent.", hint="Wait until it is done, then save the site again.")
        if copied != self._database.writes:
            # An edit came after the last page was copied. Copy again without giving it the chance.
            self._database.copy_to(target)
        saved = SiteFile.open(target)
        self.close()
        if self.unsaved:
            try:
                self.path.unlink()
            except OSError as error:
                _log.warning("%s is saved as %s but cannot be removed: %s", self.path, target, error.strerror)
        return saved

    def _replaceable(self, path: Path) -> Path:
        path = path.absolute()
        if path.exists():
            if path.samefile(self.path):
                raise UsageError(f"{path} is the site that is open.", hint="Choose another name.")
            Database.open(path).close()
        return path

    def close(self) -> None:
        """Fold everything into the one file and let go of it. Closing twice is fine."""
        self._database.close()

    def __enter__(self) -> SiteFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _device(self, row: tuple[object, ...]) -> SiteDevice:
        _, vendor, device_id, url, name, model, last_seen, _ = row
        try:
            address = parse_address(str(url))[0]
        except UsageError as error:
            raise damaged(self.path, f"'{url}' is no address") from error
        seen = None if last_seen is None else moment(self.path, last_seen)
        return SiteDevice(str(vendor), str(device_id), address, str(name), str(model), seen)
