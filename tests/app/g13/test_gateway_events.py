"""The gateway's event log: in words, in order, cleared and proven."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.archive import Query, Records
from app.net.lenient import JsonReader, convert
from app.simulators.faults import Fault
from app.vendors.g13.client import G13Client
from app.vendors.g13.gateway.basics import CLOCK, NAME
from app.vendors.g13.gateway.events import CLEAR, EVENTS_ARCHIVE, Event, Events
from app.vendors.g13.gateway.registration import METERS
from app.vendors.g13.gateway.user_models import Account
from app.vendors.g13.gateway.users import USERS
from app.vendors.g13.simulator.gateway_log import WARNING, EventLog
from app.vendors.g13.simulator.users import Role
from tests.conftest import Run
from tests.gateways import Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
QUERY = Query()


@pytest.fixture
def device() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


async def events(opened: DeviceSession) -> Records:
    return await opened.records(EVENTS_ARCHIVE, "", QUERY)


def column(found: Records, key: str) -> list[Any]:
    return list(found.data[[c.key for c in found.columns].index(key)])


async def clear(opened: DeviceSession) -> Receipt:
    receipt: Receipt | None = None
    async for event in opened.act(CLEAR, "", CLEAR.first()):
        if isinstance(event, Receipt):
            receipt = event
    assert receipt is not None
    return receipt


def test_events_come_oldest_first_and_in_words(run: Run, tmp_path: Path, device: Gateway) -> None:
    log = device.simulator.gateway.part(EventLog)
    log.add(9, category=WARNING)
    log.add(99, category=16, kind=12)

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            found = await events(opened)
            assert column(found, "index") == [float(number) for number in range(1, found.count + 1)]
            assert column(found, "event")[0] == "Event log cleared"
            assert column(found, "event")[-2:] == ["Meter does not answer", "Event 99"]
            assert column(found, "category")[-2:] == ["Warning", "Category 16"]
            assert column(found, "type")[-2:] == ["Event", "Type 12"]
            assert all(isinstance(moment, datetime) for moment in column(found, "time"))
            assert column(found, "time") == sorted(column(found, "time"))

    run(read())


def test_an_event_without_a_date_keeps_its_row(run: Run, tmp_path: Path, device: Gateway) -> None:
    log = device.simulator.gateway.part(EventLog)
    log.add(9)
    log.entries[-1]["timestamp"] = "never"

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            assert column(await events(opened), "time")[-1] == "never"

    run(read())


def test_what_is_done_to_the_gateway_stands_in_its_log(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await clear(opened)
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "Cellar")
            await opened.send(NAME, "")
            await opened.read(CLOCK, "")
            opened.draft(CLOCK, "").take_now()
            await opened.send(CLOCK, "")
            users = (await opened.read(USERS, "")).value.users
            opened.draft(USERS, "").set("users", (*users, Account(name="carl", new_password="carl 12")))
            await opened.send(USERS, "")
            opened.draft(USERS, "").set("users", users)
            await opened.send(USERS, "")
            meters = (await opened.read(METERS, "")).value.meters
            opened.draft(METERS, "").set("meters", meters[1:])
            await opened.send(METERS, "")
            assert column(await events(opened), "event") == [
                "Event log cleared",
                "Name changed",
                "Date and time set",
                "User added",
                "User deleted",
                "Device deleted",
            ]

    run(work())


def test_clearing_erases_everything_and_is_proven(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            receipt = await clear(opened)
            assert receipt.outcome is Outcome.VERIFIED
            assert receipt.erases == ("all events that the gateway has noted",)
            found = await events(opened)
            assert column(found, "event") == ["Event log cleared"]
            assert column(found, "index") == [1.0]
            assert (await clear(opened)).outcome is Outcome.VERIFIED

    run(work())
    assert device.writes() == ["DELETE /gateway/events"] * 2


def test_a_log_that_only_says_it_was_cleared_is_not_believed(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventLog, "clear", lambda self: self.add(12))

    async def work() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            receipt = await clear(opened)
            assert receipt.outcome is Outcome.DIFFERS
            assert "still stand" in receipt.message

    run(work())


def test_a_lost_answer_to_the_clearing_is_looked_after(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            device.faults.add(Fault.DROP_AFTER, method="DELETE", path="/gateway/events")
            assert (await clear(opened)).outcome is Outcome.VERIFIED

    run(work())


def test_only_an_administrator_clears_the_log(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.simulator.gateway.users.add("anna", "anna 1", {device.simulator.gateway.serial: Role.VIEW})

    async def work() -> None:
        async with session(device, tmp_path, user="anna", password="anna 1") as opened:
            await opened.open()
            assert (await events(opened)).count > 1
            receipt = await clear(opened)
            assert receipt.outcome is Outcome.REFUSED
            assert "administrator" in receipt.hint

    run(work())


def test_the_manuals_own_log_is_read(run: Run) -> None:
    example = convert(JsonReader("the manual").decode((FIXTURES / "6.3.13-reply.json").read_bytes()), Events)
    assert len(example.events) == 6
    assert example.events[0] == Event(id=9, index=6, timestamp="2012-05-17T13:02:02", category=4, type=2)

    class Manual(G13Client):
        def __init__(self) -> None:
            """Answers with the manual's example and nothing else."""

        async def get(self, path: str, kind: Any) -> Any:
            assert (path, kind) == ("/gateway/events", Events)
            return example

    found = run(EVENTS_ARCHIVE.read(Manual(), "", QUERY))
    assert column(found, "time")[0] == datetime(2000, 1, 1, 0, 2, 2)
    assert column(found, "event") == [
        "Device added",
        "Meter does not answer",
        "User added",
        "User added",
        "User added",
        "Meter does not answer",
    ]
    assert column(found, "category")[1] == "Warning"
    assert not any(math.isnan(number) for number in column(found, "index"))
