"""No password is ever found where people, files or developers look: texts of errors, recorder, journal, log."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.model.device import Credentials
from app.model.errors import AppError, LoginFailed, PasswordChangeRequired
from app.model.section import Step
from app.net.client import DeviceClient, Policy
from app.net.pins import Pins
from app.net.recorder import Recorder, strike_body, strike_values
from app.vendors.g13.client import G13Client
from app.vendors.g13.gateway.basics import NAME
from tests.conftest import Run
from tests.gateways import PASSWORD, gateway, session
from tests.hostile.test_g13_replies import lying

OLD, NEW, WRONG = "admin", 'tür-7" auf\\zu', "falsch gedacht"


def spellings(secret: str) -> set[str]:
    """A secret as it is, as JSON writes it, and as HTTP Basic sends it for the user 'admin'."""
    token = base64.b64encode(f"admin:{secret}".encode()).decode()
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], token}


def told(error: BaseException) -> Iterator[str]:
    """Everything that an error can show to anybody, with those that it came from."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.args))
        if isinstance(seen, AppError):
            yield from (seen.message, seen.hint, seen.details)
        seen = seen.__cause__ or seen.__context__


def assert_silent(texts: Iterator[str] | list[str], *secrets: str) -> None:
    for text in texts:
        for secret in secrets:
            for spelling in spellings(secret):
                assert spelling not in text


def recorded(client: DeviceClient) -> list[str]:
    return [exchange.text() for exchange in client.recorder.exchanges()]


def test_wrong_password_change_and_work_leave_no_password_anywhere(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []

    async def work() -> None:
        async with session(device, tmp_path, password=WRONG) as opened:
            with pytest.raises(LoginFailed) as wrong:
                await opened.open()
            texts.extend(told(wrong.value))
            await opened.client.login(Credentials("admin", OLD))
            with pytest.raises(PasswordChangeRequired):
                await opened.open()
            assert opened.vendor.change_password is not None
            with pytest.raises(AppError) as refused:
                await opened.vendor.change_password(opened.connection, "admin", WRONG, NEW)
            texts.extend(told(refused.value))
            assert opened.client.credentials == Credentials("admin", OLD), "a mistyped old password is not kept"
            await opened.vendor.change_password(opened.connection, "admin", OLD, NEW)
            await opened.open()
            await opened.read(NAME, "")
            opened.draft(NAME, "").set("alias", "Cellar")
            opened.keep(NAME, "")
            await opened.send(NAME, "")
            texts.extend(recorded(opened.client))
            texts.extend(map(repr, (opened.client.credentials, opened.client, opened, opened.connection)))

    with gateway(fresh=True) as device:
        run(work())
        assert device.simulator.gateway.users.authenticate("admin", NEW) is not None
    texts.extend(record.getMessage() for record in caplog.records)
    texts.extend(file.read_bytes().decode("utf-8", "replace") for file in tmp_path.iterdir() if file.is_file())
    assert any("/login" in text for text in texts)
    assert_silent(texts, NEW, WRONG)


@pytest.mark.parametrize("code", [200, 400, 403, 500])
@pytest.mark.parametrize("form", ['{"status":"error","des":"key %s is bad"}', "<p>key %s is bad</p>", '{"key %s'])
def test_a_gateway_that_repeats_what_it_was_sent_betrays_nothing(run: Run, code: int, form: str) -> None:
    token = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()

    async def change() -> None:
        async with lying(Credentials("admin", PASSWORD)) as (liar, client):
            liar.head = b"HTTP/1.1 %d Odd" % code
            liar.body = (form % f"{PASSWORD} {NEW} {json.dumps(NEW)[1:-1]} Basic {token}").encode()
            with pytest.raises(AppError) as failed:
                await client.change_password("admin", PASSWORD, NEW)
            shown = [failed.value.message, failed.value.hint, failed.value.details, *recorded(client.http)]
            assert_silent(shown, PASSWORD, NEW)

    run(change())


@pytest.mark.parametrize("at_once", [True, False])
def test_a_password_that_cannot_be_sent_is_not_quoted(run: Run, at_once: bool) -> None:
    async def ask() -> None:
        async with lying() as (liar, client):
            address = client.http.address
            policy = Policy(basic_at_once=at_once)
            http = DeviceClient(
                address, credentials=Credentials("admin", f"{WRONG}\udcff"), pins=Pins.in_memory(), policy=policy
            )
            with pytest.raises(LoginFailed) as failed:
                await G13Client(http).login()
            assert_silent(told(failed.value), WRONG)
            assert liar.asked == []
            await http.aclose()

    run(ask())


def test_a_step_shows_no_secret_when_it_is_printed() -> None:
    step = Step("Set a key", "POST", "/x", {"key": NEW, "name": "a"}, secret=("key",))
    assert NEW not in repr(step)
    assert "name" in repr(step)


def test_the_recorder_bears_any_body() -> None:
    recorder = Recorder()
    bodies = (
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
        b"\xff" * 10,
        b'{"Password":"hush hush"}',
        b'{"KEY":"hush',
    )
    for body in bodies:
        recorder.note(
            method="GET", url="http://x/?pin=hush", sent=body, secret=(), outcome="", received=body, elapsed_s=0
        )
    texts = [exchange.text() for exchange in recorder.exchanges()]
    assert len(texts) == len(bodies)
    assert not any("hush" in text for text in texts)
    assert all(len(text) < 5000 for text in texts)


def test_a_secret_past_the_part_that_is_looked_at_is_not_shown_either() -> None:
    body = json.dumps({"fill": "x" * 100_000, "key": "hush hush"}).encode()
    assert "hush" not in strike_body(body)
    assert "hush" not in strike_body(b'{"key":"hush hush","fill":"' + b"x" * 100_000 + b'"}')


def test_very_short_secrets_are_not_struck_out_of_everything() -> None:
    assert strike_values("1 of 10", ("1",)) == "1 of 10"
    assert strike_values("it is hush hush", ("hush hush",)) == "it is …"
