"""A gateway and a meter commissioned over HTTPS: drafts, the smallest set of requests, read-back, journal."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from app.commission.connect import connect
from app.commission.receipt import Outcome, StepState
from app.model.device import Address, Credentials
from app.model.errors import (
    CertificateNotTrusted,
    ChangedMeanwhile,
    InvalidValue,
    LoginFailed,
    PasswordChangeRequired,
    UsageError,
)
from app.model.login import LoginWords
from app.model.scan import ScanRequest, parse_bus
from app.model.section import Step
from app.net.tls import Certificate
from app.simulators.faults import Fault
from app.site.sitefile import SiteFile
from app.vendors.g13.gateway.basics import ABOUT, CLOCK, NAME
from app.vendors.g13.gateway.registration import METERS, Registration
from app.vendors.g13.meter.demand import DEMAND, DemandChannel
from app.vendors.g13.meter.naming import NAMING
from app.vendors.g13.meter.ratios import RATIOS
from app.vendors.g13.meter.status import INFO
from app.vendors.g13.scan import BUSES, scan
from app.vendors.g13.simulator.users import Role
from tests.conftest import Run
from tests.gateways import MAIN, PASSWORD, Gateway, gateway, session


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


class Answers:
    """An installer who accepts what he sees, logs in as the leaflet says, and chooses a password."""

    def __init__(self, *passwords: str) -> None:
        self.passwords = list(passwords)
        self.asked: list[str] = []

    async def accept_certificate(self, address: Address, shown: Certificate, error: CertificateNotTrusted) -> bool:
        self.asked.append(f"certificate {shown.fingerprint == error.fingerprint}")
        return True

    async def login(self, address: Address, user: str, error: LoginFailed, _: LoginWords) -> Credentials | None:
        self.asked.append(f"login {user}")
        return Credentials(user, "admin")

    async def new_password(self, address: Address, user: str, error: PasswordChangeRequired) -> str | None:
        self.asked.append("new password")
        return self.passwords.pop(0) if self.passwords else None


def test_a_fresh_gateway_asks_for_certificate_login_and_a_new_password(run: Run, tmp_path: Path) -> None:
    answers = Answers("admin", "x" * 33, PASSWORD)

    async def first_contact() -> None:
        async with session(device, tmp_path, trusted=False) as opened:
            await opened.client.login(None)
            identity = await connect(opened, answers)
            assert identity.id == device.simulator.gateway.serial
            assert opened.client.credentials == Credentials("admin", PASSWORD)

    with gateway(fresh=True) as device:
        run(first_contact())
        assert device.simulator.gateway.users.authenticate("admin", PASSWORD) is not None
    # The same password again and one of 33 characters are refused here, before the gateway sees them.
    assert answers.asked == ["certificate True", "login admin"] + ["new password"] * 3


def test_giving_up_at_the_password_leaves_the_default_one(run: Run, tmp_path: Path) -> None:
    async def give_up() -> None:
        async with session(device, tmp_path, password="admin") as opened:
            with pytest.raises(PasswordChangeRequired):
                await connect(opened, Answers())

    with gateway(fresh=True) as device:
        run(give_up())
        assert device.simulator.gateway.users.authenticate("admin", "admin") is not None


def test_every_section_reads(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def read_all() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            for section in (ABOUT, NAME, CLOCK, METERS):
                await opened.read(section, "")
            for section in (INFO, NAMING, RATIOS, DEMAND):
                assert (await opened.support(section, MAIN)).readable
                await opened.read(section, MAIN)
            info = opened.live(INFO, MAIN)
            assert info is not None
            assert info.value.type.startswith("Platinum, three phase")
            meters = opened.live(METERS, "")
            assert meters is not None
            assert MAIN in [meter.serial for meter in meters.value.meters]

    run(read_all())


def test_only_what_changed_is_sent_and_it_is_read_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def set_ratio() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(RATIOS, MAIN)
            draft = opened.draft(RATIOS, MAIN)
            draft.set("ct_numerator", 100)
            draft.set("ct_denominator", 5)
            receipt = await opened.send(RATIOS, MAIN)
            assert receipt.outcome is Outcome.VERIFIED
            assert [(c.field, c.before, c.now) for c in receipt.changes] == [
                ("ct_numerator", 1, 100),
                ("ct_denominator", 1, 5),
            ]
            assert not draft.changes()
            again = await opened.send(RATIOS, MAIN)
            assert again.outcome is Outcome.UNCHANGED

    run(set_ratio())
    assert device.writes() == [f"POST /meters/{MAIN}/transformersettings"]
    meter = device.simulator.gateway.wired(MAIN)
    assert (meter.ratio.ctnum, meter.ratio.ctdenum) == (100, 5)


def test_the_journal_tells_the_whole_sending(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def rename() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "Cellar")
            await opened.send(NAME, "")

    run(rename())
    site = SiteFile.open(tmp_path / "site.wattwright")
    (operation,) = site.journal.operations()
    site.close()
    assert operation.section == "g13.name"
    assert operation.outcome == "verified"
    assert [(c.field, c.after) for c in operation.changes] == [("alias", "Cellar")]
    assert [step.outcome for step in operation.steps] == ["done"]


def test_the_clock_is_taken_when_it_is_sent(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def set_clock() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(CLOCK, "")
            draft = opened.draft(CLOCK, "")
            draft.take_now()
            draft.value = msgspec.structs.replace(draft.value, time=draft.value.time - timedelta(hours=3))
            receipt = await opened.send(CLOCK, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert abs(receipt.changes[0].now - datetime.now()) < timedelta(seconds=10)

    run(set_clock())


def test_meters_are_scanned_registered_renamed_and_deleted(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def commission() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            request = ScanRequest(
                (parse_bus(BUSES[0], "17-49"), parse_bus(BUSES[1], "secondary", 2400), parse_bus(BUSES[2], "primary"))
            )
            last = None
            async for state in scan(opened.connection, request, poll_s=0.02):
                last = state
            assert last is not None
            assert last.complete
            known = {meter.serial for meter in opened.meters}
            fresh = [meter for meter in last.found if meter.serial not in known]
            assert fresh
            await opened.read(METERS, "")
            draft = opened.draft(METERS, "")
            added = Registration(fresh[0].serial, "Kitchen", "Level 2")
            draft.set("meters", (*draft.value.meters, added))
            receipt = await opened.send(METERS, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert "Kitchen" in [meter.alias for meter in await opened.refresh_meters()]
            renamed = tuple(
                msgspec.structs.replace(m, alias="Galley") if m.serial == added.serial else m for m in draft.base.meters
            )
            draft.set("meters", renamed)
            assert (await opened.send(METERS, "")).outcome is Outcome.VERIFIED
            draft.set("meters", tuple(m for m in draft.base.meters if m.serial != added.serial))
            assert opened.preview(METERS, "").erases == (f"the registration of meter {added.serial} (Galley)",)
            assert (await opened.send(METERS, "")).outcome is Outcome.VERIFIED
            assert device.writes()[-3:] == [
                "PUT /meters",
                f"POST /meters/{added.serial}",
                f"DELETE /meters/{added.serial}",
            ]

    run(commission())


def test_a_scan_is_watched_through_a_lost_answer(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def watch() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            last = None
            request = ScanRequest((parse_bus(BUSES[0], "17-25"),))
            async for state in scan(opened.connection, request, poll_s=0.02):
                if last is None:
                    # Twice, since a GET that finds its connection closed is repeated once by itself.
                    device.faults.add(Fault.DROP_BEFORE, times=2, method="GET", path="/meters/scanned")
                last = state
            assert last is not None
            assert last.complete
            assert last.found

    run(watch())


def test_all_fifty_demand_channels(run: Run, tmp_path: Path, device: Gateway) -> None:
    channels = tuple(DemandChannel(quantity, "Max", 1) for quantity in (*range(59, 71), *range(93, 100))) + tuple(
        DemandChannel(quantity, "Max sliding", level) for quantity in range(59, 68) for level in (1, 2, 3)
    )
    channels += (*(DemandChannel(72, "Min", level) for level in (1, 2, 3)), DemandChannel(73, "Min", 1))

    async def configure() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(DEMAND, MAIN)
            draft = opened.draft(DEMAND, MAIN)
            draft.set("channels", channels)
            assert len(draft.value.channels) == 50
            assert opened.preview(DEMAND, MAIN).erases
            receipt = await opened.send(DEMAND, MAIN)
            assert receipt.outcome is Outcome.VERIFIED
            assert receipt.erases

    meter = device.simulator.gateway.wired(MAIN)
    before = meter.demand_erasures
    run(configure())
    assert len(meter.demand.channels) == 50
    assert meter.demand_erasures == before + 1


def test_a_weekday_counts_only_for_weeks(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def set_weekday() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(DEMAND, MAIN)
            draft = opened.draft(DEMAND, MAIN)
            draft.set("weekday", 5)
            assert (await opened.send(DEMAND, MAIN)).outcome is Outcome.UNCHANGED
            draft.set("weekday", 5)
            draft.set("period", "weekly")
            assert (await opened.send(DEMAND, MAIN)).outcome is Outcome.VERIFIED
            assert draft.base.weekday == 5

    run(set_weekday())
    assert len(device.writes()) == 1


def test_limits_are_named_before_anything_is_sent(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def try_limits() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(RATIOS, MAIN)
            opened.draft(RATIOS, MAIN).set("ct_numerator", 0)
            with pytest.raises(InvalidValue, match="1 to 9999") as wrong:
                await opened.send(RATIOS, MAIN)
            assert wrong.value.field == "ct_numerator"
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "x" * 22)
            with pytest.raises(InvalidValue, match="at most 21"):
                await opened.send(NAME, "")
            await opened.read(DEMAND, MAIN)
            draft = opened.draft(DEMAND, MAIN)
            draft.set("channels", tuple(DemandChannel(104, "Max sliding", 3) for _ in range(51)))
            messages = [problem.message for problem in draft.problems() if not problem.warning]
            assert any("at most 50" in message for message in messages)
            draft.set("channels", tuple(DemandChannel(104, "Max sliding", 3) for _ in range(50)))
            draft.set("interval_s", 3600)
            draft.set("sub_interval_s", 1800)
            messages = [problem.message for problem in draft.problems() if not problem.warning]
            assert any("512" in message for message in messages)
            draft.set("interval_s", 900)
            draft.set("sub_interval_s", 120)
            messages = [problem.message for problem in draft.problems() if not problem.warning]
            assert any("2 min does not divide 15 min" in message for message in messages)

    run(try_limits())
    assert device.writes() == []


def test_a_read_only_account_cannot_write_and_says_so(run: Run, tmp_path: Path, device: Gateway) -> None:
    users = device.simulator.gateway.users
    users.add("viewer", "look only", {MAIN: Role.VIEW})

    async def look() -> None:
        async with session(device, tmp_path, user="viewer", password="look only") as opened:
            await opened.open()
            support = await opened.support(RATIOS, MAIN)
            assert support.readable
            assert not support.writable
            assert "View Only" in support.reason
            await opened.read(RATIOS, MAIN)
            opened.draft(RATIOS, MAIN).set("ct_numerator", 7)
            receipt = await opened.send(RATIOS, MAIN)
            assert receipt.outcome is Outcome.REFUSED
            assert receipt.changes[0].now == 1
            assert opened.draft(RATIOS, MAIN).value.ct_numerator == 7, "the draft is kept"

    run(look())


def test_a_setting_that_somebody_else_changed_is_not_overwritten(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def collide() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "Mine")
            device.simulator.gateway.alias = "Theirs"
            with pytest.raises(ChangedMeanwhile, match="Theirs"):
                await opened.send(NAME, "")
            await opened.read(NAME, "")
            assert opened.draft(NAME, "").changes()[0].before == "Theirs"
            assert (await opened.send(NAME, "")).outcome is Outcome.VERIFIED

    run(collide())


def test_a_lost_answer_is_settled_by_reading_back(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def lose_answers() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(RATIOS, MAIN)
            draft = opened.draft(RATIOS, MAIN)
            device.faults.add(Fault.DROP_AFTER, method="POST")
            draft.set("ct_numerator", 200)
            taken = await opened.send(RATIOS, MAIN)
            assert taken.outcome is Outcome.VERIFIED
            assert taken.steps[0].state is StepState.UNKNOWN
            device.faults.add(Fault.DROP_BEFORE, method="POST")
            draft.set("ct_numerator", 300)
            lost = await opened.send(RATIOS, MAIN)
            assert lost.outcome is Outcome.UNKNOWN
            assert lost.changes[0].now == 200
            assert draft.value.ct_numerator == 300, "the draft is kept"

    run(lose_answers())
    assert len(device.writes()) == 1, "the second write broke before it arrived, and was never repeated blindly"


def test_unplugged_during_a_send_ends_as_unknown_and_stands_in_the_journal(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def unplug() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(RATIOS, MAIN)
            opened.draft(RATIOS, MAIN).set("ct_numerator", 50)
            # The read before the write still works: the cable is pulled while the write is on its way.
            device.faults.add(Fault.DROP_AFTER, method="POST")
            perform = opened.connection.perform

            async def pull_the_cable(step: Step) -> None:
                device.faults.add(Fault.DROP_BEFORE, times=9, method="GET")
                await perform(step)

            opened.connection.perform = pull_the_cable
            receipt = await opened.send(RATIOS, MAIN)
            assert receipt.outcome is Outcome.UNKNOWN
            assert receipt.changes[0].now is None

    run(unplug())
    site = SiteFile.open(tmp_path / "site.wattwright")
    (operation,) = site.journal.operations()
    site.close()
    assert operation.outcome == "unknown"
    assert operation.steps[0].outcome == "unknown"


def test_a_meter_that_is_off_fails_with_a_reason(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            device.simulator.gateway.wired(MAIN).powered = False
            with pytest.raises(Exception, match="invalid response from COSEM") as failed:
                await opened.read(RATIOS, MAIN)
            assert "powered" in failed.value.hint

    run(ask())


def test_a_cut_reply_is_told_in_the_words_of_lasterror(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            device.simulator.break_reply("no answer from meter at address 17")
            with pytest.raises(Exception, match="no answer from meter at address 17"):
                await opened.read(DEMAND, MAIN)

    run(ask())


def test_a_section_of_a_meter_needs_a_meter(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            with pytest.raises(UsageError, match="meter"):
                await opened.read(RATIOS, "")

    run(ask())


def test_drafts_come_back_with_the_next_run(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def edit() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(DEMAND, MAIN)
            draft = opened.draft(DEMAND, MAIN)
            draft.set("period", "daily")
            draft.set("channels", (*draft.value.channels, DemandChannel(69, "Max", 2)))
            opened.keep(DEMAND, MAIN)

    async def look_again() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.read(DEMAND, MAIN)
            draft = opened.draft(DEMAND, MAIN)
            assert [change.field for change in draft.changes()] == ["period", "channels"]
            assert draft.value.channels[-1] == DemandChannel(69, "Max", 2)

    run(edit())
    run(look_again())
