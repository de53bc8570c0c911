"""Simulators in a process of their own: what `wattwright simulate` does, and how the demo starts it as a child.

The demo's window and its simulators do not share an interpreter: a stalled window would stall its devices too, and
the lateness that the bench measures would not be the window's own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import msgspec

from app.model.errors import DeviceUnreachable, UsageError
from app.model.vendor import Vendor
from app.simulators.host import SimulatorHost, create

MAX_SIMULATORS = 500
_ENDING_S = 5.0


class SimulatedDevice(msgspec.Struct, frozen=True):
    """Where one simulator listens. `vendor` is its key, `url` its origin."""

    vendor: str
    url: str


class _Report(msgspec.Struct, frozen=True):
    """The one document that a child prints when everything listens."""

    simulators: tuple[SimulatedDevice, ...]


def parse_specs(specs: Sequence[str], vendors: Sequence[Vendor]) -> tuple[Vendor, ...]:
    """Read `VENDOR[:COUNT]…` into one vendor for each simulator; without any, one of every vendor.

    Raises:
        UsageError: an unknown vendor, a count that is none, or more than 500 in all.
    """
    by_key = {vendor.key: vendor for vendor in vendors}
    wanted: list[Vendor] = []
    for spec in specs or tuple(by_key):
        key, colon, count = spec.partition(":")
        if key not in by_key:
            raise UsageError(f"There is no simulator '{key}'.", hint=f"Known: {', '.join(by_key)}.")
        if colon and not (count.isascii() and count.isdecimal() and 1 <= int(count) <= MAX_SIMULATORS):
            raise UsageError(
                f"'{spec}' names no number of simulators.", hint=f"Write {key}:3 for three, at most {MAX_SIMULATORS}."
            )
        wanted.extend([by_key[key]] * int(count or 1))
    if len(wanted) > MAX_SIMULATORS:
        raise UsageError(f"{len(wanted)} simulators are too many.", hint=f"At most {MAX_SIMULATORS} run together.")
    return tuple(wanted)


def serve(
    specs: Sequence[str],
    *,
    latency_ms: float = 0.0,
    announce: bool = False,
    as_json: bool = False,
    until_stdin_closes: bool = False,
) -> None:
    """Run simulators until Ctrl+C, a termination signal or, if so wanted, the end of standard input.

    Their addresses are printed when all of them listen: as text, or as one line of JSON.

    Raises:
        UsageError: the specs make no sense; nothing was started.
    """
    # Loaded here: the registry brings every vendor, and only the command that needs them pays for it.
    from app.registry import VENDORS

    vendors = parse_specs(specs, VENDORS)
    counts: dict[str, int] = {}
    simulators = []
    for vendor in vendors:
        index = counts.get(vendor.key, 0)
        counts[vendor.key] = index + 1
        simulators.append(create(vendor, index, latency_ms))
    stopped = threading.Event()
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_stdin, args=(stopped,), name="stdin", daemon=True).start()
    with _stopping_on_signals(stopped), SimulatorHost(simulators, announce=announce) as host:
        devices = tuple(SimulatedDevice(running.simulator.vendor, running.url) for running in host.running)
        if as_json:
            print(msgspec.json.encode(_Report(devices)).decode(), flush=True)
        else:
            for device in devices:
                print(f"{device.vendor:<10} {device.url}", flush=True)
            print("Running until Ctrl+C.", flush=True)
        # In short waits: on Windows a wait without end could not be interrupted.
        while not stopped.wait(0.5):
            pass


@contextmanager
def _stopping_on_signals(stopped: threading.Event) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_end_of_stdin(stopped: threading.Event) -> None:
    # Read below Python's buffers: a thread that waits in them would block the interpreter's end.
    while os.read(0, 4096):
        pass
    stopped.set()


def _program() -> list[str]:
    """How this program starts itself again, frozen or from source."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]


class SimulatorProcess:
    """Simulators in a child process; they end with `stop`, or when this process ends, however it does.

    async with await SimulatorProcess.start("g13", "whatwatt:3") as simulators:
        ... simulators.devices ...
    """

    def __init__(self, process: subprocess.Popen[bytes], devices: tuple[SimulatedDevice, ...]) -> None:
        self.devices = devices
        self._process = process

    @classmethod
    async def start(
        cls,
        *specs: str,
        latency_ms: float = 0.0,
        announce: bool = False,
        timeout_s: float = 30.0,
        program: Sequence[str] = (),
    ) -> Self:
        """Start the child and wait until its simulators listen. `program` replaces this program's own command.

        Raises:
            DeviceUnreachable: they did not start in `timeout_s`.
        """
        command = [*(program or _program()), "simulate", *specs, "--latency-ms", f"{latency_ms:g}"]
        command += [*(["--announce"] if announce else []), "--until-stdin-closes", "--json"]
        process = subprocess.Popen(  # noqa: ASYNC220 -- qasync's loop has no child watcher of its own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert process.stdout is not None
        reading = asyncio.ensure_future(asyncio.to_thread(process.stdout.readline))
        try:
            await asyncio.wait({reading}, timeout=timeout_s)
            if not reading.done():
                raise DeviceUnreachable(f"The simulators did not start within {timeout_s:g} s.", hint="Try again.")
            report = msgspec.json.decode(await reading, type=_Report)
        except msgspec.DecodeError as error:
            await _end(process, reading)
            raise DeviceUnreachable(
                "The simulators did not start.", hint=f"Try it by hand to see why: {' '.join(command[:-2])}"
            ) from error
        except BaseException:
            await _end(process, reading)
            raise
        return cls(process, report.simulators)

    async def stop(self) -> None:
        """End the child: politely by closing its input, by force when that takes too long."""
        await _end(self._process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


async def _end(process: subprocess.Popen[bytes], reading: asyncio.Future[bytes] | None = None) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    if reading is not None:
        process.kill()
        await reading
    try:
        await asyncio.to_thread(process.wait, _ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)
    process.stdout.close()
