"""`password`: a new password for the account in use, also where the device insists on one before anything else."""

from __future__ import annotations

from app.cli.console import Console
from app.cli.opening import locate, opened, where
from app.cli.options import NEW_PASSWORD, Options, from_environment
from app.model.errors import ExitCode, LoginFailed, UsageError
from app.model.field import Field


def new_password(console: Console) -> str:
    """The new password, from the environment or entered twice.

    Raises:
        UsageError: there is none, or the two entries differ.
    """
    given = from_environment(NEW_PASSWORD)
    if given is not None:
        return given
    if not console.interactive:
        raise UsageError("No new password is given.", hint=f"Set {NEW_PASSWORD}, or run this in a terminal.")
    first, second = console.ask_secret("New password"), console.ask_secret("Once more")
    if first != second:
        raise UsageError("The two entries differ; the password is as it was.", hint="Try again.")
    return first


def ask_parameter(console: Console, field: Field) -> str:
    """A secret that an action wants to know.

    Raises:
        UsageError: there is nobody to ask.
    """
    if not console.interactive:
        raise UsageError(f"{field.label} has to be entered by hand.", hint="Run this in a terminal.")
    return console.ask_secret(field.label)


async def change_password(console: Console, options: Options) -> ExitCode:
    """Change it, and prove the new one by logging in with it."""
    place = await locate(options)
    change = place.vendor.change_password
    if change is None:
        raise UsageError(f"The password of a {place.vendor.title} cannot be changed here.")
    if from_environment(NEW_PASSWORD) is None and not console.interactive:
        # Said before the device is bothered.
        new_password(console)
    async with opened(place, options, console, choose_password=lambda: new_password(console)) as (session, answers):
        credentials = session.client.credentials
        if credentials is None:
            raise LoginFailed(f"{place.address} let us in without a login: there is no password to change.")
        if not answers.changed:
            await change(session.connection, credentials.user, credentials.password, new_password(console))
            await session.open()
            await answers.remember(place.address, session.client.credentials, changed=True)
        console.document({**where(session), "user": credentials.user, "outcome": "changed"})
        console.say(f"The password of '{credentials.user}' is changed.")
    return ExitCode.DONE
