"""One device as the window knows it: its row, how it stands with it, and its session while one is open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from app.discovery.inventory import Row
from app.model.errors import AppError

if TYPE_CHECKING:
    from app.commission.session import DeviceSession
    from app.model.vendor import Vendor


class State(Enum):
    """How it stands with a device. The value is what the tree says."""

    FOUND = "found"
    IDLE = "not connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "no contact"
    FAILED = "problem"
    UNKNOWN = "unknown device"


@dataclass
class Handle:
    """One device in the tree. `error` says why its state is FAILED or LOST; a session that is LOST stays open."""

    row: Row
    vendor: Vendor | None
    in_site: bool = False
    state: State = State.FOUND
    session: DeviceSession | None = None
    error: AppError | None = None
    warnings: int = 0
    """How many there are in what was read of the device itself."""

    @property
    def key(self) -> str:
        """Under which the site keeps the device."""
        if self.session is not None:
            return self.session.key
        return f"{self.row.vendor}:{self.row.id or self.row.address.netloc}"

    @property
    def moved(self) -> bool:
        """Does it listen at another address than its session asks?"""
        return self.session is not None and self.session.address != self.row.address

    @property
    def name(self) -> str:
        """What the device is called; its id or the family's name while it is not known. Untrusted text."""
        if self.session is not None and self.session.identity is not None and self.session.identity.name:
            return self.session.identity.name
        return self.row.name or (self.vendor.title if self.vendor else self.row.id or "Web page")
