"""Pacing: devices that may be asked only once in a while, also by a program that was restarted in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from app.model.errors import (
    AppError,
    CertificateNotTrusted,
    DeviceUnreachable,
    StorageFailed,
    TlsRefused,
    TooSoon,
)

log = logging.getLogger(__name__)

SHORTEST_S = 1.0
LONGEST_S = 3600.0
EARLY_S = 0.02
"""Timers wake a little early, and who then sleeps for the rest may sleep for nothing: so near the end is the end."""
NOTE = "pace {}"
"""The key under which a pace is kept."""


class Notes(Protocol):
    """Small things that outlive the program, by name; a site file is one."""

    def setting(self, key: str) -> bytes | None:
        """What was kept under this key."""
        ...

    def put_setting(self, key: str, value: bytes | None) -> None:
        """Keep a value; None forgets it."""
        ...


class _Kept(msgspec.Struct, frozen=True):
    """What is kept of a pace: when it was last asked (seconds since 1970), and the chosen interval (0: none)."""

    at: float
    interval_s: float = 0.0


class Pace:
    """When one device may be asked again: `interval_s` after its last answer.

    The time of the last request is written down before it is sent, so that neither a restart nor a kill of the program
    lets the next one go out early. `name` is the device's own, such as its id: addresses change.
    """

    def __init__(
        self, interval_s: float, name: str = "", notes: Notes | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        self._usual_s = interval_s
        self._chosen_s = 0.0
        self._at: float | None = None
        self._before: float | None = None
        self._notes = notes
        self._name = ""
        self.known_as(name)

    @property
    def interval_s(self) -> float:
        """Seconds between two requests."""
        return self._chosen_s or self._usual_s

    def known_as(self, name: str) -> None:
        """From now on it is this device; what was kept of it counts, and so does the last request made here."""
        if name == self._name:
            return
        self._name = name
        kept = self._kept()
        if kept is None:
            return
        if SHORTEST_S <= kept.interval_s <= LONGEST_S:
            self._chosen_s = kept.interval_s
        self._at = kept.at if self._at is None else max(self._at, kept.at)

    def choose(self, interval_s: float) -> None:
        """Use another interval from now on, and remember it for this device."""
        self._chosen_s = min(max(interval_s, SHORTEST_S), LONGEST_S)
        self._keep()

    def wait_s(self) -> float:
        """How long until it may be asked; 0 when it may be asked now."""
        if self._at is None:
            return 0.0
        passed = self.clock() - self._at
        if passed < 0:
            # The computer's clock was set back: nobody knows how long ago it was.
            self._at, passed = self.clock(), 0.0
        left = self.interval_s - passed
        return left if left > EARLY_S else 0.0

    def begin(self) -> None:
        """A request is about to be sent.

        Raises:
            TooSoon: it would come too early.
            StorageFailed: its time cannot be kept.
        """
        wait_s = self.wait_s()
        if wait_s > 0:
            raise TooSoon(f"This device may be asked once in {self.interval_s:g} s.", wait_s=wait_s)
        self._before, self._at = self._at, self.clock()
        try:
            self._keep()
        except StorageFailed:
            # Nothing goes out then, so nothing has to be waited for.
            self._at = self._before
            raise

    def ended(self, *, sent: bool = True) -> None:
        """The request is over: the interval counts from now. What was not `sent` may be tried again at once."""
        self._at = self.clock() if sent else self._before
        try:
            self._keep()
        except StorageFailed as error:
            # That it was going to be sent is written down already: the answer must not give way to this.
            log.warning("the pace of %s is not kept: %s", self._name, error.message)

    def _kept(self) -> _Kept | None:
        found = self._notes.setting(NOTE.format(self._name)) if self._notes and self._name else None
        if not found:
            return None
        try:
            return msgspec.json.decode(found, type=_Kept)
        except msgspec.DecodeError:
            log.warning("what was kept of the pace of %s cannot be read", self._name)
            return None

    def _keep(self) -> None:
        if self._notes and self._name:
            kept = _Kept(self._at or 0.0, self._chosen_s)
            self._notes.put_setting(NOTE.format(self._name), msgspec.json.encode(kept))


def sent_nothing(error: AppError) -> bool:
    """Did this failure keep the request from leaving the computer?"""
    return type(error) in (DeviceUnreachable, TlsRefused) or isinstance(error, CertificateNotTrusted)
