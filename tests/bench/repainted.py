"""The process in which plots of a whole day are painted. Child of `day`; prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import count
from statistics import median

import msgspec
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.model.quantity import Reading, Unit
from app.vendors.whatwatt.feeds import LIVE_SOURCES
from ui.application import run
from ui.plots.curve import Curve
from ui.plots.live_plot import UnitPlot
from ui.plots.painter import Painter
from ui.plots.ring import Ring
from ui.plots.stack import PlotStack
from ui.showing import painted

from .connected import settled_mb
from .punctual import lateness_ms, p99
from .stage import SHOWN, SHOWN_DEVICES, Paintings

SIZE = (1366, 768)
DAY_S = 86_400
SHORT_S = 300
PERIOD_MS = 100
PICTURES = 20
AT_LEAST = 0.8
START_S = 1_700_000_000.0
CURVES = SHOWN_DEVICES * len(SHOWN)
UNITS = (Unit.WATT, Unit.VOLT, Unit.AMPERE)


class Day(msgspec.Struct, frozen=True):
    """Pairs for each turn: of a picture (decimated, everything handed to pyqtgraph), of the processor and of the timer
    (a day, five minutes). `full_mb` is what the process holds when the rings are full, `later_mb` a day later."""

    picture_ms: list[tuple[float, float]]
    pictures: int
    busy: list[tuple[float, float]]
    late_ms: list[tuple[float, float]]
    paintings: int
    columns: int
    full_mb: float
    later_mb: float
    kept_mb: float


class Scene:
    """Plots of four devices, whose time goes on by a second with each picture: ten times as fast as on the wall."""

    def __init__(self) -> None:
        self.now_s = START_S
        self.rings = [Ring(len(LIVE_SOURCES)) for _ in range(SHOWN_DEVICES)]
        self._devices = [device(number) for number in range(SHOWN_DEVICES)]
        keys = [source.quantity.key for source in LIVE_SOURCES]
        self._curves = [
            Curve(ring, keys.index(key), f"House {number} {key}", unit, of=f"House {number}")
            for key, unit in zip(SHOWN, UNITS, strict=True)
            for number, ring in enumerate(self.rings)
        ]
        self.live(DAY_S)
        self.stack = PlotStack(clock=lambda: self.now_s)
        self.stack.show_curves(self._curves)
        self.stack.resize(*SIZE)
        self.stack.show()
        # Painted by the benchmark's own clock.
        self.stack.painter.set_turns(())
        self.paintings = Paintings()
        for area in self.stack.findChildren(QAbstractScrollArea):
            area.viewport().installEventFilter(self.paintings)
        self._painter = Painter(self.stack, period_ms=PERIOD_MS)
        first, *others = self.stack.plots
        self._painter.set_turns(
            [lambda: self._begin(first), *(lambda plot=plot: plot.paint(self.stack.span()) for plot in others)]
        )

    def live(self, seconds: int) -> None:
        """So many readings more of each device."""
        for _ in range(seconds):
            self.now_s += 1.0
            for ring, values in zip(self.rings, self._devices, strict=True):
                ring.append(Reading(self.now_s, next(values)))

    def _begin(self, plot: UnitPlot) -> None:
        self.live(1)
        plot.paint(self.stack.span())

    async def watch(self, window_s: int, seconds: float) -> tuple[float, float]:
        """Processor time in percent of a core, and lateness in ms, while all is painted ten times a second."""
        self.stack.set_window(window_s)
        await painted()
        before = self.paintings.count
        self._painter.start()
        used, began = time.process_time(), time.perf_counter()
        late = await lateness_ms(seconds)
        passed = time.perf_counter() - began
        busy = (time.process_time() - used) / passed * 100
        self._painter.stop()
        due = passed * 1000 / PERIOD_MS * len(self.stack.plots)
        if self.paintings.count - before < AT_LEAST * due:
            raise RuntimeError(f"{self.paintings.count - before} paintings instead of {due:.0f}")
        return busy, p99(late)

    def pictures_ms(self) -> float:
        """One picture of all plots as they are painted live, the median of some."""
        took = []
        for _ in range(PICTURES):
            self.live(1)
            started = time.perf_counter()
            for plot in self.stack.plots:
                plot.paint(self.stack.span())
                paint_now(plot)
            took.append((time.perf_counter() - started) * 1000)
        return median(took)


class Everything:
    """The same curves in plots of pyqtgraph's own, which get every reading each time."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._view = pg.GraphicsLayoutWidget()
        self._view.resize(*SIZE)
        self._lines: list[tuple[Curve, pg.PlotDataItem]] = []
        for row, plot in enumerate(scene.stack.plots):
            item = self._view.addPlot(row=row, col=0)
            self._lines += [(curve, item.plot(pen=pg.mkPen("w", width=1))) for curve in plot.curves]
        self._view.show()

    def pictures_ms(self) -> float:
        """As `Scene.pictures_ms`."""
        took = []
        for _ in range(PICTURES):
            self._scene.live(1)
            started = time.perf_counter()
            for curve, line in self._lines:
                line.setData(curve.ring.times() - self._scene.now_s, curve.ring.column(curve.column))
            paint_now(self._view)
            took.append((time.perf_counter() - started) * 1000)
        return median(took)


def device(number: int) -> Iterator[tuple[float, ...]]:
    """A house without end: power that wanders, voltage that trembles, which is the dearest to paint."""
    random = np.random.default_rng(number)
    block = 10_000
    power = 800.0 * (number + 1)
    for _ in count():
        walk = power + np.cumsum(random.normal(0, 20, block))
        power = float(np.clip(walk[-1], -8000, 8000))
        rows = np.repeat(walk[:, None], len(LIVE_SOURCES), axis=1)
        for place, source in enumerate(LIVE_SOURCES):
            if source.quantity.unit is Unit.VOLT:
                rows[:, place] = random.normal(230, 0.8, block)
            elif source.quantity.unit is Unit.AMPERE:
                rows[:, place] = np.abs(walk) / 690 + random.normal(0, 0.05, block)
        yield from map(tuple, rows.tolist())


def paint_now(widget: QWidget) -> None:
    """Have everything painted that waits for it."""
    for area in [widget, *widget.findChildren(QAbstractScrollArea)]:
        if isinstance(area, QAbstractScrollArea):
            QCoreApplication.sendPostedEvents(area, QEvent.Type.MetaCall)
            area.viewport().repaint()


async def measured(turns: int, seconds: float) -> Day:
    """The day and its baselines, in turns."""
    scene = Scene()
    await painted()
    full_mb = settled_mb()
    busy, late_ms = [], []
    for _ in range(turns):
        whole, short = await scene.watch(DAY_S, seconds), await scene.watch(SHORT_S, seconds)
        busy.append((whole[0], short[0]))
        late_ms.append((whole[1], short[1]))
    scene.live(DAY_S)
    scene.stack.set_window(DAY_S)
    await painted()
    later_mb = settled_mb()
    everything = Everything(scene)
    await asyncio.sleep(0)
    pictures = [(scene.pictures_ms(), everything.pictures_ms()) for _ in range(turns)]
    kept = sum(ring.times().base.nbytes + ring.column(0).base.nbytes for ring in scene.rings)
    columns = scene.stack.plots[0].columns
    return Day(pictures, PICTURES, busy, late_ms, scene.paintings.count, columns, full_mb, later_mb, kept / 1e6)


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()

    async def told() -> int:
        print(msgspec.json.encode(await measured(options.turns, options.seconds)).decode(), flush=True)
        return 0

    sys.exit(run(told))


if __name__ == "__main__":
    main()
