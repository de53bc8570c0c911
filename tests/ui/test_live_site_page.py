"""The live page of a site: any quantities of any devices on one axis of time, over real sockets."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.model.quantity import Unit
from app.vendors.g13 import feeds
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import press, tab_to, write
from tests.ui.live_site import EMS, G13, KITCHEN, METER, PLANT, SMARTMAC, WHATWATT, OnSite, devices, on_site
from tests.ui.test_every_control import SMALL, nameless
from tests.ui.test_window import asked
from ui.handle import State
from ui.pages.live import LivePage
from ui.pages.live_choice import MOST_CURVES
from ui.theme import LIGHT

Key = Qt.Key
ALL = (G13, WHATWATT, SMARTMAC, EMS)
POWERS = ["Main incomer", "Ventilation", KITCHEN, METER, f"{PLANT} · Grid power"]
Story = Callable[[OnSite], Coroutine[None, None, None]]
OnDevices = Callable[..., None]


@pytest.fixture
def on_devices(qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnDevices:
    """Run a test on the page, with these devices connected (default: all), at a fast pace."""
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.1)

    def on(story: Story, *connected: int, limit_s: float = 60) -> None:
        async def prepared() -> None:
            async with on_site(host, tmp_path, *(connected or ALL)) as at:
                await story(at)

        with devices() as host:
            qrun(prepared(), limit_s)

    return on


def test_the_page_alone_loads_no_plots() -> None:
    code = "import sys, ui.pages.site; print(sorted({'numpy', 'pyqtgraph', 'zeroconf'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_total_power_of_every_device_of_every_family_is_shown_first(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        assert at.names() == [POWERS]
        await until(lambda: at.live.state.text() == "5 of 5 sources live")
        rows = at.rows()
        assert [row[0] for row in rows] == [*POWERS[:4], PLANT]
        assert all(row[2].endswith("W") and row[3].startswith("Live, ") for row in rows)
        assert at.choice.count.text() == f"4 of 4 devices, 5 of {MOST_CURVES} curves"

    on_devices(story)


def test_units_have_plots_of_their_own_and_phases_keep_their_colours(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        from ui.plots.curve import colours

        for title in ("Main incomer", KITCHEN):
            for line in ("l1", "l2", "l3"):
                at.choice.tick(title, f"voltage.{line}")
        at.choice.tick(KITCHEN, "current.l1")
        assert [plot.unit for plot in at.plots.plots] == [Unit.WATT, Unit.VOLT, Unit.AMPERE]
        volts, amperes = at.plots.plots[1].curves, at.plots.plots[2].curves
        assert [curve.name for curve in volts] == [f"{t} · L{n}" for t in ("Main incomer", KITCHEN) for n in (1, 2, 3)]
        assert [curve.mark for curve in volts][::3] == ["L1 Main incomer", f"L1 {KITCHEN}"]
        shown = colours(volts, LIGHT)
        assert shown[:3] == [LIGHT.l1, LIGHT.l2, LIGHT.l3]
        assert len(set(shown)) == 6
        # The same conductor of the same device has the same colour in another plot, where it is alone.
        assert colours(amperes, LIGHT) == [shown[3]]

    on_devices(story, G13, WHATWATT)


def test_a_colour_is_free_again_when_nobody_shows_it(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        from ui.plots.curve import colours

        first = dict(
            zip([curve.of for curve in at.plots.plots[0].curves], colours(at.plots.plots[0].curves, LIGHT), strict=True)
        )
        assert len(set(first.values())) == len(first), "no two devices look alike"
        at.choice.tick(KITCHEN, on=False)
        at.choice.tick(PLANT, on=False)
        at.choice.tick(PLANT)
        at.choice.tick(KITCHEN)
        again = dict(
            zip([curve.of for curve in at.plots.plots[0].curves], colours(at.plots.plots[0].curves, LIGHT), strict=True)
        )
        assert len(set(again.values())) == len(again)
        kept = first.keys() - {KITCHEN, PLANT}
        assert {name: again[name] for name in kept} == {name: first[name] for name in kept}

    on_devices(story, G13, WHATWATT, EMS)


def test_several_totals_of_one_device_are_told_apart_in_words_and_colours(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        from ui.plots.curve import colours

        for key in ("pv", "cons"):
            at.choice.tick(PLANT, key)
        (plot,) = at.plots.plots
        own = [curve for curve in plot.curves if curve.of == PLANT]
        assert {curve.mark.split(",")[0] for curve in own} == {"Grid power", "PV generation", "Loads"}
        assert len(set(colours(plot.curves, LIGHT))) == len(plot.curves)

    on_devices(story)


def test_pause_zoom_and_crosshair_are_shared_by_all_devices(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await until(lambda: at.readings(KITCHEN) > 3 and at.readings("Main incomer") > 3)
        at.live.pause.click()
        at.choice.tick(KITCHEN, "voltage.l1")
        at.plots.zoom_to(-120.0, -60.0)
        assert at.live.reset.isEnabled()
        at.live.reset.click()
        at.plots.hovered.emit(at.live._shown[0].ring.last_s)
        model = at.live.values.model()
        assert model.headerData(0, Qt.Orientation.Horizontal).startswith("At ")
        assert at.row("Main incomer")[-2].endswith(" W")
        assert at.row(KITCHEN)[-2].endswith(" W")
        at.plots.hovered.emit(None)
        assert model.headerData(0, Qt.Orientation.Horizontal) == "Device"

    on_devices(story, G13, WHATWATT)


def test_one_stream_of_a_device_serves_every_page_that_looks(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        for place, title in ((WHATWATT, KITCHEN), (EMS, PLANT)):
            session = at.handles[place].session
            assert session is not None
            own = LivePage(session, tasks=at.window.tasks, toasts=at.window.toasts, feeds=session.live_feeds())
            own.show()
            simulator = at.running[place].simulator
            await until(lambda own=own: own.source is not None and own.source.ring.readings > 2)
            before = at.readings(title)
            await until(lambda title=title, before=before: at.readings(title) > before + 2)
            assert simulator.streams == 1  # type: ignore[attr-defined]
            assert session.feeds.running == 1
            if place == EMS:
                # The plant's page, from which the picture of the energy flow is drawn, reads the same stream.
                await session.read(session.vendor.section("ingecon.plant"), "")
                assert simulator.streams == 1  # type: ignore[attr-defined]
            at.window.show_node(None)
            await until(lambda session=session: session.feeds.running == 1)
            own.close()
            own.release()
            await until(lambda simulator=simulator: simulator.streams == 0)
            own.deleteLater()
            at.window.show_site()

    on_devices(story, WHATWATT, EMS)


def test_a_device_that_connects_meanwhile_appears_and_one_that_leaves_is_gone(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        assert at.names() == [["Main incomer", "Ventilation"]]
        assert at.listed()[0] == "Gateway"
        assert all(words.endswith(" – found") for words in at.listed()[1:])
        await at.connect(WHATWATT)
        await until(lambda: at.names() == [["Main incomer", "Ventilation", KITCHEN]])
        await until(lambda: at.readings(KITCHEN) > 2)
        kept = at.readings(KITCHEN)
        await at.window.bench.disconnect(at.handles[WHATWATT])
        await until(lambda: at.names() == [["Main incomer", "Ventilation"]])
        assert f"{KITCHEN} – not connected" in at.listed()
        await at.connect(WHATWATT)
        await until(lambda: at.readings(KITCHEN) > kept)
        assert at.names() == [["Main incomer", "Ventilation", KITCHEN]]

    on_devices(story, G13)


def test_ticking_a_device_that_is_not_connected_connects_it(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        item = next(i for i in (at.choice.tree.topLevelItem(n) for n in range(4)) if "whatwatt" in i.text(0).lower())
        item.setCheckState(0, Qt.CheckState.Checked)
        await until(lambda: at.handles[WHATWATT].state is State.CONNECTED)
        await until(lambda: KITCHEN in at.names()[0])
        assert at.window.pages.currentWidget() is at.page

    on_devices(story, G13)


def test_all_devices_of_the_site_are_connected_by_one_button(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        for place in (WHATWATT, EMS):
            await at.window.bench.disconnect(at.handles[place])
        await until(at.page._connect.isEnabled)
        at.page._connect.click()
        await until(lambda: all(at.handles[place].state is State.CONNECTED for place in (WHATWATT, EMS)))
        await until(lambda: at.live.state.text() == "4 of 4 sources live")
        await until(lambda: not at.page._connect.isEnabled())

    on_devices(story, G13, WHATWATT, EMS)


def test_an_unplugged_device_is_named_the_others_go_on_and_it_comes_back_by_itself(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await until(lambda: at.live.state.text() == "3 of 3 sources live")
        port = at.running[WHATWATT].address.port
        simulator = at.running[WHATWATT].simulator
        at.host.remove(at.running[WHATWATT])
        silent = f"2 of 3 sources live; silent: {KITCHEN}. "
        await until(lambda: at.live.state.text().startswith(silent))
        assert at.live.state.text() != silent, "it is said why"
        assert at.row(KITCHEN)[-1].startswith("Silent for ")
        before = at.readings("Main incomer")
        await until(lambda: at.readings("Main incomer") > before + 3)
        heard = at.readings(KITCHEN)
        at.host.add(simulator, port=port)
        await until(lambda: at.readings(KITCHEN) > heard + 1, limit_s=30)
        await until(lambda: at.live.state.text() == "3 of 3 sources live")

    on_devices(story, G13, WHATWATT)


def test_a_feed_that_ends_is_named_and_tried_again(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await until(lambda: at.readings("Ventilation"))
        own = at.running[G13].simulator.gateway  # type: ignore[attr-defined]
        serial = next(meter.serial for meter in at.handles[G13].session.meters if meter.alias == "Ventilation")  # type: ignore[union-attr]
        gone = own.registered.pop(serial)
        await until(lambda: "ended: Ventilation" in at.live.state.text())
        assert at.handles[G13].state is State.CONNECTED
        own.registered[serial] = gone
        at.live.retry.click()
        await until(lambda: at.live.state.text() == "3 of 3 sources live")

    on_devices(story, G13, WHATWATT)


def test_more_curves_than_can_be_told_apart_are_refused(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        for title in ("Main incomer", "Ventilation"):
            row = next(row for row in at.choice.rows() if row.channel.title == title)
            for quantity in row.channel.feed.quantities:
                at.choice.tick(title, quantity.key)
        assert at.choice.curves <= MOST_CURVES
        assert at.choice.count.text().endswith(f"at most {MOST_CURVES} can be shown.")
        assert sum(len(plot.curves) for plot in at.plots.plots) == at.choice.curves
        at.choice.first.click()
        assert at.names() == [["Main incomer", "Ventilation", KITCHEN]]

    on_devices(story, G13, WHATWATT)


def test_a_hostile_name_stays_a_name(on_devices: OnDevices, tmp_path: Path) -> None:
    hostile = "=<b>&amp;\n" + "x" * 3000

    async def story(at: OnSite) -> None:
        session = at.handles[WHATWATT].session
        assert session is not None
        assert session.identity is not None
        session.identity = msgspec.structs.replace(session.identity, name=hostile)
        at.window.bench.meters_changed(at.handles[WHATWATT])
        await until(lambda: at.listed()[1].startswith("=<b>&amp; xxx"))
        assert len(at.listed()[1]) < 200
        assert "&lt;b&gt;" in at.choice.tree.topLevelItem(1).toolTip(0)
        assert max(map(len, at.names()[0])) < 80
        await until(lambda: at.live._shown[2].ring.readings > 2)
        dialog = at.live.exports.ask_csv()
        assert dialog is not None
        dialog.fileSelected.emit(str(tmp_path / "live.csv"))
        dialog.close()
        await until(lambda: at.window.toasts.shown)
        rows = list(csv.DictReader(io.StringIO((tmp_path / "live.csv").read_text(encoding="utf-8"))))
        assert any(row["meter"].startswith("'=<b>") for row in rows)

    on_devices(story, G13, WHATWATT)


def test_what_is_exported_has_every_device_in_the_order_of_time(on_devices: OnDevices, tmp_path: Path) -> None:
    async def story(at: OnSite) -> None:
        at.choice.tick(KITCHEN, "voltage.l1")
        await until(lambda: all(at.readings(title) > 1 for title in ("Main incomer", KITCHEN, PLANT)))
        dialog = at.live.exports.ask_csv()
        assert dialog is not None
        dialog.fileSelected.emit(str(tmp_path / "live.csv"))
        dialog.close()
        await until(lambda: at.window.toasts.shown)
        rows = list(csv.DictReader(io.StringIO((tmp_path / "live.csv").read_text(encoding="utf-8"))))
        assert {row["meter"] for row in rows} == {"Main incomer", "Ventilation", KITCHEN, PLANT}
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        kitchen = [row for row in rows if row["meter"] == KITCHEN][-1]
        assert 200 < float(kitchen["Voltage L1 [V]"]) < 260
        assert kitchen["Grid power [W]"] == ""

    on_devices(story, G13, WHATWATT, EMS)


def test_a_quantity_that_is_ticked_later_begins_later(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await until(lambda: at.readings(KITCHEN) > 3)
        ring = next(source.ring for source in at.live._shown if source.channel.title == KITCHEN)
        assert ring.width == 1
        before = len(ring)
        at.choice.tick(KITCHEN, "voltage.l1")
        assert ring.width == 2
        await until(lambda: len(ring) > before + 2)
        volts = ring.column(1)
        assert volts[0] != volts[0]
        assert 200 < volts[-1] < 260

    on_devices(story, WHATWATT)


def test_what_is_searched_for_is_found_by_device_and_by_quantity(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        tree = at.choice.tree

        def seen() -> list[str]:
            return [i.text(0) for i in at.choice._items() if not i.isHidden()]

        at.choice.search.setText("ventil")
        assert seen()[:2] == ["Gateway", "Ventilation"]
        at.choice.search.setText("frequency")
        assert KITCHEN not in seen()
        assert "Frequency" in seen()
        at.choice.search.clear()
        assert [tree.topLevelItem(n).isHidden() for n in range(tree.topLevelItemCount())] == [False] * 4

    on_devices(story, G13, WHATWATT)


def test_the_site_row_without_any_device_says_how_to_begin(qrun: QRun, tmp_path: Path) -> None:
    from tests.ui.test_window import opened

    async def story() -> None:
        async with opened(tmp_path) as window:
            window.show_site()
            assert window.pages.currentWidget() is window.welcome

    qrun(story())


def test_by_keyboard_alone_open_tick_and_pause(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        at.window.show_node(None)
        press(Key.Key_L, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: at.window.pages.currentWidget() is at.page)
        tab_to("site.live.pause")
        press(Key.Key_Space)
        assert at.plots.paused
        press(Key.Key_Space)
        assert not at.plots.paused
        tab_to("site.live.list.search")
        write("voltage l1")
        tab_to("site.live.list.tree")
        for _ in range(20):
            if at.choice.tree.currentItem().text(0) == "Voltage L1":
                break
            press(Key.Key_Down)
        press(Key.Key_Space)
        assert [plot.unit for plot in at.plots.plots] == [Unit.WATT, Unit.VOLT]
        tab_to("live.plots")
        press(Key.Key_Space)
        assert at.plots.paused
        assert QApplication.focusWidget() is at.plots

    on_devices(story, G13, WHATWATT)


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_every_control_has_its_names_and_the_page_its_room(on_devices: OnDevices, theme: str) -> None:
    async def story(at: OnSite) -> None:
        at.window.set_theme(theme)
        at.window.resize(*SMALL)
        for line in ("l1", "l2", "l3"):
            at.choice.tick(KITCHEN, f"voltage.{line}")
        assert nameless(at.window) == []
        least = at.page.minimumSizeHint()
        assert least.width() + at.window.tree.minimumSizeHint().width() <= SMALL[0]
        assert least.height() <= SMALL[1] - 80
        at.choice.add.click()
        dialog = await asked(at.window, "site.sum")
        assert nameless(dialog) == []
        assert dialog.height() <= SMALL[1]
        dialog.reject()

    on_devices(story)
