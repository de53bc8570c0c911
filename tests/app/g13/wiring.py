"""A gateway whose time the test moves, with a simple meter and a user who may only look; and what tests do with it."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from app.commission.receipt import Receipt
from app.commission.session import DeviceSession
from app.model.action import AnyAction
from app.model.errors import AccessDenied, DeviceFailed, DeviceRefused
from app.model.section import AnySection
from app.net.lenient import JsonReader, convert
from app.simulators.host import SimulatorHost
from app.vendors.g13.simulator import G13Simulator, SelfSigned, SimulatedMeter, demo_gateway
from app.vendors.g13.simulator.gateway import Registration
from app.vendors.g13.simulator.users import Role
from tests.gateways import MAIN, PASSWORD, Gateway, session

T = TypeVar("T")

STEEL = "ABB01EM000014505"
"""Single phase, and next to no functions."""
VIEWER = ("viewer", "look only")
START_S = 1_790_000_000.0
"""Monday 21 September 2026, 14:13:20 UTC."""
FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"


class ManualTime:
    """The simulation's clock, moved by the test."""

    def __init__(self, now_s: float = START_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@functools.cache
def _certificate() -> SelfSigned:
    return SelfSigned.issue("meters under test")


@contextmanager
def wired(time: ManualTime) -> Iterator[Gateway]:
    """The gateway, its password changed already."""
    site = demo_gateway(now=time, admin_password=PASSWORD)
    simulator = G13Simulator(site, certificate=_certificate())
    site.registered[STEEL] = Registration(site.wired(STEEL), "Flat 3", "Main distribution", time() - 60)
    site.users.add(*VIEWER, {MAIN: Role.VIEW})
    with SimulatorHost([simulator]) as host:
        yield Gateway(host, host[0])


def meter_of(device: Gateway, serial: str = MAIN) -> SimulatedMeter:
    """The simulated meter itself."""
    return device.simulator.gateway.wired(serial)


@asynccontextmanager
async def at_work(
    device: Gateway, folder: Path, user: str = "admin", password: str = PASSWORD
) -> AsyncIterator[DeviceSession]:
    """A session that is open."""
    async with session(device, folder, user=user, password=password) as opened:
        await opened.open()
        yield opened


async def read(opened: DeviceSession, section: AnySection, meter: str = MAIN) -> Any:
    """What a section says now."""
    return (await opened.read(section, meter)).value


async def put(opened: DeviceSession, section: AnySection, meter: str = MAIN, **values: Any) -> Receipt:
    """Read a section, change these fields, send it."""
    await opened.read(section, meter)
    draft = opened.draft(section, meter)
    assert draft is not None
    for name, value in values.items():
        draft.set(name, value)
    return await opened.send(section, meter)


async def do(opened: DeviceSession, action: AnyAction, parameters: msgspec.Struct, meter: str = MAIN) -> Receipt:
    """Do an action, to its receipt."""
    async with aclosing(opened.act(action, meter, parameters)) as events:
        async for event in events:
            if isinstance(event, Receipt):
                return event
    raise AssertionError("no receipt")


async def answer(opened: DeviceSession, path: str, body: dict[str, Any] | None = None, *, meter: str = MAIN) -> str:
    """POST to a meter (or GET from it, without a body): 'success', 'denied', 'failed 500' or 'invalid <tag>'."""
    where = f"/meters/{meter}/{path}"
    try:
        if body is None:
            await opened.connection.get(where, dict)  # type: ignore[attr-defined]
        else:
            await opened.connection.update("POST", where, body)  # type: ignore[attr-defined]
    except AccessDenied:
        return "denied"
    except DeviceFailed as error:
        return f"failed {error.status}"
    except DeviceRefused as error:
        return f"invalid {error.field}".strip()
    return "success"


async def insists_on_rights_and_power(
    device: Gateway, folder: Path, section: AnySection, path: str, body: dict[str, Any]
) -> None:
    """What every section of a meter answers: a user who only looks, a meter that has no such function, a silent one."""
    async with at_work(device, folder, *VIEWER) as opened:
        assert await answer(opened, path, body) == "denied"
        assert not (await opened.support(section, MAIN)).writable
    async with at_work(device, folder) as opened:
        assert await answer(opened, path, body, meter=STEEL) == "denied"
        assert await answer(opened, path, meter=STEEL) == "denied"
        assert not (await opened.support(section, STEEL)).readable
        meter_of(device).powered = False
        assert await answer(opened, path, body) == "failed 500"
        assert await answer(opened, path) == "failed 500"


def printed(name: str, kind: type[T]) -> T:
    """An example of the manual, as it is printed, read by the client's own reader."""
    return convert(JsonReader("manual").decode((FIXTURES / name).read_bytes()), kind)


def printed_body(name: str) -> dict[str, Any]:
    """A request of the manual, as it is printed."""
    return printed(name, dict)
