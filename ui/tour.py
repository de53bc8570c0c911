"""The tour: walks the demo through every page and writes a picture of each, with an index page."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

DEFAULT = Path("docs") / "pictures"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tour. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="tour", description="Writes a picture of every page of the program.")
    parser.add_argument("--out", type=Path, default=DEFAULT, help=f"the folder for the pictures (default: {DEFAULT})")
    parser.add_argument("--theme", choices=("light", "dark", "contrast"), default="light", help="what the window wears")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="pictures to take; the walk ends after the last")
    parser.add_argument("--patience", type=float, default=1.0, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from ui.application import run

    empty(options.out)
    return run(lambda: _tour(options.out, options.theme, frozenset(options.only or ()), options.patience))


async def _tour(folder: Path, theme: str, only: frozenset[str], patience: float) -> int:
    from ui.demo import EVERY_MODEL, demo_window
    from ui.tour_stops import Tour

    async with demo_window(devices=EVERY_MODEL) as window:
        tour = Tour(window, folder, theme, only, patience)
        await tour.walk()
        await window.shut_down()
    write_index(folder, tour.pictures)
    sys.stdout.write(f"{len(tour.pictures)} pictures in {folder}; look at {folder / 'index.html'}\n")
    return 0


def empty(folder: Path) -> None:
    """Make room for new pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()


def write_index(folder: Path, pictures: Sequence[tuple[str, str]]) -> None:
    """The page that shows them all."""
    figures = "\n".join(
        f'<figure id="{escape(name)}"><img src="{escape(name)}.png" alt="{escape(caption)}" width="1366">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for name, caption in pictures
    )
    (folder / "index.html").write_text(_PAGE.replace("FIGURES", figures), encoding="utf-8")


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Wattwright: the tour</title>
<style>
body { font-family: sans-serif; margin: 2rem auto; max-width: 1400px }
figure { margin: 0 0 3rem }
img { max-width: 100%; border: 1px solid #ccc }
</style>
<h1>Wattwright: every page</h1>
FIGURES
</html>
"""


if __name__ == "__main__":
    sys.exit(main())
