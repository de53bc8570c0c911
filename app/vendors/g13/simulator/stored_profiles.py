"""The load profiles of a simulated meter: rings of items, written as the API writes them as soon as they are stored."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

from app.vendors.g13.simulator.stored_past import Past, moment
from app.vendors.g13.simulator.stored_settings import ProfileChannel

OK, RESTART, TOO_SHORT, TIME_CHANGED, BAD = 0x01, 0x02, 0x08, 0x10, 0x20
UNAVAILABLE = 4294967295

_OUTAGES_DAYS = (9, 23)
"""So many days before its first look a meter was without power for some hours."""
_OUTAGE_S = 3 * 3600
_CLOCK_SET_DAYS = 16
_DAY_S = 86_400


class ProfileStore:
    """One channel's items, oldest first."""

    def __init__(self, channel: ProfileChannel, past: Past) -> None:
        self.channel = channel
        self._past = past
        self._times: list[float] = []
        self._rows: list[str] = []
        self._next_status = OK

    def fill(self, until_s: float) -> None:
        """Store what was there before the first look, with the outages that every meter has seen."""
        interval_s = self.channel.interval_s
        without_s = len(_OUTAGES_DAYS) * _OUTAGE_S
        begin = max(self._past.installed_s, until_s - self.channel.items * interval_s - without_s)
        outages = [until_s - days * _DAY_S for days in _OUTAGES_DAYS]
        clock_set = until_s - _CLOCK_SET_DAYS * _DAY_S
        self._next_status = OK

        def status(time_s: float) -> int | None:
            if any(outage <= time_s < outage + _OUTAGE_S for outage in outages):
                return None
            if any(0 <= time_s - outage - _OUTAGE_S < interval_s for outage in outages):
                return OK | RESTART | TOO_SHORT
            if 0 <= time_s - clock_set < interval_s:
                return OK | TIME_CHANGED
            return OK | BAD if 0 <= time_s - clock_set - 5 * interval_s < interval_s else OK

        self.store(begin, until_s, status)

    def store(self, after_s: float, until_s: float, status: Callable[[float], int | None] | None = None) -> None:
        """Store the items whose intervals end after one moment, up to another."""
        interval_s, value = self.channel.interval_s, self.channel.quantity
        for count in range(math.floor(after_s / interval_s) + 1, math.floor(until_s / interval_s) + 1):
            time_s = float(count * interval_s)
            code = self._next_status if status is None else status(time_s)
            if code is None:
                continue
            self._next_status = OK
            shown = UNAVAILABLE if code & BAD else round(self._past.value(value, time_s), 3)
            self._append(time_s, code, shown)

    def _append(self, time_s: float, code: int, shown: float) -> None:
        text = moment(time_s).isoformat(timespec="seconds")
        self._times.append(time_s)
        self._rows.append(f'[{code},"{text}",{shown:.15g}]')
        excess = len(self._rows) - self.channel.items
        if excess > 0:
            del self._times[:excess]
            del self._rows[:excess]

    def clear(self) -> None:
        """Throw everything away."""
        self._times.clear()
        self._rows.clear()
        self._next_status = OK

    def clock_was_set(self) -> None:
        """The next item says that the time has changed within its interval."""
        self._next_status = OK | TIME_CHANGED

    def asked(self, begin_s: float, end_s: float, count: int) -> str:
        """The JSON of at most `count` items from one moment to another.

        After the clock was set back items overlap in time: then each is looked at.
        """
        if all(map(float.__le__, self._times, self._times[1:])):
            first, last = bisect.bisect_left(self._times, begin_s), bisect.bisect_right(self._times, end_s)
            return ",".join(self._rows[first : min(last, first + count)])
        found = [row for time_s, row in zip(self._times, self._rows, strict=True) if begin_s <= time_s <= end_s]
        return ",".join(found[:count])

    def __len__(self) -> int:
        return len(self._rows)
