"""`python -m tests.bench [NAME...] [--quick]`: measures, and prints one table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence

from . import day, ingest, lateness, memory, meter, section, start, stored, streams, tree
from .effort import FULL, QUICK, Effort
from .table import Row, text

BENCHMARKS: dict[str, Callable[[Effort], list[Row]]] = {
    "start": start.measure,
    "section": section.measure,
    "meter": meter.measure,
    "tree": tree.measure,
    "stored": stored.measure,
    "ingest": ingest.measure,
    "lateness": lateness.measure,
    "streams": streams.measure,
    "day": day.measure,
    "memory": memory.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="bench", description="Measures as ratios against baselines of the same run.")
    parser.add_argument("name", nargs="*", help=f"{', '.join(BENCHMARKS)}; all without a name")
    parser.add_argument("--quick", action="store_true", help="a fifth of the time, and figures that wobble more")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.name if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}")
    effort = QUICK if options.quick else FULL
    began, before, rows = time.monotonic(), _load(), []
    for name in options.name or BENCHMARKS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name](effort)
    print(text(rows))
    print(
        f"\nMedians of turns: program, baseline, program, baseline … in {time.monotonic() - began:.0f} s. "
        f"Load of the machine before {before}, after {_load()}; {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}."
    )
    return 0


def _load() -> str:
    """What else the machine is doing: the load of the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
