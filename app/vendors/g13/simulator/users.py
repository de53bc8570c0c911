"""The accounts of a simulated gateway, and what each may do.

Decided here, the manual being silent: at most 20 accounts; a password that somebody else has set must be replaced at
the first login; the last administrator, and the account in use, cannot be deleted; a meter registered later is open
to administrators. What a user may do with the registered meters stays as it is when it becomes an administrator, or
is one no more.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid, text_of

LONGEST_NAME = 16
LONGEST_PASSWORD = 32
MOST_USERS = 20
NO_NAME_OR_KEY = "missing name and key tag in JSON ."
FORBIDDEN = "Forbidden. Access Denied"
FULL = "maximum users limit reached."
_NAME = re.compile(r"[a-z0-9]+")


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

    def named(self, name: str) -> User:
        """The account of that name.

        Raises:
            Refusal: 404, there is none.
        """
        if name not in self.by_name:
            raise Refusal(404, "URI not found.")
        return self.by_name[name]

    def create(self, body: object) -> User:
        """A new account (manual 6.3.19), whose password has to be changed at its first login.

        Raises:
            Refusal: 400: no name that is allowed, one that exists, no password, or no room for another account.
        """
        sent = _with_name_and_key(body)
        name = text_of(sent, "name", LONGEST_NAME)
        if not _NAME.fullmatch(name) or name in self.by_name:
            raise invalid("name")
        key = _new_key(sent)
        if len(self.by_name) >= MOST_USERS:
            raise Refusal(400, FULL)
        return self.add(name, key, {}, must_reset=True)

    def renew_password(self, by: User, body: object) -> None:
        """Replace a password (manual 6.3.18). The name in the body counts; one's own wants the old password too.

        Raises:
            Refusal: 400, naming the tag; 403, an account of somebody else and no administrator; 404, no such user.
        """
        sent = _with_name_and_key(body, ["oldkey"])
        user = self.named(text_of(sent, "name", LONGEST_NAME))
        own = user is by
        if not own and not self.is_admin(by):
            raise Refusal(403, FORBIDDEN)
        if own and "oldkey" not in sent:
            raise Refusal(400, "missing oldkey in JSON .")
        if "oldkey" in sent and text_of(sent, "oldkey", LONGEST_PASSWORD) != user.password:
            raise invalid("oldkey")
        new = _new_key(sent)
        if new == user.password:
            raise invalid("key")
        user.password, user.must_reset = new, not own

    def remove(self, name: str, by: User) -> None:
        """Delete an account (manual 6.3.20).

        Raises:
            Refusal: 403, it is the account in use or the last administrator; 404, no such user.
        """
        user = self.named(name)
        if user is by or self._is_last_admin(user):
            raise Refusal(403, FORBIDDEN)
        del self.by_name[name]
        self.sessions.discard(name)

    def bind(self, user: User, serial: str, role: Role, meters: Iterable[str]) -> None:
        """Give or take a role with a device (manual 6.3.22, 6.3.23); `meters` are the registered ones.

        Raises:
            Refusal: 403, the last administrator would lose the right.
        """
        if serial == self._gateway_serial:
            if role is not Role.CONFIGURE and self._is_last_admin(user):
                raise Refusal(403, FORBIDDEN)
            for meter in meters:
                user.bindings[meter] = self.role(user, meter)
        user.bindings[serial] = role

    def _is_last_admin(self, user: User) -> bool:
        return self.is_admin(user) and sum(map(self.is_admin, self.by_name.values())) == 1

    def change_password(self, user: User, body: object) -> None:
        """The change that comes with a login (manual 6.3.2): for oneself only, and to another password."""
        sent = check_tags(body, ["name", "oldkey", "key"])
        if text_of(sent, "name", LONGEST_NAME) != user.name:
            raise Refusal(403, FORBIDDEN)
        if text_of(sent, "oldkey", LONGEST_PASSWORD) != user.password:
            raise invalid("oldkey")
        new = text_of(sent, "key", LONGEST_PASSWORD)
        if not new or new == user.password:
            raise invalid("key")
        user.password = new
        user.must_reset = False


def _with_name_and_key(body: object, optional: Sequence[str] = ()) -> dict[str, Any]:
    """The two tags without which nothing is done with an account, refused in the manual's words (6.3.18)."""
    if isinstance(body, dict) and not {"name", "key"} <= body.keys():
        raise Refusal(400, NO_NAME_OR_KEY)
    return check_tags(body, ["name", "key"], optional)


def _new_key(sent: dict[str, Any]) -> str:
    key = text_of(sent, "key", LONGEST_PASSWORD)
    if not key:
        raise invalid("key")
    return key
