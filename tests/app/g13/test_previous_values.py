"""Previous values: what is kept, what was kept, and how it is thrown away (manual 6.3.69 to 6.3.72)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.commission.checking import problems_of
from app.commission.receipt import Outcome
from app.model.archive import Query
from app.model.errors import AccessDenied, DeviceFailed, InvalidValue
from app.net.lenient import JsonReader, convert
from app.simulators.faults import Fault
from app.vendors.g13.meter.previous_values import (
    PREVIOUS_VALUES,
    PreviousChannel,
    PreviousConfiguration,
    PreviousValues,
)
from app.vendors.g13.meter.previous_values_stored import records as records_of
from app.vendors.g13.meter.snapshots import snapshots
from app.vendors.g13.meter.stored import snapshot_status
from app.vendors.g13.tables import STORABLE
from tests.conftest import Run
from tests.gateways import MAIN

from .stored import DENIED, OK, Site, done, example, opened, records, said, site

KEY = "g13.stored_previous"
CHANNELS = tuple(PreviousChannel(quantity) for quantity in (1, 2, 21))


@pytest.fixture
def device() -> Iterator[Site]:
    with site() as running:
        yield running


def test_the_manuals_snapshots_are_read_and_sorted() -> None:
    found = records_of(snapshots(example("6.3.69-reply")))
    assert found.data[0] == [datetime(2012, 7, day) for day in (22, 23, 24)]
    assert [(column.title, column.unit) for column in found.columns[1:3]] == [
        ("Active energy import, total", "Wh"),
        ("Active energy export, total", "Wh"),
    ]
    assert found.data[1] == [0.0, 0.0, 0.0]
    assert found.data[3] == ["OK", "OK", "OK"]


def test_the_manuals_configuration_is_read() -> None:
    found = convert(JsonReader("gateway").decode(example("6.3.70-reply")), PreviousConfiguration)
    assert found == PreviousConfiguration("weekly", 1, (*range(1, 13), 53, 54))


def test_the_manuals_request_is_what_the_plan_sends_and_the_gateway_takes_it(device: Site) -> None:
    wanted = PreviousValues("weekly", 1, tuple(PreviousChannel(id) for id in (*range(1, 13), 53, 54)))
    (step,) = PREVIOUS_VALUES.plan(PreviousValues("daily", 1, ()), wanted, MAIN)
    assert step.body == json.loads(example("6.3.71-request"))
    assert device.tell("POST", "previousvalues/configuration", example("6.3.71-request")) == (200, OK)
    assert device.ask("previousvalues/configuration") == (200, step.body)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1", "OK"),
        (1, "OK"),
        ("0", "not available"),
        ("4", "not available"),
        ("5", "power off"),
        ("2", "data error"),
        ("7", "data error"),
        ("9", "code 9"),
        ("what", "code what"),
        (None, "code None"),
    ],
)
def test_the_status_bit_that_weighs_most_decides(code: Any, words: str) -> None:
    assert snapshot_status(code) == words


def test_values_that_the_status_calls_wrong_are_not_available() -> None:
    body = b"""{"mapping":[["reactive_export_total","Wh"],["nonsense_1",""]],"items":[
        [["3","17.5"],["1","4294967295"],{"time":"2024-01-02T00:00:00"}],
        [["1","17.5"],["5","x"],{"time":"2024-01-01T00:00:00"}],
        [["1",3],{"time":"31.02.2024"}]]}"""
    found = records_of(snapshots(body))
    assert found.data[0] == [datetime(2024, 1, 1), "31.02.2024", datetime(2024, 1, 2)]
    assert list(found.data[1][:2]) == [17.5, 3.0]
    assert math.isnan(found.data[1][2])
    assert all(math.isnan(value) for value in found.data[2])
    assert [(column.title, column.unit) for column in found.columns[1:3]] == [
        ("Reactive energy export, total", "varh"),
        ("nonsense 1", ""),
    ]
    assert found.data[3] == [
        "power off (channel 2)",
        "not available (channel 2)",
        "data error (channel 1)",
    ]
    assert found.notes == ("4 values are not available.",)


def test_everything_comes_without_a_period(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            found = await records(session, KEY)
            stored = device.on_host(lambda: list(device.stored.snapshots))
            assert found.count == len(stored) > 20
            times = list(found.data[0])
            assert times == sorted(times)
            # Registers only count up.
            counted = [value for value in found.data[1] if not math.isnan(value)]
            assert counted == sorted(counted)
            assert counted[-1] < device.on_host(device.meter.energy)[0]
            assert {"OK", "power off", "data error"} == set(found.data[-1])
            assert device.requests[-1] == f"GET /meters/{MAIN}/previousvalues"

    run(look())


def test_a_period_a_count_and_the_last_ones_are_asked_for(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            everything = list((await records(session, KEY)).data[0])
            begin, end = everything[3], everything[7]
            some = await records(session, KEY, Query(begin=begin, end=end))
            assert list(some.data[0]) == everything[3:8]
            assert device.requests[-1].endswith(f"/previousvalues/{begin.isoformat()}/{end.isoformat()}")
            counted = await records(session, KEY, Query(begin=begin, count=2))
            assert list(counted.data[0]) == everything[3:5]
            assert device.requests[-1].endswith(f"/previousvalues/{begin.isoformat()}/2")
            last = await records(session, KEY, Query(count=3))
            assert list(last.data[0]) == everything[-3:]
            with pytest.raises(InvalidValue, match="1 to 100"):
                await records(session, KEY, Query(count=101))
            with pytest.raises(InvalidValue, match="before its beginning"):
                await records(session, KEY, Query(begin=end, end=begin))

    run(look())


def test_a_gateway_that_wants_a_period_gets_one(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            client = session.connection
            asked: list[str] = []
            get = client.http.request

            async def only_periods(method: str, path: str, **more: Any) -> Any:
                asked.append(path)
                return await get(method, path.replace("/previousvalues", "/gone") if path.count("/") < 4 else path)

            client.http.request = only_periods
            assert (await records(session, KEY)).count > 20
            assert (await records(session, KEY)).count > 20
            assert [path.count("/") for path in asked] == [3, 5, 5]

    run(look())


def test_a_configuration_is_sent_read_back_and_erases(run: Run, tmp_path: Path, device: Site) -> None:
    async def configure() -> None:
        async with opened(device, tmp_path) as session:
            await session.read(PREVIOUS_VALUES, MAIN)
            draft = session.draft(PREVIOUS_VALUES, MAIN)
            draft.set("interval", "weekly")
            draft.set("weekday", 7)
            draft.set("channels", CHANNELS)
            assert session.preview(PREVIOUS_VALUES, MAIN).erases == (
                "all previous values that the meter has stored so far",
            )
            receipt = await session.send(PREVIOUS_VALUES, MAIN)
            assert receipt.outcome is Outcome.VERIFIED
            assert (await records(session, KEY)).count == 0
            device.clock.now_s += timedelta(days=15).total_seconds()
            found = await records(session, KEY)
            assert [time.isoweekday() for time in found.data[0]] == [7, 7]
            assert len(found.columns) == 1 + len(CHANNELS) + 1

    run(configure())


def test_a_weekday_counts_only_for_weeks(run: Run, tmp_path: Path, device: Site) -> None:
    async def set_weekday() -> None:
        async with opened(device, tmp_path) as session:
            await session.read(PREVIOUS_VALUES, MAIN)
            session.draft(PREVIOUS_VALUES, MAIN).set("weekday", 5)
            assert (await session.send(PREVIOUS_VALUES, MAIN)).outcome is Outcome.UNCHANGED

    run(set_weekday())
    assert device.writes() == []


def test_fifty_channels_fit_and_from_the_24th_on_there_is_a_warning() -> None:
    def value(count: int) -> PreviousValues:
        return PreviousValues("daily", 1, tuple(PreviousChannel(id) for id in STORABLE["pv"][:count]))

    assert problems_of(PREVIOUS_VALUES, value(23)) == []
    assert said(problems_of(PREVIOUS_VALUES, value(50))) == []
    assert said(problems_of(PREVIOUS_VALUES, value(24)), warning=True) == [
        ("channels", "24 channels: many meters hold 23 and may refuse more.")
    ]
    assert "at most 50" in said(problems_of(PREVIOUS_VALUES, value(51)))[0][1]
    (step,) = PREVIOUS_VALUES.plan(value(1), value(50), MAIN)
    assert len(json.dumps(step.body, separators=(",", ":"))) < 512


def test_what_cannot_be_kept_is_refused_before_it_is_sent() -> None:
    wrong = PreviousValues("yearly", 8, (PreviousChannel(96),))
    assert [field for field, _ in said(problems_of(PREVIOUS_VALUES, wrong))] == [
        "interval",
        "weekday",
        "channels[0].quantity",
    ]
    twice = PreviousValues("daily", 1, (PreviousChannel(1), PreviousChannel(1)))
    assert said(problems_of(PREVIOUS_VALUES, twice), warning=True) == [
        ("channels[1].quantity", "Channel 2 repeats an earlier one.")
    ]
    assert said(problems_of(PREVIOUS_VALUES, PreviousValues("daily", 1, ())), warning=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"interval": "hourly"}, "invalid interval in JSON ."),
        ({"weekday": 8}, "invalid weekday in JSON ."),
        ({"weekday": "1"}, "invalid weekday in JSON ."),
        ({"pvconfig": [96]}, "invalid pvconfig in JSON ."),
        ({"pvconfig": [1] * 51}, "invalid pvconfig in JSON ."),
        ({"pvconfig": "1"}, "invalid pvconfig in JSON ."),
        ({"period": "daily"}, "unknown period in JSON ."),
    ],
)
def test_the_gateway_refuses_what_it_cannot_keep(device: Site, change: dict[str, Any], words: str) -> None:
    body = {"interval": "weekly", "weekday": 1, "pvconfig": [1]} | change
    before = device.ask("previousvalues/configuration")
    assert device.tell("POST", "previousvalues/configuration", body) == (400, {"status": "error", "des": words})
    assert device.tell("POST", "previousvalues/configuration", {"interval": "daily"})[1]["des"] == (
        "missing pvconfig in JSON ."
    )
    assert device.ask("previousvalues/configuration") == before


@pytest.mark.parametrize(
    "end", ["2012-07-01/5", "2012-07-01T01:00:00/0", "2012-07-01T01:00:00/101", "1999-01-01T00:00:00/5"]
)
def test_the_gateway_refuses_a_period_that_is_none(device: Site, end: str) -> None:
    assert device.ask(f"previousvalues/{end}")[0] == 400


def test_erasing_is_proven_by_reading(run: Run, tmp_path: Path, device: Site) -> None:
    async def erase() -> None:
        async with opened(device, tmp_path) as session:
            receipt = await done(session, "g13.erase_previous")
            assert receipt.outcome is Outcome.VERIFIED
            assert receipt.erases == ("all previous values that the meter has stored",)
            assert (await records(session, KEY)).count == 0

    run(erase())
    assert device.writes() == [f"DELETE /meters/{MAIN}/previousvalues"]


def test_an_erasing_whose_answer_is_lost_is_judged_by_what_is_left(run: Run, tmp_path: Path, device: Site) -> None:
    async def erase() -> None:
        async with opened(device, tmp_path) as session:
            device.faults.add(Fault.DROP_AFTER, method="DELETE")
            assert (await done(session, "g13.erase_previous")).outcome is Outcome.VERIFIED
            assert device.on_host(lambda: list(device.stored.snapshots)) == []

    run(erase())


def test_an_erasing_that_never_arrived_is_not_called_done(run: Run, tmp_path: Path, device: Site) -> None:
    async def erase() -> None:
        async with opened(device, tmp_path) as session:
            device.faults.add(Fault.DROP_BEFORE, method="DELETE")
            receipt = await done(session, "g13.erase_previous")
            assert receipt.outcome is not Outcome.VERIFIED
            assert (await records(session, KEY)).count > 20

    run(erase())


def test_who_may_only_look_changes_and_erases_nothing(run: Run, tmp_path: Path, device: Site) -> None:
    user, password = device.onlooker()
    login = {"auth": (user, password)}
    body = {"interval": "daily", "pvconfig": [1]}
    assert device.tell("POST", "previousvalues/configuration", body, **login) == (200, DENIED)
    assert device.tell("DELETE", "previousvalues", **login) == (200, DENIED)

    async def look() -> None:
        async with opened(device, tmp_path, user=user, password=password) as session:
            assert (await session.support(PREVIOUS_VALUES, MAIN)).writable is False
            assert (await session.support(session.vendor.action("g13.erase_previous"), MAIN)).writable is False
            assert (await records(session, KEY)).count > 20
            assert (await done(session, "g13.erase_previous")).outcome is Outcome.REFUSED

    run(look())


def test_a_meter_without_them_says_so(run: Run, tmp_path: Path, device: Site) -> None:
    def forget() -> None:
        device.meter.capabilities = frozenset(c for c in device.meter.capabilities if "PREVIOUS_VALUES" not in c)

    device.on_host(forget)
    for path in ("previousvalues", "previousvalues/configuration"):
        assert device.ask(path) == (200, DENIED)

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            support = await session.support(session.vendor.archive(KEY), MAIN)
            assert not support.readable
            assert "read PREVIOUS_VALUES" in support.reason
            with pytest.raises(AccessDenied):
                await records(session, KEY)

    run(look())


def test_a_silent_meter_is_a_502(run: Run, tmp_path: Path, device: Site) -> None:
    device.on_host(lambda: setattr(device.meter, "powered", False))
    for method, path in (("GET", ""), ("GET", "/configuration"), ("DELETE", "")):
        assert device.tell(method, f"previousvalues{path}")[0] == 502
    body = {"interval": "daily", "pvconfig": [1]}
    assert device.tell("POST", "previousvalues/configuration", body)[0] == 502

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            with pytest.raises(DeviceFailed):
                await records(session, KEY)

    run(look())


def test_a_reply_that_breaks_off_tells_why(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            device.on_host(lambda: device.simulator.break_reply("Aborted at snapshot 7."))
            with pytest.raises(Exception, match="Aborted at snapshot 7"):
                await records(session, KEY)

    run(look())
