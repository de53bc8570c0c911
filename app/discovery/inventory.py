"""One list of all devices that were found: announced, swept or added by hand, the same device one row.

A device is known by its family and id where these are known, until then by where it listens. Nothing here waits or
sends: results of the other modules go in, rows and their changes come out.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from app.discovery.sighting import Sighting
from app.model.device import DEFAULT_PORTS, Address, Identity

if TYPE_CHECKING:
    from app.discovery.identify import Found
    from app.model.vendor import Vendor

MAX_ROWS = 4096
"""As many as a sweep has addresses. Announcements add no more than that, whoever sends them."""


class How(Enum):
    """By which way a device came into the list. The value is for people."""

    MDNS = "mDNS"
    SWEEP = "sweep"
    ADDRESS = "address"


class Row(msgspec.Struct, frozen=True):
    """One device. `key` stays the same as long as the row does; `vendor`, `id` and `name` are '' while unknown.

    `gone`: it took its announcement back or fell silent, or another device has its address, and it was not found
    again since. The times are the laptop's, in seconds since 1970.
    """

    key: int
    address: Address
    how: frozenset[How]
    first_seen_s: float
    last_seen_s: float
    vendor: str = ""
    id: str = ""
    name: str = ""
    gone: bool = False


Watcher = Callable[[Row], None]
Service = tuple[str, str]
Listed = tuple[frozenset[str], frozenset[Service], frozenset[tuple[str, str]]]
K = TypeVar("K")
_NOWHERE: Listed = (frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, kw_only=True)
class _Report:
    """One observation, whichever way it came. `key` is the row that it is about, if that is known."""

    how: How | None
    address: Address
    vendor: str = ""
    id: str = ""
    name: str = ""
    sighting: Sighting | None = None
    key: int | None = None

    @property
    def places(self) -> frozenset[str]:
        return _places(self.sighting) if self.sighting else frozenset({_place_of(self.address)})


@dataclass
class _Entry:
    """A row, and what its device is recognised by."""

    row: Row
    announced: dict[Service, Sighting] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Where it was found otherwise than by mDNS."""
    named: bool = False
    """The device itself or the installer gave the name: an announcement does not replace it."""
    listed: Listed = _NOWHERE
    """What it has in the indexes of the inventory: places, services, ids."""

    @property
    def places(self) -> frozenset[str]:
        return frozenset(self.told).union(*map(_places, self.announced.values()))

    def may_be(self, vendor: str, id: str) -> bool:
        """Nothing that is known speaks against it."""
        row = self.row
        if row.vendor and vendor and row.vendor != vendor:
            return False
        return not (row.id and id) or row.id.casefold() == id.casefold()


class _Index(Generic[K]):
    """Which row a mark leads to: the one that was seen with it last, of several that claim it."""

    def __init__(self) -> None:
        self._claims: dict[K, dict[int, None]] = {}

    def get(self, mark: K) -> int | None:
        return next(reversed(self._claims[mark])) if mark in self._claims else None

    def change(self, key: int, before: frozenset[K], now: frozenset[K]) -> None:
        """The row has these marks now. One that it keeps does not make it the last to be seen there."""
        for mark in before - now:
            del self._claims[mark][key]
            if not self._claims[mark]:
                del self._claims[mark]
        for mark in now - before:
            self._claims.setdefault(mark, {})[key] = None


class Inventory:
    """The list. `now_s` tells the time, in seconds since 1970."""

    def __init__(self, vendors: Sequence[Vendor] = (), *, now_s: Callable[[], float] = time.time) -> None:
        self.know(vendors)
        self._now_s = now_s
        self._entries: dict[int, _Entry] = {}
        self._by_id = _Index[tuple[str, str]]()
        self._by_place = _Index[str]()
        self._by_service = _Index[Service]()
        self._last_key = 0
        self._watchers: list[tuple[Watcher, Watcher, Watcher]] = []

    def know(self, vendors: Sequence[Vendor]) -> None:
        """The families to which an announcement may belong."""
        self._vendors = tuple(vendors)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, in the order in which they came."""
        return tuple(entry.row for entry in self._entries.values())

    def row(self, key: int) -> Row:
        """The row of that key.

        Raises:
            KeyError: it is no longer there.
        """
        return self._entries[key].row

    def at(self, address: Address) -> Row | None:
        """The row of the device that listens there, if one is known."""
        key = self._by_place.get(_place_of(address))
        return None if key is None else self._entries[key].row

    def observe(self, *, added: Watcher, changed: Watcher, removed: Watcher) -> Callable[[], None]:
        """Call these from now on, with the row after the change (`removed`: before it). Returns how to stop.

        A later `last_seen_s` alone is no change.
        """
        watcher = (added, changed, removed)
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def sighted(self, sighting: Sighting) -> Row | None:
        """Take in what mDNS heard. None when that leaves no row: an unknown device that went, or a full list."""
        if sighting.gone:
            return self._withdrawn(sighting)
        vendor = next((vendor for vendor in self._vendors if _announces(vendor, sighting)), None)
        scheme = vendor.scheme if vendor else _scheme(sighting.port)
        report = _Report(
            how=How.MDNS,
            address=Address(sighting.addresses[0], sighting.port, scheme),
            vendor=vendor.key if vendor else "",
            id=sighting.txt.get("id", "") if vendor else "",
            name=sighting.name,
            sighting=sighting,
        )
        entry = self._same(report)
        if entry is None and len(self._entries) >= MAX_ROWS and not self._make_room():
            return None
        return self._take(report, entry)

    def found(self, found: Found, *, how: How = How.SWEEP) -> Row:
        """Take in a device that was recognised at an address."""
        report = _Report(how=how, address=found.address, vendor=found.vendor)
        return self._take(report, self._same(report))

    def add(self, address: Address, *, vendor: str = "", id: str = "", name: str = "") -> Row:
        """Take in a device that the installer or the site file names."""
        report = _Report(how=How.ADDRESS, address=address, vendor=vendor, id=id, name=name)
        return self._take(report, self._same(report))

    def identified(self, key: int, identity: Identity) -> Row:
        """The device at the row's address said who it is.

        If that is the device of another row, the two become one and the older row stays. If it is not the device
        that the row stood for, that one is gone and the answer comes from a new row.

        Raises:
            KeyError: the row is no longer there.
        """
        report = _Report(
            how=None,
            address=self._entries[key].row.address,
            vendor=identity.vendor,
            id=identity.id,
            name=identity.name,
            key=key,
        )
        return self._take(report, self._same(report))

    def remove(self, key: int) -> None:
        """Take a row out of the list. A device that still announces itself comes back when it next changes.

        Raises:
            KeyError: it is no longer there.
        """
        self._drop(self._entries[key])

    def _same(self, report: _Report) -> _Entry | None:
        """The entry of the reported device; entries that turn out to be one are merged, displaced ones marked."""
        by_id = self._by_id.get((report.vendor, report.id.casefold())) if report.id else None
        by_service = self._by_service.get(_service(report.sighting)) if report.sighting else None
        by_place = [self._by_place.get(place) for place in sorted(report.places)]
        keys = dict.fromkeys(key for key in (by_id, report.key, by_service, *by_place) if key is not None)
        same: _Entry | None = None
        for key in keys:
            entry = self._entries[key]
            if not entry.may_be(report.vendor, report.id) or (
                same is not None and not same.may_be(entry.row.vendor, entry.row.id)
            ):
                self._displace(entry, report)
            else:
                same = entry if same is None else self._merge(same, entry)
        return same

    def _take(self, report: _Report, entry: _Entry | None) -> Row:
        now_s = self._now_s()
        if entry is None:
            self._last_key += 1
            how = frozenset({report.how or How.ADDRESS})
            entry = _Entry(Row(self._last_key, report.address, how, now_s, now_s))
        before = entry.row
        name = self._name(entry, report)
        address = _address(entry, report)
        if _place_of(address) != _place_of(before.address):
            # Whoever answers at the old address from now on is another device; a name moves with its device.
            entry.told = {place for place in entry.told if not _is_literal(place)}
        if report.sighting is not None:
            entry.announced[_service(report.sighting)] = report.sighting
        else:
            entry.told |= report.places
        self._put(
            entry,
            msgspec.structs.replace(
                before,
                address=address,
                how=before.how | ({report.how} if report.how else set()),
                last_seen_s=now_s,
                vendor=report.vendor or before.vendor,
                id=report.id or before.id,
                name=name,
                gone=False,
            ),
        )
        return entry.row

    def _name(self, entry: _Entry, report: _Report) -> str:
        if report.sighting is None:
            entry.named = entry.named or bool(report.name)
            return report.name or entry.row.name
        before = entry.announced.get(_service(report.sighting))
        renamed = before is not None and before.name == entry.row.name and not entry.named
        return report.name if renamed or not entry.row.name else entry.row.name

    def _withdrawn(self, sighting: Sighting) -> Row | None:
        key = self._by_service.get(_service(sighting))
        if key is None:
            return None
        entry = self._entries[key]
        entry.announced.pop(_service(sighting))
        if entry.announced:
            self._put(entry, msgspec.structs.replace(entry.row, address=_remaining(entry)))
        elif not entry.row.vendor and entry.row.how == {How.MDNS}:
            # Nobody waits for a printer that was switched off.
            self._drop(entry)
            return None
        else:
            entry.told.add(_place_of(entry.row.address))
            self._put(entry, msgspec.structs.replace(entry.row, gone=True))
        return entry.row

    def _displace(self, entry: _Entry, report: _Report) -> None:
        """Another device took over its announcement or its address."""
        if report.sighting is not None:
            entry.announced.pop(_service(report.sighting), None)
        entry.told -= report.places
        address = _remaining(entry)
        lost = _place_of(address) in report.places or not entry.places
        self._put(entry, msgspec.structs.replace(entry.row, address=address, gone=entry.row.gone or lost))

    def _merge(self, one: _Entry, other: _Entry) -> _Entry:
        stays, goes = sorted((one, other), key=lambda entry: entry.row.key)
        self._drop(goes)
        stays.announced |= goes.announced
        stays.told |= goes.told
        name = goes.row.name if goes.named and not stays.named else stays.row.name or goes.row.name
        stays.named = stays.named or goes.named
        row = msgspec.structs.replace(
            stays.row,
            how=stays.row.how | goes.row.how,
            last_seen_s=max(stays.row.last_seen_s, goes.row.last_seen_s),
            vendor=stays.row.vendor or goes.row.vendor,
            id=stays.row.id or goes.row.id,
            name=name,
        )
        self._put(stays, row)
        return stays

    def _make_room(self) -> bool:
        """Forget the oldest device that only announced itself and went."""
        for entry in self._entries.values():
            if entry.row.gone and entry.row.how == {How.MDNS}:
                self._drop(entry)
                return True
        return False

    def _put(self, entry: _Entry, row: Row) -> None:
        """Store a row, note what it is recognised by, and tell who watches."""
        before, entry.row = entry.row, row
        is_new = row.key not in self._entries
        self._entries[row.key] = entry
        ids = frozenset({(row.vendor, row.id.casefold())} if row.vendor and row.id else ())
        self._list(entry, (entry.places, frozenset(entry.announced), ids))
        if is_new or msgspec.structs.replace(before, last_seen_s=row.last_seen_s) != row:
            for added, changed, _ in tuple(self._watchers):
                (added if is_new else changed)(row)

    def _list(self, entry: _Entry, marks: Listed) -> None:
        before, entry.listed = entry.listed, marks
        self._by_place.change(entry.row.key, before[0], marks[0])
        self._by_service.change(entry.row.key, before[1], marks[1])
        self._by_id.change(entry.row.key, before[2], marks[2])

    def _drop(self, entry: _Entry) -> None:
        self._list(entry, _NOWHERE)
        del self._entries[entry.row.key]
        for _, _, removed in tuple(self._watchers):
            removed(entry.row)


def _address(entry: _Entry, report: _Report) -> Address:
    """Where the device is to be reached from now on."""
    row, current = entry.row, entry.row.address
    place = _place_of(current)
    if report.sighting is None:
        # The installer's own way of writing it stays: passwords and certificates are kept under it.
        keeps = report.how is How.SWEEP and How.ADDRESS in row.how and _place_of(report.address) != place
        return current if keeps else report.address
    others = (other for service, other in entry.announced.items() if service != _service(report.sighting))
    if place in report.places.union(*map(_places, others)) or (place in entry.told and not _is_literal(place)):
        guessed = row.how == {How.MDNS}
        return Address(current.host, current.port, report.address.scheme if guessed else current.scheme)
    return report.address


def _remaining(entry: _Entry) -> Address:
    """Where it is reached when one of its places is no more: where it was, or where it still announces itself."""
    current = entry.row.address
    if _place_of(current) in entry.places or not entry.announced:
        return current
    other = next(iter(entry.announced.values()))
    return Address(other.addresses[0], other.port, current.scheme)


def _announces(vendor: Vendor, sighting: Sighting) -> bool:
    return (
        vendor.mdns_type == sighting.service_type
        and vendor.mdns_matches is not None
        and vendor.mdns_matches(sighting.name, sighting.txt)
    )


def _scheme(port: int) -> str:
    return "https" if port == DEFAULT_PORTS["https"] else "http"


def _service(sighting: Sighting) -> Service:
    return sighting.interface, sighting.service


def _places(sighting: Sighting) -> frozenset[str]:
    return frozenset(_place(host, sighting.port) for host in (*sighting.addresses, sighting.host) if host)


def _place_of(address: Address) -> str:
    return _place(address.host, address.port)


def _place(host: str, port: int) -> str:
    """The key of a spot on the network, however its name is written."""
    return Address(host.rstrip(".").casefold(), port, "").netloc


def _is_literal(place: str) -> bool:
    host = place.rpartition(":")[0].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
