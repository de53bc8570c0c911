"""Keeps the readings of feeds whose device has no memory of its own, and gives them back as records of an archive."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable

from app.model.archive import AnyArchive, Column, ColumnKind, Query, Records
from app.model.errors import StorageFailed
from app.model.quantity import Feed, Reading
from app.model.vendor import Vendor

from .records import ReadingStore

log = logging.getLogger(__name__)

MOST_KEPT = 200_000
"""Readings of one feed: 19 weeks at one a minute, two weeks at one in six seconds."""
PRUNED_EVERY = 1000
_DECIMALS = {"V": 2, "A": 2, "W": 0, "Wh": 0, "Hz": 2, "\u00b0C": 1, "": 2}


@runtime_checkable
class Telling(Protocol):
    """A connection whose readings come also when nobody watches a feed: with every answer."""

    on_reading: Callable[[str, Reading], None]
    """Called with the key of a feed and its reading."""


class Keeper:
    """Keeps readings of one device. Until it is known who the device is, they wait."""

    def __init__(self, vendor: Vendor, store: ReadingStore | None) -> None:
        self._feeds = {feed.key: feed for feed in vendor.feeds if feed.kept}
        self._store = store
        self._device = ""
        self._waiting: list[tuple[Feed, str, Reading]] = []
        self._written: dict[tuple[str, str], int] = {}
        self._failed = False

    def known_as(self, device: str) -> None:
        """The key under which the site keeps the device."""
        self._device = device
        waiting, self._waiting = self._waiting, []
        for feed, target, reading in waiting:
            self._keep(feed, target, reading)

    def heard(self, key: str, reading: Reading) -> None:
        """A reading of the device itself."""
        if key in self._feeds:
            self.keep(self._feeds[key], "", reading)

    def keep(self, feed: Feed, target: str, reading: Reading) -> None:
        """A reading of a feed; those of feeds that are not kept are passed over."""
        if not feed.kept or self._store is None:
            return
        if self._device:
            self._keep(feed, target, reading)
        else:
            self._waiting.append((feed, target, reading))

    def _keep(self, feed: Feed, target: str, reading: Reading) -> None:
        assert self._store is not None, "kept only where there is a store"
        keys = tuple(quantity.key for quantity in feed.quantities)
        try:
            self._store.add(self._device, target, feed.key, keys, (reading,))
            # Each feed by its own count, and at its first reading: programs may be closed again before a thousand.
            written = self._written.get((feed.key, target), 0)
            self._written[feed.key, target] = written + 1
            if written % PRUNED_EVERY == 0:
                self._store.prune(self._device, target, feed.key, keep=MOST_KEPT)
        except StorageFailed as error:
            # Looking at a device goes on without its history; said once, not with every reading.
            if not self._failed:
                log.warning("%s: readings are not kept: %s", self._device, error.message)
            self._failed = True
        else:
            self._failed = False

    def records(self, archive: AnyArchive, target: str, query: Query) -> Records:
        """What is kept of an archive's feed: the time (this computer's), and every quantity that was ever read.

        Takes up to half a second: call it in a thread.

        Raises:
            StorageFailed: it cannot be read.
        """
        feed = self._feeds[archive.of_feed]
        limit = query.count or archive.longest
        keys = tuple(quantity.key for quantity in feed.quantities)
        readings: tuple[Reading, ...] = ()
        if self._store is not None and self._device:
            readings = self._store.read(
                self._device,
                target,
                feed.key,
                keys,
                begin_s=query.begin.timestamp() if query.begin else None,
                end_s=query.end.timestamp() if query.end else None,
                limit=limit,
            )
        columns = [Column("time", "Time", ColumnKind.MOMENT)]
        data: list[list[object]] = [[datetime.fromtimestamp(reading.time_s) for reading in readings]]
        for index, quantity in enumerate(feed.quantities):
            values = [reading.values[index] for reading in readings]
            if all(math.isnan(value) for value in values):
                continue
            unit = quantity.unit.value
            plotted = quantity.key in feed.plotted
            columns.append(Column(quantity.key, quantity.title, ColumnKind.NUMBER, unit, _DECIMALS.get(unit), plotted))
            data.append([*values])
        notes = []
        if self._store is None:
            notes.append("Nothing is kept here: no site is open.")
        elif limit and len(readings) == limit:
            notes.append(f"The last {limit} of the period. For earlier ones choose an earlier end.")
        return Records(tuple(columns), tuple(data), tuple(notes))
