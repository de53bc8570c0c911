"""New firmware for the gateway and for its meters (manual 4.3, 6.3.24 to 6.3.27)."""

from __future__ import annotations

from app.model.firmware import Firmware

FIRMWARE: Firmware | None = None
