"""The live page, fed by a simulated whatwatt over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import dataclasses
import math
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.commission.session import DeviceSession
from app.model.errors import DeviceRefused
from app.model.quantity import Feed, Phase, Quantity, Reading, Unit
from app.net.pins import Pins
from app.registry import vendor
from app.simulators.host import SimulatorHost, create
from app.site.sitefile import SiteFile
from app.vendors.whatwatt.simulator import Spoiled
from tests.ui.conftest import QRun, until
from ui.forms.toast import Toasts
from ui.pages.live import LivePage
from ui.pages.live_quantities import curve_name, families
from ui.tasks import Tasks
from ui.theme import LIGHT, apply_theme

WHATWATT = vendor("whatwatt")


class Bench:
    """A page on a session, in a window of the size that the program gives it."""

    def __init__(
        self, session: DeviceSession, tasks: Tasks, toasts: Toasts, page: LivePage, spoil: Callable[..., None]
    ) -> None:
        self.session, self.tasks, self.toasts, self.page = session, tasks, toasts, page
        self.spoil = spoil
        """What will be wrong with the next events."""

    @property
    def source(self) -> Any:
        assert self.page.source is not None
        return self.page.source

    @property
    def plots(self) -> Any:
        assert self.page.plots is not None
        return self.page.plots

    def find(self, kind: type[Any], name: str) -> Any:
        found = self.page.findChild(kind, f"whatwatt.live.{name}")
        assert found is not None, name
        return found

    async def reading(self) -> None:
        """Wait for one more reading."""
        before = self.source.ring.readings
        await until(lambda: self.source.ring.readings > before)


@contextlib.asynccontextmanager
async def bench(qtbot: QtBot, feeds: tuple[Feed, ...] = WHATWATT.feeds) -> AsyncIterator[Bench]:
    with SimulatorHost() as host, SiteFile.open(None) as site:
        device = host.add(create(WHATWATT))
        session = DeviceSession(
            WHATWATT, device.address, pins=Pins.in_memory(), journal=site.journal, drafts=site.drafts
        )
        window = QWidget()
        qtbot.addWidget(window)
        toasts = Toasts(window)
        tasks = Tasks(toasts.tell, toasts.tell_bug)
        page = LivePage(session, tasks=tasks, toasts=toasts, feeds=feeds, parent=window)
        for widget in (window, page):
            widget.resize(814, 590)
        try:
            await session.open()
            window.show()
            await until(lambda: page.plots is not None and page.source is not None)

            def spoil(*wrong: Spoiled) -> None:
                host.call(lambda: device.simulator.spoiled.extend(wrong))  # type: ignore[attr-defined]

            yield Bench(session, tasks, toasts, page, spoil)
        finally:
            page.release()
            await session.aclose()
            await tasks.aclose()


async def refuses(_connection: object, _meter: str) -> AsyncGenerator[Reading, None]:
    raise DeviceRefused("No stream for you.", hint="Ask nicely.")
    yield Reading(0.0, ())


class Once:
    """A feed that gives a few readings and ends; the first opening fails with a bug, if it is told to."""

    def __init__(self, *readings: Reading, bug: bool = False) -> None:
        self._readings, self._bug = readings, bug
        self.opened = 0

    async def __call__(self, _connection: object, _meter: str) -> AsyncGenerator[Reading, None]:
        self.opened += 1
        if self._bug:
            raise ZeroDivisionError("not an error of the device")
        for reading in self._readings:
            yield reading


VOLTAGE = Quantity("voltage.l1", "Voltage L1", Unit.VOLT, Phase.L1)


def feed(source: Callable[[Any, str], AsyncGenerator[Reading, None]], *quantities: Quantity) -> tuple[Feed, ...]:
    chosen = quantities or (VOLTAGE,)
    return (Feed(key="own", title="Own", quantities=chosen, open=source, plotted=tuple(q.key for q in chosen)),)


def test_the_page_alone_loads_no_plots() -> None:
    code = "import sys, ui.pages.live; print(sorted({'numpy', 'pyqtgraph', 'zeroconf'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_readings_arrive_as_numbers_and_curves(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            await until(lambda: at.find(QLabel, "value.voltage.l1").text() not in ("", "–"))
            volts = float(at.find(QLabel, "value.voltage.l1").text())
            assert 200 < volts < 260
            assert [plot.unit for plot in at.plots.plots] == [Unit.WATT, Unit.VOLT, Unit.AMPERE]
            assert [curve.name for curve in at.plots.plots[0].curves] == ["Total", "L1", "L2", "L3"]
            await until(lambda: at.page.state.text().startswith("Live, last reading"))
            assert at.plots.painter.running

    qrun(story())


def test_leaving_the_page_frees_the_only_stream(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            at.page.hide()
            assert at.session.feeds.running == 0
            assert not at.plots.painter.running
            kept = at.source.ring.readings
            at.page.show()
            assert at.session.feeds.running == 1
            await at.reading()
            assert at.source.ring.readings > kept

    qrun(story())


def test_a_paused_plot_stands_still_and_readings_go_on(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            at.page.pause.click()
            assert at.page.pause.text() == "Continue"
            assert not at.plots.painter.running
            await at.reading()
            at.page.pause.click()
            assert at.plots.painter.running
            assert at.page.pause.text() == "Pause"

    qrun(story())


def test_a_zoom_pauses_and_the_whole_window_goes_on(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            at.plots.zoom_to(-120.0, -60.0)
            assert at.plots.paused
            await until(lambda: at.plots.plots[0].box.viewRange()[0] == [-120.0, -60.0])
            qtbot.keyClick(at.plots, Qt.Key.Key_Left)
            await until(lambda: at.plots.plots[-1].box.viewRange()[0] == [-126.0, -66.0])
            at.page.reset.click()
            assert not at.plots.paused
            assert not at.page.reset.isEnabled()
            await until(lambda: at.plots.plots[0].box.viewRange()[0] == [-300.0, 0.0])

    qrun(story())


def test_dragging_marks_a_stretch_of_time(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            plot = at.plots.plots[1]
            view = plot._view
            box = view.mapFromScene(plot.box.sceneBoundingRect()).boundingRect()
            start, end = (QPoint(box.left() + box.width() * part // 4, box.center().y()) for part in (1, 3))
            qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
            for step in range(1, 6):
                qtbot.mouseMove(view.viewport(), start + (end - start) * step / 5)
                await asyncio.sleep(0.02)
            qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
            await until(lambda: at.plots.zoomed)
            await until(lambda: plot.box.viewRange()[0][0] > -240)
            left, right = plot.box.viewRange()[0]
            assert left == pytest.approx(-225, abs=10)
            assert right == pytest.approx(-75, abs=10)

    qrun(story())


def test_a_ticked_quantity_gets_its_plot_and_its_number(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            at.page.list.tick("power_factor")
            at.page.list.tick("voltage.l1", on=False)
            assert Unit.RATIO in [plot.unit for plot in at.plots.plots]
            volts = next(plot for plot in at.plots.plots if plot.unit is Unit.VOLT)
            assert [curve.name for curve in volts.curves] == ["L2", "L3"]
            await until(lambda: at.find(QLabel, "value.power_factor").text() != "–")
            assert at.page.findChild(QLabel, "whatwatt.live.value.voltage.l1") is None

    qrun(story())


def test_what_a_device_does_not_measure_is_left_out_until_it_comes_or_is_asked_for(qtbot: QtBot, qrun: QRun) -> None:
    amps = Quantity("current.l1", "Current L1", Unit.AMPERE, Phase.L1)
    watts = Quantity("power.l1", "Active power L1", Unit.WATT, Phase.L1)
    later = asyncio.Event()

    async def source(_connection: object, _meter: str) -> AsyncGenerator[Reading, None]:
        yield Reading(time.time(), (230.0, math.nan, math.nan))
        await later.wait()
        yield Reading(time.time(), (230.0, 5.0, math.nan))
        await asyncio.Event().wait()

    async def story() -> None:
        async with bench(qtbot, feed(source, VOLTAGE, amps, watts)) as at:
            assert at.source.ticked == ("voltage.l1", "current.l1", "power.l1")
            await until(lambda: at.source.ticked == ("voltage.l1",))
            assert [plot.unit for plot in at.plots.plots] == [Unit.VOLT]
            later.set()
            await until(lambda: at.source.ticked == ("voltage.l1", "current.l1"))
            at.page.list.tick("power.l1")
            readings = at.source.ring.readings
            at.source.keep(Reading(time.time(), (231.0, 5.0, math.nan)))
            at.page.tell()
            assert at.source.ring.readings > readings
            assert at.source.ticked == ("voltage.l1", "current.l1", "power.l1")

    qrun(story())


def test_the_other_feed_takes_the_place_of_the_first(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            at.page.feed.setCurrentIndex(1)
            assert at.session.feeds.running == 1
            assert at.source.feed.key == "report"
            await at.reading()

    qrun(story())


def test_a_feed_that_fails_says_what_to_do_and_can_be_tried_again(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot, feed(refuses)) as at:
            await until(lambda: at.page.retry.isVisible())
            assert at.page.state.text() == "Refused by the device: No stream for you. Ask nicely."
            at.page.retry.click()
            assert at.page.state.text().startswith("Waiting for the first reading")
            assert not at.page.retry.isVisible()
            await until(lambda: at.page.retry.isVisible())

    qrun(story())


def test_a_feed_that_ends_says_so(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        source = Once(Reading(1_700_000_000.0, (230.0,)))
        async with bench(qtbot, feed(source)) as at:
            await until(lambda: at.page.state.text() == "The feed has ended.")
            at.page.retry.click()
            await until(lambda: source.opened == 2)

    qrun(story())


def test_a_bug_in_a_feed_is_told_as_one(qtbot: QtBot, qrun: QRun, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with bench(qtbot, feed(Once(bug=True))) as at:
            await until(lambda: at.toasts.shown)
            assert "ZeroDivisionError" in at.toasts.shown[0].text
            assert "fault in the program" in at.page.state.text()

    qrun(story())
    assert "a bug of ours" in caplog.text


def test_silence_is_told(qtbot: QtBot, qrun: QRun) -> None:
    forever = asyncio.Event()

    async def silent(_connection: object, _meter: str) -> AsyncGenerator[Reading, None]:
        for second in range(2):
            yield Reading(1_700_000_000.0 + second, (230.0,))
        await forever.wait()

    async def story() -> None:
        async with bench(qtbot, feed(silent)) as at:
            await until(lambda: at.page.state.text().startswith("Live"))
            await until(lambda: at.page.state.text().startswith("No reading for"))
            assert "reconnecting" in at.page.state.text()

    qrun(story())


def test_events_that_could_not_be_read_are_counted_in_the_line_below(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            assert "could not be read" not in at.page.state.text()
            at.spoil(Spoiled.HUGE)
            await until(lambda: at.page.state.text().endswith("; 1 event could not be read"))
            at.spoil(Spoiled.BAD_UTF8, Spoiled.BAD_JSON)
            await until(lambda: at.page.state.text().endswith("; 3 events could not be read"))
            assert at.page.state.text().startswith("Live, last reading")
            await at.reading()

    qrun(story())


def test_a_device_that_may_be_asked_once_a_minute_is_not_called_silent_meanwhile(qtbot: QtBot, qrun: QRun) -> None:
    forever = asyncio.Event()

    async def seldom(_connection: object, _meter: str) -> AsyncGenerator[Reading, None]:
        yield Reading(1_700_000_000.0, (230.0,))
        await forever.wait()

    (slow,) = feed(seldom)
    slow = dataclasses.replace(slow, interval_s=lambda _: 60.0)

    async def story() -> None:
        async with bench(qtbot, (slow,)) as at:
            await until(lambda: at.page.state.text().startswith("Live"))
            at.source.heard_at = time.monotonic() - 42
            at.page.tell()
            assert at.page.state.text() == "Live, last reading 42 s ago, the next in 18 s"
            at.source.heard_at = time.monotonic() - 200
            at.page.tell()
            assert at.page.state.text().startswith("No reading for 3 min 20 s")

    qrun(story())


def test_a_gap_is_painted_as_a_gap(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        now = time.time()
        seconds = [second for second in range(-290, -5) if not -200 < second < -100]
        source = Once(*(Reading(now + second, (230.0 + second % 3,)) for second in seconds))
        async with bench(qtbot, feed(source)) as at:
            await until(lambda: at.source.ended)
            plot = at.plots.plots[0]
            plot.paint(at.plots.span())
            picture = plot._view.grab().toImage()
            box = plot._view.mapFromScene(plot.box.sceneBoundingRect()).boundingRect()
            colour = QColor(LIGHT.l1).rgb()
            painted = {
                x
                for x in range(box.left() + 2, box.right() - 2)
                for y in range(box.top(), box.bottom())
                if picture.pixel(x, y) == colour
            }
            scale = box.width() / 300
            gap = range(round(box.right() - 198 * scale), round(box.right() - 103 * scale))
            assert len(painted) > 0.5 * box.width()
            assert not painted & set(gap)

    qrun(story())


def test_every_reading_is_exported(qtbot: QtBot, qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            await at.reading()
            await at.reading()
            dialog = at.page.exports.ask_csv()
            kept = at.source.ring.readings
            dialog.fileSelected.emit(str(tmp_path / "live.csv"))
            dialog.close()
            await until(lambda: at.toasts.shown)
            rows = list(csv.DictReader((tmp_path / "live.csv").read_text(encoding="utf-8").splitlines()))
            assert len(rows) == kept
            assert 200 < float(rows[-1]["Voltage L1 [V]"]) < 260
            dialog = at.page.exports.ask_png()
            dialog.fileSelected.emit(str(tmp_path / "live.png"))
            dialog.close()
            await until(lambda: len(at.toasts.shown) == 2)
            assert (tmp_path / "live.png").read_bytes().startswith(b"\x89PNG")

    qrun(story())


def test_an_export_that_fails_says_so(qtbot: QtBot, qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            for ask in (at.page.exports.ask_csv, at.page.exports.ask_png):
                dialog = ask()
                dialog.fileSelected.emit(str(tmp_path / "missing" / "live.x"))
                dialog.close()
            await until(lambda: at.toasts.shown)
            await until(lambda: not at.tasks.running)
            assert {toast.kind for toast in at.toasts.shown} == {"error"}
            assert "cannot be written" in at.toasts.shown[0].text

    qrun(story())


def test_the_theme_follows(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        from PySide6.QtWidgets import QApplication

        async with bench(qtbot) as at:
            await at.reading()
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            theme = apply_theme(app, "dark")
            picture = at.plots.picture().toImage()
            assert picture.pixelColor(picture.width() // 2, picture.height() // 6).name() == theme.surface

    qrun(story())


def test_controls_are_named_for_everybody(qtbot: QtBot, qrun: QRun) -> None:
    async def story() -> None:
        async with bench(qtbot) as at:
            for name, words in (("pause", "Pause"), ("reset", "Unzoom"), ("quantities", "Quantities")):
                assert at.find(QPushButton, name).accessibleName() == words
            assert at.page.window_choice.accessibleName() == "Window"

    qrun(story())


def test_families_and_names() -> None:
    quantities = next(feed for feed in WHATWATT.feeds if feed.key == "live").quantities
    power = families(quantities)[0]
    assert (power.title, [phase.value for phase in power.members]) == ("Active power", ["", "L1", "L2", "L3"])
    names = {quantity.key: curve_name(quantity) for quantity in quantities}
    assert names["power.l2"] == "L2"
    assert names["power.total"] == "Total"
    assert names["power.import"] == "import"
    assert names["power_factor"] == "Power factor"
