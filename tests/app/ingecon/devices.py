"""What the tests of INGECON SUN share: the manual's examples, and connections to simulated devices."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.model.device import Credentials
from app.net.client import DeviceClient, Policy
from app.net.lenient import decode
from app.net.pins import Pins
from app.simulators.host import Running
from app.vendors.ingecon.client import IngeconClient
from app.vendors.ingecon.simulator import IngeconSimulator

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "ingecon"
REPLIES = {
    "play1": "3.2-reply-1play.json",
    "play3": "4.2-reply-3play.json",
    "storage1": "5.2-reply-storage-1play.json",
    "storage3": "6.2-reply-storage-3play.json",
}
FAST_S = 0.01


def fixture(name: str) -> Any:
    return decode((FIXTURES / name).read_bytes())


@asynccontextmanager
async def connected(
    device: Running, *, user: str = "installer", password: str | None = "installer", **more: Any
) -> AsyncGenerator[IngeconClient, None]:
    client = IngeconClient(
        DeviceClient(
            device.address,
            credentials=None if password is None else Credentials(user, password),
            pins=Pins.in_memory(),
            policy=Policy(idle_s=5.0, basic_at_once=True, timeout_s=more.pop("timeout_s", 15.0)),
        ),
        **more,
    )
    try:
        yield client
    finally:
        await client.aclose()


def asked(device: Running, what: str) -> int:
    assert isinstance(device.simulator, IngeconSimulator)
    return device.simulator.requests.count(what)
