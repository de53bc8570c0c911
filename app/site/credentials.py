"""Passwords: in the system's keyring when there is one, otherwise only in memory, and the window says which.

Nothing of this is ever written by ourselves, logged, or put into an exception.
Reasons: docs/decisions/007-passwords.md.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar

from app.model.device import Credentials

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Wattwright"
PATIENCE_S = 60.0
"""A keyring may ask the user to unlock it. One that has not answered after that long counts as absent."""
_RECOMMENDED = 1
"""Backends of lower priority are no keyrings: 'fail', 'null', and those that write plain text."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Where(StrEnum):
    """Where passwords are kept."""

    KEYRING = "keyring"
    MEMORY = "memory"


class Passwords:
    """The passwords of devices, by `host:port` and user.

    As soon as the keyring fails, passwords are kept in memory until the program ends. No method raises for that:
    a broken keyring must not stand between an installer and a device.
    """

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._backend: KeyringBackend | None = None
        self._looked = False
        self._memory: dict[str, str] = {}

    @classmethod
    def in_memory(cls) -> Self:
        """Passwords that never reach a keyring, as those of simulated devices."""
        passwords = cls()
        passwords._looked = True
        return passwords

    @property
    def where(self) -> Where:
        """Where a password given now is kept. Known after `prepare` or the first use; until then memory."""
        return Where.MEMORY if self._backend is None else Where.KEYRING

    async def prepare(self) -> Where:
        """Look for the keyring, once."""
        if not self._looked:
            self._looked = True
            self._backend = await self._ask(_usable_backend, None)
        return self.where

    async def get(self, netloc: str, user: str) -> Credentials | None:
        """The password of this user at this `host:port`, if it is known."""
        await self.prepare()
        entry = _entry(netloc, user)
        password = self._memory.get(entry)
        backend = self._backend
        if password is None and backend is not None:
            password = await self._ask(lambda: backend.get_password(SERVICE, entry), None)
        return None if password is None else Credentials(user, password)

    async def remember(self, netloc: str, credentials: Credentials) -> Where:
        """Keep a password that has proved right. Returns where it is now."""
        await self.prepare()
        entry = _entry(netloc, credentials.user)
        backend = self._backend
        if backend is not None:
            await self._ask(lambda: backend.set_password(SERVICE, entry, credentials.password), None)
        if self._backend is not None:
            self._memory.pop(entry, None)
        else:
            self._memory[entry] = credentials.password
        return self.where

    async def forget(self, netloc: str, user: str) -> None:
        """Forget a password, wherever it is; none is fine."""
        await self.prepare()
        entry = _entry(netloc, user)
        self._memory.pop(entry, None)
        backend = self._backend
        if backend is not None:
            await self._ask(lambda: _remove(backend, entry), None)

    async def _ask(self, question: Callable[[], T], otherwise: T) -> T:
        """Ask the keyring in a thread of its own; when it fails or keeps silent, do without it from now on."""
        answer = _in_thread(question)
        try:
            await asyncio.wait({answer}, timeout=self._patience_s)
        finally:
            if not answer.done():
                answer.cancel()
        if answer.cancelled():
            self._do_without("no answer")
            return otherwise
        # Backends are plug-ins over foreign system libraries and raise far more than KeyringError. Whatever it
        # is, only its kind is told: its text might quote what was to be stored.
        error = answer.exception()
        if error is not None:
            self._do_without(type(error).__name__)
            return otherwise
        return answer.result()

    def _do_without(self, reason: str) -> None:
        self._backend = None
        _log.warning("the system's keyring cannot be used (%s); passwords stay in memory", reason)


def _entry(netloc: str, user: str) -> str:
    return f"{user}@{netloc}"


def _remove(backend: KeyringBackend, entry: str) -> None:
    if backend.get_password(SERVICE, entry) is not None:
        backend.delete_password(SERVICE, entry)


def _usable_backend() -> KeyringBackend | None:
    import keyring

    backend = keyring.get_keyring()
    return backend if backend.priority >= _RECOMMENDED else None


def _in_thread(question: Callable[[], T]) -> asyncio.Future[T]:
    """Run a question in a thread that the end of the program does not wait for, as it would for a pool's."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def hand_over(settle: Callable[[], None]) -> None:
        def settle_if_awaited() -> None:
            if not answer.done():
                settle()

        # A loop that is closed by now awaits no answer any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle_if_awaited)

    def work() -> None:
        try:
            result = question()
        except BaseException as error:  # noqa: BLE001 - not swallowed: it goes to the one who asked
            hand_over(partial(answer.set_exception, error))
        else:
            hand_over(partial(answer.set_result, result))

    threading.Thread(target=work, name="keyring", daemon=True).start()
    return answer
