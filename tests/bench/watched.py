"""The process in which the window with the streams is watched. Child of `lateness` and others; prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from ui.application import run

from . import simulators
from .punctual import lateness_ms, p99
from .stage import SETTLE_S, stage

AT_LEAST = 0.8
"""So much of what the devices send must have come, or the figures mean nothing."""
READINGS_S = 120.0
MEMORY_SPEED = 25.0


class Punctual(msgspec.Struct, frozen=True):
    """A pair for each turn: with the streams, and in the empty window.

    `late_ms` at the 99th percentile, `busy` as the processor time in percent of one core. `sent` and `heard` are what
    the devices sent in the last turn from its first to its last event, and what became a reading.
    """

    late_ms: list[tuple[float, float]]
    busy: list[tuple[float, float]]
    worst_ms: float
    readings: int
    paintings: int
    sent: int
    heard: int


class Held(msgspec.Struct, frozen=True):
    """Resident memory in MB: before the streams, after half of the readings, and after all of them."""

    before: float
    half: float
    after: float
    readings: int


async def punctuality(options: argparse.Namespace, folder: Path) -> Punctual:
    """Empty window, streams, empty window, streams …"""
    specs = [f"whatwatt:{options.streams}", *([f"fast:{options.fast}"] if options.fast else [])]
    async with await simulators.start(*specs, spread=options.spread) as devices, stage(folder) as shown:
        await shown.connect(devices)
        late_ms, busy, worst, readings, sent, heard = [], [], 0.0, 0, 0, 0
        for turn in range(options.turns):
            empty, idle = await _watched(options.seconds)
            await shown.start()
            before = shown.readings
            late, used = await _watched(options.seconds)
            readings += shown.readings - before
            if turn == options.turns - 1:
                sent, heard = await shown.arrived(devices)
            await shown.stop()
            late_ms.append((p99(late), p99(empty)))
            busy.append((used, idle))
            worst = max(worst, *late)
    due = (options.streams + simulators.FAST * options.fast) * options.turns * int(options.seconds)
    if readings < AT_LEAST * due or not shown.paintings.count:
        raise RuntimeError(f"{readings} readings and {shown.paintings.count} paintings instead of {due:.0f} and many")
    return Punctual(late_ms, busy, worst, readings, shown.paintings.count, sent, heard)


async def _watched(seconds: float) -> tuple[list[float], float]:
    """How late each tick was, and how much of a core all threads together used."""
    used, began = time.process_time(), time.perf_counter()
    late = await lateness_ms(seconds)
    return late, (time.process_time() - used) / (time.perf_counter() - began) * 100


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
    parser.add_argument("--fast", type=int, default=0)
    parser.add_argument("--spread", action="store_true")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--readings", type=int, default=1)
    options = parser.parse_args()
    measure = {"punctuality": punctuality, "memory": memory}[options.what]

    async def measured() -> int:
        with tempfile.TemporaryDirectory(prefix="wattwright-bench-", ignore_cleanup_errors=True) as folder:
            print(msgspec.json.encode(await measure(options, Path(folder))).decode(), flush=True)
        return 0

    # As the program itself runs: garbage is collected on the window's thread.
    sys.exit(run(measured))


if __name__ == "__main__":
    main()
