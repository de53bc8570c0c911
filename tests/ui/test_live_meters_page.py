"""The live page of a gateway: several of its meters in the same plots, asked over real HTTPS."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.commission.session import DeviceSession
from app.model.device import Meter
from app.model.errors import AppError
from app.model.quantity import Phase, Unit
from app.vendors.g13 import feeds
from app.vendors.g13.simulator.gateway import Registration
from tests.gateways import MAIN, Gateway, gateway, session
from tests.ui.conftest import Bench, OnBench, QRun, until
from ui.jobs import JobBar
from ui.pages.device import DevicePage
from ui.pages.live import LivePage
from ui.pages.live_choice import MOST_CURVES, MeterChoice
from ui.pages.live_meters import LiveMetersPage, meter_channels
from ui.pages.live_source import Channel
from ui.plots.curve import Curve, colours
from ui.plots.legend import MOST_ROWS, Entry, Legend
from ui.plots.ring import Ring
from ui.theme import DARK, LIGHT, apply_theme

VENTILATION = "ABB01EM000014502"
THIRD = "ABB01EM000014503"


class OnPage:
    """The page of a gateway with three registered meters, in a window of the size that the program gives it."""

    def __init__(self, bench: Bench, page: LiveMetersPage) -> None:
        self.device, self.session, self.toasts, self.tasks = bench.device, bench.session, bench.toasts, bench.tasks
        self.page = page

    @property
    def plots(self) -> Any:
        assert self.page.plots is not None
        return self.page.plots

    @property
    def choice(self) -> MeterChoice:
        assert isinstance(self.page.list, MeterChoice)
        return self.page.list

    def readings(self, meter: str) -> int:
        return next(
            (source.ring.readings for source in self.page.chosen() if source.channel.meter == meter),
            0,
        )

    def names(self) -> list[list[str]]:
        return [[curve.name for curve in plot.curves] for plot in self.plots.plots]

    def table_rows(self) -> list[list[str]]:
        model = self.page.values.model()
        return [
            [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
            for row in range(model.rowCount())
        ]


OnMeters = Callable[[Callable[[OnPage], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def on_meters(on_bench: OnBench, monkeypatch: pytest.MonkeyPatch) -> OnMeters:
    """Run a test on the page, at a fast pace."""
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.05)

    def on(test: Callable[[OnPage], Coroutine[Any, Any, None]]) -> None:
        async def prepared(bench: Bench) -> None:
            own = bench.device.simulator.gateway
            own.registered[THIRD] = Registration(own.wired(THIRD), "Kitchen", "First floor", 0.0)
            await bench.session.refresh_meters()
            page = LiveMetersPage(
                "g13.live",
                lambda: meter_channels(bench.session, bench.session.vendor.feeds),
                tasks=bench.tasks,
                toasts=bench.toasts,
                stem=("g13", "ABB01GW"),
            )
            bench.window.layout().addWidget(page)
            page.show()
            await until(lambda: page.plots is not None)
            try:
                await test(OnPage(bench, page))
            finally:
                page.release()

        on_bench(prepared)

    return on


def test_the_page_alone_loads_no_plots() -> None:
    code = "import sys, ui.pages.live_meters; print(sorted({'numpy', 'pyqtgraph', 'zeroconf'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_meters_share_a_plot_and_a_table(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        assert at.names() == [["Main incomer · Active power", "Ventilation · Active power", "Kitchen · Active power"]]
        await until(lambda: all(at.readings(meter) for meter in (MAIN, VENTILATION, THIRD)))
        await until(lambda: at.page.state.text() == "3 of 3 meters live")
        rows = at.table_rows()
        assert [row[0] for row in rows] == ["Main incomer", "Ventilation", "Kitchen"]
        assert all(row[1] == "Active power" and row[2].endswith(" W") for row in rows)
        assert all(row[3].startswith("Live, ") for row in rows)
        assert at.session.feeds.running == 3

    on_meters(story)


def test_phases_of_two_meters_keep_their_colours_told_apart(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        for meter in (MAIN, VENTILATION):
            for key in ("voltage.l1", "voltage.l2"):
                at.choice.tick(meter, key)
        power, volts = at.plots.plots
        assert (power.unit, volts.unit) == (Unit.WATT, Unit.VOLT)
        both = ("Main incomer", "Ventilation")
        assert [c.name for c in volts.curves] == [
            f"{meter} · Voltage {line}" for meter in both for line in ("L1", "L2")
        ]
        assert [curve.mark for curve in volts.curves][::2] == ["L1 Main incomer", "L1 Ventilation"]
        shown = colours(volts.curves, LIGHT)
        assert shown[:2] == [LIGHT.l1, LIGHT.l2]
        assert len(set(shown)) == 4
        assert at.table_rows()[1][:2] == ["", "Voltage"]
        head = at.page.values.model()
        titles = [head.headerData(column, Qt.Orientation.Horizontal) for column in range(head.columnCount())]
        assert titles == ["Meter", "Quantity", "L1", "L2", "Total", "State"]

    on_meters(story)


def test_the_colour_beside_a_value_is_that_of_its_curve(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        model = at.page.values.model()

        def beside() -> list[str]:
            return [model.index(row, 2).data(Qt.ItemDataRole.DecorationRole).name() for row in range(3)]

        assert beside() == [colour.lower() for colour in colours(at.plots.plots[0].curves, LIGHT)]
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, "dark")
        assert beside() == [colour.lower() for colour in colours(at.plots.plots[0].curves, DARK)]

    on_meters(story)


def test_only_ticked_meters_are_asked(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        await until(lambda: at.readings(THIRD))
        at.choice.tick(THIRD, on=False)
        assert at.session.feeds.running == 2
        asked = len([request for request in at.device.requests if THIRD in request])
        before = at.readings(MAIN)
        await until(lambda: at.readings(MAIN) > before + 3)
        later = len([request for request in at.device.requests if THIRD in request])
        # One that was on its way may still have come.
        assert later <= asked + 1
        at.choice.none.click()
        assert at.session.feeds.running == 0
        assert at.page.state.text().startswith("No meter is chosen")
        at.choice.all.click()
        await until(lambda: at.page.state.text() == "3 of 3 meters live")

    on_meters(story)


def test_what_was_heard_is_kept_while_a_meter_is_not_shown(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        await until(lambda: at.readings(MAIN) > 2)
        kept = at.readings(MAIN)
        at.choice.tick(MAIN, on=False)
        assert at.readings(MAIN) == 0
        at.choice.tick(MAIN)
        assert at.readings(MAIN) >= kept

    on_meters(story)


def test_a_silent_meter_is_named_and_the_others_go_on(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        await until(lambda: all(at.readings(meter) > 2 for meter in (MAIN, VENTILATION, THIRD)))
        at.device.simulator.gateway.wired(VENTILATION).powered = False
        silent = "2 of 3 meters live; silent: Ventilation. "
        await until(lambda: at.page.state.text().startswith(silent))
        assert at.page.state.text() != silent, "it is said why"
        assert at.table_rows()[1][3].startswith("Silent for ")
        before = at.readings(MAIN)
        await until(lambda: at.readings(MAIN) > before)
        at.device.simulator.gateway.wired(VENTILATION).powered = True
        await until(lambda: at.page.state.text() == "3 of 3 meters live", limit_s=20)

    on_meters(story)


def test_a_meter_that_is_gone_is_named_and_can_be_tried_again(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        told: list[object] = []
        at.page.contact.connect(told.append)
        await until(lambda: at.readings(THIRD))
        own = at.device.simulator.gateway
        gone = own.registered.pop(THIRD)
        await until(lambda: "ended: Kitchen" in at.page.state.text())
        assert at.page.retry.isVisible()
        assert at.table_rows()[2][3] == "Not known to the device"
        assert told == []
        own.registered[THIRD] = gone
        at.page.retry.click()
        await until(lambda: at.page.state.text() == "3 of 3 meters live")
        assert not at.page.retry.isVisible()

    on_meters(story)


def test_nobody_may_look_any_more_and_the_device_page_hears_of_it(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        told: list[object] = []
        at.page.contact.connect(told.append)
        await until(lambda: at.readings(MAIN))
        own = at.device.simulator.gateway
        kept = dict(own.registered)
        own.registered.clear()
        await until(lambda: told)
        assert isinstance(told[0], AppError)
        own.registered.update(kept)
        at.page.reload()
        await until(lambda: told[-1] is None)

    on_meters(story)


def test_a_meter_registered_meanwhile_is_offered_when_the_page_is_shown_again(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        at.choice.tick(THIRD, on=False)
        at.page.hide()
        assert at.session.feeds.running == 0
        at.session.meters = (*at.session.meters, Meter("ABB01EM000014504", alias="<b>Solar</b>"))
        at.page.show()
        assert at.choice.tree.topLevelItemCount() == 4
        assert at.choice.tree.topLevelItem(3).toolTip(0).startswith("<span>&lt;b&gt;Solar")
        assert [row.channel.title for row in at.choice.rows()] == ["Main incomer", "Ventilation"]
        assert at.session.feeds.running == 2

    on_meters(story)


def test_pause_zoom_and_crosshair_are_shared_by_all_meters(on_meters: OnMeters) -> None:
    async def story(at: OnPage) -> None:
        await until(lambda: at.readings(MAIN) > 3)
        at.page.pause.click()
        assert at.page.pause.text() == "Continue"
        at.plots.zoom_to(-120.0, -60.0)
        assert at.page.reset.isEnabled()
        at.page.reset.click()
        last = at.page.chosen()[0].ring.last_s
        at.plots.hovered.emit(last)
        model = at.page.values.model()
        assert model.headerData(0, Qt.Orientation.Horizontal).startswith("At ")
        assert at.page.at.text().startswith("At ")
        assert at.table_rows()[0][2].endswith(" W")
        at.plots.hovered.emit(last - 3600.0)
        assert at.table_rows()[0][2] == "– W"
        at.plots.hovered.emit(None)
        assert model.headerData(0, Qt.Orientation.Horizontal) == "Meter"

    on_meters(story)


def test_readings_of_all_meters_are_exported(on_meters: OnMeters, tmp_path: Path) -> None:
    async def story(at: OnPage) -> None:
        at.session.meters = tuple(
            Meter(meter.serial, alias="=1+1" if meter.serial == THIRD else meter.alias) for meter in at.session.meters
        )
        at.page.listen()
        await until(lambda: all(at.readings(meter) > 1 for meter in (MAIN, VENTILATION, THIRD)))
        dialog = at.page.exports.ask_csv()
        dialog.fileSelected.emit(str(tmp_path / "live.csv"))
        dialog.close()
        await until(lambda: at.toasts.shown)
        rows = list(csv.DictReader((tmp_path / "live.csv").read_text(encoding="utf-8").splitlines()))
        assert {(row["meter"], row["serial"]) for row in rows} == {
            ("Main incomer", MAIN),
            ("Ventilation", VENTILATION),
            ("'=1+1", THIRD),
        }
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        assert 200 < float(rows[-1]["Voltage L1 [V]"]) < 260
        dialog = at.page.exports.ask_png()
        dialog.fileSelected.emit(str(tmp_path / "live.png"))
        dialog.close()
        await until(lambda: len(at.toasts.shown) == 2)
        assert (tmp_path / "live.png").read_bytes().startswith(b"\x89PNG")

    on_meters(story)


def test_the_gateways_page_opens_it_and_a_meters_page_its_own(on_bench: OnBench) -> None:
    async def story(bench: Bench) -> None:
        more = {"tasks": bench.tasks, "toasts": bench.toasts, "jobs": JobBar(bench.window)}
        for meter, kind in (("", LiveMetersPage), (MAIN, LivePage)):
            page = DevicePage(bench.session, site="house", meter=meter, parent=bench.window, **more)
            bench.window.layout().addWidget(page)
            assert "live" in page.keys()  # noqa: SIM118 - a list
            live = page.open("live")
            assert isinstance(live, kind)
            await until(lambda live=live: live.plots is not None and bench.session.feeds.running)
            page.hide()
            assert bench.session.feeds.running == 0

    on_bench(story)


# The list alone.


@pytest.fixture
def choice(qtbot: QtBot, qrun: QRun, tmp_path: Path) -> MeterChoice:
    """A list of twenty meters."""

    async def some(device: Gateway) -> DeviceSession:
        async with session(device, tmp_path) as opened:
            return opened

    with gateway() as device:
        own = qrun(some(device))
    own.meters = tuple(Meter(f"M{number}", alias=f"Meter {number}") for number in range(20))
    made = MeterChoice("g13.live.list")
    qtbot.addWidget(made)
    made.offer(meter_channels(own, own.vendor.feeds))
    return made


def shown(choice: MeterChoice) -> dict[str, tuple[str, ...]]:
    return {row.channel.meter: row.keys() for row in choice.rows()}


def test_the_first_meters_are_ticked_with_what_one_compares(choice: MeterChoice) -> None:
    assert shown(choice) == {f"M{number}": ("power.total",) for number in range(4)}
    assert choice.count.text() == "4 of 20 meters, 4 of 36 curves"


def test_a_meter_begins_with_what_was_last_chosen_of_another(choice: MeterChoice) -> None:
    choice.tick("M1", "voltage.l1")
    choice.tick("M9")
    assert shown(choice)["M9"] == ("power.total", "voltage.l1")
    choice.tick("M10", "frequency")
    assert shown(choice)["M10"] == ("frequency",)


def test_a_meter_without_any_quantity_is_not_shown(choice: MeterChoice) -> None:
    choice.tick("M0", "power.total", on=False)
    assert "M0" not in shown(choice)
    assert choice.tree.topLevelItem(0).checkState(0) is Qt.CheckState.Unchecked


def test_all_get_the_same(choice: MeterChoice) -> None:
    choice.tick("M2", "current.l1")
    choice.tree.setCurrentItem(choice.tree.topLevelItem(2).child(3))
    choice.same.click()
    assert set(shown(choice).values()) == {("power.total", "current.l1")}


def test_more_curves_than_can_be_told_apart_are_refused(choice: MeterChoice) -> None:
    heard: list[bool] = []
    choice.all.click()
    assert choice.curves == 20
    for number in range(16):
        choice.tick(f"M{number}", "voltage.l1")
    assert choice.curves == MOST_CURVES
    choice.chosen.connect(lambda: heard.append(True))
    choice.tick("M17", "voltage.l1")
    choice.same.click()
    assert choice.curves == MOST_CURVES
    assert not heard
    assert choice.tree.topLevelItem(17).child(12).checkState(0) is Qt.CheckState.Unchecked
    assert choice.count.text() == f"That would be 40 curves, at most {MOST_CURVES} can be shown."
    choice.tick("M3", "voltage.l1", on=False)
    assert choice.count.text() == "20 of 20 meters, 35 of 36 curves"


def test_the_tree_is_worked_by_keyboard(choice: MeterChoice, qtbot: QtBot) -> None:
    choice.show()
    choice.tree.setFocus()
    choice.tree.setCurrentItem(choice.tree.topLevelItem(5))
    qtbot.keyClick(choice.tree, Qt.Key.Key_Space)
    assert shown(choice)["M5"] == ("power.total",)
    qtbot.keyClick(choice.tree, Qt.Key.Key_Right)
    qtbot.keyClick(choice.tree, Qt.Key.Key_Down)
    qtbot.keyClick(choice.tree, Qt.Key.Key_Down)
    qtbot.keyClick(choice.tree, Qt.Key.Key_Space)
    assert shown(choice)["M5"] == ("power.total", "power.l1")


def test_one_of_several_feeds_is_named_with_its_meter(choice: MeterChoice) -> None:
    channel: Channel = choice.rows()[0].channel
    one, *_ = meter_channels(channel.session, (channel.feed, channel.feed))
    assert one.title == "Meter 0, Instrument and power values"


def test_a_meter_may_have_several_totals_in_one_plot() -> None:
    ring = Ring(3)
    curves = [Curve(ring, index, name, Unit.WATT, Phase.TOTAL, of="House") for index, name in enumerate("abc")]
    assert len(set(colours(curves, LIGHT))) == 3


def test_a_long_legend_takes_a_second_row_and_counts_the_rest(qtbot: QtBot) -> None:
    legend = Legend("Active power in W")
    qtbot.addWidget(legend)
    legend.resize(600, 20)
    one_row = legend.sizeHint().height()
    entries = [Entry(f"Meter {number} · Active power L1", "#123456") for number in range(12)]
    legend.show_entries(entries[:2])
    assert legend.sizeHint().height() == one_row
    legend.show_entries(entries)
    assert legend.sizeHint().height() == MOST_ROWS * one_row
    places = legend._places()
    told = int(places[-1][2].name.removeprefix("and ").removesuffix(" more"))
    assert told == 12 - (len(places) - 1)
    assert "Meter 11" in legend.accessibleName()
    legend.resize(4000, 20)
    qtbot.waitUntil(lambda: legend._places()[-1][2].name.startswith("Meter 11"))
