"""Users as the gateway writes them, and as rows of a draft: names, new passwords, rights (manual 6.3.17 to 6.3.23)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Choice, Field

LONGEST_NAME = 16
LONGEST_PASSWORD = 32
NO_ACCESS = "No Access"
VIEW_ONLY = "View Only"
CONFIGURE = "Configure"

ACCESS = (Choice(NO_ACCESS, "No access"), Choice(VIEW_ONLY, "View only"), Choice(CONFIGURE, "Configure"))

NAME_SEPARATOR = ", "

NAME_HELP = f"1 to {LONGEST_NAME} lower case letters a to z and digits"


class UserNames(msgspec.Struct, frozen=True):
    """GET /users (manual 6.3.17)."""

    users: tuple[str, ...] = ()


class Binding(msgspec.Struct, frozen=True):
    """What a user may do with one device: 'Configure' or 'View Only' (manual 6.3.21)."""

    serial: str
    access: str = ""


class Bindings(msgspec.Struct, frozen=True):
    """GET /users/<user>/bindings (manual 6.3.21). Devices without access are not listed."""

    bindings: tuple[Binding, ...] = ()


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One user, as a row. The new password is empty where it stays as it is; `repr` never shows it."""

    name: Annotated[str, Field("User", help=f"{NAME_HELP}.", manual="4.5.3, 6.3.19")]
    new_password: Annotated[
        str,
        Field(
            "New password",
            secret=True,
            max_length=LONGEST_PASSWORD,
            help=f"At most {LONGEST_PASSWORD} characters; empty leaves it as it is.",
            manual="4.5.3, 6.3.18",
        ),
    ] = ""
    gateway_admin: Annotated[
        bool,
        Field(
            "Gateway administrator",
            help="May set the gateway itself, restart it, renew firmware, and clear the event log.",
            manual="4.5.3, 6.3.21",
        ),
    ] = False

    def __repr__(self) -> str:
        password = "…" if self.new_password else ""
        return f"Account(name={self.name!r}, new_password={password!r}, gateway_admin={self.gateway_admin!r})"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What one user may do with one meter, as a row."""

    user: Annotated[str, Field("User", manual="6.3.21")]
    serial: Annotated[str, Field("Serial number", manual="6.3.21")]
    meter: Annotated[str, Field("Meter", read_only=True)] = ""
    location: Annotated[str, Field("Location", read_only=True)] = ""
    access: Annotated[str, Field("Access", choices=ACCESS, suggestions=True, manual="4.5.3, 6.3.22")] = NO_ACCESS

    @property
    def place(self) -> str:
        """User and meter: what names the row."""
        return f"{self.user}, {self.serial}"


class UserRights(msgspec.Struct, frozen=True):
    """All users and their rights, as one draft."""

    users: Annotated[
        tuple[Account, ...],
        Field(
            "Users",
            row_key="name",
            help="A user cannot be renamed: delete it and add another.",
            manual="4.5.3, 6.3.17 to 6.3.20",
        ),
    ]
    access: Annotated[
        tuple[Access, ...],
        Field(
            "Access to meters",
            row_key="place",
            help="One row for each user and registered meter.",
            manual="4.5.3, 6.3.21 to 6.3.23",
        ),
    ]
    account: Annotated[
        str, Field("Account in use", read_only=True, help="It cannot be deleted, nor lose its right over the gateway.")
    ] = ""
    gateway: Annotated[
        str, Field("Gateway", read_only=True, help="Serial number; Configure on it makes an administrator.")
    ] = ""
    known: Annotated[
        str, Field("Users on the gateway", read_only=True, help="Their names, when they were last read.")
    ] = ""

    @property
    def on_device(self) -> frozenset[str]:
        """The users that the gateway has, whatever the draft says."""
        return frozenset(self.known.split(NAME_SEPARATOR))
