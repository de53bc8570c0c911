"""Named faults of one running simulator, for a person to switch: those of any wire, and those of its own family."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.model.errors import UsageError
from app.scenario.trouble import Trouble
from app.simulators.faults import Fault
from app.simulators.wire import Wire

REBOOT = "reboot"
REBOOT_S = 10.0
LONGEST_S = 3600.0


def _nothing() -> None:
    """Some devices take no note of a restart."""


@dataclass
class Troubles:
    """The faults of one simulator; to be used on the host's loop only. `on` are those that are in force."""

    wire: Wire
    known: dict[str, Trouble] = field(init=False)
    on: set[str] = field(init=False, default_factory=set)
    _ends: dict[str, asyncio.TimerHandle] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        own: Callable[[], tuple[Trouble, ...]] = getattr(self.wire.simulator, "troubles", tuple)
        self.known = {trouble.key: trouble for trouble in (*self._of_wire(), *own())}

    def begin(self, key: str, seconds: float = 0.0) -> None:
        """Let it go wrong for so many seconds, or (0) until `end`; a restart takes 10 s if nothing is said.

        Raises:
            UsageError: this device has no such fault, or not for so long.
        """
        trouble = self._named(key)
        if not 0.0 <= seconds <= LONGEST_S:
            raise UsageError(f"{seconds:g} s is not possible.", hint=f"0 to {LONGEST_S:g} s.")
        if key == REBOOT:
            self._reboot(seconds or REBOOT_S)
            return
        self.end(key)
        trouble.begin()
        self.on.add(key)
        if seconds:
            self._ends[key] = asyncio.get_running_loop().call_later(seconds, self.end, key)

    def end(self, key: str) -> None:
        """Let it go right again. Nothing happens when it did; a restart takes its time.

        Raises:
            UsageError: this device has no such fault.
        """
        trouble = self._named(key)
        timer = self._ends.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self.on and key != REBOOT:
            self.on.discard(key)
            trouble.end()

    def clear(self) -> None:
        """From now on nothing fails."""
        for key in tuple(self.on):
            self.end(key)
        self.wire.faults.clear()

    def _reboot(self, seconds: float) -> None:
        booted: Callable[[], Any] = getattr(self.wire.simulator, "booted", _nothing)

        def back() -> None:
            self.on.discard(REBOOT)
            booted()

        if REBOOT not in self.on:
            self.on.add(REBOOT)
            self.wire.cut()
            self.wire.leave(seconds, "", back)

    def _named(self, key: str) -> Trouble:
        if key not in self.known:
            raise UsageError(f"This device has no fault '{key}'.", hint=f"It has: {', '.join(self.known)}.")
        return self.known[key]

    def _of_wire(self) -> tuple[Trouble, ...]:
        return (
            Trouble("drop", "breaks every connection", self._standing(Fault.DROP_BEFORE, cut=True), self._well),
            Trouble("stall", "takes requests and says nothing", self._standing(Fault.STALL), self._well),
            Trouble("cut", "breaks off in the middle of its answers", self._standing(Fault.CUT_BODY), self._well),
            Trouble(REBOOT, "restarts, and is away for a while", _nothing, _nothing),
        )

    def _standing(self, fault: Fault, *, cut: bool = False) -> Callable[[], None]:
        def begin() -> None:
            # The wire fails in one way at a time.
            self.on -= {"drop", "stall", "cut"}
            self.wire.faults.standing = fault
            if cut:
                self.wire.cut()

        return begin

    def _well(self) -> None:
        """What was stalled stays so for its client, as after a hiccup: new requests are answered."""
        self.wire.faults.standing = None
