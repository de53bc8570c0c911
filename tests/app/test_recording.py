"""Recording into the site file: what was written stays, whatever happens to the program, the disk or the clock."""

from __future__ import annotations

import asyncio
import csv
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from app.commission.derived import Point, SubMetering, Term
from app.commission.hearing import WantedSum
from app.commission.recorded import Batch, Mark, RecordedChannel, Recording, Track
from app.commission.recorded_csv import save_recording
from app.commission.recording import Recorder, Timeline
from app.commission.replay import MOST_TOLD, Replay
from app.model.errors import DeviceUnreachable, StorageFailed
from app.model.quantity import Feed, Quantity, Reading, Unit
from app.site.sitefile import SiteFile

from .recording_writer import ROUND
from .recordings import ALL, POWER, VOLTAGE, Clock, Meter

TOP = Path(__file__).parents[2]
KILLS = 12
NOON = 1_780_000_000.0
Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "house.wattwright"


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.002)


def recorder(site: SiteFile, **more: Any) -> Recorder:
    return Recorder(site.recordings, written_every_s=0.01, **more)


def times(track: Track) -> list[float]:
    return list(track.times)


def only(site: SiteFile) -> Recording:
    (recording,) = site.recordings.all()
    return recording


def channel(name: str = "Meter 1") -> RecordedChannel:
    return RecordedChannel("test:1", name, "", name, "live", "Live", ALL)


# Recording.


def test_readings_that_come_within_one_millisecond_are_all_kept(run: Run, path: Path) -> None:
    """Half milliseconds are rounded to even ones, so two that are one apart could become the same."""

    async def story() -> None:
        meter = Meter("test:1", "Main")
        clock = Clock(NOON)
        with SiteFile.open(path) as site:
            own = recorder(site, timeline=Timeline(lambda: clock.wall_s, lambda: clock.steady_s))
            own.start("Burst", [meter.wanted()])
            for number in range(40):
                meter.tells(NOON + 0.0015 + number * 1e-6, power=number)
            await until(lambda: own.readings == 40)
            own.stop()
            assert own.running is False
            assert only(site).trouble == ""
            kept = site.recordings.track(own.id, 0)
            assert [reading.values[0] for reading in kept.all()] == list(range(40))
            assert all(after > before for before, after in zip(kept.times, kept.times[1:], strict=False))

    run(story())


def test_two_devices_are_recorded_each_at_its_own_pace(run: Run, path: Path) -> None:
    async def story() -> None:
        fast, slow = Meter("test:1", "Main"), Meter("test:2", "Garage")
        clock = Clock(NOON)
        with SiteFile.open(path) as site:
            own = recorder(site, timeline=Timeline(lambda: clock.wall_s, lambda: clock.steady_s))
            own.start("Morning", [fast.wanted(), slow.wanted(VOLTAGE.key)])
            for second in range(1, 61):
                clock.pass_by(1)
                fast.tells(clock.wall_s, power=second)
                if second % 20 == 0:
                    slow.tells(clock.wall_s, voltage=200 + second)
                await until(lambda: fast.queue.empty() and slow.queue.empty())
            await until(lambda: own.readings == 63)
            own.mark("kettle on", NOON + 30)
            own.stop()
            recording = only(site)
            assert (recording.title, recording.begun_s, recording.ended_s) == ("Morning", NOON, NOON + 60)
            assert recording.devices == ("Main", "Garage")
            assert recording.readings == 63
            assert not recording.interrupted
            assert recording.marks == (Mark(NOON + 30, "kettle on"),)
            assert [c.quantities for c in recording.channels] == [(POWER, VOLTAGE), (VOLTAGE,)]
            main, garage = (site.recordings.track(recording.id, place) for place in (0, 1))
            assert times(main) == [NOON + second for second in range(1, 61)]
            assert [reading.values for reading in main.all()][-1] == (60.0, 230.0)
            assert [(reading.time_s - NOON, *reading.values) for reading in garage.all()] == [
                (20, 220),
                (40, 240),
                (60, 260),
            ]

    run(story())


def test_a_value_that_was_not_there_is_a_gap_afterwards_too(run: Run, path: Path) -> None:
    async def story() -> None:
        meter = Meter("test:1", "Main")
        with SiteFile.open(path) as site:
            own = recorder(site)
            own.start("Gap", [meter.wanted()])
            meter.tells(NOON, power=math.nan)
            await until(lambda: own.readings)
            own.stop()
            (reading,) = site.recordings.track(own.id, 0).all()
            assert math.isnan(reading.values[0])
            assert reading.values[1] == 230.0

    run(story())


def test_a_clock_that_is_set_back_loses_nothing_and_turns_nothing_round(run: Run, path: Path) -> None:
    async def story() -> None:
        first, second = Meter("test:1", "Main"), Meter("test:2", "Garage")
        clock = Clock(NOON)
        with SiteFile.open(path) as site:
            own = recorder(site, timeline=Timeline(lambda: clock.wall_s, lambda: clock.steady_s))
            own.start("Set back", [first.wanted(), second.wanted()])
            for number in range(10):
                clock.pass_by(1)
                if number == 5:
                    clock.wall_s -= 3600
                for meter in (first, second):
                    meter.tells(clock.wall_s)
                await until(lambda n=number: own.readings == 2 * n + 2)
            own.stop()
            recording = only(site)
            for place in (0, 1):
                assert times(site.recordings.track(recording.id, place)) == [NOON + n for n in range(1, 11)]
            assert recording.length_s == 10

    run(story())


def test_readings_of_the_same_moment_are_all_kept(run: Run, path: Path) -> None:
    async def story() -> None:
        meter = Meter("test:1", "Main")
        with SiteFile.open(path) as site:
            own = recorder(site)
            own.start("At once", [meter.wanted()])
            for power in range(5):
                meter.tells(NOON, power=power)
            await until(lambda: own.readings == 5)
            own.stop()
            assert [reading.values[0] for reading in site.recordings.track(own.id, 0).all()] == [0, 1, 2, 3, 4]

    run(story())


def test_a_device_that_falls_silent_leaves_a_gap_and_is_heard_again_when_it_is_back(run: Run, path: Path) -> None:
    async def story() -> None:
        first, second = Meter("test:1", "Main"), Meter("test:2", "Garage")
        with SiteFile.open(path) as site:
            own = recorder(site)
            own.start("Unplugged", [first.wanted(), second.wanted()])
            second.queue.put_nowait(DeviceUnreachable("Nobody answers."))
            await until(lambda: own.silent == ("Garage",))
            first.tells(NOON)
            await until(lambda: own.readings == 1)
            again = second.connected()
            own.joined(again)
            assert own.silent == ()
            second.tells(NOON + 5)
            await until(lambda: own.readings == 2)
            own.left(again)
            assert own.silent == ("Garage",)
            own.stop()
            assert not any(session.feeds.running for session in (first.session, second.session, again))
            assert [len(site.recordings.track(own.id, place)) for place in (0, 1)] == [1, 1]

    run(story())


def test_it_shares_the_devices_stream_and_goes_on_when_the_page_is_left(run: Run, path: Path) -> None:
    async def story() -> None:
        meter = Meter("test:1", "Main")
        seen: list[Reading] = []
        page = meter.session.feeds.subscribe(meter.feed, "", on_reading=seen.append, on_end=lambda _: None)
        with SiteFile.open(path) as site:
            own = recorder(site)
            own.start("Shared", [meter.wanted()])
            meter.tells(NOON)
            await until(lambda: seen and own.readings == 1)
            assert meter.opened == 1
            page.close()
            meter.tells(NOON + 1)
            await until(lambda: own.readings == 2)
            assert (meter.opened, len(seen)) == (1, 1)
            own.stop()

    run(story())


def test_a_sum_across_devices_is_recorded_at_the_pace_of_its_slowest_part(run: Run, path: Path) -> None:
    def point(meter: Meter) -> Point:
        return Point(meter.key, "", "live", POWER.key)

    async def story() -> None:
        main, one, two = Meter("test:1", "Main"), Meter("test:2", "Flat 1"), Meter("test:3", "Flat 2")
        kept = SubMetering("Flats", Unit.WATT, point(main), (Term(point(one)), Term(point(two))))
        quantities = tuple(Quantity(key, key.title(), Unit.WATT) for key in ("main", "sum", "difference"))
        sums = Feed(key="sum", title="Sum", quantities=quantities, open=main.feed.open)
        with SiteFile.open(path) as site:
            own = recorder(site)
            sessions = [main.session, one.session]
            own.start("Sum", [WantedSum(kept, sums, sessions, ("sum", "difference"))])
            assert own.silent == ("Flats",)
            own.joined(two.session)
            assert own.silent == ()
            for at in range(3):
                main.tells(NOON + at, power=1000)
                one.tells(NOON + at, power=300)
                await until(lambda: main.queue.empty() and one.queue.empty())
            two.tells(NOON + 2, power=500)
            await until(lambda: own.readings == 1)
            own.stop()
            recording = only(site)
            assert recording.devices == ("Flats",)
            (reading,) = site.recordings.track(recording.id, 0).all()
            assert reading.values == (800.0, 200.0)
            assert not any(meter.session.feeds.running for meter in (main, one, two))

    run(story())


# What goes wrong.


def _killed(path: Path, after: int, linger: bool) -> int:
    """Run the writer, kill it; returns how many batches it was promised."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    command = [sys.executable, "-m", "tests.app.recording_writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=TOP) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(after)]
        if linger:
            # In the middle of a later one, wherever that happens to be.
            writer.stdout.read(random.Random(after).randint(1, 200))
        writer.kill()
        said += writer.stdout.readlines()
    assert said[0].startswith("begun"), "the writer did not even start"
    return max((int(line.split()[1]) for line in said if line.startswith("written") and line.endswith("\n")), default=0)


def test_after_a_kill_everything_that_was_written_is_there_and_the_recording_is_closed(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    for kill in range(KILLS):
        path = tmp_path / f"{kill}.wattwright"
        promised = _killed(path, chance.randint(1, 40), linger=bool(kill % 2))
        with SiteFile.open(path) as site:
            recording = only(site)
            assert recording.interrupted
            assert recording.marks[0].name == "kettle on"
            tracks = [site.recordings.track(recording.id, place) for place in (0, 1)]
            assert len(tracks[0]) == len(tracks[1]), "half a batch was kept"
            assert len(tracks[0]) >= promised * ROUND
            assert recording.readings == sum(map(len, tracks)), "the list tells another number than is there"
            for place, track in enumerate(tracks):
                assert all(r.values == (r.time_s, r.time_s + place, 50.0) for r in track.all())
            last = times(tracks[0])[-1] if len(tracks[0]) else recording.begun_s
            assert [settled.id for settled in site.recordings.settle()] == [recording.id]
            closed = only(site)
            assert (closed.ended_s, closed.interrupted) == (last, False)
            assert closed.trouble == "The program ended while it was recorded."
            assert site.recordings.settle() == ()
            assert site.drafts.load("test:1", "", "test.section") is not None


def _fill_up(site: SiteFile, pages: int) -> None:
    """No more than so many pages: what SQLite then says is what it says on a full disk."""
    database: Any = site._database  # type: ignore[attr-defined]
    used = database.rows("PRAGMA page_count")[0][0]
    database.rows(f"PRAGMA max_page_count = {used + pages}")


def test_a_full_disk_stops_the_recording_once_and_loses_nothing_else(run: Run, path: Path) -> None:
    async def story() -> None:
        meter, told = Meter("test:1", "Main"), []
        with SiteFile.open(path) as site:
            site.drafts.save("test:1", "", "test.section", {}, {"kept": True})
            own = recorder(site, on_stopped=told.append)
            own.start("Long", [meter.wanted()])
            _fill_up(site, 3)
            at = NOON
            while own.running:
                at += 1
                written = own.size
                for index in range(20):
                    meter.tells(at + index / 100)
                await until(lambda size=written: own.size > size or not own.running)
            (trouble,) = told
            assert isinstance(trouble, StorageFailed)
            assert "the disk is full" in trouble.message
            assert meter.session.feeds.running == 0
            kept = site.recordings.track(own.id, 0)
            assert len(kept) == own.readings > 0
            assert only(site).readings == len(kept)
            own.stop()
            assert len(told) == 1
            assert site.drafts.load("test:1", "", "test.section") is not None
            _fill_up(site, 1000)
            own = recorder(site, on_stopped=told.append)
            own.start("Again", [meter.wanted()])
            meter.tells(at + 1)
            await until(lambda: own.readings)
            own.stop()
            assert told[1:] == [None]

    run(story())


def test_a_recording_that_cannot_begin_listens_to_nothing(run: Run, path: Path) -> None:
    async def story() -> None:
        meter = Meter("test:1", "Main")
        with SiteFile.open(path) as site:
            site.recordings.begin("Other", NOON, [channel()])
            _fill_up(site, 0)
            own = recorder(site)
            with pytest.raises(StorageFailed, match="full"):
                own.start("x" * 20_000, [meter.wanted()] * 2000)
            assert (own.running, meter.opened, meter.session.feeds.running) == (False, 0, 0)

    run(story())


# Keeping.


def test_a_day_of_twelve_quantities_takes_some_ten_megabytes_and_is_loaded_in_a_thread(run: Run, path: Path) -> None:
    async def story() -> None:
        quantities = tuple(ALL[0].__class__(f"q{n}", f"Quantity {n}", ALL[0].unit) for n in range(12))
        one = RecordedChannel("test:1", "Main", "", "Main", "live", "Live", quantities)
        day = 86_400
        with SiteFile.open(path) as site:
            number = site.recordings.begin("A day", NOON, [one])
            for begin in range(0, day, 2400):
                batch = [
                    Reading(NOON + at, tuple(float(at * n) for n in range(12))) for at in range(begin, begin + 2400)
                ]
                site.recordings.write(number, Batch({0: batch}))
            site.recordings.end(number, NOON + day)
            told = only(site)
            loading = asyncio.create_task(asyncio.to_thread(site.recordings.track, number, 0))
            drafts = 0
            while not loading.done():
                # The window goes on writing meanwhile.
                site.drafts.save("test:1", "", "test.section", {}, {"number": drafts})
                drafts += 1
                await asyncio.sleep(0)
            track = await loading
            assert drafts > 1
            assert (len(track), track.reading(day - 1).values[11]) == (day, 11.0 * (day - 1))
        sizes.append(told.size)

    sizes: list[int] = []
    run(story())
    size = path.stat().st_size
    assert size < 12_000_000
    assert abs(sizes[0] - size) < 0.1 * size, "the list tells another size than the file has"


def test_it_is_shown_without_the_device_and_with_the_words_of_its_time(path: Path) -> None:
    with SiteFile.open(path) as site:
        number = site.recordings.begin("Old", NOON, [channel()])
        site.recordings.write(number, Batch({0: [Reading(NOON, (1.0, 2.0, 3.0))]}))
        site.recordings.end(number, NOON + 1)
        site.remove_device("test:1")
        site.readings.add("test:1", "", "live", ["power.total"], [Reading(NOON, (1.0,))])
        site.readings.prune("test:1", "", "live", keep=0)
    with SiteFile.open(path) as site:
        recording = only(site)
        assert recording.channels == (channel(),)
        (reading,) = site.recordings.track(recording.id, 0).all()
        meter = Meter("test:1", "Main")
        assert recording.channels[0].as_of(meter.feed, reading).values == (1.0, 2.0, 3.0)


def test_a_reading_fits_a_feed_of_which_not_all_was_recorded() -> None:
    meter = Meter("test:1", "Main")
    recorded = meter.wanted(VOLTAGE.key).channel()
    power, voltage, frequency = recorded.as_of(meter.feed, Reading(NOON, (231.0,))).values
    assert (voltage, math.isnan(power), math.isnan(frequency)) == (231.0, True, True)


def test_one_is_deleted_while_another_is_made(run: Run, path: Path) -> None:
    async def story() -> None:
        with SiteFile.open(path) as site:
            old = site.recordings.begin("Old", NOON, [channel()])
            many = [Reading(NOON + at, (1.0, 2.0, 3.0)) for at in range(9000)]
            site.recordings.write(old, Batch({0: many}))
            site.recordings.end(old, NOON + 9000)
            new = site.recordings.begin("New", NOON, [channel()])
            deleting = asyncio.create_task(asyncio.to_thread(site.recordings.delete, old))
            written = 0
            while not deleting.done():
                site.recordings.write(new, Batch({0: [Reading(NOON + written, (1.0, 2.0, 3.0))]}))
                written += 1
                await asyncio.sleep(0)
            await deleting
            site.recordings.end(new, NOON + written)
            assert only(site).title == "New"
            assert len(site.recordings.track(new, 0)) == written
            database: Any = site._database  # type: ignore[attr-defined]
            assert database.rows("SELECT count(*) FROM recorded") == [(written,)]

    run(story())


def test_a_copy_of_the_site_that_is_made_meanwhile_has_what_was_written(run: Run, path: Path) -> None:
    async def story() -> None:
        meter = Meter("test:1", "Main")
        with SiteFile.open(path) as site:
            own = recorder(site)
            own.start("Copied", [meter.wanted()])
            meter.tells(NOON)
            await until(lambda: own.size)
            copy = path.with_name("copy.wattwright")
            await site.copy_to(copy)
            own.stop()
        with SiteFile.open(copy) as other:
            assert only(other).interrupted
            assert only(other).readings == 1

    run(story())


def test_the_table_has_every_reading_and_mark_in_order_and_no_formulas(path: Path, tmp_path: Path) -> None:
    with SiteFile.open(path) as site:
        number = site.recordings.begin("Table", NOON, [channel("=1+1"), channel("Garage")])
        site.recordings.write(
            number,
            Batch({0: [Reading(NOON + at, (at, 230.0, math.nan)) for at in (1, 3)], 1: [Reading(NOON + 2, (7, 1, 1))]}),
        )
        site.recordings.mark(number, Mark(NOON + 2.5, "@kettle"))
        site.recordings.end(number, NOON + 3)
        out = tmp_path / "table.csv"
        assert save_recording(out, site.recordings, only(site)) == 3
        with pytest.raises(StorageFailed, match="cannot be written"):
            save_recording(tmp_path / "no" / "table.csv", site.recordings, only(site))
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["device"] for row in rows] == ["'=1+1", "Garage", "", "'=1+1"]
    assert [row["mark"] for row in rows] == ["", "", "'@kettle", ""]
    assert [row["Active power [W]"] for row in rows] == ["1.0", "7.0", "", "3.0"]
    assert rows[0]["Frequency [Hz]"] == ""
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


# Replay.


def _replay(told: list[tuple[str, float]], *tracks: list[float]) -> Replay:
    from array import array

    made = [Track(array("d", at), array("d", [value for one in at for value in (one, 0.0, 0.0)]), 3) for at in tracks]
    channels = tuple(channel(f"M{place}") for place in range(len(tracks)))
    recording = Recording(1, "R", 0.0, 100.0, channels)
    return Replay(recording, made, lambda c, reading: told.append((c.title, reading.values[0])))


def test_a_replay_tells_what_a_listener_would_have_heard_in_its_order() -> None:
    told: list[tuple[str, float]] = []
    replay = _replay(told, [0.0, 10.0, 20.0], [5.0, 10.0])
    replay.advance(1)
    assert told == [("M0", 0.0)]
    replay.advance(9)
    assert told[1:] == [("M1", 5.0), ("M0", 10.0), ("M1", 10.0)]
    replay.advance(1000)
    assert told[4:] == [("M0", 20.0)]
    assert replay.at_end
    assert replay.at_s == 100.0


def test_after_a_jump_the_last_reading_of_each_device_is_told() -> None:
    told: list[tuple[str, float]] = []
    replay = _replay(told, [0.0, 10.0, 20.0], [50.0], [])
    replay.seek(15)
    assert told == [("M0", 10.0)]
    replay.seek(1e9)
    assert sorted(told[1:]) == [("M0", 20.0), ("M1", 50.0)]
    replay.seek(-5)
    assert replay.at_s == 0.0


def test_fast_replay_tells_no_more_than_a_picture_can_show() -> None:
    told: list[tuple[str, float]] = []
    replay = _replay(told, [at / 100 for at in range(MOST_TOLD + 5)])
    replay.advance(50)
    assert told == [("M0", (MOST_TOLD + 4) / 100)]
