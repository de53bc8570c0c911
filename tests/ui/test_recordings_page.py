"""Recording in the window: from a live page into the site, and from the site back onto the screen."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton

from app.commission.recorded import Batch, Mark, RecordedChannel, Recording
from app.model.device import Credentials
from app.model.errors import StorageFailed
from app.model.quantity import Phase, Quantity, Reading, Unit
from app.registry import vendor
from app.simulators.host import SimulatorHost, create
from app.site.sitefile import SiteFile
from app.vendors.ingecon.flow import reading_flow
from app.vendors.ingecon.simulator.device import IngeconSimulator, Kind
from tests.ui.conftest import QRun, until
from tests.ui.failures import Answering
from tests.ui.keyboard import Key, dialog, keyboard, press, tab_to, tick, when, write
from tests.ui.test_every_control import HOSTILE, nameless
from tests.ui.test_window import SITE, asked, opened
from ui.pages.live_view import LiveView
from ui.pages.recordings import RecordingsPage
from ui.pages.replay import ReplayPage
from ui.vendors.ingecon.flow import FlowPicture
from ui.window import Window
from ui.workbench import Handle

NOON = 1_780_000_000.0
POWER = Quantity("power.total", "Active power", Unit.WATT)
VOLTAGE = Quantity("voltage.l1", "Voltage L1", Unit.VOLT, Phase.L1)
HIDDEN_POPUPS = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def channel(number: int, name: str = "") -> RecordedChannel:
    title = name or f"House {number}"
    return RecordedChannel(f"test:{number}", title, "", title, "live", "Live", (POWER, VOLTAGE))


def recorded(
    site: SiteFile, title: str = "Kettle", *, names: tuple[str, ...] = ("", ""), length: int = 600
) -> Recording:
    """Two devices over ten minutes, one every second and one every five; a gap of two minutes, and two marks."""
    number = site.recordings.begin(title, NOON, [channel(place + 1, name) for place, name in enumerate(names)])
    for place in range(len(names)):
        step = 1 + 4 * place
        told = [at for at in range(0, length, step) if not 300 < at < 420]
        batch = [Reading(NOON + at, (float(at), 230.0 + place)) for at in told]
        site.recordings.write(number, Batch({place: batch}))
    for at, name in ((100, "kettle on"), (200, "<b>kettle</b> {off}")):
        site.recordings.mark(number, Mark(NOON + at, name))
    site.recordings.end(number, NOON + length)
    found = site.recordings.get(number)
    assert found is not None
    return found


@asynccontextmanager
async def connected(folder: Path, *families: str) -> AsyncIterator[tuple[Window, list[Handle], list[Any]]]:
    """A window with connected simulators."""
    with SimulatorHost() as host:
        devices = [host.add(create(vendor(family))) for family in families]
        answers = Answering(Credentials(vendor("ingecon").default_user, "installer"))
        async with opened(folder, questions=answers) as window:
            handles = []
            for device in devices:
                handle = await window.bench.add_address(str(device.address))
                await window.connect_device(handle)
                handles.append(handle)
            yield window, handles, devices


async def live_of(window: Window, handle: Handle) -> LiveView:
    window.select(handle)
    live = window.page(handle).open("live")
    assert isinstance(live, LiveView)
    await until(lambda: live.plots is not None and any(len(source.ring) for source in live.chosen()))
    return live


async def replay_of(window: Window, row: int = 0) -> ReplayPage:
    page = window.show_recordings()
    page.list.table.setCurrentCell(row, 0)
    page.list.open.click()
    await until(lambda: page.replay is not None and page.replay.plots is not None)
    assert page.replay is not None
    return page.replay


def facts(window: Window) -> str:
    label = window.findChild(QLabel, "recording.facts")
    assert label is not None
    return label.text()


def toast_titles(window: Window) -> list[str]:
    return [toast.title for toast in window.toasts.shown]


# Recording.


def test_what_is_ticked_is_recorded_while_other_pages_are_shown(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt") as (window, (handle,), _):
            live = await live_of(window, handle)
            ticked = next(iter(live.chosen())).ticked
            live.record.click()
            recorder = window.bench.recording.recorder
            assert recorder is not None
            assert recorder.title.startswith("Recording ")
            assert live.record.isChecked()
            stop = window.findChild(QPushButton, "recording.stop")
            assert stop.isVisible()
            window.show_recordings()
            assert handle.session.feeds.running == 1, "the recording ended with the page"
            before = recorder.readings
            await until(lambda: recorder.readings > before + 1)
            await until(lambda: "reading" in facts(window) and "1 source" in facts(window))
            stop.click()
            assert not stop.isVisible()
            assert toast_titles(window) == ["Recorded"]
            assert handle.session.feeds.running == 0
            (one,) = window.bench.site.recordings.all()
            assert tuple(quantity.key for quantity in one.channels[0].quantities) == ticked
            assert one.readings == recorder.readings
            assert not live.record.isChecked()

    qrun(story())


def test_the_page_of_the_site_records_devices_of_several_families_together(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt", "ingecon") as (window, handles, _):
            window.show_site()
            live = window.site_page().live
            await until(lambda: live.plots is not None and len(live.recordable()) == 2)
            live.record.click()
            recorder = window.bench.recording.recorder
            assert recorder is not None
            window.show_recordings()
            await until(lambda: len({c.device for c in recorder.channels}) == 2 and recorder.readings > 2)
            assert [handle.session.feeds.running for handle in handles] == [1, 1]
            recorder.stop()
            (one,) = window.bench.site.recordings.all()
            assert len(one.devices) == 2
            assert all(len(window.bench.site.recordings.track(one.id, place)) for place in (0, 1))

    qrun(story())


def test_a_second_recording_is_refused_in_words(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt") as (window, (handle,), _):
            live = await live_of(window, handle)
            live.record.click()
            live.record.click()
            assert "one at a time" in window.toasts.shown[0].text
            assert len(window.bench.site.recordings.all()) == 1
            window.bench.recording.stop()

    qrun(story())


def test_a_mark_stands_where_it_was_asked_for_not_where_its_name_was_typed(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt") as (window, (handle,), _):
            (await live_of(window, handle)).record.click()
            recorder = window.bench.recording.recorder
            assert recorder is not None
            window.findChild(QPushButton, "recording.mark").click()
            asked_s, readings = recorder.now(), recorder.readings
            shown = await asked(window, "recording.mark_dialog")
            await until(lambda: recorder.readings > readings + 1)
            shown.findChild(QLineEdit, "recording.mark_dialog.name").setText("kettle on")
            shown.accept()
            await until(lambda: recorder.marks == 1)
            recorder.stop()
            (mark,) = window.bench.site.recordings.all()[0].marks
            assert mark.name == "kettle on"
            assert mark.time_s - asked_s < 0.5

    qrun(story())


def test_it_goes_on_with_the_next_session_of_a_device(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt") as (window, (handle,), _):
            (await live_of(window, handle)).record.click()
            recorder = window.bench.recording.recorder
            assert recorder is not None
            await until(lambda: recorder.readings)
            await window.bench.disconnect(handle)
            assert recorder.silent
            await until(lambda: "silent" in facts(window))
            await window.connect_device(handle)
            assert not recorder.silent
            before = recorder.readings
            await until(lambda: recorder.readings > before)
            recorder.stop()

    qrun(story())


def test_closing_the_program_ends_the_recording_in_order(qrun: QRun, tmp_path: Path) -> None:
    readings = []

    async def story() -> None:
        async with connected(tmp_path, "whatwatt", "whatwatt") as (window, (reader, _), _devices):
            (await live_of(window, reader)).record.click()
            recorder = window.bench.recording.recorder
            assert recorder is not None
            await until(lambda: recorder.readings > 1)
            window.close()
            await window.shut_down()
            readings.append(recorder.readings)

    qrun(story())
    with SiteFile.open(tmp_path / SITE) as site:
        (one,) = site.recordings.all()
        assert (one.readings, one.interrupted, one.trouble) == (readings[0], False, "")


def test_a_full_disk_is_said_once_and_the_window_goes_on(
    qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt") as (window, (handle,), _):
            live = await live_of(window, handle)

            def full(*_: object) -> int:
                raise StorageFailed("The disk is full.", hint="Free some space.")

            monkeypatch.setattr(window.bench.site.recordings, "write", full)
            live.record.click()
            await until(lambda: not window.bench.recording.running, 15)
            assert toast_titles(window) == ["The recording was stopped"]
            assert "The disk is full." in window.toasts.shown[0].text
            before = next(iter(live.chosen())).ring.readings
            await until(lambda: next(iter(live.chosen())).ring.readings > before)

    qrun(story())


def test_what_was_cut_off_is_told_at_the_next_start_and_only_then(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        number = site.recordings.begin("Night", NOON, [channel(1)])
        site.recordings.write(number, Batch({0: [Reading(NOON + 5, (1.0, 2.0))]}))

    async def start(titles: list[str]) -> None:
        async with opened(tmp_path) as window:
            assert toast_titles(window) == titles
            table = window.show_recordings().list.table
            assert table.item(0, 6).text() == "Cut off"
            assert table.item(0, 2).text() == "5.0 s"

    qrun(start(["A recording was cut off"]))
    qrun(start([]))


# The list.


def test_the_list_says_what_there_is(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            page = window.show_recordings()
            table = page.list.table
            cells = [table.item(0, column).text() for column in range(table.columnCount())]
            assert cells[0] == "Kettle"
            assert cells[2] == "10 min 0 s"
            assert cells[3] == "House 1, House 2"
            assert cells[4] == "578"
            assert cells[5].endswith("kB")
            assert cells[6] == "Complete"

    qrun(story())


def test_an_empty_list_says_how_to_record(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path) as window:
            page = window.show_recordings()
            assert "press Record" in page.list.empty.text()
            assert page.list.empty.isVisible()
            assert not page.list.open.isEnabled()

    qrun(story())


def test_texts_of_any_kind_are_shown_as_they_are(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        for text in HOSTILE:
            recorded(site, text[:100], names=(text, "'=1+1"))

    async def story() -> None:
        async with opened(tmp_path) as window:
            for row in range(len(HOSTILE)):
                replay = await replay_of(window, row)
                assert replay.plots is not None
                assert replay.width() <= window.width()
                window.show_recordings().close_replay()

    qrun(story())


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_every_control_has_its_names_and_there_is_room(qrun: QRun, tmp_path: Path, theme: str) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            window.set_theme(theme)
            window.resize(1366, 768)
            page = window.show_recordings()
            assert nameless(page) == []
            replay = await replay_of(window)
            assert nameless(replay) == []
            assert (window.width(), window.height()) == (1366, 768)
            assert replay.plots is not None
            assert replay.plots.height() > 400

    qrun(story())


# Replay.


def test_a_recording_is_shown_whole_with_its_marks_and_gaps_and_as_a_replay(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            replay = await replay_of(window)
            assert "Replay of Kettle" in replay.banner.words
            assert "no present values" in replay.banner.words
            assert replay.plots is not None
            power, volts = replay.plots.plots
            assert [curve.name for curve in power.curves] == ["House 1 · Active power", "House 2 · Active power"]
            (first, second) = (curve.ring for curve in power.curves)
            assert (len(first.times()), first.readings) == (482, 481)
            assert second.gaps == 1
            assert replay.replay is not None
            assert replay.replay.at_end
            span = replay.plots.span()
            assert (span.now_s + span.start, span.now_s) == (NOON, NOON + 600)
            names = [name.toPlainText() for _, _, name in replay.plots._lines[power]]
            assert names == ["kettle on", "<b>kettle</b> {off}"]
            await until(lambda: all(line.isVisible() for _, line, _ in replay.plots._lines[volts]))
            assert power.time_axis.tickStrings([0.0], 1.0, 60.0)[0].count(":") == 1, "it tells no clock time"

    qrun(story())


def test_it_plays_at_its_speed_tells_every_reading_and_stops_at_the_end(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site, length=60)

    async def story() -> None:
        async with opened(tmp_path) as window:
            replay = await replay_of(window)
            assert replay.replay is not None
            told: list[tuple[str, float]] = []
            replay.follow(lambda one, reading: told.append((one.title, reading.time_s)))
            replay.bar.speed.setCurrentIndex(replay.bar.speed.findData(100))
            replay.bar.play.click()
            assert replay.playing
            assert replay.bar.play.text() == "Pause"
            assert replay.replay.at_s == NOON
            await until(lambda: not replay.playing)
            assert replay.replay.at_end
            assert [at for title, at in told if title == "House 1"][-59:] == [NOON + at for at in range(1, 60)]
            assert [at for _, at in told] == sorted(at for _, at in told)
            assert replay.bar.play.text() == "Play"

    qrun(story())


def test_the_slider_seeks_and_leaving_the_page_pauses(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            replay = await replay_of(window)
            assert replay.replay is not None
            replay.slider.setValue(replay.slider.maximum() // 2)
            assert replay.replay.at_s == NOON + 300
            assert "5 min 0 s of 10 min 0 s" in replay.moment.text()
            assert replay.plots is not None
            assert replay.plots.span().now_s == NOON + 300
            replay.bar.play.click()
            window.pages.setCurrentWidget(window.welcome)
            assert not replay.playing

    qrun(story())


def test_what_is_not_ticked_is_not_drawn(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            replay = await replay_of(window)
            top = replay.choice.tree.topLevelItem(0)
            for column in (0, 1):
                top.child(column).setCheckState(0, Qt.CheckState.Unchecked)
            assert replay.plots is not None
            assert [[curve.of for curve in plot.curves] for plot in replay.plots.plots] == [["House 2"], ["House 2"]]

    qrun(story())


def test_exports_are_complete(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            replay = await replay_of(window)
            for kind in ("csv", "png"):
                next(a for a in replay.bar.export.menu().actions() if a.objectName().endswith(kind)).trigger()
                shown = await asked(window, "replay.export_dialog")
                shown.findChild(QLineEdit, "fileNameEdit").setText(str(tmp_path / f"out.{kind}"))
                shown.accept()
                await until(lambda kind=kind: (tmp_path / f"out.{kind}").exists())
                await until(lambda: not window.tasks.running)
        with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.DictReader(file))) == 578 + 2
        assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")

    qrun(story())


# By keyboard alone.


@HIDDEN_POPUPS
def test_by_keyboard_from_recording_to_replay_and_away_with_it(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, "whatwatt") as (window, (handle,), _):
            live = await live_of(window, handle)
            live.window_choice.setFocus()
            tick("whatwatt.live.record")
            recorder = window.bench.recording.recorder
            assert recorder is not None
            press(Key.Key_M, Qt.KeyboardModifier.ControlModifier)
            await dialog(window, "recording.mark_dialog")
            write("kettle on")
            press(Key.Key_Return)
            await when(window, lambda: recorder.marks == 1)
            await until(lambda: recorder.readings > 1)
            tick("recording.stop")
            press(Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
            page = window.pages.currentWidget()
            assert isinstance(page, RecordingsPage)
            assert keyboard() is page.list.table
            press(Key.Key_F2)
            await dialog(window, "recordings.rename_dialog")
            write("Kettle in the kitchen")
            press(Key.Key_Return)
            await when(window, lambda: page.list.table.item(0, 0).text() == "Kettle in the kitchen")
            page.list.table.setFocus()
            press(Key.Key_Return)
            await when(window, lambda: page.replay is not None and page.replay.plots is not None)
            assert keyboard().objectName() == "replay.play"
            press(Key.Key_Space)
            assert page.replay is not None
            assert page.replay.playing
            press(Key.Key_Space)
            assert not page.replay.playing
            tab_to("replay.slider")
            press(Key.Key_Home)
            assert page.replay.replay is not None
            assert page.replay.replay.at_s == page.replay.replay.begin_s
            press(Key.Key_Escape)
            await when(window, lambda: page.replay is None)
            assert keyboard() is page.list.table
            press(Key.Key_Delete)
            await dialog(window, "recordings.delete_dialog")
            assert keyboard().objectName() == "recordings.delete_dialog.reject"
            press(Key.Key_Backtab)
            press(Key.Key_Return)
            await when(window, lambda: not page.list.table.recordings)
            assert window.bench.site.recordings.all() == ()

    qrun(story())


# Pictures.


def test_the_energy_flow_is_recorded_whole_and_moves_again_in_the_replay(qrun: QRun, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(
            tmp_path, questions=Answering(Credentials(vendor("ingecon").default_user, "installer"))
        ) as window:
            handle = await window.bench.add_address(host[0].url)
            await window.connect_device(handle)
            window.select(handle)
            flow = window.page(handle).open("flow")
            flow.record.click()
            recorder = window.bench.recording.recorder
            assert recorder is not None
            assert recorder.channels[0].quantities == flow.feed.quantities
            await until(lambda: recorder.readings > 5)
            recorder.stop()
            store = window.bench.site.recordings
            heard = store.track(recorder.id, 0).reading(0)
            # A plant changes slowly: half of everything ten seconds later.
            later = Reading(NOON + 10, tuple(value / 2 for value in heard.values))
            made = store.begin("Half", NOON, recorder.channels)
            store.write(made, Batch({0: [Reading(NOON, heard.values), later]}))
            store.end(made, NOON + 10)
            replay = await replay_of(window, 1)
            assert replay.recording.title == "Half"
            assert replay.bar.picture.text() == "Energy flow"
            assert len(replay.choice.ticked()) == len(flow.feed.plotted)
            replay.bar.picture.click()
            picture = replay.findChild(FlowPicture, "replay.picture")
            assert picture is not None
            assert picture.isVisible()
            assert replay.plots is not None
            assert not replay.plots.isVisible()
            end, begin = picture.flow, reading_flow(flow.feed, heard)
            assert end == reading_flow(flow.feed, later)
            assert end != begin
            replay.slider.setValue(0)
            assert picture.flow == begin

    simulator = IngeconSimulator(Kind.EMS_PHASES, begin=datetime.now().replace(hour=12), interval_s=0.05)
    with SimulatorHost([simulator]) as host:
        qrun(story())


def test_a_recording_without_a_picture_offers_none(qrun: QRun, tmp_path: Path) -> None:
    with SiteFile.open(tmp_path / SITE) as site:
        recorded(site)

    async def story() -> None:
        async with opened(tmp_path) as window:
            assert not (await replay_of(window)).bar.picture.isVisible()

    qrun(story())
