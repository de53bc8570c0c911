"""Demand values: the extremes of each period, when they occurred, and how they are erased (manual 6.3.77 to 6.3.80)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.commission.receipt import Outcome
from app.model.archive import ColumnKind, Query
from app.model.errors import AccessDenied, DeviceFailed, InvalidValue
from app.net.lenient import JsonReader, convert
from app.vendors.g13.meter.demand import DEMAND, Demand, DemandChannel
from app.vendors.g13.meter.demand_stored import records as records_of
from app.vendors.g13.meter.snapshots import snapshots
from app.vendors.g13.models import DemandConfiguration
from tests.conftest import Run
from tests.gateways import MAIN

from .stored import DENIED, OK, Site, done, example, opened, records, site

KEY = "g13.stored_demand"
DAILY = {"dmc": [[96, 5], [96, 6], [96, 1], [100, 15]], "interval": [900, 300], "period": "daily"}


@pytest.fixture
def device() -> Iterator[Site]:
    with site() as running:
        yield running


def test_the_manuals_values_are_read_and_sorted() -> None:
    configured = convert(JsonReader("gateway").decode(example("6.3.78-reply")), DemandConfiguration)
    found = records_of(snapshots(example("6.3.77-reply")), configured)
    assert found.data[0] == [datetime(2012, 6, 17), datetime(2012, 6, 18)]
    assert [column.title for column in found.columns[1:8:3]] == [
        "Active energy import, total (Min 1)",
        "Active energy import, total (Min 2)",
        "Active energy import, total",
    ]
    assert {column.unit for column in found.columns[1:8:3]} == {"W"}
    assert all(math.isnan(value) for value in found.data[1])
    assert found.data[-1] == ["not available", "not available"]
    assert found.notes == ("6 values are not available.",)


def test_the_manuals_configuration_is_read() -> None:
    found = convert(JsonReader("gateway").decode(example("6.3.78-reply")), DemandConfiguration)
    assert found == DemandConfiguration(((1, 1), (1, 2)), (900, 60), "weekly", 2)


def test_the_manuals_request_is_what_the_plan_makes() -> None:
    wanted = Demand("weekly", 2, 900, 60, (DemandChannel(1, "Min", 1), DemandChannel(1, "Min", 2)))
    (step,) = DEMAND.plan(wanted, wanted, MAIN)
    assert step.body == json.loads(example("6.3.79-request"))


def test_a_code_that_nobody_knows_is_shown_as_it_came() -> None:
    body = b'{"mapping":[["apparent_power_total","W"]],"items":[[["1","7","never",""],{"time":"2024-01-01T00:00:00"}]]}'
    found = records_of(snapshots(body), DemandConfiguration(dmc=((104, 99),)))
    assert (found.columns[1].title, found.columns[1].unit) == ("Apparent power, total (code 99)", "VA")
    assert [column[0] for column in found.data] == [datetime(2024, 1, 1), 7.0, "never", "", "OK"]


def test_each_channel_has_value_time_and_level(run: Run, tmp_path: Path, device: Site) -> None:
    assert device.tell("POST", "demand/configuration", DAILY) == (200, OK)
    device.clock.now_s += timedelta(days=20).total_seconds()

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            found = await records(session, KEY)
            assert found.count == 20
            titles = [column.title for column in found.columns]
            assert titles[1:4] == [
                "Active power, total (Max 1)",
                "Active power, total (Max 1): occurred",
                "Active power, total (Max 1): level",
            ]
            assert titles[10] == "Reactive power, total (Max sliding 3)"
            assert found.columns[10].unit == "var"
            assert [column.kind for column in found.columns[1:4]] == [
                ColumnKind.NUMBER,
                ColumnKind.MOMENT,
                ColumnKind.TEXT,
            ]
            for end, first, at, level, second, lowest in zip(
                found.data[0],
                found.data[1],
                found.data[2],
                found.data[3],
                found.data[4],
                found.data[7],
                strict=True,
            ):
                if math.isnan(first):
                    assert at == ""
                    continue
                assert end - timedelta(days=1) <= at <= end
                assert level == "1"
                assert first >= second > lowest > 0
            assert "not available" in set(found.data[-1])
            assert found.notes

    run(look())


def test_a_period_a_count_and_the_last_ones_are_asked_for(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            everything = list((await records(session, KEY)).data[0])
            assert len(everything) > 20
            assert everything == sorted(everything)
            begin, end = everything[3], everything[7]
            assert list((await records(session, KEY, Query(begin=begin, end=end))).data[0]) == everything[3:8]
            assert device.requests[-1].endswith(f"/demand/{begin.isoformat()}/{end.isoformat()}")
            assert list((await records(session, KEY, Query(begin=begin, count=2))).data[0]) == everything[3:5]
            assert list((await records(session, KEY, Query(count=3))).data[0]) == everything[-3:]
            assert list((await records(session, KEY, Query(end=end))).data[0]) == everything[:8]
            with pytest.raises(InvalidValue, match="1 to 500"):
                await records(session, KEY, Query(count=501))

    run(look())


def test_the_gateway_tells_one_channel_too(device: Site) -> None:
    whole = device.ask("demand")[1]
    alone = device.ask("demand/2")[1]
    assert alone["mapping"] == whole["mapping"][1:]
    assert [row[0] for row in alone["items"]] == [row[1] for row in whole["items"]]
    begin = whole["items"][-1][-1]["time"]
    assert len(device.ask(f"demand/2/{begin}/4")[1]["items"]) == 4
    assert device.ask("demand/3")[0] == 404
    assert device.ask(f"demand/{begin}/501")[0] == 400


def test_a_gateway_that_tells_channels_one_by_one_is_asked_so(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            whole = await records(session, KEY)
            session.connection.ways.clear()
            request, asked = session.client.request, []

            async def by_channel(method: str, path: str, **more: Any) -> Any:
                end = path.partition("/demand")[2]
                asked.append(end[:2])
                known = end.startswith(("/1/", "/2/", "/configuration"))
                return await request(method, path if known else "/nowhere", **more)

            session.client.request = by_channel
            first, again = await records(session, KEY), await records(session, KEY)
            assert asked == ["/c", "", "/2", "/1", "/2", "/c", "/1", "/2"]
            assert first.columns == again.columns == whole.columns
            assert list(map(str, first.data)) == list(map(str, whole.data))

    run(look())


def test_erasing_is_proven_by_reading(run: Run, tmp_path: Path, device: Site) -> None:
    async def erase() -> None:
        async with opened(device, tmp_path) as session:
            receipt = await done(session, "g13.erase_demand")
            assert receipt.outcome is Outcome.VERIFIED
            assert (await records(session, KEY)).count == 0

    run(erase())
    assert device.writes() == [f"DELETE /meters/{MAIN}/demand"]
    assert device.on_host(lambda: device.meter.stored_demand) == 0


def test_a_new_configuration_erases(run: Run, tmp_path: Path, device: Site) -> None:
    async def configure() -> None:
        async with opened(device, tmp_path) as session:
            assert (await records(session, KEY)).count > 0
            await session.read(DEMAND, MAIN)
            session.draft(DEMAND, MAIN).set("period", "daily")
            assert (await session.send(DEMAND, MAIN)).outcome is Outcome.VERIFIED
            assert (await records(session, KEY)).count == 0

    run(configure())


def test_who_may_only_look_erases_nothing(device: Site) -> None:
    login = {"auth": device.onlooker()}
    assert device.tell("DELETE", "demand", **login) == (200, DENIED)
    assert device.tell("POST", "demand/configuration", DAILY, **login) == (200, DENIED)
    assert device.ask("demand")[1]["items"]


def test_a_meter_without_it_says_so(run: Run, tmp_path: Path, device: Site) -> None:
    def forget() -> None:
        device.meter.capabilities = frozenset(c for c in device.meter.capabilities if not c.endswith(" DEMAND"))

    device.on_host(forget)
    assert device.ask("demand") == (200, DENIED)

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            assert not (await session.support(session.vendor.archive(KEY), MAIN)).readable
            with pytest.raises(AccessDenied):
                await records(session, KEY)

    run(look())


def test_a_silent_meter_is_a_502(run: Run, tmp_path: Path, device: Site) -> None:
    device.on_host(lambda: setattr(device.meter, "powered", False))
    for method, path in (("GET", ""), ("GET", "/configuration"), ("DELETE", "")):
        assert device.tell(method, f"demand{path}")[0] == 502

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            with pytest.raises(DeviceFailed):
                await records(session, KEY)

    run(look())
