"""Answers what a device's certificate and login ask: from options, environment and keyring, then at the prompt."""

from __future__ import annotations

from collections.abc import Callable

from app.cli.console import Console
from app.cli.options import PASSWORD, Options
from app.model.device import Address, Credentials
from app.model.errors import (
    CertificateChanged,
    CertificateNotTrusted,
    LoginFailed,
    PasswordChangeRequired,
    UsageError,
)
from app.model.login import USER_AND_PASSWORD, LoginWords
from app.net.tls import Certificate
from app.site.credentials import Passwords, Where


class Answers:
    """The `Questions` of connecting. `choose` gives the new password where one may be set."""

    def __init__(
        self, options: Options, console: Console, passwords: Passwords, choose: Callable[[], str] | None = None
    ) -> None:
        self._options = options
        self._console = console
        self._passwords = passwords
        self._choose = choose
        self._looked_up = False
        self._entered: Credentials | None = None
        self.changed = False
        """A new password was asked for on the way, and set."""

    def at_once(self, default_user: str) -> Credentials | None:
        """The login that needs no question."""
        password = self._options.password()
        return None if password is None else Credentials(self._options.user or default_user, password)

    async def accept_certificate(self, address: Address, shown: Certificate, error: CertificateNotTrusted) -> bool:
        """Is this the device's certificate?

        Raises:
            CertificateNotTrusted: it is not the demanded one.
        """
        demanded = self._options.demanded()
        if demanded:
            raise CertificateNotTrusted(
                f"{address} shows {error.fingerprint}; --fingerprint demands {demanded}.",
                fingerprint=error.fingerprint,
                hint="Check the address, and the fingerprint at the device.",
            ) from error
        if self._options.accept_certificate:
            if isinstance(error, CertificateChanged):
                self._console.note(
                    f"Warning: {address} shows another certificate than before. Now accepted: {error.fingerprint}; "
                    f"accepted before: {error.pinned}."
                )
            return True
        if not self._console.interactive:
            error.hint += " Options: --fingerprint sha256:… demands it, --accept-certificate accepts what is shown."
            return False
        self._console.note(f"{error.title}: {error.message}", *_facts(shown), f"  {error.hint}")
        return self._console.confirm("Accept this certificate and remember it?")

    async def login(self, address: Address, user: str, error: LoginFailed, words: LoginWords) -> Credentials | None:
        """Who logs in? From the keyring once, then from the prompt.

        Raises:
            LoginFailed: there is nobody to ask; the hint says what to set.
        """
        if self._options.password() is not None:
            raise LoginFailed(error.message, hint=f"Check {_given_by(words)}. {words.where}".rstrip()) from error
        name = self._options.user or user
        if words.user and not name and self._console.interactive:
            self._console.note(words.where)
            name = self._console.ask(f"{words.user} of {address}")
        if not self._looked_up:
            self._looked_up = True
            kept = await self._passwords.get(address.netloc, name)
            if kept is not None:
                return kept
        if not self._console.interactive:
            raise LoginFailed(
                error.message,
                hint=f"Set {_given_by(words)}, or run this in a terminal to be asked for the {words.both}.",
            ) from error
        self._console.note(error.message)
        whose = f"{words.password} of '{name}' at {address}" if name else f"{words.password} of {address}"
        password = self._console.ask_secret(whose)
        self._entered = Credentials(name, password) if password else None
        return self._entered

    async def new_password(self, address: Address, user: str, error: PasswordChangeRequired) -> str | None:
        """The new password, if this verb sets one.

        Raises:
            UsageError: the device's rules forbid the one that was given.
        """
        if self._choose is None:
            error.hint += f" Do it by: wattwright password {address}"
            return None
        if self.changed:
            raise UsageError(error.message, hint=error.hint) from error
        self.changed = True
        return self._choose()

    async def remember(
        self, address: Address, credentials: Credentials | None, *, changed: bool = False, before: Address | None = None
    ) -> None:
        """Keep a password that was entered here and proved right, where there is a keyring.

        With `changed`, a password that the keyring has for this user gives way to the present one; `before` is the
        address under which the keyring has it, when the device has moved since.
        """
        if credentials is None:
            return
        known_at = before or address
        keep = self._entered is not None or (
            changed and await self._passwords.get(known_at.netloc, credentials.user) is not None
        )
        if keep and await self._passwords.prepare() is Where.KEYRING:
            await self._passwords.remember(address.netloc, credentials)
            self._console.note("The password is kept in the keyring of this computer.")


def _given_by(words: LoginWords) -> str:
    """Where a command is given the login."""
    password = PASSWORD if words.password == USER_AND_PASSWORD.password else f"{PASSWORD} (the {words.spoken_password})"
    user = "--user" if words.user == USER_AND_PASSWORD.user else f"--user (the {words.spoken_user})"
    return f"{password} and {user}" if words.user else password


def _facts(shown: Certificate) -> list[str]:
    facts = [f"  Fingerprint (SHA-256): {shown.grouped}"]
    if shown.subject:
        facts.append(f"  Issued to: {shown.subject}")
    if shown.valid_from and shown.valid_until:
        facts.append(f"  Valid: {shown.valid_from:%Y-%m-%d} to {shown.valid_until:%Y-%m-%d}")
    if shown.protocol or shown.key:
        facts.append(f"  Encryption: {', '.join(filter(None, (shown.protocol, shown.key)))}")
    return facts
