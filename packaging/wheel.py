"""Builds the wheel without fetching anything, and looks inside: a data file left out is found here, not by a user."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "ui", "resources")
OUTPUT = ROOT / "build" / "wheel"


def in_the_sources() -> set[str]:
    """Every file that the packages hold, as the wheel should name them."""
    return {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def build() -> Path:
    """The wheel, made by the locked setuptools from a copy, so that no left-over of an earlier build gets in."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    copy = OUTPUT / "source"
    ignore = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(OUTPUT), str(copy)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        sys.exit(f"{made.stdout}\nThe wheel could not be built; the reason is above.")
    shutil.rmtree(copy)
    return next(OUTPUT.glob("*.whl"))


def main() -> int:
    """Build, compare with the sources, and say what is missing or too much."""
    wheel = build()
    held = set(zipfile.ZipFile(wheel).namelist())
    missing = in_the_sources() - held
    foreign = {name for name in held if not name.startswith((*(f"{package}/" for package in PACKAGES), "wattwright-"))}
    for label, names in (("not in the wheel", missing), ("in the wheel, but not ours", foreign)):
        for name in sorted(names):
            print(f"{label}: {name}")
    print(f"{wheel.name}: {len(held)} files, {wheel.stat().st_size / 1e6:.1f} MB")
    return 1 if missing or foreign else 0


if __name__ == "__main__":
    sys.exit(main())
