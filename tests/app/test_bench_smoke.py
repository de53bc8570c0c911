"""The benchmarks measure what they say: real requests, real readings, real paintings. How fast is no matter here."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from app.simulators.host import SimulatorHost
from app.vendors.whatwatt.client import LIVE
from tests.bench import day, ingest, lateness, memory, section, simulators, start, stored, streams, tree
from tests.bench.effort import Effort
from tests.bench.punctual import lateness_ms, p99
from tests.bench.raw import RawClient
from tests.bench.table import Row, of_turns, text
from tests.conftest import Run
from tests.gateways import MAIN, gateway

TINY = Effort(
    starts=1,
    fast_reads=2,
    slow_reads=2,
    meters=1,
    trees=1,
    profiles=1,
    event_turns=1,
    events=5,
    streams=2,
    many_streams=(2, 1),
    watch_turns=1,
    watch_s=2.0,
    readings=20,
)


def test_goals_are_limits_of_the_ratio_or_of_the_figure_itself() -> None:
    assert Row("a", 16.0, 10.0, "ms", goal_ratio=1.6).verdict == "pass"
    assert Row("a", 16.1, 10.0, "ms", goal_ratio=1.6).verdict == "FALLS SHORT"
    assert Row("a", 15.0, 1.0, "ms", goal=16.0).verdict == "pass"
    assert Row("a", 17.0, 17.0, "ms", goal=16.0).verdict == "FALLS SHORT"
    assert Row("a", 17.0, 17.0, "ms").verdict == ""


def test_a_row_holds_the_medians_of_its_turns() -> None:
    row = of_turns("reading", [(3.0, 1.0), (900.0, 2.0), (4.0, 70.0)], "ms", goal_ratio=1.15)
    assert (row.measured, row.baseline, row.ratio) == (4.0, 2.0, 2.0)
    assert [cell.strip() for cell in text([row]).splitlines()[-1].strip("|").split("|")] == [
        *("reading", "4.0 ms", "2.0 ms", "2.00", "≤ 1.15 ×", "FALLS SHORT", "")
    ]


def test_both_sides_read_the_section_over_one_connection_each(run: Run[list[tuple[float, float]]]) -> None:
    with gateway() as device:
        pairs = run(section.compare(device.address, 2))
        asked = device.requests.count(f"GET /meters/{MAIN}/demand/configuration")
        assert len(pairs) == 2
        assert asked == 1 + 2 * (section.WARM + len(pairs))
        # The third, and first of all, only looked at the certificate.
        assert device.running.wire.accepted == 3


def test_both_sides_take_every_event_from_a_device_of_their_own(run: Run[list[tuple[float, float]]]) -> None:
    with SimulatorHost(simulators.houses(2, 0.0, ingest.SPEED, spread=False)) as host:
        pairs = run(ingest.compare(host[0].address, host[1].address, turns=2, events=5))
        asked = [running.simulator.requests.count("GET /api/v1/live") for running in host.running]
    assert asked == [2, 2]
    assert all(spent > 0 for pair in pairs for spent in pair)


def test_a_stall_makes_every_tick_within_it_late(qapp: QApplication) -> None:
    async def stalled() -> list[float]:
        asyncio.get_running_loop().call_later(0.05, time.sleep, 0.1)
        return await lateness_ms(0.3)

    with asyncio.Runner(loop_factory=lambda: QEventLoop(qapp)) as runner:
        late = runner.run(stalled())
    assert len(late) >= 30
    assert p99(late) > 80
    assert sum(tick > 10 for tick in late) >= 8


def test_the_window_is_painted_in_both_processes() -> None:
    (row,) = start.measure(TINY)
    assert row.measured > row.baseline > 0


def test_the_watched_window_has_streams_and_paints() -> None:
    """Its process fails by itself when too few readings come, or nothing is painted."""
    found = lateness.watch(TINY, TINY.streams, spread=True)
    timer, busy = lateness.timer_row("some", found, 16.0), lateness.busy_row("some", found, 25.0)
    assert (timer.goal, busy.goal) == (16.0, 25.0)
    assert found.paintings > 0
    assert busy.measured > busy.baseline > 0


def test_every_event_that_was_sent_is_counted_and_became_a_reading() -> None:
    *timers, _busy, events = streams.measure(TINY)
    assert [row.goal for row in timers] == [33.0, 33.0]
    assert events.measured == events.baseline
    # Two devices a second and one that is ten times as fast, in two runs.
    assert events.measured >= 2 * (2 + 10) * TINY.watch_s
    assert (events.verdict, events.source) == ("pass", "0 lost")


def test_a_lost_event_falls_short() -> None:
    with SimulatorHost(simulators.houses(2, 0.0, 20.0, spread=False)) as host:
        counts = asyncio.run(_heard_and_sent(host))
    heard, sent = counts
    assert sent == [heard, 0]
    assert streams.events_row("2 streams", sum(sent), heard - 1).verdict == "FALLS SHORT"


async def _heard_and_sent(host: SimulatorHost) -> tuple[int, list[int]]:
    """Listen to the first of two devices; stop them after a while, and hear what still comes."""
    client = await RawClient.open(host[0].address)
    heard = 0

    async def listen() -> None:
        nonlocal heard
        async for _ in client.events(LIVE):
            heard += 1

    listening = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(10):
            while heard < 3:  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.01)
            sent = await simulators.stopped_at(host[1].address)
            while heard < sum(sent):  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.01)
    finally:
        listening.cancel()
        client.close()
    return heard, sent


def test_a_day_is_painted_by_both_sides() -> None:
    """Its process fails by itself when too few pictures are painted."""
    picture, busy, late, *_ = day.measure(TINY)
    assert 0 < picture.measured < picture.baseline
    assert busy.goal == 60.0
    assert busy.measured > 0 < late.measured


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process how much it holds")
def test_memory_is_taken_before_and_after_the_readings() -> None:
    (row,) = memory.measure(TINY)
    assert row.measured > row.baseline > 0
    assert int(row.source.split()[0]) >= TINY.streams * TINY.readings


def test_a_whole_load_profile_is_painted_by_the_page_and_downloaded_by_a_plain_client() -> None:
    """Its process fails by itself when less than the whole comes to either."""
    painted, stall = stored.measure(TINY)
    assert painted.measured > 0 < painted.baseline
    assert painted.goal_ratio == stored.GOAL
    assert stall.measured > 0
    assert stall.goal == stored.GOAL_STALL_MS


def test_both_trees_show_all_meters_and_asked_the_same() -> None:
    """The rows of either tree are counted before anything is told."""
    requests, rest, *_ = tree.measure(TINY)
    assert requests.measured == requests.baseline > 0
    assert rest.measured > 0 < rest.baseline
