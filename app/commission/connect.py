"""From an address to an open session: the questions that a device's certificate and login raise on the way."""

from __future__ import annotations

from typing import Protocol

from app.model.device import Address, Credentials, Identity
from app.model.errors import CertificateNotTrusted, LoginFailed, PasswordChangeRequired, UsageError
from app.model.login import LoginWords
from app.net.tls import Certificate

from .session import DeviceSession

MAX_QUESTIONS = 12
"""A person mistypes a password a few times; a device that asks for ever is given up."""


class Questions(Protocol):
    """What only the installer can answer. The window asks with dialogs, the command line by options and prompts."""

    async def accept_certificate(self, address: Address, shown: Certificate, error: CertificateNotTrusted) -> bool:
        """Is this the device's certificate? `error` is a `CertificateChanged` when another one was accepted before."""
        ...

    async def login(self, address: Address, user: str, error: LoginFailed, words: LoginWords) -> Credentials | None:
        """Who logs in? None gives up. `user` is the likely name, `words` what this family calls the two."""
        ...

    async def new_password(self, address: Address, user: str, error: PasswordChangeRequired) -> str | None:
        """The device wants a new password for this user. None gives up."""
        ...


async def connect(session: DeviceSession, questions: Questions) -> Identity:
    """Open the session, asking what must be asked.

    Raises:
        AppError: the device cannot be opened, or an answer was refused; the last reason.
    """
    for _ in range(MAX_QUESTIONS):
        try:
            return await session.open()
        except CertificateNotTrusted as error:
            shown = session.client.certificate or Certificate(error.fingerprint)
            if not await questions.accept_certificate(session.address, shown, error):
                raise
            session.client.accept(error.fingerprint)
        except PasswordChangeRequired as error:
            await _change(session, questions, error)
        except LoginFailed as error:
            known = session.client.credentials
            likely = known.user if known else session.vendor.default_user
            credentials = await questions.login(session.address, likely, error, session.vendor.login)
            if credentials is None:
                raise
            await session.client.login(credentials)
    return await session.open()


async def _change(session: DeviceSession, questions: Questions, error: PasswordChangeRequired) -> None:
    credentials = session.client.credentials
    if credentials is None or session.vendor.change_password is None:
        raise error
    for _ in range(MAX_QUESTIONS):
        new = await questions.new_password(session.address, credentials.user, error)
        if new is None:
            raise error
        try:
            await session.vendor.change_password(session.connection, credentials.user, credentials.password, new)
        except UsageError as problem:
            # Too long, or the same again: say so and ask once more. Nothing was sent.
            error = PasswordChangeRequired(problem.message, hint=problem.hint)
            continue
        return
    raise error
