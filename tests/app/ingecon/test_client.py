"""The INGECON SUN client against the simulated devices, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import math
from contextlib import aclosing
from datetime import datetime
from typing import Any

import pytest

from app.commission.session import DeviceSession
from app.discovery.identify import identify
from app.model.device import Credentials
from app.model.errors import (
    AccessDenied,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    DeviceSilent,
    LoginFailed,
    NotFound,
    NotRecognised,
    UsageError,
)
from app.model.section import Step
from app.model.vendor import Answer
from app.net.client import DeviceClient, Policy
from app.net.pins import Pins
from app.net.probe import probe
from app.registry import VENDORS
from app.simulators.faults import Fault
from app.simulators.host import SimulatorHost
from app.site.sitefile import SiteFile
from app.vendors.ingecon.client import EMS, INVERTER, PHASES, PROPERTIES, TLM, refuse
from app.vendors.ingecon.feeds import PLANT_FEED, STORAGE_FEED, poll
from app.vendors.ingecon.simulator import IngeconSimulator, Kind, Spoiled
from app.vendors.ingecon.stream import STREAM
from app.vendors.ingecon.tables import PLAY_3, STORAGE_1
from app.vendors.ingecon.vendor import INGECON, recognise
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.app.ingecon.devices import FAST_S, asked, connected
from tests.app.sources import recording, take

NOON = datetime(2026, 6, 20, 12, 0)
INVERTERS = [kind for kind in Kind if not kind.ems]
EMSS = [kind for kind in Kind if kind.ems]


def device(kind: Kind, **more: Any) -> IngeconSimulator:
    return IngeconSimulator(kind, begin=more.pop("begin", NOON), interval_s=FAST_S, **more)


# Who it is


@pytest.mark.parametrize(
    ("kind", "model", "firmware", "offered"),
    [
        (Kind.PLAY_1, "INGECON SUN 1Play", "ABE1000_Q", {INVERTER, "1Play"}),
        (Kind.PLAY_3, "INGECON SUN 3Play", "ABI1000_M", {INVERTER, "3Play"}),
        (Kind.STORAGE_1, "INGECON SUN STORAGE 1Play TLM", "ABH1006_G", {INVERTER, "STORAGE 1Play TLM"}),
        (Kind.STORAGE_3, "INGECON SUN STORAGE 3Play", "ABS1008_E", {INVERTER, "STORAGE 3Play"}),
        (Kind.EMS_PHASES, "INGECON SUN EMS", "", {EMS, PHASES}),
        (Kind.EMS_STORAGE, "INGECON SUN EMS", "", {EMS, TLM}),
    ],
)
def test_each_kind_says_who_it_is_and_offers_its_own_pages(
    host: SimulatorHost, run: Any, kind: Kind, model: str, firmware: str, offered: set[str]
) -> None:
    running = host.add(device(kind))

    async def main() -> None:
        async with connected(running) as client:
            identity = await client.identity()
            assert (identity.vendor, identity.model, identity.firmware) == ("ingecon", model, firmware)
            capabilities = await client.capabilities(identity.id)
            assert capabilities.offered == offered
            assert await client.meters() == ()
            sections = [s for s in INGECON.sections if s.support(capabilities).readable]
            for section in sections:
                assert isinstance(await section.read(client, ""), section.model)
            assert len(sections) == {True: 2 if TLM in offered else 1, False: 3}[kind.ems]
            assert len([feed for feed in INGECON.feeds if feed.support(capabilities).readable]) == 1

    run(main())


def test_without_a_serial_number_the_address_names_the_device_and_with_one_the_number_does(
    host: SimulatorHost, run: Any
) -> None:
    inverter, ems, numbered = (
        host.add(device(Kind.PLAY_1)),
        host.add(device(Kind.EMS_PHASES)),
        host.add(device(Kind.PLAY_3, serial="404012345678")),
    )

    async def main() -> None:
        ids = []
        for running in (inverter, ems, numbered):
            async with connected(running) as client:
                ids.append((await client.identity()).id)
        assert ids == [f"{inverter.address.netloc}/1", f"{ems.address.netloc}/ems", "404012345678"]

    run(main())


@pytest.mark.parametrize(("losses", "known"), [(1, True), (2, True), (10, False)])
def test_a_card_that_hangs_up_on_the_page_of_its_number_is_talked_with_all_the_same(
    host: SimulatorHost, run: Any, losses: int, known: bool
) -> None:
    running = host.add(device(Kind.PLAY_3, serial="404012345678"))
    running.faults.add(Fault.DROP_BEFORE, times=losses, path="/system/info/device")

    async def main() -> None:
        async with connected(running) as client:
            identity = await client.identity()
            assert identity.firmware == "ABI1000_M"
            assert (identity.id == "404012345678") is known

    run(main())


def test_something_else_is_said_to_be_no_such_device(host: SimulatorHost, run: Any) -> None:
    running = host.add(WhatwattSimulator())

    async def main() -> None:
        async with connected(running) as client:
            with pytest.raises(NotRecognised, match="neither"):
                await client.identity()

    run(main())


@pytest.mark.parametrize("kind", [Kind.PLAY_1, Kind.EMS_PHASES])
@pytest.mark.parametrize("password", [None, "wrong"])
def test_a_wrong_login_is_refused_when_connecting_though_the_stream_needs_none(
    host: SimulatorHost, run: Any, kind: Kind, password: str | None
) -> None:
    running = host.add(device(kind))

    async def main() -> None:
        async with connected(running, password=password) as client:
            with pytest.raises(LoginFailed):
                await client.identity()
            with pytest.raises(LoginFailed):
                await client.samples(NOON.date())

    run(main())


def test_what_each_refusal_means() -> None:
    with pytest.raises(DeviceFailed):
        refuse(500, "busy", "POST x")
    for status, kind in ((403, AccessDenied), (404, NotFound), (400, DeviceRefused), (302, BadReply)):
        with pytest.raises(kind, match="POST x"):
            refuse(status, "<html>", "POST x")
    refuse(200, "", "POST x")


def test_nothing_can_be_set(host: SimulatorHost, run: Any) -> None:
    running = host.add(device(Kind.PLAY_1))

    async def main() -> None:
        async with connected(running) as client:
            with pytest.raises(UsageError):
                await client.perform(Step(title="Switch off", method="POST", path="/x"))

    run(main())
    assert asked(running, "POST /x") == 0


# Found without a login


@pytest.mark.parametrize("kind", Kind)
def test_it_is_recognised_without_a_login_and_nothing_is_left_open(host: SimulatorHost, run: Any, kind: Kind) -> None:
    simulator = device(kind)
    running = host.add(simulator)

    async def main() -> None:
        found = await identify(running.address, VENDORS)
        assert found.vendor == "ingecon"

    run(main())
    posts = [request for request in simulator.requests if not request.startswith("GET ")]
    assert posts == []


def test_a_stream_that_says_nothing_yet_does_not_hold_up_the_search(host: SimulatorHost, run: Any) -> None:
    simulator = device(Kind.EMS_PHASES)
    simulator.spoiled.append(Spoiled.STALL)
    running = host.add(simulator)

    async def main() -> None:
        assert recognise(await probe(running.address, STREAM, timeout_s=5.0))

    run(main())


def test_a_card_that_wants_its_login_first_is_known_by_the_makers_name_only() -> None:
    def answer(status: int, body: bytes = b"", **headers: str) -> bool:
        return recognise(Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, body))

    assert answer(401, www_authenticate='Basic realm="INGECON SUN Manager"')
    assert answer(401, b"<title>Ingeteam</title>", www_authenticate="Basic")
    assert not answer(401, www_authenticate='Basic realm="router"')
    assert answer(405)
    assert answer(405, allow="POST, OPTIONS")
    assert not answer(405, allow="GET, HEAD")
    assert answer(200, content_type="text/event-stream; charset=utf-8")
    assert not answer(200, b"<html>ingecon", content_type="text/html")
    assert not answer(404)


# The inverter


def test_pages_that_are_read_together_cost_one_request(host: SimulatorHost, run: Any) -> None:
    running = host.add(device(Kind.PLAY_3))
    now = [0.0]

    async def main() -> None:
        async with connected(running, clock=lambda: now[0]) as client:
            keys = ("play3", "codes", "answer")
            await asyncio.gather(*(INGECON.section(key).read(client, "") for key in keys))
            assert asked(running, f"POST {PROPERTIES}") == 1
            now[0] = 1.1
            await INGECON.section("codes").read(client, "")
            assert asked(running, f"POST {PROPERTIES}") == 2

    run(main())


def test_alarms_come_as_bits_and_missing_values_as_missing(host: SimulatorHost, run: Any) -> None:
    simulator = device(Kind.STORAGE_1)
    simulator.alarm = 0x00010002
    simulator.failing = {"Pac"}
    running = host.add(simulator)

    async def main() -> None:
        async with connected(running) as client:
            await client.identity()
            codes = (await INGECON.section("codes").read(client, "")).codes
            assert (codes[0].name, codes[0].code, codes[0].bits) == ("AlarmCode", "0x00010002", "bits 1, 16")
            assert {code.name: code.document for code in codes if code.document != "ABH2010IMC14"} == {
                "BmsAlarms": "the battery's manual"
            }
            section = INGECON.section("storage1")
            values = await section.read(client, "")
            assert values.alarmcode == "0x00010002, bits 1, 16"
            assert values.pac is None
            assert {problem.field for problem in section.problems(values)} == {"alarmcode", "pac"}
            rows = {row.name: row for row in (await INGECON.section("answer").read(client, "")).rows}
            assert (rows["Pac"].value, rows["Vbatt"].unit) == ("not read", "V")

    run(main())


def test_an_inverter_is_asked_every_five_seconds_and_more_seldom_while_it_is_silent(
    host: SimulatorHost, run: Any
) -> None:
    running = host.add(device(Kind.PLAY_3, speed=600.0))
    pauses: list[float] = []

    async def main() -> None:
        async with connected(running) as client:
            readings = await take(2, poll(client, PLAY_3, sleep=recording(pauses, 99)))
            assert all(not math.isnan(value) for reading in readings for value in reading.values)
            assert readings[0].values != readings[1].values
            running.faults.add(Fault.DROP_AFTER, times=4)
            with pytest.raises(asyncio.CancelledError):
                await take(1, poll(client, PLAY_3, sleep=recording(pauses, 5)))

    run(main())
    assert 4 < pauses[0] <= 5
    assert [round(pause, -1) for pause in pauses[1:]] == [10, 20, 40, 60]


def test_a_feed_says_when_asking_again_would_not_help(host: SimulatorHost, run: Any) -> None:
    running = host.add(device(Kind.STORAGE_1))

    async def main() -> None:
        async with connected(running, password="wrong") as client:
            with pytest.raises(LoginFailed):
                await take(1, poll(client, STORAGE_1))

    run(main())


# The EMS


@pytest.mark.parametrize("names", [("/ems/sse/phases",), ("",), ("/ems/sse/stream", "/ems/sse/phases"), ("any",)])
def test_events_are_taken_whatever_their_name(host: SimulatorHost, run: Any, names: tuple[str, ...]) -> None:
    simulator = device(Kind.EMS_STORAGE)
    simulator.event_names = names
    running = host.add(simulator)

    async def main() -> None:
        async with connected(running) as client:
            readings = await take(3, STORAGE_FEED.open(client, ""))
            keys = [quantity.key for quantity in STORAGE_FEED.quantities]
            values = dict(zip(keys, readings[0].values, strict=True))
            assert values["pv"] > 1000
            assert values["w"] + values["pv"] + values["pacdischarge"] == pytest.approx(
                values["cons"] + values["plant_rev"] + values["paccharge"], abs=4
            )

    run(main())


def test_the_phases_of_the_ems_add_up_to_the_plant(host: SimulatorHost, run: Any) -> None:
    running = host.add(device(Kind.EMS_PHASES))

    async def main() -> None:
        async with connected(running) as client:
            (reading,) = await take(1, PLANT_FEED.open(client, ""))
            values = dict(zip((q.key for q in PLANT_FEED.quantities), reading.values, strict=True))
            assert values["w"] == values["w.l1"] + values["w.l2"] + values["w.l3"]
            assert values["pac"] == values["pac.l1"] + values["pac.l2"] + values["pac.l3"]
            assert 5 <= values["ems_soc"] <= 95

    run(main())


def test_spoiled_events_are_left_out_and_counted_and_the_stream_goes_on(
    host: SimulatorHost, run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    simulator = device(Kind.EMS_STORAGE)
    simulator.spoiled.extend([Spoiled.BAD_JSON, Spoiled.NO_LIST, Spoiled.HUGE, Spoiled.NOT_UTF8, Spoiled.TEXTS])
    running = host.add(simulator)
    caplog.set_level(logging.WARNING)

    async def main() -> None:
        async with connected(running) as client:
            readings = await take(3, STORAGE_FEED.open(client, ""))
            assert client.stream.bad_events == 4
            assert all(not math.isnan(reading.values[0]) for reading in readings)

    run(main())
    assert asked(running, f"GET {STREAM}") == 1
    assert caplog.text.count("is left out") == 1


def test_a_stream_that_breaks_is_opened_again(host: SimulatorHost, run: Any) -> None:
    simulator = device(Kind.EMS_PHASES)
    running = host.add(simulator)

    async def main() -> None:
        async with connected(running) as client, aclosing(PLANT_FEED.open(client, "")) as readings:
            await anext(readings)
            host.call(lambda: simulator.spoiled.append(Spoiled.DROP))
            while client.stream.opened < 2:
                await anext(readings)

    run(main())
    assert asked(running, f"GET {STREAM}") == 2


def test_all_listeners_share_one_stream_and_the_last_to_leave_closes_it(host: SimulatorHost, run: Any) -> None:
    simulator = device(Kind.EMS_STORAGE)
    running = host.add(simulator)

    async def main() -> None:
        async with connected(running) as client:
            async with (
                aclosing(STORAGE_FEED.open(client, "")) as first,
                aclosing(PLANT_FEED.open(client, "")) as second,
            ):
                await asyncio.gather(anext(first), anext(second))
                await INGECON.section("storage").read(client, "")
                await INGECON.section("plant").read(client, "")
                assert host.call(lambda: simulator.streams) == 1
                await first.aclose()
                await anext(second)
            assert asked(running, f"GET {STREAM}") == 1
            await take(1, PLANT_FEED.open(client, ""))
            assert asked(running, f"GET {STREAM}") == 2

    run(main())


def test_a_stream_that_may_not_be_read_ends_for_every_listener(host: SimulatorHost, run: Any) -> None:
    running = host.add(device(Kind.EMS_PHASES, stream_needs_login=True))

    async def main() -> None:
        async with connected(running, password="wrong") as client:
            both = (take(1, PLANT_FEED.open(client, "")), take(1, STORAGE_FEED.open(client, "")))
            found = await asyncio.gather(*both, return_exceptions=True)
            assert [type(one) for one in found] == [LoginFailed, LoginFailed]
        async with connected(running) as client:
            assert len(await take(1, PLANT_FEED.open(client, ""))) == 1

    run(main())


def test_an_inverter_has_no_stream_and_says_so(host: SimulatorHost, run: Any) -> None:
    running = host.add(device(Kind.PLAY_1))

    async def main() -> None:
        async with connected(running) as client:
            with pytest.raises(NotFound):
                await INGECON.section("plant").read(client, "")

    run(main())


def test_a_silent_stream_is_said_and_leaves_nothing_behind(host: SimulatorHost, run: Any) -> None:
    simulator = device(Kind.EMS_PHASES)
    simulator.spoiled.append(Spoiled.STALL)
    running = host.add(simulator)

    async def main() -> None:
        async with connected(running) as client:
            with pytest.raises(DeviceSilent):
                await client.stream.latest(0.2)

    run(main())


# The simulators refuse what the manual refuses


@pytest.mark.parametrize(
    ("kind", "method", "path", "body", "status"),
    [
        (Kind.PLAY_1, "GET", PROPERTIES, None, 405),
        (Kind.PLAY_1, "POST", PROPERTIES, b'{"readdb": false}', 400),
        (Kind.PLAY_1, "POST", PROPERTIES, b"{}", 400),
        (Kind.PLAY_1, "POST", PROPERTIES, b"readdb", 400),
        (Kind.PLAY_1, "POST", PROPERTIES, None, 400),
        (Kind.PLAY_1, "POST", "/inverter/properties/read/2", b'{"readdb": true}', 404),
        (Kind.PLAY_1, "GET", STREAM, None, 404),
        (Kind.EMS_PHASES, "GET", "/ems/datalogger/samples/20260620/3", None, 405),
        (Kind.EMS_PHASES, "POST", "/ems/datalogger/samples/20260631/3", None, 400),
        (Kind.EMS_PHASES, "POST", "/ems/datalogger/samples/20260620/5", None, 400),
        (Kind.EMS_PHASES, "POST", PROPERTIES, b'{"readdb": true}', 404),
        (Kind.EMS_PHASES, "GET", STREAM, None, 403),
    ],
)
def test_a_simulator_refuses_what_is_not_documented(
    host: SimulatorHost, run: Any, kind: Kind, method: str, path: str, body: bytes | None, status: int
) -> None:
    running = host.add(device(kind))

    async def main() -> None:
        login = Credentials("installer", "installer")
        wire = DeviceClient(
            running.address, credentials=login, pins=Pins.in_memory(), policy=Policy(basic_at_once=True)
        )
        try:
            reply = await wire.request(method, path, body=body)
            assert reply.status == status
        finally:
            await wire.aclose()

    run(main())


def test_the_demo_has_all_six_kinds_and_each_a_name_of_its_own() -> None:
    devices = [IngeconSimulator.demo(index) for index in range(7)]
    assert {one.kind for one in devices} == set(Kind)
    assert len({one.serial for one in devices}) == 7


# As the window and the command line see it


@pytest.mark.parametrize("kind", [Kind.PLAY_3, Kind.EMS_STORAGE])
def test_a_session_lists_only_what_the_device_offers(host: SimulatorHost, run: Any, tmp_path: Any, kind: Kind) -> None:
    running = host.add(device(kind))

    async def main() -> None:
        with SiteFile.open(tmp_path / "site.wattwright") as site:
            session = DeviceSession(
                INGECON,
                running.address,
                pins=Pins.in_memory(),
                journal=site.journal,
                drafts=site.drafts,
                credentials=Credentials("installer", "installer"),
            )
            try:
                await session.open()
                sections = [section.key for section in session.sections()]
                feeds = [feed.key for feed in session.live_feeds()]
                archives = [archive.key for archive in session.archives()]
            finally:
                await session.aclose()
        if kind.ems:
            assert sections == ["ingecon.plant", "ingecon.storage"]
            assert (feeds, archives) == (["storage"], ["ingecon.datalogger", "ingecon.daily"])
        else:
            assert sections == ["ingecon.play3", "ingecon.codes", "ingecon.answer"]
            assert (feeds, archives) == (["play3"], [])

    run(main())
