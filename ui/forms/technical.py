"""The very requests, behind a fold that says 'Technical': for whoever wants to know what is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QToolButton

from app.model.section import Step
from ui.icons import dress

LEAST_HEIGHT = 96


def technical_fold(name: str) -> tuple[QToolButton, QPlainTextEdit]:
    """The fold and the text that it opens; closed at first."""
    fold = QToolButton(text="Technical", checkable=True, objectName=f"{name}.technical")
    fold.setAccessibleName("Technical: the requests")
    fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    fold.setProperty("role", "fold")
    dress(fold, "expand")
    text = QPlainTextEdit(readOnly=True, visible=False, objectName=f"{name}.requests")
    text.setAccessibleName("The requests")
    text.setProperty("role", "mono")
    text.setMinimumHeight(LEAST_HEIGHT)
    text.setTabChangesFocus(True)
    fold.toggled.connect(text.setVisible)
    fold.toggled.connect(lambda opened: dress(fold, "collapse" if opened else "expand"))
    return fold, text


def requests_text(steps: Iterable[Step]) -> str:
    """Requests as they go out, secrets struck out, with the size of their bodies."""
    return "\n\n".join(_request(step) for step in steps)


def _request(step: Step) -> str:
    lines = [step.title, f"{step.method} {step.path}"]
    body: Any = step.shown_body()
    if body is not None:
        size = len(msgspec.json.encode(step.body))
        lines += [msgspec.json.format(msgspec.json.encode(body), indent=0).decode(), f"{size} bytes"]
    return "\n".join(lines)


def listed(lines: Iterable[str]) -> str:
    """One below the other, each with a dot."""
    return "\n".join(f"• {text}" for text in lines)
