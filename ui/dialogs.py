"""The questions that the window asks. Each dialog is opened, never executed; its answer is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.model.device import Address, Credentials
from app.model.errors import AppError, CertificateChanged, CertificateNotTrusted, LoginFailed, PasswordChangeRequired
from app.model.login import USER_AND_PASSWORD, LoginWords
from app.net.tls import Certificate
from app.site.credentials import Passwords, Where
from ui.forms.parts import one_line, plain_label
from ui.theme import restyle

WIDTH = 600


async def answered(dialog: QDialog) -> bool:
    """Open a dialog and wait for its end. True: accepted."""
    future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def finished(result: int) -> None:
        if not future.done():
            future.set_result(result == QDialog.DialogCode.Accepted)

    dialog.finished.connect(finished)
    dialog.open()
    try:
        return await future
    finally:
        # Gone already where the page that asked was closed.
        if isValid(dialog):
            dialog.close()
            dialog.deleteLater()


class Question(QDialog):
    """A title, a few lines, a form, and two buttons that say what they do."""

    def __init__(self, parent: QWidget | None, name: str, title: str, accept: str, reject: str = "Cancel") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setMinimumWidth(WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(12)
        self._column.setContentsMargins(24, 20, 24, 20)
        heading = plain_label(title)
        heading.setProperty("role", "title")
        self._column.addWidget(heading)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(16)
        self.form.setVerticalSpacing(10)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._buttons = QDialogButtonBox(self)
        self.accept_button: QPushButton = self._buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setObjectName(f"{name}.accept")
        self.accept_button.setDefault(True)
        restyle(self.accept_button, role="primary")
        self._notes: list[QLabel] = []
        self.first_choice: QWidget = self.accept_button
        """What has the keyboard at first, unless a line is empty."""
        self.reject_button = self._buttons.addButton(reject, QDialogButtonBox.ButtonRole.RejectRole)
        self.reject_button.setObjectName(f"{name}.reject")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._complete = False

    def say(self, text: str, role: str = "", tone: str = "") -> QLabel:
        """Add a paragraph. Device texts are shown as they are, never as markup."""
        label = plain_label(text, wrap=True)
        label.setProperty("role", role)
        label.setProperty("tone", tone)
        self._column.addWidget(label)
        return label

    def note(self, text: str) -> QLabel:
        """Add a small paragraph below the form."""
        label = plain_label(text, role="hint", wrap=True)
        self._notes.append(label)
        return label

    def field(self, label: str, widget: QWidget, name: str) -> None:
        """Add a labelled control."""
        widget.setObjectName(f"{self.objectName()}.{name}")
        widget.setAccessibleName(label)
        words = plain_label(label)
        words.setBuddy(widget)
        words.setMinimumHeight(widget.sizeHint().height() if isinstance(widget, QLineEdit | QComboBox) else 0)
        self.form.addRow(words, widget)

    def setVisible(self, visible: bool) -> None:
        """Before the first showing, lay out everything that was added."""
        if visible and not self._complete:
            self._complete = True
            self._lay_out()
        super().setVisible(visible)

    def _lay_out(self) -> None:
        if self.form.rowCount():
            self._column.addLayout(self.form)
        for label in self._notes:
            self._column.addWidget(label)
        self._column.addSpacing(8)
        self._column.addWidget(self._buttons)
        for child in self.findChildren(QWidget):
            child.ensurePolished()
        # Lines that wrap have their height only for a given width.
        self._column.activate()
        by_width = self._column.hasHeightForWidth()
        width = max(WIDTH, self.minimumWidth())
        self.resize(width, self._column.heightForWidth(width) if by_width else self.sizeHint().height())
        empty = (line for line in self.findChildren(QLineEdit) if not line.text())
        (next(empty, None) or self.first_choice).setFocus()


def _error_text(error: AppError) -> str:
    return f"{error.message} {error.hint}".strip()


class CertificateDialog(Question):
    """Shows a certificate that is not trusted yet, or one that has changed."""

    def __init__(
        self, parent: QWidget | None, address: Address, shown: Certificate, error: CertificateNotTrusted
    ) -> None:
        changed = isinstance(error, CertificateChanged)
        title = "The device shows another certificate" if changed else "Is this your device?"
        super().__init__(parent, "certificate", title, "Accept the new certificate" if changed else "Accept")
        if isinstance(error, CertificateChanged):
            self.say("Another certificate was accepted for this address before. " + error.hint, tone="warn")
            self.field("Accepted before", _fingerprint(Certificate(error.pinned).grouped), "pinned")
        else:
            self.say(
                "Such devices sign their certificate themselves, so nobody else can vouch for it. It is remembered "
                "when you accept it, and refused when it changes."
            )
        self.field("Address", plain_label(str(address)), "address")
        self.field("Fingerprint (SHA-256)", _fingerprint(shown.grouped), "fingerprint")
        self.field("Issued to", plain_label(shown.subject or "–"), "subject")
        if shown.valid_from and shown.valid_until:
            span = f"{shown.valid_from:%Y-%m-%d} to {shown.valid_until:%Y-%m-%d}"
            self.field("Valid", plain_label(span), "valid")
        self.field("Encryption", plain_label(", ".join(filter(None, (shown.protocol, shown.key)))), "protocol")
        if changed:
            # Accepting a changed certificate must be a decision, not the habit of pressing Return.
            self.accept_button.setDefault(False)
            self.accept_button.setAutoDefault(False)
            restyle(self.accept_button, role="danger")
            self.first_choice = self.reject_button


def _fingerprint(grouped: str) -> QLabel:
    half = len(grouped) // 2 + 1
    label = plain_label(f"{grouped[:half]}\n{grouped[half:]}")
    label.setProperty("role", "mono")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class LoginDialog(Question):
    """Asks for what this family's login consists of; where it knows no user names, for the password alone."""

    def __init__(
        self,
        parent: QWidget | None,
        address: Address,
        user: str,
        error: LoginFailed,
        remember: str,
        words: LoginWords = USER_AND_PASSWORD,
    ) -> None:
        super().__init__(parent, "login", f"Log in to {address.host}", "Log in")
        self.say(error.message)
        if words.where:
            self.say(words.where, role="muted")
        self.user, self.password = QLineEdit(user), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._needed = (self.user, self.password) if words.user else (self.password,)
        if words.user:
            self.field(words.user, self.user, "user")
        self.field(words.password, self.password, "password")
        for line in self._needed:
            line.textChanged.connect(self._check)
        self.note(remember.replace("password", words.spoken_password))
        self._check()

    def _check(self) -> None:
        self.accept_button.setEnabled(all(line.text().strip() for line in self._needed))

    def credentials(self) -> Credentials:
        """What was entered."""
        return Credentials(self.user.text(), self.password.text())


class NewPasswordDialog(Question):
    """Asks for a new password, twice."""

    def __init__(self, parent: QWidget | None, address: Address, user: str, error: PasswordChangeRequired) -> None:
        super().__init__(parent, "password", f"New password for '{user}'", "Change password")
        self.say(_error_text(error))
        self.password, self.again = QLineEdit(), QLineEdit()
        for line in (self.password, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.textChanged.connect(self._check)
        self.field("New password", self.password, "new")
        self.field("Once more", self.again, "again")
        self._problem = self.note("")
        self._check()

    def _check(self) -> None:
        first, second = self.password.text(), self.again.text()
        differs = bool(second) and first != second
        self._problem.setText(
            "The two entries differ." if differs else "Note it down: the device cannot tell it again."
        )
        self.accept_button.setEnabled(bool(first) and first == second)


class AddressDialog(Question):
    """Adds a device by its address."""

    def __init__(self, parent: QWidget | None, vendors: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent, "address", "Add a device", "Add")
        self.say("Enter the address printed on the device or given by the network's administrator.")
        self.address = QLineEdit()
        self.address.setPlaceholderText("192.168.1.12 or https://meter.local:8443")
        self.vendor = QComboBox()
        self.vendor.addItem("Find out", "")
        for key, title in vendors:
            self.vendor.addItem(title, key)
        self.field("Address", self.address, "address")
        self.field("Kind of device", self.vendor, "vendor")
        self.address.textChanged.connect(lambda text: self.accept_button.setEnabled(bool(text.strip())))
        self.accept_button.setEnabled(False)


class ForgetDialog(Question):
    """Asks before drafts are deleted with their device."""

    def __init__(self, parent: QWidget | None, name: str, drafts: int) -> None:
        super().__init__(parent, "forget", "Remove the device with its drafts?", "Remove and delete drafts", "Keep")
        restyle(self.accept_button, role="danger")
        self.say(one_line(name), role="subtitle")
        count = "1 section has a draft that was" if drafts == 1 else f"{drafts} sections have drafts that were"
        self.say(f"{count} never sent. Removing the device deletes that, and its password. The device is not changed.")
        self.first_choice = self.reject_button
        self.accept_button.setDefault(False)
        self.reject_button.setDefault(True)


class SweepDialog(Question):
    """Asks which addresses to sweep."""

    def __init__(self, parent: QWidget | None, proposal: str, ports: Sequence[int]) -> None:
        super().__init__(parent, "sweep", "Search a range of addresses", "Search")
        self.say(
            "Asks every address of the range once, 64 at a time. For devices that do not announce themselves, such as "
            "the ABB G13, which comes with 192.168.1.12."
        )
        self.range = QLineEdit(proposal)
        self.range.setPlaceholderText("192.168.1.0/24 or 192.168.1.10-50")
        self.ports = QLineEdit(", ".join(map(str, ports)))
        self.field("Addresses", self.range, "range")
        self.field("Ports", self.ports, "ports")
        self.note("At most 4096 addresses, private or link-local ones only.")

    def wanted_ports(self) -> list[int]:
        """The ports as numbers; what is none is left to the sweep to refuse."""
        return [int(part) if part.strip().isdigit() else 0 for part in self.ports.text().split(",") if part.strip()]


_KEPT = {
    Where.KEYRING: "The password is kept in the keyring of this computer.",
    Where.MEMORY: "This computer has no keyring: the password is kept until the program ends.",
}


class Asking:
    """Answers the questions of connecting with dialogs over `parent`."""

    def __init__(self, parent: QWidget, passwords: Passwords) -> None:
        self._parent = parent
        self._passwords = passwords

    async def accept_certificate(self, address: Address, shown: Certificate, error: CertificateNotTrusted) -> bool:
        """Show the certificate, and ask."""
        return await answered(CertificateDialog(self._parent, address, shown, error))

    async def login(self, address: Address, user: str, error: LoginFailed, words: LoginWords) -> Credentials | None:
        """Ask for what the family's login consists of."""
        kept = _KEPT[await self._passwords.prepare()]
        dialog = LoginDialog(self._parent, address, user, error, kept, words)
        return dialog.credentials() if await answered(dialog) else None

    async def new_password(self, address: Address, user: str, error: PasswordChangeRequired) -> str | None:
        """Ask for a new password."""
        dialog = NewPasswordDialog(self._parent, address, user, error)
        return dialog.password.text() if await answered(dialog) else None
