"""One clock for all plots of a page: a few pictures a second, and never two plots in one turn of the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer

PERIOD_MS = 250
"""Four pictures a second look alive; more of them cost more and show nothing that a meter tells once a second."""


class Painter(QObject):
    """Calls each of `turns` once a period, one after the other, spread evenly over it. Starts stopped."""

    def __init__(self, parent: QObject | None = None, *, period_ms: int = PERIOD_MS) -> None:
        super().__init__(parent)
        self._period_ms = period_ms
        self._turns: tuple[Callable[[], None], ...] = ()
        self._next = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self._turn)

    def set_turns(self, turns: Sequence[Callable[[], None]]) -> None:
        """Exchange what is called."""
        self._turns = tuple(turns)
        self._next = 0
        self._timer.setInterval(self._period_ms // max(1, len(self._turns)))

    @property
    def running(self) -> bool:
        """Is the clock going?"""
        return self._timer.isActive()

    def start(self) -> None:
        """Let the clock go."""
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Stop it: nothing is painted, nothing is computed."""
        self._timer.stop()

    def _turn(self) -> None:
        if self._turns:
            self._turns[self._next % len(self._turns)]()
            self._next = (self._next + 1) % len(self._turns)
