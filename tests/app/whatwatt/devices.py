"""A simulated whatwatt for tests, and sessions on it: real sockets, a real site file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec

from app.commission.guided import Patience
from app.commission.receipt import Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.device import Credentials
from app.model.job import Progress
from app.net.pins import Pins
from app.net.subnet import OwnAddress
from app.simulators.host import Running, SimulatorHost
from app.site.sitefile import SiteFile
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.simulator import WhatwattSimulator
from app.vendors.whatwatt.vendor import WHATWATT

HEARD = ("127.0.0.1",)
FIXTURES = Path(__file__).parents[2] / "fixtures" / "whatwatt"


class Device:
    """A running device."""

    def __init__(self, host: SimulatorHost, running: Running) -> None:
        self.host = host
        self.running = running
        self.simulator = cast(WhatwattSimulator, running.simulator)

    def writes(self) -> list[str]:
        """The requests that change something."""
        return [request for request in self.simulator.requests if not request.startswith("GET")]


@contextmanager
def device(**more: Any) -> Iterator[Device]:
    with SimulatorHost([WhatwattSimulator(**more)]) as host:
        made = Device(host, host[0])
        made.simulator.restarting_s = made.simulator.moving_s = 0.3
        made.simulator.pairing_s = 0.2
        yield made


@asynccontextmanager
async def session(
    on: Device, folder: Path, *, password: str | None = None, hears: bool = False, longest_s: float = 5.0
) -> AsyncIterator[DeviceSession]:
    """An open session; one that `hears` listens to announcements while it looks for a device, for `longest_s`."""
    site = SiteFile.open(folder / "site.wattwright")
    made = DeviceSession(
        WHATWATT,
        on.running.address,
        pins=Pins.in_memory(),
        journal=site.journal,
        drafts=site.drafts,
        credentials=None if password is None else Credentials("", password),
    )
    made.patience = Patience(
        own=lambda: (OwnAddress("127.0.0.1", 32),),
        settling_s=0.1,
        silent_s=0.2,
        pause_s=0.05,
        look_s=1.0,
        longest_s=longest_s,
        # Whatever else runs on this computer may announce simulators of the same id.
        interfaces=HEARD if hears else (),
    )
    try:
        await made.open()
        yield made
    finally:
        await made.aclose()
        site.close()


def client_of(opened: DeviceSession) -> WhatwattClient:
    assert isinstance(opened.connection, WhatwattClient)
    return opened.connection


async def sent(opened: DeviceSession, key: str, **fields: Any) -> Receipt:
    """Set these fields of a section, and send them."""
    section = WHATWATT.section(key)
    await opened.read(section, "")
    draft = opened.draft(section, "")
    assert draft is not None
    for name, value in fields.items():
        draft.set(name, value)
    opened.keep(section, "")
    return await opened.send(section, "")


async def read(opened: DeviceSession, key: str) -> Any:
    return (await opened.read(WHATWATT.section(key), "")).value


async def done(
    opened: DeviceSession, action: AnyAction, parameters: msgspec.Struct | None = None
) -> tuple[Receipt, list[Progress]]:
    told: list[Progress] = []
    receipt: Receipt | None = None
    async for event in opened.act(action, "", parameters or action.first()):
        if isinstance(event, Receipt):
            receipt = event
        else:
            told.append(event)
    assert receipt is not None
    return receipt, told
