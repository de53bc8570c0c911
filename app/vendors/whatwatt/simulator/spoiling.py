"""What can be wrong with an event of the simulated live stream, on demand."""

from __future__ import annotations

from enum import Enum

LONGEST_EVENT = 200_000


class Spoiled(Enum):
    """What can be wrong with one event of the live stream."""

    BAD_JSON = "the data is no JSON"
    CUT = "the data ends in the middle"
    HUGE = "the data is a single line of 200 kB"
    BAD_UTF8 = "the data holds bytes that are no UTF-8"
    NO_OBJECT = "the data is a list"
    SLOPPY = "the data has trailing commas and numbers as strings"
    SILENT = "the device closes the stream instead"


SPOILING = (Spoiled.BAD_JSON, Spoiled.BAD_UTF8, Spoiled.HUGE)
"""What is wrong in turn while every other event is spoiled."""


def spoil(data: bytes, spoiled: Spoiled | None) -> bytes:
    """The data of an event, spoiled so; None leaves it as it is."""
    if spoiled is Spoiled.BAD_JSON:
        return b"{P_In: oops}"
    if spoiled is Spoiled.CUT:
        return data[: len(data) // 2]
    if spoiled is Spoiled.HUGE:
        return b'{"P_In":"' + b"9" * LONGEST_EVENT + b'"}'
    if spoiled is Spoiled.BAD_UTF8:
        return data[:-1] + b',"Note":"\xff\xfe"}'
    if spoiled is Spoiled.NO_OBJECT:
        return b"[1,2,3]"
    if spoiled is Spoiled.SLOPPY:
        return data.replace(b'"P_In":', b'"P_In":"', 1).replace(b",", b'",', 1)[:-1] + b",}"
    return data
