"""A live stream in which single events are spoiled: each is left out and counted, and the stream goes on."""

from __future__ import annotations

import math
from contextlib import aclosing
from pathlib import Path

import pytest

from app.vendors.whatwatt.feeds import watch_live
from app.vendors.whatwatt.simulator import Spoiled
from tests.app.whatwatt.devices import client_of, device, read, session
from tests.conftest import Run


@pytest.mark.parametrize("spoiled", [Spoiled.BAD_JSON, Spoiled.CUT, Spoiled.BAD_UTF8, Spoiled.NO_OBJECT, Spoiled.HUGE])
def test_a_spoiled_event_is_left_out_and_counted_for_the_page(run: Run[None], tmp_path: Path, spoiled: Spoiled) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            assert (await read(opened, "device")).skipped_events == 0
            async with aclosing(watch_live(client_of(opened), "")) as readings:
                for _ in range(3):
                    reading = await anext(readings)
                    assert not any(math.isnan(value) for value in reading.values)
            assert (await read(opened, "device")).skipped_events == 1

    with device(speed=50.0) as on:
        on.simulator.spoiled.append(spoiled)
        run(main())
        assert on.simulator.requests.count("GET /api/v1/live") == 1


def test_a_stream_that_the_device_merely_closed_has_lost_no_event(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            async with aclosing(watch_live(client_of(opened), "")) as readings:
                for _ in range(2):
                    await anext(readings)
            assert client_of(opened).bad_events == 0

    with device(speed=50.0) as on:
        on.simulator.spoiled.append(Spoiled.SILENT)
        run(main())
