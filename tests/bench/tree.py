"""A gateway with 32 meters opened in the tree, against one with a single meter: nobody has looked at any of them."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import msgspec

from .children import START_S, answer
from .connected import Connected
from .effort import Effort
from .table import Row, of_turns

MANY, ONE = 32, 1


def measure(effort: Effort) -> list[Row]:
    """Requests, which must be as many; the time until the page rests; and the memory, where the system tells it."""
    turns = [(_connected(MANY), _connected(ONE)) for _ in range(effort.trees)]
    for many, one in turns:
        if (many.rows, one.rows) != (MANY, ONE):
            raise RuntimeError(f"the trees show {many.rows} and {one.rows} meters instead of {MANY} and {ONE}")
    source = f"{effort.trees} windows each"
    what = f"gateway with {MANY} meters opened"
    asked = [(float(many.requests), float(one.requests)) for many, one in turns]
    rows = [
        of_turns(f"{what}, requests", asked, "", goal_ratio=1.0, source=source),
        of_turns(f"{what}, page at rest", [(many.ms, one.ms) for many, one in turns], "ms", source=source),
    ]
    held = [(many.mb, one.mb) for many, one in turns if not math.isnan(many.mb + one.mb)]
    return rows + ([of_turns(f"{what}, memory", held, "MB", source=source)] if held else [])


def _connected(meters: int) -> Connected:
    """Connected to a gateway with so many meters, in a process of its own: memory once taken is rarely given back."""
    with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
        said = answer("tests.bench.connected", "tree", "--meters", str(meters), home=Path(folder), timeout_s=START_S)
    return msgspec.json.decode(said, type=Connected)
