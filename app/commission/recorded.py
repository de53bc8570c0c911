"""What a recording is: readings of chosen devices with everything needed to show them again without these devices."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from app.model.quantity import Feed, Quantity, Reading

MOST_TITLE = 120
"""Characters of a recording's title and of a mark's name."""
MOST_SHOWN = 200 * 1024 * 1024
"""Bytes of a recording that are taken into memory to show it: some three weeks of twelve quantities at one a second."""


class RecordedChannel(msgspec.Struct, frozen=True):
    """One feed of one device, or of one meter behind it. `quantities` are those that are recorded, in that order.

    All words are as they were when the recording began: devices go, and programs rename their quantities.
    """

    device: str
    device_title: str
    meter: str
    title: str
    feed: str
    feed_title: str
    quantities: tuple[Quantity, ...]
    shown: tuple[str, ...] = ()
    """The keys of those that a replay shows first; none: all."""

    def as_of(self, feed: Feed, reading: Reading) -> Reading:
        """A recorded reading in the order of a feed's quantities; NaN for those that were not recorded."""
        told = {quantity.key: value for quantity, value in zip(self.quantities, reading.values, strict=True)}
        return Reading(reading.time_s, tuple(told.get(quantity.key, math.nan) for quantity in feed.quantities))


class Mark(msgspec.Struct, frozen=True):
    """A moment that the installer named, in seconds since 1970."""

    time_s: float
    name: str


class Recording(msgspec.Struct, frozen=True):
    """One recording as a list shows it. Times are seconds since 1970, `size` is bytes in the site file.

    An `interrupted` one was never ended: the program died meanwhile. It ends with its last reading. `trouble` says
    why one ended by itself. `running` is the one that is being made.
    """

    id: int
    title: str
    begun_s: float
    ended_s: float
    channels: tuple[RecordedChannel, ...]
    marks: tuple[Mark, ...] = ()
    readings: int = 0
    size: int = 0
    interrupted: bool = False
    trouble: str = ""
    running: bool = False

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return max(0.0, self.ended_s - self.begun_s)

    @property
    def devices(self) -> tuple[str, ...]:
        """What its devices are called, each once. Untrusted text."""
        found = {channel.device: channel.device_title or channel.device for channel in self.channels}
        return tuple(found.values())


def thinned(recording: Recording) -> int:
    """Of how many readings one is taken to show this recording: 1 where all of it has room in memory."""
    return max(1, math.ceil(recording.size / MOST_SHOWN))


class Track(msgspec.Struct, frozen=True):
    """The readings of one channel: when, and all values of a reading side by side; rising times."""

    times: array[float]
    values: array[float]
    width: int

    def __len__(self) -> int:
        return len(self.times)

    def reading(self, index: int) -> Reading:
        """One of its readings."""
        return Reading(self.times[index], tuple(self.values[index * self.width : (index + 1) * self.width]))

    def all(self) -> Iterator[Reading]:
        """Every reading, the oldest first."""
        return (self.reading(index) for index in range(len(self)))


class Batch(msgspec.Struct, frozen=True):
    """What is written in one go: for each channel, by its place in the recording, its new readings."""

    readings: dict[int, list[Reading]]

    @property
    def count(self) -> int:
        """How many readings there are in it."""
        return sum(map(len, self.readings.values()))


class RecordingStore(Protocol):
    """Recordings of a site. Every method raises `StorageFailed` when the store cannot be read or written."""

    def begin(self, title: str, begun_s: float, channels: Sequence[RecordedChannel]) -> int:
        """Begin a recording; returns its id."""
        ...

    def write(self, recording: int, batch: Batch) -> int:
        """Keep readings, all or none. Returns the bytes they take."""
        ...

    def mark(self, recording: int, mark: Mark) -> None:
        """Keep a mark."""
        ...

    def end(self, recording: int, ended_s: float, trouble: str = "") -> None:
        """Nothing more will come."""
        ...

    def settle(self) -> tuple[Recording, ...]:
        """End what an earlier run of the program left unfinished, each with its last reading; tells which."""
        ...

    def all(self) -> tuple[Recording, ...]:
        """Every recording, the newest first."""
        ...

    def get(self, recording: int) -> Recording | None:
        """One recording, or None."""
        ...

    def rename(self, recording: int, title: str) -> None:
        """Give it another title."""
        ...

    def delete(self, recording: int) -> None:
        """Forget a recording with its readings. May be called in a thread."""
        ...

    def track(self, recording: int, place: int, every: int = 1) -> Track:
        """The readings of one channel, by its place in the recording: all, or one of `every` so many.

        May be called in a thread.
        """
        ...

    def readings(self, recording: int, place: int) -> Iterator[Reading]:
        """The same one after the other, however many there are. May be called in a thread."""
        ...
