"""The wait for a device that said 'too soon': counted down, and ended by connecting where somebody asked for that."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.model.errors import TooSoon

TICK_MS = 250


class Wait(QObject):
    """`told(seconds, waiting)` as time goes by, 0 when it is over; `over` when somebody waited for that."""

    told = Signal(int, bool)
    over = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._error: TooSoon | None = None
        self._until = 0.0
        self._waiting = False
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self.tell)

    def follow(self, error: TooSoon | None) -> None:
        """Count down from this refusal, if that is not being done already; None: there is nothing to wait for."""
        if error is self._error:
            return
        self._error, self._waiting = error, False
        if error is None:
            self._clock.stop()
        else:
            self._until = time.monotonic() + error.wait_s
            self._clock.start()

    def toggle(self) -> bool:
        """Wait, or do not wait any more. False where there is nothing to wait for."""
        if self._error is None or self._left() <= 0:
            return False
        self._waiting = not self._waiting
        self.tell()
        return True

    def tell(self) -> None:
        """Say how long it still takes, if there is something to wait for."""
        if self._error is None:
            return
        left = math.ceil(self._left())
        if left > 0:
            self.told.emit(left, self._waiting)
            return
        waited, self._waiting = self._waiting, False
        self._clock.stop()
        self.told.emit(0, False)
        if waited:
            self.over.emit()

    def _left(self) -> float:
        return self._until - time.monotonic()
