"""Live values of several meters: one gateway, one connection, everybody's turn."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.commission.live import Subscription
from app.commission.session import DeviceSession
from app.model.errors import DeviceFailed, NotFound
from app.model.quantity import Reading
from app.simulators.faults import Fault
from app.vendors.g13 import feeds
from app.vendors.g13.feeds import POLLED
from app.vendors.g13.simulator.gateway import Registration
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

VENTILATION = "ABB01EM000014502"
THIRD = "ABB01EM000014503"
ALL = (MAIN, VENTILATION, THIRD)


class Listener:
    """What was heard of some meters."""

    def __init__(self, opened: DeviceSession) -> None:
        self.session = opened
        self.heard: dict[str, list[Reading]] = {}
        self.ended: dict[str, BaseException | None] = {}
        self._changed = asyncio.Event()

    def listen(self, *serials: str) -> list[Subscription]:
        return [self._subscribe(serial) for serial in serials]

    def _subscribe(self, serial: str) -> Subscription:
        self.heard[serial] = []
        return self.session.feeds.subscribe(
            POLLED,
            serial,
            on_reading=lambda reading: self._tell(lambda: self.heard[serial].append(reading)),
            on_end=lambda error: self._tell(lambda: self.ended.update({serial: error})),
        )

    def _tell(self, note: Callable[[], object]) -> None:
        note()
        self._changed.set()

    async def until(self, happened: Callable[[], bool]) -> None:
        while not happened():
            self._changed.clear()
            await self._changed.wait()

    async def each_has(self, count: int, *serials: str) -> None:
        await self.until(lambda: all(len(self.heard[serial]) >= count for serial in serials))


@asynccontextmanager
async def listening(device: Gateway, folder: Path) -> AsyncIterator[Listener]:
    async with session(device, folder) as opened:
        await opened.open()
        yield Listener(opened)


@pytest.fixture
def at_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a test with three registered meters and a fast pace."""
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.02)

    async def prepared(device: Gateway, test: Callable[[Gateway, Listener], Coroutine[Any, Any, None]]) -> None:
        async with listening(device, tmp_path) as listener:
            await test(device, listener)

    def on(test: Callable[[Gateway, Listener], Coroutine[Any, Any, None]], *, latency_ms: float = 0.0) -> None:
        with gateway(latency_ms=latency_ms) as device:
            own = device.simulator.gateway
            own.registered[THIRD] = Registration(own.wired(THIRD), "Kitchen", "First floor", 0.0)
            run(prepared(device, test))

    return on


def asked(device: Gateway) -> Iterator[tuple[str, str]]:
    """Serial and resource of each live request, in the order in which they came."""
    for request in device.requests:
        parts = request.split()[1].split("/")
        if parts[-1] in ("instrument", "power", "powers"):
            yield parts[2], parts[-1]


def test_meters_are_asked_in_turn_and_nobody_comes_between_the_two_requests_of_one(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        listener.listen(*ALL)
        await listener.each_has(5, *ALL)
        order = list(asked(device))[:24]
        assert [serial for serial, _ in order[::2]] == [serial for serial, _ in order[1::2]]
        assert all(first == "instrument" for _, first in order[::2])
        rounds = [tuple(serial for serial, _ in order[at : at + 6 : 2]) for at in range(0, 24, 6)]
        assert rounds == [ALL] * 4

    at_it(story)


def test_the_gateway_rests_three_times_as_long_as_it_answers(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        listener.listen(*ALL)
        await listener.each_has(3, *ALL)
        kept = [e for e in listener.session.client.recorder.exchanges() if e.url.endswith(("/instrument", "/power"))]
        first, last = kept[0], kept[-1]
        between_s = (last.at - first.at).total_seconds()
        busy_s = sum(exchange.elapsed_s for exchange in kept[2:-2])
        assert busy_s > 0.1
        assert between_s > 3.9 * busy_s

    at_it(story, latency_ms=10)


def test_a_quick_gateway_is_asked_no_faster_than_the_pace(at_it: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.3)

    async def story(device: Gateway, listener: Listener) -> None:
        listener.listen(*ALL)
        await listener.each_has(3, *ALL)
        for readings in listener.heard.values():
            gaps = [after.time_s - before.time_s for before, after in itertools.pairwise(readings)]
            assert min(gaps) > 0.15
            assert sum(gaps) > 0.5

    at_it(story)


def test_a_silent_meter_is_asked_more_seldom_and_holds_nobody_up(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        silent = device.simulator.gateway.wired(VENTILATION)
        silent.powered = False
        listener.listen(*ALL)
        await listener.each_has(20, MAIN, THIRD)
        tried = sum(serial == VENTILATION for serial, _ in asked(device))
        assert 2 <= tried <= 7
        assert not listener.heard[VENTILATION]
        assert VENTILATION not in listener.ended
        gateway = listener.session.connection
        trouble = feeds.trouble_of(gateway, VENTILATION)
        assert trouble is not None, "the line below the plots says why"
        assert isinstance(trouble, DeviceFailed)
        assert feeds.trouble_of(gateway, MAIN) is None
        silent.powered = True
        await listener.each_has(3, VENTILATION)
        assert feeds.trouble_of(gateway, VENTILATION) is None

    at_it(story)


def test_a_gateway_that_is_away_is_tried_by_one_meter_at_a_time_and_heard_again(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        listener.listen(*ALL)
        await listener.each_has(1, *ALL)
        device.faults.add(Fault.DROP_BEFORE, times=6, method="GET")
        began, before = time.monotonic(), {serial: len(listener.heard[serial]) for serial in ALL}
        await listener.until(lambda: all(len(listener.heard[serial]) >= before[serial] + 2 for serial in ALL))
        assert device.faults.pending == 0
        # Five failures at least (one request is tried twice at once): 0.02 + 0.04 + 0.08 + 0.16 s of rest.
        assert time.monotonic() - began > 0.28
        assert not listener.ended

    at_it(story)


def test_a_meter_that_is_registered_no_longer_ends_its_own_values_only(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        listener.listen(*ALL)
        await listener.each_has(1, *ALL)
        del device.simulator.gateway.registered[THIRD]
        await listener.until(lambda: THIRD in listener.ended)
        assert isinstance(listener.ended[THIRD], NotFound)
        more = len(listener.heard[MAIN]) + 3
        await listener.each_has(more, MAIN)

    at_it(story)


def test_who_leaves_while_waiting_for_the_turn_does_not_stop_the_others(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        main, ventilation, _ = listener.listen(*ALL)
        await listener.each_has(1, *ALL)
        ventilation.close()
        main.close()
        kept = len(listener.heard[MAIN])
        await listener.each_has(len(listener.heard[THIRD]) + 4, THIRD)
        assert len(listener.heard[MAIN]) == kept
        assert listener.session.feeds.running == 1

    at_it(story)


def test_waiting_for_a_long_answer_to_somebody_else_is_not_taken_for_slowness(at_it: Any) -> None:
    async def story(device: Gateway, listener: Listener) -> None:
        listener.listen(MAIN)
        await listener.each_has(2, MAIN)
        async with listener.session.client.turn():
            await asyncio.sleep(0.5)
        let_go = time.monotonic()
        await listener.each_has(len(listener.heard[MAIN]) + 2, MAIN)
        assert time.monotonic() - let_go < 1.2

    at_it(story)
