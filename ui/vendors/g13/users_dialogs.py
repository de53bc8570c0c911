"""The two questions of the users page: who is new, and which password a user gets. What is entered is shown as dots."""

from __future__ import annotations

import re
from collections.abc import Collection

from PySide6.QtWidgets import QLineEdit, QWidget

from app.vendors.g13.gateway.user_models import LONGEST_NAME, LONGEST_PASSWORD, NAME_HELP
from ui.dialogs import Question
from ui.forms.parts import one_line

_NAME = re.compile(r"[a-z0-9]+")
_OWN_CHOICE = "At the first login with it the gateway asks the user for another one."


class UserPasswordDialog(Question):
    """A new password for a user, twice."""

    def __init__(self, parent: QWidget, name: str, title: str, accept: str) -> None:
        super().__init__(parent, name, title, accept)
        self.password, self.again = QLineEdit(), QLineEdit()
        for line in (self.password, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.setMaxLength(LONGEST_PASSWORD)
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
        self._told.setText(problem or f"At most {LONGEST_PASSWORD} characters. {_OWN_CHOICE}")
        self.accept_button.setEnabled(bool(first) and first == second and not problem and self._named())

    def _named(self) -> bool:
        return True


class NewUserDialog(UserPasswordDialog):
    """Name and password of a user that is to be added. `taken` are the names that exist."""

    def __init__(self, parent: QWidget, name: str, taken: Collection[str]) -> None:
        self._taken = taken
        self.user = QLineEdit()
        self.user.setMaxLength(LONGEST_NAME)
        super().__init__(parent, name, "Add a user", "Add user")
        self.user.textChanged.connect(self.check)

    def _ask(self) -> None:
        self.field("User name", self.user, "name")
        self.user.setPlaceholderText(NAME_HELP)

    def _problem(self) -> str:
        name = self.user.text()
        if name in self._taken:
            return f"There is a user '{one_line(name)}' already."
        return f"A user name has {NAME_HELP}." if name and not _NAME.fullmatch(name) else ""

    def _named(self) -> bool:
        return bool(self.user.text())
