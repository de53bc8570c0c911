"""How much work goes into each figure: enough for medians that hold, little enough for a coffee break."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Numbers of turns; in each turn the program and its baseline are measured once."""

    starts: int
    fast_reads: int
    slow_reads: int
    meters: int
    """Whole meters read."""
    trees: int
    """Windows connected to each of two gateways."""
    profiles: int
    event_turns: int
    events: int
    """In each turn, of each side."""
    streams: int
    many_streams: tuple[int, int]
    """So many that report once a second, and ten times a second."""
    watch_turns: int
    watch_s: float
    readings: int
    """Of each stream, for the memory: at one a second, 600 are ten minutes."""


FULL = Effort(
    starts=11,
    fast_reads=300,
    slow_reads=100,
    meters=7,
    trees=5,
    profiles=9,
    event_turns=5,
    events=300,
    streams=50,
    many_streams=(200, 50),
    watch_turns=3,
    watch_s=6.0,
    readings=600,
)
QUICK = Effort(
    starts=3,
    fast_reads=60,
    slow_reads=20,
    meters=2,
    trees=2,
    profiles=3,
    event_turns=2,
    events=100,
    streams=50,
    many_streams=(200, 50),
    watch_turns=1,
    watch_s=4.0,
    readings=60,
)
