"""Sendings and actions that are cut off in their middle: each part's fate is told, and the journal has it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome, Receipt, StepState
from app.commission.records import OperationRecord
from app.commission.session import DeviceSession
from app.model.section import Step
from app.simulators.faults import Fault
from app.site.sitefile import SiteFile
from app.vendors.g13.client import meter_path
from app.vendors.g13.gateway.user_models import Account
from app.vendors.g13.gateway.users import USERS
from app.vendors.g13.meter.inputs_outputs import IO_USE
from app.vendors.g13.meter.io_actions import RESET_INPUTS, InputReset
from app.vendors.g13.meter.ratios import RATIOS
from app.vendors.g13.meter.resettable import RESET, ChosenRegisters
from app.vendors.g13.meter.tariff_calendar import CALENDAR
from app.vendors.g13.meter.tariff_models import Season, SpecialDay, SwitchPoint, Week
from app.vendors.g13.simulator.calls import Call, resource
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.registers import ResettableRegisters
from app.vendors.g13.simulator.resources import RESOURCES
from app.vendors.g13.simulator.users import Role
from tests.app.g13.wiring import ManualTime, at_work, do, meter_of, put, read, wired
from tests.conftest import Run
from tests.gateways import MAIN, Gateway

TARIFF = meter_path(MAIN, "tariff")
SECRET = "Fräulein-42"
TWO_INPUTS = InputReset(False, False, True, True, counters=True, stored_states=False)


@pytest.fixture
def device() -> Iterator[Gateway]:
    with wired(ManualTime()) as running:
        yield running


def noted(folder: Path) -> OperationRecord:
    """What the journal tells of the last sending."""
    with SiteFile.open(folder / "site.wattwright") as site:
        return site.journal.operations()[0]


def fates(receipt: Receipt) -> dict[str, Outcome]:
    return {part.field: part.outcome for part in receipt.parts}


def during(opened: DeviceSession, path: str, happens: Callable[[], object]) -> None:
    """Let something happen right before the request to that path is sent."""
    perform = opened.connection.perform

    async def performing(step: Step) -> None:
        if step.path == path:
            happens()
        await perform(step)

    opened.connection.perform = performing  # type: ignore[method-assign]


def loses_power(device: Gateway) -> Callable[[], None]:
    def lose() -> None:
        meter_of(device).powered = False

    return lose


async def send_calendar(opened: DeviceSession) -> Receipt:
    """A calendar in which all four parts are other than on the meter, each in one request."""
    before = await read(opened, CALENDAR)
    return await put(
        opened,
        CALENDAR,
        switch_points=(*before.switch_points, SwitchPoint(5, "00:00", 3)),
        weeks=(*before.weeks, Week("Spring week", 5, 5, 5, 5, 5, 5, 5)),
        seasons=(*before.seasons, Season("Spring", 3, 1, "Spring week")),
        special_days=(*before.special_days, SpecialDay(month=8, day=15, day_profile=5)),
    )


@pytest.mark.parametrize(
    ("fault", "weeks"), [(Fault.DROP_AFTER, Outcome.VERIFIED), (Fault.DROP_BEFORE, Outcome.UNKNOWN)]
)
def test_a_calendar_that_is_cut_off_tells_which_of_its_parts_stand(
    run: Run, tmp_path: Path, device: Gateway, fault: Fault, weeks: Outcome
) -> None:
    async def work() -> Receipt:
        async with at_work(device, tmp_path) as opened:
            device.faults.add(fault, method="POST", path=f"{TARIFF}/weekprofiles")
            receipt = await send_calendar(opened)
            draft = opened.draft(CALENDAR, MAIN)
            assert draft is not None
            left = {change.field for change in draft.changes()}
            stands = {"switch_points"} | ({"weeks"} if weeks is Outcome.VERIFIED else set())
            assert left == {"switch_points", "weeks", "seasons", "special_days"} - stands
            assert (await opened.send(CALENDAR, MAIN)).outcome is Outcome.VERIFIED
            return receipt

    receipt = run(work())
    assert receipt.outcome is Outcome.UNKNOWN
    assert fates(receipt) == {
        "switch_points": Outcome.VERIFIED,
        "weeks": weeks,
        "seasons": Outcome.NOT_SENT,
        "special_days": Outcome.NOT_SENT,
    }
    with SiteFile.open(tmp_path / "site.wattwright") as site:
        second, first = site.journal.operations()
    assert (first.outcome, second.outcome) == ("unknown", "verified")
    assert [step.outcome for step in first.steps] == ["done", "unknown", "not sent", "not sent"]
    assert [part["outcome"] for part in first.receipt["parts"]][2:] == ["not sent", "not sent"]


def test_a_meter_that_loses_power_amid_a_calendar_leaves_its_part_unknown_and_not_refused(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def work() -> Receipt:
        async with at_work(device, tmp_path) as opened:
            during(opened, f"{TARIFF}/seasonprofiles", loses_power(device))
            return await send_calendar(opened)

    receipt = run(work())
    assert receipt.outcome is Outcome.UNKNOWN
    assert fates(receipt) == {
        "switch_points": Outcome.UNKNOWN,
        "weeks": Outcome.UNKNOWN,
        "seasons": Outcome.UNKNOWN,
        "special_days": Outcome.NOT_SENT,
    }
    assert "powered" in receipt.hint
    assert noted(tmp_path).outcome == "unknown"


def test_a_meter_that_loses_power_at_the_only_request_is_unknown_and_not_refused(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def work() -> Receipt:
        async with at_work(device, tmp_path) as opened:
            during(opened, meter_path(MAIN, "transformersettings"), loses_power(device))
            return await put(opened, RATIOS, ct_numerator=50)

    receipt = run(work())
    assert receipt.outcome is Outcome.UNKNOWN
    assert fates(receipt) == {"ct_numerator": Outcome.UNKNOWN}
    assert noted(tmp_path).outcome == "unknown"


def test_what_is_edited_again_while_it_is_sent_is_not_lost(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def work() -> None:
        async with at_work(device, tmp_path) as opened:

            def edit() -> None:
                draft = opened.draft(RATIOS, MAIN)
                assert draft is not None
                draft.set("ct_numerator", 60)

            during(opened, meter_path(MAIN, "transformersettings"), edit)
            assert (await put(opened, RATIOS, ct_numerator=50)).outcome is Outcome.VERIFIED
            draft = opened.draft(RATIOS, MAIN)
            assert draft is not None
            assert (draft.base.ct_numerator, draft.value.ct_numerator) == (50, 60)
            assert [change.field for change in draft.changes()] == ["ct_numerator"]

    run(work())


def test_users_that_are_cut_off_are_told_and_no_password_is_in_the_journal(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    users = device.simulator.gateway.users
    users.add("anna", "anna 1", {MAIN: Role.VIEW})
    users.add("berta", "berta 1", {})

    async def work() -> Receipt:
        async with at_work(device, tmp_path) as opened:
            value = await read(opened, USERS, "")
            device.faults.add(Fault.DROP_AFTER, method="PUT", path="/users/anna/bindings")
            return await put(
                opened,
                USERS,
                "",
                users=(*(u for u in value.users if u.name != "berta"), Account(name="carl", new_password=SECRET)),
                access=tuple(
                    msgspec.structs.replace(row, access="Configure") if row.user == "anna" else row
                    for row in value.access
                    if row.user != "berta"
                ),
            )

    receipt = run(work())
    assert [step.state for step in receipt.steps[:3]] == [StepState.DONE, StepState.DONE, StepState.UNKNOWN]
    assert {step.state for step in receipt.steps[3:]} == {StepState.NOT_SENT}
    assert receipt.outcome is Outcome.UNKNOWN
    assert fates(receipt)["users"] is Outcome.DIFFERS
    assert {"carl", "berta"} <= users.by_name.keys()
    record = noted(tmp_path)
    assert record.outcome == "unknown"
    assert [step.outcome for step in record.steps[:3]] == ["done", "done", "unknown"]
    assert SECRET not in repr(record)
    assert SECRET.encode() not in (tmp_path / "site.wattwright").read_bytes()


@pytest.mark.parametrize(
    ("fault", "outcome"), [(Fault.DROP_AFTER, Outcome.VERIFIED), (Fault.DROP_BEFORE, Outcome.UNKNOWN)]
)
def test_uses_and_resets_of_ports_that_are_cut_off_are_looked_at_again(
    run: Run, tmp_path: Path, device: Gateway, fault: Fault, outcome: Outcome
) -> None:
    async def work() -> tuple[Receipt, Receipt]:
        async with at_work(device, tmp_path) as opened:
            device.faults.add(fault, method="POST", path=meter_path(MAIN, "io/configuration"))
            use = await put(opened, IO_USE, port_1="always_on")
            device.faults.add(fault, method="POST", path=meter_path(MAIN, "io"))
            return use, await do(opened, RESET_INPUTS, TWO_INPUTS)

    use, reset = run(work())
    assert (use.outcome, reset.outcome) == (outcome, outcome)
    assert use.steps[0].state is StepState.UNKNOWN
    record = noted(tmp_path)
    assert (record.section, record.outcome) == (RESET_INPUTS.key, outcome.value)
    assert record.steps[0].outcome == "unknown"


def _breaks_off(call: Call) -> Any:
    """One register is reset, then the bus fails."""
    call.meter.part(ResettableRegisters).reset(("activeimport",))
    raise Refusal(500, "Aborted at activeexport.")


def _breaks_off_with_400(call: Call) -> Any:
    call.meter.part(ResettableRegisters).reset(("activeimport",))
    raise Refusal(400, "Aborted at activeexport.")


@pytest.mark.parametrize("breaks_off", [_breaks_off, _breaks_off_with_400])
def test_a_reset_that_breaks_off_half_way_says_what_was_not_reset(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch, breaks_off: Callable[[Call], Any]
) -> None:
    broken = resource("POST", "/meters/{serial}/energy/resettable", breaks_off)
    monkeypatch.setattr("app.vendors.g13.simulator.device.RESOURCES", (broken, *RESOURCES))

    async def work() -> Receipt:
        async with at_work(device, tmp_path) as opened:
            return await do(opened, RESET, ChosenRegisters(active_import=True, active_export=True))

    receipt = run(work())
    assert receipt.outcome is Outcome.DIFFERS
    assert "Aborted at activeexport" in receipt.message
    assert "active export" in receipt.message
    assert "active import" not in receipt.message


def test_a_reset_that_the_gateway_calls_failed_but_that_is_done_is_verified(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = resource("POST", "/meters/{serial}/energy/resettable", _breaks_off)
    monkeypatch.setattr("app.vendors.g13.simulator.device.RESOURCES", (broken, *RESOURCES))

    async def work() -> Receipt:
        async with at_work(device, tmp_path) as opened:
            return await do(opened, RESET, ChosenRegisters(active_import=True))

    receipt = run(work())
    assert receipt.outcome is Outcome.VERIFIED
    assert "reported a failure" in receipt.message
