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
    """The environment of a child: no screen, no keyring, a home of its own, compiled modules kept beside it.

    Modules are compiled into `home`: a source folder that nobody may write to does not make every start a first one.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "QT_QPA_PLATFORM": "offscreen",
        "WATTWRIGHT_HOME": str(home / "wattwright"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPYCACHEPREFIX": str(home / "compiled"),
    }


@contextmanager
def child(module: str, *arguments: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m module`; killed if it is still there at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=surroundings(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def time_to_line(module: str, *arguments: str, home: Path) -> float:
    """Seconds from the start of a process until its first line of output.

    Raises:
        RuntimeError: it ended without one, or with an error.
    """
    started = time.perf_counter()
    with child(module, *arguments, home=home) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        passed = time.perf_counter() - started
        if not line or process.wait(START_S) != 0:
            raise RuntimeError(f"python -m {module} {' '.join(arguments)} failed")
    return passed


def answer(module: str, *arguments: str, home: Path, timeout_s: float) -> str:
    """All that a child prints.

    Raises:
        RuntimeError: it ended with an error.
        subprocess.TimeoutExpired: it took too long.
    """
    with child(module, *arguments, home=home) as process:
        printed, _ = process.communicate(timeout=timeout_s)
        if process.returncode != 0:
            raise RuntimeError(f"python -m {module} {' '.join(arguments)} failed")
    return printed
