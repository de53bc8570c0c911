"""Records chosen feeds into the site: listens on its own, so that it goes on whichever page is shown."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from app.model.errors import StorageFailed
from app.model.quantity import Reading

from .hearing import Hearing, Recordable
from .recorded import MOST_TITLE, Batch, Mark, RecordedChannel, RecordingStore

if TYPE_CHECKING:
    from .session import DeviceSession

log = logging.getLogger(__name__)

WRITTEN_EVERY_S = 2.0
"""What a sudden end of the program costs at most."""
MOST_WAITING = 2000
"""Readings that wait to be written; more are written at once, so that no write is long."""
CLOCK_STEP_S = 1.0
"""A clock that falls back by more was set; less is its own gentle correction."""


class Timeline:
    """The time of a recording: this computer's clock, except that it never goes back.

    When the clock is set back, the recording goes on from where it was; by the same amount its times are ahead of the
    clock from then on. A clock that jumps ahead, as after sleep, leaves a gap: in that time nothing was read.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._difference = wall() - steady()
        self._ahead = 0.0

    def now(self) -> float:
        """The present moment of the recording (seconds since 1970)."""
        return self.of(self._wall())

    def of(self, wall_s: float) -> float:
        """The recording's moment of a reading that has just come."""
        difference = self._wall() - self._steady()
        fell = self._difference - difference
        self._difference = difference
        if fell > CLOCK_STEP_S:
            self._ahead += fell
        return wall_s + self._ahead


@dataclass(eq=False)
class _Line:
    """One channel while it is recorded."""

    channel: RecordedChannel
    hearing: Hearing | None = None
    last_ms: int = 0
    """The site keeps times in milliseconds, and each moment of a channel once."""
    waiting: list[Reading] = field(default_factory=list)


class Recorder:
    """One recording while it is made. Everything is called on the loop's thread.

    `on_stopped` is called once at the end, with the `StorageFailed` that forced it, or None. A device that is silent
    does not end the recording: it leaves a gap.
    """

    def __init__(
        self,
        store: RecordingStore,
        *,
        on_stopped: Callable[[StorageFailed | None], None] = lambda _: None,
        timeline: Timeline | None = None,
        written_every_s: float = WRITTEN_EVERY_S,
    ) -> None:
        self._store = store
        self._on_stopped = on_stopped
        self._timeline = timeline or Timeline()
        self._every_s = written_every_s
        self._lines: tuple[_Line, ...] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0
        self.id = 0
        self.title = ""
        self.begun_s = 0.0
        self.readings = 0
        """How many were recorded; those of the last seconds may not be written yet."""
        self.size = 0
        """Bytes in the site file."""
        self.marks = 0
        self.running = False

    def start(self, title: str, wanted: Sequence[Recordable]) -> None:
        """Begin. Needs a running loop.

        Raises:
            StorageFailed: the site cannot be written; nothing was begun.
        """
        self.title, self.begun_s = title[:MOST_TITLE], self._timeline.now()
        self._lines = tuple(_Line(one.channel()) for one in wanted)
        self.id = self._store.begin(self.title, self.begun_s, self.channels)
        self.running = True
        for one, line in zip(wanted, self._lines, strict=True):
            line.hearing = one.hear(partial(self._heard, line))
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._turn)

    @property
    def length_s(self) -> float:
        """How long it has been running."""
        return max(0.0, self._timeline.now() - self.begun_s)

    @property
    def channels(self) -> tuple[RecordedChannel, ...]:
        """What is recorded."""
        return tuple(line.channel for line in self._lines)

    @property
    def silent(self) -> tuple[str, ...]:
        """The titles of the channels of which nothing comes, as their feed has ended or their device is gone."""
        return tuple(line.channel.title for line in self._lines if line.hearing is None or line.hearing.silent)

    def now(self) -> float:
        """The present moment, for a mark that is named only later."""
        return self._timeline.now()

    def mark(self, name: str, time_s: float | None = None) -> None:
        """Name a moment; without `time_s` the present one.

        Raises:
            StorageFailed: it cannot be kept.
        """
        self._store.mark(self.id, Mark(self._timeline.now() if time_s is None else time_s, name[:MOST_TITLE]))
        self.marks += 1

    def joined(self, session: DeviceSession) -> None:
        """A device is connected (again): what is recorded of it is heard from this session from now on."""
        for line in self._lines:
            if line.hearing is not None:
                line.hearing.joined(session)

    def left(self, session: DeviceSession) -> None:
        """A session is closed: its channels wait for the next one."""
        for line in self._lines:
            if line.hearing is not None:
                line.hearing.left(session)

    def stop(self) -> None:
        """End in order: what is waiting is written first. Stopping twice is fine."""
        if not self.running:
            return
        trouble = self._written()
        self._end(trouble)

    def _heard(self, line: _Line, reading: Reading) -> None:
        if not self.running:
            return
        # Never two at one moment, never back: the crosshair and the order of the rows live by that. In whole
        # milliseconds: of fractions, two that are a millisecond apart may be rounded to the same one.
        line.last_ms = max(round(self._timeline.of(reading.time_s) * 1000), line.last_ms + 1)
        line.waiting.append(Reading(line.last_ms / 1000, reading.values))
        self.readings += 1
        self._count += 1
        if self._count >= MOST_WAITING:
            self._write()

    # Writing.

    def _turn(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._turn)
        self._write()

    def _write(self) -> None:
        trouble = self._written()
        if trouble is not None:
            self._end(trouble)

    def _written(self) -> StorageFailed | None:
        """Write what waits. What cannot be written is given up, with all that would follow."""
        batch = Batch({place: line.waiting for place, line in enumerate(self._lines) if line.waiting})
        self._count = 0
        for line in self._lines:
            line.waiting = []
        try:
            if batch.count:
                self.size += self._store.write(self.id, batch)
        except StorageFailed as error:
            self.readings -= batch.count
            return error
        return None

    def _end(self, trouble: StorageFailed | None) -> None:
        self.running = False
        if self._timer is not None:
            self._timer.cancel()
        for line in self._lines:
            hearing, line.hearing = line.hearing, None
            if hearing is not None:
                hearing.close()
        words = trouble.message if trouble is not None else ""
        try:
            self._store.end(self.id, self._timeline.now(), words)
        except StorageFailed as error:
            # It then counts as interrupted, and ends with its last reading.
            log.warning("the end of the recording cannot be noted: %s", error.message)
            trouble = trouble or error
        self._on_stopped(trouble)
