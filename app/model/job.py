"""What long work says of itself while it runs."""

from __future__ import annotations

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """One step of long work. `total` 0 means that the end is not known. `text` is for the job bar."""

    done: int
    total: int
    text: str
    cancellable: bool = True
