"""Sendings that go half-way, and drafts that outlive what they were made for: the story stays true."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from app.commission.connect import MAX_QUESTIONS, connect
from app.commission.draft import Draft
from app.commission.live import FeedHub
from app.commission.plain import parse_value, plain_of
from app.commission.receipt import Outcome, Receipt, StepState
from app.commission.send import send
from app.commission.session import DeviceSession
from app.model.errors import (
    AnswerLost,
    AppError,
    BadReply,
    DeviceFailed,
    InvalidValue,
    PasswordChangeRequired,
    StorageFailed,
)
from app.model.field import Field
from app.model.quantity import Feed, Reading
from app.model.section import AnySection, Change, Section, Step
from app.simulators.faults import Fault
from app.vendors.g13.gateway.basics import CLOCK, NAME
from app.vendors.g13.gateway.registration import METERS, Registration, Registrations
from app.vendors.g13.meter.demand import DEMAND
from app.vendors.g13.meter.ratios import RATIOS
from tests.app.test_commissioning import Answers
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session


@pytest.fixture
def device() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


class Pair(msgspec.Struct, frozen=True):
    first: Annotated[int, Field("First")]
    second: Annotated[int, Field("Second")]


class Device:
    """A device of two numbers. `fails` are the errors of its steps in turn, `reads` those of its readings."""

    def __init__(self, *fails: AppError | None, reads: Sequence[AppError | None] = ()) -> None:
        self.has = Pair(1, 1)
        self.fails = list(fails)
        self.reads = list(reads)
        self.taken: list[str] = []

    async def perform(self, step: Step) -> None:
        error = self.fails.pop(0) if self.fails else None
        if error is None or isinstance(error, DeviceFailed):
            self.taken.append(step.path)
            self.has = msgspec.structs.replace(self.has, **(step.body or {}))
        if error is not None:
            raise error


async def _read(device: Device, _: str) -> Pair:
    error = device.reads.pop(0) if device.reads else None
    if error is not None:
        raise error
    return device.has


def _plan(before: Pair, after: Pair, _: str) -> list[Step]:
    return [Step(name, "POST", f"/{name}", {name: getattr(after, name)}, (name,)) for name in before.__struct_fields__]


PAIR: Section[Pair, Any] = Section(key="test.pair", title="Pair", model=Pair, read=_read, plan=_plan)
WANTED = (Change("first", 1, 2), Change("second", 1, 2))


class Ledger:
    """A journal whose disk is full from its n-th note on."""

    def __init__(self, full_from: int = 1000) -> None:
        self.id = "1"
        self.notes: list[str] = []
        self.full_from = full_from

    def begin(self, *_: object) -> Ledger:
        return self

    def _write(self, note: str) -> None:
        if len(self.notes) >= self.full_from:
            raise StorageFailed("The disk is full.")
        self.notes.append(note)

    def before(self, step_index: int, step: Step) -> None:
        self._write(f"before {step_index}")

    def after(self, step_index: int, outcome: str, message: str) -> None:
        self._write(f"after {step_index} {outcome}")

    def end(self, outcome: str, receipt: object) -> None:
        self._write(f"end {outcome}")


async def sent(device: Device, ledger: Ledger | None = None) -> Receipt:
    return await send(PAIR, device, "d", "t", WANTED, journal=ledger or Ledger())  # type: ignore[arg-type]


def states(receipt: Receipt) -> list[StepState]:
    return [step.state for step in receipt.steps]


@pytest.mark.parametrize("lost", [AnswerLost("gone"), BadReply("a web page")])
def test_a_write_whose_answer_cannot_be_read_is_unknown_and_not_refused(run: Run, lost: AppError) -> None:
    receipt = run(sent(Device(lost, reads=[None, AnswerLost("still gone")])))
    assert receipt.outcome is Outcome.UNKNOWN
    assert states(receipt) == [StepState.UNKNOWN, StepState.NOT_SENT]


def test_a_failure_after_half_of_it_was_taken_is_not_called_refused(run: Run) -> None:
    receipt = run(sent(Device(DeviceFailed("Aborted at second"))))
    assert receipt.outcome is Outcome.DIFFERS
    assert [change.now for change in receipt.changes] == [2, 1]
    assert "Aborted" in receipt.message


def test_a_refusal_that_changed_nothing_is_a_refusal(run: Run) -> None:
    refused = Device(AppError("no"))
    assert run(sent(refused)).outcome is Outcome.REFUSED
    assert refused.taken == []


@pytest.mark.parametrize(("full_from", "taken"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2)])
def test_a_full_disk_stops_the_sending_and_what_was_sent_is_told(run: Run, full_from: int, taken: int) -> None:
    there, ledger = Device(), Ledger(full_from)
    receipt = run(sent(there, ledger))
    assert len(there.taken) == taken == sum(state is StepState.DONE for state in states(receipt))
    assert "disk is full" in receipt.message
    assert receipt.outcome is (Outcome.REFUSED, Outcome.DIFFERS, Outcome.VERIFIED)[taken]


def test_a_cancelled_sending_is_ended_as_unknown_in_the_journal(run: Run) -> None:
    class Slow(Device):
        async def perform(self, step: Step) -> None:
            begun.set()
            await asyncio.Event().wait()

    begun = asyncio.Event()
    ledger = Ledger()

    async def cancel() -> None:
        sending = asyncio.get_running_loop().create_task(sent(Slow(), ledger))
        await begun.wait()
        sending.cancel()
        await asyncio.wait((sending,))
        assert sending.cancelled()

    run(cancel())
    assert ledger.notes == ["before 0", "after 0 unknown", "end unknown"]


def test_the_second_of_three_registrations_is_refused(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def register() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(METERS, "")
            draft = opened.draft(METERS, "")
            assert draft is not None
            first, *others = draft.base.meters
            renamed = msgspec.structs.replace(others[-1], alias="Lift")
            stranger = Registration("NOBODY", "Nobody", "Nowhere")
            # In the order of the plan: delete the first, register one that no scan has seen, rename the last.
            draft.set("meters", (*others[:-1], stranger, renamed))
            receipt = await opened.send(METERS, "")
            assert states(receipt) == [StepState.DONE, StepState.REFUSED, StepState.NOT_SENT]
            assert receipt.outcome is Outcome.DIFFERS
            assert first.serial not in [meter.serial for meter in draft.base.meters]
            wanted = {meter.serial: meter.alias for meter in draft.value.meters}
            assert (wanted["NOBODY"], wanted[renamed.serial]) == ("Nobody", "Lift")
            assert first.serial not in wanted

    run(register())


def leave_draft(opened: DeviceSession, section: AnySection, base: object, value: object) -> None:
    """What an earlier run of the program may have left in the site file."""
    opened._stored.save(opened.key, opened.target(section, MAIN), section.key, base, value)


ROWS = tuple(Registration(name, name.lower(), "Cellar", state="online") for name in "ABC")


def rebased(wanted: tuple[Registration, ...], fresh: tuple[Registration, ...]) -> tuple[Registration, ...]:
    draft = Draft(METERS, Registrations(ROWS))
    draft.set("meters", wanted)
    draft.rebase(Registrations(fresh))
    return draft.value.meters


def test_edits_of_rows_survive_that_somebody_else_registers_renames_and_deletes() -> None:
    a, b, c = ROWS
    new = Registration("D", "d", "Roof")
    lift = msgspec.structs.replace(a, alias="Lift")
    assert rebased((lift, b, c), (a, b, c, new)) == (lift, b, c, new)
    assert rebased((lift, b, c), (a, b)) == (lift, b)
    assert rebased((b, c), (a, b, c, new)) == (b, c, new)
    assert rebased((a, b, c, new), (a, b)) == (a, b, new)
    elsewhere = msgspec.structs.replace(a, location="Roof", state="offline")
    assert rebased((lift, b, c), (elsewhere, b, c))[0] == msgspec.structs.replace(elsewhere, alias="Lift")


def test_a_stored_draft_does_not_delete_a_meter_registered_meanwhile(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def reopen() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            base = (await opened.read(METERS, "")).value
            known = Registrations(base.meters[:-1])
            renamed = msgspec.structs.replace(base.meters[0], alias="Lift")
            wanted = Registrations((renamed, *base.meters[1:-1]))
            opened._stored.save(
                opened.key, opened.identity.id, METERS.key, plain_of(METERS, known), plain_of(METERS, wanted)
            )
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(METERS, "")
            plan = opened.preview(METERS, "")
            assert [step.method for step in plan.steps] == ["POST"]
            assert plan.erases == ()

    run(reopen())


@pytest.mark.parametrize(
    ("base", "value"),
    [
        ({}, {}),
        ({"alias": "a", "location": "b", "serial": "s"}, {"alias": 5, "location": ["x"], "serial": "s"}),
        ({"alias": None}, {"alias": "Cellar"}),
        ({"gone": 1}, {"gone": 2}),
        ([], "text"),
        ({"location": "b"}, {}),
    ],
)
def test_a_stored_draft_of_another_version_does_not_stand_in_the_way(
    run: Run, tmp_path: Path, device: Gateway, base: Any, value: Any
) -> None:
    async def reopen() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            leave_draft(opened, NAME, base, value)
            live = await opened.read(NAME, "")
            assert opened.draft(NAME, "").value == live.value

    run(reopen())


def test_what_of_a_stored_draft_can_still_be_read_is_kept(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def reopen() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            old = {"period": "monthly", "interval_s": 900, "channels": [{"quantity": 59}]}
            new = {"period": "daily", "interval_s": 1800, "channels": [{"quantity": 60}]}
            leave_draft(opened, DEMAND, old, new)
            live = await opened.read(DEMAND, MAIN)
            draft = opened.draft(DEMAND, MAIN)
            assert (draft.value.period, draft.value.interval_s) == ("daily", 1800)
            assert draft.value.channels == live.value.channels

    run(reopen())


def test_a_value_that_the_device_has_already_is_shown_as_its_own(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def set_twice() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(RATIOS, MAIN)
            opened.draft(RATIOS, MAIN).set("ct_numerator", 100)
            meter = device.simulator.gateway.wired(MAIN)
            meter.ratio = dataclasses.replace(meter.ratio, ctnum=100)
            receipt = await opened.send(RATIOS, MAIN)
            assert receipt.outcome is Outcome.UNCHANGED
            assert opened.draft(RATIOS, MAIN).base.ct_numerator == 100
            assert opened.live(RATIOS, MAIN).value.ct_numerator == 100

    run(set_twice())


def test_a_moment_with_a_zone_is_not_sent_as_if_it_were_local(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def set_clock() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(CLOCK, "")
            zoned = parse_value(CLOCK.model, CLOCK.field("time"), "2026-03-01T12:00:00+02:00")
            opened.draft(CLOCK, "").set("time", zoned)
            with pytest.raises(InvalidValue, match="without a time zone"):
                await opened.send(CLOCK, "")

    run(set_clock())
    assert device.writes() == []


def test_half_a_character_is_a_problem_and_no_crash(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def rename() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "Cellar \ud83d")
            with pytest.raises(InvalidValue, match="half"):
                await opened.send(NAME, "")

    run(rename())


def test_an_answer_that_breaks_off_after_the_write_is_verified_by_reading_back(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def rename() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "Zähler Süd")
            device.faults.add(Fault.CUT_BODY, method="POST", path="/gateway")
            receipt = await opened.send(NAME, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert states(receipt) == [StepState.UNKNOWN]

    run(rename())
    assert device.simulator.gateway.alias == "Zähler Süd"


def test_an_automatic_answer_that_is_never_right_is_not_asked_for_ever(run: Run, tmp_path: Path) -> None:
    async def first_contact() -> None:
        answers = Answers(*["x" * 33] * 100)
        async with session(device, tmp_path, password="admin") as opened:
            with pytest.raises(PasswordChangeRequired, match="33 characters"):
                await connect(opened, answers)
        assert answers.asked.count("new password") == MAX_QUESTIONS

    with gateway(fresh=True) as device:
        run(first_contact())


def test_a_feed_that_is_opened_again_waits_until_the_former_one_is_closed(run: Run) -> None:
    open_now: list[str] = []
    most = 0

    async def readings(_: object, meter: str) -> AsyncGenerator[Reading, None]:
        nonlocal most
        open_now.append(meter)
        most = max(most, len(open_now))
        try:
            yield Reading(0.0, ())
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            open_now.remove(meter)

    async def switch() -> None:
        hub = FeedHub(None)
        feed = Feed(key="live", title="Live", quantities=(), open=readings)
        for _ in range(3):
            came = asyncio.Event()
            listening = hub.subscribe(feed, "", on_reading=lambda _, came=came: came.set(), on_end=lambda _: None)
            await came.wait()
            listening.close()
        await hub.aclose()

    run(switch())
    assert most == 1
    assert open_now == []


def test_leaving_a_feed_that_has_ended_does_not_take_down_its_successor(run: Run[None]) -> None:
    opened = 0

    async def readings(_: object, meter: str) -> AsyncGenerator[Reading, None]:
        nonlocal opened
        opened += 1
        yield Reading(0.0, ())
        if opened > 1:
            await asyncio.Event().wait()

    async def again() -> None:
        hub = FeedHub(None)
        feed = Feed(key="live", title="Live", quantities=(), open=readings)
        ended, came = asyncio.Event(), asyncio.Event()
        old = [hub.subscribe(feed, "", on_reading=lambda _: None, on_end=lambda _: ended.set()) for _ in range(2)]
        await ended.wait()
        assert hub.running == 0
        hub.subscribe(feed, "", on_reading=lambda _: came.set(), on_end=lambda _: None)
        await came.wait()
        for each in old:
            each.close()
        assert hub.running == 1
        hub.subscribe(feed, "", on_reading=lambda _: None, on_end=lambda _: None)
        await asyncio.sleep(0)
        assert opened == 2
        await hub.aclose()

    run(again())


def test_a_listener_that_another_one_closes_is_told_nothing_any_more(run: Run[None]) -> None:
    async def readings(_: object, meter: str) -> AsyncGenerator[Reading, None]:
        yield Reading(1.0, ())
        yield Reading(2.0, ())

    async def close_the_other() -> None:
        hub = FeedHub(None)
        feed = Feed(key="live", title="Live", quantities=(), open=readings)
        ended = asyncio.Event()
        told: list[str] = []
        hub.subscribe(feed, "", on_reading=lambda _: second.close(), on_end=lambda _: ended.set())
        second = hub.subscribe(
            feed, "", on_reading=lambda _: told.append("reading"), on_end=lambda _: told.append("end")
        )
        await ended.wait()
        assert told == []
        await hub.aclose()

    run(close_the_other())
