"""The frozen program's first file: one program that is the window, the command line and its own simulators."""

from __future__ import annotations

import multiprocessing
import sys


def wants_window(arguments: list[str]) -> bool:
    """A job is named first (`read`, `simulate`, ...); options alone are the window's, but for help and version."""
    return not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version"))


def main() -> int:
    """Load only the half that is asked for: the window without typer, the command line without Qt."""
    if wants_window(sys.argv[1:]):
        from ui.main import main as window

        return window() or 0
    from app.cli import main as command_line

    return command_line() or 0


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
