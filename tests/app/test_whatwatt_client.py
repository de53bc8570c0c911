"""The whatwatt client against the simulated device, over a real socket."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from app.model.device import Credentials
from app.model.errors import (
    AccessDenied,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    DeviceUnreachable,
    LicenceRequired,
    LoginFailed,
    NotFound,
    NotRecognised,
)
from app.model.section import Step
from app.net.client import DeviceClient, Policy
from app.net.eventstream import StreamState
from app.net.pins import Pins
from app.net.probe import probe
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost
from app.vendors.whatwatt.client import LIVE, REPORT, SYSTEM, WhatwattClient, refuse
from app.vendors.whatwatt.feeds import LIVE_SOURCES, REPORT_SOURCES, poll_report, watch_live
from app.vendors.whatwatt.simulator import Spoiled, Style, WhatwattSimulator
from app.vendors.whatwatt.vendor import WHATWATT, recognise

from .sources import recording, take

FAST = 50.0
LIVE_KEYS = [source.quantity.key for source in LIVE_SOURCES]
REPORT_KEYS = [source.quantity.key for source in REPORT_SOURCES]


@pytest.fixture
def host() -> Iterator[SimulatorHost]:
    with SimulatorHost() as started:
        yield started


@asynccontextmanager
async def connected(device: Running, **more: Any) -> AsyncGenerator[WhatwattClient, None]:
    password = more.pop("password", None)
    client = WhatwattClient(
        DeviceClient(
            device.address,
            credentials=None if password is None else Credentials("", password),
            pins=Pins.in_memory(),
            policy=Policy(idle_s=WHATWATT.idle_s, timeout_s=more.pop("timeout_s", 15.0)),
        ),
        **more,
    )
    try:
        yield client
    finally:
        await client.aclose()


def asked(device: Running, what: str) -> int:
    simulator = device.simulator
    assert isinstance(simulator, WhatwattSimulator)
    return simulator.requests.count(what)


def test_the_device_says_who_it_is(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(name="Main building"))

    async def main() -> None:
        async with connected(device) as client:
            identity = await client.identity()
            assert (identity.vendor, identity.id, identity.model) == ("whatwatt", "A842E39F8124", "WW_Go_1.2")
            assert (identity.name, identity.firmware) == ("Main building", "1.10.0")
            facts = dict(identity.facts)
            assert facts["Meter status"] == "OK"
            assert facts["Interface"] == "P1 DSMR"
            assert facts["Supply"] == "USB 5.16 V, M-Bus 0.00 V, P1 5.23 V, buffer 4.75 V"
            assert facts["Licence"] == "PLUS"
            assert await client.meters() == ()
            assert (await client.capabilities(identity.id)).offered is None
            assert client.watchdog_s() == 15

    run(main())


@pytest.mark.parametrize("style", Style)
def test_all_sections_are_read_with_one_request_a_resource(host: SimulatorHost, run: Any, style: Style) -> None:
    device = host.add(WhatwattSimulator(style=style))

    async def main() -> None:
        async with connected(device, clock=lambda: 0.0) as client:
            models = await asyncio.gather(*(section.read(client, "") for section in WHATWATT.sections))
            for section, model in zip(WHATWATT.sections, models, strict=True):
                assert isinstance(model, section.model)
                assert section.problems(model) == []

    run(main())
    assert asked(device, f"GET {SYSTEM}") == 1
    assert asked(device, f"GET {REPORT}") == 1


def test_a_page_is_asked_for_again_when_it_is_old_and_at_once_after_a_change(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(name="Before"))
    now = [0.0]

    async def main() -> None:
        async with connected(device, clock=lambda: now[0]) as client:
            section = WHATWATT.section("device")
            assert (await section.read(client, "")).name == "Before"
            rename = Step(
                title="Rename",
                method="PUT",
                path="/api/v1/settings",
                body={"system": {"name": "After"}},
                fields=("name",),
            )
            await client.perform(rename)
            assert (await section.read(client, "")).name == "After"
            requests = asked(device, f"GET {SYSTEM}")
            now[0] = 0.9
            await section.read(client, "")
            assert asked(device, f"GET {SYSTEM}") == requests
            now[0] = 1.1
            await section.read(client, "")
            assert asked(device, f"GET {SYSTEM}") == requests + 1

    run(main())


def test_a_change_that_the_device_refuses_is_told_in_its_own_words(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(name="Before"))
    long = Step(title="Rename", method="PUT", path="/api/v1/settings", body={"system": {"name": "x" * 32}})

    async def main() -> None:
        async with connected(device) as client:
            with pytest.raises(DeviceRefused, match="name is too long") as caught:
                await client.perform(long)
            assert caught.value.status == 400
            assert (await client.identity()).name == "Before"

    run(main())


def setting(method: str, body: dict[str, Any], *secret: str) -> Step:
    return Step(title="Settings", method=method, path="/api/v1/settings", body=body, secret=secret)


def test_a_password_that_is_set_is_asked_for_from_then_on_and_is_not_recorded(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator())
    protected = setting("PUT", {"system": {"protection": True, "password": "hush-hush"}})

    async def main() -> None:
        wire = DeviceClient(device.address, pins=Pins.in_memory())
        client = WhatwattClient(wire)
        try:
            await client.perform(protected)
            assert "hush" not in str(wire.recorder.exchanges())
            async with connected(device) as stranger:
                with pytest.raises(LoginFailed):
                    await stranger.identity()
            assert wire.credentials == Credentials("", "hush-hush"), "this connection goes on with it"
            assert (await client.identity()).id == "A842E39F8124"
            await client.perform(setting("PUT", {"system": {"protection": False}}))
            await wire.login(None)
            assert (await client.identity()).id == "A842E39F8124"
        finally:
            await client.aclose()

    run(main())


def test_put_merges_and_post_replaces_with_defaults(host: SimulatorHost, run: Any) -> None:
    simulator = WhatwattSimulator(name="Before")
    device = host.add(simulator)

    async def main() -> None:
        async with connected(device) as client:
            await client.perform(setting("PUT", {"services": {"report_interval": 60}}))
            assert simulator.settings["system"]["name"] == "Before"
            assert simulator.settings["services"]["report_interval"] == 60
            await client.perform(setting("POST", {"system": {"name": "Fresh"}}))
            assert simulator.settings["system"]["name"] == "Fresh"
            assert simulator.settings["services"]["report_interval"] == 30
            with pytest.raises(DeviceRefused, match="report_interval has the wrong type"):
                await client.perform(setting("PUT", {"services": {"report_interval": "often"}}))

    run(main())


def test_a_buffer_that_is_being_drained_is_noticed(host: SimulatorHost, run: Any) -> None:
    simulator = WhatwattSimulator()
    host.add(simulator)
    now = [0.0]

    async def main() -> None:
        async with connected(host[0], clock=lambda: now[0]) as client:
            section = WHATWATT.section("supply")
            assert section.findings(await section.read(client, "")) == ()
            host.call(lambda: setattr(simulator, "v_scap", 4.1))
            now[0] = 60.0
            supply = await section.read(client, "")
            assert supply.v_scap_change == -0.65
            assert "falling" in section.findings(supply)[0].title

    run(main())


def test_a_missing_licence_is_said_and_the_live_stream_works_without(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(licensed=False, speed=FAST))

    async def main() -> None:
        async with connected(device) as client:
            with pytest.raises(LicenceRequired, match="Plus licence") as caught:
                await WHATWATT.section("energy").read(client, "")
            assert "live stream works" in caught.value.hint
            with pytest.raises(LicenceRequired):
                await take(1, poll_report(client, ""))
            assert len(await take(2, watch_live(client, ""))) == 2

    run(main())


@pytest.mark.parametrize("digest", [True, False])
def test_a_password_without_a_user_name_lets_in_also_when_the_nonce_is_stale(
    host: SimulatorHost, run: Any, digest: bool
) -> None:
    simulator = WhatwattSimulator(password="opens", digest=digest, speed=FAST)
    simulator.protection.nonce_uses = 3
    device = host.add(simulator)

    async def main() -> None:
        async with connected(device, password="opens") as client:
            for _ in range(8):
                assert (await client.identity()).id == simulator.id
            assert len(await take(2, watch_live(client, ""))) == 2
        for password in (None, "wrong"):
            async with connected(device, password=password) as client:
                with pytest.raises(LoginFailed):
                    await client.identity()
                with pytest.raises(LoginFailed):
                    await take(1, watch_live(client, ""))
                with pytest.raises(LoginFailed):
                    await take(1, poll_report(client, ""))

    run(main())
    assert simulator.protection.refused > 7


def test_a_probe_recognises_it_with_and_without_a_password(host: SimulatorHost, run: Any) -> None:
    devices = [
        host.add(WhatwattSimulator()),
        host.add(WhatwattSimulator(password="x")),
        host.add(WhatwattSimulator(password="x", digest=False)),
    ]

    async def main() -> None:
        for device in devices:
            assert recognise(await probe(device.address, WHATWATT.probe_path))

    run(main())


def test_the_live_feed_gives_what_the_house_measures(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(speed=FAST))

    async def main() -> None:
        async with connected(device) as client:
            readings = await take(5, watch_live(client, ""))
            for reading in readings:
                values = dict(zip(LIVE_KEYS, reading.values, strict=True))
                assert not any(math.isnan(value) for value in reading.values)
                phases = values["power.l1"] + values["power.l2"] + values["power.l3"]
                assert values["power.total"] == pytest.approx(phases)
                assert values["power.total"] == pytest.approx(values["power.import"] - values["power.export"])
                assert 220 < values["voltage.l2"] < 240
            assert len({reading.values for reading in readings}) == 5

    run(main())


def test_a_meter_of_few_words_shows_gaps_and_not_zeros(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(style=Style.MBUS, speed=FAST))

    async def main() -> None:
        async with connected(device) as client:
            for keys, source in ((LIVE_KEYS, watch_live), (REPORT_KEYS, poll_report)):
                (reading,) = await take(1, source(client, ""))
                values = dict(zip(keys, reading.values, strict=True))
                assert abs(values["power.total"]) > 0
                assert math.isnan(values["voltage.l1"])
                assert math.isnan(values["power.l1"])

    run(main())


def test_spoiled_events_are_left_out_and_counted_and_the_stream_goes_on(
    host: SimulatorHost, run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    simulator = WhatwattSimulator(speed=FAST)
    simulator.spoiled.extend([Spoiled.BAD_JSON, Spoiled.SLOPPY, Spoiled.CUT])
    device = host.add(simulator)
    caplog.set_level(logging.INFO)

    async def main() -> None:
        async with connected(device) as client:
            readings = await take(3, watch_live(client, ""))
            assert client.bad_events == 2
            assert not any(math.isnan(value) for value in readings[0].values)

    run(main())
    assert asked(device, f"GET {LIVE}") == 1
    assert caplog.text.count("is left out") == 1
    assert caplog.text.count("trailing commas") == 1


def test_a_stream_that_breaks_is_opened_again(host: SimulatorHost, run: Any) -> None:
    simulator = WhatwattSimulator(speed=FAST)
    simulator.spoiled.append(Spoiled.SILENT)
    device = host.add(simulator)
    states: list[StreamState] = []

    async def main() -> None:
        async with connected(device) as client:
            assert len(await take(2, client.live(states.append))) == 2

    run(main())
    assert asked(device, f"GET {LIVE}") == 2
    assert states.count(StreamState.LIVE) == 2
    assert StreamState.WAITING in states


def test_a_second_client_takes_the_stream_from_the_first(host: SimulatorHost, run: Any) -> None:
    simulator = WhatwattSimulator(speed=FAST)
    device = host.add(simulator)

    async def main() -> None:
        live, lost = asyncio.Event(), asyncio.Event()
        seen = {StreamState.LIVE: live, StreamState.WAITING: lost}

        def watch(state: StreamState) -> None:
            if state in seen:
                seen[state].set()

        async with connected(device) as first, connected(device) as second:
            reading = asyncio.create_task(take(1_000_000, first.live(watch)))
            await live.wait()
            assert not lost.is_set()
            async with aclosing(second.live()) as events:
                await anext(events)
                await lost.wait()
                assert host.call(lambda: simulator.streams) == 1
            reading.cancel()
            await asyncio.wait([reading])

    run(main())


def test_a_device_that_refuses_a_second_stream_is_asked_again(host: SimulatorHost, run: Any) -> None:
    simulator = WhatwattSimulator(speed=FAST)
    simulator.refuses_second_stream = True
    device = host.add(simulator)

    async def main() -> None:
        async with connected(device) as first, connected(device) as second:
            waiting = asyncio.Event()

            def watch(state: StreamState) -> None:
                if state is StreamState.WAITING:
                    waiting.set()

            async with aclosing(first.live()) as events:
                await anext(events)
                reading = asyncio.create_task(take(1, second.live(watch)))
                await waiting.wait()
                await anext(events)
            assert len(await reading) == 1

    run(main())


def test_one_stream_uses_two_of_the_devices_sockets_and_gives_them_back(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(speed=FAST))

    async def main() -> None:
        async with connected(device) as client:
            for _ in range(3):
                await take(1, watch_live(client, ""))
                await client.system(fresh=True)
        assert device.wire.most_open <= 3
        assert device.wire.refused == 0

    run(main())


def test_the_report_is_polled_no_faster_than_the_meter_reports(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(speed=FAST, interval_s=7.0))
    pauses: list[float] = []

    async def main() -> None:
        async with connected(device) as client:
            with pytest.raises(asyncio.CancelledError):
                await take(10_000, poll_report(client, "", sleep=recording(pauses, 3)))

    run(main())
    assert pauses == [7.0, 7.0, 7.0]


def test_a_report_seen_before_gives_no_second_reading(host: SimulatorHost, run: Any) -> None:
    now = [0.0]
    device = host.add(WhatwattSimulator(clock=lambda: now[0]))
    pauses: list[float] = []
    readings: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] = float(len(pauses) // 3)

    async def main() -> None:
        async with connected(device) as client, aclosing(poll_report(client, "", sleep=sleep)) as polled:
            async for reading in polled:
                readings.append(reading.time_s)
                if len(readings) == 3:
                    break

    run(main())
    assert pauses == [2.0] * 6
    assert asked(device, f"GET {REPORT}") == 7


def test_polling_waits_longer_after_every_failure_and_recovers(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(speed=FAST))
    device.faults.add(Fault.DROP_BEFORE, times=1, path=REPORT)
    device.faults.add(Fault.CUT_BODY, times=6, path=REPORT)
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def main() -> None:
        async with connected(device) as client:
            assert len(await take(1, poll_report(client, "", sleep=sleep))) == 1

    run(main())
    assert len(pauses) >= 5
    assert pauses == sorted(pauses)
    assert pauses[:3] == [4.0, 8.0, 16.0]
    assert max(pauses) == 60.0


@pytest.mark.parametrize(
    "fault", [Fault.STALL, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.CUT_BODY, Fault.ENDLESS_BODY]
)
def test_a_failing_wire_is_an_error_for_the_installer_and_the_next_request_works(
    host: SimulatorHost, run: Any, fault: Fault
) -> None:
    device = host.add(WhatwattSimulator())
    device.faults.add(fault, path=SYSTEM)

    async def main() -> None:
        async with connected(device, timeout_s=1.0) as client:
            with pytest.raises((DeviceUnreachable, BadReply)):
                await client.identity()
            assert (await client.identity()).id == "A842E39F8124"

    run(main())


def test_the_watchdog_follows_the_report_interval(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(interval_s=30.0))

    async def main() -> None:
        async with connected(device) as client:
            assert client.watchdog_s() == 15
            await client.system()
            assert client.watchdog_s() == 150

    run(main())


def test_the_live_stream_learns_the_report_interval_by_itself(host: SimulatorHost, run: Any) -> None:
    device = host.add(WhatwattSimulator(interval_s=30.0, speed=30 * FAST))

    async def main() -> None:
        async with connected(device) as client:
            await take(1, watch_live(client, ""))
            assert client.watchdog_s() == 150

    run(main())


def test_a_meter_that_wants_a_key_is_a_finding_on_its_page(host: SimulatorHost, run: Any) -> None:
    simulator = WhatwattSimulator()
    simulator.meter_status = "KEY REQUIRED"
    device = host.add(simulator)

    async def main() -> None:
        async with connected(device) as client:
            section = WHATWATT.section("meter")
            (finding,) = section.findings(await section.read(client, ""))
            assert finding.field == "status"
            assert "key is required" in finding.title

    run(main())


class NoSystemPage:
    """A device of another kind that answers everything with JSON."""

    vendor = "other"
    max_connections = 7
    keep_alive_s = 5.0
    announce = None
    tls = None

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(self._body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": self._body})


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"device": {"name": "no id"}}'])
def test_another_device_at_the_address_is_not_taken_for_one(host: SimulatorHost, run: Any, body: bytes) -> None:
    device = host.add(NoSystemPage(body))

    async def main() -> None:
        async with connected(device) as client:
            with pytest.raises(NotRecognised):
                await client.identity()
            with pytest.raises(BadReply, match="no report"):
                await client.report()

    run(main())


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (404, "License required", LicenceRequired),
        (404, "license required.\n", LicenceRequired),
        (404, "Nothing matches the given URI", NotFound),
        (403, "Forbidden", AccessDenied),
        (400, "bad range", DeviceRefused),
        (500, "", DeviceFailed),
        (503, "busy", DeviceFailed),
        (302, "", BadReply),
    ],
)
def test_every_refusal_has_its_error(status: int, text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        refuse(status, text, "GET /x")
    assert type(caught.value) is kind


def test_success_is_no_refusal_and_a_page_is_not_quoted() -> None:
    refuse(200, "", "GET /x")
    refuse(204, "", "DELETE /x")
    with pytest.raises(DeviceFailed) as caught:
        refuse(500, "<html>\n<b>oops</b>", "GET /x")
    assert "<" not in caught.value.message
