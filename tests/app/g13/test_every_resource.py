"""All 91 requests of the manual, each sent by the program's own client and answered with success by the simulator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from app.commission.receipt import Outcome
from app.commission.session import DeviceSession
from app.model.archive import Query
from app.model.firmware import make_image
from app.model.resource import Resource
from app.model.section import Scope
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.gateway.restart import RESTART
from app.vendors.g13.resources import RESOURCES
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.firmware import gateway_image, meter_image
from tests.conftest import Run
from tests.gateways import MAIN, PASSWORD, Gateway, gateway, session

MBUS = "ABB01EM000014506"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
WITHOUT_EXAMPLE = {3, 14, 15, 26, 72, 76, 80}
"""Requests whose manual shows neither a body nor more than a word of success."""

DAY = {"actions": [[1, "00:00"], [2, "15:00"]], "profile": 1}
TIMEOUTS = {
    "ack": 250,
    "delay_after_telegram": 100,
    "get_request": 200,
    "meter_contact": 150,
    "response_timeout": 300,
    "response_timeout_base": 100,
}


def test_every_request_of_the_manual_is_sent_and_succeeds(run: Run[None], tmp_path: Path) -> None:
    async def everything(device: Gateway) -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            assert isinstance(opened.connection, G13Client)
            await _accounts(opened.connection)
            await _gateway(device, opened.connection)
            await _meters(opened.connection)
            await _settings(opened)
            await _stored(opened)
            await _tariffs(opened.connection)
            await _everything_that_is_read(opened)
            await _firmware(opened)
            async with aclosing(opened.act(RESTART, "", RESTART.first())) as restarting:
                events = [event async for event in restarting]
            assert events[-1].outcome is Outcome.VERIFIED  # type: ignore[union-attr]

    with gateway() as device:
        device.simulator.gateway.part(Configuration).restarting_s = 0.2
        run(everything(device), 120)
        asked = set(device.requests)
    missing = [resource.name for resource in RESOURCES if not _was_asked(resource, asked)]
    assert not missing


def test_each_example_of_the_manual_is_kept_as_it_is_printed() -> None:
    kept = {int(found[1]) for file in FIXTURES.iterdir() if (found := re.match(r"6\.3\.(\d+)-", file.name))}
    missing = {resource.number for resource in RESOURCES} - kept - WITHOUT_EXAMPLE
    assert not missing


def _was_asked(resource: Resource, asked: Iterable[str]) -> bool:
    method, _, path = resource.name.partition(" ")
    fixed = [re.escape(part) for part in re.split(r"<[^>]*>", path)]
    # Channel, dates and count may be left out, as the manual's own examples do.
    form = re.compile(rf"{method} {'[^/]+'.join(fixed)}/?")
    begin = re.escape(re.split("/<(?:channel|from)", path)[0]).replace("<serial>", "[^/]+")
    short = re.compile(rf"{method} {begin}(/.*)?")
    return any(form.fullmatch(one) or ("<from" in path and short.fullmatch(one)) for one in asked)


async def _accounts(client: G13Client) -> None:
    await client.update("PUT", "/users", {"name": "fitter", "key": "first one"})
    await client.update("POST", "/users/fitter", {"name": "fitter", "key": "another"})
    await client.update("PUT", "/users/fitter/bindings", {"name": "fitter", "serial": MAIN, "access": "View Only"})
    await client.get("/users/fitter/bindings", dict[str, Any])
    await client.update("DELETE", "/users/fitter/bindings", {"name": "fitter", "serial": MAIN, "access": "No Access"})
    await client.get("/users", dict[str, Any])
    await client.update("DELETE", "/users/fitter", {"name": "fitter"})
    await client.change_password("admin", PASSWORD, "cabinet 8")


async def _gateway(device: Gateway, client: G13Client) -> None:
    place = {"serial": (await client.gateway()).serial, "alias": "Cellar", "location": "Building 2"}
    await client.update("POST", "/gateway", place)
    await client.update("POST", "/gateway/datetime", {"datetime": "2026-03-01T12:00:00"})
    addresses = (await client.get("/configuration", dict[str, Any]))["ip"]
    wanted = {tag: addresses[tag] for tag in ("ip", "dhcp", "dns", "gateway", "subnet", "pdns", "sdns")}
    await client.update("POST", "/configuration/ip", wanted)
    await client.update("POST", "/configuration/eqbus", {"baudrate": 500_000, "interoctettimeout": 1000})
    await client.update("POST", "/configuration/mbus-wired", {**TIMEOUTS, "delay_before_requd2": 100})
    await client.update("POST", "/configuration/mbus-ir", {**TIMEOUTS, "delay_before_reqd2": 100})
    asked = {"devices": [MAIN], "obis": [1, 0, 32, 7, 0, 255], "classid": 3, "attributes": [2, 3]}
    assert (await client.ask("/gateway/execute", asked, dict[str, Any]))[MAIN][1] == "V"
    await client.update("PUT", "/permittedmeters", {"meters": ["ABB01EM000099001"]})
    await client.update("DELETE", "/permittedmeters", {"meters": ["ABB01EM000099001"]})
    await client.update("DELETE", "/gateway/events", {})
    assert device.simulator.gateway.alias == "Cellar"


async def _meters(client: G13Client) -> None:
    await client.update(
        "POST", "/meters/scanned/77", {"mbus-wired": {"baudrate": 2400, "start": 3, "end": 4}, "token": 77}
    )
    while not any(found.serial == MBUS for found in (await client.scanned()).scanresult):
        assert (await client.scanned()).scancomplete != 1
    row = {"alias": "Heat pump", "location": "Cellar", "serial": MBUS}
    await client.update("PUT", "/meters", row)
    await client.update("POST", meter_path(MBUS), {**row, "alias": "Heat pump 2"})
    await client.get(meter_path(MBUS, "mbusinfo"), dict[str, Any])
    await client.update("DELETE", "/meters/scanned", {"deletescanned": [{"serial": MBUS}]})
    await client.update("DELETE", meter_path(MBUS), row)


async def _settings(opened: DeviceSession) -> None:
    client = opened.connection
    assert isinstance(client, G13Client)

    async def post(resource: str, body: dict[str, object]) -> None:
        await client.update("POST", meter_path(MAIN, resource), body)

    await post("datetime", {"datetime": "2026-03-01T12:00:00"})
    await post("energy/conversionfactor", {"conversionfactor": {"co2": 1.123, "currency": 100.789}})
    await post("energy/resettable", {"resettableenergy": {"activeimport": True}})
    await post("transformersettings", {"ctnum": "100", "ctdenum": "5", "vtnum": "1", "vtdenum": "1"})
    await post("io/configuration", {"ioconfig": [2, 1, 0, 3]})
    await post("io", {"iostatus": [{"port": 2, "currentstate": 1}]})
    pulse = {"port": 4, "length": 100, "frequency": 10_000, "energytype": 0}
    await post("io/pulse", {"pulse": [{"id": 1, **pulse}]})
    alarm = {"id": 25, "quantity": 70, "onthreshold": 9, "offthreshold": 8, "ondelay": 0, "offdelay": 0}
    await post("alarms/configuration", {"alarmconfig": {**alarm, "log": True, "output": 1}})
    await post("tariff", {"source": 1})
    await post("tariff", {"tariff": 2})


async def _stored(opened: DeviceSession) -> None:
    client = opened.connection
    assert isinstance(client, G13Client)
    for archive in opened.archives(MAIN):
        options = await opened.options(archive, MAIN)
        chosen = {name: choices[0].value for name, choices in options.items()}
        await opened.records(archive, MAIN, Query(count=3, parameters=archive.parameters(**chosen)))
    previous = {"interval": "weekly", "weekday": 1, "pvconfig": [1, 2, 3]}
    await client.update("POST", meter_path(MAIN, "previousvalues/configuration"), previous)
    profile: dict[str, object] = {"lpconfig": [[900, 1, 1000]]}
    await client.update("POST", meter_path(MAIN, "loadprofiles/configuration"), profile)
    demand: dict[str, object] = {"dmc": [[96, 5]], "interval": [900, 60], "period": "daily", "weekday": 1}
    await client.update("POST", meter_path(MAIN, "demand/configuration"), demand)
    for kept in ("previousvalues", "loadprofiles", "demand"):
        await client.update("DELETE", meter_path(MAIN, kept), None)


async def _tariffs(client: G13Client) -> None:
    week = {"profile": "All days", "dayid": [1] * 7}
    season = {"day": 1, "month": 1, "profile": "Year", "weekprofile": "All days"}
    date = {"year": 65535, "month": 12, "week": 255, "day": 24}
    for resource, body in (
        ("dayprofiles", DAY),
        ("weekprofiles", {"weekprofiles": [*(await _weeks(client)), week]}),
        ("seasonprofiles", {"seasonprofiles": [season]}),
        ("specialdayprofiles", {"profile": 1, "dayprofile": 1, "date": date}),
    ):
        await client.update("POST", meter_path(MAIN, f"tariff/{resource}"), body)


async def _weeks(client: G13Client) -> list[dict[str, Any]]:
    """Those in use stay until the seasons name another."""
    weeks = (await client.get(meter_path(MAIN, "tariff/weekprofiles"), dict[str, Any]))["weekprofiles"]
    return list(weeks)


async def _everything_that_is_read(opened: DeviceSession) -> None:
    for scope, meter in ((Scope.DEVICE, ""), (Scope.METER, MAIN)):
        for section in opened.vendor.sections:
            if section.scope is scope and (await opened.support(section, meter)).readable:
                await opened.read(section, meter)
    for archive in opened.archives():
        if archive.key != "g13.compare":
            await opened.records(archive, "", Query())
    await opened.connection.get("/lasterror/1", dict[str, Any])


async def _firmware(opened: DeviceSession) -> None:
    firmware = opened.vendor.firmware
    assert firmware is not None
    for content, meters in ((meter_image("B2.15.0.0", 2000), (MAIN,)), (gateway_image("G1.5.0.0", 2000), ())):
        async with aclosing(firmware.upload(opened.connection, make_image("image.bin", content))) as sending:
            async for _ in sending:
                pass
        async with aclosing(firmware.install(opened.connection, meters)) as installing:
            async for _ in installing:
                pass
