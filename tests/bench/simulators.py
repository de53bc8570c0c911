"""The devices that are measured against, in a process of their own: its work is not counted as ours.

As a program it takes the arguments that `SimulatorProcess` hands to `wattwright simulate`, and a few before them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.model.device import Address, parse_address
from app.simulators.host import SimulatorHost
from app.simulators.process import SimulatedDevice, SimulatorProcess
from app.simulators.wire import Simulator
from app.vendors.g13.simulator import G13Simulator
from app.vendors.g13.simulator.gateway import Gateway, Registration
from app.vendors.g13.simulator.load import Load
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.stored_settings import ProfileChannel
from app.vendors.g13.simulator.stored_values import StoredValues
from app.vendors.g13.tables import Bus
from app.vendors.whatwatt.client import LIVE
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.gateways import MAIN, PASSWORD

from .raw import RawClient

STOP = "/bench/stop"
FAST = 10.0


async def start(*specs: str, latency_ms: float = 0.0, speed: float = 1.0, spread: bool = False) -> SimulatorProcess:
    """Start `g13`, `g13:ITEMS` (in its load profile), `g13m:METERS`, `whatwatt:COUNT` or `fast:COUNT`.

    A whatwatt reports once a second of its own time, which runs `speed` times as fast as on the wall, and ten times as
    fast again when it is a `fast` one; with `spread` they do so one after the other, otherwise all in the same instant.
    """
    program = [sys.executable, "-m", "tests.bench.simulators", *(["--spread"] if spread else [])]
    return await SimulatorProcess.start(*specs, latency_ms=latency_ms, speed=speed, program=program)


def addresses(simulators: SimulatorProcess) -> list[Address]:
    """Where they listen, in order."""
    return [parse_address(device.url)[0] for device in simulators.devices]


async def stopped(simulators: SimulatorProcess) -> list[int]:
    """Let no whatwatt send another event; how many each has sent on its present stream, in order."""
    return await stopped_at(addresses(simulators)[0])


async def stopped_at(address: Address) -> list[int]:
    """As `stopped`; `address` is that of any of them."""
    client = await RawClient.open(address)
    try:
        return msgspec.json.decode(await client.request("GET", STOP), type=list[int])
    finally:
        client.close()


def gateway(latency_ms: float, items: int = 0) -> G13Simulator:
    """A gateway whose password was changed already; with `items` its main meter has a load profile of so many."""
    made = G13Simulator.demo(0, latency_ms)
    admin = made.gateway.users.by_name["admin"]
    admin.password, admin.must_reset = PASSWORD, False
    if items:
        made.gateway.wired(MAIN).part(StoredValues).keep_profiles((ProfileChannel(60, 1, items),))
    return made


def crowded(latency_ms: float, meters: int) -> G13Simulator:
    """A gateway that serves so many registered meters, its password changed already."""
    gateway = Gateway("ABB01GW000000001", [_meter(number) for number in range(meters)], now=time.time)
    admin = gateway.users.by_name["admin"]
    admin.password, admin.must_reset = PASSWORD, False
    for number, meter in enumerate(gateway.meters, 1):
        gateway.registered[meter.serial] = Registration(meter, f"Flat {number}", f"Floor {number % 4}", 0.0)
    return G13Simulator(gateway, latency_ms=latency_ms)


def _meter(number: int) -> SimulatedMeter:
    serial = f"{MAIN[:-6]}{int(MAIN[-6:]) + number:06d}"
    return SimulatedMeter(serial, "A44 552-100", Bus.EQBUS, 17 + number, time.time, Load(number))


class Tally:
    """How many live events each device of a process has sent on its present stream."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.stopped = False


class House(WhatwattSimulator):
    """A whatwatt that counts its events. `STOP`, asked of any of them, stops them all and tells the counts."""

    def __init__(self, tally: Tally, **more: Any) -> None:
        super().__init__(**more)
        self._tally = tally
        self._place = len(tally.sent)
        tally.sent.append(0)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The device as an ASGI application."""
        if scope["path"] == STOP:
            self._tally.stopped = True
            await Response(msgspec.json.encode(self._tally.sent))(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tally.sent[self._place] = 0
            elif message.get("body"):
                if self._tally.stopped:
                    await asyncio.Event().wait()
                self._tally.sent[self._place] += 1
            await send(message)

        await super().app(scope, receive, counted if scope["path"] == LIVE else send)


def houses(
    count: int, latency_ms: float, speed: float, *, spread: bool, tally: Tally | None = None
) -> list[WhatwattSimulator]:
    """Houses whose meters say everything, once a second of their own time."""
    counts = tally or Tally()
    first = len(counts.sent)
    begun = time.monotonic()
    apart_s = 1.0 / speed / count if spread else 0.0

    def clock(late_s: float) -> float:
        return max(begun, time.monotonic() - late_s)

    return [
        House(
            counts,
            index=first + index,
            name=f"House {first + index + 1}",
            latency_ms=latency_ms,
            speed=speed,
            clock=partial(clock, index * apart_s),
        )
        for index in range(count)
    ]


def _made(spec: str, options: argparse.Namespace, tally: Tally) -> Sequence[Simulator]:
    kind, _, count = spec.partition(":")
    if kind == "g13m":
        return [crowded(options.latency_ms, int(count))]
    if kind == "g13":
        return [gateway(options.latency_ms, int(count or 0))]
    speed = options.speed * (FAST if kind == "fast" else 1)
    return houses(int(count or 1), options.latency_ms, speed, spread=options.spread, tally=tally)


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--spread", action="store_true")
    parser.add_argument("words", nargs="+")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--scenario", help="the same for every figure: each house has its own")
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    tally = Tally()
    made = [simulator for spec in options.words[1:] for simulator in _made(spec, options, tally)]
    with SimulatorHost(made) as host:
        found = [SimulatedDevice(running.simulator.vendor, running.url) for running in host.running]
        print(msgspec.json.encode({"simulators": found}).decode(), flush=True)
        while os.read(0, 4096):
            pass


if __name__ == "__main__":
    main()
