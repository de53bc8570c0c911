"""The frozen program's first file: one program that is the window, the command line and its own simulators."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """A verb goes to the command line, anything else opens the window; neither loads the other's half."""
    from ui.main import main as program

    return program() or 0


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
