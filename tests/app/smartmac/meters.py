"""Simulated meters for tests, and sessions on them: real sockets, a real site file, a clock that only tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from app.commission.session import DeviceSession
from app.model.device import Credentials
from app.net.client import DeviceClient, Policy
from app.net.pace import Notes, Pace
from app.net.pins import Pins
from app.registry import vendor
from app.simulators.host import Running
from app.site.sitefile import SiteFile
from app.vendors.smartmac.client import PASSWORD, STANDARD_S, SmartMacClient
from app.vendors.smartmac.simulator import SmartMacSimulator

PIN = "736451"
"""A PIN that stands in no value and no time."""


class Clock:
    """The time of a test: the meter and the program share it, and whoever sleeps moves it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleeping takes no time but the clock's."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Memory:
    """Notes that live as long as the test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def setting(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put_setting(self, key: str, value: bytes | None) -> None:
        assert value is not None
        self.kept[key] = value


def meter_of(running: Running) -> SmartMacSimulator:
    return cast(SmartMacSimulator, running.simulator)


def login_of(running: Running, pin: str = PIN) -> Credentials:
    return Credentials(meter_of(running).id, pin)


@asynccontextmanager
async def connected(
    running: Running, clock: Clock, *, pin: str = PIN, notes: Notes | None = None, login: Credentials | None = None
) -> AsyncIterator[SmartMacClient]:
    address = running.address
    device = DeviceClient(
        address,
        credentials=login or login_of(running, pin),
        pins=Pins.in_memory(),
        policy=Policy(password_in_query=PASSWORD, timeout_s=5.0),
        pace=Pace(STANDARD_S, address.netloc, notes, clock=clock),
    )
    client = SmartMacClient(device, sleep=clock.sleep)
    try:
        yield client
    finally:
        await client.aclose()


def made(running: Running, clock: Clock, site: SiteFile, login: Credentials | None) -> DeviceSession:
    session = DeviceSession(
        vendor("smartmac"),
        running.address,
        pins=Pins.in_memory(),
        journal=site.journal,
        drafts=site.drafts,
        credentials=login,
        notes=site,
        readings=site.readings,
    )
    connection = cast(SmartMacClient, session.connection)
    connection.pace.clock = clock
    connection.sleep = clock.sleep
    return session


@asynccontextmanager
async def opened(running: Running, clock: Clock, folder: Path, **more: Any) -> AsyncIterator[DeviceSession]:
    """An open session with the site file of that folder, as one run of the program has it."""
    with SiteFile.open(folder / "site.wattwright") as site:
        session = made(running, clock, site, login_of(running, **more))
        try:
            await session.open()
            yield session
        finally:
            await session.aclose()
