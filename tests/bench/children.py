"""Child processes: each starts with the same clean surroundings, and ends within its time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_S = 60.0


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a child: no screen, no keyring, a home of its own.

    Compiled modules are kept as Python usually does: nobody's program compiles itself anew at every start.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "QT_QPA_PLATFORM": "offscreen",
        "WATTWRIGHT_HOME": str(home / "wattwright"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@contextmanager
def child(module: str, *arguments: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m module`, and see that it ends well; killed if it is still there when the caller fails.

    Raises:
        RuntimeError: it ended with an error; what it said of it is in the message.
        subprocess.TimeoutExpired: it does not end.
    """
    with (home / "errors.txt").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=surroundings(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        assert process.stdout is not None
        with process.stdout:
            try:
                yield process
                code = process.wait(START_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        if code != 0:
            errors.seek(0)
            raise RuntimeError(f"python -m {module} {' '.join(arguments)} ended with {code}:\n{errors.read()}")


def time_to_line(module: str, *arguments: str, home: Path) -> float:
    """Seconds from the start of a process until its first line of output."""
    started = time.perf_counter()
    with child(module, *arguments, home=home) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        passed = time.perf_counter() - started
    if not line:
        raise RuntimeError(f"python -m {module} {' '.join(arguments)} printed nothing")
    return passed


def answer(module: str, *arguments: str, home: Path, timeout_s: float) -> str:
    """All that a process prints until its end."""
    with child(module, *arguments, home=home) as process:
        return process.communicate(timeout=timeout_s)[0]
