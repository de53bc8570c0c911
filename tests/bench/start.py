"""How long until the window is painted, against a bare window with a tree: whole processes, from their start."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .children import time_to_line
from .effort import Effort
from .table import Row, of_turns

CHILD = "tests.bench.first_paint"
GOAL = 1.6


def measure(effort: Effort) -> list[Row]:
    """One row. The first start of each, which compiles modules and makes a home, does not count."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        pairs = [_turn(home) for _ in range(effort.starts + 1)][1:]
    return [of_turns("window painted", pairs, "ms", goal_ratio=GOAL, source=f"{effort.starts} starts each")]


def _turn(home: Path) -> tuple[float, float]:
    program = time_to_line(CHILD, "program", home=home)
    bare = time_to_line(CHILD, "bare", home=home)
    return program * 1000, bare * 1000
