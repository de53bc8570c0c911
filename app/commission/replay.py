"""Plays a recording: a moment that moves through it, and its readings told in the order in which they came."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from app.model.quantity import Reading

from .recorded import RecordedChannel, Recording, Track

MOST_TOLD = 500
"""Readings that are told in one step. Of more only the last of each channel is: a picture shows no more anyway."""

OnReading = Callable[[RecordedChannel, Reading], None]


def _nobody(_channel: RecordedChannel, _reading: Reading) -> None:
    """Where only plots look at it."""


class Replay:
    """A recording with its tracks (one for each channel, in the same order), and the moment it is at.

    `on_reading` is told what a live listener would have heard; after a jump the last reading of each channel.
    """

    def __init__(self, recording: Recording, tracks: Sequence[Track], on_reading: OnReading = _nobody) -> None:
        self.recording = recording
        self.tracks = tuple(tracks)
        self.on_reading = on_reading
        firsts = [track.times[0] for track in self.tracks if len(track)]
        lasts = [track.times[-1] for track in self.tracks if len(track)]
        self.begin_s = min([recording.begun_s, *firsts])
        self.end_s = max([recording.ended_s, *lasts, self.begin_s])
        self.at_s = self.begin_s

    @property
    def length_s(self) -> float:
        """From its beginning to its end."""
        return self.end_s - self.begin_s

    @property
    def at_end(self) -> bool:
        """Is there nothing after the present moment?"""
        return self.at_s >= self.end_s

    def advance(self, seconds: float) -> None:
        """Go on by so many seconds (of the recording), at most to its end, and tell what comes in between."""
        before, self.at_s = self.at_s, min(self.at_s + max(seconds, 0.0), self.end_s)
        spans = [(bisect_right(t.times, before), bisect_right(t.times, self.at_s)) for t in self.tracks]
        if before == self.begin_s:
            spans = [(0, last) for _, last in spans]
        if sum(last - first for first, last in spans) > MOST_TOLD:
            spans = [(max(first, last - 1), last) for first, last in spans]
        self._tell(spans)

    def seek(self, time_s: float) -> None:
        """Jump to a moment (seconds since 1970), at most to its ends."""
        self.at_s = min(max(time_s, self.begin_s), self.end_s)
        ends = [bisect_right(track.times, self.at_s) for track in self.tracks]
        self._tell([(max(0, end - 1), end) for end in ends])

    def _tell(self, spans: Sequence[tuple[int, int]]) -> None:
        found = [
            (self.tracks[place].times[index], place, index)
            for place, (first, last) in enumerate(spans)
            for index in range(first, last)
        ]
        for _, place, index in sorted(found):
            self.on_reading(self.recording.channels[place], self.tracks[place].reading(index))
