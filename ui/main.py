"""Composition root: the application, its one loop, the window, and an orderly end."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

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
    from app.model.errors import AppError
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
        return int(error.exit_code)


async def _work(options: argparse.Namespace) -> int:
    """One window after the other, as site files are opened in it."""
    path: Path | None = options.site
    while True:
        following = await show_site(path, options)
        if following is None:
            return 0
        path = following


async def show_site(path: Path | None, options: argparse.Namespace) -> Path | None:
    """Show one site until its window is closed. Returns the site file that was chosen instead, if any."""
    from app.net.pins import Pins
    from app.registry import VENDORS
    from app.site import home
    from app.site.credentials import Passwords
    from app.site.sitefile import SiteFile
    from ui.recent import remember_site
    from ui.window import Window
    from ui.workbench import Workbench

    site = SiteFile.open(path)
    if path is not None:
        remember_site(path)
    bench = Workbench(
        site, VENDORS, Pins.load(home.config_dir() / "certificates.json"), Passwords(), interfaces=options.interface
    )
    window = Window(bench)
    window.show()
    if options.quit_after_start:
        await painted()
        await window.shut_down()
        return None
    return await until_closed(window)


async def until_closed(window: object) -> Path | None:
    """Browse the network behind an open window until it is closed, then end everything it began."""
    from ui.window import Window

    assert isinstance(window, Window)
    closed = asyncio.Event()
    following: list[Path] = []

    def open_other(text: str) -> None:
        following.append(Path(text))
        window.close()

    window.closed.connect(closed.set)
    window.open_site.connect(open_other)
    await painted()
    _log_to_file()
    await asyncio.to_thread(warm_up)
    window.tasks.spawn(window, window.bench.browse())
    await closed.wait()
    await window.shut_down()
    window.deleteLater()
    return following[-1] if following else None


async def painted() -> None:
    """Wait until what was shown is on the screen: two turns of the loop, the second after the events of the first."""
    for _ in range(2):
        await asyncio.sleep(0)


def warm_up() -> None:
    """Import what the first minutes need, off the loop, so that no click waits for it."""
    import pyqtgraph  # noqa: F401

    from app.net.client import preload

    preload()


def _log_to_file() -> None:
    """The program's own log, for reports to its developers. No exchange with a device goes in there."""
    from logging.handlers import RotatingFileHandler

    from app.site import home

    try:
        handler = RotatingFileHandler(
            home.log_dir() / "wattwright.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("httpx").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
