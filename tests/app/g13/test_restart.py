"""The gateway restarted and waited for; its list of scanned meters emptied."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.commission.receipt import Outcome, Receipt
from app.model.action import NOTHING, AnyAction
from app.model.errors import DeviceRefused, DeviceUnreachable
from app.model.job import Progress
from app.net.lenient import decode
from app.simulators.faults import Fault
from app.vendors.g13.gateway import restart
from app.vendors.g13.gateway.restart import FORGET_SCANNED, RESTART, Traces
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.gateway_log import EventLog
from tests.conftest import Run
from tests.gateways import Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setattr(restart, "POLL_S", 0.05)
    monkeypatch.setattr(restart, "LEAVING_S", 0.5)
    monkeypatch.setattr(restart, "PATIENCE_S", 5.0)
    with gateway() as running:
        running.simulator.gateway.part(Configuration).restarting_s = 0.4
        yield running


async def done(device: Gateway, folder: Path, action: AnyAction, **who: str) -> tuple[Receipt, list[Progress]]:
    told: list[Progress] = []
    async with session(device, folder, **who) as opened:
        await opened.open()
        async for event in opened.act(action, "", NOTHING):
            if isinstance(event, Receipt):
                receipt = event
            else:
                told.append(event)
        # Whatever came of it, the session is usable.
        assert (await opened.connection.identity()).id == device.simulator.gateway.serial
    return receipt, told


def test_a_restart_is_followed_until_the_gateway_is_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    receipt, told = run(done(device, tmp_path, RESTART))
    assert receipt.outcome is Outcome.VERIFIED, receipt.message
    assert receipt.message == ""
    assert device.writes() == ["POST /gateway/reboot"]
    assert any("is restarting" in progress.text for progress in told)
    assert not any(progress.cancellable for progress in told)
    assert [entry["id"] for entry in device.simulator.gateway.part(EventLog).entries][-2:] == [10, 11]


def test_the_manuals_answer_is_what_the_simulator_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            reply = await opened.client.request("POST", "/gateway/reboot")
            assert decode(reply.body) == decode((FIXTURES / "6.3.15-reply.json").read_bytes())

    run(ask())


def test_a_restart_whose_answer_is_lost_counts_when_the_gateway_went_and_came(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    device.faults.add(Fault.DROP_AFTER, path="/gateway/reboot")
    receipt, _ = run(done(device, tmp_path, RESTART))
    assert receipt.outcome is Outcome.VERIFIED
    assert "answer was lost" in receipt.message


def test_a_gateway_that_says_yes_and_stays_is_not_believed(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device.running.wire, "leave", lambda *_: None)
    monkeypatch.setattr(EventLog, "add", lambda *_: None)
    receipt, _ = run(done(device, tmp_path, RESTART))
    assert receipt.outcome is Outcome.DIFFERS
    assert "there all the time" in receipt.message


def test_a_restart_too_fast_to_be_seen_is_proven_by_the_event_log() -> None:
    before = Traces(0, frozenset({("11", 4, "2026-01-01T00:00:00")}))
    after = Traces(0, frozenset({("11", 4, "2026-01-01T00:00:00"), ("11", 6, "2026-01-02T00:00:00")}))
    assert RESTART.proven(before, after, NOTHING) == ""
    assert RESTART.proven(before, before, NOTHING) != ""
    assert RESTART.proven(before, Traces(0, frozenset()), NOTHING) != "", "a log that was cleared proves nothing"
    assert RESTART.proven(Traces(0, None), Traces(1, None), NOTHING) == ""
    assert RESTART.proven(Traces(0, None), Traces(0, None), NOTHING) != ""


def test_a_gateway_that_does_not_come_back_is_told_with_what_to_do(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "PATIENCE_S", 0.6)
    device.simulator.gateway.part(Configuration).restarting_s = 60.0

    async def gone() -> Receipt:
        async with session(device, tmp_path) as opened:
            await opened.open()
            events = [event async for event in opened.act(RESTART, "", NOTHING)]
            assert isinstance(events[-1], Receipt)
            return events[-1]

    receipt = run(gone())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "not come back" in receipt.message
    assert "DHCP server" in receipt.hint


def test_another_gateway_at_its_address_is_no_return(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def follow() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            with pytest.raises(DeviceUnreachable, match="Another gateway"):
                async for _ in RESTART.follow(opened.connection, "ABB01GW000000009"):
                    pass

    run(follow())


@pytest.mark.parametrize("action", [RESTART, FORGET_SCANNED])
def test_only_a_gateway_administrator_may(run: Run, tmp_path: Path, device: Gateway, action: AnyAction) -> None:
    device.simulator.gateway.users.add("fitter", "pipe 12", {})
    receipt, _ = run(done(device, tmp_path, action, user="fitter", password="pipe 12"))
    assert receipt.outcome is Outcome.REFUSED
    assert "gateway administrator" in receipt.hint


def test_scanned_meters_are_forgotten_and_registered_ones_stay(run: Run, tmp_path: Path, device: Gateway) -> None:
    state = device.simulator.gateway
    state.scanned = {meter.serial: 7 for meter in state.meters[2:5]}
    registered = set(state.registered)
    receipt, _ = run(done(device, tmp_path, FORGET_SCANNED))
    assert receipt.outcome is Outcome.VERIFIED
    assert device.writes() == ["DELETE /meters/scanned"]
    assert state.scanned == {}
    assert set(state.registered) == registered
    assert receipt.erases


def test_meters_that_a_running_scan_finds_again_are_told() -> None:
    assert FORGET_SCANNED.proven(("A",), (), NOTHING) == ""
    assert "2 scanned meters are still listed" in FORGET_SCANNED.proven(("A",), ("A", "B"), NOTHING)


def test_the_simulator_forgets_named_meters_as_the_manual_shows(run: Run, tmp_path: Path, device: Gateway) -> None:
    state = device.simulator.gateway
    request = msgspec.json.decode((FIXTURES / "6.3.37-request.json").read_bytes())
    found = state.meters[3]
    found.serial = "ABB_4"
    state.scanned = {"ABB_4": 7}

    async def forget() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            reply = await opened.client.request("DELETE", "/meters/scanned", body=msgspec.json.encode(request))
            assert decode(reply.body) == decode((FIXTURES / "6.3.37-reply.json").read_bytes())
            with pytest.raises(DeviceRefused):
                await opened.connection.update(
                    "DELETE", "/meters/scanned", {"deletescanned": [{"serial": str(n)} for n in range(16)]}
                )

    run(forget())
