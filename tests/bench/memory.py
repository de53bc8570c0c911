"""How much memory the window holds after ten minutes of live streams, against what it held before them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec

from .children import answer
from .effort import Effort
from .table import Row
from .watched import READINGS_S, Held


def measure(effort: Effort) -> list[Row]:
    """One row; none where the system does not tell a process how much it holds."""
    if not sys.platform.startswith("linux"):
        print("memory is measured on Linux only", file=sys.stderr)
        return []
    options = f"--streams {effort.streams} --readings {effort.readings}".split()
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        said = answer("tests.bench.watched", "memory", *options, home=Path(folder), timeout_s=3 * READINGS_S)
    found = msgspec.json.decode(said, type=Held)
    what = f"resident memory, {effort.streams} streams, {effort.readings / 60:g} min"
    source = f"{found.readings} readings; {found.half:.0f} MB after half of them"
    return [Row(what, found.after, found.before, "MB", source=source)]
