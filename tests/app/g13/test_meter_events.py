"""A meter's three event logs: words, pages back in time, and what they have to do with the meter's state."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.model.archive import Query, Records
from app.model.errors import AccessDenied, DeviceFailed, DeviceRefused, InvalidValue
from app.net.lenient import convert
from app.vendors.g13.client import meter_path
from app.vendors.g13.meter.events import EVENTS, EventLogs, category_words, event_words, page
from app.vendors.g13.simulator.load import Load
from app.vendors.g13.simulator.meter_log import MeterLog
from tests.app.g13.bench import LABELS, example, wire
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

LATE = datetime(2030, 1, 1)


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


async def records(device: Gateway, folder: Path, serial: str, query: Query) -> Records:
    async with session(device, folder) as opened:
        await opened.open()
        return await opened.records(EVENTS, serial, query)


def rows(found: Records) -> list[tuple[Any, ...]]:
    return list(zip(*found.data, strict=True))


def logged(*moments: str) -> list[dict[str, Any]]:
    return [{"datetime": moment, "duration": 1, "category": 3, "logid": 1001} for moment in moments]


def test_the_manuals_logs_are_understood() -> None:
    found = page(convert(example("51"), EventLogs), LATE, 100)
    assert [column.key for column in found.columns] == ["time", "log", "category", "event", "duration"]
    assert rows(found)[0] == (
        datetime(2011, 12, 18, 10, 12),
        "System",
        "Error",
        "A phase and the neutral are swapped",
        0,
    )
    assert rows(found)[-1] == (datetime(2011, 12, 19, 10, 12), "Event", "Error", "No voltage on L2", 0)
    assert (found.count, found.earlier) == (5, None)


def test_unknown_numbers_and_times_are_shown_as_they_came() -> None:
    odd = {"system": [{"datetime": "12:31:2327 17:3:9", "duration": "soon", "category": 9, "logid": 77}]}
    ((time, log, category, event, duration),) = rows(page(convert(odd, EventLogs), LATE, 100))
    assert (time, log, category, event) == ("12:31:2327 17:3:9", "System", "category 9", "event 77")
    assert math.isnan(duration)
    assert (category_words("8"), event_words("2055")) == ("Information", "Power was lost")


def test_no_events_are_an_empty_table() -> None:
    found = page(EventLogs(), LATE, 100)
    assert (found.count, len(found.data), found.earlier) == (0, 5, None)


def test_a_page_that_was_cut_off_leaves_no_gap_in_the_other_logs() -> None:
    logs = convert(
        {
            "system": logged("2024-05-01T00:00:00", "2020-01-01T00:00:00"),
            "quality": logged("2024-06-03T00:00:00", "2024-06-02T00:00:00", "2024-06-01T00:00:00"),
        },
        EventLogs,
    )
    found = page(logs, LATE, 3)
    assert [row[0].day for row in rows(found)] == [1, 2, 3]
    assert found.earlier == datetime(2024, 6, 1)
    assert found.notes == ("There may be events before 2024-06-01 00:00:00.",)


def test_a_count_over_all_logs_is_a_full_page_too() -> None:
    logs = convert({"system": logged("2024-05-01T00:00:00"), "event": logged("2024-04-01T00:00:00")}, EventLogs)
    assert page(logs, LATE, 2).earlier == datetime(2024, 4, 1)
    assert page(logs, LATE, 3).earlier is None


def test_a_page_within_one_second_does_not_come_for_ever() -> None:
    same = datetime(2024, 5, 1)
    logs = convert({"system": logged(*[same.isoformat()] * 3)}, EventLogs)
    assert page(logs, same, 3).earlier == same - timedelta(seconds=1)


def test_paging_back_tells_every_event_once(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def all_pages() -> list[list[tuple[Any, ...]]]:
        pages = []
        async with session(device, tmp_path) as opened:
            await opened.open()
            query = Query()
            for _ in range(20):
                found = await opened.records(EVENTS, MAIN, query)
                pages.append(rows(found))
                if found.earlier is None:
                    return pages
                query = Query(end=found.earlier)
        raise AssertionError("there is always an earlier page")

    pages = run(all_pages())
    meter = device.simulator.gateway.wired(MAIN)
    kept = device.host.call(lambda: len(meter.part(MeterLog).lines))
    told = {row for found in pages for row in found}
    assert len(pages) == 2
    assert len(told) == kept > 130
    assert all(found == sorted(found, key=lambda row: row[0]) for found in pages)
    asked = [request for request in device.requests if "/events/" in request]
    assert asked[0] == f"GET /meters/{MAIN}/events/2099-12-31T23:59:59/100"


def test_power_failures_of_the_log_are_those_that_are_counted(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Steel"], outages_s=(7, 70))
    found = run(records(device, tmp_path, meter.serial, Query()))
    lost = [row for row in rows(found) if row[3] == "Power was lost"]
    assert {row[4] for row in lost} <= {7, 70}
    log = device.host.call(lambda: meter.part(MeterLog).lines)
    assert sorted(line.duration_s for line in log if line.number == 2055) == [7, 70]


def test_what_begins_and_ends_is_logged(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Steel"])
    run(records(device, tmp_path, meter.serial, Query(count=1)))
    device.host.call(lambda: setattr(meter, "load", Load(5, dead_lines=frozenset({2}))))
    found = run(records(device, tmp_path, meter.serial, Query(count=1)))
    assert rows(found)[-1][1:4] == ("Quality", "Warning", "No voltage on L2")
    device.host.call(lambda: setattr(meter, "load", Load(5)))
    run(records(device, tmp_path, meter.serial, Query(count=1)))
    log = device.host.call(lambda: meter.part(MeterLog).lines)
    assert log[-1].number == 1001
    assert log[-1].duration_s is not None


def test_a_count_bounds_each_log(run: Run, tmp_path: Path, device: Gateway) -> None:
    found = run(records(device, tmp_path, MAIN, Query(count=5)))
    assert any(request.endswith("/5") for request in device.requests)
    assert 5 <= found.count <= 15


@pytest.mark.parametrize("count", [-1, 101, 40_000])
def test_more_than_a_hundred_at_once_are_refused_before_asking(
    run: Run, tmp_path: Path, device: Gateway, count: int
) -> None:
    with pytest.raises(InvalidValue, match="1 to 100"):
        run(records(device, tmp_path, MAIN, Query(count=count)))
    assert not any("/events/" in request for request in device.requests)


@pytest.mark.parametrize("tail", ["2012-05-15", "2012-05-15T13:43:00/0", "2012-05-15T13:43:00/101", "now/5"])
def test_the_device_refuses_other_dates_and_counts(run: Run, tmp_path: Path, device: Gateway, tail: str) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.connection.get(meter_path(MAIN, f"events/{tail}"), EventLogs)

    with pytest.raises(DeviceRefused, match="Invalid Request"):
        run(ask())


def test_without_a_count_a_hundred_are_told(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def ask() -> EventLogs:
        async with session(device, tmp_path) as opened:
            await opened.open()
            return await opened.connection.get(meter_path(MAIN, "events/2099-01-01T00:00:00"), EventLogs)

    assert len(run(ask()).quality) == 100


def test_a_meter_without_logs_says_so(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Iron"])
    with pytest.raises(AccessDenied):
        run(records(device, tmp_path, meter.serial, Query()))


def test_a_silent_meter_is_500(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Gold"], powered=False)
    with pytest.raises(DeviceFailed):
        run(records(device, tmp_path, meter.serial, Query()))
