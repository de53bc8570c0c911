"""A session whose login has changed tells whoever keeps logins."""

from __future__ import annotations

from pathlib import Path

from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.device import Credentials
from app.model.errors import StorageFailed
from app.vendors.g13.gateway.own_password import OWN_PASSWORD, OwnPassword
from app.vendors.g13.gateway.restart import RESTART
from tests.conftest import Run
from tests.gateways import PASSWORD, gateway, session


async def changed(opened: DeviceSession) -> Receipt:
    wish = OwnPassword(PASSWORD, "apple juice", "apple juice")
    (receipt,) = [event async for event in opened.act(OWN_PASSWORD, "", wish) if isinstance(event, Receipt)]
    return receipt


def test_a_new_password_of_ones_own_is_told_once_it_holds(run: Run, tmp_path: Path) -> None:
    kept: list[Credentials | None] = []

    async def change() -> None:
        with gateway() as device:
            async with session(device, tmp_path) as opened:
                await opened.open()

                async def keep() -> None:
                    kept.append(opened.client.credentials)

                opened.login_renewed = keep
                assert (await changed(opened)).outcome is Outcome.VERIFIED

    run(change())
    assert [login.password for login in kept if login] == ["apple juice"]


def test_an_action_that_leaves_the_login_alone_tells_nothing(run: Run, tmp_path: Path) -> None:
    async def restart() -> None:
        with gateway() as device:
            async with session(device, tmp_path) as opened:
                await opened.open()

                async def keep() -> None:
                    raise AssertionError("the login is as it was")

                opened.login_renewed = keep
                async for _ in opened.act(RESTART, "", RESTART.first()):
                    pass

    run(restart())


def test_a_password_that_cannot_be_kept_is_told_with_what_was_done(run: Run, tmp_path: Path) -> None:
    async def change() -> None:
        with gateway() as device:
            async with session(device, tmp_path) as opened:
                await opened.open()

                async def fail() -> None:
                    raise StorageFailed("The site file is full.")

                opened.login_renewed = fail
                receipt = await changed(opened)
                assert receipt.outcome is Outcome.VERIFIED
                assert "The site file is full." in receipt.message
                assert opened.receipts[OWN_PASSWORD.key, opened.target(OWN_PASSWORD, "")] == receipt

    run(change())
