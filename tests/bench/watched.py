"""The process in which the window with the streams is watched. Child of `lateness` and `memory`; prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import tempfile
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from ui.theme import apply_theme

from . import simulators
from .punctual import lateness_ms, p99
from .stage import SETTLE_S, stage

AT_LEAST = 0.8
"""So much of what the devices send must have come, or the figures mean nothing."""
READINGS_S = 120.0
MEMORY_SPEED = 25.0


class Punctual(msgspec.Struct, frozen=True):
    """Milliseconds at the 99th percentile, a pair for each turn: with the streams, and in the empty window."""

    pairs: list[tuple[float, float]]
    worst_ms: float
    readings: int
    paintings: int


class Held(msgspec.Struct, frozen=True):
    """Resident memory in MB: before the streams, after half of the readings, and after all of them."""

    before: float
    half: float
    after: float
    readings: int


async def punctuality(options: argparse.Namespace, folder: Path) -> Punctual:
    """Empty window, streams, empty window, streams …"""
    spec = f"whatwatt:{options.streams}"
    async with await simulators.start(spec, spread=options.spread) as devices, stage(folder) as shown:
        await shown.connect(devices)
        pairs, worst, readings = [], 0.0, 0
        for _ in range(options.turns):
            empty = p99(await lateness_ms(options.seconds))
            await shown.start()
            before = shown.readings
            late = await lateness_ms(options.seconds)
            readings += shown.readings - before
            await shown.stop()
            pairs.append((p99(late), empty))
            worst = max(worst, *late)
    due = options.streams * options.turns * int(options.seconds)
    if readings < AT_LEAST * due or not shown.paintings.count:
        raise RuntimeError(f"{readings} readings and {shown.paintings.count} paintings instead of {due} and many")
    return Punctual(pairs, worst, readings, shown.paintings.count)


async def memory(options: argparse.Namespace, folder: Path) -> Held:
    """The empty window, then as many readings of each stream as wanted."""
    spec = f"whatwatt:{options.streams}"
    async with await simulators.start(spec, speed=MEMORY_SPEED, spread=True) as devices, stage(folder) as shown:
        before = await _settled_mb()
        await shown.connect(devices)
        await shown.start()
        half = options.readings // 2
        await shown.heard(half, within_s=READINGS_S)
        half_mb = await _settled_mb()
        await shown.heard(options.readings - half, within_s=READINGS_S)
        after = await _settled_mb()
        held = Held(before, half_mb, after, shown.readings)
        await shown.stop()
    return held


async def _settled_mb() -> float:
    await asyncio.sleep(SETTLE_S)
    gc.collect()
    return _resident_mb()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure one of the two."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("punctuality", "memory"))
    parser.add_argument("--streams", type=int, required=True)
    parser.add_argument("--spread", action="store_true")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--readings", type=int, default=1)
    options = parser.parse_args()
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    apply_theme(app, "light")
    measure = {"punctuality": punctuality, "memory": memory}[options.what]
    with (
        tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder,
        asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner,
    ):
        print(msgspec.json.encode(runner.run(measure(options, Path(folder)))).decode(), flush=True)


if __name__ == "__main__":
    main()
