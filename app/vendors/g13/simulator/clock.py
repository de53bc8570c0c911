"""The clock of a simulated gateway or meter: it runs, it is off by something, and it may not be set at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], float]
"""The simulation's time in seconds since 1970."""

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_POWER_ON = datetime(2000, 1, 1)
_YEARS = (2000, 2099)


class DeviceClock:
    """A clock of local time without zone. One that was never set counts from the year 2000."""

    def __init__(self, now: Now, *, drift_s: float = 0.0, is_set: bool = True) -> None:
        self._now = now
        self.is_set = is_set
        self._ahead = timedelta(seconds=drift_s)
        if not is_set:
            self._ahead = _POWER_ON - self._local()

    def read(self) -> datetime:
        """What the clock shows."""
        return (self._local() + self._ahead).replace(microsecond=0)

    def text(self) -> str:
        """What the clock shows, as the API writes it."""
        return self.read().isoformat()

    @property
    def status(self) -> str:
        """The API's word for whether the clock was set."""
        return "set" if self.is_set else "not set"

    def set(self, moment: datetime) -> None:
        """From now on the clock goes on from `moment`."""
        self._ahead = moment - self._local()
        self.is_set = True

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC).astimezone().replace(tzinfo=None)


def read_moment(text: object) -> datetime | None:
    """A moment in the API's form `YYYY-MM-DDTHH:MM:SS`, or None when it is not one of the years 2000 to 2099."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if _YEARS[0] <= moment.year <= _YEARS[1] else None
