"""What a meter notices, as a flag and in its logs: number, words, and what to do (manual 6.3.50, 6.3.51)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Condition(msgspec.Struct, frozen=True):
    """One state that a meter notices. `flag` is its name among the status flags, `number` its id in the event logs."""

    number: int
    flag: str
    words: str
    advice: str


_REPLACE = "A fault of the meter itself: have it replaced."
_SETTINGS = "Check all settings; if it comes again, have the meter replaced."
_MAKER = "Ask the maker; name this flag and the firmware."

_LINES = (1, 2, 3)
_SPECIFIC = range(1, 9)
_ALL = range(1, 26)

_ERRORS = (
    Condition(40, "Audit Log", "Audit log damaged", _REPLACE),
    Condition(41, "Program Crc", "Program memory damaged", _REPLACE),
    Condition(42, "Persistent Storage", "Stored data damaged", _SETTINGS),
    *(Condition(42 + n, f"ABB Specific Str {n}", f"Maker's own error {n}", _MAKER) for n in _SPECIFIC),
    Condition(51, "Acref", "Measuring reference outside its range", _REPLACE),
    Condition(52, "Temp Sensor", "Temperature sensor failed", _REPLACE),
    Condition(
        53, "Rtc Circuit", "Clock circuit failed", "Do not trust times and stored values; have the meter replaced."
    ),
)

_WARNINGS = (
    *(
        Condition(
            999 + n, f"U{n} Missing", f"No voltage on L{n}", f"Check fuse, breaker and voltage connection of L{n}."
        )
        for n in _LINES
    ),
    Condition(
        1003,
        "Phase Conn Neutral",
        "A phase and the neutral are swapped",
        "Switch off at once and check the neutral: 400 V may reach loads.",
    ),
    *(
        Condition(
            1003 + n,
            f"NEG_POW Element{n}",
            f"Power of L{n} flows backwards",
            f"Right if L{n} feeds in. Else swap S1 and S2 of the CT on L{n}.",
        )
        for n in _LINES
    ),
    Condition(
        1007,
        "Neg Tot Pow",
        "Total power flows backwards",
        "Right if energy is fed in. Else check the direction of all CTs.",
    ),
    Condition(1008, "Frequency", "Mains frequency out of range", "Check the supply, above all behind a generator."),
    Condition(1009, "External Input", "An input reports a warning", "See what is connected to the input."),
    Condition(1010, "Date Not Set", "The date was never set", "Set the clock of the meter."),
    Condition(1011, "Time Not SET", "The time was never set", "Set the clock of the meter."),
)

_INFORMATION = (
    *(Condition(2012 + n, f"Alarm{n} Active", f"Alarm {n} is active", f"See the settings of alarm {n}.") for n in _ALL),
    Condition(2054, "Pulses Merged", "Pulses were merged", "Lower the pulse frequency, or make pulses shorter."),
    Condition(2055, "Powerfail", "Power was lost", "Nothing to do; the clock went on if its reserve lasted."),
)

CONDITIONS: tuple[Condition, ...] = _ERRORS + _WARNINGS + _INFORMATION
BY_NUMBER: Mapping[int, Condition] = {condition.number: condition for condition in CONDITIONS}


def _plain(flag: str) -> str:
    return "".join(character for character in flag.casefold() if character.isalnum())


_BY_FLAG: Mapping[str, Condition] = {_plain(condition.flag): condition for condition in CONDITIONS}


def of_flag(text: str) -> Condition | None:
    """The condition that a status flag names; None for one that the manual does not list.

    Spaces, underscores and case do not count: the manual itself prints 'NEG_POW Element2 ' with a blank at its end.
    """
    return _BY_FLAG.get(_plain(text))


CATEGORIES: Mapping[int, str] = {1: "Exception", 2: "Error", 3: "Warning", 8: "Information"}
"""Categories of events (manual 6.3.51)."""
