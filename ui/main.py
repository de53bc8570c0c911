"""Composition root: the application, its one loop, the window, and an orderly end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.model.errors import AppError, StorageFailed

START_VERBS = "the window; 'wattwright --help' lists the verbs of the command line"


def main() -> None:
    """The program `wattwright`: a verb goes to the command line, anything else opens the window."""
    from app.cli import is_command

    arguments = sys.argv[1:]
    if is_command(arguments):
        from app.cli import main as command_line

        sys.exit(command_line())
    sys.exit(open_window(arguments))


def open_window(arguments: Sequence[str]) -> int:
    """Open the window and stay until it is closed. Returns the exit code."""
    options = _parsed(arguments)
    if options.smoke:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from ui.application import run

    return run(lambda: _run(options))


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="wattwright", description="Opens the window.", epilog=START_VERBS)
    parser.add_argument("--site", type=Path, help="the site file to open or begin")
    parser.add_argument("--demo", action="store_true", help="a demo site with simulated devices on this computer")
    parser.add_argument("--interface", action="append", help="look for devices on this interface (IPv4) only")
    parser.add_argument("--quit-after-start", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


async def _run(options: argparse.Namespace) -> int:
    from ui.showing import tell_why_not
    from ui.tasks import log

    try:
        if options.smoke:
            from ui.smoke import smoke

            return await smoke()
        if options.demo:
            from ui.demo import demo

            return await demo()
        return await _work(options)
    except AppError as error:
        log.exception("cannot start")
        sys.stderr.write(f"{error.title}: {error.message} {error.hint}\n")
        await tell_why_not(error)
        return int(error.exit_code)


async def _work(options: argparse.Namespace) -> int:
    """One window after the other, as site files are opened in it; back to the one before when one cannot be."""
    path: Path | None = options.site
    previous: Path | None = None
    trouble: AppError | None = None
    opened = False
    while True:
        try:
            following = await show_site(path, options, trouble)
        except StorageFailed as error:
            if not opened or trouble is not None:
                raise
            path, trouble = previous, error
            continue
        if following is None:
            return 0
        opened, previous, path, trouble = True, path, following, None


async def show_site(path: Path | None, options: argparse.Namespace, trouble: AppError | None = None) -> Path | None:
    """Show one site until its window is closed. Returns the site file that was chosen instead, if any.

    Raises:
        StorageFailed: the site cannot be opened; no window was shown.
    """
    from app.net.pins import Pins
    from app.site import home
    from app.site.credentials import Passwords
    from app.site.sitefile import SiteFile
    from ui.recent import remember_site
    from ui.showing import painted, until_closed
    from ui.window import Window
    from ui.workbench import Workbench

    site = SiteFile.open(path)
    if path is not None:
        remember_site(path)
    bench = Workbench(
        site, (), Pins.load(home.config_dir() / "certificates.json"), Passwords(), interfaces=options.interface
    )
    window = Window(bench)
    window.show()
    if trouble is not None:
        window.toasts.tell(trouble)
    if options.quit_after_start:
        await painted()
        await window.shut_down()
        return None
    return await until_closed(window)


if __name__ == "__main__":
    main()
