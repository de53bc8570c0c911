"""The accounts of a simulated gateway, and what each may do."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import Enum

from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid, text_of

LONGEST_NAME = 16
LONGEST_PASSWORD = 32


class Role(Enum):
    """What a user may do with a device, in the API's words (manual 4.5.3, 6.3.21)."""

    NONE = "No Access"
    VIEW = "View Only"
    CONFIGURE = "Configure"


@dataclass
class User:
    """An account. `bindings` are its roles by serial; Configure on the gateway's own serial makes an administrator."""

    name: str
    password: str
    must_reset: bool = False
    bindings: dict[str, Role] = field(default_factory=dict)


class Users:
    """All accounts. A gateway leaves the factory with one: admin, whose password has to be changed."""

    def __init__(self, gateway_serial: str, admin_password: str | None = None) -> None:
        self._gateway_serial = gateway_serial
        admin = User("admin", admin_password or "admin", must_reset=admin_password is None)
        admin.bindings[gateway_serial] = Role.CONFIGURE
        self.by_name = {admin.name: admin}
        self.sessions: set[str] = set()

    def add(self, name: str, password: str, bindings: dict[str, Role], *, must_reset: bool = False) -> User:
        """Create or replace an account."""
        self.by_name[name] = User(name, password, must_reset, dict(bindings))
        return self.by_name[name]

    def authenticate(self, name: str, password: str) -> User | None:
        """The account of that name, if the password is right."""
        user = self.by_name.get(name)
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            return None
        return user

    def is_admin(self, user: User) -> bool:
        """Whether this user may change the gateway itself."""
        return user.bindings.get(self._gateway_serial) is Role.CONFIGURE

    def role(self, user: User, serial: str) -> Role:
        """What the user may do with a meter. Without a binding of its own an administrator may do everything."""
        return user.bindings.get(serial, Role.CONFIGURE if self.is_admin(user) else Role.NONE)

    def change_password(self, user: User, body: object) -> None:
        """The change that comes with a login (manual 6.3.2): for oneself only, and to another password."""
        sent = check_tags(body, ["name", "oldkey", "key"])
        if text_of(sent, "name", LONGEST_NAME) != user.name:
            raise Refusal(403, "Forbidden. Access Denied")
        if text_of(sent, "oldkey", LONGEST_PASSWORD) != user.password:
            raise invalid("oldkey")
        new = text_of(sent, "key", LONGEST_PASSWORD)
        if not new or new == user.password:
            raise invalid("key")
        user.password = new
        user.must_reset = False
