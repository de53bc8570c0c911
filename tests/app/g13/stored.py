"""What the tests of stored values share: the manual's examples, a session on a gateway, a clock moved by the test."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.commission.receipt import Receipt
from app.commission.session import DeviceSession
from app.model.archive import Query, Records
from app.model.section import Problem
from app.simulators.host import SimulatorHost
from app.vendors.g13.simulator import G13Simulator, demo_gateway
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.stored_values import StoredValues
from app.vendors.g13.simulator.users import Role, User
from tests.gateways import MAIN, PASSWORD, Gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
OK = {"status": "success"}
DENIED = {"status": "error", "des": "received READ_WRITE_DENIED response from COSEM."}
NOON = 1_750_000_000.0


def example(name: str) -> bytes:
    """An example of the manual."""
    return (FIXTURES / f"{name}.json").read_bytes()


class Clock:
    """The simulation's time, moved by the test."""

    def __init__(self) -> None:
        self.now_s = NOON

    def __call__(self) -> float:
        return self.now_s


class Site(Gateway):
    """A gateway whose time stands still, and a plain client on it."""

    def __init__(self, host: SimulatorHost, clock: Clock, client: httpx.Client) -> None:
        super().__init__(host, host[0])
        self.clock = clock
        self.client = client

    @property
    def meter(self) -> SimulatedMeter:
        return self.simulator.gateway.wired(MAIN)

    @property
    def stored(self) -> StoredValues:
        return self.meter.part(StoredValues)

    def on_host(self, work: Callable[[], Any]) -> Any:
        """Look at the simulator, or change it, on its own thread."""
        return self.host.call(work)

    def ask(self, path: str, *, meter: str = MAIN) -> tuple[int, Any]:
        reply = self.client.get(f"/meters/{meter}/{path}")
        return reply.status_code, reply.json()

    def tell(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = self.client.request(method, f"/meters/{MAIN}/{path}", content=text, **more)
        return reply.status_code, reply.json()

    def onlooker(self) -> tuple[str, str]:
        """A user who may only look at the meter."""

        def add() -> None:
            users = self.simulator.gateway.users
            users.by_name["eve"] = User("eve", "look only", bindings={MAIN: Role.VIEW})

        self.host.call(add)
        return "eve", "look only"


@contextmanager
def site() -> Iterator[Site]:
    """A gateway with a password, its time in the test's hands."""
    clock = Clock()
    simulator = G13Simulator(demo_gateway(now=clock, admin_password=PASSWORD))
    trust = ssl.create_default_context(cadata=simulator.certificate.certificate.decode())
    with (
        SimulatorHost([simulator]) as host,
        httpx.Client(
            base_url=host[0].url,
            verify=trust,
            auth=("admin", PASSWORD),
            trust_env=False,
            headers={"Content-Type": "application/json"},
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as client,
    ):
        yield Site(host, clock, client)


@asynccontextmanager
async def opened(device: Gateway, folder: Path, **login: str) -> AsyncIterator[DeviceSession]:
    """A session that is open."""
    async with session(device, folder, **login) as found:
        await found.open()
        yield found


async def records(session: DeviceSession, key: str, query: Query | None = None) -> Records:
    """What an archive of the main meter holds."""
    return await session.records(session.vendor.archive(key), MAIN, query or Query())


async def done(session: DeviceSession, key: str, parameters: Any = None) -> Receipt:
    """Do an action with the main meter."""
    action = session.vendor.action(key)
    receipt = None
    async for event in session.act(action, MAIN, action.first() if parameters is None else parameters):
        receipt = event if isinstance(event, Receipt) else receipt
    assert receipt is not None
    return receipt


def said(problems: list[Problem], *, warning: bool = False) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    return [(problem.field, problem.message) for problem in problems if problem.warning is warning]


Work = Callable[[DeviceSession], Awaitable[None]]
