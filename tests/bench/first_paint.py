"""A process that says when its window is painted: `bare` Qt with a tree, or the `program`. Child of `start`."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

ROWS = 50
PAINT_S = 20.0


class FirstPaint(QObject):
    """Prints a line, then calls `then`, when the first painting is complete."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self._then = then
        app = QCoreApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """All widgets of a window are painted in one turn of the loop: the next turn comes after."""
        if event.type() == QEvent.Type.Paint:
            app = QCoreApplication.instance()
            assert app is not None
            app.removeEventFilter(self)
            QTimer.singleShot(0, self._tell)
        return False

    def _tell(self) -> None:
        print("painted", flush=True)
        self._then()


def bare() -> int:
    """The least that anybody could show: a window with a tree, of the size of ours."""
    from PySide6.QtGui import QStandardItem, QStandardItemModel
    from PySide6.QtWidgets import QApplication, QMainWindow, QTreeView

    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    tree = QTreeView()
    model = QStandardItemModel(tree)
    for number in range(ROWS):
        model.appendRow(QStandardItem(f"Device {number}"))
    tree.setModel(model)
    window.setCentralWidget(tree)
    window.resize(1366, 768)
    watch = FirstPaint(app.quit)
    window.show()
    code = app.exec()
    del watch
    return code


def program() -> int:
    """The program as it starts, with its pause for the first painting replaced by one that tells of it."""
    import asyncio

    import ui.main
    import ui.showing

    async def painted() -> None:
        seen = asyncio.Event()
        watch = FirstPaint(seen.set)
        async with asyncio.timeout(PAINT_S):
            await seen.wait()
        watch.deleteLater()

    ui.showing.painted = painted
    return ui.main.open_window(["--quit-after-start"])


if __name__ == "__main__":
    sys.exit({"bare": bare, "program": program}[sys.argv[1]]())
