"""Faults that a person can switch while simulators run: each has the consequence that a real one has."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.model.errors import (
    AppError,
    BadReply,
    DeviceFailed,
    DeviceSilent,
    DeviceUnreachable,
    LicenceRequired,
    LoginFailed,
    UsageError,
)
from app.net.client import DeviceClient, Policy
from app.net.eventstream import StreamState
from app.net.pins import Pins
from app.registry import vendor
from app.scenario.site import Site
from app.simulators.commands import obey
from app.simulators.host import Running, SimulatorHost, create
from app.vendors.ingecon.client import model_of
from app.vendors.ingecon.feeds import inverter_values
from app.vendors.smartmac.simulator import SmartMacSimulator
from app.vendors.smartmac.simulator.device import PIN
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.feeds import watch_live
from tests.app.ingecon.devices import connected as inverter_of
from tests.app.sites import get
from tests.app.smartmac.meters import Clock
from tests.app.smartmac.meters import connected as smart_meter
from tests.conftest import Run
from tests.gateways import MAIN, gateway, session

PATIENCE_S = 0.4


@contextmanager
def running(spec: str) -> Iterator[tuple[SimulatorHost, Running]]:
    family, _, model = spec.partition("/")
    with SimulatorHost([create(vendor(family), model=model, site=Site())]) as host:
        yield host, host[0]


async def until(happened: Callable[[], object], limit_s: float = 10) -> None:
    """Wait until something is so; whether it ever is has no signal of its own."""
    async with asyncio.timeout(limit_s):
        while not happened():  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.01)


@asynccontextmanager
async def reader(device: Running) -> AsyncGenerator[WhatwattClient, None]:
    client = WhatwattClient(
        DeviceClient(device.address, pins=Pins.in_memory(), policy=Policy(one_connection=False, timeout_s=PATIENCE_S))
    )
    try:
        yield client
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    ("fault", "failure"), [("drop", DeviceUnreachable), ("stall", DeviceSilent), ("cut", (BadReply, DeviceUnreachable))]
)
def test_a_wire_that_fails_is_an_error_in_words_until_it_is_mended(
    run: Run[Any], fault: str, failure: type[AppError]
) -> None:
    async def main() -> None:
        async with reader(device) as client:
            assert await client.report(fresh=True)
            host.fault(device, fault)
            for _ in range(2):
                with pytest.raises(failure):
                    await client.report(fresh=True)
            host.mend(device, fault)
            assert await client.report(fresh=True)

    with running("whatwatt") as (host, device):
        run(main())


@pytest.mark.parametrize("fault", ["drop", "stall", "cut", "streams"])
def test_an_open_stream_breaks_too_and_comes_back(run: Run[Any], monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr("app.vendors.whatwatt.client.LEAST_WATCHDOG_S", 1.5)
    states: list[StreamState] = []

    async def main() -> None:
        async with reader(device) as client, aclosing(client.live(states.append)) as events:
            await anext(events)
            host.fault(device, fault)
            following = asyncio.ensure_future(anext(events))
            async with asyncio.timeout(10):
                while StreamState.WAITING not in states:
                    await asyncio.wait({following}, timeout=0.05)
                    if following.done():
                        # One event may have been on its way already.
                        following = asyncio.ensure_future(anext(events))
            host.mend(device)
            await following
        assert states.count(StreamState.LIVE) >= 2

    with running("whatwatt") as (host, device):
        run(main())


def test_an_ems_without_a_free_stream_is_asked_again_until_it_has_one(run: Run[Any]) -> None:
    async def main() -> None:
        async with inverter_of(device, timeout_s=PATIENCE_S) as client, aclosing(client.stream.events()) as events:
            await anext(events)
            host.fault(device, "streams")
            await until(lambda: client.stream.state is StreamState.WAITING)
            host.mend(device)
            await anext(events)

    with running("ingecon/ems-storage") as (host, device):
        run(main())


def test_a_restart_takes_the_device_away_and_brings_it_back(run: Run[Any]) -> None:
    async def main() -> None:
        async with reader(device) as client:
            boots = (await client.report(fresh=True))["system"]["boot_id"]
            host.fault(device, "reboot", 0.5)
            with pytest.raises(DeviceUnreachable):
                await client.report(fresh=True)
            async with asyncio.timeout(10):
                while True:
                    try:
                        again = await client.report(fresh=True)
                    except DeviceUnreachable:
                        await asyncio.sleep(0.05)
                        continue
                    break
            assert again["system"]["boot_id"] != boots
            assert not device.troubles.on

    with running("whatwatt") as (host, device):
        run(main())


def test_a_missing_licence_is_said_as_such(run: Run[Any]) -> None:
    async def main() -> None:
        async with reader(device) as client:
            host.fault(device, "licence")
            with pytest.raises(LicenceRequired):
                await client.report(fresh=True)
            async with aclosing(watch_live(client, "")) as readings:
                await anext(readings)
            host.mend(device)
            assert await client.report(fresh=True)

    with running("whatwatt") as (host, device):
        run(main())


@pytest.mark.parametrize("spec", ["whatwatt", "ingecon/ems-storage"])
def test_spoiled_events_are_left_out_and_the_stream_goes_on(run: Run[Any], spec: str) -> None:
    async def of_whatwatt() -> int:
        async with reader(device) as client, aclosing(client.live()) as events:
            for _ in range(2):
                await anext(events)
            return client.bad_events

    async def of_ems() -> int:
        async with inverter_of(device) as client, aclosing(client.stream.events()) as events:
            for _ in range(3):
                await anext(events)
            return client.stream.bad_events

    with running(spec) as (host, device):
        host.fault(device, "events")
        assert run(of_whatwatt() if spec == "whatwatt" else of_ems()) >= 1


def test_a_changed_pin_is_a_refused_login_that_names_no_pin(run: Run[Any]) -> None:
    async def main() -> None:
        clock = Clock()
        async with smart_meter(device, clock, pin=PIN) as client:
            assert await client.identity()
            host.fault(device, "pin")
            clock.now += 100
            with pytest.raises(LoginFailed) as failure:
                await client.snapshot(proof=True)
            assert PIN not in repr(failure.value) + failure.value.hint + failure.value.details
            host.mend(device)
            clock.now += 100
            assert await client.snapshot(proof=True)

    with running("smartmac/three-extended") as (host, device):
        assert isinstance(device.simulator, SmartMacSimulator)
        device.simulator.interval_s = 0.0
        run(main())


def test_values_that_an_inverter_cannot_read_are_missing_and_not_zero(run: Run[Any]) -> None:
    async def main() -> None:
        async with inverter_of(device) as client:
            model = model_of(await client.inverter(fresh=True))
            assert model is not None
            host.fault(device, "values")
            told = await client.inverter(fresh=True)
            assert all(math.isnan(value) for value in inverter_values(model, told))
            host.mend(device)
            assert not all(math.isnan(value) for value in inverter_values(model, await client.inverter(fresh=True)))

    with running("ingecon/3play") as (host, device):
        run(main())


def test_a_meter_without_power_is_a_failure_of_that_meter_only(run: Run[Any], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            section, other = opened.vendor.section("g13.ratios"), opened.vendor.section("g13.name")
            await opened.read(section, MAIN)
            device.host.fault(device.running, "meter")
            with pytest.raises(DeviceFailed):
                await opened.read(section, MAIN)
            assert await opened.read(other, "")
            device.host.mend(device.running, "meter")
            assert await opened.read(section, MAIN)

    with gateway() as device:
        run(main())


def test_a_fault_may_last_for_a_while_and_end_by_itself(run: Run[Any]) -> None:
    async def main() -> None:
        async with reader(device) as client:
            host.fault(device, "licence", 0.2)
            with pytest.raises(LicenceRequired):
                await client.report(fresh=True)
            await until(lambda: not device.troubles.on)
            assert await client.report(fresh=True)

    with running("whatwatt") as (host, device):
        run(main())


def test_a_wire_fails_in_one_way_at_a_time_and_clearing_ends_everything() -> None:
    with running("whatwatt") as (host, device):
        host.fault(device, "stall", 60)
        host.fault(device, "drop")
        host.fault(device, "licence")
        assert device.troubles.on == {"drop", "licence"}
        host.mend(device)
        assert device.troubles.on == set()
        assert get(device, "/api/v1/report")


def test_faults_that_a_device_has_not_are_refused() -> None:
    with running("smartmac") as (host, device):
        with pytest.raises(UsageError, match="no fault 'licence'"):
            host.fault(device, "licence")
        with pytest.raises(UsageError, match="not possible"):
            host.fault(device, "stall", -1)
        assert {"drop", "stall", "cut", "reboot", "pin"} == set(device.troubles.known)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("list", "licence"),
        ("help", "fault NUMBER"),
        ("fault 1 licence", "1 has no Plus licence."),
        ("fault 1 stall 20", "1 takes requests"),
        ("clear 1 stall", "over"),
        ("clear 1", "works"),
        ("clear", "Everything works."),
    ],
)
def test_what_is_typed_is_done(line: str, said: str) -> None:
    with running("whatwatt") as (host, _):
        reply = obey(line, host)
        assert reply is not None
        assert (reply.ok, said in reply.text) == (True, True), reply


@pytest.mark.parametrize(
    "line", ["fault", "fault 0 stall", "fault 2 stall", "fault x stall", "fault 1 nothing", "fault 1 stall soon",
             "fault 1 stall nan", "clear 7", "please", "fault 1 stall 1 1"],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_and_not_done(line: str) -> None:
    with running("whatwatt") as (host, device):
        reply = obey(line, host)
        assert reply is not None
        assert not reply.ok
        assert device.troubles.on == set()
        assert obey("   ", host) is None
