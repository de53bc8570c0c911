"""Whole sessions with a meter, as window and command line have them: the site remembers, the relay is proven."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.archive import ColumnKind, Query
from app.model.errors import TooSoon, UsageError
from app.model.job import Progress
from app.net.pace import Pace
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost, create
from app.vendors.smartmac.relay import Relay
from app.vendors.smartmac.simulator import Form, SmartMacSimulator
from app.vendors.smartmac.vendor import ARCHIVES, FEEDS, SMARTMAC
from tests.app.command_lines import Cli
from tests.app.smartmac.meters import PIN, Clock, meter_of, opened
from tests.conftest import Run

RELAY = SMARTMAC.action("relay")
HISTORY = SMARTMAC.archive("history")
PACE = SMARTMAC.section("pace")
VALUES = SMARTMAC.section("values")


def meter(host: SimulatorHost, clock: Clock, **more: Any) -> Running:
    return host.add(SmartMacSimulator(pin=PIN, clock=clock, **{"extended": False, **more}))


async def switched(session: DeviceSession, on: bool) -> tuple[list[Progress], Receipt]:
    events = [event async for event in session.act(RELAY, "", Relay(on))]
    receipt = events.pop()
    assert isinstance(receipt, Receipt)
    return [event for event in events if isinstance(event, Progress)], receipt


def test_the_relay_is_switched_on_journalled_and_verified(host: SimulatorHost, run: Run[Any], tmp_path: Path) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            waits, receipt = await switched(session, True)
            assert receipt.outcome is Outcome.VERIFIED
            assert len(waits) > 60
            (noted,) = session.journal.operations()
            assert noted.section == "smartmac.relay"
            assert noted.steps[0].step.path == "/?page=getdata&pout=0"

    run(main())
    assert meter_of(running).relay is True
    assert meter_of(running).early == 0


def test_a_relay_that_does_not_obey_is_found_out(host: SimulatorHost, run: Run[Any], tmp_path: Path) -> None:
    clock = Clock()
    running = meter(host, clock)
    meter_of(running).stuck = True

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            _, receipt = await switched(session, True)
            assert receipt.outcome is Outcome.DIFFERS
            assert "the meter tells: off" in receipt.message

    run(main())


def test_a_command_whose_answer_is_lost_is_proven_all_the_same(
    host: SimulatorHost, run: Run[Any], tmp_path: Path
) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            running.faults.add(Fault.DROP_AFTER)
            _, receipt = await switched(session, True)
            assert receipt.outcome is Outcome.VERIFIED

    run(main())


def test_a_meter_that_is_gone_after_the_command_leaves_it_unknown(
    host: SimulatorHost, run: Run[Any], tmp_path: Path
) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            running.faults.add(Fault.DROP_AFTER)
            running.faults.add(Fault.DROP_BEFORE)
            _, receipt = await switched(session, True)
            assert receipt.outcome is Outcome.UNKNOWN

    run(main())


def test_a_switching_is_always_asked_about() -> None:
    assert RELAY.danger


def test_a_meter_without_a_relay_is_not_told_to_switch(host: SimulatorHost, run: Run[Any]) -> None:
    from app.vendors.smartmac.relay import objection
    from app.vendors.smartmac.reply import reply_of

    assert "none to switch" in objection(reply_of({"data": {}}), Relay(True))


def test_a_restart_of_the_program_does_not_ask_early_and_keeps_the_version(
    host: SimulatorHost, run: Run[Any], tmp_path: Path
) -> None:
    clock = Clock()
    running = meter(host, clock, extended=True)

    async def main() -> None:
        async with opened(running, clock, tmp_path):
            clock.now += 10
        with pytest.raises(TooSoon) as early:
            async with opened(running, clock, tmp_path):
                raise AssertionError("it was asked")
        assert early.value.wait_s == pytest.approx(50)
        clock.now += 50
        async with opened(running, clock, tmp_path) as session:
            await session.read(PACE, "")
            draft = session.draft(PACE, "")
            assert draft is not None
            draft.set("interval_s", 6)
            assert session.preview(PACE, "").steps[0].method == "KEEP"
            assert (await session.send(PACE, "")).outcome is Outcome.VERIFIED
        clock.now += 6
        async with opened(running, clock, tmp_path) as session:
            assert (await session.read(PACE, "")).value.interval_s == 6

    run(main())
    assert len(meter_of(running).requests) == 3
    assert meter_of(running).early == 0


def test_an_interval_that_no_meter_has_is_not_sent(host: SimulatorHost, run: Run[Any], tmp_path: Path) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            await session.read(PACE, "")
            draft = session.draft(PACE, "")
            assert draft is not None
            draft.set("interval_s", 1)
            with pytest.raises(UsageError):
                session.preview(PACE, "")

    run(main())


def test_what_was_read_is_kept_and_given_back_over_restarts(host: SimulatorHost, run: Run[Any], tmp_path: Path) -> None:
    clock = Clock()
    running = meter(host, clock, form=Form.SINGLE)
    begun = clock.now

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            clock.now += 60
            await session.read(VALUES, "")
        clock.now += 60
        async with opened(running, clock, tmp_path) as session:
            heard = asyncio.Event()
            ended: list[BaseException | None] = []
            subscription = session.feeds.subscribe(
                FEEDS[0], "", on_reading=lambda _: clock.now >= begun + 240 and heard.set(), on_end=ended.append
            )
            await heard.wait()
            subscription.close()
            records = await session.records(HISTORY, "", Query())
            assert records.columns[0].kind is ColumnKind.MOMENT
            moments = [datetime.fromtimestamp(begun + 60 * number) for number in range(5)]
            assert list(records.data[0])[:5] == moments
            keys = [column.key for column in records.columns]
            assert {"power.total", "voltage", "energy.import", "frequency"} <= set(keys)
            assert "voltage.l1" not in keys, "what was never read has no column"
            assert next(column for column in records.columns if column.key == "power.total").plotted
            part = await session.records(HISTORY, "", Query(begin=moments[1], end=moments[2]))
            assert list(part.data[0]) == moments[1:3]
            last = await session.records(HISTORY, "", Query(count=1))
            assert last.count == 1
            assert "earlier" in last.notes[0]

    run(main())
    assert meter_of(running).early == 0


def test_nowhere_does_the_program_keep_or_tell_the_pin(
    host: SimulatorHost, run: Run[Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = Clock()
    running = meter(host, clock)
    texts: list[str] = []

    async def main() -> None:
        async with opened(running, clock, tmp_path) as session:
            _, receipt = await switched(session, True)
            texts.extend(exchange.text() for exchange in session.client.recorder.exchanges())
            texts.extend(map(repr, (session, session.client, session.connection, session.client.credentials)))
            texts.append(repr(receipt))
            texts.append(repr(session.journal.operations()))

    run(main())
    texts.extend(record.getMessage() for record in caplog.records)
    texts.extend(str(record.args) for record in caplog.records)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    texts.extend(file.read_bytes().decode("utf-8", "replace") for file in files)
    assert any("HTTP Request" in text and "devpass=…" in text for text in texts), "the library's log is looked at"
    assert not [text for text in texts if PIN in text]


@pytest.fixture
def at(host: SimulatorHost, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A meter for the command line: its address and the options to log in."""
    running = host.add(SmartMacSimulator(pin=PIN))
    meter_of(running).interval_s = 0.0
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", PIN)
    return running.url, "--user", meter_of(running).id


def test_the_command_line_reads_and_then_waits_for_the_pace(
    at: tuple[str, ...], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cli("read", *at, "values", "device")["sections"]
    assert found["smartmac.device"]["value"]["relay"] == "off"
    assert found["smartmac.values"]["value"]["lines"][0]["unit"] == "V"
    assert cli.error("read", *at, "values", code=8)["hint"].startswith("Wait ")
    assert PIN not in cli.err


def test_the_command_line_switches_the_relay_when_it_is_confirmed(
    at: tuple[str, ...], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "wait_s", lambda _: 0.0)
    assert "--yes" in cli.error("do", *at, "relay", "on=true", code=2)["hint"]
    planned = cli("do", *at, "relay", "on=true", "--dry-run")
    assert planned["steps"][0]["path"] == "/?page=getdata&pout=0"
    assert cli("do", *at, "relay", "on=true", "--yes")["outcome"] == "verified"
    assert cli("read", *at, "device")["sections"]["smartmac.device"]["value"]["relay"] == "on"


def test_the_command_line_says_that_a_meter_is_extended(
    at: tuple[str, ...], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "wait_s", lambda _: 0.0)
    assert cli("send", *at, "pace", "interval_s=6", "--yes")["outcome"] == "verified"
    assert cli("read", *at, "pace")["sections"]["smartmac.pace"]["value"]["interval_s"] == 6
    assert "6" in cli.error("send", *at, "pace", "interval_s=7", "--yes", code=2)["message"]


def test_the_command_line_tells_live_values_and_the_history_of_the_site(
    at: tuple[str, ...], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "wait_s", lambda _: 0.0)
    assert "voltage.l1" in cli.text("live", *at, "--count", "2")
    history = cli("records", *at, "history")
    assert len(history["rows"]) >= 3, "what the live values read, and every connection"
    assert {"time", "power.total", "voltage.l2"} <= {column["key"] for column in history["columns"]}


@pytest.mark.parametrize("index", range(4))
def test_the_demo_meters_are_all_of_them_different(index: int) -> None:
    simulator = create(SMARTMAC, index)
    assert isinstance(simulator, SmartMacSimulator)
    assert simulator.announce is None
    lines = len(simulator.load.energy)
    assert (lines, simulator.interval_s) == ((3, 6.0), (3, 60.0), (1, 6.0), (1, 60.0))[index]


def test_the_history_is_declared_as_read_from_the_site() -> None:
    assert ARCHIVES[0].of_feed in {feed.key for feed in FEEDS if feed.kept}
