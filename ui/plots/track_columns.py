"""The readings of a recorded channel as plots want them: in columns, with gaps where nothing came."""

from __future__ import annotations

import numpy as np

from app.commission.recorded import Track

from .ring import GAP_INTERVALS, LEAST_INTERVAL_S, Column


class TrackColumns:
    """A `Kept` that never grows. As in a `Ring`, a pause of more than three usual intervals is a row of NaN."""

    def __init__(self, track: Track) -> None:
        times = np.frombuffer(track.times, dtype=np.float64)
        values = np.frombuffer(track.values, dtype=np.float64).reshape(len(times), track.width)
        passed = np.diff(times)
        self._interval_s = max(LEAST_INTERVAL_S, float(np.median(passed))) if len(passed) else LEAST_INTERVAL_S
        before = np.flatnonzero(passed > GAP_INTERVALS * self._interval_s)
        self._times: Column = np.insert(times, before + 1, times[before] + self._interval_s)
        self._values: Column = np.ascontiguousarray(np.insert(values, before + 1, np.nan, axis=0).T)
        self.gaps = len(before)
        self.readings = len(times)
        self.rewritten = 0

    @property
    def interval_s(self) -> float:
        """The usual time between two readings, at least a second."""
        return self._interval_s

    def times(self) -> Column:
        """When (seconds since 1970), rising."""
        return self._times

    def column(self, index: int) -> Column:
        """The values of one quantity; NaN is a gap."""
        return self._values[index]
