"""The energy flow of a plant: it moves with the stream, tells directions in words, and says when it is not live."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.commission.recorded import Batch, RecordedChannel
from app.model.quantity import Reading, Unit
from app.vendors.ingecon.feeds import OF_PLANT, OF_STORAGE, PLANT_FEED, STORAGE_FEED, plant_values
from app.vendors.ingecon.flow import EnergyFlow
from app.vendors.ingecon.simulator import IngeconSimulator, Kind, Spoiled
from app.vendors.ingecon.wire import phases
from tests.app.ingecon.devices import fixture
from tests.ui.conftest import QRun, until
from tests.ui.ingecon import Connected, connected, plant
from tests.ui.test_recordings_page import replay_of
from tests.ui.test_window import opened
from ui.pages import picture as picture_page
from ui.pages.picture import PicturePage
from ui.plots.wording import value_text
from ui.theme import THEMES, apply_theme
from ui.vendors import picture_of
from ui.vendors.ingecon.flow import FlowPicture
from ui.vendors.ingecon.flow_lines import THINNEST, WIDEST, speed_of, width_of
from ui.vendors.ingecon.flow_parts import Part, parts_of
from ui.workbench import State

STREAM = "GET /system/events/sse/stream"


def reading(**fields: Any) -> Reading:
    """A reading of the layout with a STORAGE 1Play, as its feed gives it."""
    told = phases({"Phases": [{"Phase": 4, **fields}]})
    assert told is not None
    return Reading(0.0, plant_values(OF_STORAGE, told))


def flow_page(at: Connected) -> PicturePage:
    shown = at.page.open("flow")
    assert isinstance(shown, PicturePage)
    return shown


def drawn(shown: PicturePage) -> FlowPicture:
    assert isinstance(shown.widget, FlowPicture)
    return shown.widget


@pytest.fixture
def shown(qtbot: QtBot) -> FlowPicture:
    made = FlowPicture("test.flow")
    qtbot.addWidget(made)
    made.resize(780, 460)
    made.show()
    return made


def words(picture: FlowPicture, key: str) -> str:
    found = picture.findChild(QLabel, f"test.flow.{key}.words")
    assert found is not None
    return found.text()


# What it says


def test_every_part_has_its_number_and_its_direction_in_words(shown: FlowPicture) -> None:
    shown.show_reading(
        STORAGE_FEED,
        reading(W=-1728, pv=5696, PacCharge=41, PacDischarge=0, soc=95, cons=327, _plant_rev=3600, PacCLoads=134),
    )
    said = {key: (words(shown, key), shown.part(key).value) for key in shown.cards}
    assert said == {
        "sun": ("generating", value_text(5696, Unit.WATT)),
        "grid": ("export", value_text(1728, Unit.WATT)),
        "battery": ("charging", "41 W"),
        "car": ("charging a car", value_text(3600, Unit.WATT)),
        "loads": ("drawing", "327 W"),
        "critical": ("drawing", "134 W"),
    }
    assert shown.accessibleName() == (
        "Energy flow: export 1728 W, sun 5696 W, battery charging 41 W (95 %), loads 327 W, "
        "critical loads 134 W, car 3600 W"
    )
    assert shown.cards["battery"].accessibleName().startswith("Battery: charging, 41 W, 95 % full")


def test_import_and_export_flow_in_opposite_directions(shown: FlowPicture) -> None:
    for power, word in ((1500, "import"), (-1500, "export"), (0, "no exchange")):
        shown.show_reading(STORAGE_FEED, reading(W=power, pv=0, cons=0))
        assert words(shown, "grid") == word
        assert shown.part("grid").power == power
        assert math.copysign(1, speed_of(shown.part("grid"), 5000)) == math.copysign(1, power)


def test_what_is_not_known_is_grey_and_called_so(shown: FlowPicture) -> None:
    shown.show_reading(STORAGE_FEED, reading(W=100))
    for key in ("sun", "battery", "car", "critical"):
        assert words(shown, key) == "not known"
        assert not shown.cards[key].value.isEnabled()
        assert shown.part(key).value == "–"
    assert shown.cards["grid"].value.isEnabled()


def test_a_battery_that_is_away_shows_no_charge(shown: FlowPicture) -> None:
    shown.show_reading(STORAGE_FEED, reading(W=1015, pv=0, cons=1015, PacCharge=0, soc=0, vbat=0, StatusBat=7))
    assert words(shown, "battery") == "not available"
    assert not shown.cards["battery"].gauge.isVisible()
    assert shown.cards["battery"].notes.text() == ""
    shown.show_reading(STORAGE_FEED, reading(W=1015, PacCharge=0, PacDischarge=300, soc=57, vbat=412, StatusBat=1))
    assert words(shown, "battery") == "discharging"
    assert shown.cards["battery"].gauge.isVisible()
    assert shown.cards["battery"].notes.text().startswith("57 % full")


def test_three_phases_tell_the_grid_by_phase_and_the_other_layout_what_goes_where(shown: FlowPicture) -> None:
    told = phases(fixture("7.3-event-phases.json"))
    assert told is not None
    shown.show_reading(PLANT_FEED, Reading(0.0, plant_values(OF_PLANT, told)))
    notes = shown.cards["grid"].notes.text().replace("\u00a0", " ")
    assert notes == f"L1 {value_text(2510, Unit.WATT)}, L2 0 W, L3 0 W"
    assert shown.routes.text() == ""
    shown.show_reading(STORAGE_FEED, reading(W=300, cons=800, pv=500, _pv_cons=500, _grid_cons=300))
    assert shown.routes.text() == "What goes where: sun to loads 500 W, grid to loads 300 W"


def test_more_power_is_a_wider_line_and_faster_arrows() -> None:
    def grid(power: float) -> Part:
        return next(part for part in parts_of(EnergyFlow(grid=power)) if part.key == "grid")

    widths = [width_of(grid(power), 6000) for power in (0, 100, 1000, 6000)]
    assert widths == sorted(widths)
    assert (widths[0], widths[-1]) == (THINNEST, WIDEST)
    speeds = [speed_of(grid(power), 6000) for power in (0, 100, 1000, 6000)]
    assert speeds == sorted(speeds)
    assert speed_of(grid(-1000), 6000) == -speed_of(grid(1000), 6000)


def test_it_moves_only_while_something_flows_and_it_is_on_screen(shown: FlowPicture, qtbot: QtBot) -> None:
    assert not shown.moving
    shown.show_reading(STORAGE_FEED, reading(W=0, pv=2, cons=0, PacCharge=0))
    assert not shown.moving, "nothing flows"
    shown.show_reading(STORAGE_FEED, reading(W=-900, pv=900))
    assert shown.moving
    qtbot.waitUntil(lambda: shown.moved("grid") < 0 < shown.moved("sun"))
    shown.hide()
    assert not shown.moving
    shown.show()
    assert shown.moving
    shown.set_stale(True)
    assert not shown.moving
    assert shown.accessibleName().endswith("no longer live")
    assert not shown.cards["grid"].value.isEnabled()


@pytest.mark.parametrize("theme", list(THEMES))
def test_it_is_painted_in_every_theme(shown: FlowPicture, qapp: Any, theme: str) -> None:
    apply_theme(qapp, theme)
    shown.show_reading(STORAGE_FEED, reading(W=-900, pv=900, cons=0, PacCharge=0))
    picture = shown.grab().toImage()
    house, card = shown.house.geometry(), shown.cards["sun"].geometry()
    between = [picture.pixelColor(x, y).name() for x in range(card.right() + 8, house.left() - 8, 2)
               for y in range(card.center().y(), house.center().y(), 2)]  # fmt: skip
    assert THEMES[theme].tone("warn") in between


def test_only_an_ems_has_the_picture() -> None:
    assert picture_of("ingecon", (STORAGE_FEED,)) is not None
    assert picture_of("g13", (STORAGE_FEED,)) is None
    assert picture_of("ingecon", ()) is None


# With a device


@pytest.mark.parametrize("kind", [Kind.EMS_STORAGE, Kind.EMS_PHASES])
def test_it_follows_the_plant_from_import_to_export(qrun: QRun, tmp_path: Path, kind: Kind) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            shown = flow_page(at)
            assert at.page.keys()[0] == "flow"
            picture = drawn(shown)
            await until(lambda: picture.accessibleName().startswith("Energy flow: import"))
            await until(lambda: picture.moved("grid") > 0)
            # Before the sun is up the battery may give a few watts more than is drawn.
            await until(lambda: picture.part("grid").power < -500, 20)
            assert picture.part("grid").words == "export"
            assert picture.part("sun").words == "generating"
            before = picture.moved("grid")
            await until(lambda: picture.moved("grid") < before)
            assert shown.state.startswith("Live, last reading")

    with plant(kind, hour=5, speed=4000) as device:
        qrun(watch(), 60)


def test_one_stream_serves_the_picture_and_the_plots_and_leaving_frees_it(qrun: QRun, tmp_path: Path) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            shown = flow_page(at)
            await until(lambda: shown.state.startswith("Live"))
            live: Any = at.page.open("live")
            await until(lambda: live.source is not None and live.source.ring.readings >= 2)
            heard: list[Reading] = []
            listener = at.page.session.feeds.subscribe(shown.feed, "", on_reading=heard.append, on_end=print)
            flow_page(at)
            await until(lambda: shown.state.startswith("Live") and len(heard) > 2)
            assert device.simulator.streams == 1
            listener.close()
            at.page.open("ingecon.daily")
            await until(lambda: device.simulator.streams == 0)

    with plant(Kind.EMS_STORAGE) as device:
        qrun(watch(), 60)


def test_silence_is_said_and_greys_the_picture_until_the_device_speaks_again(
    qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_page, "STALE_S", 0.6)

    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            shown = flow_page(at)
            await until(lambda: drawn(shown).moving)
            device.unplug()
            await until(lambda: shown.state.startswith("No reading for"))
            assert not drawn(shown).moving
            assert drawn(shown).accessibleName().endswith("no longer live")
            device.plug_in()
            await until(lambda: drawn(shown).moving, 30)
            assert shown.state.startswith("Live")
            assert at.handle.state is State.CONNECTED

    with plant(Kind.EMS_STORAGE) as device:
        qrun(watch(), 60)


def test_events_that_cannot_be_read_are_counted_below(qrun: QRun, tmp_path: Path) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            shown = flow_page(at)
            await until(lambda: shown.state.startswith("Live"))
            asked = device.simulator.requests.count(STREAM)
            device.simulator.spoiled.extend((Spoiled.BAD_JSON, Spoiled.HUGE, Spoiled.NOT_UTF8))
            await until(lambda: shown.state.endswith("; 3 events could not be read"))
            assert shown.state.startswith("Live"), "the stream goes on"
            assert device.simulator.requests.count(STREAM) == asked, "on the same connection"

    with plant(Kind.EMS_PHASES) as device:
        qrun(watch(), 60)


def test_a_stream_that_is_gone_says_so_and_is_tried_again_by_keyboard(qrun: QRun, tmp_path: Path) -> None:
    async def watch() -> None:
        async with connected(tmp_path, device) as at:
            at.page.open("ingecon.daily")
            await until(lambda: device.simulator.streams == 0)
            device.unplug()
            other = device.host.add(IngeconSimulator(Kind.PLAY_1), port=device.running.address.port)
            shown = flow_page(at)
            retry = at.find(QPushButton, "ingecon.flow.retry")
            await until(retry.isVisible)
            assert "404" in shown.state
            device.host.remove(other)
            device.plug_in()
            retry.setFocus()
            QTest.keyClick(retry, Qt.Key.Key_Space)
            await until(lambda: shown.state.startswith("Live"))
            assert not retry.isVisible()

    with plant(Kind.EMS_STORAGE) as device:
        qrun(watch(), 60)


def test_what_the_picture_shows_is_recorded_whole_on_the_same_stream(qrun: QRun, tmp_path: Path) -> None:
    async def record() -> None:
        async with connected(tmp_path, device) as at:
            shown = flow_page(at)
            await until(lambda: shown.state.startswith("Live"))
            assert shown.record.isVisible()
            QTest.keyClick(shown.record, Qt.Key.Key_Space)
            recorder = at.window.bench.recording.recorder
            assert recorder is not None
            at.page.open("ingecon.daily")
            await until(lambda: recorder.readings >= 3)
            assert device.simulator.streams == 1
            at.window.bench.recording.stop()
            await until(lambda: not at.window.bench.recording.running)
            (kept,) = at.window.bench.site.recordings.all()
            assert [quantity.key for quantity in kept.channels[0].quantities] == [q.key for q in shown.feed.quantities]
            replay = await replay_of(at.window)
            QTest.keyClick(replay.bar.picture, Qt.Key.Key_Space)
            picture = replay.findChild(FlowPicture, "replay.picture")
            assert picture is not None
            assert all(picture.part(key).known for key in ("sun", "grid", "battery", "loads", "critical"))

    with plant(Kind.EMS_STORAGE) as device:
        qrun(record(), 60)


# From a recording


def test_a_recording_is_replayed_as_the_picture_and_gaps_are_not_live(qrun: QRun, tmp_path: Path) -> None:
    async def replay() -> None:
        async with opened(tmp_path) as window:
            begun = 1_780_000_000.0
            chosen = tuple(q for q in STORAGE_FEED.quantities if q.key in ("w", "pv", "paccharge", "pacdischarge"))
            channel = RecordedChannel("ingecon:4040", "EMS", "", "EMS", "storage", "Plant", chosen)
            number = window.bench.site.recordings.begin("Cloud", begun, [channel])
            told = [Reading(begun + at, (-500.0 if at < 60 else 700.0, 900.0, 0.0, 0.0)) for at in range(120)]
            gapped = [one for one in told if not 30 < one.time_s - begun < 50]
            window.bench.site.recordings.write(number, Batch({0: gapped}))
            window.bench.site.recordings.end(number, begun + 119)
            shown = await replay_of(window)
            assert shown.bar.picture.text() == "Energy flow"
            QTest.keyClick(shown.bar.picture, Qt.Key.Key_Space)
            picture = shown.findChild(FlowPicture, "replay.picture")
            assert isinstance(picture, FlowPicture)
            assert picture.isVisible()
            assert picture.part("grid").words == "import"
            assert picture.part("car").words == "not known", "it was not recorded"
            shown.seek(begun + 10)
            assert picture.part("grid").words == "export"
            assert picture.moving
            shown.seek(begun + 40)
            assert not picture.moving
            assert picture.accessibleName().endswith("no longer live")
            shown.seek(begun + 55)
            shown.bar.speed.setCurrentIndex(shown.bar.speed.findData(100))
            shown.toggle()
            await until(lambda: picture.part("grid").words == "import")
            await until(lambda: not shown.playing)
            QTest.keyClick(shown.bar.picture, Qt.Key.Key_Space)
            assert not picture.isVisible()
            assert shown.plots is not None
            assert shown.plots.isVisible()

    qrun(replay(), 60)
