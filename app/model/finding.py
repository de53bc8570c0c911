"""A finding: what somebody who knows the device would notice in what was just read, and what helps."""

from __future__ import annotations

from enum import Enum

import msgspec


class Weight(Enum):
    """How much a finding matters."""

    INFO = "information"
    WARNING = "warning"
    ERROR = "error"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was noticed: `title` says what, in a few words; `advice` what to do; `field` where it shows.

    A finding is about values that were read. What is wrong with values that are to be sent is a `Problem`.
    """

    title: str
    advice: str = ""
    field: str = ""
    weight: Weight = Weight.WARNING
