"""How late a timer comes on Qt's loop: what stands in its way stands in the way of every click too."""

from __future__ import annotations

import asyncio
import time

from PySide6.QtCore import Qt, QTimer

TICK_S = 0.010


async def lateness_ms(seconds: float) -> list[float]:
    """Let a timer tick every 10 ms for so long; how late each tick was, in milliseconds.

    The moments at which it ought to tick are fixed beforehand: a long stall makes every tick within it late, and not
    only the first.
    """
    late: list[float] = []
    done = asyncio.Event()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setSingleShot(True)
    due = time.perf_counter() + TICK_S
    end = due + seconds

    def tick() -> None:
        nonlocal due
        now = time.perf_counter()
        while due <= now:
            late.append((now - due) * 1000)
            due += TICK_S
        if due < end:
            # Rounded up: a tick that comes too early would be counted as late by a whole period.
            timer.start(int((due - now) * 1000) + 1)
        else:
            done.set()

    timer.timeout.connect(tick)
    timer.start(int(TICK_S * 1000))
    await done.wait()
    return late


def p99(late: list[float]) -> float:
    """One tick in a hundred is as late as that, or later."""
    ordered = sorted(late)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
