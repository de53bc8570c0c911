"""What is wrong with the calendar, one finding at a time with a way to its place, or all of them as a list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QWidget

from app.model.section import Problem
from ui.forms.parts import ElidedLabel, one_line, plain_label, push_button
from ui.icons import dress, icon
from ui.theme import restyle


class Findings(QFrame):
    """A strip under the tabs. `go` asks for the place of a problem."""

    go = Signal(object)

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{key}.findings")
        self.setProperty("role", "strip")
        self.problems: tuple[Problem, ...] = ()
        self.index = 0
        self._picture = QLabel()
        self._count = plain_label(role="subtitle")
        self._text = ElidedLabel()
        self._text.setObjectName(f"{key}.finding")
        self._go = push_button("Go there", f"{key}.finding.go", "expand", role="flat", tip="Go to its place")
        self._next = push_button("Next", f"{key}.finding.next", role="flat", tip="The next finding")
        self._all = push_button("All", f"{key}.finding.all", role="flat", tip="All findings, to choose from")
        self._menu = QMenu(self._all)
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(10, 2, 6, 2)
        for widget in (self._picture, self._count):
            row.addWidget(widget)
        row.addWidget(self._text, 1)
        for widget in (self._go, self._next, self._all):
            row.addWidget(widget)
        self._go.clicked.connect(self._ask)
        self._next.clicked.connect(self._turn)
        self._all.clicked.connect(lambda: self._menu.popup(self._all.mapToGlobal(self._all.rect().bottomLeft())))
        self.setMinimumHeight(34)

    @property
    def text(self) -> str:
        """The finding that is shown."""
        return self._text.text()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these, errors first."""
        ordered = tuple(sorted(problems, key=lambda problem: problem.warning))
        if ordered != self.problems:
            shown = self.problems[self.index] if self.index < len(self.problems) else None
            self.problems = ordered
            self.index = ordered.index(shown) if shown in ordered else 0
            self._fill_menu()
        self._show()

    def _show(self) -> None:
        wrong = sum(not problem.warning for problem in self.problems)
        hints = len(self.problems) - wrong
        tone = "error" if wrong else "warn" if hints else "ok"
        restyle(self, tone=tone)
        dress(self._picture, {"error": "error", "warn": "warning", "ok": "ok"}[tone], tone, 20)
        parts = [f"{wrong} to mend"] if wrong else []
        parts += [f"{hints} to look at"] if hints else []
        self._count.setText(", ".join(parts) or "No findings")
        restyle(self._count, tone=tone)
        words = "Every day has a tariff, and all names lead somewhere."
        self._text.setText(self.problems[self.index].message if self.problems else words)
        self.setAccessibleName(f"{self._count.text()}: {self._text.text()}")
        for button, on in ((self._go, self.problems), (self._next, self.problems[1:]), (self._all, self.problems[1:])):
            button.setVisible(bool(on))

    def _fill_menu(self) -> None:
        self._menu.clear()
        for problem in self.problems:
            picture = icon("warning", "warn") if problem.warning else icon("error", "error")
            action = self._menu.addAction(picture, one_line(problem.message, 110).replace("&", "&&"))
            action.triggered.connect(lambda _=False, to=problem: self.go.emit(to))

    def _ask(self) -> None:
        if self.problems:
            self.go.emit(self.problems[self.index])

    def _turn(self) -> None:
        self.index = (self.index + 1) % max(1, len(self.problems))
        self._show()
