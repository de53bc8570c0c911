"""A new password for the account in use, which goes on with it (manual 4.5.3, 6.3.18)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.action import Action
from app.model.device import Credentials
from app.model.field import Field
from app.model.section import Problem, Step
from app.vendors.g13.client import OWN_ACCOUNT, G13Client, encode
from app.vendors.g13.gateway.user_models import LONGEST_NAME, LONGEST_PASSWORD
from app.vendors.g13.tables import MAX_UPDATE_BYTES


class OwnPassword(msgspec.Struct, frozen=True):
    """The old password once, the new one twice; `repr` shows neither."""

    old: Annotated[str, Field("Current password", secret=True, max_length=LONGEST_PASSWORD, manual="6.3.18")] = ""
    new: Annotated[
        str,
        Field(
            "New password",
            secret=True,
            max_length=LONGEST_PASSWORD,
            help=f"At most {LONGEST_PASSWORD} characters.",
            manual="6.3.18",
        ),
    ] = ""
    again: Annotated[str, Field("New password again", secret=True, max_length=LONGEST_PASSWORD)] = ""

    def __repr__(self) -> str:
        return "OwnPassword(…)"


def _steps(wanted: OwnPassword, _: str) -> list[Step]:
    body: dict[str, object] = {"oldkey": wanted.old, "key": wanted.new}
    return [Step("Change the password of the account in use", "POST", OWN_ACCOUNT, body, secret=("oldkey", "key"))]


def _problems(wanted: OwnPassword) -> list[Problem]:
    if not wanted.old:
        return [Problem("old", "Enter the current password.")]
    if not wanted.new:
        return [Problem("new", "The new password is empty.")]
    if not wanted.new.isprintable():
        return [Problem("new", "The new password holds characters that cannot be typed again.")]
    if wanted.new == wanted.old:
        return [Problem("new", "The new password is the current one: choose another.")]
    if wanted.again != wanted.new:
        return [Problem("again", "The two entries of the new password differ.")]
    longest = encode({"name": "x" * LONGEST_NAME, "oldkey": wanted.old, "key": wanted.new})
    if len(longest) > MAX_UPDATE_BYTES:
        return [Problem("new", f"Both passwords together are too long: {MAX_UPDATE_BYTES} bytes fit.")]
    return []


async def _look(client: G13Client, _: str) -> Credentials | None:
    """The login in use, after the gateway has let it in."""
    await client.login()
    return client.http.credentials


def _proven(_: Credentials | None, after: Credentials | None, wanted: OwnPassword) -> str:
    if after is not None and after.password == wanted.new:
        return ""
    return "The gateway still takes the password from before."


OWN_PASSWORD = Action(
    key="g13.own_password",
    title="Change own password",
    verb="Change own password…",
    steps=_steps,
    proven=_proven,
    look=_look,
    parameters=OwnPassword,
    first=OwnPassword,
    problems=_problems,
    beside="g13.users",
    group="Users",
    icon="lock",
    danger=False,
    help="A new password for the account in use. This session goes on with it.",
    manual="4.5.3, 6.3.18",
    resources=("POST /users/<user>", "POST /login"),
)
