"""What can go wrong between a device and its client, on demand: the wire's own failures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    """One way to fail. All but REFUSE_TLS strike a request, REFUSE_TLS strikes a new connection."""

    DROP_BEFORE = "the connection breaks before the device has done anything"
    DROP_AFTER = "the device does what was asked, then the connection breaks without an answer"
    STALL = "the device takes the request and stays silent until the client gives up"
    CUT_BODY = "the connection breaks in the middle of the answer's body"
    ENDLESS_BODY = "the answer's body never ends"
    REFUSE_TLS = "the port answers in clear text where TLS is expected"


@dataclass
class _Planned:
    fault: Fault
    times: int
    method: str
    path: str

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("", method) and path.startswith(self.path)


@dataclass
class Faults:
    """The faults that one simulator is about to show. May be used from any thread."""

    standing: Fault | None = None
    """Strikes every request that nothing else is planned for, and the event streams that are open, until it is over."""
    _planned: list[_Planned] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, *, times: int = 1, method: str = "", path: str = "") -> None:
        """Let the next `times` requests fail so; only those of `method` and of a path that begins with `path`."""
        with self._lock:
            self._planned.append(_Planned(fault, times, method, path))

    @property
    def pending(self) -> int:
        """How many planned kinds of failure have not struck yet, or not often enough."""
        with self._lock:
            return len(self._planned)

    def clear(self) -> None:
        """From now on nothing fails."""
        with self._lock:
            self._planned.clear()
        self.standing = None

    def next_for_request(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, if one does; it is used up."""
        struck = self._take(lambda planned: planned.fault is not Fault.REFUSE_TLS and planned.matches(method, path))
        return struck or self.standing

    def next_for_connection(self) -> Fault | None:
        """The fault that strikes this new connection, if one does; it is used up."""
        return self._take(lambda planned: planned.fault is Fault.REFUSE_TLS)

    def _take(self, wanted: Callable[[_Planned], bool]) -> Fault | None:
        with self._lock:
            found = next((planned for planned in self._planned if wanted(planned)), None)
            if found is None:
                return None
            found.times -= 1
            if found.times <= 0:
                self._planned.remove(found)
            return found.fault
