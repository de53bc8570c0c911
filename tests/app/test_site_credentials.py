"""Passwords are kept in the keyring when there is one, else in memory; and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from app.model.device import Credentials
from app.site.credentials import SERVICE, Passwords, Where
from tests.conftest import Run

ADMIN = Credentials("admin", "Tr0ub4dor&3")
AT = "192.168.1.12:443"


class Chest(KeyringBackend):
    """A keyring of the test's own: a real backend that the library selects, over a dictionary."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None
        self.locked = threading.Event()
        self.locked.set()

    def _try(self) -> None:
        self.locked.wait(20)
        if self.failure is not None:
            raise self.failure

    def get_password(self, service: str, username: str) -> str | None:
        self._try()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._try()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._try()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not found")
        del self.kept[service, username]


class PlainTextChest(Chest):
    """One of those that write a plain file, which the library offers when nothing better is there."""

    priority = 0.5


@pytest.fixture
def chest() -> Iterator[Chest]:
    before = keyring.get_keyring()
    backend = Chest()
    keyring.set_keyring(backend)
    yield backend
    backend.locked.set()
    keyring.set_keyring(before)


def test_a_password_is_kept_in_the_keyring_for_the_next_start(run: Run[Any], chest: Chest) -> None:
    async def first() -> None:
        passwords = Passwords()
        assert await passwords.get(AT, "admin") is None
        assert await passwords.remember(AT, ADMIN) is Where.KEYRING
        assert passwords.where == "keyring"

    async def next_start() -> Credentials | None:
        return await Passwords().get(AT, "admin")

    run(first())
    assert chest.kept == {(SERVICE, "admin@192.168.1.12:443"): ADMIN.password}
    assert run(next_start()) == ADMIN


def test_a_password_is_for_its_host_port_and_user_only(run: Run[Any], chest: Chest) -> None:
    async def ask() -> list[Credentials | None]:
        passwords = Passwords()
        await passwords.remember(AT, ADMIN)
        return [
            await passwords.get("192.168.1.12:80", "admin"),
            await passwords.get("192.168.1.13:443", "admin"),
            await passwords.get(AT, "user"),
            await passwords.get(AT, ""),
        ]

    assert run(ask()) == [None] * 4


def test_a_forgotten_password_is_gone_from_the_keyring(run: Run[Any], chest: Chest) -> None:
    async def forget() -> Where:
        passwords = Passwords()
        await passwords.remember(AT, ADMIN)
        await passwords.forget(AT, "admin")
        await passwords.forget(AT, "admin")
        assert await passwords.get(AT, "admin") is None
        return passwords.where

    assert run(forget()) is Where.KEYRING
    assert chest.kept == {}


async def _in_memory_only(passwords: Passwords) -> None:
    assert await passwords.prepare() is Where.MEMORY
    assert await passwords.remember(AT, ADMIN) is Where.MEMORY
    assert passwords.where == "memory"
    assert await passwords.get(AT, "admin") == ADMIN
    await passwords.forget(AT, "admin")
    assert await passwords.get(AT, "admin") is None


@pytest.mark.parametrize("kind", ["null", "fail"])
def test_without_a_keyring_passwords_stay_in_memory(run: Run[Any], chest: Chest, kind: str) -> None:
    keyring.set_keyring(keyring.core.load_keyring(f"keyring.backends.{kind}.Keyring"))
    run(_in_memory_only(Passwords()))


def test_a_keyring_that_writes_plain_text_is_not_used(run: Run[Any], chest: Chest) -> None:
    plain = PlainTextChest()
    keyring.set_keyring(plain)
    run(_in_memory_only(Passwords()))
    assert plain.kept == {}


@pytest.mark.parametrize("failure", [KeyringError("locked"), RuntimeError("no bus"), ConnectionResetError()])
def test_a_keyring_that_fails_is_done_without_and_nothing_is_lost(
    run: Run[Any], chest: Chest, failure: Exception
) -> None:
    async def use() -> None:
        passwords = Passwords()
        assert await passwords.prepare() is Where.KEYRING
        chest.failure = failure
        assert await passwords.remember(AT, ADMIN) is Where.MEMORY
        assert await passwords.get(AT, "admin") == ADMIN
        chest.failure = None
        await passwords.remember(AT, ADMIN)

    run(use())
    assert chest.kept == {}


@pytest.mark.parametrize("method", ["get", "forget"])
def test_asking_a_broken_keyring_raises_nothing(run: Run[Any], chest: Chest, method: str) -> None:
    chest.failure = KeyringError("locked")

    async def use() -> None:
        passwords = Passwords()
        await getattr(passwords, method)(AT, "admin")
        assert passwords.where is Where.MEMORY

    run(use())


def test_a_keyring_that_never_answers_is_given_up(run: Run[Any], chest: Chest) -> None:
    async def use() -> None:
        passwords = Passwords(patience_s=0.05)
        assert await passwords.prepare() is Where.KEYRING
        chest.locked.clear()
        assert await passwords.remember(AT, ADMIN) is Where.MEMORY
        assert await passwords.get(AT, "admin") == ADMIN

    run(use())


def test_a_locked_keyring_does_not_stop_the_program_s_work(run: Run[Any], chest: Chest) -> None:
    async def use() -> None:
        passwords = Passwords()
        await passwords.prepare()
        chest.locked.clear()
        asking = asyncio.create_task(passwords.remember(AT, ADMIN))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not asking.done()
        chest.locked.set()
        assert await asking is Where.KEYRING

    run(use())


def test_a_keyring_that_hangs_does_not_hold_up_the_end_of_the_program(tmp_path: Path) -> None:
    code = """
import asyncio, threading, keyring
from keyring.backend import KeyringBackend
from app.site.credentials import Passwords
class Hanging(KeyringBackend):
    priority = 5
    def get_password(self, service, username): threading.Event().wait()
    def set_password(self, service, username, password): pass
    def delete_password(self, service, username): pass
keyring.set_keyring(Hanging())
print(asyncio.run(Passwords(patience_s=0.05).get('h:1', 'u')))
"""
    top = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=top, timeout=20, check=True)
    assert done.stdout == "None\n"


def test_no_password_in_logs_or_in_what_is_shown(
    run: Run[Any], chest: Chest, caplog: pytest.LogCaptureFixture, home: Path
) -> None:
    async def use() -> None:
        passwords = Passwords()
        await passwords.prepare()
        chest.failure = KeyringError(f"cannot store {ADMIN.password}")
        await passwords.remember(AT, ADMIN)
        assert ADMIN.password not in repr(passwords) + repr(await passwords.get(AT, "admin"))

    with caplog.at_level(logging.DEBUG):
        run(use())
    assert "keyring cannot be used (KeyringError)" in caplog.text
    assert ADMIN.password not in caplog.text
    assert not home.exists()


def test_the_keyring_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, app.site.credentials; print('keyring' in sys.modules)"
    top = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=top, check=True)
    assert done.stdout == "False\n"
