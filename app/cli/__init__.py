"""The command line: every job without a window. Light to import, so that the window can ask whether it is meant."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence

_WINDOW_VALUES = ("--site", "--interface")
"""Options of the window that are followed by a value."""


def is_command(arguments: Sequence[str]) -> bool:
    """Do these arguments name a verb, or ask for help or the version? If not, the window is meant."""
    waiting = iter(arguments)
    for argument in waiting:
        if argument in ("-h", "--help", "--version") or not argument.startswith("-"):
            return True
        if argument in _WINDOW_VALUES:
            next(waiting, None)
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say (by default those of this process); returns the exit code.

    Without a verb the window opens. It is found by its name alone, as the core imports no screen.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if is_command(given):
        from app.cli.running import run

        return run(given)
    sys.argv[1:] = given
    runpy.run_module("ui.main", run_name="__main__", alter_sys=True)
    return 0
