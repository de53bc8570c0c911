"""Trust on first use: which certificate was accepted for which device, and how TLS is spoken with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from app.model.errors import StorageFailed

from .tls import Profile


class Pin(msgspec.Struct, frozen=True):
    """An accepted certificate. `accepted` is UTC."""

    fingerprint: str
    profile: Profile
    accepted: datetime


class Pins:
    """The accepted certificates, by `host:port`, kept in a JSON file (or only in memory)."""

    def __init__(self, path: Path | None, pins: dict[str, Pin]) -> None:
        self._path = path
        self._pins = pins

    @classmethod
    def in_memory(cls) -> Pins:
        """Pins that are forgotten with the program: tests and demos."""
        return cls(None, {})

    @classmethod
    def load(cls, path: Path) -> Pins:
        """Read the file; a missing one is empty.

        Raises:
            StorageFailed: the file is damaged. It is left alone: forgetting trust silently would be wrong.
        """
        try:
            return cls(path, msgspec.json.decode(path.read_bytes(), type=dict[str, Pin]))
        except FileNotFoundError:
            return cls(path, {})
        except (OSError, msgspec.DecodeError) as error:
            raise StorageFailed(
                f"The list of accepted certificates, {path}, cannot be read: {error}.",
                hint="Move the file away to start with an empty list; every device will then ask again.",
            ) from error

    def get(self, netloc: str) -> Pin | None:
        """The pin of a device, by `host:port`."""
        return self._pins.get(netloc)

    def accept(self, netloc: str, fingerprint: str, profile: Profile) -> None:
        """Trust this certificate for this device from now on.

        Raises:
            StorageFailed: it cannot be written; it is trusted all the same until the program ends.
        """
        self._pins[netloc] = Pin(fingerprint, profile, datetime.now(UTC))
        self._save()

    def carry(self, old: str, new: str) -> None:
        """A device has moved: its pin goes along, and the address that it left is trusted no more.

        To be called only when the device showed this very certificate at the new address.

        Raises:
            StorageFailed: it cannot be written; it holds all the same until the program ends.
        """
        pin = self._pins.get(old)
        if pin is None or old == new:
            return
        self._pins[new] = self._pins.pop(old)
        self._save()

    def forget(self, netloc: str) -> None:
        """Ask again at the next connection."""
        if self._pins.pop(netloc, None) is not None:
            self._save()

    def _save(self) -> None:
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self._pins), indent=1))
            fresh.replace(self._path)
        except OSError as error:
            raise StorageFailed(f"The accepted certificate cannot be kept in {self._path}: {error}.") from error
