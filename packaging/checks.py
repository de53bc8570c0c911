"""Every check the project has, in the order in which a mistake is found soonest; one failure does not hide the next.

    python3 packaging/bootstrap.py test [--quick] [PYTEST ARGUMENTS]

`--quick` leaves out the wheel and the frozen program. With arguments for pytest, only those tests run, uncovered.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLOSING_LINE = re.compile(r"^=+ .*(passed|failed|error|no tests ran|skipped).* in \S+s.* =+$")


@dataclass(frozen=True)
class Check:
    """One command that must exit with 0."""

    name: str
    command: tuple[str, ...]
    quick: bool = True


@dataclass(frozen=True)
class Result:
    """How it went."""

    name: str
    code: int
    seconds: float


def script(name: str) -> str:
    """A program that the lock installed."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def pytest(*arguments: str) -> Check:
    """The tests, with these arguments."""
    return Check("pytest", (sys.executable, "-m", "pytest", *arguments))


CHECKS = (
    Check("ruff check", (script("ruff"), "check", ".")),
    Check("ruff format", (script("ruff"), "format", "--check", ".")),
    Check("import contracts", (script("lint-imports"), "--no-logo")),
    Check("mypy", (sys.executable, "-m", "mypy")),
    pytest("--cov", "--cov-report=term"),
    Check("wheel", (sys.executable, "packaging/wheel.py"), quick=False),
    Check("frozen build", (sys.executable, "packaging/build.py"), quick=False),
    Check("frozen smoke test", (sys.executable, "packaging/smoke.py"), quick=False),
)


def run(check: Check, variables: Mapping[str, str]) -> tuple[Result, str]:
    """Run one, showing what it prints as it prints it. Returns also pytest's closing line, where there is one."""
    print(f"\n=== {check.name}", flush=True)
    started = time.monotonic()
    closing = ""
    with subprocess.Popen(
        check.command,
        cwd=ROOT,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if CLOSING_LINE.match(line):
                closing = line.strip()
    result = Result(check.name, process.returncode, time.monotonic() - started)
    print(f"--- {check.name}: {verdict(result)} in {result.seconds:.1f} s", flush=True)
    return result, closing


def verdict(result: Result) -> str:
    """In a word, or two."""
    return "passed" if result.code == 0 else f"FAILED with code {result.code}"


def main(arguments: Sequence[str]) -> int:
    """Run them all, sum up, and end with pytest's own closing line, which CI reads."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave out the wheel and the frozen program")
    options, for_pytest = parser.parse_known_args(arguments)
    variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"}
    if for_pytest:
        checks: tuple[Check, ...] = (pytest(*for_pytest),)
    else:
        checks = tuple(check for check in CHECKS if check.quick or not options.quick)
    results: list[Result] = []
    closing_line = ""
    for check in checks:
        result, closing = run(check, variables)
        results.append(result)
        closing_line = closing or closing_line
    print("\n=== summary")
    for result in results:
        print(f"{result.seconds:7.1f} s  {result.name}: {verdict(result)}")
    failed = any(result.code for result in results)
    print(f"{sum(result.seconds for result in results):7.1f} s  {'FAILED' if failed else 'all passed'}")
    if closing_line:
        print(closing_line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
