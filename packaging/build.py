"""Makes the program that needs no Python, `dist/wattwright/`, and says what it weighs and how fast it starts."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

import icons
from smoke import FOLDER, PROGRAM, clean_variables, size_mb

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "frozen"
SIZE_GOAL_MB = 200
START_GOAL = 1.15
STARTS = 7

VERSION_RESOURCE = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0x0, OS=0x40004, fileType=0x1),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("ProductName", "Wattwright"),
      StringStruct("FileDescription", "Wattwright: commissioning of energy devices"),
      StringStruct("ProductVersion", "{version}"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("OriginalFilename", "wattwright.exe"),
      StringStruct("LegalCopyright", "Apache-2.0"),
    ])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])]),
  ],
)
"""


def prepare() -> None:
    """What the spec reads: the icons in each system's format, and the version information for Windows."""
    WORK.mkdir(parents=True, exist_ok=True)
    icons.write(WORK)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    numbers = tuple(int(part) for part in project["version"].split("."))
    resource = VERSION_RESOURCE.format(version=project["version"], numbers=(*numbers, 0))
    (WORK / "version.txt").write_text(resource, encoding="utf-8")


def freeze() -> None:
    """Run PyInstaller on the spec. Ends the program with its exit code when that fails."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    command += ["--workpath", str(WORK), "--distpath", str(FOLDER.parent), "packaging/wattwright.spec"]
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if code:
        sys.exit(f"PyInstaller failed with code {code}; its message is above.")
    dangling = [str(link) for link in FOLDER.rglob("*") if link.is_symlink() and not link.exists()]
    if dangling:
        sys.exit(f"The folder links to files that are not in it: {', '.join(dangling)}")


def slim() -> None:
    """Take the debug symbols out of Python's own libraries, where a self-built Python left 20 MB of them.

    Only those and cryptography's: stripping breaks numpy's, and does next to nothing for Qt's.
    """
    strip = shutil.which("strip")
    if strip is None or not sys.platform.startswith("linux"):
        return
    patterns = ("libpython*.so*", "python3*/lib-dynload/*.so", "cryptography/**/_rust*.so")
    inner = FOLDER / "_internal"
    libraries = [str(file) for pattern in patterns for file in inner.glob(pattern) if not file.is_symlink()]
    subprocess.run([strip, "--strip-unneeded", *libraries], check=True)


def start_time_s(command: Sequence[str], home: str) -> float:
    """From the start of the process until the window was painted and the process is gone."""
    variables = {**os.environ, **clean_variables(home)}
    started = time.monotonic()
    code = subprocess.run(
        [*command, "--quit-after-start"], cwd=ROOT, env=variables, stdin=subprocess.DEVNULL
    ).returncode
    if code:
        sys.exit(f"{' '.join(command)} --quit-after-start ended with code {code}; its message is above.")
    return time.monotonic() - started


def start_ratio() -> float:
    """Frozen against source, medians of alternating starts, so that a busy moment strikes both."""
    frozen, source = [str(PROGRAM)], [sys.executable, "-m", "ui.main"]
    with tempfile.TemporaryDirectory() as home:
        for command in (frozen, source):
            start_time_s(command, home)
        pairs = [(start_time_s(frozen, home), start_time_s(source, home)) for _ in range(STARTS)]
    return statistics.median(pair[0] for pair in pairs) / statistics.median(pair[1] for pair in pairs)


def main() -> int:
    """Build and measure."""
    started = time.monotonic()
    prepare()
    freeze()
    slim()
    print(f"{FOLDER.relative_to(ROOT)}: made in {time.monotonic() - started:.0f} s")
    print(f"size: {size_mb(FOLDER):.0f} MB (goal: {SIZE_GOAL_MB} at most)")
    print(f"start: {start_ratio():.2f} x the time from source (goal: {START_GOAL} at most)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
