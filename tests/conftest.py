"""What every test shares: loopback only, no lost task, a home of its own."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

T = TypeVar("T")
MDNS_GROUP = "224.0.0.251"


def _only_loopback(event: str, args: tuple[Any, ...]) -> None:
    """Refuse every socket that would leave this machine; multicast DNS is bound to loopback by its tests."""
    if event == "socket.getaddrinfo":
        host = args[0].decode() if isinstance(args[0], bytes) else str(args[0] or "localhost")
    elif event in {"socket.connect", "socket.sendto"} and isinstance(args[1], tuple):
        host = str(args[1][0])
    else:
        return
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if host != "localhost":
            raise RuntimeError(f"a test wants to reach {host!r}") from None
        return
    if not ip.is_loopback and host != MDNS_GROUP:
        raise RuntimeError(f"a test wants to reach {host}")


sys.addaudithook(_only_loopback)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configuration and data of the program, empty and of this test only."""
    folder = tmp_path / "home"
    monkeypatch.setenv("WATTWRIGHT_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("WATTWRIGHT_PASSWORD", raising=False)
    monkeypatch.delenv("WATTWRIGHT_NEW_PASSWORD", raising=False)
    return folder


Run = Callable[[Coroutine[Any, Any, T]], T]


async def _guarded(main: Coroutine[Any, Any, T], limit_s: float) -> T:
    """Run `main` and insist that it leaves no task behind and no failure unseen."""
    loop = asyncio.get_running_loop()
    unseen: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: unseen.append(context))
    async with asyncio.timeout(limit_s):
        result = await main
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    if left:
        await asyncio.wait(left, timeout=0.5)
    # A task that failed is told of when it is collected: do that now, cycles included.
    gc.collect(1)
    lost = [task for task in left if not task.done()]
    assert not lost, f"tasks left running: {lost}"
    assert not unseen, f"failures nobody saw: {unseen}"
    return result


@pytest.fixture
def run() -> Run[Any]:
    """Run one coroutine on a loop of its own, to its end, with nothing left over."""

    def runner(main: Coroutine[Any, Any, Any], limit_s: float = 30) -> Any:
        with asyncio.Runner() as loop:
            return loop.run(_guarded(main, limit_s))

    return runner
