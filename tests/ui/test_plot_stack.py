"""The plots of a live page by themselves: when they are painted, when they stand still, what they keep meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.model.quantity import Phase, Reading, Unit
from tests.ui.conftest import QRun, until
from ui.plots.curve import Curve
from ui.plots.live_plot import UnitPlot
from ui.plots.ring import Ring
from ui.plots.stack import PlotStack
from ui.plots.time_plot import Span

START = 1_700_000_000.0
DAY_S = 86_400
WINDOW_S = 600.0


class Scene:
    """Two plots of one ring, and a clock that stands where the last reading came."""

    def __init__(self, stack: PlotStack, ring: Ring) -> None:
        self.stack, self.ring = stack, ring

    def live(self, seconds: int) -> None:
        """So many readings more."""
        for _ in range(seconds):
            now = (self.ring.last_s or START) + 1.0
            self.ring.append(Reading(now, (230.0 + 5 * np.sin(now / 40), 1000.0 + now % 300)))

    def pictures(self) -> list[QImage]:
        return [plot._view.grab().toImage() for plot in self.stack.plots]

    async def painted(self) -> None:
        """Wait until every plot shows the present."""
        await until(lambda: all(plot._span == self.stack.span() for plot in self.stack.plots))


@pytest.fixture
def scene(qtbot: QtBot) -> Iterator[Scene]:
    ring = Ring(2, longest=DAY_S)
    stack = PlotStack(clock=lambda: ring.last_s or START)
    qtbot.addWidget(stack)
    stack.resize(1000, 500)
    stack.set_window(WINDOW_S)
    stack.show_curves(
        [Curve(ring, 0, "L1", Unit.VOLT, Phase.L1), Curve(ring, 1, "Total", Unit.WATT)],
    )
    made = Scene(stack, ring)
    made.live(2000)
    stack.show()
    yield made
    stack.hide()


def test_a_pause_holds_the_picture_while_readings_go_on(scene: Scene, qrun: QRun) -> None:
    async def story() -> None:
        await scene.painted()
        scene.stack.set_paused(True)
        await scene.painted()
        held, span = scene.pictures(), scene.stack.span()
        shown = [plot.points(curve, span) for plot in scene.stack.plots for curve in plot.curves]
        scene.live(5000)
        # Also where the plots are told to look again, such as by another theme.
        scene.stack.refresh()
        await until(lambda: all(plot._painted[-1] == scene.ring.readings for plot in scene.stack.plots))
        assert scene.stack.span() == span
        again = [plot.points(curve, span) for plot in scene.stack.plots for curve in plot.curves]
        for (xs, ys), (later_xs, later_ys) in zip(shown, again, strict=True):
            inside = later_xs <= span.now_s
            np.testing.assert_array_equal(later_xs[inside], xs)
            np.testing.assert_array_equal(later_ys[inside], ys)
        assert scene.pictures() == held
        scene.stack.set_paused(False)
        await scene.painted()
        assert scene.pictures() != held

    qrun(story())


def test_a_plot_that_is_made_while_paused_tells_the_clock(scene: Scene) -> None:
    scene.stack.set_paused(True)
    scene.stack.show_curves([Curve(scene.ring, 0, "L1", Unit.VOLT, Phase.L1)])
    ((step, ticks),) = scene.stack.plots[0].time_axis.tickValues(-WINDOW_S, 0, 700)
    assert ":" in scene.stack.plots[0].time_axis.tickStrings(ticks, 1.0, step)[0]


def test_plots_are_painted_one_in_each_turn(scene: Scene, qrun: QRun, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    turn = 0

    async def counting() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    paint = UnitPlot.paint

    def watched(plot: UnitPlot, span: Span) -> None:
        turns.append(turn)
        paint(plot, span)

    async def story() -> None:
        await scene.painted()
        monkeypatch.setattr(UnitPlot, "paint", watched)
        counter = asyncio.create_task(counting())
        for _ in range(6):
            before = len(turns)
            scene.live(30)
            await until(lambda before=before: len(turns) > before)
        counter.cancel()
        assert len(turns) == len(set(turns))

    qrun(story())


def test_a_day_is_shown_in_as_many_points_as_there_are_pixels(scene: Scene, qrun: QRun) -> None:
    async def story() -> None:
        scene.live(DAY_S)
        scene.stack.set_window(DAY_S)
        await scene.painted()
        for plot in scene.stack.plots:
            for line in plot._lines:
                assert plot.columns <= len(line.xData) <= 2 * (plot.columns + 2)
        assert len(scene.ring) == DAY_S

    qrun(story())


def test_keys_zoom_move_and_pause(scene: Scene, qtbot: QtBot) -> None:
    stack = scene.stack
    qtbot.keyClick(stack, Qt.Key.Key_Plus)
    assert stack.paused
    start, end = stack.view
    assert end - start == pytest.approx(0.7 * WINDOW_S)
    qtbot.keyClick(stack, Qt.Key.Key_Left)
    assert stack.view[0] == pytest.approx(start - 0.1 * (end - start))
    qtbot.keyClick(stack, Qt.Key.Key_Minus)
    qtbot.keyClick(stack, Qt.Key.Key_0)
    assert (stack.view, stack.paused) == ((-WINDOW_S, 0.0), False)
    qtbot.keyClick(stack, Qt.Key.Key_Space)
    assert stack.paused


def test_plots_of_a_stack_leave_the_same_room_for_their_longest_name(scene: Scene) -> None:
    short = scene.stack.plots[0]._names.width()
    scene.stack.show_curves(
        [
            Curve(scene.ring, 0, "L1", Unit.VOLT, Phase.L1),
            Curve(scene.ring, 1, "Battery power", Unit.WATT),
        ]
    )
    names = [plot._names for plot in scene.stack.plots]
    assert len({widget.maximumWidth() for widget in names}) == 1
    assert names[0].maximumWidth() > short
    assert names[1].maximumWidth() >= names[1].fontMetrics().horizontalAdvance("Battery power")


def test_a_name_of_any_length_leaves_room_for_the_curves(scene: Scene) -> None:
    scene.stack.show_curves([Curve(scene.ring, 0, "x" * 500, Unit.VOLT, Phase.L1)])
    assert scene.stack.plots[0]._names.maximumWidth() < 130
