"""Writes a draft into the site file as it is edited: soon after each edit, and at once when the panel is left."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.section import AnySection

DELAY_MS = 250


class DraftKeeper:
    """Keeps one draft. It outlives its panel, so that nothing is lost with it."""

    def __init__(
        self,
        panel: QWidget,
        section: AnySection,
        meter: str,
        session: DeviceSession,
        failed: Callable[[AppError], None],
    ) -> None:
        self._section, self._meter, self._session, self._failed = section, meter, session, failed
        self._waiting = False
        self._timer = QTimer(panel, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self.flush)
        panel.destroyed.connect(self.flush)

    def touch(self) -> None:
        """The draft was edited."""
        if not self._waiting:
            self._waiting = True
            self._timer.start()

    def flush(self, _destroyed: object = None) -> None:
        """Write now what was not written yet."""
        if not self._waiting:
            return
        self._waiting = False
        try:
            self._session.keep(self._section, self._meter)
        except AppError as error:
            self._failed(error)
