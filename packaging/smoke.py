"""Has the frozen program do real work, as on a user's machine: some omissions show only at first use."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "dist" / "wattwright"
PROGRAM = FOLDER / ("wattwright.exe" if os.name == "nt" else "wattwright")
TIMEOUT_S = 120
DONE = "smoke ok"


def size_mb(folder: Path) -> float:
    """What the folder takes, in megabytes of a million bytes; a link counts nothing."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6


def clean_variables(home: str) -> dict[str, str]:
    """A user's machine: no Python of ours in sight, no display needed, settings in a folder of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "QT_"))}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", "WATTWRIGHT_HOME": home}


def main() -> int:
    """Run the program's own smoke test; non-zero when it fails, hangs or does not say that it is done."""
    if not PROGRAM.exists():
        print(f"{PROGRAM.relative_to(ROOT)} is not there: python3 packaging/bootstrap.py build makes it.")
        return 1
    with tempfile.TemporaryDirectory() as home:
        started = time.monotonic()
        try:
            ran = subprocess.run(
                [str(PROGRAM), "--smoke"],
                cwd=home,
                env=clean_variables(home),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as hung:
            print(f"{hung.stdout or ''}\nNot done after {TIMEOUT_S} s.")
            return 1
        seconds = time.monotonic() - started
    print(ran.stdout, end="")
    print(f"frozen program: {size_mb(FOLDER):.0f} MB; smoke test took {seconds:.1f} s, exit code {ran.returncode}")
    if ran.returncode or DONE not in ran.stdout:
        print(f"It should have exited with 0 and said '{DONE}'.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
