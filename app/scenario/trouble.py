"""What can be wrong with a simulated device, as its family knows it: a name for people, and how it begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """One named fault of one simulated device. `begin` and `end` are called on the simulators' thread."""

    key: str
    title: str
    begin: Callable[[], None]
    end: Callable[[], None]


BAD_EVENTS = "every other event is spoiled: bad JSON, bad UTF-8, a huge line"
STREAMS_TAKEN = "has no event stream left: other clients hold them"
