"""What can be typed while simulators run: list them, let one fail, let it work again."""

from __future__ import annotations

import msgspec

from app.model.errors import UsageError
from app.simulators.host import Running, SimulatorHost

HELP = """\
list                          the devices, their faults, and what is wrong now
fault NUMBER FAULT [SECONDS]  let a device fail, until it is cleared or for so long
clear [NUMBER [FAULT]]        let everything, one device or one fault be right again
help                          this"""


class Reply(msgspec.Struct, frozen=True):
    """The answer to one line: whether it was done, words for people, and what is wrong now with each device."""

    ok: bool
    text: str
    wrong: tuple[tuple[str, ...], ...] = ()


def obey(line: str, host: SimulatorHost) -> Reply | None:
    """Do what a line says; None for an empty one."""
    words = line.split()
    if not words:
        return None
    try:
        ok, text = True, _done(words, host)
    except UsageError as error:
        ok, text = False, f"{error.message} {error.hint}".strip()
    return Reply(ok, text, host.call(lambda: tuple(tuple(sorted(running.troubles.on)) for running in host.running)))


def _done(words: list[str], host: SimulatorHost) -> str:
    match words:
        case ["help"]:
            return HELP
        case ["list"]:
            return host.call(lambda: "\n".join(_described(host)))
        case ["fault", number, key]:
            return _fault(host, number, key, "0")
        case ["fault", number, key, seconds]:
            return _fault(host, number, key, seconds)
        case ["clear"]:
            for running in host.running:
                host.mend(running)
            return "Everything works."
        case ["clear", number]:
            host.mend(_device(host, number))
            return f"{number} works."
        case ["clear", number, key]:
            host.mend(_device(host, number), key)
            return f"{number}: {key} is over."
        case _:
            raise UsageError(f"'{' '.join(words)}' is no command.", hint="'help' lists them.")


def _fault(host: SimulatorHost, number: str, key: str, text: str) -> str:
    running = _device(host, number)
    try:
        seconds = float(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no number of seconds.") from error
    host.fault(running, key, seconds)
    return f"{number} {running.troubles.known[key].title}."


def _device(host: SimulatorHost, number: str) -> Running:
    if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= len(host.running)):
        raise UsageError(f"There is no device '{number}'.", hint=f"1 to {len(host.running)}; 'list' shows them.")
    return host[int(number) - 1]


def _described(host: SimulatorHost) -> list[str]:
    lines = []
    for number, running in enumerate(host.running, start=1):
        troubles = running.troubles
        lines.append(f"{number} {running.simulator.vendor} {running.url}")
        for key, trouble in troubles.known.items():
            lines.append(f"    {key:<8} {trouble.title}{' – now' if key in troubles.on else ''}")
    return lines
