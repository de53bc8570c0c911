"""Findings above a form: what is to be noticed in the values as the device has them, and what helps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.model.finding import Finding, Weight
from ui.forms.parts import Strip

MOST = 5
"""More strips would push the values off the screen; the rest is told by the last one."""
TONES = {Weight.INFO: ("info", "info"), Weight.WARNING: ("warn", "warning"), Weight.ERROR: ("error", "error")}
"""Tone and icon of a weight."""


class FindingStrips(QWidget):
    """One strip for each finding; hidden while there is none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._column = QVBoxLayout(self, spacing=4)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._shown: tuple[Finding, ...] = ()
        self._strips: list[Strip] = []
        self.hide()

    @property
    def words(self) -> list[str]:
        """What the strips say."""
        return [strip.words for strip in self._strips if not strip.isHidden()]

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show these, in this order."""
        if tuple(findings) == self._shown:
            return
        self._shown = tuple(findings)
        told = [(*TONES[found.weight], found.title, found.advice) for found in self._shown[:MOST]]
        if len(self._shown) > MOST:
            rest = "\n".join(found.title for found in self._shown[MOST:])
            told[-1] = ("warn", "warning", f"… and {len(self._shown) - MOST + 1} more", f"{told[-1][2]}\n{rest}")
        while len(self._strips) < len(told):
            strip = Strip(f"{self.objectName()}.{len(self._strips)}", self)
            self._column.addWidget(strip)
            self._strips.append(strip)
        for at, strip in enumerate(self._strips):
            strip.say(*told[at] if at < len(told) else ("info", "info", ""))
        self.setVisible(bool(told))


def gravest(findings: Sequence[Finding]) -> Weight | None:
    """The weight of the gravest one; None where there is none."""
    order = (Weight.ERROR, Weight.WARNING, Weight.INFO)
    return next((weight for weight in order if any(found.weight is weight for found in findings)), None)
