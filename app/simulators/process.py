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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import msgspec

from app.model.errors import DeviceUnreachable, UsageError
from app.model.vendor import Vendor
from app.scenario.clock import FASTEST, NOON, SiteClock
from app.scenario.site import Site
from app.simulators.commands import Reply, obey
from app.simulators.host import Running, SimulatorHost, create, models

MAX_SIMULATORS = 500
LONGEST_LINE = 1000
_ENDING_S = 5.0


class Scenario(StrEnum):
    """What the simulators measure: one site whose devices agree, or each something of its own."""

    SUNNY_DAY = "sunny-day"
    INDEPENDENT = "independent"


class KnownFault(msgspec.Struct, frozen=True):
    """A fault that a device has a name for; `title` completes 'The device …'."""

    key: str
    title: str


class SimulatedDevice(msgspec.Struct, frozen=True):
    """Where one simulator listens. `vendor` is its key, `url` its origin; `user` and `password` are who may ask it."""

    vendor: str
    url: str
    user: str = ""
    password: str = ""
    faults: tuple[KnownFault, ...] = ()


class _Report(msgspec.Struct, frozen=True):
    """The one document that a child prints when everything listens."""

    simulators: tuple[SimulatedDevice, ...]


class Wanted(msgspec.Struct, frozen=True):
    """One simulator to be started; an empty model leaves the choice to the family."""

    vendor: Vendor
    model: str = ""


def parse_specs(specs: Sequence[str], vendors: Sequence[Vendor]) -> tuple[Wanted, ...]:
    """Read `FAMILY[/MODEL][:COUNT]…` into what is wanted; without any, one of every family.

    Raises:
        UsageError: an unknown family or model, a count that is none, or more than 500 in all.
    """
    by_key = {vendor.key: vendor for vendor in vendors}
    wanted: list[Wanted] = []
    for spec in specs or tuple(by_key):
        name, colon, count = spec.partition(":")
        key, slash, model = name.partition("/")
        if key not in by_key:
            raise UsageError(f"There is no simulator '{name}'.", hint=f"Known: {', '.join(by_key)}.")
        if slash and model not in models(by_key[key]):
            known = ", ".join(f"{key}/{one}" for one in models(by_key[key]))
            raise UsageError(f"There is no simulator '{name}'.", hint=f"Known: {known}.")
        if colon and not (count.isascii() and count.isdecimal() and 1 <= int(count) <= MAX_SIMULATORS):
            raise UsageError(
                f"'{spec}' names no number of simulators.", hint=f"Write {name}:3 for three, at most {MAX_SIMULATORS}."
            )
        wanted.extend([Wanted(by_key[key], model)] * int(count or 1))
    if len(wanted) > MAX_SIMULATORS:
        raise UsageError(f"{len(wanted)} simulators are too many.", hint=f"At most {MAX_SIMULATORS} run together.")
    return tuple(wanted)


def parse_time_of_day(text: str) -> float:
    """Seconds since midnight of `HH:MM`.

    Raises:
        UsageError: it is no such time.
    """
    try:
        moment = datetime.strptime(text, "%H:%M")
    except ValueError as error:
        raise UsageError(f"'{text}' is no time of day.", hint="Write 12:00, from 00:00 to 23:59.") from error
    return moment.hour * 3600.0 + moment.minute * 60.0


def serve(
    specs: Sequence[str],
    *,
    scenario: str = Scenario.SUNNY_DAY,
    begin: str = "",
    speed: float = 1.0,
    latency_ms: float = 0.0,
    announce: bool = False,
    as_json: bool = False,
    until_stdin_closes: bool = False,
) -> None:
    """Run simulators until Ctrl+C, a termination signal or, if so wanted, the end of standard input.

    Their addresses are printed when all of them listen: as text, or as one line of JSON. Then every line of standard
    input is obeyed (`app.simulators.commands`), and answered the same way.

    Raises:
        UsageError: the specs make no sense; nothing was started.
    """
    # Loaded here: the registry brings every vendor, and only the command that needs them pays for it.
    from app.registry import VENDORS

    wanted = parse_specs(specs, VENDORS)
    site = _site(scenario, begin, speed)
    counts: dict[str, int] = {}
    simulators = []
    for one in wanted:
        index = counts.get(one.vendor.key, 0)
        counts[one.vendor.key] = index + 1
        simulators.append(create(one.vendor, index, latency_ms, model=one.model, site=site))
    stopped = threading.Event()
    with _stopping_on_signals(stopped), SimulatorHost(simulators, announce=announce) as host:
        if as_json:
            _print_json(_Report(tuple(_described(running) for running in host.running)))
        else:
            for number, device in enumerate(map(_described, host.running), start=1):
                login = f"  login {device.user} / {device.password}" if device.user else ""
                print(f"{number:<3} {device.vendor:<10} {device.url}{login}", flush=True)
            print("Running until Ctrl+C. Type 'help' for faults on demand.", flush=True)

        def answer(line: str) -> None:
            reply = obey(line, host)
            if reply is not None and as_json:
                _print_json(reply)
            elif reply is not None:
                print(reply.text, flush=True)

        work = (stopped, until_stdin_closes, answer)
        threading.Thread(target=_follow_stdin, args=work, name="stdin", daemon=True).start()
        # In short waits: on Windows a wait without end could not be interrupted.
        while not stopped.wait(0.5):
            pass


def _site(scenario: str, begin: str, speed: float) -> Site | None:
    if scenario not in tuple(Scenario):
        raise UsageError(f"There is no scenario '{scenario}'.", hint=f"Known: {', '.join(Scenario)}.")
    if scenario == Scenario.INDEPENDENT:
        if begin or speed != 1.0:
            raise UsageError("Independent devices have no common time.", hint="Leave --begin and --speed out.")
        return None
    if not 1.0 <= speed <= FASTEST:
        raise UsageError(f"Time cannot run {speed:g} times as fast.", hint=f"1 to {FASTEST:g}.")
    return Site(SiteClock.today(parse_time_of_day(begin) if begin else NOON, speed))


def _described(running: Running) -> SimulatedDevice:
    faults = tuple(KnownFault(trouble.key, trouble.title) for trouble in running.troubles.known.values())
    user, password = getattr(running.simulator, "login", ("", ""))
    return SimulatedDevice(running.simulator.vendor, running.url, user, password, faults)


def _print_json(document: msgspec.Struct) -> None:
    print(msgspec.json.encode(document).decode(), flush=True)


@contextmanager
def _stopping_on_signals(stopped: threading.Event) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    if hasattr(signal, "SIGTTIN"):
        # A job in the background that asks its terminal for a line would be stopped, not refused.
        before[signal.SIGTTIN] = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _follow_stdin(stopped: threading.Event, until_it_closes: bool, answer: Callable[[str], None]) -> None:
    """Obey what comes in, line by line; its end is the end of everything only if that was wanted."""
    # Read below Python's buffers: a thread that waits in them would block the interpreter's end.
    rest = b""
    while not stopped.is_set():
        try:
            part = os.read(0, 4096)
        except OSError:
            # A job in the background may not read its terminal: nobody can type there anyway.
            part = b""
        if not part:
            break
        *lines, rest = (rest + part).split(b"\n")
        rest = rest[-LONGEST_LINE:]
        for line in lines:
            if not stopped.is_set():
                answer(line.decode("utf-8", "replace"))
    if until_it_closes:
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
        self._talking = asyncio.Lock()

    @classmethod
    async def start(
        cls,
        *specs: str,
        latency_ms: float = 0.0,
        announce: bool = False,
        scenario: Scenario = Scenario.SUNNY_DAY,
        begin: str = "",
        speed: float = 1.0,
        timeout_s: float = 30.0,
        program: Sequence[str] = (),
    ) -> Self:
        """Start the child and wait until its simulators listen. `program` replaces this program's own command.

        Raises:
            DeviceUnreachable: they did not start in `timeout_s`.
        """
        command = [*(program or _program()), "simulate", *specs, "--latency-ms", f"{latency_ms:g}"]
        command += ["--scenario", scenario.value, *(["--begin", begin] if begin else [])]
        command += ["--speed", f"{speed:g}"]
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

    async def wrong(self) -> dict[SimulatedDevice, tuple[str, ...]]:
        """What is wrong now with each device.

        Raises:
            DeviceUnreachable: the simulators have ended.
        """
        return dict(zip(self.devices, (await self._told("list")).wrong, strict=True))

    async def fault(self, device: SimulatedDevice, key: str) -> None:
        """Let a device fail in a way that it has a name for.

        Raises:
            UsageError: it has no such fault.
            DeviceUnreachable: the simulators have ended.
        """
        await self._told(f"fault {1 + self.devices.index(device)} {key}")

    async def mend(self, device: SimulatedDevice | None = None, key: str = "") -> None:
        """Let one fault of a device end, all of them, or those of all devices.

        Raises:
            UsageError: it has no such fault.
            DeviceUnreachable: the simulators have ended.
        """
        await self._told("clear" if device is None else f"clear {1 + self.devices.index(device)} {key}")

    async def _told(self, line: str) -> Reply:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._talking:
            try:
                stdin.write(f"{line.strip()}\n".encode())
                stdin.flush()
                answer = await asyncio.to_thread(stdout.readline)
            except (OSError, ValueError) as error:
                raise DeviceUnreachable("The simulators have ended.", hint="Start the demo again.") from error
        if not answer:
            raise DeviceUnreachable("The simulators have ended.", hint="Start the demo again.")
        reply = msgspec.json.decode(answer, type=Reply)
        if not reply.ok:
            raise UsageError(reply.text)
        return reply

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
