"""Draws the program's icon from its one source, `resources/icons/wattwright.svg`, in each format a system wants.

python packaging/icons.py        renews resources/icons/wattwright.png after the drawing changed
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DRAWING = ROOT / "resources" / "icons" / "wattwright.svg"
PICTURE = DRAWING.with_suffix(".png")
SIZE = 256


def write(folder: Path) -> None:
    """Write wattwright.png, .ico and .icns there. Raises OSError when Qt cannot write one of them."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    image = QImage(SIZE, SIZE, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    for ending in ("png", "ico", "icns"):
        target = folder / f"wattwright.{ending}"
        if not image.save(str(target)):
            raise OSError(f"Qt cannot write {target}")
    del application


if __name__ == "__main__":
    work = ROOT / "build" / "icons"
    work.mkdir(parents=True, exist_ok=True)
    write(work)
    PICTURE.write_bytes((work / "wattwright.png").read_bytes())
