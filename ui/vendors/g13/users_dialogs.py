"""The two questions of the users page: who is new, and which password a user gets. What is entered is shown as dots."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from ui.dialogs import Question

_OWN_CHOICE = "At the first login with it the gateway asks the user for another one."


class UserPasswordDialog(Question):
    """A new password of at most `longest` characters for a user, twice."""

    def __init__(self, parent: QWidget, name: str, title: str, accept: str, longest: int) -> None:
        super().__init__(parent, name, title, accept)
        self._longest = longest
        self.password, self.again = QLineEdit(), QLineEdit()
        for line in (self.password, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.setMaxLength(longest)
            line.textChanged.connect(self.check)
        self._ask()
        self.field("Password", self.password, "new")
        self.field("Password again", self.again, "again")
        self._told = self.note("")
        self.check()

    def _ask(self) -> None:
        """Put what is asked before the password."""

    def _problem(self) -> str:
        """What stands against the other entries."""
        return ""

    def check(self) -> None:
        """Say what is missing; only a complete entry can be taken."""
        first, second = self.password.text(), self.again.text()
        problem = self._problem()
        if not problem and second and first != second:
            problem = "The two entries of the password differ."
        self._told.setText(problem or f"At most {self._longest} characters. {_OWN_CHOICE}")
        self.accept_button.setEnabled(bool(first) and first == second and not problem and self._named())

    def _named(self) -> bool:
        return True


class NewUserDialog(UserPasswordDialog):
    """Name and password of a user that is to be added. `wrong(name)` says what stands against a name."""

    def __init__(self, parent: QWidget, name: str, longest: int, wrong: Callable[[str], str], allowed: str) -> None:
        self._wrong = wrong
        self.user = QLineEdit()
        self.user.setPlaceholderText(allowed.rstrip("."))
        super().__init__(parent, name, "Add a user", "Add user", longest)
        self.user.textChanged.connect(self.check)

    def _ask(self) -> None:
        self.field("User name", self.user, "name")

    def _problem(self) -> str:
        return self._wrong(self.user.text()) if self.user.text() else ""

    def _named(self) -> bool:
        return bool(self.user.text())
