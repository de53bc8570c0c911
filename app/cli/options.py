"""What every verb that talks to a device can be told."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

from app.model.errors import UsageError

PASSWORD = "WATTWRIGHT_PASSWORD"  # noqa: S105 -- the variable's name
NEW_PASSWORD = "WATTWRIGHT_NEW_PASSWORD"  # noqa: S105 -- the variable's name
_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def from_environment(name: str) -> str | None:
    """A password from the environment; a variable that is empty counts as not set."""
    return os.environ.get(name) or None


class Options(msgspec.Struct, frozen=True):
    """The options that all verbs share. An empty text or None: not given."""

    address: str
    vendor: str = ""
    user: str = ""
    accept_certificate: bool = False
    fingerprint: str = ""
    site: Path | None = None
    json: bool = False
    further: bool = False
    """One of several devices, and not the first: the password in the environment is not meant for it."""

    def for_another(self, address: str) -> Options:
        """The options for a further device: without what is said of the first one, its kind, login and certificate."""
        return Options(
            address, accept_certificate=self.accept_certificate, site=self.site, json=self.json, further=True
        )

    def password(self) -> str | None:
        """The password from the environment, where it is meant for this device."""
        return None if self.further else from_environment(PASSWORD)

    def demanded(self) -> str:
        """The demanded fingerprint as `sha256:` and 64 digits; empty when none is.

        Raises:
            UsageError: it is no fingerprint.
        """
        if not self.fingerprint:
            return ""
        digits = self.fingerprint.strip().lower()
        prefix, colon, rest = digits.partition("sha256:")
        plain = (prefix + rest if colon else digits).replace(":", "")
        found = _FINGERPRINT.fullmatch(plain)
        if found is None:
            raise UsageError(
                f"'{self.fingerprint}' is no fingerprint.", hint="Write sha256: and 64 hexadecimal digits."
            )
        return f"sha256:{found[1]}"
