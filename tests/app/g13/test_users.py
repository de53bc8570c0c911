"""Users and their rights: one draft, the smallest set of requests, nobody locked out, no password anywhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.device import Credentials
from app.model.errors import (
    AccessDenied,
    AppError,
    DeviceRefused,
    InvalidValue,
    NotFound,
    PasswordChangeRequired,
    UsageError,
)
from app.net.lenient import JsonReader, convert
from app.simulators.faults import Fault
from app.vendors.g13.client import G13Client, user_path
from app.vendors.g13.gateway.own_password import OWN_PASSWORD, OwnPassword
from app.vendors.g13.gateway.user_models import Access, Account, Binding, Bindings, UserNames, UserRights
from app.vendors.g13.gateway.users import USERS, complete
from app.vendors.g13.simulator.users import MOST_USERS, Role
from tests.conftest import Run
from tests.gateways import MAIN, PASSWORD, Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
OTHER = "ABB01EM000014502"
SECRET, OWN_NEW = "Fräulein-42", "new own 9"


@pytest.fixture
def device() -> Iterator[Gateway]:
    """A gateway with the administrators admin and berta and the user anna, who may look at the main incomer."""
    with gateway() as running:
        users, serial = running.simulator.gateway.users, running.simulator.gateway.serial
        users.add("anna", "anna 1", {MAIN: Role.VIEW})
        users.add("berta", "berta 1", {serial: Role.CONFIGURE})
        yield running


def fixture(name: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / name).read_bytes())


def with_user(value: UserRights, who: str, **changes: Any) -> tuple[Account, ...]:
    return tuple(msgspec.structs.replace(u, **changes) if u.name == who else u for u in value.users)


def with_access(value: UserRights, user: str, serial: str, access: str) -> tuple[Access, ...]:
    return tuple(
        msgspec.structs.replace(row, access=access) if (row.user, row.serial) == (user, serial) else row
        for row in value.access
    )


def without(value: UserRights, name: str) -> tuple[Account, ...]:
    return tuple(user for user in value.users if user.name != name)


async def rights(opened: DeviceSession) -> UserRights:
    value: UserRights = (await opened.read(USERS, "")).value
    return value


async def sent(opened: DeviceSession, **fields: Any) -> Receipt:
    for name, value in fields.items():
        opened.draft(USERS, "").set(name, value)
    return await opened.send(USERS, "")


def test_the_matrix_is_complete_and_says_who_is_logged_in(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            before = len(device.requests)
            value = await rights(opened)
            assert [(u.name, u.gateway_admin) for u in value.users] == [
                ("admin", True),
                ("anna", False),
                ("berta", True),
            ]
            assert [(r.user, r.serial, r.access) for r in value.access] == [
                ("admin", MAIN, "Configure"),
                ("admin", OTHER, "Configure"),
                ("anna", MAIN, "View Only"),
                ("anna", OTHER, "No Access"),
                ("berta", MAIN, "Configure"),
                ("berta", OTHER, "Configure"),
            ]
            assert (value.access[0].meter, value.access[0].location) == ("Main incomer", "Main distribution")
            assert (value.account, value.gateway) == ("admin", device.simulator.gateway.serial)
            assert sorted(device.requests[before:]) == sorted(
                ["GET /users", "GET /meters", *(f"GET /users/{name}/bindings" for name in ("admin", "anna", "berta"))]
            )

    run(read())


def test_everything_at_once_goes_in_an_order_that_locks_nobody_out(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            users = without(value, "berta")
            users = with_user(msgspec.structs.replace(value, users=users), "anna", new_password=SECRET)
            users = (*users, Account(name="carl", new_password="carl 12", gateway_admin=True))
            receipt = await sent(opened, users=users, access=with_access(value, "anna", OTHER, "Configure"))
            assert receipt.outcome is Outcome.VERIFIED
            assert receipt.erases == ("user berta with all rights",)
            assert not opened.draft(USERS, "").changes()

    run(change())
    assert device.writes() == [
        "PUT /users",
        "POST /users/anna",
        "PUT /users/carl/bindings",
        "PUT /users/anna/bindings",
        "DELETE /users/berta",
    ]
    users = device.simulator.gateway.users
    assert set(users.by_name) == {"admin", "anna", "carl"}
    assert users.authenticate("anna", SECRET) is not None
    assert users.role(users.by_name["anna"], OTHER) is Role.CONFIGURE
    assert users.is_admin(users.by_name["carl"])


def test_a_right_is_taken_with_delete_and_the_gateways_with_view_only(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def take() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            receipt = await sent(
                opened,
                users=with_user(value, "berta", gateway_admin=False),
                access=with_access(value, "anna", MAIN, "No Access"),
            )
            assert receipt.outcome is Outcome.VERIFIED
            after = await rights(opened)
            assert [r.access for r in after.access if r.user == "berta"] == ["Configure", "Configure"]

    run(take())
    assert device.writes() == ["DELETE /users/anna/bindings", "PUT /users/berta/bindings"]


def test_a_new_user_has_no_access_until_it_is_given_and_must_choose_a_password(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def add() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            new = Account(name="dora", new_password="dora 123")
            row = Access(user="dora", serial=MAIN, access="View Only")
            receipt = await sent(opened, users=(*value.users, new), access=(*value.access, row))
            assert receipt.outcome is Outcome.VERIFIED
            after = await rights(opened)
            assert [(r.serial, r.access) for r in after.access if r.user == "dora"] == [
                (MAIN, "View Only"),
                (OTHER, "No Access"),
            ]
        async with session(device, tmp_path / "b", user="dora", password="dora 123") as first_login:
            with pytest.raises(PasswordChangeRequired):
                await first_login.open()

    (tmp_path / "b").mkdir()
    run(add())
    assert device.writes()[:3] == ["PUT /users", "PUT /users/dora/bindings", "PUT /users/dora/bindings"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda v: {"users": (*v.users, Account(name="emil"))}, "users[3].new_password", "needs a password"),
        (lambda v: {"users": (*v.users, Account(name="Emil", new_password="x"))}, "users[3].name", "lower case"),
        (lambda v: {"users": (*v.users, Account(name="e" * 17, new_password="x"))}, "users[3].name", "1 to 16"),
        (lambda v: {"users": (*v.users, Account(name="anna", new_password="x"))}, "users[3].name", "twice"),
        (lambda v: {"users": with_user(v, "anna", new_password="x" * 33)}, "users[1].new_password", "at most 32"),
        (lambda v: {"users": with_user(v, "anna", new_password="a\u2028b")}, "users[1].new_password", "typed"),
        (lambda v: {"users": with_user(v, "anna", new_password="\U0001f511" * 32)}, None, ""),
        (lambda v: {"users": without(v, "admin")}, "users", "account in use"),
        (lambda v: {"users": with_user(v, "admin", name="chief", new_password="x")}, "users", "delete or rename"),
        (lambda v: {"users": with_user(v, "admin", gateway_admin=False)}, "users[0].gateway_admin", "account in use"),
        (lambda v: {"users": with_user(v, "admin", new_password="x")}, "users[0].new_password", "Change own password"),
        (
            lambda v: {"users": tuple(msgspec.structs.replace(u, gateway_admin=False) for u in v.users)},
            "users",
            "Nobody would be a gateway administrator",
        ),
        (lambda v: {"access": (*v.access, Access(user="zoe", serial=MAIN))}, "access[6].user", "no user 'zoe'"),
        (lambda v: {"access": (*v.access, Access(user="anna", serial="X9"))}, "access[6].serial", "not registered"),
        (lambda v: {"access": with_access(v, "anna", MAIN, "Everything")}, "access[2].access", "No Access, View Only"),
        (lambda v: {"access": v.access[1:]}, "access", "missing"),
        (lambda v: {"access": (*v.access, v.access[0])}, "access[6]", "twice"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path, device: Gateway, change: Any, field: str | None, words: str
) -> None:
    async def try_it() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            if field is None:
                assert (await sent(opened, **change(value))).outcome is Outcome.VERIFIED
                return
            with pytest.raises(InvalidValue) as refused:
                await sent(opened, **change(value))
            assert refused.value.field == field
            assert words in refused.value.message

    run(try_it())
    assert bool(device.writes()) is (field is None)


def test_names_that_the_gateway_has_from_elsewhere_stand_in_nobodys_way(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    device.simulator.gateway.users.add("Username2/../x", "x", {})

    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            receipt = await sent(opened, access=with_access(value, "anna", OTHER, "View Only"))
            assert receipt.outcome is Outcome.VERIFIED

    with pytest.raises(NotFound):
        # A slash in a name reaches no other resource: the simulator has none for what the path then is.
        run(change())
    assert not device.writes()
    assert user_path("a/../../meters", "bindings") == "/users/a%2F..%2F..%2Fmeters/bindings"
    for name in ("", ".", "..", "a\nb"):
        with pytest.raises(UsageError):
            user_path(name)


def test_a_user_with_a_long_standing_capital_is_left_as_it_is(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.simulator.gateway.users.add("Username2", "x", {})

    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            receipt = await sent(opened, access=with_access(value, "Username2", OTHER, "View Only"))
            assert receipt.outcome is Outcome.VERIFIED

    run(change())
    assert device.writes() == ["PUT /users/Username2/bindings"]


def test_access_in_words_that_nobody_knows_is_shown_as_it_came() -> None:
    value = UserRights(
        users=(Account(name="admin", gateway_admin=True),),
        access=(Access(user="admin", serial=MAIN, access="Guest"),),
        account="admin",
        known="admin",
    )
    assert USERS.field("access[0].access").show("Guest") == "Guest"
    assert not [p for p in USERS.change_problems(value, value) if not p.warning]


def test_deleting_a_user_needs_no_word_about_its_rights() -> None:
    value = UserRights(
        users=(Account(name="admin", gateway_admin=True),),
        access=(
            Access(user="admin", serial=MAIN, access="Configure"),
            Access(user="anna", serial=MAIN, access="View Only"),
        ),
        account="admin",
        known="admin, anna",
    )
    assert [row.user for row in complete(value).access] == ["admin"]


def test_who_is_no_administrator_is_told_so(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> None:
        async with session(device, tmp_path, user="anna", password="anna 1") as opened:
            await opened.open()
            with pytest.raises(AccessDenied) as denied:
                await opened.read(USERS, "")
            assert "administrator" in denied.value.hint

    run(look())


# -- the account in use --


async def change_own(opened: DeviceSession, parameters: OwnPassword) -> Receipt:
    receipt: Receipt | None = None
    async for event in opened.act(OWN_PASSWORD, "", parameters):
        if isinstance(event, Receipt):
            receipt = event
    assert receipt is not None
    return receipt


@pytest.mark.parametrize(("user", "old"), [("admin", PASSWORD), ("anna", "anna 1")])
def test_the_own_password_is_changed_and_the_session_goes_on_with_it(
    run: Run, tmp_path: Path, device: Gateway, user: str, old: str
) -> None:
    async def change() -> None:
        async with session(device, tmp_path, user=user, password=old) as opened:
            await opened.open()
            receipt = await change_own(opened, OwnPassword(old, OWN_NEW, OWN_NEW))
            assert receipt.outcome is Outcome.VERIFIED
            assert opened.client.credentials == Credentials(user, OWN_NEW)
            await opened.refresh_meters()

    run(change())
    assert device.writes() == [f"POST /users/{user}"]
    assert device.simulator.gateway.users.authenticate(user, OWN_NEW) is not None


def test_with_a_wrong_old_password_everything_stays(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            receipt = await change_own(opened, OwnPassword("wrong", OWN_NEW, OWN_NEW))
            assert receipt.outcome is Outcome.REFUSED
            assert opened.client.credentials == Credentials("admin", PASSWORD)

    run(change())
    assert device.simulator.gateway.users.authenticate("admin", PASSWORD) is not None


def test_after_a_lost_answer_the_outcome_is_unknown_and_both_passwords_are_named_as_possible(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            device.faults.add(Fault.DROP_AFTER, method="POST", path="/users/admin")
            receipt = await change_own(opened, OwnPassword(PASSWORD, OWN_NEW, OWN_NEW))
            assert receipt.outcome is Outcome.UNKNOWN
            assert "may hold already" in receipt.hint

    run(change())


def test_a_password_whose_answer_was_lost_is_never_called_verified(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.faults.add(Fault.DROP_BEFORE, method="POST", path="/users/")

    async def renew() -> Receipt:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = (await opened.read(USERS, "")).value
            draft = opened.draft(USERS, "")
            assert draft is not None
            draft.set("users", with_user(value, value.users[-1].name, new_password="quite another"))
            return await opened.send(USERS, "")

    receipt = run(renew())
    assert receipt.outcome is Outcome.UNKNOWN
    assert [part.outcome for part in receipt.parts] == [Outcome.UNKNOWN]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        (OwnPassword("", "n", "n"), "old"),
        (OwnPassword("o", "", ""), "new"),
        (OwnPassword("o", "o", "o"), "new"),
        (OwnPassword("o", "n", "m"), "again"),
        (OwnPassword("o", "n" * 33, "n" * 33), "new"),
        (OwnPassword("o", "a\tb", "a\tb"), "new"),
    ],
)
def test_an_own_password_that_cannot_be_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path, device: Gateway, parameters: OwnPassword, field: str
) -> None:
    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            with pytest.raises(InvalidValue) as refused:
                await change_own(opened, parameters)
            assert refused.value.field == field

    run(change())
    assert not device.writes()


def test_no_password_is_found_in_site_file_log_recorder_receipt_or_error(
    run: Run, tmp_path: Path, device: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []

    async def work() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            users = (*with_user(value, "anna", new_password=SECRET), Account(name="carl", new_password="Kahlschlag-7"))
            draft = opened.draft(USERS, "")
            draft.set("users", users)
            opened.keep(USERS, "")
            texts.append(repr((draft.value, draft.changes(), opened.preview(USERS, "").steps)))
            texts.append(repr(await opened.send(USERS, "")))
            draft.set("users", with_user(draft.value, "anna", new_password=SECRET))
            # The password that it has already: the gateway refuses it.
            texts.append(repr(await opened.send(USERS, "")))
            parameters = OwnPassword(PASSWORD, OWN_NEW, OWN_NEW)
            texts.append(repr(parameters))
            texts.append(repr(await change_own(opened, parameters)))
            with pytest.raises(AppError) as wrong:
                await opened.connection.perform(
                    OWN_PASSWORD.steps(OwnPassword("Irrtum-3", OWN_NEW + "x", OWN_NEW + "x"), "")[0]
                )
            texts.extend((repr(wrong.value), wrong.value.message, wrong.value.details))
            texts.extend(exchange.text() for exchange in opened.client.recorder.exchanges())

    run(work())
    texts.append(caplog.text)
    texts.extend(path.read_bytes().decode("utf-8", "replace") for path in tmp_path.glob("site.wattwright*"))
    for secret in (SECRET, "Kahlschlag-7", OWN_NEW, "Irrtum-3", PASSWORD):
        for spelling in (secret, json.dumps(secret)[1:-1]):
            assert not [text for text in texts if spelling in text]


# -- the manual's examples --


def test_the_manuals_replies_are_read() -> None:
    assert convert(fixture("6.3.17-reply.json"), UserNames).users == ("Username2", "Username3")
    bindings = convert(fixture("6.3.21-reply.json"), Bindings).bindings
    assert bindings == (Binding("ABBXXXXXXXXXXXXX", "Configure"), Binding("ABB_3", "Configure"))


def test_the_plan_sends_what_the_manual_shows() -> None:
    admin = Account(name="admin", gateway_admin=True)
    old = UserRights(
        users=(admin, Account(name="harsha")),
        access=(Access(user="harsha", serial="ABB_3"), Access(user="harsha", serial="ABB_4", access="View Only")),
        gateway="GW",
        known="admin, harsha",
    )
    new = msgspec.structs.replace(
        old,
        access=(Access(user="harsha", serial="ABB_3", access="Configure"), Access(user="harsha", serial="ABB_4")),
    )
    given, taken = USERS.plan(old, new, "GW")
    assert (given.method, given.path, given.body) == ("PUT", "/users/harsha/bindings", fixture("6.3.22-request.json"))
    assert taken.method == "DELETE"
    assert taken.body == {**fixture("6.3.23-request.json"), "serial": "ABB_4"}
    gone = USERS.plan(old, msgspec.structs.replace(old, users=(admin,)), "GW")
    assert [(step.method, step.path, step.body) for step in gone] == [
        ("DELETE", "/users/harsha", fixture("6.3.20-request.json"))
    ]
    none = msgspec.structs.replace(old, users=(admin,), access=(), known="admin")
    whole = msgspec.structs.replace(none, users=(admin, Account(name="harsha", new_password="harsha123")))
    added = USERS.plan(none, whole, "GW")
    assert (added[0].method, added[0].path, added[0].body) == ("PUT", "/users", fixture("6.3.19-request.json"))
    assert added[0].secret == ("key",)
    assert added[1].body == {"name": "harsha", "serial": "GW", "access": "View Only"}


def test_the_own_password_goes_out_as_the_manual_shows(run: Run, tmp_path: Path, device: Gateway) -> None:
    example = fixture("6.3.18-request.json")
    device.simulator.gateway.users.add(example["name"], example["oldkey"], {})

    async def change() -> None:
        user, old, new = example["name"], example["oldkey"], example["key"]
        async with session(device, tmp_path, user=user, password=old) as opened:
            await opened.open()
            assert (await change_own(opened, OwnPassword(old, new, new))).outcome is Outcome.VERIFIED

    run(change())
    assert device.simulator.gateway.users.authenticate(example["name"], example["key"]) is not None


# -- the simulator --


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("PUT", "/users", {"name": "harsha"}, "missing name and key tag in JSON"),
        ("PUT", "/users", {"name": "Harsha", "key": "x"}, "invalid name"),
        ("PUT", "/users", {"name": "h" * 17, "key": "x"}, "invalid name"),
        ("PUT", "/users", {"name": "anna", "key": "x"}, "invalid name"),
        ("PUT", "/users", {"name": "harsha", "key": ""}, "invalid key"),
        ("PUT", "/users", {"name": "harsha", "key": "x" * 33}, "invalid key"),
        ("PUT", "/users", {"name": "harsha", "key": "x", "role": "y"}, "unknown role"),
        ("POST", "/users/anna", {"name": "anna"}, "missing name and key tag in JSON"),
        ("POST", "/users/anna", {"name": "anna", "key": "anna 1"}, "invalid key"),
        ("POST", "/users/anna", {"name": "anna", "key": "n", "oldkey": "wrong"}, "invalid oldkey"),
        ("POST", "/users/admin", {"name": "admin", "key": "new"}, "missing oldkey"),
        ("DELETE", "/users/anna", {"name": "berta"}, "invalid name"),
        ("PUT", "/users/anna/bindings", {"name": "anna", "serial": MAIN, "access": "No Access"}, "invalid access"),
        ("PUT", "/users/anna/bindings", {"name": "anna", "serial": "X", "access": "Configure"}, "invalid serial"),
        ("PUT", "/users/anna/bindings", {"name": "anna", "serial": MAIN}, "missing access"),
        ("DELETE", "/users/anna/bindings", {"name": "anna", "serial": MAIN, "access": "View Only"}, "invalid access"),
    ],
)
def test_the_simulator_refuses_what_the_manual_does_not_allow(
    run: Run, tmp_path: Path, device: Gateway, method: str, path: str, body: dict[str, object], error: str
) -> None:
    refusal = run(refused(device, tmp_path, method, path, body))
    assert isinstance(refusal, DeviceRefused)
    assert error in refusal.message


async def refused(
    device: Gateway, folder: Path, method: str, path: str, body: dict[str, object], **login: str
) -> AppError:
    async with session(device, folder, **login) as opened:
        await opened.open()
        assert isinstance(opened.connection, G13Client)
        with pytest.raises(AppError) as caught:
            await opened.connection.update(method, path, body)
        return caught.value


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/users", {"name": "harsha", "key": "x"}),
        ("POST", "/users/berta", {"name": "berta", "key": "x"}),
        ("POST", "/users/anna", {"name": "berta", "key": "x"}),
        ("DELETE", "/users/berta", {"name": "berta"}),
        ("PUT", "/users/anna/bindings", {"name": "anna", "serial": OTHER, "access": "Configure"}),
        ("DELETE", "/users/anna/bindings", {"name": "anna", "serial": MAIN, "access": "No Access"}),
    ],
)
def test_only_an_administrator_changes_users(
    run: Run, tmp_path: Path, device: Gateway, method: str, path: str, body: dict[str, object]
) -> None:
    error = run(refused(device, tmp_path, method, path, body, user="anna", password="anna 1"))
    assert isinstance(error, AccessDenied)


def test_taking_rights_from_the_account_in_use_is_warned_of(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def look() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            less = msgspec.structs.replace(value, access=with_access(value, "admin", MAIN, "View Only"))
            (told,) = USERS.change_problems(value, less)
            assert told.warning
            assert "account in use" in told.message
            assert "Main incomer" in told.message
            others = msgspec.structs.replace(value, access=with_access(value, "anna", MAIN, "No Access"))
            assert USERS.change_problems(value, others) == []

    run(look())


def test_the_simulator_keeps_one_administrator_and_the_account_in_use(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    serial = device.simulator.gateway.serial
    own = run(refused(device, tmp_path, "DELETE", "/users/admin", {"name": "admin"}))
    device.simulator.gateway.users.remove("berta", device.simulator.gateway.users.by_name["admin"])
    body = {"name": "admin", "serial": serial, "access": "View Only"}
    last = run(refused(device, tmp_path, "PUT", "/users/admin/bindings", body))
    assert isinstance(own, AccessDenied)
    assert isinstance(last, AccessDenied)


def test_a_full_gateway_takes_no_further_user_and_notes_it(run: Run, tmp_path: Path, device: Gateway) -> None:
    users = device.simulator.gateway.users
    for number in range(MOST_USERS - len(users.by_name)):
        users.add(f"user{number}", "x", {})

    async def add() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = await rights(opened)
            receipt = await sent(opened, users=(*value.users, Account(name="onemore", new_password="x")))
            assert receipt.outcome is Outcome.REFUSED
            assert "limit" in receipt.message

    run(add())
    assert len(users.by_name) == MOST_USERS


def test_the_payload_names_the_user_whatever_the_path_says(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def renew() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            assert isinstance(opened.connection, G13Client)
            await opened.connection.update("POST", "/users/anna", {"name": "berta", "key": "fresh"})

    run(renew())
    users = device.simulator.gateway.users
    assert users.by_name["berta"].password == "fresh"
    assert users.by_name["berta"].must_reset
    assert users.by_name["anna"].password == "anna 1"
