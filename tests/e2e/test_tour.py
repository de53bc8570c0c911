"""The tour as a user runs it: every page of the demo, from the first login on, at the size of a small laptop."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path


def test_the_tour_walks_through_every_page(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    command = [sys.executable, "-m", "ui.tour", "--out", str(folder), "--patience", "0.2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    pictures = sorted(folder.glob("*.png"))
    assert len(pictures) >= 40
    assert len({picture.read_bytes() for picture in pictures}) == len(pictures), "every stop looks different"
    for picture in pictures:
        assert struct.unpack(">II", picture.read_bytes()[16:24]) == (1366, 768), picture.name
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert all(picture.name in index for picture in pictures)
