"""Every secret of every family is sent, taken and refused by devices that repeat it, and is then found nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.commission.receipt import Receipt
from app.commission.send import receipt_plain
from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.section import Step
from app.net.recorder import secrets_in
from app.registry import VENDORS
from app.simulators.host import SimulatorHost
from app.vendors.g13.gateway.own_password import OwnPassword
from app.vendors.g13.gateway.user_models import Account
from app.vendors.whatwatt.settings.wifi_join import NetworkChoice
from app.vendors.whatwatt.simulator import WhatwattSimulator
from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.command_lines import Cli
from tests.app.test_secrets import assert_silent, recorded, told
from tests.app.whatwatt.devices import Device, sent, session
from tests.conftest import Run
from tests.gateways import PASSWORD, gateway
from tests.gateways import session as gateway_session

OLD, NEW, SHORT = "Zaunkoenig", 'Rot"kehlchen 7ü', "Zip"
KEY, OTHER_KEY = "5EC2E7A1" * 4, "7EA5ED1C" * 4
SENT: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("access", {"protection": True, "password": NEW}, (NEW,)),
    ("meter_port", {"encryption_key": KEY, "authentication_key": OTHER_KEY}, (KEY, OTHER_KEY)),
    ("wifi_network", {"name": "Heron", "password": NEW}, (NEW,)),
    ("mqtt", {"password": NEW}, (NEW,)),
]
JOIN = NetworkChoice("Heron", NEW)
TESTED = {
    "g13.users.new_password",
    "g13.own_password.old",
    "g13.own_password.new",
    "g13.own_password.again",
    "whatwatt.join.password",
    *(f"whatwatt.{key}.{name}" for key, fields, _ in SENT for name in fields if "key" in name or name == "password"),
}


class Parrot(WhatwattSimulator):
    """Refuses every setting, and repeats in its refusal what it was sent."""

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The device, with that fault."""
        if scope["method"] in ("PUT", "POST"):
            request = Request(scope, receive)
            words = (await request.body()).decode()
            self.requests.append(f"{request.method} {request.url.path}")
            await PlainTextResponse(f"I will not take {words}", 400)(scope, receive, send)
        else:
            await super().app(scope, receive, send)


@contextmanager
def whatwatt(kind: type[WhatwattSimulator], **more: Any) -> Iterator[Device]:
    with SimulatorHost([kind(**more)]) as host:
        made = Device(host, host[0])
        made.simulator.restarting_s = made.simulator.moving_s = 0.2
        yield made


def told_of(receipt: Receipt) -> list[str]:
    return [repr(receipt), json.dumps(receipt_plain(WHATWATT.section(receipt.section), receipt))]


def kept(folder: Path) -> list[str]:
    return [path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()]


def everything(opened: DeviceSession, folder: Path, log: pytest.LogCaptureFixture) -> list[str]:
    """What a user, a file or a developer may come to see."""
    found = [opened.draft(section, "") for section in opened.sections("")]
    drafts = [text for draft in found if draft is not None for text in (repr(draft), repr(draft.value))]
    shown = [*recorded(opened.client), *drafts, repr(opened), repr(opened.connection), *kept(folder)]
    return shown + [record.getMessage() for record in log.records]


def test_this_test_knows_every_secret_that_is_declared() -> None:
    declared = {
        f"{one.key}.{column.name}"
        for vendor in VENDORS
        for one in (*vendor.sections, *vendor.actions, *vendor.archives)
        for field in one.fields
        for column in (field, *field.columns)
        if column.secret
    }
    assert declared == TESTED


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize("kind", [WhatwattSimulator, Parrot])
@pytest.mark.parametrize(("key", "fields", "secrets"), SENT)
def test_a_whatwatts_secrets_are_sent_and_shown_nowhere(
    run: Run[None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: type[WhatwattSimulator],
    digest: bool,
    key: str,
    fields: dict[str, Any],
    secrets: tuple[str, ...],
) -> None:
    caplog.set_level(logging.DEBUG)
    with whatwatt(kind, password=OLD, digest=digest) as on:

        async def work() -> None:
            async with session(on, tmp_path, password=OLD) as opened:
                texts: list[str] = []
                try:
                    texts += told_of(await sent(opened, key, **fields))
                except AppError as error:
                    texts += told(error)
                texts += everything(opened, tmp_path, caplog)
                assert any("PUT" in text for text in texts)
                assert_silent(texts, OLD, *secrets)
                if kind is Parrot:
                    assert any("I will not take" in text for text in texts)

        run(work())
        assert any(write.startswith("PUT") for write in on.writes())


def test_the_password_of_a_network_that_is_joined_is_shown_nowhere(
    run: Run[None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with whatwatt(Parrot) as on:

        async def work() -> None:
            async with session(on, tmp_path) as opened:
                texts = [repr(event) async for event in opened.act(WHATWATT.action("join"), "", JOIN)]
                assert_silent([*texts, *everything(opened, tmp_path, caplog)], NEW)
                assert any("I will not take" in text for text in texts)

        run(work())


def test_a_gateways_passwords_are_shown_nowhere(
    run: Run[None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with gateway() as on:

        async def work() -> None:
            async with gateway_session(on, tmp_path) as opened:
                await opened.open()
                users = opened.vendor.section("users")
                value = (await opened.read(users, "")).value
                draft = opened.draft(users, "")
                draft.set("users", (*value.users, Account(name="carla", new_password=NEW)))
                opened.keep(users, "")
                texts = [repr(await opened.send(users, ""))]
                own = OwnPassword(old=PASSWORD, new=f"{NEW}!", again=f"{NEW}!")
                texts += [repr(event) async for event in opened.act(opened.vendor.action("own_password"), "", own)]
                assert_silent([*texts, *everything(opened, tmp_path, caplog)], NEW, PASSWORD)

        run(work())


def test_the_command_line_tells_no_secret_of_what_it_sends(cli: Cli) -> None:
    with whatwatt(WhatwattSimulator) as on:
        arguments = ("send", on.running.url, "meter_port", f"encryption_key={KEY}")
        for more in (("--dry-run",), ("--yes",)):
            for text in (cli.text(*arguments, *more, "--json"), cli.text(*arguments, *more)):
                assert_silent([text, cli.err], KEY)
        assert on.simulator.meter_port.values["encryption_key"] == KEY
    with whatwatt(Parrot) as on:
        refused = cli.text("send", on.running.url, "meter_port", f"encryption_key={KEY}", "--yes", "--json", code=5)
        assert "I will not take" in refused
        assert_silent([refused, cli.err], KEY)


def test_a_secret_is_struck_out_however_deep_it_stands_and_what_it_is_made_of() -> None:
    body = {"a": [{"Key": KEY, "b": {"pin": 736451, "on": True}}], "system": {"password": SHORT, "name": "Main"}}
    step = Step("Set", "PUT", "/x", body, secret=("key", "password", "PIN"))
    assert step.shown_body() == {
        "a": [{"Key": "…", "b": {"pin": "…", "on": True}}],
        "system": {"password": "…", "name": "Main"},
    }
    assert set(step.secrets()) == {KEY, "736451", SHORT}
    assert set(secrets_in(msgspec.json.encode(body), ())) == {KEY, "736451", SHORT}
    assert KEY not in repr(step)


def test_everything_below_a_secret_name_is_secret() -> None:
    step = Step("Set", "PUT", "/x", {"keys": {"first": KEY, "more": [OTHER_KEY, ""]}}, secret=("keys",))
    assert step.shown_body() == {"keys": "…"}
    assert step.secrets() == (KEY, OTHER_KEY)
