"""Load profiles: eight channels, forty thousand items, and what was stored in them (manual 6.3.73 to 6.3.76)."""

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
from app.model.errors import AccessDenied, BadReply, DeviceFailed, InvalidValue
from app.net.lenient import JsonReader, convert
from app.vendors.g13.meter import load_profile_decode
from app.vendors.g13.meter.load_profile import LOAD_PROFILE, LoadProfile, ProfileChannel
from app.vendors.g13.meter.load_profile_decode import read_profile
from app.vendors.g13.meter.load_profile_plan import LoadProfileConfiguration, interval_words, lasting
from app.vendors.g13.meter.load_profile_stored import ErasedChannel, WhichChannel
from app.vendors.g13.meter.stored import erased, profile_status
from app.vendors.g13.simulator.stored_settings import ProfileChannel as Kept
from tests.conftest import Run
from tests.gateways import MAIN

from .stored import DENIED, OK, Site, done, example, opened, records, said, site

KEY = "g13.stored_profiles"


@pytest.fixture
def device() -> Iterator[Site]:
    with site() as running:
        yield running


def of(*channels: tuple[int, int, int]) -> LoadProfile:
    return LoadProfile(tuple(ProfileChannel(*channel) for channel in channels))


def reply(rows: list[list[Any]], **more: Any) -> bytes:
    return json.dumps({"mapping": ["active_import_total", "Wh"], "items": rows} | more).encode()


def rows(count: int) -> list[list[Any]]:
    begin = datetime(2024, 1, 1)
    return [[1, (begin + timedelta(minutes=15 * n)).isoformat(), 1000 + n] for n in range(count)]


def test_the_manuals_item_keeps_its_time_that_is_no_date() -> None:
    found = read_profile(example("6.3.73-reply"))
    assert (found.quantity, found.unit) == ("Active energy import, total", "Wh")
    assert (found.times, found.values, found.statuses) == (["12:31:2327 17:3:9"], [0.0], ["OK"])


def test_the_manuals_configuration_is_read_with_its_450_seconds() -> None:
    found = convert(JsonReader("gateway").decode(example("6.3.74-reply")), LoadProfileConfiguration)
    assert found.lpconfig[0] == (60, 1, 15000)
    assert found.lpconfig[6:] == ((450, 80, 3000), (86400, 70, 5000))
    assert sum(channel[2] for channel in found.lpconfig) == 40_000


def test_the_manuals_request_is_what_the_plan_makes_and_only_its_450_seconds_are_refused(device: Site) -> None:
    wanted = json.loads(example("6.3.75-request"))
    (step,) = LOAD_PROFILE.plan(of(), of(*wanted["lpconfig"]), MAIN)
    assert step.body == wanted
    # The manual's text lists the intervals, and 450 s is not among them.
    assert device.tell("POST", "loadprofiles/configuration", example("6.3.75-request"))[0] == 400
    wanted["lpconfig"][6][0] = 600
    assert device.tell("POST", "loadprofiles/configuration", wanted) == (200, OK)
    assert device.ask("loadprofiles/configuration") == (200, wanted)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0x01, "OK"),
        ("1", "OK"),
        (0x00, "not available"),
        (0x02, "not available"),
        (0x03, "restarted"),
        (0x05, "interval too long"),
        (0x0B, "restarted, interval too short"),
        (0x11, "time changed"),
        (0x21, "bad value"),
        (0xC1, "reserved bit 6, reserved bit 7"),
        (256, "code 256"),
    ],
)
def test_status_bits_are_told_in_words(code: Any, words: str) -> None:
    assert profile_status(code) == words


def test_many_slices_make_one_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_profile_decode, "SLICE_BYTES", 500)
    wanted = rows(300)
    found = read_profile(reply(wanted))
    assert found.values == [float(row[2]) for row in wanted]
    assert [time.isoformat() for time in found.times] == [row[1] for row in wanted]


@pytest.mark.parametrize("slice_bytes", [40, 96 * 1024])
def test_odd_replies_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch, slice_bytes: int) -> None:
    monkeypatch.setattr(load_profile_decode, "SLICE_BYTES", slice_bytes)
    plain = rows(9)
    swapped = read_profile(reply([plain[3], plain[0], plain[8], plain[1]]))
    assert swapped.values == [1000.0, 1001.0, 1003.0, 1008.0]
    text = [["1", row[1], str(row[2])] for row in plain]
    assert read_profile(reply(text)).values == [float(row[2]) for row in plain]
    raw = read_profile(reply([plain[0], [1, "0:0:2327 17]3:9", 5], plain[1]]))
    assert raw.times == [datetime(2024, 1, 1), "0:0:2327 17]3:9", datetime(2024, 1, 1, 0, 15)]
    trailing = reply(plain).replace(b"]]", b"],]")
    assert read_profile(trailing).values[-1] == 1008.0
    late = b'{"items":%b,"mapping":[["reactive_import_total","Wh"]]}' % json.dumps(plain).encode()
    assert (read_profile(late).unit, len(read_profile(late).values)) == ("varh", 9)
    short = read_profile(reply([[1, "2024-01-01T00:00:00"], ["x", None, None], plain[1]]))
    assert short.statuses == ["OK", "code -1", "OK"]
    assert math.isnan(short.values[0])
    zoned = read_profile(reply([[1, "2024-01-01T00:00:00Z", 1], plain[1]]))
    assert zoned.times == [datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 15)]
    assert read_profile(reply([])).times == []


def test_what_is_not_available_is_no_number_and_is_counted() -> None:
    found = read_profile(reply([[1, "2024-01-01T00:00:00", 4294967295], [33, "2024-01-01T00:15:00", "4294967295"]]))
    assert [math.isnan(value) for value in found.values] == [True, True]
    assert found.missing == 2


@pytest.mark.parametrize("body", [b"", b"[", b'{"items": 5}', b'{"items": [[1,"2024-01-01T00:00:00",1]', b"<html>"])
def test_what_is_no_profile_is_a_bad_reply(body: bytes) -> None:
    with pytest.raises(BadReply):
        read_profile(body)


def test_each_channel_is_shown_by_what_it_keeps(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            options = await session.options(session.vendor.archive(KEY), MAIN)
            labels = [choice.label for choice in options["channel"]]
            assert labels[0] == "Channel 1: Active energy import, total, 15 min"
            assert labels[3] == "Channel 4: Voltage L1, 1 h"
            found = await records(session, KEY, Query(parameters=WhichChannel(4)))
            assert (found.columns[1].title, found.columns[1].unit) == ("Voltage L1", "V")
            numbers = [value for value in found.data[1] if not math.isnan(value)]
            assert 220 < min(numbers) <= max(numbers) < 240
            steps = {b - a for a, b in zip(found.data[0], found.data[0][1:], strict=False)}
            assert timedelta(hours=1) in steps
            assert {"OK", "restarted, interval too short", "time changed", "bad value"} == set(found.data[2])
            assert found.notes == ("1 value is not available.",)
            with pytest.raises(InvalidValue, match="1 to 8"):
                await records(session, KEY, Query(parameters=WhichChannel(9)))

    run(look())


def test_forty_thousand_items_come_at_once(run: Run, tmp_path: Path, device: Site) -> None:
    device.on_host(lambda: device.stored.keep_profiles((Kept(60, 1, 40_000),)))

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            # In so long a time the meter had been without power: as many intervals reach less far back.
            found = await records(session, KEY, Query(count=40_000))
            assert found.count == 40_000
            times = list(found.data[0])
            assert times == sorted(times)
            assert times[-1] - times[0] >= timedelta(minutes=39_999)

    run(look())


def test_a_period_a_count_and_the_last_ones_are_asked_for(run: Run, tmp_path: Path, device: Site) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            everything = list((await records(session, KEY)).data[0])
            assert device.requests[-1] == f"GET /meters/{MAIN}/loadprofiles/1"
            begin, end = everything[100], everything[140]
            some = await records(session, KEY, Query(begin=begin, end=end))
            assert list(some.data[0]) == everything[100:141]
            counted = await records(session, KEY, Query(begin=begin, count=7))
            assert list(counted.data[0]) == everything[100:107]
            last = await records(session, KEY, Query(count=5))
            assert list(last.data[0]) == everything[-5:]
            # Not the whole memory is fetched for the last five.
            assert "/loadprofiles/1/20" in device.requests[-1]
            with pytest.raises(InvalidValue, match="40000"):
                await records(session, KEY, Query(count=40_001))
            with pytest.raises(InvalidValue, match="5 are"):
                await records(session, KEY, Query(count=5, parameters=WhichChannel(7)))

    run(look())


def test_a_gateway_that_knows_no_channel_in_the_path_is_asked_without_one(
    run: Run, tmp_path: Path, device: Site
) -> None:
    async def look() -> None:
        async with opened(device, tmp_path) as session:
            request, asked = session.client.request, []

            async def without(method: str, path: str, **more: Any) -> Any:
                asked.append(path.partition("loadprofiles")[2][:2])
                return await request(method, path.replace("/loadprofiles/1", "/none"), **more)

            session.client.request = without
            query = Query(begin=datetime(2025, 6, 1), end=datetime(2025, 6, 2))
            assert (await records(session, KEY, query)).count == 97
            assert (await records(session, KEY, query)).count == 97
            assert asked == ["/1", "/2", "/2"]

    run(look())


def test_a_configuration_is_sent_read_back_and_erases(run: Run, tmp_path: Path, device: Site) -> None:
    async def configure() -> None:
        async with opened(device, tmp_path) as session:
            await session.read(LOAD_PROFILE, MAIN)
            draft = session.draft(LOAD_PROFILE, MAIN)
            draft.set("channels", of((3600, 1, 30_000), (900, 70, 10_000)).channels)
            assert "every channel" in session.preview(LOAD_PROFILE, MAIN).erases[0]
            assert (await session.send(LOAD_PROFILE, MAIN)).outcome is Outcome.VERIFIED
            assert (await records(session, KEY)).count == 0
            device.clock.now_s += timedelta(hours=5).total_seconds()
            found = await records(session, KEY)
            assert found.count == 5
            assert set(found.data[2]) == {"OK"}
            assert list(found.data[1]) == sorted(found.data[1])
            assert found.data[1][-1] <= device.on_host(device.meter.energy)[0]
            assert (await records(session, KEY, Query(parameters=WhichChannel(2)))).count == 20

    run(configure())
    assert device.writes() == [f"POST /meters/{MAIN}/loadprofiles/configuration"]


def test_a_clock_that_is_set_leaves_its_mark(device: Site) -> None:
    body = {"lpconfig": [[60, 1, 100]]}
    assert device.tell("POST", "loadprofiles/configuration", body) == (200, OK)
    device.clock.now_s += 300
    assert len(device.ask("loadprofiles/1")[1]["items"]) == 5
    moved = device.on_host(device.meter.clock.read) - timedelta(minutes=3)
    assert device.tell("POST", "datetime", {"datetime": moved.isoformat()})[1] == OK
    device.clock.now_s += 120
    items = device.ask("loadprofiles/1")[1]["items"]
    assert [item[0] for item in items] == [1] * 5 + [0x11, 1]
    # Set back, so that some moments come twice.
    assert len({item[1] for item in items}) < len(items)


def test_a_ring_drops_its_oldest_items(device: Site) -> None:
    assert device.tell("POST", "loadprofiles/configuration", {"lpconfig": [[60, 1, 10]]}) == (200, OK)
    device.clock.now_s += 3600
    assert len(device.ask("loadprofiles/1")[1]["items"]) == 10


def test_the_budget_and_what_it_lasts_are_told() -> None:
    told = LOAD_PROFILE.summary(of((900, 1, 10_000), (3600, 2, 48)))
    assert told == "10048 of 40000 items; channel 2 has the shortest memory, 2 days"
    assert LOAD_PROFILE.summary(of()) == "0 of 40000 items"
    assert [lasting(s) for s in (90, 5400, 90_000, 8_640_000)] == ["1 min", "1 h 30 min", "1 day 1 h", "100 days"]
    assert [interval_words(s) for s in (60, 900, 7200, 86_400, 172_800, 450)] == [
        "1 min",
        "15 min",
        "2 h",
        "1 day",
        "2 days",
        "450 s",
    ]


def test_an_interval_of_450_seconds_is_shown_and_not_written() -> None:
    strange = of((450, 80, 3000))
    column = LOAD_PROFILE.field("channels[0].interval_s")
    assert column.show(450) == "450"
    ((field, message),) = said(problems_of(LOAD_PROFILE, strange))
    assert field == "channels[0].interval_s"
    assert "15 min" in message


def test_limits_are_named_before_anything_is_sent() -> None:
    assert problems_of(LOAD_PROFILE, of((60, 1, 40_000))) == []
    ((field, message),) = said(problems_of(LOAD_PROFILE, of((60, 1, 40_000), (60, 2, 1))))
    assert (field, message) == ("channels", "The channels want 40001 items together, 40000 are there: 1 too many.")
    assert "at most 8" in said(problems_of(LOAD_PROFILE, of(*[(60, 1, 1)] * 9)))[0][1]
    wrong = said(problems_of(LOAD_PROFILE, of((60, 96, 0))))
    assert [name for name, _ in wrong] == ["channels[0].quantity", "channels[0].items"]
    assert said(problems_of(LOAD_PROFILE, of((60, 1, 1), (60, 1, 2))), warning=True)


@pytest.mark.parametrize(
    "channels",
    [
        [[450, 1, 10]],
        [[60, 96, 10]],
        [[60, 1, 0]],
        [[60, 1, 40_001]],
        [[60, 1, 20_000], [60, 2, 20_001]],
        [[60, 1, 1]] * 9,
        [[60, 1]],
        [["60", 1, 1]],
        "all",
    ],
)
def test_the_gateway_refuses_what_it_cannot_keep(device: Site, channels: Any) -> None:
    before = device.ask("loadprofiles/configuration")
    refused = (400, {"status": "error", "des": "invalid lpconfig in JSON ."})
    assert device.tell("POST", "loadprofiles/configuration", {"lpconfig": channels}) == refused
    assert device.ask("loadprofiles/configuration") == before


def test_the_gateway_knows_only_configured_channels(device: Site) -> None:
    for path in ("loadprofiles/6", "loadprofiles/0", "loadprofiles/x"):
        assert device.ask(path)[0] == 404
        assert device.tell("DELETE", path)[0] == 404
    assert device.ask("loadprofiles/1/2024-01-01T00:00:00/40001")[0] == 400


def test_one_channel_is_erased_or_all(run: Run, tmp_path: Path, device: Site) -> None:
    async def erase() -> None:
        async with opened(device, tmp_path) as session:
            receipt = await done(session, "g13.erase_profiles", ErasedChannel(2))
            assert receipt.outcome is Outcome.VERIFIED
            assert receipt.erases == ("the stored load profile of channel 2",)
            left = device.on_host(lambda: [len(profile) for profile in device.stored.profiles])
            assert left[1] == 0
            assert min(left[:1] + left[2:]) > 0
            assert (await done(session, "g13.erase_profiles")).outcome is Outcome.VERIFIED
            assert device.on_host(lambda: sum(map(len, device.stored.profiles))) == 0

    run(erase())
    assert device.writes() == [f"DELETE /meters/{MAIN}/loadprofiles/2", f"DELETE /meters/{MAIN}/loadprofiles"]


def test_a_memory_is_emptied_when_nothing_of_before_is_left() -> None:
    assert erased(("1", "2"), ())
    assert erased(("1", "2"), ("3",))
    assert not erased(("1", "2", "3"), ("2", "3", "4"))
    assert not erased(("1",), ("1",))


def test_who_may_only_look_changes_and_erases_nothing(device: Site) -> None:
    login = {"auth": device.onlooker()}
    body = {"lpconfig": [[60, 1, 10]]}
    assert device.tell("POST", "loadprofiles/configuration", body, **login) == (200, DENIED)
    assert device.tell("DELETE", "loadprofiles", **login) == (200, DENIED)
    assert device.tell("DELETE", "loadprofiles/1", **login) == (200, DENIED)
    assert device.on_host(lambda: len(device.stored.profiles[0])) > 0


def test_a_meter_without_them_says_so(run: Run, tmp_path: Path, device: Site) -> None:
    def forget() -> None:
        device.meter.capabilities = frozenset(c for c in device.meter.capabilities if "LOAD_PROFILE" not in c)

    device.on_host(forget)
    for path in ("loadprofiles/1", "loadprofiles/configuration"):
        assert device.ask(path) == (200, DENIED)

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            assert not (await session.support(LOAD_PROFILE, MAIN)).readable
            with pytest.raises(AccessDenied):
                await records(session, KEY)

    run(look())


def test_a_silent_meter_is_a_502(run: Run, tmp_path: Path, device: Site) -> None:
    device.on_host(lambda: setattr(device.meter, "powered", False))
    for method, path in (("GET", "/1"), ("GET", "/configuration"), ("DELETE", ""), ("DELETE", "/1")):
        assert device.tell(method, f"loadprofiles{path}")[0] == 502

    async def look() -> None:
        async with opened(device, tmp_path) as session:
            with pytest.raises(DeviceFailed):
                await records(session, KEY)

    run(look())
