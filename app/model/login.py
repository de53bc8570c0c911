"""What a family of devices calls its login: a user and a password, a password alone, a device id and a PIN."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoginWords:
    """The words for a login, on labels and in sentences. `user` is empty where a device knows no user names.

    `where` says where the installer finds what is asked for.
    """

    user: str = "User"
    password: str = "Password"  # noqa: S105 -- a label
    where: str = ""

    @property
    def spoken_user(self) -> str:
        """Within a sentence: 'user', 'device id'; empty where there is none."""
        return self.user.lower()

    @property
    def spoken_password(self) -> str:
        """Within a sentence: 'password', 'PIN'."""
        return self.password if self.password.isupper() else self.password.lower()

    @property
    def both(self) -> str:
        """Within a sentence: 'user and password', 'device id and PIN', 'password'."""
        return f"{self.spoken_user} and {self.spoken_password}" if self.user else self.spoken_password

    def wrong(self, user: str) -> str:
        """What was not accepted: "this password for user 'admin'", 'this password'."""
        return f"this {self.spoken_password}" + (f" for {self.spoken_user} '{user}'" if self.user else "")


USER_AND_PASSWORD = LoginWords()
