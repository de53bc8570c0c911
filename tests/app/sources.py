"""Live sources under test: so many of their values are taken, and the pauses between questions noted, not slept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def take(count: int, source: AsyncGenerator[T, None]) -> list[T]:
    taken: list[T] = []
    async with aclosing(source) as items:
        async for item in items:
            taken.append(item)
            if len(taken) == count:
                break
    return taken


def recording(pauses: list[float], enough: int) -> Callable[[float], Awaitable[None]]:
    """A sleep that does not sleep, notes how long it should have, and ends the polling after `enough` pauses."""

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == enough:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    return sleep
