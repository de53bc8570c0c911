"""Collects Python's garbage on the window's thread only.

Python collects in whatever thread happens to allocate. Widgets in reference cycles would then be destroyed by a thread
that imports plots or copies a site, and Qt crashes at some later moment.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class GarbageOnThisThread(QObject):
    """From now on garbage is collected here, by a timer, as often as Python itself would; until `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        # What was made by the start stays: a full collection then takes a fraction of the time, and nobody waits.
        gc.freeze()
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> int:
        """Collect the oldest generation that is due; returns how many objects were found unreachable."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > thresholds[generation] > 0]
        return gc.collect(due[-1]) if due else 0

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
