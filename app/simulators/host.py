"""Runs any number of simulators in one background thread with a loop of its own.

    with SimulatorHost() as host:
        device = host.add(G13Simulator.demo(0))
        ... device.url ...

A simulator's state belongs to that thread: look at it or change it through `host.call`.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from app.model.device import Address
from app.model.errors import UsageError
from app.model.vendor import Vendor
from app.scenario.site import Site
from app.simulators.announce import Announcer
from app.simulators.faults import Faults
from app.simulators.troubles import Troubles
from app.simulators.wire import Simulator, Wire

T = TypeVar("T")


def create(
    vendor: Vendor, index: int = 0, latency_ms: float = 0.0, *, model: str = "", site: Site | None = None
) -> Simulator:
    """The vendor's demo simulator. `index` tells several of one kind apart: each has its own serial and meters.

    `model` is one of `models(vendor)`; without it the family decides by the index. At a `site` all measure the same.

    Raises:
        UsageError: the family has no such model.
    """
    kind = _kind(vendor)
    if model and model not in kind.models():
        raise UsageError(f"There is no simulator '{vendor.key}/{model}'.", hint=f"Known: {', '.join(kind.models())}.")
    return cast(Simulator, kind.demo(index=index, latency_ms=latency_ms, model=model, site=site))


def models(vendor: Vendor) -> dict[str, str]:
    """The models that are simulated of a family, and what they stand for."""
    return dict(_kind(vendor).models())


def _kind(vendor: Vendor) -> Any:
    module, _, name = vendor.simulator.partition(":")
    return getattr(importlib.import_module(module), name)


@dataclass(frozen=True)
class Running:
    """A simulator that can be reached at `url`. `faults` makes its wire fail, request by request."""

    simulator: Simulator
    faults: Faults
    wire: Wire

    @cached_property
    def troubles(self) -> Troubles:
        """Its faults by name; to be used on the host's loop."""
        return Troubles(self.wire)

    @property
    def address(self) -> Address:
        """Where it listens now: a device may move."""
        return Address(self.wire.host, self.wire.port, "http" if self.simulator.tls is None else "https")

    @property
    def url(self) -> str:
        """The origin, such as https://127.0.0.1:41234."""
        return self.address.url


class SimulatorHost:
    """A context manager; `start` returns when every simulator listens, `stop` when the thread has ended.

    With `announce`, those simulators that announce themselves in the field do so on 127.0.0.1.
    """

    def __init__(self, simulators: Iterable[Simulator] = (), *, announce: bool = False) -> None:
        self._waiting = tuple(simulators)
        self._announce = announce
        self._announcer: Announcer | None = None
        self._running: list[Running] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> tuple[Running, ...]:
        """What runs, in the order in which it was added."""
        return tuple(self._running)

    def __getitem__(self, index: int) -> Running:
        return self._running[index]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the thread and the simulators given to the constructor."""
        if self._thread is not None:
            raise RuntimeError("the host runs already")
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="simulators", daemon=True)
        self._thread.start()
        ready.wait()
        try:
            for simulator in self._waiting:
                self.add(simulator)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every simulator and the thread. Does nothing when not started."""
        if self._thread is None or self._loop is None:
            return
        try:
            self._wait(self._remove_all())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread, self._loop = None, None

    def add(self, simulator: Simulator, *, port: int = 0) -> Running:
        """Let a simulator listen on 127.0.0.1; port 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        return self._wait(self._add(simulator, port))

    def remove(self, running: Running) -> None:
        """Unplug: its port is closed, its connections are cut."""
        self._wait(self._remove(running))

    def replace(self, running: Running, simulator: Simulator) -> Running:
        """Put another simulator at the same address: another certificate, another device."""
        self.remove(running)
        return self.add(simulator, port=running.address.port)

    def fault(self, running: Running, key: str, seconds: float = 0.0) -> None:
        """Let a simulator fail in a way that it has a name for (`running.troubles.known`), until `mend` or for so long.

        Raises:
            UsageError: it has no such fault.
        """
        self.call(lambda: running.troubles.begin(key, seconds))

    def mend(self, running: Running, key: str = "") -> None:
        """Let one named fault end, or all of them.

        Raises:
            UsageError: it has no such fault.
        """
        self.call(lambda: running.troubles.end(key) if key else running.troubles.clear())

    def call(self, function: Callable[[], T]) -> T:
        """Run a function on the simulators' thread, and return what it returns or raise what it raises."""

        async def called() -> T:
            return function()

        return self._wait(called())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise RuntimeError("the host is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self, ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(ready.set)
            self._loop.run_forever()

    async def _add(self, simulator: Simulator, port: int) -> Running:
        faults = Faults()
        wire = Wire(simulator, faults, port)
        wire.start()
        running = Running(simulator, faults, wire)
        self._running.append(running)
        if self._announce and simulator.announce is not None:
            self._announcer = self._announcer or Announcer.start()
            name, properties = simulator.announce
            await self._announcer.publish(name, wire.port, properties)
        return running

    async def _remove(self, running: Running) -> None:
        self._running.remove(running)
        if self._announcer is not None:
            await self._announcer.withdraw(running.wire.port)
        await running.wire.stop()

    async def _remove_all(self) -> None:
        if self._announcer is not None:
            await self._announcer.stop()
            self._announcer = None
        for running in reversed(self.running):
            await self._remove(running)
